"""
How often a person may start agents: counted over the last hour, across conversations.

Counted when a start is true, so that deciding again after a conflict counts nothing twice; read from the log at the
start of the process, so that a restart forgives nothing.
"""

from __future__ import annotations

from collections import deque

from agent_core import events
from agent_core.addresses import Party

HOUR = 3_600.0  # seconds


class Starts:
    """
    Who started agents in the last hour.

    Args:
        most: How many times each may; 0: as often as they like.
    """

    def __init__(self, most: int = 0) -> None:
        self._most = most
        self._begun: dict[Party, deque[float]] = {}

    def begun(self, party: Party, at: float) -> None:
        """Count a start."""
        if self._most:
            self._begun.setdefault(party, deque(maxlen=self._most)).append(at)

    def too_many(self, party: Party, now: float, besides: int) -> bool:
        """
        Tell whether one more start is too many.

        Args:
            besides: Starts that are decided and not true yet.
        """
        lately = self._begun.get(party, deque())
        while lately and now - lately[0] >= HOUR:
            lately.popleft()
        return bool(self._most) and len(lately) + besides >= self._most


def started_by(event: events.Event) -> Party | None:
    """Say who started an agent by this; nobody did where a run follows another one, or it is no start at all."""
    if isinstance(event, events.RunStarted) and event.consumes and "." not in event.run:
        return event.requester
    return None
