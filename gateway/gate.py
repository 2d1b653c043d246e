"""
The one way in: facts are stored, and nothing is decided.

What an adapter puts in is on the disk when `append` returns, so the vendor may be answered then and not before. What
cannot wait for the log (a click that only opens a form) is answered from what is stored, within a bounded time.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from adapters.base import OVERLOADED, Accepted, Duplicate, Form, FormWanted, Inbound, NoForm, Refused
from agent_core import facts, forms
from agent_core.addresses import ConversationKey, Identity
from agent_core.catalogue import Catalogue, Catalogues
from agent_core.log import storable
from agent_core.requests import Decision
from gateway import filling, opening
from gateway.admission import Admission
from gateway.directory import Directory
from gateway.errors import StoreError, Unwritable
from gateway.health import Health
from gateway.perform import blob_of
from gateway.runtime import Runtime
from gateway.store.base import DEDUPE_DAYS, Fact, Store
from gateway.store.rows import RAW_DAYS, Blob

log = logging.getLogger("ringback.gate")

LONGEST_TEXT = 64 * 1024  # characters of a message that the log holds; the whole of a longer one is kept beside it
LARGEST = 16 * 1024 * 1024  # bytes of a payload that is taken
QUERY_LIMIT = 1.5  # seconds in which a query is answered


class Gate:
    """Takes in what channels bring."""

    def __init__(
        self,
        store: Store,
        directory: Directory,
        catalogues: Catalogues,
        health: Health,
        admission: Admission,
        runtime: Runtime,
        *,
        raw_days: float = RAW_DAYS,
    ) -> None:
        self._store, self._directory, self._catalogues = store, directory, catalogues
        self._health, self._admission = health, admission
        self._runtime, self._raw_days = runtime, raw_days

    async def append(self, inbound: Inbound) -> Accepted | Duplicate | Refused:
        """Store a fact."""
        account = inbound.conversation.partition("/")[0]
        channel, _, name = account.partition(":")
        if len(inbound.raw) > LARGEST:
            log.warning("a payload of %d bytes is refused", len(inbound.raw))
            self._health.refuse(account, "too_large")
            return Refused(f"larger than {LARGEST} bytes", retry=False)
        if self.overloaded(once=True):  # the doors begin to refuse before, by what it is
            self.refused(channel, name, OVERLOADED)
            return Refused("more comes in than can be taken", retry=True)
        fact, blobs = _with_blobs(inbound, storable(inbound.fact), self._raw_days)
        beside = fact.root if inbound.passing else None
        try:
            with self._admission.storing():
                days = math.inf if inbound.lasting else DEDUPE_DAYS
                new = Fact(inbound.conversation, fact, inbound.dedupe, blobs, beside, days=days)
                stored = await self._store.append(new)
        except Unwritable as refused:
            log.error("cannot store a fact, so it is not acknowledged: %s", refused)
            return Refused(str(refused), retry=True)
        if stored is None:
            return Refused("said where nothing of ours stands", retry=False)
        if isinstance(stored, Accepted):
            self._health.event(account)
        return stored

    def overloaded(self, *, once: bool) -> bool:
        """Tell whether there is no room for more."""
        return self._admission.full(once=once)

    def expect(self) -> None:
        """Keep room for something that was let in."""
        self._admission.expect()

    def confirm(self, command: str, sender: Identity, *, empty: bool) -> str:
        """Word what whoever typed a command is told at once."""
        return self._words(sender).say("command.help" if empty else "command.taken", command=command)

    async def query(self, wanted: FormWanted) -> Form | NoForm:
        """Say whether somebody gets the form they asked for, or why not."""
        try:
            return await self._runtime.limit(self._form(wanted), QUERY_LIMIT)
        except (TimeoutError, StoreError):
            log.warning("a query was not answered in time", extra={"request": wanted.request})
            return NoForm(self._words(wanted.sender).say("form.failed"))

    def _words(self, reader: Identity) -> Catalogue:
        return self._catalogues.of(self._directory.language(reader))

    async def _form(self, wanted: FormWanted) -> Form | NoForm:
        words = self._words(wanted.sender)
        copy = await self._store.copy(wanted.conversation, wanted.request)
        return NoForm(words.say("refused.gone")) if copy is None else opening.of(copy, wanted, self._directory, words)

    async def faults(self, conversation: ConversationKey, sent: facts.FormSubmitted) -> Mapping[str, str]:
        """Say what is wrong with a form before it is appended."""
        try:
            copy = await self._runtime.limit(self._store.copy(conversation, sent.request), QUERY_LIMIT)
        except (TimeoutError, StoreError):
            log.warning("a form was not looked at in time", extra={"request": sent.request})
            return {}
        if copy is None or sent.decision not in (Decision.ANSWER, Decision.EDIT):
            return {}
        asked = copy.card.fields if sent.decision is Decision.ANSWER else copy.card.editable
        return filling.faults(forms.read(asked, sent.values).faults, self._words(sent.sender))

    def seen(self, channel: str, account: str) -> None:
        """Note a sign of life of a vendor."""
        self._health.seen(f"{channel}:{account}")

    def caught_up(self, channel: str, account: str) -> None:
        """Note that an account has brought what was missed."""
        self._health.arrived(f"{channel}:{account}")

    async def marked(self, channel: str, account: str) -> str | None:
        """Tell how far an account was read."""
        return await self._store.marked(f"{channel}:{account}")

    async def mark(self, channel: str, account: str, value: str) -> None:
        """Keep how far an account was read."""
        await self._store.mark(f"{channel}:{account}", value)

    def refused(self, channel: str, account: str, reason: str) -> None:
        """Count what was not taken in."""
        if reason == OVERLOADED:
            self._admission.refused()
        self._health.refuse(f"{channel}:{account}" if account else channel, reason)

    def warned(self, channel: str, account: str, warning: str) -> None:
        """Note what an operator should look at."""
        self._health.warn(f"{channel}:{account}", warning)


def _with_blobs(
    inbound: Inbound, fact: facts.ChannelFact, raw_days: float
) -> tuple[facts.ChannelFact, tuple[Blob, ...]]:
    blobs = []
    if inbound.raw:
        raw = blob_of(inbound.raw, raw_days)
        blobs.append(raw)
        fact = fact.model_copy(update={"raw": raw.digest})
    if isinstance(fact, facts.MessageReceived) and len(fact.text) > LONGEST_TEXT:
        whole = blob_of(fact.text.encode(), None)
        blobs.append(whole)
        cut = f"{fact.text[:LONGEST_TEXT]}… [cut: {len(fact.text)} characters]"
        fact = fact.model_copy(update={"text": cut, "blob": whole.digest})
    return fact, tuple(blobs)
