"""
The shapes of what we send, against Slack's own samples.

Fields that a sample has and we do not are named here with the reason; fields that we have must stand in some sample.
"""

from __future__ import annotations

import asyncio
import json
import pathlib
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator, Workspace, state
from tests.adapters.slack.emulator.conftest import (
    ANA,
    BEN,
    BOT,
    BUTTONS,
    DEPLOYS,
    DM_ANA,
    FORM,
    GENERAL,
    SECRET,
    Connect,
    Link,
)

ENTERPRISE = {"enterprise_id"}  # samples of apps installed in an Enterprise organisation
LEGACY = {"authed_users", "authed_teams"}  # before `authorizations`, 2021


def load(samples: pathlib.Path, name: str) -> Any:
    return json.loads((samples / name).read_text())


def keys_beyond(ours: dict[str, Any], *theirs: dict[str, Any]) -> set[str]:
    """What we have and no sample has."""
    return set(ours) - {key for sample in theirs for key in sample}


async def next_of(link: Link, kind: str) -> dict[str, Any]:
    """The next envelope of that type; those before it are acknowledged."""
    while True:
        envelope = await link.frame()
        await link.ack(envelope)
        if envelope["type"] == kind:
            return envelope


async def test_frames(
    samples: pathlib.Path, connect: Connect, client: AsyncWebClient, workspace: Workspace, emulator: Emulator, http: Any
) -> None:
    """
    hello, disconnect and the envelopes have the keys of the frames in the Socket Mode samples.
    """
    links = [await connect() for _ in range(9)]
    answer = await client.apps_connections_open(app_token=workspace.state.tokens.app)
    async with http.ws_connect(answer["url"]) as socket:
        hello = await Link(socket).frame()
        sample = load(samples, "socket-mode/hello.json")
        assert set(hello) == set(sample)
        assert set(hello["debug_info"]) == set(sample["debug_info"])
        answer = await client.apps_connections_open(app_token=workspace.state.tokens.app)
        async with http.ws_connect(answer["url"]) as one_too_many:
            assert set(await Link(one_too_many).frame()) == set(load(samples, "socket-mode/disconnect.json"))
    for link in links[1:]:
        await link.socket.close()
    emulator.people.message(ANA, "dm", "hi")
    assert set(await links[0].frame()) == set(load(samples, "socket-mode/events_api_message.json"))


async def test_event_wrapper(samples: pathlib.Path, connect: Connect, emulator: Emulator) -> None:
    """
    The wrapper of an event has what the samples' wrappers have.
    """
    link = await connect()
    emulator.people.message(ANA, GENERAL, f"<@{BOT}>")
    ours = [(await next_of(link, "events_api"))["payload"] for _ in range(2)]

    for payload, name in zip(ours, ("message", "app_mention"), strict=True):
        sample = load(samples, f"socket-mode/events_api_{name}.json")["payload"]
        assert set(payload) == set(sample)
        assert set(payload["authorizations"][0]) == set(sample["authorizations"][0])
        assert set(payload["event"]) - set(sample["event"]) <= {"blocks"}
        assert set(sample["event"]) <= set(payload["event"])
    java = load(samples, "java-slack-sdk/events/MessagePayload.json")
    assert set(java) - set(ours[0]) == ENTERPRISE | LEGACY


async def test_message_events(
    samples: pathlib.Path, connect: Connect, client: AsyncWebClient, emulator: Emulator
) -> None:
    """
    Messages of people and of the bot, in threads too, have no key that Slack's have not, and those that matter.
    """
    link = await connect()
    root = emulator.people.message(ANA, GENERAL, "root")["ts"]
    emulator.people.message(BEN, GENERAL, "reply", thread_ts=root)
    await client.chat_postMessage(channel=GENERAL, text="bot", thread_ts=root, reply_broadcast=True, blocks=BUTTONS)
    person, reply, bot = [(await next_of(link, "events_api"))["payload"]["event"] for _ in range(3)]

    java = load(samples, "java-slack-sdk/events/MessagePayload.json")["event"]
    captured = load(samples, "bolt-python/message__message_body.json")["event"]
    assert set(person) == set(captured)
    assert keys_beyond(reply, java) == set()
    broadcast = load(samples, "bolt-python/message_thread_broadcast__event_payload.json")["event"]
    assert set(broadcast) - set(bot) == {"client_msg_id"}
    assert keys_beyond(bot, java, broadcast) == {"app_id"}  # in every captured message of an app, in no sample here
    from_bot = load(samples, "bolt-python/message_bot__bot_message_event_payload.json")["event"]
    assert set(from_bot) <= set(bot)
    assert set(from_bot["bot_profile"]) == set(bot["bot_profile"])


async def test_changes_and_deletions(samples: pathlib.Path, connect: Connect, emulator: Emulator) -> None:
    """
    `message_changed` and `message_deleted` have the keys of the samples.
    """
    link = await connect()
    ts = emulator.people.message(ANA, GENERAL, "one")["ts"]
    emulator.people.edit(ANA, GENERAL, ts, "two")
    emulator.people.delete(ANA, GENERAL, ts)
    _, changed, deleted = [(await next_of(link, "events_api"))["payload"]["event"] for _ in range(3)]

    sample = load(samples, "bolt-python/message_changed__event_payload.json")["event"]
    assert set(changed) == set(sample)
    assert set(sample["message"]) <= set(changed["message"])
    sample = load(samples, "bolt-python/message_deleted__event_payload.json")["event"]
    assert set(deleted) == set(sample)
    assert set(sample["previous_message"]) <= set(deleted["previous_message"])
    java = load(samples, "java-slack-sdk/events/MessageChangedPayload.json")["event"]["message"]
    assert keys_beyond(changed["message"], java) == set()


async def test_block_actions(
    samples: pathlib.Path, connect: Connect, client: AsyncWebClient, emulator: Emulator
) -> None:
    """
    A click has the keys of the captured ones, on an ephemeral message without `message`.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=GENERAL, text="ask", blocks=BUTTONS)
    whispered = await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, GENERAL, posted["ts"], "yes")
    click = await next_of(link, "interactive")
    emulator.people.click(ANA, GENERAL, whispered["message_ts"], "yes")
    private = (await next_of(link, "interactive"))["payload"]

    captured = load(samples, "bolt-python/request__payload.json")
    assert set(private) == set(captured)
    assert set(private["container"]) == set(captured["container"])
    assert set(private["actions"][0]) == set(captured["actions"][0])
    payload = click["payload"]
    assert set(payload) - set(captured) == {"message"}
    java = load(samples, "java-slack-sdk/app-backend/interactive-components/BlockActionPayload.json")
    assert keys_beyond(payload["message"], java["message"]) == set()
    sample = load(samples, "socket-mode/interactive_block_actions.json")
    assert set(click) == set(sample)
    assert click["accepts_response_payload"] == sample["accepts_response_payload"]
    assert set(payload["user"]) == set(sample["payload"]["user"])
    assert set(payload["team"]) == set(sample["payload"]["team"])


async def test_click_in_an_im(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    In an IM the channel of a click is called "directmessage".
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    assert (await next_of(link, "interactive"))["payload"]["channel"] == {"id": DM_ANA, "name": "directmessage"}


async def test_views(samples: pathlib.Path, connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    views.open, a click in a view, a submission and a closing have the keys of the samples.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=GENERAL, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, GENERAL, posted["ts"], "yes")
    trigger_id = (await next_of(link, "interactive"))["payload"]["trigger_id"]
    view = {**FORM, "notify_on_close": True, "blocks": [*FORM["blocks"], BUTTONS[1]]}
    opened = (await client.views_open(trigger_id=trigger_id, view=view))["view"]
    emulator.people.click_in_view(ANA, opened["id"], "no")
    clicked = (await next_of(link, "interactive"))["payload"]
    submitting = emulator.people.submit(ANA, opened["id"], {"why": {"text": "x"}})
    submission = (await answered(submitting, link, {"response_action": "update", "view": view}))["payload"]
    emulator.people.close(ANA, opened["id"])
    closing = (await next_of(link, "interactive"))["payload"]

    sample = load(samples, "bolt-python/view_submission__body.json")
    assert keys_beyond(opened, sample["view"]) == set()
    assert set(sample["view"]) == set(submission["view"])
    assert set(submission) - set(sample) == {"enterprise", "is_enterprise_install"}
    assert submission["view"]["state"]["values"]["why"]["text"] == {"type": "plain_text_input", "value": "x"}
    sample = load(samples, "bolt-python/view_closed__body.json")
    assert set(sample["view"]) == set(closing["view"])
    java = load(samples, "java-slack-sdk/app-backend/views/ViewClosedPayload.json")
    assert keys_beyond(closing, sample, java) == set()
    sample = load(samples, "socket-mode/interactive_block_actions.json")["payload"]
    assert set(clicked) == set(sample)
    assert set(clicked["container"]) == set(sample["container"])


async def answered(submitting: Any, link: Link, payload: dict[str, Any]) -> dict[str, Any]:
    """Answer a submission under way."""
    task = asyncio.create_task(submitting)
    while (envelope := await link.frame())["type"] != "interactive":
        await link.ack(envelope)
    await link.ack(envelope, payload)
    await task
    return envelope


async def test_commands(samples: pathlib.Path, connect: Connect, emulator: Emulator) -> None:
    """
    A slash command has the keys of the sample.
    """
    link = await connect()
    emulator.people.command(ANA, GENERAL, "/ringback", "y")
    ours = await link.frame()

    sample = load(samples, "socket-mode/slash_commands_hello-socket-mode.json")
    assert set(ours) == set(sample)
    assert set(ours["payload"]) - set(sample["payload"]) == {"is_enterprise_install"}
    assert set(sample["payload"]) <= set(ours["payload"])


async def test_enterprise(samples: pathlib.Path, connect: Connect, emulator: Emulator, workspace: Workspace) -> None:
    """
    In an organisation commands, interactions and events name it.
    """
    workspace.state.enterprise = state.Enterprise(id="E0ACME", name="Acme")
    link = await connect()
    emulator.people.command(ANA, GENERAL, "/ringback", "y")
    emulator.people.message(ANA, GENERAL, "x")
    command = (await next_of(link, "slash_commands"))["payload"]
    event = (await next_of(link, "events_api"))["payload"]

    folder = samples / "java-slack-sdk/app-backend/slash-commands"
    assert set(command) == set(json.loads(next(folder.iterdir()).read_text()))
    assert (command["enterprise_id"], command["enterprise_name"]) == ("E0ACME", "Acme")
    assert (event["enterprise_id"], event["authorizations"][0]["enterprise_id"]) == ("E0ACME", "E0ACME")


async def test_org_wide_installation(
    samples: pathlib.Path, connect: Connect, client: AsyncWebClient, emulator: Emulator, workspace: Workspace
) -> None:
    """
    Installed in a whole organisation, the app is addressed as such; the workspace stands beside it.
    """
    workspace.state.enterprise = state.Enterprise(id="E0ACME", name="Acme", has_app=True)
    link = await connect()
    emulator.people.command(ANA, GENERAL, "/ringback")
    command = (await next_of(link, "slash_commands"))["payload"]
    emulator.people.message(ANA, GENERAL, "x")
    event = (await next_of(link, "events_api"))["payload"]
    ts = (await client.chat_postMessage(channel=GENERAL, text="x", blocks=BUTTONS))["ts"]
    emulator.people.click(ANA, GENERAL, ts, "yes")
    click = (await next_of(link, "interactive"))["payload"]

    sample = load(samples, "bolt-python/events_org_apps__event_payload_2.json")
    assert (event["team_id"], event["enterprise_id"]) == (workspace.state.team_id, "E0ACME")
    assert set(event["authorizations"][0]) == set(sample["authorizations"][0])
    for ours, theirs in ((event["authorizations"][0], sample["authorizations"][0]), (click, {"team_id": None})):
        assert ours["is_enterprise_install"] is True
        assert ours.get("team_id") is theirs["team_id"]
    sample = load(samples, "bolt-python/request__payload.json")
    assert set(click["enterprise"]) == set(sample["enterprise"])
    assert click["team"] is sample["team"] is None
    assert command["is_enterprise_install"] == "true"
    assert (await client.auth_test())["is_enterprise_install"] is True


async def test_bots_of_other_apps(
    samples: pathlib.Path, connect: Connect, client: AsyncWebClient, emulator: Emulator, workspace: Workspace
) -> None:
    """
    Another app's bot writes, and mentions us, with the fields of a bot's message.
    """
    workspace.state.people[BEN].bot_id = "B00000BEN"
    link = await connect()
    emulator.people.message(BEN, GENERAL, f"<@{BOT}> beep")
    message, mention = [(await next_of(link, "events_api"))["payload"]["event"] for _ in range(2)]

    sample = load(samples, "bolt-python/message_bot__bot_message_event_payload.json")["event"]
    assert set(sample) <= set(message)
    assert set(message) - set(sample) == {"app_id", "blocks"}
    assert (message["user"], message["bot_id"], message["app_id"]) == (BEN, "B00000BEN", "A00000BEN")
    assert set(sample["bot_profile"]) == set(message["bot_profile"])
    assert (mention["type"], mention["bot_id"]) == ("app_mention", "B00000BEN")
    assert (await client.users_info(user=BEN))["user"]["is_bot"] is True
    assert emulator.screen(ANA, GENERAL)["messages"][0]["author"]["is_bot"] is True


@pytest.mark.parametrize(("channel", "name"), [(GENERAL, "general"), (SECRET, "privategroup"), ("dm", "directmessage")])
async def test_channel_names_of_commands(channel: str, name: str, connect: Connect, emulator: Emulator) -> None:
    """
    A private channel and a DM have no name in a command.
    """
    link = await connect()
    emulator.people.command(ANA, channel, "/ringback")

    assert (await link.frame())["payload"]["channel_name"] == name


async def test_slack_connect(
    samples: pathlib.Path, connect: Connect, client: AsyncWebClient, emulator: Emulator, workspace: Workspace
) -> None:
    """
    A person of another workspace brings their team along, in events and in clicks; ours stands in `authorizations`.
    """
    workspace.state.people[ANA].team_id = "T0PARTNER"
    link = await connect()
    emulator.people.message(ANA, GENERAL, f"<@{BOT}> hi")
    message, mention = [(await next_of(link, "events_api"))["payload"] for _ in range(2)]
    for payload in (message, mention):
        assert payload["is_ext_shared_channel"] is True
        assert (payload["team_id"], payload["context_team_id"]) == ("T0PARTNER", workspace.state.team_id)
        assert payload["authorizations"][0]["team_id"] == workspace.state.team_id
        assert {payload["event"][key] for key in ("team", "user_team", "source_team")} == {"T0PARTNER"}
    sample = load(samples, "java-slack-sdk/events/AppMentionPayload.json")["event"]
    assert keys_beyond(mention["event"], sample) == {"blocks"} - set(sample)

    ts = (await client.chat_postMessage(channel=GENERAL, text="x", blocks=BUTTONS))["ts"]
    emulator.people.click(ANA, GENERAL, ts, "yes")
    click = (await next_of(link, "interactive"))["payload"]
    assert (click["user"]["team_id"], click["team"]["id"]) == ("T0PARTNER", "T0PARTNER")
    emulator.people.message(BEN, DEPLOYS, "ours")
    shown = [(await next_of(link, "events_api"))["payload"] for _ in range(1)][-1]
    assert shown["is_ext_shared_channel"] is True
    assert "user_team" not in shown["event"]


async def test_answers_of_methods(samples: pathlib.Path, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    No answer of a method has a key that Slack's answers have not.
    """
    posted = await client.chat_postMessage(channel=GENERAL, text="x", blocks=BUTTONS)
    ts = posted["ts"]
    answers: dict[str, Any] = {
        "chat.postMessage": posted,
        "chat.update": await client.chat_update(channel=GENERAL, ts=ts, text="y"),
        "chat.postEphemeral": await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="x"),
        "chat.getPermalink": await client.chat_getPermalink(channel=GENERAL, message_ts=ts),
        "conversations.open": await client.conversations_open(users=ANA, return_im=True),
        "conversations.info": await client.conversations_info(channel=GENERAL),
        "conversations.members": await client.conversations_members(channel=GENERAL),
        "auth.test": await client.auth_test(),
        "team.info": await client.team_info(),
        "bots.info": await client.bots_info(bot="BRINGBACK"),
        "users.info": await client.users_info(user=ANA),
        "users.lookupByEmail": await client.users_lookupByEmail(email="ana@example.com"),
        "reactions.add": await client.reactions_add(channel=GENERAL, timestamp=ts, name="eyes"),
        "chat.delete": await client.chat_delete(channel=GENERAL, ts=ts),
    }
    for method, answer in answers.items():
        sample = load(samples, f"java-slack-sdk/api/{method}.json")
        for part in (None, "channel", "team", "bot", "user"):
            ours = answer.data if part is None else answer.data.get(part)
            theirs = sample if part is None else sample.get(part)
            if isinstance(ours, dict) and isinstance(theirs, dict):
                assert keys_beyond(ours, theirs) == set(), (method, part)
    message = load(samples, "java-slack-sdk/api/chat.postMessage.json")["message"]
    assert keys_beyond(posted["message"], message) == set()
