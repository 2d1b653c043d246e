"""
The held connection: stored before acknowledged, watched, built anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from adapters.base import Adapter, Ask, Form, NoForm
from adapters.errors import Misconfigured
from adapters.slack import listen
from adapters.slack.adapter import build
from adapters.slack.config import Config
from adapters.slack.emulator import Fault
from agent_core import forms
from agent_core.cards import Card
from agent_core.requests import Choice, Decision
from tests.contracts.adapter import CARD, Gate, keep, send, until
from tests.contracts.test_slack_adapter import ANA, CHANNEL, Clock, SlackVendor

RELEASE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "title": {"type": "string", "default": "v1"},
        "note": {"type": "string", "format": "multiline"},
        "region": {"enum": ["eu", "us"], "default": "eu"},
        "count": {"type": "integer", "minimum": 1},
        "parts": {"type": "array", "items": {"enum": ["web", "api", "jobs"]}, "minItems": 1},
        "sure": {"type": "boolean"},
        "on": {"type": "string", "format": "date"},
    },
}


@pytest.fixture
async def gate(slack: SlackVendor) -> AsyncIterator[Gate]:
    """Listen, as the gateway's supervisor does."""
    gate = Gate()
    listening = asyncio.create_task(keep(slack.adapter, gate))
    await until(lambda: gate.arrived)
    yield gate
    listening.cancel()
    await asyncio.gather(listening, return_exceptions=True)


def deliveries(slack: SlackVendor) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = slack.emulator.state()["deliveries"]
    return found


async def test_the_acknowledgement_waits_for_the_store(slack: SlackVendor, gate: Gate):
    """
    While a fact is being stored its envelope is not acknowledged.
    """
    stored = asyncio.Event()
    append = gate.append

    async def slowly(inbound: Any) -> Any:
        await stored.wait()
        return await append(inbound)

    gate.append = slowly  # type: ignore[method-assign]
    await slack.write("hello")
    await until(lambda: deliveries(slack) and deliveries(slack)[-1]["status"] == "sent")
    assert "acked" != deliveries(slack)[-1]["status"]
    stored.set()
    await until(lambda: deliveries(slack)[-1]["status"] == "acked")


async def test_while_much_is_under_way_no_more_is_read(slack: SlackVendor, gate: Gate, monkeypatch: pytest.MonkeyPatch):
    """
    Of many envelopes only some are taken up while the store is slow; the others wait, and none is lost.
    """
    monkeypatch.setattr(listen, "AT_ONCE", 8)
    stored, append = asyncio.Event(), gate.append
    waiting = 0

    async def slowly(inbound: Any) -> Any:
        nonlocal waiting
        waiting += 1
        await stored.wait()
        return await append(inbound)

    gate.append = slowly  # type: ignore[method-assign]
    for number in range(400):
        await slack.write(f"{'much ' * 400}{number}")
    await until(lambda: waiting >= 8)
    status, before = "", -1
    while waiting != before:
        before, status = waiting, slack.emulator.state()["deliveries"][-1]["status"]
        await asyncio.sleep(0.1)
    assert ("sent", True) == (status, 8 <= waiting < 200)
    stored.set()
    await until(lambda: len(gate.came) == 400)


async def test_what_we_do_not_know_is_acknowledged_too(slack: SlackVendor, gate: Gate):
    """
    Somebody's lunch, a command without words: acknowledged, and nothing is stored.
    """
    slack.emulator.people.command(ANA, CHANNEL, "/ringback")
    slack.emulator.people.message(ANA, CHANNEL, "lunch?")
    await until(lambda: {"acked"} == {delivery["status"] for delivery in deliveries(slack)})

    assert [] == gate.came


async def test_a_command_is_answered_where_it_was_typed(slack: SlackVendor, gate: Gate):
    """
    In private, and at once; what it says is a message in their one-to-one chat.
    """
    slack.emulator.people.command(ANA, CHANNEL, "/ringback", "deploy it")
    await until(lambda: slack.emulator.screen(ANA, CHANNEL)["messages"])

    (shown,) = slack.emulator.screen(ANA, CHANNEL)["messages"]
    assert (True, "taken") == (shown["is_ephemeral"], shown["text"])
    assert [] == slack.emulator.screen("U0000RITA", CHANNEL)["messages"]
    assert (slack.direct, "deploy it") == (gate.came[0].conversation, gate.came[0].fact.text)


async def test_the_deny_form_opens_and_brings_the_reason(slack: SlackVendor, gate: Gate):
    """
    A press on the form's button opens a modal in time; what is written there is a fact.
    """
    await send(slack, Ask(CARD, "request1"), slack.direct)
    await slack.press("Deny with a reason")
    await until(lambda: slack.emulator.screen(ANA)["modal"])
    modal = slack.emulator.screen(ANA)["modal"]
    assert "Deny" == modal["title"]["text"]
    assert ("request1", slack.person) == (gate.asked[0].request, gate.asked[0].sender)
    assert {} == await slack.emulator.people.submit(ANA, modal["view_id"], {"reason": {"reason": "too early"}})

    assert {"reason": "too early"} == dict(gate.came[0].fact.values)
    assert slack.emulator.screen(ANA)["modal"] is None


async def test_an_approval_with_a_comment_has_a_form_of_its_own(slack: SlackVendor, gate: Gate):
    """
    The button asks for it; what is sent is an approval with what was written.
    """
    comment = forms.Field(name="comment", kind="long_text", label="Comment")
    gate.form = Form(Decision.APPROVE, "Approve with a comment", (comment,), "Approve", "Back", "Press again.")
    card = CARD.model_copy(update={"edit": "Approve with a comment"})
    await send(slack, Ask(card, "request1"), slack.direct)
    await slack.press("Approve with a comment")
    await until(lambda: slack.emulator.screen(ANA)["modal"])
    modal = slack.emulator.screen(ANA)["modal"]
    assert {} == await slack.emulator.people.submit(ANA, modal["view_id"], {"comment": {"comment": "after six"}})

    assert ("request1", True) == (gate.asked[0].request, gate.asked[0].edit)
    fact = gate.came[0].fact
    assert (Decision.APPROVE, {"comment": "after six"}) == (fact.decision, dict(fact.values))


async def test_a_named_denial_opens_its_form_and_is_named_in_what_comes(slack: SlackVendor, gate: Gate):
    """
    Each way to deny has a button; its form begins with its reason, and what is sent says which one it was.
    """
    reason = forms.Field(name="reason", kind="long_text", label="Later", initial="Not before Monday.")
    gate.form = Form(Decision.DENY, "Deny", (reason,), "Deny", "Back", "Press again.", "later")
    denials = (
        Choice(name="later", label="Later", prefill="Not before Monday."),
        Choice(name="risky", label="Too risky"),
    )
    await send(slack, Ask(CARD.model_copy(update={"denials": denials}), "request1"), slack.direct)
    await slack.press("Later")
    await until(lambda: slack.emulator.screen(ANA)["modal"])
    assert {} == await slack.emulator.people.submit(ANA, slack.emulator.screen(ANA)["modal"]["view_id"], {})

    assert ("request1", "later") == (gate.asked[0].request, gate.asked[0].choice)
    fact = gate.came[0].fact
    assert (Decision.DENY, "later", {"reason": "Not before Monday."}) == (fact.decision, fact.choice, dict(fact.values))


async def test_a_call_is_changed_in_a_form_of_its_own(slack: SlackVendor, gate: Gate):
    """
    The button asks for what may be changed; what is sent is an edit, with what was left as it is too.
    """
    tag = forms.Field(name="tag", kind="text", label="Tag", initial="v1")
    gate.form = Form(Decision.EDIT, "Change", (tag,), "Approve", "Back", "Press again.")
    await send(
        slack, Ask(CARD.model_copy(update={"edit": "Change and approve", "editable": (tag,)}), "request1"), slack.direct
    )
    await slack.press("Change and approve")
    await until(lambda: slack.emulator.screen(ANA)["modal"])
    assert {} == await slack.emulator.people.submit(ANA, slack.emulator.screen(ANA)["modal"]["view_id"], {})

    assert ("request1", True) == (gate.asked[0].request, gate.asked[0].edit)
    fact = gate.came[0].fact
    assert (Decision.EDIT, "request1", {"tag": "v1"}) == (fact.decision, fact.request, dict(fact.values))


async def test_a_form_of_several_fields_is_told_what_is_wrong_at_the_field(slack: SlackVendor, gate: Gate):
    """
    Each kind of field opens with what it begins with; what is wrong stands at its field, and what is right is a fact.
    """
    asked = forms.fields(RELEASE)
    gate.form = Form(Decision.ANSWER, "Your answer", asked, "Send", "Back", "Press again.")
    gate.wrong = [{"count": "This has to be 1 or more."}]
    await send(slack, Ask(Card(title="Which release?", form="Fill in", fields=asked), "request1"), slack.direct)
    await slack.press("Fill in")
    await until(lambda: slack.emulator.screen(ANA)["modal"])
    view = slack.emulator.screen(ANA)["modal"]["view_id"]
    entered = {"region": "us", "count": "0", "parts": ["web", "api"], "on": "2026-07-31", "sure": "no", "note": "a\nb"}
    values = {name: {name: value} for name, value in entered.items()}

    assert {"errors": {"count": "This has to be 1 or more."}} == await slack.emulator.people.submit(ANA, view, values)
    assert [] == gate.came
    values["count"]["count"] = "3"
    assert {} == await slack.emulator.people.submit(ANA, view, values)
    fact = gate.came[0].fact
    assert (Decision.ANSWER, "request1") == (fact.decision, fact.request)
    assert entered | {"count": "3", "parts": ("web", "api"), "title": "v1"} == dict(fact.values)
    assert slack.emulator.screen(ANA)["modal"] is None


async def test_who_may_not_have_the_form_is_told_in_private(slack: SlackVendor, gate: Gate):
    """
    Instead of a modal there is a sentence that only they see.
    """
    gate.form = NoForm("Only <Ben> can decide this.")
    await send(slack, Ask(CARD, "request1"), slack.place)
    message = slack.emulator.screen(ANA, CHANNEL)["messages"][-1]
    slack.emulator.people.click(ANA, CHANNEL, message["ts"], "ringback.deny_form")
    await until(lambda: len(slack.emulator.screen(ANA, CHANNEL)["messages"]) == 2)

    whisper = slack.emulator.screen(ANA, CHANNEL)["messages"][-1]
    assert (True, "Only &lt;Ben&gt; can decide this.") == (whisper["is_ephemeral"], whisper["text"])
    assert 1 == len(slack.emulator.screen("U0000RITA", CHANNEL)["messages"])


async def test_a_form_that_comes_too_late_breaks_nothing(slack: SlackVendor, gate: Gate):
    """
    When the trigger has expired nothing opens, who pressed is told to press again, and listening goes on.
    """
    slack.emulator.add_fault(Fault(on="views.open", kind="refuse", error="expired_trigger_id"))
    await send(slack, Ask(CARD, "request1"), slack.direct)
    await slack.press("Deny with a reason")
    await until(lambda: any(call["method"] == "views.open" for call in slack.emulator.state()["calls"]))
    await until(lambda: any("Press again." in m["text"] for m in slack.emulator.screen(ANA)["messages"]))
    await slack.write("still there?")
    await until(lambda: gate.came)


async def test_a_routine_refresh_loses_nothing(slack: SlackVendor, gate: Gate):
    """
    Slack asks for a new connection now and then; what is written meanwhile comes in.
    """
    slack.emulator.add_fault(Fault(on="socket", kind="refresh"))
    for number in range(5):
        await slack.write(f"message {number}")
    await until(lambda: len(gate.came) == 5)

    assert [f"message {number}" for number in range(5)] == sorted(inbound.fact.text for inbound in gate.came)


async def test_a_duplicate_envelope_is_a_duplicate(slack: SlackVendor, gate: Gate):
    """
    The same event under two envelopes is stored once.
    """
    slack.emulator.add_fault(Fault(on="envelope", kind="duplicate"))
    await slack.write("once")
    await until(lambda: deliveries(slack) and {"acked"} == {delivery["status"] for delivery in deliveries(slack)})

    assert 1 == len(gate.came)


async def test_a_deaf_connection_is_left(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch):
    """
    A connection that stays open while nothing comes through it, not even a pong, is thrown away and built anew; what
    was missed comes in.
    """
    monkeypatch.setattr(listen, "DEAF", 0.5)
    gate = Gate()
    async with Wire(slack.server.port) as wire:
        adapter = pointed(slack, f"http://127.0.0.1:{wire.port}/api/")
        listening = asyncio.create_task(keep(adapter, gate))
        await until(lambda: gate.arrived)
        wire.freeze()
        await slack.write("can you hear me?")
        await until(lambda: gate.came)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await adapter.close()

    assert "can you hear me?" == gate.came[0].fact.text


async def test_a_connection_that_answers_and_brings_nothing(
    slack: SlackVendor, gate: Gate, monkeypatch: pytest.MonkeyPatch
):
    """
    It answers pings, so it may only be a quiet workspace, and is made anew after a while: what was held back comes in.
    """
    monkeypatch.setattr(listen, "QUIET", 0.5)
    slack.emulator.add_fault(Fault(on="socket", kind="deaf"))
    await until(lambda: any(each["is_deaf"] for each in slack.emulator.state()["connections"]))
    await slack.write("can you hear me?")
    await until(lambda: gate.came)

    assert "can you hear me?" == gate.came[0].fact.text


class Wire:
    """A wire to a port, on which the sockets that are open now can freeze: open, and nothing goes through any more."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._sockets: list[asyncio.Event] = []
        self._pumps: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Wire:
        self._server = await asyncio.start_server(self._join, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)

    def freeze(self) -> None:
        for frozen in self._sockets:
            frozen.set()

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        frozen = asyncio.Event()
        self._pumps |= {asyncio.create_task(self._pump(*ends, frozen)) for ends in ((reader, back), (there, writer))}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, frozen: asyncio.Event) -> None:
        try:
            while data := await reader.read(65_536):
                if data.startswith(b"GET /link/"):
                    self._sockets.append(frozen)
                if frozen.is_set():
                    await asyncio.Event().wait()
                writer.write(data)
        finally:
            writer.close()


def pointed(slack: SlackVendor, api: str) -> Adapter:
    """An adapter of the workspace, with another address of Slack."""
    state = slack.emulator.workspace.state
    given = {"account": state.team_id, "bot_token": state.tokens.bot, "app_token": state.tokens.app, "api": api}
    (adapter,) = build([Config.model_validate(given)], Clock())
    return adapter


async def test_a_socket_that_is_not_ours_is_warned_of(slack: SlackVendor):
    """
    Slack gives messages to any socket of the app; an operator hears of one that is not here, until it is gone.
    """
    gate, token = Gate(), slack.emulator.workspace.state.tokens.app
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        opened = await (await session.post(f"{slack.server.base_url}apps.connections.open")).json()
        other = await session.ws_connect(opened["url"])
        listening = asyncio.create_task(keep(slack.adapter, gate))
        await until(lambda: gate.warning)
        assert "Slack counts 2 sockets of this app and this gateway has 1" in gate.warning
        await other.close()
        await until(lambda: len(slack.emulator.state()["connections"]) == 1)
        slack.emulator.add_fault(Fault(on="socket", kind="refresh"))
        await until(lambda: gate.warning == "")
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_an_app_that_has_all_its_sockets_already(slack: SlackVendor):
    """
    Slack gives an app ten; the eleventh is refused, and an operator hears why nothing comes in.
    """
    gate, token = Gate(), slack.emulator.workspace.state.tokens.app
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session:
        others = []
        for _ in range(10):
            opened = await (await session.post(f"{slack.server.base_url}apps.connections.open")).json()
            others.append(await session.ws_connect(opened["url"]))
        listening = asyncio.create_task(keep(slack.adapter, gate))
        await until(lambda: gate.warning)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)

    assert "Slack counts 10 sockets of this app and this gateway has 1" in gate.warning


async def test_our_own_sockets_are_not_warned_of(slack: SlackVendor):
    """
    Accounts of one app have a socket each, and a routine refresh may be counted twice.
    """
    gate, state = Gate(), slack.emulator.workspace.state
    given = {"bot_token": state.tokens.bot, "app_token": state.tokens.app, "api": slack.server.base_url}
    configs = [Config.model_validate(given | {"account": account}) for account in (state.team_id, "TOTHER")]
    adapters = build(configs, Clock())
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {state.tokens.app}"}) as session:
        opened = await (await session.post(f"{slack.server.base_url}apps.connections.open")).json()
        other = await session.ws_connect(opened["url"])
        listening = asyncio.create_task(keep(adapters[0], gate))
        await until(lambda: gate.arrived)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await other.close()
    for adapter in adapters:
        await adapter.close()

    assert "" == gate.warning


async def test_socket_mode_that_is_switched_off_is_said(slack: SlackVendor):
    """
    When Slack disables the link no new connection would help: the operator has to act.
    """
    gate = Gate()
    listening = asyncio.create_task(slack.adapter.listen(gate))
    await until(lambda: gate.arrived)
    slack.emulator.add_fault(Fault(on="socket", kind="refresh", reason="link_disabled"))

    with pytest.raises(Misconfigured, match="Socket Mode is off"):
        await asyncio.wait_for(listening, 5)


async def test_a_connection_that_is_not_opened_again_is_given_up(
    slack: SlackVendor, gate: Gate, monkeypatch: pytest.MonkeyPatch
):
    """
    The library tries a used address again in vain; it is thrown away, and a new one asked for.
    """
    monkeypatch.setattr(listen, "LOST", 0.5)
    slack.emulator.add_fault(Fault(on="socket", kind="refuse_connect"))
    slack.emulator.add_fault(Fault(on="socket", kind="close"))
    await slack.write("can you hear me?")
    await until(lambda: gate.came)


async def test_without_a_hello_it_starts_over(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch):
    """
    A connection that never says hello is given up; the library alone would try the same address for ever.
    """
    monkeypatch.setattr(listen, "HELLO", 0.3)
    slack.emulator.add_fault(Fault(on="socket", kind="refuse_connect", times=None))

    with pytest.raises(ConnectionError, match="no hello"):
        await asyncio.wait_for(slack.adapter.listen(Gate()), 5)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"account": "TOTHER"}, "belongs to workspace T0SANDBOX"),
        ({"bot_token": "xoxb-wrong"}, "the token is not valid"),
        ({"app_token": "xapp-wrong"}, "the token is not valid"),
        ({"app_token": "xoxb-wrong-kind"}, "token"),
    ],
)
async def test_wrong_settings_are_found_before_connecting(slack: SlackVendor, change: dict[str, str], says: str):
    """
    A wrong token or workspace is said in a sentence, at once.
    """
    state = slack.emulator.workspace.state
    given = {
        "account": state.team_id,
        "bot_token": state.tokens.bot,
        "app_token": state.tokens.app,
        "api": slack.server.base_url,
    }
    (adapter,) = build([Config.model_validate(given | change)], Clock())
    try:
        with pytest.raises(Misconfigured, match=says):
            await asyncio.wait_for(adapter.listen(Gate()), 5)
    finally:
        await adapter.close()


async def test_signs_of_life_are_told(slack: SlackVendor, gate: Gate):
    """
    Pongs and frames count as life, so that a quiet workspace is not taken for a deaf connection.
    """
    before = gate.signs
    await until(lambda: gate.signs > before + 1)


@pytest.mark.parametrize("data", ["null", "[1]", "7", '"hello"', "{", "", "9" * 5_000])
def test_a_frame_that_is_no_object_says_nothing_of_the_connection(data: str):
    """
    What Slack never sends as a frame is passed over; the connection that brought it is held on.
    """
    assert {} == listen._frame(data)
