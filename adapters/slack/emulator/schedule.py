"""
What happens later: acknowledgement time-outs, redeliveries, connection refreshes.

Times are judged by the emulator's clock, which a test may move by hand and then call `tick`. A timer of the event loop
also wakes us at the next due time, so that with the real clock nobody needs to.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable

Clock = Callable[[], float]

SHORTEST_SLEEP = 0.001  # seconds; keeps a clock that stands still just before a due time from spinning the loop


class Schedule:
    """Acts that are due at a time."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = itertools.count()
        self._acts: list[tuple[float, int, Callable[[], object]]] = []
        self._alarm: asyncio.TimerHandle | None = None
        self._is_closed = False

    def at(self, due: float, act: Callable[[], object]) -> None:
        """Do `act` once `due` has come. An act that has become pointless by then must see that itself."""
        if self._is_closed:
            return
        heapq.heappush(self._acts, (due, next(self._order), act))
        self._set_alarm()

    def tick(self) -> None:
        """Do all that is due."""
        while self._acts and self._acts[0][0] <= self._clock():
            heapq.heappop(self._acts)[2]()
        self._set_alarm()

    def close(self) -> None:
        """Forget everything, and take nothing more."""
        self._is_closed = True
        self._acts.clear()
        self._set_alarm()

    def _set_alarm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._acts:
            wait = max(SHORTEST_SLEEP, self._acts[0][0] - self._clock())
            self._alarm = asyncio.get_running_loop().call_later(wait, self.tick)
