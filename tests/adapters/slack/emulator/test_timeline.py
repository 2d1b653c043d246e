"""
Which events a message causes, and which it does not.
"""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator, Refused
from tests.adapters.slack.emulator.conftest import ANA, BEN, BOT, BUTTONS, DM_ANA, GENERAL, OLD, QUIET, Connect, Link


async def events(link: Link, emulator: Emulator) -> list[dict[str, Any]]:
    """All events until now, acknowledged."""
    emulator.people.message(BEN, "dm", "that was all")
    found = []
    while (event := await link.event()).get("text") != "that was all":
        found.append(event)
    return found


async def test_direct_message(connect: Connect, emulator: Emulator) -> None:
    """
    A direct message is one `message` event of channel_type im.
    """
    link = await connect()
    ts = emulator.people.message(ANA, "dm", "hello")["ts"]

    [event] = await events(link, emulator)

    assert (event["type"], event["channel_type"], event["channel"]) == ("message", "im", DM_ANA)
    assert (event["user"], event["text"], event["ts"], event["event_ts"]) == (ANA, "hello", ts, ts)
    assert "subtype" not in event


async def test_mention_is_two_events(connect: Connect, emulator: Emulator) -> None:
    """
    A channel message that mentions the bot comes as `message` and as `app_mention`, with different event_ids.
    """
    link = await connect()
    emulator.people.message(ANA, GENERAL, f"<@{BOT}> deploy")
    envelopes = [await link.frame(), await link.frame()]

    first, second = (envelope["payload"] for envelope in envelopes)
    assert (first["event"]["type"], second["event"]["type"]) == ("message", "app_mention")
    assert first["event"]["ts"] == second["event"]["ts"]
    assert first["event_id"] != second["event_id"]
    assert "channel_type" not in second["event"]


async def test_mention_in_an_im_is_one_event(connect: Connect, emulator: Emulator) -> None:
    """
    In the IM with the bot a mention is nothing special.
    """
    link = await connect()
    emulator.people.message(ANA, "dm", f"<@{BOT}> deploy")
    assert [event["type"] for event in await events(link, emulator)] == ["message"]


async def test_channel_without_the_bot_is_silent(connect: Connect, emulator: Emulator) -> None:
    """
    The app hears nothing of a channel that its bot is not in.
    """
    link = await connect()
    ts = emulator.people.message(ANA, QUIET, f"<@{BOT}> psst")["ts"]
    emulator.people.edit(ANA, QUIET, ts, "oh")
    emulator.people.delete(ANA, QUIET, ts)
    assert await events(link, emulator) == []


async def test_thread_reply_names_its_parent(connect: Connect, emulator: Emulator) -> None:
    """
    A reply carries the thread's ts and who began it; the root has no thread_ts.
    """
    link = await connect()
    root = emulator.people.message(ANA, GENERAL, "root")["ts"]
    emulator.people.message(BEN, GENERAL, "reply", thread_ts=root)

    first, second = await events(link, emulator)

    assert "thread_ts" not in first
    assert (second["thread_ts"], second["parent_user_id"]) == (root, ANA)


async def test_own_messages_come_back(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    The app hears its own bot's message, marked with bot_id and app_id, with no more of the metadata than its type.
    """
    link = await connect()
    metadata = {"event_type": "ask", "event_payload": {"x": 1}}
    await client.chat_postMessage(channel=GENERAL, text=f"<@{BOT}>", metadata=metadata)

    [event] = await events(link, emulator)

    assert (event["user"], event["bot_id"], event["app_id"]) == (BOT, "BRINGBACK", "ARINGBACK")
    assert event["metadata"] == {"event_type": "ask"}


async def test_broadcast_reply(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A reply that is shown to the channel has subtype thread_broadcast and carries its root.
    """
    link = await connect()
    root = emulator.people.message(ANA, GENERAL, "root")["ts"]
    await client.chat_postMessage(channel=GENERAL, text="all", thread_ts=root, reply_broadcast=True)

    event = (await events(link, emulator))[-1]

    assert (event["subtype"], event["root"]["text"], event["thread_ts"]) == ("thread_broadcast", "root", root)


async def test_edit_by_a_person(connect: Connect, emulator: Emulator) -> None:
    """
    An edit is `message_changed` with the message before and after, hidden, under a ts of its own.
    """
    link = await connect()
    ts = emulator.people.message(ANA, "dm", "one")["ts"]
    emulator.people.edit(ANA, "dm", ts, "two")

    event = (await events(link, emulator))[-1]

    assert (event["subtype"], event["hidden"]) == ("message_changed", True)
    assert (event["previous_message"]["text"], event["message"]["text"]) == ("one", "two")
    assert event["message"]["ts"] == event["previous_message"]["ts"] == ts != event["ts"]
    assert event["message"]["edited"]["user"] == ANA


async def test_update_by_the_bot(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A chat.update causes `message_changed` too.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    await client.chat_update(channel=DM_ANA, ts=posted["ts"], text="over")

    event = (await events(link, emulator))[-1]

    assert (event["subtype"], event["message"]["bot_id"]) == ("message_changed", "BRINGBACK")
    assert "blocks" in event["previous_message"]
    assert "blocks" not in event["message"]


async def test_deletion(connect: Connect, emulator: Emulator) -> None:
    """
    A deleted message is `message_deleted` with what it was.
    """
    link = await connect()
    ts = emulator.people.message(ANA, "dm", "oops")["ts"]
    emulator.people.delete(ANA, "dm", ts)

    event = (await events(link, emulator))[-1]

    assert (event["subtype"], event["deleted_ts"], event["hidden"]) == ("message_deleted", ts, True)
    assert event["previous_message"]["text"] == "oops"


async def test_deleted_root_leaves_a_tombstone(connect: Connect, emulator: Emulator) -> None:
    """
    The root of a thread is not deleted but changed into a tombstone, which nobody can delete again.
    """
    link = await connect()
    root = emulator.people.message(ANA, GENERAL, "root")["ts"]
    emulator.people.message(BEN, GENERAL, "reply", thread_ts=root)
    emulator.people.delete(ANA, GENERAL, root)

    event = (await events(link, emulator))[-1]

    assert (event["subtype"], event["message"]["subtype"]) == ("message_changed", "tombstone")
    assert event["message"]["reply_count"] == 1
    assert emulator.screen(BEN, GENERAL)["messages"][0]["is_tombstone"]
    with pytest.raises(Refused):
        emulator.people.delete(ANA, GENERAL, root)


async def test_ephemeral_message_causes_no_event(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Nobody is told of an ephemeral message.
    """
    link = await connect()
    await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="psst")
    assert await events(link, emulator) == []


def test_archived_channel_takes_nothing(emulator: Emulator) -> None:
    """
    Nobody writes into an archived channel.
    """
    with pytest.raises(Refused, match="archived"):
        emulator.people.message(ANA, OLD, "hello?")


async def test_previews_come_as_a_change(connect: Connect, emulator: Emulator) -> None:
    """
    Where links get previews, a message with one changes by itself: same text, no mark of an edit. One without does not.
    """
    emulator.workspace.state.unfurls = True
    link = await connect()
    emulator.people.message(ANA, GENERAL, "see https://example.com/a?b=1&c=2")
    emulator.people.message(ANA, GENERAL, "no link")
    written, changed, other = [await link.event() for _ in range(3)]

    assert changed["subtype"] == "message_changed"
    assert changed["message"]["text"] == changed["previous_message"]["text"] == written["text"]
    assert "edited" not in changed["message"]
    assert [each["from_url"] for each in changed["message"]["attachments"]] == ["https://example.com/a?b=1&c=2"]
    assert other["text"] == "no link"
