"""
What Slack puts on the wire: messages, event wrappers, interaction payloads, views.

Written from the payload samples in `vendor/slack` (see `tests/adapters/slack/emulator/test_payloads.py`, which compares
the key sets) and from https://docs.slack.dev/reference/events and …/reference/interaction-payloads.
"""

from __future__ import annotations

import base64
import json
import urllib.parse

from adapters.slack.emulator import answers, state
from adapters.slack.emulator.workspace import Workspace

ICONS = {
    "image_36": "https://a.slack-edge.com/80588/img/plugins/app/bot_36.png",
    "image_48": "https://a.slack-edge.com/80588/img/plugins/app/bot_48.png",
    "image_72": "https://a.slack-edge.com/80588/img/plugins/app/service_72.png",
}


def message(workspace: Workspace, shown: state.Message, *, all_metadata: bool = True) -> state.Json:
    """
    A message as the Web API returns it.

    Args:
        all_metadata: Without it only the `event_type` of the metadata is there, as in events and in a history that
            was asked for without `include_all_metadata`.
    """
    if shown.tombstone:
        body: state.Json = {"type": "message", "subtype": "tombstone", "text": shown.text, "user": "USLACKBOT"}
        body |= {"hidden": True, "ts": shown.ts}
    elif (bot := workspace.bot(shown.user)) is not None:
        body = {"user": shown.user, "type": "message", "ts": shown.ts, "bot_id": bot.bot_id}
        body |= {"app_id": bot.app_id, "text": shown.text, "team": workspace.team_of(shown.user)}
        body["bot_profile"] = _bot_profile(workspace, bot)
    else:
        body = {"client_msg_id": shown.client_msg_id, "type": "message", "text": shown.text, "user": shown.user}
        body |= {"ts": shown.ts, "team": workspace.team_of(shown.user)}
    if shown.blocks:
        body["blocks"] = shown.blocks
    if shown.attachments:
        body["attachments"] = shown.attachments
    if shown.files:
        body |= {"files": [file(workspace, workspace.state.files[each]) for each in shown.files], "upload": False}
        body["display_as_bot"] = False
    if shown.edited is not None:
        body["edited"] = shown.edited.model_dump()
    if shown.metadata is not None:
        body["metadata"] = shown.metadata if all_metadata else {"event_type": shown.metadata["event_type"]}
    if shown.reactions:
        body["reactions"] = [
            {"name": each.name, "users": each.users, "count": len(each.users)} for each in shown.reactions
        ]
    return body | _thread(workspace, shown)


def message_event(workspace: Workspace, shown: state.Message) -> state.Json:
    """The `message` event of a new message."""
    event = message(workspace, shown, all_metadata=False)
    event |= _address(workspace, shown.channel, shown.ts)
    if workspace.team_of(shown.user) != workspace.state.team_id:
        event |= dict.fromkeys(("user_team", "source_team"), workspace.team_of(shown.user))
    if shown.files:
        event["subtype"] = "file_share"
    root = workspace.message(shown.channel, shown.thread_ts) if shown.broadcast and shown.thread_ts else None
    if root is not None:
        event |= {"subtype": "thread_broadcast", "root": message(workspace, root, all_metadata=False)}
    return event


def mention_event(workspace: Workspace, shown: state.Message) -> state.Json:
    """The `app_mention` event, which comes beside the `message` event; it has no `channel_type`."""
    event = message_event(workspace, shown) | {"type": "app_mention"}
    del event["channel_type"]
    event.pop("subtype", None)
    event.pop("root", None)
    return event


def changed_event(workspace: Workspace, after: state.Json, before: state.Json, channel: str, ts: str) -> state.Json:
    """`message_changed`: after an edit by a person, and after each `chat.update` by an app."""
    event = {"type": "message", "subtype": "message_changed", "message": after, "previous_message": before}
    return {**event, "hidden": True, "ts": ts, **_address(workspace, channel, ts)}


def deleted_event(workspace: Workspace, before: state.Json, channel: str, ts: str) -> state.Json:
    """`message_deleted`."""
    event = {"type": "message", "subtype": "message_deleted", "previous_message": before, "hidden": True}
    return {**event, "deleted_ts": before["ts"], "ts": ts, **_address(workspace, channel, ts)}


def wrapper(workspace: Workspace, event: state.Json, *, event_id: str, now: float) -> state.Json:
    """
    What stands around every event: https://docs.slack.dev/apis/events-api#callback-field.

    In a channel shared with another workspace `team_id` is where the event comes from, and who hears of it stands in
    `authorizations` (sample `bolt-python/events_shared_channels__event_body.json`).
    """
    known = workspace.state
    context = {"et": event["type"], "tid": known.team_id, "aid": known.bot.app_id, "cid": event["channel"]}
    place = workspace.place(event["channel"])
    everywhere = workspace.is_org_install
    is_shared = place is not None and workspace.is_shared(place)
    body: state.Json = {
        "token": known.tokens.verification,
        "team_id": event.get("source_team", known.team_id),
        "api_app_id": known.bot.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(now),
        "authorizations": [
            {
                "enterprise_id": known.enterprise.id if known.enterprise is not None else None,
                "team_id": None if everywhere else known.team_id,
                "user_id": known.bot.user_id,
                "is_bot": True,
                "is_enterprise_install": everywhere,
            }
        ],
        "is_ext_shared_channel": is_shared,
        "event_context": "4-" + base64.b64encode(json.dumps(context).encode()).decode().rstrip("="),
    }
    if known.enterprise is not None:
        body["enterprise_id"] = known.enterprise.id
    if is_shared:
        body |= {"context_team_id": known.team_id, "context_enterprise_id": body.get("enterprise_id")}
    return body


def rate_limited(workspace: Workspace, now: float) -> state.Json:
    """What comes instead of the events of a minute: https://docs.slack.dev/reference/events/app_rate_limited."""
    known = workspace.state
    return {
        "token": known.tokens.verification,
        "type": "app_rate_limited",
        "team_id": known.team_id,
        "minute_rate_limited": int(now) // 60 * 60,
        "api_app_id": known.bot.app_id,
    }


def interaction(workspace: Workspace, kind: str, person: state.Person) -> state.Json:
    """What the payloads of all interactions have in common. `team` is that of the person, null in an organisation."""
    known = workspace.state
    team_id = workspace.team_of(person.id)
    domain = known.team_domain if team_id == known.team_id else team_id.lower()
    return {
        "type": kind,
        "user": {"id": person.id, "username": person.name, "name": person.name, "team_id": team_id},
        "api_app_id": known.bot.app_id,
        "token": known.tokens.verification,
        "team": None if workspace.is_org_install else {"id": team_id, "domain": domain},
        "enterprise": known.enterprise.model_dump(include={"id", "name"}) if known.enterprise is not None else None,
        "is_enterprise_install": workspace.is_org_install,
    }


def command(workspace: Workspace, person: state.Person, channel: str, typed: str, text: str) -> state.Json:
    """A slash command, but for the two ways back: https://docs.slack.dev/interactivity/implementing-slash-commands."""
    known = workspace.state
    body: state.Json = {"token": known.tokens.verification, "team_id": known.team_id, "team_domain": known.team_domain}
    if known.enterprise is not None:
        body |= {"enterprise_id": known.enterprise.id, "enterprise_name": known.enterprise.name}
    return {
        **body,
        "channel_id": channel,
        "channel_name": _channel_name(workspace, channel),
        "user_id": person.id,
        "user_name": person.name,
        "command": typed,
        "text": text,
        "api_app_id": known.bot.app_id,
        "is_enterprise_install": str(workspace.is_org_install).lower(),
    }


def message_source(workspace: Workspace, shown: state.Message, person_id: str) -> state.Json:
    """
    Where a `block_actions` from a message came from.

    The payload of an ephemeral message has no `message`: Slack does not keep one.
    """
    container: state.Json = {"type": "message", "message_ts": shown.ts, "channel_id": shown.channel}
    container["is_ephemeral"] = shown.visible_to is not None
    if shown.thread_ts is not None:
        container["thread_ts"] = shown.thread_ts
    source: state.Json = {
        "container": container,
        "channel": {"id": shown.channel, "name": _channel_name(workspace, shown.channel)},
        "state": {"values": answers.values(shown.blocks, shown.selections.get(person_id, {}))},
    }
    if shown.visible_to is None:
        source["message"] = message(workspace, shown)
    return source


def view(workspace: Workspace, shown: state.View) -> state.Json:
    """A view, as `views.open` returns it and as submissions carry it."""
    known = workspace.state
    given = shown.definition
    return {
        "id": shown.id,
        "team_id": known.team_id,
        "type": "modal",
        "blocks": given["blocks"],
        "private_metadata": given.get("private_metadata", ""),
        "callback_id": given.get("callback_id", ""),
        "state": {"values": answers.values(given["blocks"], shown.values)},
        "hash": shown.hash,
        "title": given["title"],
        "clear_on_close": given.get("clear_on_close", False),
        "notify_on_close": given.get("notify_on_close", False),
        "close": given.get("close"),
        "submit": given.get("submit"),
        "previous_view_id": shown.previous_id,
        "root_view_id": shown.root_id,
        "app_id": known.bot.app_id,
        "external_id": given.get("external_id", ""),
        "app_installed_team_id": known.team_id,
        "bot_id": known.bot.bot_id,
    }


def file(workspace: Workspace, shown: state.File) -> state.Json:
    """A file, as messages carry it. There are no thumbnails."""
    known = workspace.state
    address = f"{workspace.base_url}/files-pri/{known.team_id}-{shown.id}"
    public = any(isinstance(place, state.Channel) and not place.is_private for place in shared_in(workspace, shown))
    return {
        "id": shown.id,
        "created": shown.created,
        "timestamp": shown.created,
        "name": shown.name,
        "title": shown.title,
        "mimetype": shown.mimetype,
        "filetype": shown.filetype,
        "pretty_type": shown.filetype.upper(),
        "user": shown.user,
        "user_team": known.team_id,
        "editable": False,
        "size": shown.size,
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": public,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{address}/{urllib.parse.quote(shown.name)}",
        "url_private_download": f"{address}/download/{urllib.parse.quote(shown.name)}",
        "media_display_type": "unknown",
        "permalink": f"https://{known.team_domain}.slack.com/files/{shown.user}/{shown.id}/",
        "has_rich_preview": False,
        "file_access": "visible",
    }


def shared_in(workspace: Workspace, shown: state.File) -> list[state.Place]:
    """The conversations in which a file stands."""
    found = [workspace.place(place) for place, _ in _shares(workspace, shown)]
    return [place for place in found if place is not None]


def shares(workspace: Workspace, shown: state.File) -> state.Json:
    """Where a file stands, as `files.info` tells it: public channels apart from the rest."""
    found: state.Json = {}
    for place_id, message in _shares(workspace, shown):
        place = workspace.place(place_id)
        kind = "public" if isinstance(place, state.Channel) and not place.is_private else "private"
        share = {"ts": message.ts, "share_user_id": message.user, "team_id": workspace.state.team_id}
        if message.thread_ts is not None:
            share["thread_ts"] = message.thread_ts
        found.setdefault(kind, {}).setdefault(place_id, []).append(share)
    return found


def _shares(workspace: Workspace, shown: state.File) -> list[tuple[str, state.Message]]:
    return [
        (place, message)
        for place in workspace.state.messages
        for message in workspace.messages(place)
        if shown.id in message.files
    ]


def _bot_profile(workspace: Workspace, bot: state.Bot) -> state.Json:
    profile = {"id": bot.bot_id, "deleted": False, "name": bot.name, "updated": 0, "app_id": bot.app_id}
    return {**profile, "icons": ICONS, "team_id": workspace.team_of(bot.user_id)}


def _thread(workspace: Workspace, shown: state.Message) -> state.Json:
    if shown.visible_to is not None:
        return {"thread_ts": shown.thread_ts} if shown.thread_ts is not None else {}
    if shown.thread_ts is not None:
        root = workspace.state.messages[shown.channel].get(shown.thread_ts)
        return {"thread_ts": shown.thread_ts} | ({"parent_user_id": root.user} if root is not None else {})
    replies = workspace.replies(shown)
    if not replies:
        return {}
    authors = list(dict.fromkeys(reply.user for reply in replies))
    summary = {"thread_ts": shown.ts, "reply_count": len(replies), "reply_users_count": len(authors)}
    return {**summary, "latest_reply": replies[-1].ts, "reply_users": authors, "is_locked": False}


def _address(workspace: Workspace, channel: str, ts: str) -> state.Json:
    place = workspace.place(channel)
    if isinstance(place, state.Channel):
        return {"channel": channel, "event_ts": ts, "channel_type": "group" if place.is_private else "channel"}
    return {"channel": channel, "event_ts": ts, "channel_type": "im"}


def _channel_name(workspace: Workspace, channel: str) -> str:
    place = workspace.place(channel)
    if isinstance(place, state.Channel):
        return "privategroup" if place.is_private else place.name
    return "directmessage"
