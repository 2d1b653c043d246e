"""
What every channel must do, over its real client library and an emulator of its vendor.

A channel's test module subclasses `AdapterContract` and gives a `Vendor`: the adapter, and the vendor's side of it. A
real difference between channels is a visible mark on the test in the subclass.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from adapters.base import (
    Accepted,
    Adapter,
    Ask,
    Duplicate,
    Form,
    FormWanted,
    Inbound,
    Named,
    NoForm,
    Part,
    Receipt,
    Refused,
    Say,
    Settle,
    Whisper,
)
from adapters.errors import Misconfigured, RateLimited, Rejected, Unknown, Unreachable
from agent_core import facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.cards import Card
from agent_core.files import Enclosure
from agent_core.forms import Field
from agent_core.requests import Assurance, Decision

PATIENCE = 10.0  # seconds that a test waits for something that must come
CARD = Card(
    title="Approve deploy?",
    facts=(("tag", "v1"),),
    buttons=((Decision.APPROVE, "Approve"), (Decision.DENY, "Deny")),
    form="Deny with a reason",
    how="Press a button.",
)
REASON = Field(name="reason", kind="long_text", label="Reason", hint="Who reads it")
DENIAL = Form(Decision.DENY, "Deny", (REASON,), "Deny", "Back", "Press again.")
SETTLED = CARD.model_copy(update={"buttons": (), "form": "", "notes": ("Approved by Ana",)})
NASTY = "<!channel> <@U1> @everyone *bold* [link](https://x.test) </b>\r\nBcc: x@x.test"


class Vendor(Protocol):
    """The vendor's side of a channel: what people do and see there, and how the vendor misbehaves."""

    adapter: Adapter
    person: Identity
    direct: ConversationKey
    place: ConversationKey

    async def write(self, text: str, *, under: str | None = None) -> str:
        """The person writes in their one-to-one chat; returns the vendor's id of the message."""
        ...

    async def press(self, label: str) -> None:
        """The person presses a button of the newest message that has it."""
        ...

    async def seen(self, conversation: ConversationKey) -> list[str]:
        """The words of every message that the person sees there, oldest first, with what stands in cards."""
        ...

    async def mentioned(self, conversation: ConversationKey) -> list[str]:
        """Whom the newest message there really notifies."""
        ...

    async def buttons(self, conversation: ConversationKey) -> list[str]:
        """The labels of all buttons that the person could press there."""
        ...

    async def reach(self, url: str) -> None:
        """Know where the adapter's webhooks are, if it has any."""
        ...

    async def attach(self, name: str, content: bytes) -> facts.Attachment:
        """The person sends a file in their one-to-one chat; returns it as it stands in the fact about it."""
        ...

    async def files(self, conversation: ConversationKey) -> dict[str, bytes]:
        """What is in the files that the person sees there, by their names."""
        ...

    async def doing(self, conversation: ConversationKey) -> str:
        """What the person sees that we are doing there; empty where nothing is shown."""
        ...

    async def misbehave(self, how: str) -> None:
        """
        Misbehave on the next sends: `rate_limit`, `lose_answer` (taken, and the answer lost), `drop` (not taken),
        `refuse_for_good`, `refuse_for_now`; `revoke` the credentials, or `hang_up` on the held connection.
        """
        ...

    async def sent_again(self) -> int:
        """How many facts the vendor has delivered more than once."""
        ...

    async def vanish(self) -> None:
        """Be gone: no server at that address."""
        ...


@dataclass
class Gate:
    """A gate that keeps what comes in, and may refuse."""

    came: list[Inbound] = field(default_factory=list)
    asked: list[FormWanted] = field(default_factory=list)
    wrong: list[dict[str, str]] = field(default_factory=list)
    signs: int = 0
    arrived: bool = False
    refuse: int = 0
    full: int = 0
    expected: int = 0
    form: Form | NoForm = field(default_factory=lambda: DENIAL)
    seen_keys: set[str] = field(default_factory=set)
    refusals: list[tuple[str, str]] = field(default_factory=list)
    warning: str = ""
    marks: dict[str, str] = field(default_factory=dict)

    async def append(self, inbound: Inbound) -> Accepted | Duplicate | Refused:
        if self.refuse > 0:
            self.refuse -= 1
            return Refused("the disk is full", retry=True)
        if self.seen_keys & set(inbound.dedupe):
            return Duplicate(1)
        self.seen_keys |= set(inbound.dedupe)
        self.came.append(inbound)
        return Accepted(len(self.came))

    def overloaded(self, *, once: bool) -> bool:
        return self.full > once

    def expect(self) -> None:
        self.expected += 1

    def confirm(self, command: str, sender: Identity, *, empty: bool) -> str:
        return f"what <{command}> is for" if empty else "taken"

    async def query(self, wanted: FormWanted) -> Form | NoForm:
        self.asked.append(wanted)
        return self.form

    async def faults(self, conversation: ConversationKey, sent: facts.FormSubmitted) -> Mapping[str, str]:
        return self.wrong.pop(0) if self.wrong else {}

    def seen(self, channel: str, account: str) -> None:
        self.signs += 1

    def caught_up(self, channel: str, account: str) -> None:
        self.arrived = True

    async def marked(self, channel: str, account: str) -> str | None:
        return self.marks.get(account)

    async def mark(self, channel: str, account: str, value: str) -> None:
        self.marks[account] = value

    def refused(self, channel: str, account: str, reason: str) -> None:
        self.refusals.append((account, reason))

    def warned(self, channel: str, account: str, warning: str) -> None:
        self.warning = warning


class AdapterContract:
    """One suite for every channel."""

    @pytest.fixture
    async def vendor(self) -> Vendor:
        """Start the vendor's side."""
        raise NotImplementedError

    @pytest.fixture
    async def gate(self, vendor: Vendor) -> AsyncIterator[Gate]:
        """Listen and serve the webhooks, as the gateway does."""
        gate = Gate()
        async with serving(vendor.adapter.routes(gate)) as url:
            listening = asyncio.create_task(keep(vendor.adapter, gate))
            await until(lambda: gate.arrived)
            await vendor.reach(url)
            yield gate
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    # In --------------------------------------------------------------------------------------------------------------

    async def test_a_message_comes_in(self, vendor: Vendor, gate: Gate):
        """
        What a person writes is a fact: who, how sure, where, when, and the words.
        """
        name = await vendor.write("deploy it")
        await until(lambda: gate.came)
        (inbound,) = gate.came
        fact = inbound.fact

        assert isinstance(fact, facts.MessageReceived)
        assert (vendor.person, vendor.direct, "deploy it") == (fact.sender, inbound.conversation, fact.text)
        assert (True, "", name) == (fact.direct, fact.root, fact.message_id)
        assert fact.assurance is vendor.adapter.capabilities(vendor.direct).assurance
        assert inbound.dedupe
        assert inbound.raw

    async def test_what_is_not_stored_is_sent_again(self, vendor: Vendor, gate: Gate):
        """
        A fact that could not be stored is not acknowledged, so the vendor sends it again, and it is not lost (G1).
        """
        gate.refuse = 1
        await vendor.write("deploy it")
        await until(lambda: gate.came)

        assert 1 == await vendor.sent_again()

    async def test_what_is_stored_is_acknowledged(self, vendor: Vendor, gate: Gate):
        """
        A fact that was stored is sent once.
        """
        await vendor.write("one")
        await vendor.write("two")
        await until(lambda: len(gate.came) == 2)

        assert 0 == await vendor.sent_again()

    async def test_our_own_words_do_not_come_back(self, vendor: Vendor, gate: Gate):
        """
        What we say is not taken for somebody's.
        """
        await send(vendor, Say("hello"), vendor.direct)
        await vendor.write("hi")
        await until(lambda: gate.came)

        assert ["hi"] == [inbound.fact.text for inbound in gate.came]

    async def test_a_press_names_its_request(self, vendor: Vendor, gate: Gate):
        """
        A press is a fact with the request's id, the decision, and who pressed.
        """
        await send(vendor, Ask(CARD, "request1"), vendor.direct)
        await vendor.press("Approve")
        await until(lambda: gate.came)
        (inbound,) = gate.came

        assert isinstance(inbound.fact, facts.ActionTaken)
        assert ("request1", Decision.APPROVE, vendor.person, vendor.direct) == (
            inbound.fact.request,
            inbound.fact.decision,
            inbound.fact.sender,
            inbound.conversation,
        )

    async def test_a_reply_under_a_card_names_it(self, vendor: Vendor, gate: Gate):
        """
        A reply shows again the id that our receipt holds, so that it finds its request without a look-up.
        """
        receipt = (await send(vendor, Ask(CARD, "request1"), vendor.direct))[-1]
        await vendor.write("why?", under=receipt.message_id)
        await until(lambda: gate.came)

        assert receipt.message_id == gate.came[0].fact.reply_to
        assert gate.came[0].fact.sent_at > receipt.at

    async def test_a_connection_that_breaks_is_made_again(self, vendor: Vendor, gate: Gate):
        """
        What is written while the connection is down comes in when it is up again.
        """
        await vendor.misbehave("hang_up")
        await vendor.write("still there?")
        await until(lambda: gate.came)

        assert "still there?" == gate.came[0].fact.text

    async def test_bad_credentials_stop_with_a_sentence(self, vendor: Vendor):
        """
        Credentials that the vendor refuses are a matter for the operator: listening ends, and says what to fix.
        """
        await vendor.misbehave("revoke")

        with pytest.raises(Misconfigured, match="token"):
            await asyncio.wait_for(vendor.adapter.listen(Gate()), PATIENCE)

    # Out -------------------------------------------------------------------------------------------------------------

    async def test_a_receipt_says_where_and_when(self, vendor: Vendor):
        """
        What was sent has a vendor's id and time, and the person sees it.
        """
        (receipt,) = await send(vendor, Say("hello"), vendor.direct)

        assert receipt.message_id
        assert receipt.at > 0
        assert "hello" in (await vendor.seen(vendor.direct))[-1]

    async def test_a_settled_card_has_no_buttons(self, vendor: Vendor):
        """
        Brought up to date, a card shows how it ended and can no longer be pressed.
        """
        (receipt,) = await send(vendor, Ask(CARD, "request1"), vendor.place)
        assert ["Approve", "Deny"] == (await vendor.buttons(vendor.place))[:2]
        await send(vendor, Settle(SETTLED, "request1", "d1"), vendor.place, target=receipt)

        assert [] == await vendor.buttons(vendor.place)
        assert "Approved by Ana" in (await vendor.seen(vendor.place))[-1]
        assert 1 == len(await vendor.seen(vendor.place))

    async def test_words_stay_words(self, vendor: Vendor):
        """
        What people, models and tools write notifies nobody and marks nothing up.
        """
        for outbound in (Say(NASTY), Ask(CARD.model_copy(update={"title": NASTY, "body": NASTY}), "r")):
            await send(vendor, outbound, vendor.place)

            assert [] == await vendor.mentioned(vendor.place)
            assert "<!channel> <@U1> @everyone *bold*" in (await vendor.seen(vendor.place))[-1]

    async def test_a_long_text_arrives_whole(self, vendor: Vendor):
        """
        What does not fit one message spreads over several, in order.
        """
        words = [f"word{n}" for n in range(2_000)]
        await send(vendor, Say(" ".join(words)), vendor.direct)

        assert words == " ".join(await vendor.seen(vendor.direct)).split()

    async def test_a_file_arrives_with_its_words(self, vendor: Vendor):
        """
        Where a channel takes files, people see them in the message that speaks of them, byte for byte.
        """
        assert vendor.adapter.capabilities(vendor.direct).files
        content = bytes(range(256)) * 40
        enclosure = Enclosure(name="all bytes.bin", size=len(content), blob="b1")
        (part,) = vendor.adapter.render(Say(f"Here. {NASTY}", enclosures=(enclosure,)), vendor.direct)
        await vendor.adapter.deliver(part.model_copy(update={"delivery": "delivery1", "contents": (content,)}))

        assert {"all bytes.bin": content} == await vendor.files(vendor.direct)
        assert "<!channel> <@U1> @everyone *bold*" in (await vendor.seen(vendor.direct))[-1]

    async def test_a_file_that_somebody_sent_can_be_fetched(self, vendor: Vendor):
        """
        What a person attaches is given to whom it is meant for, byte for byte.
        """
        content = bytes(range(256)) * 40
        attachment = await vendor.attach("all bytes.bin", content)

        assert ("all bytes.bin", len(content)) == (attachment.name, attachment.size)
        assert content == await vendor.adapter.fetch(attachment)

    async def test_what_is_being_done_is_shown_for_a_moment(self, vendor: Vendor):
        """
        Where a channel can show that we are at work, it does, until we say something there.
        """
        if not vendor.adapter.capabilities(vendor.place).typing:
            return
        (root,) = await send(vendor, Say("hello"), vendor.place)
        await vendor.adapter.typing(vendor.place, root.message_id, "is working on it…")
        assert "is working on it…" == await vendor.doing(vendor.place)
        await send(vendor, Say("done", root=root.message_id), vendor.place)

        assert "" == await vendor.doing(vendor.place)

    async def test_a_whisper_is_seen_by_one(self, vendor: Vendor):
        """
        A whisper reaches the one it is for.
        """
        if not vendor.adapter.capabilities(vendor.place).whispers:
            return
        await send(vendor, Whisper(vendor.person, "only you"), vendor.place)

        assert "only you" in (await vendor.seen(vendor.place))[-1]

    async def test_something_under_a_card(self, vendor: Vendor):
        """
        What is said under a card stands with it.
        """
        (receipt,) = await send(vendor, Ask(CARD, "request1"), vendor.place)
        await send(vendor, Say("passed on", under="d1"), vendor.place, target=receipt)

        assert "passed on" in (await vendor.seen(vendor.place))[-1]

    @pytest.mark.parametrize(
        ("how", "error", "taken"),
        [
            ("rate_limit", RateLimited, False),
            ("drop", Unknown, False),
            ("lose_answer", Unknown, True),
            ("refuse_for_good", Rejected, False),
            ("refuse_for_now", Rejected, False),
        ],
    )
    async def test_every_failure_says_what_it_promises(self, vendor: Vendor, how: str, error: Any, taken: bool):
        """
        A refusal was surely not taken; a broken connection may have been; nothing is sent twice by the library.
        """
        await vendor.misbehave(how)
        with pytest.raises(error) as raised:
            await send(vendor, Say("hello"), vendor.place)

        assert taken == any("hello" in text for text in await vendor.seen(vendor.place))
        if how == "rate_limit":
            assert raised.value.retry_after == 7
        if how.startswith("refuse"):
            assert raised.value.permanent == (how == "refuse_for_good")

    @pytest.mark.parametrize(("how", "found"), [("lose_answer", True), ("drop", False)])
    async def test_what_is_unknown_can_be_looked_for(self, vendor: Vendor, how: str, found: bool):
        """
        Looked for by our own id, a message whose answer was lost is found, and one that never arrived is not.
        """
        await vendor.misbehave(how)
        part = prepared(vendor, Say("hello"), vendor.place)
        with pytest.raises(Unknown):
            await vendor.adapter.deliver(part)
        receipt = await vendor.adapter.find(part)

        assert found == (receipt is not None)
        assert await vendor.adapter.find(part.model_copy(update={"delivery": "another"})) is None

    async def test_a_vendor_that_is_gone_was_sent_nothing(self, vendor: Vendor):
        """
        Where nothing answers at the address, nothing was sent, and that is certain.
        """
        await vendor.vanish()

        with pytest.raises(Unreachable):
            await send(vendor, Say("hello"), vendor.place)

    async def test_a_look_at_the_account_says_what_is_wrong(self, vendor: Vendor):
        """
        With all in order nothing is wrong, and the test card is gone again; a refused credential is told, not raised.
        """
        named = Named({}, {vendor.person: "Ana"}, Card(title="A test"), vendor.direct)
        well = {check.what: check.ok for check in await vendor.adapter.check(named)}
        assert False not in well.values()
        assert True is well["test card"]
        assert [] == await vendor.seen(vendor.direct)
        await vendor.misbehave("revoke")
        wrong = [check.found for check in await vendor.adapter.check(named) if check.ok is False]

        assert any("revoked" in found for found in wrong)

    async def test_capabilities_are_what_they_say(self, vendor: Vendor):
        """
        The one-to-one chat says that it is one; its assurance is not none.
        """
        direct, place = (vendor.adapter.capabilities(where) for where in (vendor.direct, vendor.place))

        assert (True, False) == (direct.direct, place.direct)
        assert not direct.whispers
        assert direct.assurance is not Assurance.NONE


def prepared(vendor: Vendor, outbound: Any, where: ConversationKey, target: Receipt | None = None) -> Part:
    """The only part of an outbound, as the outbox hands it over."""
    (part,) = vendor.adapter.render(outbound, where)
    return part.model_copy(update={"delivery": "delivery1", "receipt": target, "since": 0.0})


async def send(vendor: Vendor, outbound: Any, where: ConversationKey, target: Receipt | None = None) -> list[Receipt]:
    """Send all parts of an outbound, in order."""
    receipts = []
    for number, part in enumerate(vendor.adapter.render(outbound, where)):
        ready = part.model_copy(update={"delivery": f"delivery{number}", "receipt": target})
        receipts.append(await vendor.adapter.deliver(ready))
    return receipts


async def keep(adapter: Adapter, gate: Gate) -> None:
    """Listen again when it breaks."""
    while True:
        try:
            await adapter.listen(gate)
        except ConnectionError:
            continue


@asynccontextmanager
async def serving(routes: Sequence[BaseRoute]) -> AsyncIterator[str]:
    """Serve webhooks on loopback; gives their address."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        app = Starlette(routes=list(routes))
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]
        running = asyncio.create_task(server.serve([door]))
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
        server.should_exit = True
        await running


async def until(holds: Callable[[], Any]) -> None:
    """Wait for what another task must do."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.005)
