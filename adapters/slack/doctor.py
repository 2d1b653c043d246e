"""
What `ringback doctor` looks at in a Slack workspace: tokens, scopes, clock, people, channels, and a test card.

A socket is not opened: Slack would send half of what comes to it, past the gateway that runs.
"""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from adapters.base import Ask, Check, Clock, Named
from adapters.errors import ChannelError, Misconfigured, Rejected, Unknown, Unreachable
from adapters.slack import render, usergroups
from adapters.slack.receive import Receiver
from adapters.slack.verify import MAX_SKEW
from agent_core import addresses
from agent_core.addresses import ConversationKey, Identity

NEEDED: Mapping[str, str] = {
    "chat:write": "to say anything",
    "im:write": "to begin direct messages",
    "im:history": "to hear what is said in direct messages",
}
USEFUL: Mapping[str, str] = {
    "app_mentions:read": "it does not hear when it is mentioned in channels",
    "channels:history": "it does not hear what is said in the threads of public channels",
    "groups:history": "it does not hear what is said in private channels",
    "users:read": "it knows no names, and cannot tell guests and robots from members",
    "usergroups:read": "nobody has a role by a user group",
    "commands": "its slash command does not work",
    "files:read": "tools cannot read what people attach",
    "files:write": "what runs make cannot be sent as files",
}
"""Scopes without which it works, but less well; and how."""
ADD = "add it under OAuth & Permissions, and install the app again"
SLOW = 60.0  # seconds that a clock may be off


class Doctor:
    """Looks at one account."""

    def __init__(self, receiver: Receiver, clock: Clock) -> None:
        self._receiver, self._client, self._clock = receiver, receiver.client, clock
        self._config = receiver.config

    async def check(self, named: Named) -> list[Check]:
        """Look at everything; without a token that works, at what needs none."""
        checks = await self._token()
        checks.append(await self._door())
        if checks[0].ok:
            checks += [await self._person(identity, name) for identity, name in named.people.items()]
            for place, setting in named.places.items():
                if not addresses.parse(place).place.startswith(("U", "W")):
                    checks.append(await self._channel(place, setting))
            checks += [await self._group(group, role) for group, role in self._config.roles.items()]
            checks.append(await self._card(named))
        return checks

    async def _token(self) -> list[Check]:
        try:
            await self._receiver.identify()
            answer = await self._client.call("auth.test", {})
        except ChannelError as error:
            return [_failed("bot token", error)]
        found = f"{answer.get('user')} in {answer.get('team')}"
        headers = {str(name).lower(): str(value) for name, value in answer.headers.items()}
        return [
            Check("bot token", True, found),
            *_scopes(headers.get("x-oauth-scopes")),
            self._time(headers.get("date")),
        ]

    def _time(self, date: str | None) -> Check:
        try:
            off = self._clock.now() - parsedate_to_datetime(date or "").timestamp()
        except (TypeError, ValueError):
            return Check("clock", None, "Slack did not say what time it is")
        if abs(off) <= SLOW:
            return Check("clock", True, f"within {SLOW:g} seconds of Slack's")
        way = "ahead of" if off > 0 else "behind"
        remedy = f"set it by NTP; requests whose time is off by more than {MAX_SKEW:g} seconds are refused"
        return Check("clock", False, f"{abs(off):.0f} seconds {way} Slack's", remedy)

    async def _door(self) -> Check:
        """The way in: a socket that may be opened, or an address that only Slack can try."""
        token = self._config.app_token
        if self._config.mode == "http" or token is None:
            found = "only Slack can tell whether it reaches us"
            return Check(
                "request URL", None, found, "its app page says Verified under Event Subscriptions where it does"
            )
        try:
            await self._client.call("apps.connections.open", {}, token=token.get_secret_value())
        except ChannelError as error:
            return _failed("app token", error)
        return Check("app token", True, "Slack gives it a socket")

    async def _person(self, identity: Identity, name: str) -> Check:
        what = f"person {name}"
        try:
            answer = await self._client.call("users.info", {"user": addresses.parse(identity).place})
        except ChannelError as error:
            return _failed(what, error, f"{identity}: ")
        user: dict[str, Any] = answer.get("user") or {}
        profile = user.get("profile") or {}
        known = profile.get("real_name") or user.get("real_name") or user.get("name")
        found = f"{identity} is {known} (@{user.get('name')})"
        if user.get("deleted"):
            return Check(what, False, f"{found}, deactivated", "nothing reaches them there; set their account right")
        if user.get("is_bot"):
            return Check(what, False, f"{found}, a robot", "nobody decides there; set their account right")
        return Check(what, True, found)

    async def _group(self, group: str, role: str) -> Check:
        what = f"user group {group}"
        try:
            found = await usergroups.members(self._client, self._config.account, group)
        except Misconfigured as refused:  # with its scope or without: nobody has the role by it
            return Check(what, False, f"nobody has the role {role} by it: {refused}")
        except ChannelError as error:
            return _failed(what, error, f"nobody has the role {role} by it: ")
        return Check(what, True, f"{len(found)} accounts are in it; people in the settings have the role {role} by it")

    async def _channel(self, place: ConversationKey, setting: str) -> Check:
        what, channel = f"channel {addresses.parse(place).place}", addresses.parse(place).place
        try:
            answer = await self._client.call("conversations.info", {"channel": channel})
        except Misconfigured as refused:
            return await self._read(what, channel, setting) if refused.missing else _failed(what, refused)
        except ChannelError as error:
            return _failed(what, error, f"{setting}: ")
        about: dict[str, Any] = answer.get("channel") or {}
        found = f"#{about.get('name')}, named by {setting}"
        if about.get("is_archived"):
            return Check(what, False, f"{found}, is archived", "take it out of the archive, or name another one")
        if not about.get("is_member"):
            return Check(what, False, f"the bot is not in {found}", "invite it there")
        return Check(what, True, found)

    async def _read(self, what: str, channel: str, setting: str) -> Check:
        """Without the scope to look at a channel, it can still be told whether it may be read: that is for members."""
        try:
            await self._client.call("conversations.history", {"channel": channel, "limit": 1})
        except ChannelError as error:
            return _failed(what, error, f"{setting}: ")
        return Check(what, True, f"the bot is in it; named by {setting}")

    async def _card(self, named: Named) -> Check:
        what = "test card"
        if named.to is None:
            return Check(what, None, "nobody to show it to", "name somebody with --to")
        shown = False
        try:
            for part in render.render(Ask(named.card, "doctor"), named.to):
                receipt = await self._client.deliver(part.model_copy(update={"delivery": "doctor"}))
                shown = True
                await self._client.call("chat.delete", {"channel": receipt.place, "ts": receipt.message_id})
        except ChannelError as error:
            left = "shown, but not taken away: " if shown else ""
            return _failed(what, error, f"{named.to}: {left}")
        return Check(what, True, f"shown at {named.to}, and taken away")


def _scopes(granted: str | None) -> list[Check]:
    if granted is None:
        return [Check("scopes", None, "Slack did not say which the bot token has")]
    have = {scope.strip() for scope in granted.split(",")}
    wrong = [
        Check(f"scope {scope}", False, f"is missing; it is needed {why}", ADD)
        for scope, why in NEEDED.items()
        if scope not in have
    ]
    worse = [
        Check(f"scope {scope}", None, f"is missing, so {how}", f"if you want that, {ADD}")
        for scope, how in USEFUL.items()
        if scope not in have
    ]
    return [*wrong, *worse] or [Check("scopes", True, "all that are used")]


def _failed(what: str, error: ChannelError, before: str = "") -> Check:
    """A refusal is wrong; that nothing was heard, or not now, says nothing."""
    known = isinstance(error, Misconfigured | Rejected)
    remedy = "look at the network, a proxy, and status.slack.com" if isinstance(error, Unreachable | Unknown) else ""
    missing = isinstance(error, Misconfigured) and error.missing in USEFUL
    return Check(what, False if known and not missing else None, f"{before}{error}", remedy)
