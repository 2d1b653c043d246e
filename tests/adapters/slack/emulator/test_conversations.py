"""
The methods `conversations.*`, called by the real client.
"""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator
from tests.adapters.slack.emulator.conftest import ANA, BEN, BOT, DEPLOYS, DM_ANA, GENERAL, OLGA, QUIET, SECRET

METADATA = {"event_type": "ask", "event_payload": {"request": "r1"}}


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refusal:
        await call
    return str(refusal.value.response["error"])


def texts(answer: Any) -> list[str]:
    return [message["text"] for message in answer["messages"]]


async def test_open_gives_the_im(client: AsyncWebClient) -> None:
    """
    conversations.open gives the id of the IM with a person, and says when it was open already.
    """
    first = await client.conversations_open(users=ANA)
    second = await client.conversations_open(users=[ANA], return_im=True)

    assert first["channel"] == {"id": DM_ANA}
    assert "already_open" not in first.data
    assert second["already_open"]
    assert (second["channel"]["user"], second["channel"]["is_im"]) == (ANA, True)
    assert (await client.conversations_open(channel=DM_ANA))["channel"]["id"] == DM_ANA


async def test_open_refusals(client: AsyncWebClient) -> None:
    """
    Nobody, an unknown person and a channel cannot be opened.
    """
    assert await error_of(client.api_call("conversations.open")) == "users_list_not_supplied"
    assert await error_of(client.conversations_open(users="U0NOBODY0")) == "user_not_found"
    assert await error_of(client.conversations_open(channel=GENERAL)) == "method_not_supported_for_channel_type"
    assert await error_of(client.conversations_open(users=[ANA, BEN])) == "invalid_arguments"


async def test_info(client: AsyncWebClient) -> None:
    """
    A channel says whether the bot is in it; an IM says with whom it is.
    """
    general = (await client.conversations_info(channel=GENERAL, include_num_members=True))["channel"]
    assert (general["name"], general["is_member"], general["num_members"]) == ("general", True, 4)
    assert not (await client.conversations_info(channel=QUIET))["channel"]["is_member"]
    assert (await client.conversations_info(channel=DM_ANA))["channel"]["user"] == ANA
    assert await error_of(client.conversations_info(channel=SECRET)) == "channel_not_found"


async def test_members_page_by_page(client: AsyncWebClient) -> None:
    """
    Members come in pages that a cursor joins.
    """
    first = await client.conversations_members(channel=GENERAL, limit=3)
    cursor = first["response_metadata"]["next_cursor"]
    second = await client.conversations_members(channel=GENERAL, limit=3, cursor=cursor)

    assert [*first["members"], *second["members"]] == [BOT, ANA, BEN, OLGA]
    assert second["response_metadata"]["next_cursor"] == ""


async def test_scope_by_kind_of_conversation(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Reading an IM needs im:history, reading a channel channels:history.
    """
    emulator.workspace.state.scopes.remove("im:history")

    assert await error_of(client.conversations_history(channel=DM_ANA)) == "missing_scope"
    assert (await client.conversations_history(channel=GENERAL))["ok"]


async def test_history_is_newest_first_without_replies(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    The history has roots and broadcast replies, the newest first, and only where the bot is a member.
    """
    root = emulator.people.message(ANA, DEPLOYS, "one")["ts"]
    emulator.people.message(ANA, DEPLOYS, "hidden", thread_ts=root)
    await client.chat_postMessage(channel=DEPLOYS, text="shown", thread_ts=root, reply_broadcast=True)
    emulator.people.message(BEN, DEPLOYS, "two")

    answer = await client.conversations_history(channel=DEPLOYS)

    assert texts(answer) == ["two", "shown", "one"]
    assert (answer["messages"][2]["reply_count"], answer["has_more"]) == (2, False)
    assert await error_of(client.conversations_history(channel=QUIET)) == "not_in_channel"


async def test_history_pages(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    The client's own paging walks through the whole history, each message once.
    """
    for number in range(5):
        emulator.people.message(ANA, "dm", f"m{number}")

    pages = [texts(page) async for page in await client.conversations_history(channel=DM_ANA, limit=2)]

    assert pages == [["m4", "m3"], ["m2", "m1"], ["m0"]]


async def test_range_is_open_unless_inclusive(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    `oldest` and `latest` leave out their own message unless `inclusive` is given.
    """
    first, _, third = (emulator.people.message(ANA, "dm", f"m{number}")["ts"] for number in range(3))

    outside = await client.conversations_history(channel=DM_ANA, oldest=first, latest=third)
    inside = await client.conversations_history(channel=DM_ANA, oldest=first, latest=third, inclusive=True)

    assert texts(outside) == ["m1"]
    assert texts(inside) == ["m2", "m1", "m0"]
    assert texts(await client.conversations_history(channel=DM_ANA, oldest=third, inclusive=True)) == ["m2"]
    assert texts(await client.conversations_history(channel=DM_ANA, latest=first, inclusive=True)) == ["m0"]
    assert await error_of(client.conversations_history(channel=DM_ANA, oldest="yesterday")) == "invalid_ts_oldest"
    assert await error_of(client.conversations_history(channel=DM_ANA, latest="x")) == "invalid_ts_latest"
    assert await error_of(client.conversations_history(channel=DM_ANA, cursor="x")) == "invalid_cursor"
    assert await error_of(client.conversations_history(channel=DM_ANA, cursor="bWVtYmVyOjE=")) == "invalid_cursor"
    assert await error_of(client.conversations_history(channel=DM_ANA, limit=-1)) == "invalid_arguments"
    assert await error_of(client.conversations_history(channel=DM_ANA, limit=0)) == "invalid_arguments"


async def test_metadata_only_when_asked_for(client: AsyncWebClient) -> None:
    """
    Without include_all_metadata a history has only the event_type.
    """
    await client.chat_postMessage(channel=ANA, text="ask", metadata=METADATA)

    plain = await client.conversations_history(channel=DM_ANA)
    full = await client.conversations_history(channel=DM_ANA, include_all_metadata=True)

    assert plain["messages"][0]["metadata"] == {"event_type": "ask"}
    assert full["messages"][0]["metadata"] == METADATA


async def test_replies_begin_with_the_root(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A thread is read by its root's ts or a reply's, root first, replies in order, whatever the range.
    """
    root = emulator.people.message(ANA, GENERAL, "root")["ts"]
    first = emulator.people.message(BEN, GENERAL, "r1", thread_ts=root)["ts"]
    emulator.people.message(ANA, GENERAL, "r2", thread_ts=root)

    assert texts(await client.conversations_replies(channel=GENERAL, ts=root)) == ["root", "r1", "r2"]
    assert texts(await client.conversations_replies(channel=GENERAL, ts=first)) == ["root", "r1", "r2"]
    assert texts(await client.conversations_replies(channel=GENERAL, ts=root, oldest=first)) == ["root", "r2"]
    assert await error_of(client.conversations_replies(channel=GENERAL, ts="1.000001")) == "thread_not_found"


async def test_replies_page(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A long thread comes in pages; metadata is there when asked for.
    """
    root = (await client.chat_postMessage(channel=GENERAL, text="root", metadata=METADATA))["ts"]
    for number in range(3):
        emulator.people.message(BEN, GENERAL, f"r{number}", thread_ts=root)

    listing = await client.conversations_replies(channel=GENERAL, ts=root, limit=2, include_all_metadata=True)
    pages = [page["messages"] async for page in listing]

    assert [[message["text"] for message in page] for page in pages] == [["root", "r0"], ["r1", "r2"]]
    assert pages[0][0]["metadata"] == METADATA
