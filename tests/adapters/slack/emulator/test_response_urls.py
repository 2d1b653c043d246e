"""
What an app can do with a response_url.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from adapters.slack.emulator import Emulator
from tests.adapters.slack.emulator.conftest import ANA, BEN, BUTTONS, GENERAL, Connect

Press = Callable[..., Awaitable[AsyncWebhookClient]]


@pytest.fixture
async def press(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> Press:
    """Posts buttons, presses one, and gives the client for the response_url that the app got."""
    link = await connect()

    async def press(*, ephemeral: bool = False, thread_ts: str | None = None) -> AsyncWebhookClient:
        if ephemeral:
            posted = await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="ask", blocks=BUTTONS)
            ts = posted["message_ts"]
        else:
            posted = await client.chat_postMessage(channel=GENERAL, text="ask", blocks=BUTTONS, thread_ts=thread_ts)
            ts = posted["ts"]
        emulator.people.click(ANA, GENERAL, ts, "yes")
        while True:
            envelope = await link.frame()
            await link.ack(envelope)
            if envelope["type"] == "interactive":
                return AsyncWebhookClient(envelope["payload"]["response_url"], retry_handlers=[])

    return press


def shown(emulator: Emulator, person: str) -> list[tuple[str, bool]]:
    return [(each["text"], each["is_ephemeral"]) for each in emulator.screen(person, GENERAL)["messages"]]


async def test_response_is_ephemeral(press: Press, emulator: Emulator) -> None:
    """
    Without more said, the response is an ephemeral message for the person who pressed.
    """
    await (await press()).send(text="only you")

    assert shown(emulator, ANA) == [("ask", False), ("only you", True)]
    assert shown(emulator, BEN) == [("ask", False)]


async def test_response_in_channel(press: Press, emulator: Emulator) -> None:
    """
    `in_channel` with replace_original false is a new message for everybody.
    """
    await (await press()).send(text="all of you", response_type="in_channel", replace_original=False)
    assert shown(emulator, BEN) == [("ask", False), ("all of you", False)]


async def test_response_stays_in_the_thread(press: Press, emulator: Emulator) -> None:
    """
    A response to a message in a thread goes to that thread, and to another one if it says so.
    """
    roots = [emulator.people.message(ANA, GENERAL, f"root {number}")["ts"] for number in range(2)]
    way_back = await press(thread_ts=roots[0])

    await way_back.send(text="here")
    await way_back.send_dict({"text": "there", "thread_ts": roots[1]})

    shown = emulator.screen(ANA, GENERAL)["messages"]
    assert [[reply["text"] for reply in root["replies"]] for root in shown] == [["ask", "here"], ["there"]]


@pytest.mark.parametrize("given", [{"replace_original": True}, {"response_type": "in_channel"}])
async def test_original_is_replaced(press: Press, emulator: Emulator, given: dict[str, Any]) -> None:
    """
    replace_original overwrites the message; an in_channel response that does not say otherwise does so too.
    """
    await (await press()).send(text="done", **given)

    assert shown(emulator, BEN) == [("done", False)]
    replaced = emulator.screen(BEN, GENERAL)["messages"][0]
    assert (replaced["blocks"], replaced["is_edited"]) == ([], False)


async def test_ephemeral_original(press: Press, emulator: Emulator) -> None:
    """
    An ephemeral message can be replaced and deleted, which no method of the Web API can do.
    """
    way_back = await press(ephemeral=True)

    await way_back.send(text="done", replace_original=True)
    assert shown(emulator, ANA) == [("done", True)]
    await way_back.send(delete_original=True)
    assert shown(emulator, ANA) == []


async def test_original_is_deleted(press: Press, emulator: Emulator) -> None:
    """
    delete_original takes the message away for everybody.
    """
    await (await press()).send(delete_original=True)
    assert shown(emulator, BEN) == []


async def test_five_uses(press: Press) -> None:
    """
    A response_url works five times.
    """
    way_back = await press()
    answers = [await way_back.send(text="again", response_type="ephemeral") for _ in range(6)]

    assert [answer.status_code for answer in answers] == [200] * 5 + [404]
    assert "used_url" in answers[5].body


async def test_thirty_minutes(press: Press, advance: Callable[[float], None]) -> None:
    """
    A response_url works for thirty minutes.
    """
    way_back = await press()
    advance(1800.0)
    assert (await way_back.send(text="in time")).status_code == 200
    advance(1.0)
    answer = await way_back.send(text="late")
    assert (answer.status_code, "expired_url" in answer.body) == (404, True)


async def test_response_needs_content(press: Press, emulator: Emulator) -> None:
    """
    A response without content, or with bad blocks, changes nothing.
    """
    way_back = await press()

    assert "no_text" in (await way_back.send(text="")).body
    assert "invalid_blocks" in (await way_back.send(text="x", blocks=[{"type": "header"}])).body
    assert shown(emulator, ANA) == [("ask", False)]
