"""
Accounts to which nothing can be sent until an operator acts: a token was revoked, a scope is missing.

What is to be sent there waits, and keeps its place. Every minute one delivery is tried; when the vendor takes it, all
others follow. The rest of the gateway goes on.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from gateway.health import Health
from gateway.notices import Notices
from gateway.runtime import Runtime
from gateway.store.rows import DAY

log = logging.getLogger("ringback.outbox")

RECHECK = 60.0  # seconds between two tries of an account that is held


@dataclass
class Hold:
    """Why an account is held, and until when by the monotonic clock."""

    problem: str
    until: float


class Holds:
    """Which accounts are held; told to the operator once a day for each reason."""

    def __init__(self, health: Health, notices: Notices, runtime: Runtime) -> None:
        self._health, self._notices, self._runtime = health, notices, runtime
        self._held: dict[str, Hold] = {}

    def wait(self, account: str) -> Hold | None:
        """Tell why something for this account has to wait; None where it may be tried, by this one alone."""
        hold, now = self._held.get(account), self._runtime.monotonic()
        if hold is None or hold.until > now:
            return hold
        hold.until = now + RECHECK
        return None

    async def refused(self, account: str, problem: str) -> None:
        """The vendor refuses our credentials or permissions there."""
        known = self._held.get(account)
        self._held[account] = Hold(problem, self._runtime.monotonic() + RECHECK)
        if known is not None and known.problem == problem:
            return
        log.error("nothing can be sent by %s: %s", account, problem)
        self._health.hold(account, problem)
        once = f"held {account} {problem} {self._runtime.now() // DAY:.0f}"
        await self._notices.tell("held.owner", once, besides=account, account=account, problem=problem)

    def taken(self, account: str) -> None:
        """The vendor has taken something there, or looked at it."""
        if self._held.pop(account, None) is not None:
            log.warning("%s takes messages again", account)
            self._health.hold(account, "")
