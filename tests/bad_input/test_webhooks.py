"""
A real gateway in HTTP mode, and whatever can be posted to it: it answers in a line, counts, and goes on.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.base import COMMENT
from tests.adapters.slack.posting import Poster
from tests.process import Gateway, gateway, until

RITA, ANA, OTTO = "U0000RITA", "U00000ANA", "U0000OTTO"
PAYLOADS = Path(__file__).parent.parent / "adapters" / "slack" / "payloads"
GONE = "I do not know this request any more."


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return loaded


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Slack's side, and a gateway in HTTP mode."""
    async with gateway(tmp_path, "http") as one:
        await one.start()
        yield one


def poster(house: Gateway) -> Poster:
    """Somebody who posts to it, with Slack's own secret."""
    return Poster(f"http://127.0.0.1:{house.port}", time.time(), house.environment["SIGNING"])


async def ask(house: Gateway) -> None:
    """Rita asks for what Ana has to approve."""
    house.emulator.people.message(RITA, "dm", "deploy v1.4.2 to production")
    await until(lambda: any("Approve deploy?" in text for text in house.seen(ANA)))


async def approve(house: Gateway) -> None:
    """Ana approves, and it happens: nothing has been broken."""
    house.press(ANA, "ringback.approve")
    await until(lambda: "v1.4.2 is in production now." in " ".join(house.seen(RITA)))
    status, report = await house.readyz()
    assert (200, []) == (status, report["stuck"])


async def test_requests_that_slack_did_not_make(house: Gateway):
    """
    Unsigned, stale, misshapen or unreadable: a line and a status below 500 each, all of them counted, and the gateway
    works on.
    """
    slack, stamp = poster(house), f"{time.time():.0f}"
    some = {"x-slack-signature": "v0=" + "0" * 64, "x-slack-request-timestamp": stamp}
    old = poster(house)
    old.now -= 900
    answers = [
        await slack.raw(b"{}", {}),
        await slack.raw(b"{}", some | {"x-slack-request-timestamp": "9" * 5_000}),
        await slack.raw(b"{}", some),
        await old.event(load("message_in_dm")),
        await slack.send(b"\xff\xfe", "application/json"),
        await slack.send(b"[" * 200_000, "application/json"),
        await slack.raw(b"x" * 10 * 1024 * 1024, some),
    ]

    assert [401, 401, 401, 401, 400, 400, 413] == [answer.status_code for answer in answers]
    assert all(b"\n" not in answer.content and len(answer.content) < 100 for answer in answers)
    assert {"slack": {"unsigned": 2, "bad_signature": 1, "stale": 1, "malformed": 2, "too_large": 1}} == (
        await house.readyz()
    )[1]["refused"]
    await ask(house)
    await approve(house)


async def test_a_replayed_event_is_one(house: Gateway):
    """
    What was signed once and is posted again is acknowledged, and starts nothing a second time.
    """
    await ask(house)
    (told,) = [each for each in house.emulator.state()["deliveries"] if each["type"] == "events_api"][:1]
    for _ in range(3):
        assert 200 == (await poster(house).event(told["payload"])).status_code
    await approve(house)

    assert 1 == sum("Approve deploy?" in text for text in house.seen(ANA))


async def test_forged_presses(house: Gateway):
    """
    Values that we never gave out, actions that we do not know, a request pressed where it was not asked: each has its
    private line or none, nothing is decided, and the real press still counts.
    """
    await ask(house)
    shown = house.emulator.screen(ANA)["messages"][-1]
    (request,) = {e["value"] for b in shown["blocks"] if b["type"] == "actions" for e in b["elements"]}
    team = house.emulator.workspace.state.team_id
    slack, pressed = poster(house), 0

    async def press(user: str, channel: str, **action: Any) -> None:
        nonlocal pressed
        pressed += 1
        forged = copy.deepcopy(load("button_approve"))
        forged |= {"trigger_id": f"{pressed}.1.x", "user": {"id": user, "name": "x", "team_id": team}}
        forged["container"] |= {"channel_id": channel}
        forged["channel"] = {"id": channel, "name": "directmessage"}
        forged["actions"][0] |= {"action_ts": f"{time.time():.6f}"} | action
        assert 200 == (await slack.interact(forged)).status_code

    direct = "D0FORGED"
    for value in ("nothing", "", "\x00\ud83d", "x" * 2_000, "../" * 20):
        await press(ANA, direct, value=value)
    await press(ANA, direct, action_id="ringback.nonsense", value=request)
    await press(ANA, direct, action_id="another_apps_button", value=request)
    await press(OTTO, "C0GENERAL", value=request)
    await press(ANA, direct, action_ts="1" * 5_000, value=request)
    await until(lambda: GONE in house.seen(ANA))
    await until(lambda: any(GONE in m["text"] for m in house.emulator.screen(OTTO, "C0GENERAL")["messages"]))
    assert not any("is in production now" in text for text in house.seen(RITA))
    assert {f"slack:{team}": {"malformed": 1}} == (await house.readyz())[1]["refused"]
    await approve(house)


async def test_a_form_that_names_what_it_may_not(house: Gateway):
    """
    Its hidden part, rewritten to name another channel, another account or nothing: acknowledged, counted, and no
    conversation comes into being.
    """
    await ask(house)
    slack = poster(house)
    hidden = [
        json.dumps({"request": "r", "conversation": where})
        for where in ("email:x/y", "slack:TOTHER/U1", "slack", "", "../..")
    ]
    for number, metadata in enumerate([*hidden, "", "null", "[1]", "{", "\x00"]):
        forged = load("deny_form_submitted")
        forged["view"] |= {"private_metadata": metadata, "id": f"V{number}"}
        assert 200 == (await slack.interact(forged)).status_code

    team = house.emulator.workspace.state.team_id
    assert {f"slack:{team}": {"malformed": 10}} == (await house.readyz())[1]["refused"]
    await approve(house)


async def test_a_form_sent_in_after_a_restart(house: Gateway):
    """
    The form was opened by a gateway that is gone; the next one knows what it is about.
    """
    await ask(house)
    house.press(ANA, "ringback.deny_form")
    await until(lambda: house.emulator.screen(ANA)["modal"])
    assert house.process is not None
    house.process.kill()
    await house.process.wait()
    await house.start()
    modal = house.emulator.screen(ANA)["modal"]
    assert {} == await house.emulator.people.submit(ANA, modal["view_id"], {COMMENT: {COMMENT: "too early"}})
    await until(lambda: any("too early" in text for text in house.seen(RITA) + house.seen(ANA)))

    assert not any("is in production now" in text for text in house.seen(RITA))


async def test_two_press_at_the_same_instant(house: Gateway):
    """
    Two presses of one card on their way at once: one counts, the other is told, and it is deployed once.
    """
    await ask(house)
    house.press(ANA, "ringback.approve")
    house.press(ANA, "ringback.deny")
    await until(lambda: any(text.startswith("Already ") for text in house.seen(ANA)))

    settled = [text for text in house.seen(ANA) if "Approved by" in text or "Denied by" in text]
    assert 1 == len(settled)


async def test_a_command_works_from_anywhere(house: Gateway):
    """
    Typed in a channel, it is confirmed there in private and answered in the direct messages.
    """
    house.emulator.people.command(RITA, "C0GENERAL", "/ringback", "list")
    await until(lambda: any("production:" in text for text in house.seen(RITA)))

    assert ["Got it. I will answer you in our direct messages."] == house.seen(RITA, "C0GENERAL")
    assert [] == house.seen(OTTO, "C0GENERAL")


@pytest.mark.parametrize(
    ("who", "heard"),
    [({}, True), ({"is_restricted": True}, False), ({"deleted": True}, False), ({"team_id": "TOTHER"}, False)],
    ids=["a member", "a guest", "somebody who has left", "a member of another organisation"],
)
async def test_anyone_means_any_member(tmp_path: Path, who: dict[str, Any], heard: bool):
    """
    Where anyone may start an agent, guests and strangers from a shared channel may not, and are told so kindly, once.
    """
    async with gateway(tmp_path, "http") as house:
        text = house.config.read_text()
        assert 'listen = ["slack"]' in text
        house.config.write_text(text.replace('listen = ["slack"]', 'listen = ["slack"]\nstart = ["anyone"]'))
        for name, value in who.items():
            setattr(house.emulator.workspace.state.people[OTTO], name, value)
        await house.start()
        bot = house.emulator.workspace.state.bot.user_id
        for _ in range(2):
            house.emulator.people.message(OTTO, "C0GENERAL", f"<@{bot}> list")
        house.emulator.people.message(RITA, "dm", "list")

        def read() -> list[str]:
            shown = house.emulator.screen(OTTO, "C0GENERAL")["messages"]
            return [reply["text"] for message in shown for reply in (message, *message["replies"])]

        told = "production:" if heard else "I only work for people I know"
        await until(lambda: any(told in text for text in read()))
        await until(lambda: any("production:" in text for text in house.seen(RITA)))
        texts = read()

        assert heard == any("production:" in text for text in texts)
        assert (not heard) == (1 == sum("I only work for people I know" in text for text in texts))
