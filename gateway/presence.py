"""
Shows people that something is being done for them, where a channel can: "is typing", "is working on it".

It is worth nothing but the moment. So it is no delivery: never stored, never tried again, and nothing waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterator

from adapters.base import Adapter
from adapters.errors import RateLimited
from agent_core.addresses import ConversationKey
from agent_core.catalogue import Catalogue
from agent_core.texts import described
from agent_core.thread import Thread
from gateway.runtime import Runtime

log = logging.getLogger("ringback.presence")

PATIENCE = 0.5  # seconds that work may take before it is shown; what is quicker only flickers
REPEAT = 90.0  # seconds after which it is shown again; Slack takes it away after two minutes
LIMIT = 5.0  # seconds that one call may take
OFF = 3_600.0  # seconds for which an account that refuses is left alone


class Presence:
    """What is shown while tools and models are at work."""

    def __init__(
        self,
        adapter: Callable[[ConversationKey], Adapter | None],
        words: Callable[[ConversationKey], Catalogue],
        runtime: Runtime,
    ) -> None:
        self._adapter, self._words, self._runtime = adapter, words, runtime
        self._off: dict[str, float] = {}

    @contextlib.contextmanager
    def during(self, thread: Thread) -> Iterator[None]:
        """Show where a thread's run was asked that it is at work, until that is done."""
        adapter = self._adapter(thread.conversation)
        if adapter is None or thread.state.suppressed or not adapter.capabilities(thread.conversation).typing:
            yield
            return
        showing = asyncio.create_task(self._show(adapter, thread.conversation, thread.state.root))
        try:
            yield
        finally:
            showing.cancel()

    async def _show(self, adapter: Adapter, place: ConversationKey, root: str) -> None:
        account = f"{adapter.channel}:{adapter.account}"
        await self._runtime.sleep(PATIENCE)
        while self._off.get(account, 0.0) <= self._runtime.monotonic():
            try:
                await self._runtime.limit(adapter.typing(place, root, self._words(place).say("typing")), LIMIT)
            except Exception as error:
                pause = error.retry_after if isinstance(error, RateLimited) else OFF
                self._off[account] = self._runtime.monotonic() + pause
                log.info("%s does not show what is being done for %.0f s: %s", account, pause, described(error))
                return
            await self._runtime.sleep(REPEAT)
