"""
HTTP mode: what Slack signed is stored and then acknowledged; anything else is refused in a line, and counted.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from adapters.base import Refusing
from adapters.errors import Misconfigured
from adapters.slack import receive, webhook
from adapters.slack.adapter import build
from adapters.slack.config import Config
from adapters.slack.emulator import Fault, Server, Workspace, serve
from adapters.slack.limits import BODY
from agent_core import facts
from tests.adapters.slack.posting import SECRET, Poster
from tests.contracts.adapter import Gate, until
from tests.contracts.test_slack_adapter import ANA, Clock, SlackVendor

PAYLOADS = Path(__file__).parent / "payloads"
FORM = b"application/x-www-form-urlencoded"
OLD, OTHER = "the-secret-before", "another-app's-secret"


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return loaded


class Door:
    """Accounts in HTTP mode over an emulated Web API, and their address."""

    def __init__(self, server: Server, *tables: dict[str, str]) -> None:
        state = server.emulator.workspace.state
        base = {"mode": "http", "account": state.team_id, "bot_token": state.tokens.bot, "api": server.base_url}
        configs = [Config.model_validate(base | {"signing_secret": SECRET} | table) for table in tables or ({},)]
        self.clock, self.gate = Clock(), Gate()
        self.adapters = build(configs, self.clock)
        self.vendor = SlackVendor(server, self.adapters[0])
        routes = [route for adapter in self.adapters for route in adapter.routes(self.gate)]
        assert 1 == len(routes)
        self.app = Starlette(routes=routes)
        self.slack = Poster(self.app, self.clock.now())
        self._listening: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Listen, until the first account knows who it is."""
        self._listening = [asyncio.create_task(adapter.listen(self.gate)) for adapter in self.adapters]
        await until(lambda: self.gate.signs)

    async def close(self) -> None:
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        for adapter in self.adapters:
            await adapter.close()


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Slack's Web API."""
    async with await serve("127.0.0.1", 0, Workspace.create(["ana", "rita"], ["general"])) as one:
        yield one


@pytest.fixture
async def door(server: Server) -> AsyncIterator[Door]:
    """One account that listens."""
    one = Door(server, {"previous_signing_secret": OLD})
    await one.open()
    yield one
    await one.close()


# What is taken in ----------------------------------------------------------------------------------------------------


async def test_an_event_is_stored_and_then_acknowledged(door: Door):
    """
    While it is being stored there is no answer; stored, it is 200 and empty.
    """
    stored, append = asyncio.Event(), door.gate.append

    async def slowly(inbound: Any) -> Any:
        await stored.wait()
        return await append(inbound)

    door.gate.append = slowly  # type: ignore[method-assign]
    answering = asyncio.ensure_future(door.slack.event(load("message_in_dm")))
    await asyncio.sleep(0.05)
    assert not answering.done()
    stored.set()
    answer = await answering

    assert (200, b"") == (answer.status_code, answer.content)
    assert isinstance(door.gate.came[0].fact, facts.MessageReceived)


async def test_what_is_not_stored_is_to_be_sent_again(door: Door):
    """
    A full disk is 503, so that Slack brings it again; then it is taken, and `X-Slack-Retry-Num` is no reason not to.
    """
    door.gate.refuse = 1
    first = await door.slack.event(load("message_in_dm"))
    again = await door.slack.event(load("message_in_dm"), x_slack_retry_num="1", x_slack_retry_reason="http_error")

    assert (503, 200, 1) == (first.status_code, again.status_code, len(door.gate.came))
    assert "x-slack-no-retry" not in first.headers
    assert "5" == first.headers["retry-after"]


def test_what_there_is_no_room_for_is_refused_by_its_head(door: Door):
    """
    An event is refused, and counted, and is let in when there is room; a press is let in for longer.
    """
    (route,) = door.adapters[0].routes(door.gate)
    event, press = [(b"content-type", b"Application/JSON; charset=utf-8")], [(b"content-type", FORM)]
    assert isinstance(route.app, Refusing)
    assert (False, False) == (route.app.refuses(event), route.app.refuses(press))
    door.gate.full = 1
    assert (True, False) == (route.app.refuses(event), route.app.refuses(press))
    door.gate.full = 2

    assert (True, True, True) == (route.app.refuses(event), route.app.refuses(press), route.app.refuses([]))
    assert ([("", "overloaded")] * 4, 3) == (door.gate.refusals, door.gate.expected)


async def test_forms_without_end_are_not_opened(door: Door, monkeypatch: pytest.MonkeyPatch):
    """
    While as many forms as may be are being opened, a press for one more is 503, and whoever pressed sees that.
    """
    monkeypatch.setattr(receive, "FORMS", 1)
    asked, query = asyncio.Event(), door.gate.query

    async def slowly(wanted: Any) -> Any:
        await asked.wait()
        return await query(wanted)

    door.gate.query = slowly  # type: ignore[method-assign]
    first, second = [await door.slack.interact(load("button_deny_form")) for _ in range(2)]
    asked.set()

    assert (200, 503, "5") == (first.status_code, second.status_code, second.headers["retry-after"])
    assert [("T0SANDBOX", "overloaded")] == door.gate.refusals


async def test_bodies_that_come_slowly_do_not_fill_the_memory(door: Door, monkeypatch: pytest.MonkeyPatch):
    """
    Of all bodies that are being read no more is kept than the limit; whoever is refused for it may come again.
    """
    monkeypatch.setattr(webhook, "BODIES", 1_000)
    signed = {"x-slack-signature": "v0=" + "0" * 64, "x-slack-request-timestamp": f"{door.clock.now():.0f}"}
    answer = await door.slack.raw(b"x" * 1_001, signed)
    monkeypatch.undo()

    assert (503, "5") == (answer.status_code, answer.headers["retry-after"])
    assert 200 == (await door.slack.event(load("message_in_dm"))).status_code


async def test_a_replay_changes_nothing(door: Door):
    """
    The same signed request again, by whomever: acknowledged, and nothing happens twice.
    """
    for _ in range(3):
        assert 200 == (await door.slack.event(load("message_in_dm"))).status_code

    assert 1 == len(door.gate.came)


async def test_before_we_know_who_we_are_nothing_is_taken(server: Server):
    """
    Without `auth.test` no mention can be told, so Slack is asked to come again.
    """
    door = Door(server)

    assert 503 == (await door.slack.event(load("message_in_dm"))).status_code
    await door.close()


async def test_half_an_emoji_is_answered(door: Door):
    """
    What is repeated in an answer (a challenge, a command's name) need not be text that UTF-8 can write.
    """
    challenge = await door.slack.event({"type": "url_verification", "challenge": "\ud83d"})
    command = {"command": "/\ud83d", "text": "", "user_id": ANA, "trigger_id": "1", "team_id": "T0SANDBOX"}
    help_ = await door.slack.event(command)

    assert (200, {"challenge": "\ud83d"}) == (challenge.status_code, challenge.json())
    assert (200, "ephemeral") == (help_.status_code, help_.json()["response_type"])


async def test_the_address_is_proved_only_to_slack(door: Door):
    """
    `url_verification` is answered with its challenge, once the signature has passed.
    """
    asked = {"type": "url_verification", "token": "x", "challenge": "3eZbrw1aB10FEMAGAZd4FyFQ"}
    answer = await door.slack.event(asked)
    door.slack.secret = "wrong"
    refused = await door.slack.event(asked)

    assert (200, {"challenge": "3eZbrw1aB10FEMAGAZd4FyFQ"}) == (answer.status_code, answer.json())
    assert 401 == refused.status_code
    assert b"3eZ" not in refused.content


async def test_presses_and_forms_come_as_fields(door: Door):
    """
    The button of the form is a question, which is not stored; what is sent in with the form is a fact.
    """
    assert 200 == (await door.slack.interact(load("button_deny_form"))).status_code
    assert 200 == (await door.slack.interact(load("deny_form_submitted"))).status_code
    await until(lambda: door.gate.asked)

    assert "request1" == door.gate.asked[0].request
    assert {"reason": "too early"} == dict(door.gate.came[0].fact.values)


COMMAND = {
    "token": "x",
    "team_id": "T0SANDBOX",
    "team_domain": "sandbox",
    "channel_id": "C0GENERAL",
    "channel_name": "general",
    "user_id": ANA,
    "user_name": "ana",
    "command": "/ringback",
    "text": "deploy v1 &amp; tell <@U0000RITA|rita>",
    "api_app_id": "A1",
    "is_enterprise_install": "false",
    "response_url": "https://hooks.slack.test/commands/1/2",
    "trigger_id": "13345224609.738474920.8088930838d88f008e0",
}


async def test_a_command_is_what_they_say_in_their_direct_messages(door: Door):
    """
    It is stored as a message of theirs to us, under its trigger's id, and answered in private.
    """
    answer = await door.slack.command(COMMAND)
    (inbound,) = door.gate.came

    assert {"response_type": "ephemeral", "text": "taken"} == answer.json()
    assert door.vendor.direct == inbound.conversation
    assert isinstance(inbound.fact, facts.MessageReceived)
    assert (door.vendor.person, "deploy v1 & tell @U0000RITA", True, "") == (
        inbound.fact.sender,
        inbound.fact.text,
        inbound.fact.direct,
        inbound.fact.message_id,
    )
    assert 200 == (await door.slack.command(COMMAND)).status_code
    assert 1 == len(door.gate.came)


async def test_a_bare_command_says_what_it_is_for(door: Door):
    """
    Without words nothing is stored; the answer explains.
    """
    answer = await door.slack.command(COMMAND | {"text": "  "})

    assert "what &lt;/ringback&gt; is for" == answer.json()["text"]
    assert [] == door.gate.came


async def test_a_command_that_is_not_stored_is_not_confirmed(door: Door):
    """
    Slack then tells the person that it failed.
    """
    door.gate.refuse = 1

    assert 503 == (await door.slack.command(COMMAND)).status_code


async def test_slack_looks_whether_somebody_answers(door: Door):
    """
    Its check of the certificate is a signed form that asks for nothing.
    """
    answer = await door.slack.command({"ssl_check": "1", "token": "x"})

    assert 200 == answer.status_code
    assert [] == door.gate.refusals


async def test_what_slack_withholds_is_counted(door: Door):
    """
    `app_rate_limited` is acknowledged and counted.
    """
    told = {"type": "app_rate_limited", "team_id": "T0SANDBOX", "minute_rate_limited": 1518467820, "api_app_id": "A1"}

    assert 200 == (await door.slack.event(told)).status_code
    assert [("T0SANDBOX", "app_rate_limited")] == door.gate.refusals


# What is refused -----------------------------------------------------------------------------------------------------


async def test_both_secrets_hold_while_one_is_replaced(door: Door):
    """
    The secret before is taken as well as the new one; a third is not.
    """
    statuses = []
    for number, secret in enumerate((SECRET, OLD, OTHER)):
        door.slack.secret = secret
        payload = load("message_in_dm") | {"event_id": f"Ev{number}"}
        statuses.append((await door.slack.event(payload)).status_code)

    assert [200, 200, 401] == statuses


@pytest.mark.parametrize(
    ("late", "headers", "reason"),
    [
        (0, {"x-slack-signature": "", "x-slack-request-timestamp": ""}, "unsigned"),
        (0, {"x-slack-request-timestamp": "9" * 5_000}, "unsigned"),
        (0, {"x-slack-request-timestamp": "soon"}, "unsigned"),
        (0, {"x-slack-signature": "v0=beef"}, "unsigned"),
        (0, {"x-slack-signature": "v0=" + "0" * 64}, "bad_signature"),
        (-301, {}, "stale"),
        (302, {}, "stale"),
    ],
)
async def test_what_slack_did_not_sign_is_refused(door: Door, late: float, headers: dict[str, str], reason: str):
    """
    401, one line, counted, and nothing is stored. If it was Slack, and our secret was wrong, it may come again.
    """
    door.slack.now += late
    answer = await door.slack.event(load("message_in_dm"), **headers)

    assert (401, {"error": reason}) == (answer.status_code, answer.json())
    assert "x-slack-no-retry" not in answer.headers
    assert [("", reason)] == door.gate.refusals
    assert [] == door.gate.came


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"\xff\xfe{}", "application/json"),
        (b"[]", "application/json"),
        (b"null", "application/json"),
        (b'"text"', "application/json"),
        (b"{}", "application/json"),
        (b'{"type": ' + b"9" * 5_000 + b"}", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"payload=%7B", "application/x-www-form-urlencoded"),
        (b"payload=%FF%FE", "application/x-www-form-urlencoded"),
        (b"payload=[1]", "application/x-www-form-urlencoded"),
        (b"\xff=\xfe", "application/x-www-form-urlencoded"),
        (b"a=b&" * 1_000, "application/x-www-form-urlencoded"),
        (b"hello", "text/plain"),
        (b'{"type": "event_callback"}', "multipart/form-data; boundary=x"),
    ],
)
async def test_what_cannot_be_read_is_refused(door: Door, body: bytes, content_type: str):
    """
    Signed but no payload: 400, one line, counted, not to be sent again.
    """
    answer = await door.slack.send(body, content_type)

    assert (400, {"error": "malformed"}) == (answer.status_code, answer.json())
    assert "1" == answer.headers["x-slack-no-retry"]
    assert [("", "malformed")] == door.gate.refusals


@pytest.mark.parametrize(
    "payload",
    [
        {"type": "event_callback", "team_id": "T0SANDBOX"},
        {"type": "event_callback", "team_id": "T0SANDBOX", "event": []},
        {"type": "block_actions", "team": {"id": "T0SANDBOX"}},
        {"type": "view_submission", "team": {"id": "T0SANDBOX"}, "view": {"callback_id": "ringback.deny"}},
    ],
)
async def test_a_shape_we_do_not_know_is_acknowledged_and_counted(door: Door, payload: dict[str, Any]):
    """
    Sending it again would not help, and an operator should know.
    """
    assert 200 == (await door.slack.bring(payload)).status_code
    assert [("T0SANDBOX", "malformed")] == door.gate.refusals


async def test_ten_megabytes_are_refused_while_they_come(door: Door):
    """
    By the length that is announced, before anything is read; or else as soon as it is too much, and no byte later.
    """
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 65_536
            yield bytes(65_536)

    stamp = {"x-slack-request-timestamp": f"{door.slack.now:.0f}", "x-slack-signature": "v0=" + "0" * 64}
    announced = await door.slack.raw(endless(), stamp | {"content-length": str(10 * 1024 * 1024)})
    assert 0 == sent
    unannounced = await door.slack.raw(endless(), stamp)

    assert [413, 413] == [announced.status_code, unannounced.status_code]
    assert {"error": "too_large"} == announced.json() == unannounced.json()
    assert sent <= BODY + 2 * 65_536
    assert [("", "too_large")] * 2 == door.gate.refusals


async def test_a_flood_of_unsigned_requests_is_not_even_read(door: Door):
    """
    Without the headers, or with old ones, not a byte of the body is taken.
    """
    read = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal read
        read += 1
        yield bytes(65_536)

    old = {"x-slack-request-timestamp": f"{door.slack.now - 900:.0f}", "x-slack-signature": "v0=" + "0" * 64}
    for headers in ({}, old):
        assert 401 == (await door.slack.raw(body(), headers)).status_code

    assert 0 == read


async def test_a_body_that_does_not_come_is_not_waited_for(door: Door, monkeypatch: pytest.MonkeyPatch):
    """
    408 after a while; the connection is not held for ever.
    """
    monkeypatch.setattr(webhook, "SLOWEST", 0.05)

    async def body() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    headers = {"x-slack-request-timestamp": f"{door.slack.now:.0f}", "x-slack-signature": "v0=" + "0" * 64}

    assert 408 == (await door.slack.raw(body(), headers)).status_code
    assert [("", "too_slow")] == door.gate.refusals


# Several accounts ----------------------------------------------------------------------------------------------------


def of(account: str, name: str = "message_in_dm") -> dict[str, Any]:
    """A payload as it is for another workspace."""
    text = json.dumps(load(name)).replace("T0SANDBOX", account)
    moved: dict[str, Any] = json.loads(text)
    return moved


async def test_a_payload_for_no_account_is_dropped_and_counted(door: Door):
    """
    The app may be installed where this gateway has no business; that is no reason for Slack to come again.
    """
    assert 200 == (await door.slack.event(of("TELSEWHERE"))).status_code
    assert [("", "unknown_account")] == door.gate.refusals
    assert [] == door.gate.came


async def test_an_app_speaks_only_for_its_own_accounts(server: Server):
    """
    Two apps share the address; what one signs is never taken for the other's workspace.
    """
    door = Door(server, {}, {"account": "TOTHER", "signing_secret": OTHER})
    await door.open()
    mine = await door.slack.event(load("message_in_dm"))
    forged = await door.slack.event(of("TOTHER"))
    door.slack.secret = OTHER
    unready = await door.slack.event(of("TOTHER"))  # its token belongs to another workspace, so it never gets to know

    assert [200, 200, 503] == [mine.status_code, forged.status_code, unready.status_code]
    assert ["slack:T0SANDBOX/U0000RITA"] == [inbound.conversation for inbound in door.gate.came]
    assert [("", "unknown_account")] == door.gate.refusals
    await door.close()


# How it is -----------------------------------------------------------------------------------------------------------


async def test_quiet_is_not_deaf(server: Server, monkeypatch: pytest.MonkeyPatch):
    """
    While Slack takes our token the account is well, though nobody writes; what was missed is in when it has been sent
    again.
    """
    monkeypatch.setattr(webhook, "CHECK", 0.02)
    monkeypatch.setattr(webhook, "MISSED", 0.1)
    door = Door(server)
    await door.open()
    assert not door.gate.arrived
    await until(lambda: door.gate.arrived and door.gate.signs > 5)
    await door.close()


async def test_a_token_that_is_revoked_is_noticed(server: Server, monkeypatch: pytest.MonkeyPatch):
    """
    Though nothing is held, the account stops with a sentence; what Slack still brings is stored all the same.
    """
    monkeypatch.setattr(webhook, "CHECK", 0.02)
    door = Door(server)
    await door.open()
    server.emulator.add_fault(Fault(on="token", kind="revoke", times=None))
    with pytest.raises(Misconfigured, match="install the app again"):
        await asyncio.wait_for(door.adapters[0].listen(door.gate), 5)

    assert 200 == (await door.slack.event(load("message_in_dm"))).status_code
    assert 1 == len(door.gate.came)
    await door.close()


@pytest.mark.parametrize("change", [{"account": "TOTHER"}, {"bot_token": "xoxb-wrong"}])
async def test_wrong_settings_are_found_at_once(server: Server, change: dict[str, str]):
    """
    A wrong token or workspace is said in a sentence.
    """
    door = Door(server, change)
    with pytest.raises(Misconfigured):
        await asyncio.wait_for(door.adapters[0].listen(door.gate), 5)
    await door.close()
