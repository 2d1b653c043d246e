"""
When Slack may be called again, after it asked us to slow down.

Limits hold for a method in a workspace; posting has one for each channel besides, and Slack does not say which of the
two was met (docs.slack.dev/apis/web-api/rate-limits). So a refused post holds back its channel, and a second channel's
refusal all of them. Whoever asks meanwhile is not sent into the wall: each gets a time of its own behind the others, so
that they do not all come back in the same moment.
"""

from __future__ import annotations

import email.utils
import math
from collections.abc import Callable

SPACING = 0.3  # seconds between two who waited; several hundred posts a minute are allowed in a workspace
SHORTEST, LONGEST = 1.0, 3_600.0  # seconds that are taken for a pause, whatever is asked for
PER_CHANNEL = frozenset({"chat.postMessage"})

Key = tuple[str, str]


class Pace:
    """What a workspace's methods wait for."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._until: dict[Key, float] = {}
        self._last: dict[Key, float] = {}

    def wait(self, method: str, channel: str) -> float:
        """Tell in how many seconds this may be called; 0 for now."""
        now = self._now()
        for key in ((method, channel), (method, "")):
            if self._until.get(key, now) > now:
                self._last[key] = self._last[key] + SPACING
                return self._last[key] - now
        return 0.0

    def limited(self, method: str, channel: str, after: float) -> None:
        """Slack has refused this, and named a pause in seconds."""
        now = self._now()
        self._until = {key: until for key, until in self._until.items() if until > now}
        others = any(name == method and where != channel for name, where in self._until)
        key = (method, channel if method in PER_CHANNEL and not others else "")
        self._until[key] = self._last[key] = now + after


def pause(said: str | None, now: float) -> float:
    """Read a Retry-After: seconds, or a date (RFC 9110, 10.2.3); what makes no sense is taken for the shortest."""
    try:
        seconds = float(said or "")
    except ValueError:
        seconds = _until(said or "", now)
    return min(max(seconds, SHORTEST), LONGEST) if math.isfinite(seconds) else SHORTEST


def _until(date: str, now: float) -> float:
    try:
        return email.utils.parsedate_to_datetime(date).timestamp() - now
    except (ValueError, OverflowError):
        return SHORTEST
