"""
`assistant.threads.setStatus`: there until the app writes, takes it away, or two minutes have passed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator, Workspace
from tests.adapters.slack.emulator.conftest import ANA, BEN, GENERAL

Advance = Callable[[float], None]


@pytest.fixture
async def root(emulator: Emulator, client: AsyncWebClient) -> str:
    """A message with a status under it."""
    ts = str(emulator.people.message(ANA, GENERAL, "hello")["ts"])
    await client.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=ts, status="is thinking…")
    return ts


def statuses(emulator: Emulator) -> list[dict[str, str]]:
    shown: list[dict[str, str]] = emulator.screen(BEN, GENERAL)["statuses"]
    return shown


async def test_everybody_there_sees_it(root: str, emulator: Emulator) -> None:
    """
    A status is shown under its thread to all who see the thread, and nowhere else.
    """
    assert statuses(emulator) == [{"thread_ts": root, "text": "is thinking…"}]
    assert emulator.screen(ANA)["statuses"] == []


async def test_message_of_the_app_ends_it(root: str, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    It goes when the app writes in the thread, not when somebody else does or the app writes elsewhere.
    """
    emulator.people.message(BEN, GENERAL, "me too", thread_ts=root)
    await client.chat_postMessage(channel=GENERAL, text="elsewhere")
    assert len(statuses(emulator)) == 1
    await client.chat_postMessage(channel=GENERAL, text="done", thread_ts=root)

    assert statuses(emulator) == []


async def test_empty_status_ends_it(root: str, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A newer status replaces it; an empty one takes it away.
    """
    await client.assistant_threads_setStatus(
        channel_id=GENERAL, thread_ts=root, status="is reading…", loading_messages=["one", "two"]
    )
    assert [each["text"] for each in statuses(emulator)] == ["is reading…"]
    await client.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=root, status="")

    assert statuses(emulator) == []


async def test_two_minutes_end_it(root: str, client: AsyncWebClient, emulator: Emulator, advance: Advance) -> None:
    """
    After two minutes it is gone; one set again meanwhile has its own two minutes.
    """
    advance(100.0)
    await client.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=root, status="is thinking…")
    advance(100.0)
    assert len(statuses(emulator)) == 1
    advance(20.0)

    assert statuses(emulator) == []


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"channel_id": "C0NOSUCH"}, "channel_not_found"),
        ({"thread_ts": "1.0"}, "invalid_thread_ts"),
        ({"thread_ts": ""}, "invalid_arguments"),
        ({"loading_messages": ["x"] * 11}, "invalid_arguments"),
        ({"loading_messages": "x"}, "invalid_arguments"),
    ],
)
async def test_refusals(given: dict[str, Any], error: str, root: str, client: AsyncWebClient) -> None:
    """
    A conversation or thread that is not there is refused with Slack's name for that.
    """
    usual = {"channel_id": GENERAL, "thread_ts": root, "status": "is thinking…"}
    with pytest.raises(SlackApiError) as caught:
        await client.assistant_threads_setStatus(**usual | given)

    assert caught.value.response["error"] == error


@pytest.mark.parametrize(("scopes", "is_allowed"), [(["chat:write"], True), (["assistant:write"], True), ([], False)])
async def test_scopes(
    scopes: list[str], is_allowed: bool, root: str, client: AsyncWebClient, workspace: Workspace
) -> None:
    """
    Either of two scopes does; without both the answer names the one that will stay.
    """
    workspace.state.scopes = scopes
    call = client.assistant_threads_setStatus(channel_id=GENERAL, thread_ts=root, status="is thinking…")
    if is_allowed:
        await call
        return
    with pytest.raises(SlackApiError) as caught:
        await call

    assert (caught.value.response["error"], caught.value.response["needed"]) == ("missing_scope", "chat:write")
