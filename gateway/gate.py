"""
The one way in: facts are stored, and nothing is decided.

What an adapter puts in is on the disk when `append` returns, so the vendor may be answered then and not before. What
cannot wait for the log (a click that only opens a form) is answered from what is stored, within a bounded time.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from adapters.base import HOW, OVERLOADED, REASON, TO, Accepted, Duplicate, Form, FormWanted, Inbound, NoForm, Refused
from agent_core import facts, forms, handing
from agent_core.addresses import ConversationKey, Identity
from agent_core.catalogue import Catalogue, Catalogues
from agent_core.forms import Field
from agent_core.log import storable
from agent_core.requests import HANDING_ON, Decision
from agent_core.rulings import Voter
from gateway import filling
from gateway.admission import Admission
from gateway.directory import Directory
from gateway.errors import StoreError, Unwritable
from gateway.health import Health
from gateway.perform import blob_of
from gateway.runtime import Runtime
from gateway.store.base import DEDUPE_DAYS, Fact, Store
from gateway.store.rows import RAW_DAYS, Blob, Copy

log = logging.getLogger("ringback.gate")

LONGEST_TEXT = 64 * 1024  # characters of a message that the log holds; the whole of a longer one is kept beside it
LARGEST = 16 * 1024 * 1024  # bytes of a payload that is taken
MOST_OFFERED = 100  # people in the form to hand a request on; to others it is handed in words
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
        say = words.say
        copy = await self._store.copy(wanted.conversation, wanted.request)
        if copy is None:
            return NoForm(say("refused.gone"))
        if copy.settled_at is not None:
            return NoForm("; ".join(copy.card.notes))
        voter = self._directory.voter(wanted.sender, wanted.sender_name, wanted.assurance)
        if not self._directory.may_answer(copy.who, copy.requester, voter):
            names = words.either(self._directory.names(copy.who, copy.requester))
            roles = words.both(self._directory.unread(copy.who))
            return NoForm(say(f"refused.{self._directory.not_asked(copy.who, voter)}", who=names, roles=roles))
        if wanted.revision != copy.card.revision:
            return NoForm(say("form.outdated"))
        close, failed, revision = say("form.close"), say("form.failed"), copy.card.revision
        if wanted.hand:
            return self._hand_form(copy, voter, words)
        if wanted.edit and copy.card.editable:
            title, submit = say("form.edit.title"), say("form.edit.submit")
            fields = filling.worded(copy.card.editable, words)
            return Form(Decision.EDIT, title, fields, submit, close, failed, revision=revision)
        if copy.card.fields:
            title, submit = say("form.answer.title"), say("form.answer.submit")
            return Form(Decision.ANSWER, title, filling.worded(copy.card.fields, words), submit, close, failed)
        title, submit = say("form.deny.title"), say("form.deny.submit")
        chosen = next((denial for denial in copy.card.denials if denial.name == wanted.choice), None)
        label, prefill = (chosen.label, chosen.prefill) if chosen is not None else (say("form.deny.label"), "")
        reason = Field(name=REASON, kind="long_text", label=label, hint=say("form.deny.hint"), initial=prefill)
        choice = chosen.name if chosen is not None else ""
        return Form(Decision.DENY, title, (reason,), submit, close, failed, choice, revision)

    def _hand_form(self, copy: Copy, giver: Voter, words: Catalogue) -> Form | NoForm:
        """Ask to whom somebody hands a request on, and how."""
        say, requester = words.say, self._directory.present(copy.requester)
        may = handing.takers(copy.who, copy.reassign, requester, giver.party, self._directory.people())
        if not may:
            return NoForm(say("form.hand.nobody"))
        ways = tuple((str(decision), say(f"form.hand.{decision}")) for decision in HANDING_ON)
        people = tuple((str(person.id), person.name) for person in may[:MOST_OFFERED])
        to = Field(name=TO, kind="choice", label=say("form.hand.to"), options=people)
        how = Field(name=HOW, kind="choice", label=say("form.hand.how"), options=ways, initial=HANDING_ON[0])
        title, submit, revision = say("form.hand.title"), say("form.hand.submit"), copy.card.revision
        close, failed = say("form.close"), say("form.failed")
        return Form(Decision.REASSIGN, title, (to, how), submit, close, failed, revision=revision)

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
