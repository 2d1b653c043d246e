"""
How the channels are: by when their vendor last showed a sign of life, not by whether a socket is open.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from gateway.runtime import Runtime

QUIET = 120.0  # seconds without a sign of life after which a held connection counts as deaf


@dataclass
class Channel:
    """How one account of a channel is. `last_seen` is seconds since the epoch."""

    state: Literal["starting", "up", "retrying", "stopped"] = "starting"
    last_seen: float | None = None
    problem: str = ""
    caught_up: bool = False


class Health:
    """The state of every account, and whether all have brought what was missed while nobody listened."""

    def __init__(self, accounts: Iterable[str], runtime: Runtime) -> None:
        self._runtime = runtime
        self.channels = {account: Channel() for account in accounts}
        self.caught_up = asyncio.Event()
        self._check()

    def seen(self, account: str) -> None:
        """Its vendor showed a sign of life."""
        channel = self.channels[account]
        channel.last_seen = self._runtime.now()
        channel.state, channel.problem = "up", ""

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
        """Tell whether messages come in from an account, as far as its vendor lets us know."""
        channel = self.channels[account]
        recent = channel.last_seen is not None and self._runtime.now() - channel.last_seen < QUIET
        return channel.state == "up" and recent

    def report(self) -> dict[str, dict[str, Any]]:
        """Say how every account is."""
        return {account: asdict(channel) | {"ready": self.ready(account)} for account, channel in self.channels.items()}
