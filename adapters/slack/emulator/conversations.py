"""
The methods `conversations.*`.
"""

from __future__ import annotations

import base64
import binascii
import re

from adapters.slack.emulator import access, errors, payloads, state
from adapters.slack.emulator.arguments import Arguments
from adapters.slack.emulator.workspace import Workspace

TIMESTAMP = re.compile(r"\d+(?:\.\d+)?")
HISTORY_PAGE, HISTORY_MOST = 100, 999
REPLIES_PAGE, REPLIES_MOST = 1000, 1000
MEMBERS_PAGE, MEMBERS_MOST = 100, 1000


class Conversations:
    """What an app learns about conversations and what was said there."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def open(self, arguments: Arguments) -> state.Json:
        """conversations.open, for one-to-one conversations."""
        access.need_scope(self._workspace, "im:write")
        im = self._im(arguments)
        was_open = im.is_open
        with self._workspace.change():
            im.is_open = True
        body: state.Json = {"channel": {"id": im.id}}
        if arguments.flag("return_im"):
            body["channel"] = self._im_object(im)
        return {**body, "no_op": True, "already_open": True} if was_open else body

    def info(self, arguments: Arguments) -> state.Json:
        """conversations.info."""
        place = access.find_place(self._workspace, arguments.needed("channel"))
        access.need_family(self._workspace, place, "read")
        if isinstance(place, state.Im):
            return {"channel": self._im_object(place)}
        shown = self._channel_object(place)
        if arguments.flag("include_num_members"):
            shown["num_members"] = len(place.members)
        return {"channel": shown}

    def members(self, arguments: Arguments) -> state.Json:
        """conversations.members."""
        place = access.find_place(self._workspace, arguments.needed("channel"))
        access.need_family(self._workspace, place, "read")
        everybody = self._workspace.members(place)
        start = int(_read_cursor(arguments, "member:", "0"))
        end = start + min(arguments.number("limit", MEMBERS_PAGE), MEMBERS_MOST)
        cursor = _cursor("member:", str(end)) if end < len(everybody) else ""
        return {"members": everybody[start:end], "response_metadata": {"next_cursor": cursor}}

    def history(self, arguments: Arguments) -> state.Json:
        """conversations.history: the newest first; of threads only the roots and what was broadcast."""
        place = self._readable(arguments)
        shown = [
            message
            for message in reversed(self._workspace.messages(place.id))
            if (message.thread_ts is None or message.broadcast) and _in_range(arguments, message)
        ]
        cursor = _read_cursor(arguments, "next_ts:", "")
        if cursor:
            shown = [message for message in shown if _digits(message.ts) <= int(cursor)]
        page = shown[: min(arguments.number("limit", HISTORY_PAGE), HISTORY_MOST)]
        return {**self._page(arguments, page, shown[len(page) :]), "pin_count": 0}

    def replies(self, arguments: Arguments) -> state.Json:
        """
        conversations.replies: the oldest first. The root leads the first page whatever the range is.

        `ts` may be the root's or a reply's.
        """
        place = self._readable(arguments)
        named = self._workspace.message(place.id, arguments.needed("ts"))
        root = self._workspace.message(place.id, named.thread_ts or named.ts) if named is not None else None
        if root is None:
            raise errors.ApiError("thread_not_found")
        shown = [reply for reply in self._workspace.replies(root) if _in_range(arguments, reply)]
        cursor = _read_cursor(arguments, "next_ts:", "")
        shown = [reply for reply in shown if _digits(reply.ts) >= int(cursor)] if cursor else [root, *shown]
        page = shown[: min(arguments.number("limit", REPLIES_PAGE), REPLIES_MOST)]
        return self._page(arguments, page, shown[len(page) :])

    def _page(self, arguments: Arguments, page: list[state.Message], rest: list[state.Message]) -> state.Json:
        everything = arguments.flag("include_all_metadata")
        body: state.Json = {
            "messages": [payloads.message(self._workspace, each, all_metadata=everything) for each in page],
            "has_more": bool(rest),
        }
        if rest:
            body["response_metadata"] = {"next_cursor": _cursor("next_ts:", str(_digits(rest[0].ts)))}
        return body

    def _readable(self, arguments: Arguments) -> state.Place:
        place = access.find_place(self._workspace, arguments.needed("channel"))
        access.need_family(self._workspace, place, "history")
        if not self._workspace.has_bot(place):
            raise errors.ApiError("not_in_channel")
        return place

    def _im(self, arguments: Arguments) -> state.Im:
        channel = arguments.text("channel")
        if channel is not None:
            place = access.find_place(self._workspace, channel)
            if not isinstance(place, state.Im):
                raise errors.ApiError("method_not_supported_for_channel_type")
            return place
        users = (arguments.text("users") or "").split(",")
        if users == [""]:
            raise errors.ApiError("users_list_not_supplied")
        found = [self._workspace.im_with(user.strip()) for user in users]
        if found[0] is None or None in found:
            raise errors.ApiError("user_not_found")
        if len(found) > 1:
            problem = "the emulator has no conversations of several people: give one user"
            raise errors.ApiError("invalid_arguments", problems=[f"{problem} [json-pointer:/users]"])
        return found[0]

    def _im_object(self, im: state.Im) -> state.Json:
        return {
            "id": im.id,
            "created": 0,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "context_team_id": self._workspace.state.team_id,
            "updated": 0,
            "user": im.person,
            "is_open": im.is_open,
            "priority": 0,
        }

    def _channel_object(self, channel: state.Channel) -> state.Json:
        return {
            "id": channel.id,
            "name": channel.name,
            "name_normalized": channel.name,
            "is_channel": not channel.is_private,
            "is_group": channel.is_private,
            "is_im": False,
            "is_mpim": False,
            "is_private": channel.is_private,
            "is_archived": channel.is_archived,
            "is_general": channel.name == "general",
            "is_shared": self._workspace.is_shared(channel),
            "is_ext_shared": self._workspace.is_shared(channel),
            "is_org_shared": False,
            "is_member": self._workspace.has_bot(channel),
            "created": 0,
            "updated": 0,
            "creator": channel.members[0] if channel.members else "",
            "context_team_id": self._workspace.state.team_id,
            "topic": {"value": "", "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "previous_names": [],
        }


def _in_range(arguments: Arguments, message: state.Message) -> bool:
    """`oldest` and `latest` are outside, unless `inclusive`."""
    ts = _digits(message.ts)
    oldest = _bound(arguments, "oldest")
    latest = _bound(arguments, "latest")
    if arguments.flag("inclusive"):
        return (oldest is None or oldest <= ts) and (latest is None or ts <= latest)
    return (oldest is None or oldest < ts) and (latest is None or ts < latest)


def _bound(arguments: Arguments, name: str) -> int | None:
    value = arguments.text(name)
    if value is None or value == "now":
        return None
    if not TIMESTAMP.fullmatch(value):
        raise errors.ApiError(f"invalid_ts_{name}")
    return _digits(value)


def _digits(ts: str) -> int:
    """A ts as microseconds, to compare."""
    seconds, _, fraction = ts.partition(".")
    return int(seconds) * 1_000_000 + int(fraction.ljust(6, "0")[:6])


def _cursor(kind: str, value: str) -> str:
    """Slack's cursors are such words in base64: `bmV4dF90czoxNTEyMDg1ODYxMDAwNTQz` is `next_ts:1512085861000543`."""
    return base64.b64encode(f"{kind}{value}".encode()).decode()


def _read_cursor(arguments: Arguments, kind: str, default: str) -> str:
    given = arguments.text("cursor")
    if given is None:
        return default
    try:
        value = base64.b64decode(given, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise errors.ApiError("invalid_cursor") from None
    if not value.startswith(kind) or not value.removeprefix(kind).isdecimal():
        raise errors.ApiError("invalid_cursor")
    return value.removeprefix(kind)
