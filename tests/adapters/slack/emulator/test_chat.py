"""
The methods `chat.*` and `reactions.add`, called by the real client.
"""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator
from tests.adapters.slack.emulator.conftest import (
    ANA,
    BOT,
    BUTTONS,
    DEPLOYS,
    DM_ANA,
    GENERAL,
    OLD,
    OLGA,
    QUIET,
    SECRET,
    Hand,
)

METADATA = {"event_type": "ask", "event_payload": {"request": "r1"}}


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refusal:
        await call
    return str(refusal.value.response["error"])


@pytest.mark.parametrize("named", [ANA, DM_ANA, GENERAL, "general", "#general"])
async def test_post_names_its_conversation(client: AsyncWebClient, named: str) -> None:
    """
    A message goes to a channel or IM by id, to a channel by name, and to the IM with a person by the person's id.
    """
    answer = await client.chat_postMessage(channel=named, text="hi")
    assert answer["channel"] == (GENERAL if "general" in named.lower() else DM_ANA)


async def test_post_answers_with_the_message(client: AsyncWebClient) -> None:
    """
    The answer holds the message as it was kept: from the bot, escaped, with ids filled in and its metadata.
    """
    answer = await client.chat_postMessage(channel=ANA, text="a < b", blocks=BUTTONS, metadata=METADATA)

    message = answer["message"]
    assert (message["user"], message["bot_id"], message["ts"]) == (BOT, "BRINGBACK", answer["ts"])
    assert message["text"] == "a &lt; b"
    assert message["blocks"][1]["block_id"] == "decide"
    assert message["blocks"][0]["block_id"]
    assert message["metadata"] == METADATA


async def test_ts_is_unique_and_rising(client: AsyncWebClient) -> None:
    """
    Messages of one moment have different ts, in order, though the clock stands still.
    """
    stamps = [(await client.chat_postMessage(channel=ANA, text="hi"))["ts"] for _ in range(3)]

    assert stamps == sorted(set(stamps))
    assert stamps[0].startswith("1763812800.")


@pytest.mark.parametrize(
    ("channel", "error"),
    [
        ("C0NOWHERE", "channel_not_found"),
        ("U0NOBODY0", "channel_not_found"),
        (QUIET, "not_in_channel"),
        (SECRET, "channel_not_found"),
        (OLD, "is_archived"),
    ],
)
async def test_post_where_the_bot_cannot(client: AsyncWebClient, channel: str, error: str) -> None:
    """
    What does not exist, and a private channel without the bot, is not found; the bot must be in a public one.
    """
    assert await error_of(client.chat_postMessage(channel=channel, text="hi")) == error


async def test_public_scope_opens_public_channels(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    With chat:write.public the bot need not be in a public channel.
    """
    emulator.workspace.state.scopes.append("chat:write.public")
    assert (await client.chat_postMessage(channel=QUIET, text="hi"))["ok"]


@pytest.mark.parametrize("given", [{}, {"text": ""}, {"text": " \n"}, {"text": "", "blocks": []}])
async def test_post_needs_content(client: AsyncWebClient, given: dict[str, Any]) -> None:
    """
    A message without text, blocks and attachments is `no_text`.
    """
    assert await error_of(client.api_call("chat.postMessage", json={"channel": ANA, **given})) == "no_text"


async def test_post_with_bad_blocks_posts_nothing(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Refused blocks leave no message behind, and the answer points at what is wrong.
    """
    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(
            channel=ANA, text="x", blocks=[{"type": "header", "text": {"type": "plain_text", "text": "x" * 151}}]
        )

    assert refusal.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 151 characters [json-pointer:/blocks/0/text/text]"
    ]
    assert emulator.state()["messages"] == []


async def test_long_text_is_cut_with_a_warning(client: AsyncWebClient) -> None:
    """
    Text over 40,000 characters is truncated, not refused, and the answer warns.
    """
    answer = await client.chat_postMessage(channel=ANA, text="x" * 40_001)

    assert len(answer["message"]["text"]) == 40_000
    assert answer["warning"] == "message_truncated"


async def test_markdown_text(client: AsyncWebClient) -> None:
    """
    markdown_text makes a markdown block, has 12,000 characters, and does not go with text.
    """
    answer = await client.chat_postMessage(channel=ANA, markdown_text="**hi**")
    assert answer["message"]["blocks"] == [{"type": "markdown", "text": "**hi**"}]
    assert await error_of(client.chat_postMessage(channel=ANA, markdown_text="x", text="x")) == "markdown_text_conflict"
    assert await error_of(client.chat_postMessage(channel=ANA, markdown_text="x" * 12_001)) == "msg_too_long"


async def test_attachments(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Attachments are content of their own, a hundred at most, and an update can replace them.
    """
    call = {"channel": ANA, "text": "", "attachments": [{"fallback": "x", "color": "#ff0000"}]}
    posted = await client.api_call("chat.postMessage", json=call)
    assert posted["message"]["attachments"] == call["attachments"]

    await client.api_call("chat.update", json={"channel": DM_ANA, "ts": posted["ts"], "attachments": []})
    assert emulator.screen(ANA)["messages"][0]["attachments"] == []
    for wrong, error in [
        ("{}", "invalid_attachments"),
        ("{", "invalid_attachments"),
        ([{}] * 101, "too_many_attachments"),
    ]:
        refused = client.api_call("chat.postMessage", json={"channel": ANA, "attachments": wrong})
        assert await error_of(refused) == error


@pytest.mark.parametrize("metadata", ["{", '{"event_type":"x"}', '{"event_type":1,"event_payload":{}}', "[1]"])
async def test_malformed_metadata(client: AsyncWebClient, metadata: str) -> None:
    """
    Metadata is an object with event_type and event_payload, or the message is refused.
    """
    call = client.api_call("chat.postMessage", data={"channel": ANA, "text": "x", "metadata": metadata})
    assert await error_of(call) == "invalid_metadata_format"


async def test_replies_stand_under_their_root(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    thread_ts makes a reply; a ts that is no root of a thread is refused.
    """
    root = await client.chat_postMessage(channel=GENERAL, text="root")
    reply = await client.chat_postMessage(channel=GENERAL, text="reply", thread_ts=root["ts"])

    assert reply["message"]["thread_ts"] == root["ts"]
    assert reply["message"]["parent_user_id"] == BOT
    for wrong in (reply["ts"], "1.000001"):
        refused = client.chat_postMessage(channel=GENERAL, text="x", thread_ts=wrong)
        assert await error_of(refused) == "thread_not_found"


async def test_update_replaces_the_blocks(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Text without blocks takes the blocks away and marks the message as edited; blocks replace blocks without the mark.
    """
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)

    await client.chat_update(channel=DM_ANA, ts=posted["ts"], text="done", blocks=[{"type": "divider"}])
    shown = emulator.screen(ANA)["messages"][0]
    assert ([block["type"] for block in shown["blocks"]], shown["is_edited"]) == (["divider"], False)

    answer = await client.chat_update(channel=DM_ANA, ts=posted["ts"], text="over")
    shown = emulator.screen(ANA)["messages"][0]
    assert (shown["text"], shown["blocks"], shown["is_edited"]) == ("over", [], True)
    assert (answer["text"], answer["message"]["edited"]["user"]) == ("over", BOT)


async def test_update_keeps_what_it_does_not_name(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Blocks alone keep the text; metadata stays unless it is given, and an empty object removes it.
    """
    posted = await client.chat_postMessage(channel=ANA, text="ask", metadata=METADATA)

    change = {"channel": DM_ANA, "ts": posted["ts"], "blocks": [{"type": "divider"}]}
    await client.api_call("chat.update", json=change)
    message = emulator.workspace.message(DM_ANA, posted["ts"])
    assert message is not None
    assert (message.text, message.metadata) == ("ask", METADATA)

    await client.chat_update(channel=DM_ANA, ts=posted["ts"], text="x", metadata={})
    assert message.metadata is None
    assert [edit.text for edit in message.edits] == ["ask", "ask"]


async def test_update_refusals(client: AsyncWebClient, emulator: Emulator, clock: Hand) -> None:
    """
    Only the bot's own standing message can be updated, with content, not too long, and not after the edit window.
    """
    own = (await client.chat_postMessage(channel=GENERAL, text="x"))["ts"]
    theirs = emulator.people.message(ANA, GENERAL, "mine")["ts"]

    assert await error_of(client.chat_update(channel=GENERAL, ts=theirs, text="x")) == "cant_update_message"
    assert await error_of(client.chat_update(channel=GENERAL, ts="1.000001", text="x")) == "message_not_found"
    assert await error_of(client.chat_update(channel=DEPLOYS, ts=own, text="x")) == "message_not_found"
    assert await error_of(client.chat_update(channel=ANA, ts=own, text="x")) == "channel_not_found"
    assert await error_of(client.api_call("chat.update", json={"channel": GENERAL, "ts": own})) == "no_text"
    assert await error_of(client.chat_update(channel=GENERAL, ts=own, text="x" * 4001)) == "msg_too_long"
    emulator.workspace.state.edit_window = 60.0
    clock.now += 61
    assert await error_of(client.chat_update(channel=GENERAL, ts=own, text="x")) == "edit_window_closed"


async def test_delete_takes_a_message_away(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A deleted message is gone for everybody and cannot be deleted or updated again; others' cannot be deleted at all.
    """
    own = (await client.chat_postMessage(channel=GENERAL, text="x"))["ts"]
    theirs = emulator.people.message(ANA, GENERAL, "mine")["ts"]

    await client.chat_delete(channel=GENERAL, ts=own)

    assert [each["ts"] for each in emulator.screen(ANA, GENERAL)["messages"]] == [theirs]
    assert await error_of(client.chat_delete(channel=GENERAL, ts=own)) == "message_not_found"
    assert await error_of(client.chat_update(channel=GENERAL, ts=own, text="x")) == "message_not_found"
    assert await error_of(client.chat_delete(channel=GENERAL, ts=theirs)) == "cant_delete_message"


async def test_ephemeral_is_for_one_person(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    An ephemeral message is seen by its addressee alone, is in no history, and cannot be updated.
    """
    answer = await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="psst")

    assert [each["is_ephemeral"] for each in emulator.screen(ANA, GENERAL)["messages"]] == [True]
    assert emulator.screen("U00000BEN", GENERAL)["messages"] == []
    assert (await client.conversations_history(channel=GENERAL))["messages"] == []
    update = client.chat_update(channel=GENERAL, ts=answer["message_ts"], text="x")
    assert await error_of(update) == "message_not_found"


async def test_ephemeral_needs_somebody_there(client: AsyncWebClient) -> None:
    """
    Who is not in the conversation gets no ephemeral message there.
    """
    assert await error_of(client.chat_postEphemeral(channel=DEPLOYS, user=OLGA, text="x")) == "user_not_in_channel"
    assert await error_of(client.chat_postEphemeral(channel=QUIET, user=ANA, text="x")) == "not_in_channel"


async def test_permalink(client: AsyncWebClient) -> None:
    """
    A permalink names the channel and the ts without its point, and for a reply the thread too.
    """
    root = (await client.chat_postMessage(channel=GENERAL, text="x"))["ts"]
    reply = (await client.chat_postMessage(channel=GENERAL, text="x", thread_ts=root))["ts"]

    link = (await client.chat_getPermalink(channel=GENERAL, message_ts=reply))["permalink"]

    assert link.endswith(f"/archives/{GENERAL}/p{reply.replace('.', '')}?thread_ts={root}&cid={GENERAL}")
    assert await error_of(client.chat_getPermalink(channel=GENERAL, message_ts="1.1")) == "message_not_found"


async def test_reactions(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    The bot adds a reaction once, under a message that is there.
    """
    ts = emulator.people.message(ANA, "dm", "hi")["ts"]

    await client.reactions_add(channel=DM_ANA, timestamp=ts, name="eyes")

    assert emulator.screen(ANA)["messages"][0]["reactions"] == [{"name": "eyes", "users": [BOT]}]
    assert await error_of(client.reactions_add(channel=DM_ANA, timestamp=ts, name="eyes")) == "already_reacted"
    assert await error_of(client.reactions_add(channel=DM_ANA, timestamp="1.1", name="x")) == "message_not_found"


async def test_update_in_an_archived_channel(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    What stands in a channel that has been archived since cannot be changed.
    """
    ts = (await client.chat_postMessage(channel=GENERAL, text="x"))["ts"]
    emulator.workspace.state.channels[GENERAL].is_archived = True

    assert await error_of(client.chat_update(channel=GENERAL, ts=ts, text="y")) == "is_inactive"
