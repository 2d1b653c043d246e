"""
Tells those who look after this gateway of trouble that no conversation's decision is about.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from agent_core import facts
from agent_core.addresses import ConversationKey
from agent_core.catalogue import Catalogue
from gateway.errors import Unwritable
from gateway.store.base import Fact, Store

log = logging.getLogger("ringback.notices")


class Notices:
    """
    Puts what is to be said into the log of the places where it is to be said, so that it survives a restart.

    Args:
        watchers: Say where those who look after this gateway are told of trouble.
        words: Give the sentences in the language of those who read at a place.
    """

    def __init__(
        self,
        store: Store,
        watchers: Callable[[], Iterable[ConversationKey]],
        words: Callable[[ConversationKey], Catalogue],
    ) -> None:
        self._store, self._watchers, self._words = store, watchers, words

    async def tell(self, key: str, once: str, *, besides: str = "", at: float | None = None, **names: object) -> None:
        """
        Tell them a sentence, once under this name within nine days.

        Args:
            at: What the sentence has as `time`, in seconds since the epoch; it is told in UTC.
            besides: An account or a conversation that this is about, so that nothing can be said there.
        """
        for place in self._watchers():
            if place == besides or place.startswith(f"{besides}/"):
                continue
            words = self._words(place)
            when = {"time": words.clock(at, self._store.now(), "UTC")} if at is not None else {}
            text = words.say(key, **names, **when)
            try:
                await self._store.append(Fact(place, facts.NoteForwarded(text=text), (f"{once} {place}",)))
            except Unwritable as refused:
                log.error("somebody should be told (%s), and it cannot be stored: %s", text, refused)
