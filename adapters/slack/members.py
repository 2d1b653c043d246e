"""
What Slack knows about the people who write: messages carry only their ids.

It is asked once for each, kept for an hour, and waited for half a second at most: an acknowledgement never depends on
it. Without an answer the message is stored without a name, and its author counts as a member.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any, NamedTuple

from adapters.base import Clock
from adapters.errors import ChannelError, Misconfigured
from adapters.slack.client import Client

log = logging.getLogger("ringback.slack")

PATIENCE = 0.5  # seconds that a message waits for its author's name; Slack waits three for us
KEPT = 3_600.0  # seconds after which somebody is asked about again: names change, guests become members
AGAIN = 60.0  # seconds after which it is tried again where Slack did not say
MOST = 10_000  # people that are remembered


class Member(NamedTuple):
    """Somebody, as far as Slack says. `guest` is whoever is no full member; a `robot` is never listened to."""

    name: str = ""
    guest: bool = False
    robot: bool = False


class Members:
    """The people of one workspace."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client, self._clock = client, clock
        self._known: dict[str, tuple[float, Member]] = {}
        self._asked: dict[str, asyncio.Task[Member]] = {}
        self._allowed = True

    async def about(self, user: str) -> Member:
        """Say what is known about somebody, or can be known in half a second."""
        until, known = self._known.get(user, (0.0, Member()))
        if self._clock.now() < until:
            return known
        if user not in self._asked:
            self._asked[user] = asyncio.create_task(self._ask(user))
        asked = self._asked[user]
        await asyncio.wait({asked}, timeout=PATIENCE)
        return asked.result() if asked.done() else Member()

    async def _ask(self, user: str) -> Member:
        member, kept = Member(), AGAIN
        try:
            answer = await self._client.call("users.info", {"user": user})
            member, kept = _member(answer.get("user")), KEPT
        except Misconfigured as refused:
            if refused.missing and self._allowed:
                log.warning("names are not known, and guests not told from members: %s", refused)
                self._allowed = False
        except ChannelError as error:
            log.debug("nothing is known about a user: %s", error)
        finally:
            self._asked.pop(user, None)
        if len(self._known) >= MOST:
            del self._known[next(iter(self._known))]
        self._known[user] = (self._clock.now() + kept, member)
        return member

    async def close(self) -> None:
        """Stop asking."""
        asked = list(self._asked.values())
        for task in asked:
            task.cancel()
        await asyncio.gather(*asked, return_exceptions=True)


def _member(user: Any) -> Member:
    """Read a user object (docs.slack.dev/reference/objects/user-object); what is none says nothing of anybody."""
    user = user if isinstance(user, dict) else {}
    profile = user.get("profile")
    profile = profile if isinstance(profile, dict) else {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return Member(
        name=next((str(name) for name in names if name), ""),
        guest=any(user.get(key) is True for key in ("is_restricted", "is_ultra_restricted", "is_stranger", "deleted")),
        robot=user.get("is_bot") is True,
    )
