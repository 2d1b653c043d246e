"""
What Slack sends → what happened. Pure: payloads in, values out; what we do not handle gives nothing and says why.

A message of a channel comes twice, as `message` and as `app_mention`, with two event ids; both carry the same
(channel, ts), which makes the second a duplicate. A redelivery keeps its event id and changes its envelope's.

What concerns us of a channel is what mentions us and what stands in a thread of ours. Talk in other threads is passing:
only the log knows in which of them we are at work. Edits and deletions are taken of the same messages. Anything else is
dropped here, before it costs a look.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pydantic_core

from adapters.base import FormWanted, Inbound
from adapters.slack import markup
from adapters.slack.accounts import Bot, pressed_here, wrote_here
from agent_core import addresses, facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Assurance, Decision
from agent_core.texts import storable

CHANNEL = "slack"
ACTIONS: dict[str, Decision] = {
    "ringback.approve": Decision.APPROVE,
    "ringback.deny": Decision.DENY,
    "ringback.did_run": Decision.DID_RUN,
    "ringback.answer": Decision.ANSWER,
    "ringback.claim": Decision.CLAIM,
    "ringback.revoke": Decision.REVOKE,
}
DENY_ACTION = "ringback.deny_form"  # a button that opens the form to deny with a reason ...
FILL_ACTION = "ringback.form"  # ... and one that opens what is to be filled in
EDIT_ACTION = "ringback.edit_form"  # ... or to approve with a comment, and with changes
HAND_ACTION = "ringback.hand_form"  # ... or to whom it is handed on
FORM_ACTIONS = (DENY_ACTION, FILL_ACTION, EDIT_ACTION, HAND_ACTION)
REVISED = "@"  # in what a button carries, before the revision of the call that its card shows
ROW_ACTION = "ringback.row"  # a menu beside one request of a list; its options are a decision and the request
VIEWS = {"ringback.deny": Decision.DENY, "ringback.answer": Decision.ANSWER, "ringback.edit": Decision.EDIT}
VIEWS |= {"ringback.hand": Decision.REASSIGN, "ringback.approve": Decision.APPROVE}

SPOKEN = frozenset({None, "file_share", "thread_broadcast", "me_message"})  # subtypes that are somebody speaking
ROBOTS = frozenset({None, "USLACKBOT"})  # authors that are nobody

_TIME = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,9})?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_LARGEST = 2**53  # bytes; what claims to be larger is no file's size


@dataclass(frozen=True)
class FormClick:
    """A click that only opens a form. `trigger` lives 3 seconds."""

    wanted: FormWanted
    trigger: str
    channel: str


@dataclass(frozen=True)
class Command:
    """A slash command, who typed it, and what it says to the agent; None where it says nothing."""

    name: str
    sender: Identity
    said: Inbound | None


@dataclass(frozen=True)
class Ignored:
    """Nothing of ours, and why. `counter` is the word under which it is counted, where an operator should know."""

    why: str
    counter: str = ""


Parsed = Inbound | FormClick | Command | Ignored


def parse(payload: Mapping[str, Any], bot: Bot, now: float) -> Parsed:
    """
    Read a payload of the Events API, of interactivity, or of a slash command.

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
            case "app_rate_limited":
                return _withheld(payload)
            case None if "command" in payload:
                return _command(payload, bot, now)
            case kind:
                return Ignored(f"type {kind}")
    except (KeyError, TypeError, ValueError, AttributeError, IndexError, RecursionError) as odd:
        return Ignored(f"a shape we do not know: {type(odd).__name__} {odd}", counter="malformed")


def _event(payload: Mapping[str, Any], bot: Bot) -> Parsed:
    event = payload["event"]
    if event["type"] == "app_rate_limited":
        return _withheld(event)
    if event["type"] not in ("message", "app_mention"):
        return Ignored(f"event {event['type']}")
    subtype = event.get("subtype")
    if subtype == "message_changed":
        return _changed(payload, event, bot)
    if subtype == "message_deleted":
        return _deleted(payload, event, str(event["deleted_ts"]), bot)
    if subtype not in SPOKEN:
        return Ignored(f"subtype {subtype}")
    if _by_robot(event, bot):
        return Ignored("a bot's message")
    return _message(payload, event, bot)


def _withheld(about: Mapping[str, Any]) -> Ignored:
    """Slack keeps events back: more than 30,000 an hour (docs.slack.dev/reference/events/app_rate_limited)."""
    since = about.get("minute_rate_limited")
    return Ignored(f"Slack withholds events, too many came since {since}", counter="app_rate_limited")


def _message(payload: Mapping[str, Any], event: Mapping[str, Any], bot: Bot) -> Parsed:
    if not _concerns_us(event, event, bot):
        return Ignored("a channel's message that is not to us")
    text, ts, thread = str(event.get("text") or ""), str(event["ts"]), event.get("thread_ts")
    direct = _is_direct(event)
    fact = facts.MessageReceived(
        **_author(payload, event, bot),
        direct=direct,
        root="" if direct else str(thread or ts),
        message_id=ts,
        sent_at=_time(ts),
        text=markup.clean(text, bot.user),
        reply_to=str(thread) if thread and thread != ts else None,
        mentions_us=bot.user in markup.mentions(text),
        attachments=tuple(map(_attachment, event.get("files") or [])),
    )
    place = _place(event["channel"], event["user"], direct=direct)
    keys = (_key(bot, "event", payload["event_id"]), _key(bot, "message", event["channel"], ts))
    return Inbound(_conversation(bot, place), fact, keys, _raw(payload), _is_passing(event, event, bot))


def _changed(payload: Mapping[str, Any], event: Mapping[str, Any], bot: Bot) -> Parsed:
    """
    An edit, or what comes like one.

    A thread's root that is deleted stays as a tombstone, so it comes as a change. Unfurled links, a root that has a new
    reply, and replies whose root was deleted come as changes too; they lack the mark of an edit, or a new text.
    """
    message, before = event["message"], event.get("previous_message") or {}
    if message.get("subtype") == "tombstone":
        return _deleted(payload, event, str(message.get("ts") or before["ts"]), bot)
    if _by_robot(message, bot):
        return Ignored("a bot's edit")
    if not message.get("edited") or message.get("text") == before.get("text"):
        return Ignored("a change that nobody wrote, such as an unfurled link")
    if not (_concerns_us(event, message, bot) or _concerns_us(event, before, bot)):
        return Ignored("an edit of a channel's message that is not to us")
    ts = str(message.get("ts") or before["ts"])
    direct = _is_direct(event)
    fact = facts.MessageEdited(
        **_author(payload, message, bot),
        direct=direct,
        root="" if direct else str(message.get("thread_ts") or ts),
        message_id=ts,
        sent_at=_time(event["event_ts"]),
        text=markup.clean(str(message.get("text") or ""), bot.user),
    )
    place = _place(event["channel"], message["user"], direct=direct)
    keys = (_key(bot, "event", payload["event_id"]),)
    return Inbound(_conversation(bot, place), fact, keys, _raw(payload), _is_passing(event, message, bot))


def _deleted(payload: Mapping[str, Any], event: Mapping[str, Any], ts: str, bot: Bot) -> Parsed:
    before = event.get("previous_message") or {}
    if _by_robot(before, bot):
        return Ignored("a bot's message, deleted")
    if not _concerns_us(event, before, bot):
        return Ignored("a channel's message that was not to us, deleted")
    direct = _is_direct(event)
    fact = facts.MessageDeleted(
        **_author(payload, before, bot),
        direct=direct,
        root="" if direct else str(before.get("thread_ts") or ts),
        message_id=ts,
        sent_at=_time(event["event_ts"]),
    )
    place = _place(event["channel"], before["user"], direct=direct)
    keys = (_key(bot, "event", payload["event_id"]),)
    return Inbound(_conversation(bot, place), fact, keys, _raw(payload), _is_passing(event, before, bot))


def _concerns_us(event: Mapping[str, Any], message: Mapping[str, Any], bot: Bot) -> bool:
    thread, mentioned = message.get("thread_ts"), markup.mentions(str(message.get("text") or ""))
    return _is_direct(event) or bot.user in mentioned or bool(thread and thread != message.get("ts"))


def _is_passing(event: Mapping[str, Any], message: Mapping[str, Any], bot: Bot) -> bool:
    """Talk among people in a thread that, as far as it shows, is not under a message of ours."""
    mentioned = bot.user in markup.mentions(str(message.get("text") or ""))
    return not (_is_direct(event) or mentioned or message.get("parent_user_id") == bot.user)


def _by_robot(message: Mapping[str, Any], bot: Bot) -> bool:
    """Ours, another bot's, a workflow's, Slack's own: two robots never talk in circles."""
    return bool(message.get("bot_id")) or message.get("user") in (*ROBOTS, bot.user)


def _actions(payload: Mapping[str, Any], bot: Bot) -> Parsed:
    action, user = payload["actions"][0], payload["user"]
    name = str(action["action_id"])
    selected = action.get("selected_option") or {}
    pressed = storable(str(selected.get("value") or action.get("value") or ""))
    decision = ACTIONS.get(name.partition("#")[0])
    if name.partition("#")[0] == ROW_ACTION:
        said, _, pressed = pressed.partition("/")
        decision = Decision(said)
    if decision is None and name.partition("#")[0] not in FORM_ACTIONS:
        return Ignored(f"action {name}")
    container = payload["container"]
    channel = str(container.get("channel_id") or payload["channel"]["id"])
    direct = channel.startswith("D")
    where = _conversation(bot, _place(channel, user["id"], direct=direct))
    named, _, value = pressed.partition("/")
    request, _, revision = named.partition(REVISED)
    who = _clicker(payload, user, bot)
    if decision is None:
        sender, called = who["sender"], who["sender_name"]
        wanted = FormWanted(
            request,
            where,
            sender,
            called,
            Assurance.HIGH,
            value,
            edit=name == EDIT_ACTION,
            hand=name == HAND_ACTION,
            revision=int(revision or 0),
        )
        return FormClick(wanted, str(payload["trigger_id"]), channel)
    fact = facts.ActionTaken(
        **who,
        direct=direct,
        root="" if direct else str(container.get("thread_ts") or container.get("message_ts") or ""),
        message_id=str(container.get("message_ts") or ""),
        sent_at=_time(action["action_ts"]),
        request=request,
        decision=decision,
        value=value,
        revision=int(revision or 0),
    )
    keys = (
        _key(bot, "trigger", payload["trigger_id"]),
        _key(bot, "action", user["id"], container.get("message_ts"), action["action_ts"]),
    )
    return Inbound(where, fact, keys, _raw(payload))


def _submission(payload: Mapping[str, Any], bot: Bot, now: float) -> Parsed:
    view, user = payload["view"], payload["user"]
    decision = VIEWS.get(str(view.get("callback_id")))
    if decision is None:
        return Ignored(f"view {view.get('callback_id')}")
    about = pydantic_core.from_json(view["private_metadata"])
    conversation = str(about["conversation"])
    channel, account, place = addresses.parse(conversation)
    if (channel, account) != (CHANNEL, bot.account):
        return Ignored("a form that names a conversation elsewhere", counter="malformed")
    values = {
        storable(block): _entered(element)
        for block, elements in view["state"]["values"].items()
        for element in elements.values()
    }
    fact = facts.FormSubmitted(
        **_clicker(payload, user, bot),
        sent_at=now,
        request=str(about["request"]),
        decision=decision,
        choice=str(about.get("choice", "")),
        values=values,
        revision=int(about.get("revision", 0)),
    )
    keys = (_key(bot, "view", view["id"], view.get("hash")),)
    return Inbound(_conversation(bot, place), fact, keys, _raw(payload))


def _entered(element: Mapping[str, Any]) -> str | tuple[str, ...]:
    """
    Read what stands in a field: a text, a day, an option or several.

    docs.slack.dev/reference/interaction-payloads/view-interactions-payload
    """
    match element.get("type"):
        case "checkboxes":
            return tuple(storable(str(option["value"])) for option in element.get("selected_options") or ())
        case "static_select" | "radio_buttons":
            return storable(str((element.get("selected_option") or {}).get("value") or ""))
        case "datepicker":
            return storable(str(element.get("selected_date") or ""))
        case _:
            return str(element.get("value") or "")


def _command(payload: Mapping[str, Any], bot: Bot, now: float) -> Command:
    """
    What somebody says to the agent by a command, in whatever channel: it belongs to their one-to-one chat with us.

    It has no time of the vendor's and no id of a message (docs.slack.dev/interactivity/implementing-slash-commands).
    """
    text, user = markup.clean(str(payload.get("text") or ""), bot.user), str(payload["user_id"])
    name = str(payload["command"])
    who = {"id": user, "name": payload.get("user_name"), "team_id": payload.get("team_id")}
    clicker = _clicker(payload, who, bot)
    if not text:
        return Command(name, clicker["sender"], None)
    fact = facts.MessageReceived(**clicker, direct=True, sent_at=now, text=text, mentions_us=True)
    keys = (_key(bot, "trigger", payload["trigger_id"]),)
    return Command(name, fact.sender, Inbound(_conversation(bot, user), fact, keys, _raw(payload)))


# Parts ---------------------------------------------------------------------------------------------------------------


def _author(payload: Mapping[str, Any], message: Mapping[str, Any], bot: Bot) -> dict[str, Any]:
    team = str(message.get("user_team") or message.get("team") or payload.get("team_id") or bot.account)
    return _who(str(message["user"]), team, bot, ours=wrote_here(payload, team, bot))


def _clicker(payload: Mapping[str, Any], user: Mapping[str, Any], bot: Bot) -> dict[str, Any]:
    team = str(user.get("team_id") or bot.account)
    name = str(user.get("name") or user.get("username") or "")
    return _who(str(user["id"]), team, bot, ours=pressed_here(payload, team, bot)) | {"sender_name": name}


def _who(user: str, team: str, bot: Bot, *, ours: bool) -> dict[str, Any]:
    sender = addresses.identity(CHANNEL, bot.account if ours else _id(team), _id(user))
    return {"sender": sender, "assurance": Assurance.HIGH, "outsider": not ours}


def _is_direct(event: Mapping[str, Any]) -> bool:
    return event.get("channel_type") == "im" or str(event["channel"]).startswith("D")


def _place(channel: str, user: str, *, direct: bool) -> str:
    """Name a place by what we know before sending: in a one-to-one chat the other side, never its channel's id."""
    return user if direct else channel


def _conversation(bot: Bot, place: str) -> ConversationKey:
    return addresses.conversation(CHANNEL, bot.account, _id(place))


def _id(name: str) -> str:
    """
    Take an id of Slack's into an address: letters and digits, so that it cannot be read as anything else.

    Raises:
        ValueError: It is none.
    """
    if not _ID.fullmatch(name):
        raise ValueError(f"{name[:40]!r} is no id")
    return name


def _key(bot: Bot, *parts: object) -> str:
    return storable("/".join((CHANNEL, bot.account, *map(str, parts))))


def _raw(payload: Mapping[str, Any]) -> bytes:
    try:
        return pydantic_core.to_json(payload)
    except ValueError:
        return json.dumps(payload).encode()  # in ASCII, so that half of an emoji can be kept as well


def _time(stamp: object) -> float:
    """
    Read a time as Slack writes it: seconds since the epoch, with a fraction.

    Raises:
        ValueError: It is none; Python would read "nan" and digits without end as numbers.
    """
    if not _TIME.fullmatch(str(stamp)):
        raise ValueError(f"{str(stamp)[:40]!r} is no time")
    return float(str(stamp))


def _attachment(file: Mapping[str, Any]) -> facts.Attachment:
    size = file.get("size")
    return facts.Attachment(
        name=str(file.get("name") or "file"),
        media_type=str(file.get("mimetype") or ""),
        size=size if isinstance(size, int) and 0 <= size <= _LARGEST else 0,
        url=str(file.get("url_private") or ""),
    )
