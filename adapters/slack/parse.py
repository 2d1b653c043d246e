"""
What Slack sends → what happened. Pure: payloads in, values out; what we do not handle gives nothing and says why.

A message of a channel comes twice, as `message` and as `app_mention`, with two event ids; both carry the same
(channel, ts), which makes the second a duplicate. A redelivery keeps its event id and changes its envelope's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import pydantic_core

from adapters.base import FormWanted, Inbound
from agent_core import addresses, events
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Assurance, Decision

CHANNEL = "slack"
ACTIONS: dict[str, Decision] = {
    "ringback.approve": Decision.APPROVE,
    "ringback.deny": Decision.DENY,
    "ringback.did_run": Decision.DID_RUN,
    "ringback.answer": Decision.ANSWER,
}
FORM_ACTION = "ringback.deny_form"
DENY_VIEW = "ringback.deny"
REASON = "reason"  # the block and the action of the deny form's text

SPOKEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})  # subtypes that are somebody speaking

_MENTION = re.compile(r"<@([A-Z0-9]+)(?:\|[^>]*)?>")
_REFERENCE = re.compile(r"<([#!]?)([^>|]*)(?:\|([^>]*))?>")


class Bot(NamedTuple):
    """Who we are in a workspace, as `auth.test` says."""

    account: str
    user: str
    bot: str


@dataclass(frozen=True)
class FormClick:
    """A click that only opens a form. `trigger` lives 3 seconds."""

    wanted: FormWanted
    trigger: str
    channel: str


@dataclass(frozen=True)
class Ignored:
    """Nothing of ours, and why. `odd` where it should have been, as far as we know Slack."""

    why: str
    odd: bool = False


Parsed = Inbound | FormClick | Ignored


def parse(payload: Mapping[str, Any], bot: Bot, now: float) -> Parsed:
    """
    Read a payload of the Events API or of interactivity.

    Args:
        now: For what carries no time of its own, in seconds since the epoch.
    """
    try:
        match payload.get("type"):
            case "event_callback":
                return _event(payload, bot)
            case "block_actions":
                return _actions(payload, bot)
            case "view_submission":
                return _submission(payload, bot, now)
            case kind:
                return Ignored(f"type {kind}")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as odd:
        return Ignored(f"a shape we do not know: {type(odd).__name__} {odd}", odd=True)


def _event(payload: Mapping[str, Any], bot: Bot) -> Parsed:
    event = payload["event"]
    if event["type"] not in ("message", "app_mention"):
        return Ignored(f"event {event['type']}")
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return _changed(payload, event, bot)
    if subtype == "message_deleted":
        return _deleted(payload, event, bot)
    if subtype not in SPOKEN:
        return Ignored(f"subtype {subtype}")
    if event.get("bot_id") or event.get("user") in (None, bot.user):
        return Ignored("a bot's message")  # ours, or another bot's: two bots never talk in circles
    return _message(payload, event, bot)


def _message(payload: Mapping[str, Any], event: Mapping[str, Any], bot: Bot) -> Parsed:
    text, ts, thread = str(event.get("text") or ""), str(event["ts"]), event.get("thread_ts")
    mentioned = bot.user in _MENTION.findall(text)
    direct = _is_direct(event)
    if not (direct or mentioned or (thread and thread != ts)):
        return Ignored("a channel's message that is not to us")
    files = event.get("files") or []
    fact = events.MessageReceived(
        **_author(payload, event, bot),
        direct=direct,
        root="" if direct else str(thread or ts),
        message_id=ts,
        sent_at=float(ts),
        text=clean(text, bot),
        reply_to=str(thread) if thread and thread != ts else None,
        mentions_us=mentioned,
        attachments=tuple(map(_attachment, files)),
    )
    place = _place(event["channel"], event["user"], direct=direct)
    keys = (_key(bot, "event", payload["event_id"]), _key(bot, "message", event["channel"], ts))
    return Inbound(_conversation(bot, place), fact, keys, _raw(payload))


def _changed(payload: Mapping[str, Any], event: Mapping[str, Any], bot: Bot) -> Parsed:
    message, before = event["message"], event.get("previous_message") or {}
    if message.get("bot_id") or message.get("user") in (None, bot.user):
        return Ignored("a bot's edit")
    if message.get("text") == before.get("text"):
        return Ignored("an edit without a new text, such as an unfurled link")
    ts = str(message.get("ts") or before["ts"])
    direct = _is_direct(event)
    fact = events.MessageEdited(
        **_author(payload, message, bot),
        direct=direct,
        root="" if direct else str(message.get("thread_ts") or ts),
        message_id=ts,
        sent_at=float(event["event_ts"]),
        text=clean(str(message.get("text") or ""), bot),
    )
    place = _place(event["channel"], message["user"], direct=direct)
    keys = (_key(bot, "event", payload["event_id"]),)
    return Inbound(_conversation(bot, place), fact, keys, _raw(payload))


def _deleted(payload: Mapping[str, Any], event: Mapping[str, Any], bot: Bot) -> Parsed:
    before = event.get("previous_message") or {}
    if before.get("bot_id") or before.get("user") in (None, bot.user):
        return Ignored("a bot's message, deleted")
    ts = str(event["deleted_ts"])
    direct = _is_direct(event)
    fact = events.MessageDeleted(
        **_author(payload, before, bot),
        direct=direct,
        root="" if direct else str(before.get("thread_ts") or ts),
        message_id=ts,
        sent_at=float(event["event_ts"]),
    )
    place = _place(event["channel"], before["user"], direct=direct)
    keys = (_key(bot, "event", payload["event_id"]),)
    return Inbound(_conversation(bot, place), fact, keys, _raw(payload))


def _actions(payload: Mapping[str, Any], bot: Bot) -> Parsed:
    action, user = payload["actions"][0], payload["user"]
    name = str(action["action_id"])
    decision = ACTIONS.get(name.partition("#")[0])
    if decision is None and name != FORM_ACTION:
        return Ignored(f"action {name}")
    container = payload["container"]
    channel = str(container.get("channel_id") or payload["channel"]["id"])
    direct = channel.startswith("D")
    where = _conversation(bot, _place(channel, user["id"], direct=direct))
    selected = action.get("selected_option") or {}
    request, _, value = str(selected.get("value") or action.get("value") or "").partition("/")
    who = _clicker(user, bot)
    if decision is None:
        wanted = FormWanted(request, where, who["sender"], who["sender_name"], Assurance.HIGH)
        return FormClick(wanted, str(payload["trigger_id"]), channel)
    fact = events.ActionTaken(
        **who,
        direct=direct,
        root="" if direct else str(container.get("thread_ts") or container.get("message_ts") or ""),
        message_id=str(container.get("message_ts") or ""),
        sent_at=float(action["action_ts"]),
        request=request,
        decision=decision,
        value=value,
    )
    keys = (
        _key(bot, "trigger", payload["trigger_id"]),
        _key(bot, "action", user["id"], container.get("message_ts"), action["action_ts"]),
    )
    return Inbound(where, fact, keys, _raw(payload))


def _submission(payload: Mapping[str, Any], bot: Bot, now: float) -> Parsed:
    view, user = payload["view"], payload["user"]
    if view.get("callback_id") != DENY_VIEW:
        return Ignored(f"view {view.get('callback_id')}")
    about = pydantic_core.from_json(view["private_metadata"])
    values = {
        block: str(element.get("value") or "")
        for block, elements in view["state"]["values"].items()
        for element in elements.values()
    }
    fact = events.FormSubmitted(
        **_clicker(user, bot), sent_at=now, request=str(about["request"]), decision=Decision.DENY, values=values
    )
    keys = (_key(bot, "view", view["id"], view.get("hash")),)
    return Inbound(ConversationKey(str(about["conversation"])), fact, keys, _raw(payload))


# Parts ---------------------------------------------------------------------------------------------------------------


def _author(payload: Mapping[str, Any], message: Mapping[str, Any], bot: Bot) -> dict[str, Any]:
    team = str(message.get("user_team") or message.get("team") or payload.get("team_id") or bot.account)
    return {
        "sender": addresses.identity(CHANNEL, team, str(message["user"])),
        "assurance": Assurance.HIGH,
        "outsider": team != bot.account,
    }


def _clicker(user: Mapping[str, Any], bot: Bot) -> dict[str, Any]:
    team = str(user.get("team_id") or bot.account)
    return {
        "sender": Identity(addresses.identity(CHANNEL, team, str(user["id"]))),
        "sender_name": str(user.get("name") or user.get("username") or ""),
        "assurance": Assurance.HIGH,
        "outsider": team != bot.account,
    }


def _is_direct(event: Mapping[str, Any]) -> bool:
    return event.get("channel_type") == "im" or str(event["channel"]).startswith("D")


def _place(channel: str, user: str, *, direct: bool) -> str:
    """Name a place by what we know before sending: in a one-to-one chat the other side, never its channel's id."""
    return user if direct else channel


def _conversation(bot: Bot, place: str) -> ConversationKey:
    return addresses.conversation(CHANNEL, bot.account, place)


def _key(bot: Bot, *parts: object) -> str:
    return "/".join((CHANNEL, bot.account, *map(str, parts)))


def _raw(payload: Mapping[str, Any]) -> bytes:
    return json.dumps(payload).encode()  # in ASCII, so that half of an emoji can be kept as well


def _attachment(file: Mapping[str, Any]) -> events.Attachment:
    return events.Attachment(
        name=str(file.get("name") or "file"),
        media_type=str(file.get("mimetype") or ""),
        size=int(file.get("size") or 0),
        url=str(file.get("url_private") or ""),
    )


def clean(text: str, bot: Bot) -> str:
    """
    Turn Slack's markup of references into plain words; a mention of us at the beginning goes.

    See "Parsing retrieved messages" (docs.slack.dev/messaging/formatting-message-text).
    """
    text = re.sub(rf"^\s*<@{re.escape(bot.user)}(?:\|[^>]*)?>[\s,:]*", "", text)
    text = _MENTION.sub(r"@\1", text)
    text = _REFERENCE.sub(_worded, text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def _worded(found: re.Match[str]) -> str:
    sign, target, label = found.groups()
    if sign == "#":
        return f"#{label or target}"
    if sign == "!":
        return label or f"@{target.partition('^')[0]}"
    return f"{label} ({target})" if label and label != target else target
