"""
How the channels are: by when their vendor last showed a sign of life, not by whether a socket is open.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from gateway.runtime import Runtime

QUIET = 120.0  # seconds without a sign of life after which a held connection counts as deaf


@dataclass
class Channel:
    """
    How one account of a channel is.

    `last_seen` is its vendor's last sign of life, `last_event` when something of it was last stored, both in seconds
    since the epoch. `warning` is what an operator should look at while it works on, `held` why nothing can be sent,
    `groups` which of its groups that give roles cannot be read.
    """

    state: Literal["starting", "up", "retrying", "stopped"] = "starting"
    last_seen: float | None = None
    last_event: float | None = None
    problem: str = ""
    warning: str = ""
    held: str = ""
    groups: str = ""
    caught_up: bool = False


class Health:
    """The state of every account, and whether all have brought what was missed while nobody listened."""

    def __init__(self, accounts: Iterable[str], runtime: Runtime) -> None:
        self._runtime = runtime
        self.channels = {account: Channel() for account in accounts}
        self.caught_up = asyncio.Event()
        self.appended: Counter[str] = Counter()
        """How many facts were stored, by channel."""
        self.refused: Counter[tuple[str, str]] = Counter()
        """How often something was not taken in, by account (or channel, where it does not show which) and reason."""
        self._check()

    def seen(self, account: str) -> None:
        """Its vendor showed a sign of life."""
        channel = self.channels[account]
        channel.last_seen = self._runtime.now()
        channel.state, channel.problem = "up", ""

    def event(self, account: str) -> None:
        """Something that came from it was stored."""
        self.appended[account.partition(":")[0]] += 1
        if account in self.channels:
            self.channels[account].last_event = self._runtime.now()

    def warn(self, account: str, warning: str) -> None:
        """Something about it needs to be looked at; empty: nothing any more."""
        self.channels[account].warning = warning

    def hold(self, account: str, problem: str) -> None:
        """Nothing can be sent by it until an operator acts; empty: it can again."""
        self.channels[account].held = problem

    def groups(self, account: str, problem: str) -> None:
        """Some of its groups cannot be read; empty: all can."""
        self.channels[account].groups = problem

    def refuse(self, account: str, reason: str) -> None:
        """Something that came to its door was not taken in."""
        self.refused[account, reason] += 1

    def arrived(self, account: str) -> None:
        """It has brought what was missed."""
        self.channels[account].caught_up = True
        self._check()

    def retrying(self, account: str, problem: str) -> None:
        """It broke, and is started again after a while."""
        channel = self.channels[account]
        channel.state, channel.problem = "retrying", problem

    def stopped(self, account: str, problem: str) -> None:
        """It is misconfigured; nothing more comes from it until an operator acts."""
        channel = self.channels[account]
        channel.state, channel.problem, channel.caught_up = "stopped", problem, True
        self._check()

    def _check(self) -> None:
        if all(channel.caught_up for channel in self.channels.values()):
            self.caught_up.set()

    def ready(self, account: str) -> bool:
        """Tell whether messages come in and go out by an account, as far as its vendor lets us know."""
        channel = self.channels[account]
        recent = channel.last_seen is not None and self._runtime.now() - channel.last_seen < QUIET
        return channel.state == "up" and recent and not channel.held

    def report(self) -> dict[str, dict[str, Any]]:
        """Say how every account is."""
        return {account: asdict(channel) | {"ready": self.ready(account)} for account, channel in self.channels.items()}

    def refusals_by_channel(self) -> Counter[tuple[str, str]]:
        """Say how often something was not taken in, by channel and reason."""
        by_channel: Counter[tuple[str, str]] = Counter()
        for (account, reason), times in self.refused.items():
            by_channel[account.partition(":")[0], reason] += times
        return by_channel

    def refusals(self) -> dict[str, dict[str, int]]:
        """Say what was not taken in: how often, by account (or channel) and reason."""
        by_account: dict[str, dict[str, int]] = {}
        for (account, reason), times in sorted(self.refused.items()):
            by_account.setdefault(account, {})[reason] = times
        return by_account
