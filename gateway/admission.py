"""
Who is let in while more comes than can be taken.

What comes in waits twice: for the disk, and, once it is stored and acknowledged, to be decided. Neither queue may grow
without end, so above a limit a fact is refused before it is read; whoever sent it sends it again. A vendor brings some
things only once, because a person waits for them (a press, a form, a command): for those there is room for longer.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gateway.runtime import Runtime

log = logging.getLogger("ringback.admission")

WAITING = 256  # facts on their way to the disk: as many as one commit takes; more would only wait longer
UNDECIDED = 2_000  # facts stored and not decided: a few seconds' work, and a few megabytes
LONGEST = 1.0  # seconds that the oldest of those that wait for the disk has waited; Slack gives up after three
MOST_WAITING, MOST_UNDECIDED, MOST_LONGEST = 1_024, 4_000, 2.0  # before what comes only once is refused as well
TOLD = 60.0  # seconds between two lines of the log, and for which an overload counts as one


class Admission:
    """
    Counts what waits, and says whether there is room for more.

    Args:
        undecided: Tell how many facts are stored and not decided yet.
    """

    def __init__(self, undecided: Callable[[], int], runtime: Runtime) -> None:
        self._undecided, self._runtime = undecided, runtime
        self._since: OrderedDict[object, float] = OrderedDict()
        self._expected = 0
        self._refused, self._last, self._told = 0, float("-inf"), float("-inf")

    @property
    def waiting(self) -> int:
        """How many facts are on their way to the disk."""
        return len(self._since)

    @property
    def undecided(self) -> int:
        """How many facts are stored and not decided yet."""
        return self._undecided()

    @property
    def overloaded(self) -> bool:
        """Something was refused within the last minute."""
        return self._runtime.monotonic() - self._last < TOLD

    def full(self, *, once: bool) -> bool:
        """Tell whether there is no room; `once` for what the vendor does not bring again."""
        waiting, undecided = self.waiting + self._expected, self.undecided
        now = self._runtime.monotonic()
        longest = now - next(iter(self._since.values()), now)
        if once:
            return waiting >= MOST_WAITING or undecided >= MOST_UNDECIDED or longest >= MOST_LONGEST
        return waiting >= WAITING or undecided >= UNDECIDED or longest >= LONGEST

    def expect(self) -> None:
        """Count one that was let in, until its task has begun: many may be let in before the first of them waits."""
        if not self._expected:
            asyncio.get_running_loop().call_soon(self._begun)
        self._expected += 1

    def _begun(self) -> None:
        self._expected = 0

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Count a fact while it is on its way to the disk."""
        one = object()
        self._since[one] = self._runtime.monotonic()
        try:
            yield
        finally:
            del self._since[one]

    def refused(self) -> None:
        """Something was refused; the log hears of it once a minute."""
        self._refused += 1
        self._last = self._runtime.monotonic()
        if self._last - self._told >= TOLD:
            log.warning(
                "more comes in than can be taken: %d refused, %d wait for the disk, %d to be decided",
                *(self._refused, self.waiting, self.undecided),
            )
            self._refused, self._told = 0, self._last
