"""
The gateway's door to clocks, randomness and threads, opened on the simulation.

A disk and threads that work in the turn of one callback, after and before a while in which anything may happen. The
machine's clock jumps; the monotonic one does not.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from typing import TypeVar

from gateway.runtime import Runtime
from tests.runtime import NOON
from tests.simulation.weather import Weather

T = TypeVar("T")


class Clock:
    """The machine's clock: it runs with the loop's time, and jumps."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop, self.jumped = loop, 0.0

    def now(self) -> float:
        return NOON + self._loop.time() + self.jumped


class SimulatedRuntime(Runtime):
    """
    One process's time, randomness, threads and disk.

    Args:
        moment: Called where the disk is about to write, and where it has written; a crash may fall there.
    """

    def __init__(
        self,
        clock: Clock,
        loop: asyncio.AbstractEventLoop,
        dice: random.Random,
        weather: Weather,
        moment: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._clock, self._loop, self._dice, self._weather, self._moment = clock, loop, dice, weather, moment

    def now(self) -> float:
        return self._clock.now()

    def monotonic(self) -> float:
        return self._loop.time()

    def token(self) -> str:
        return f"{self._dice.getrandbits(64):016x}"

    def jitter(self, seconds: float) -> float:
        return seconds * (0.5 + self._dice.random() / 2)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    async def pause(self) -> None:
        """Let others run, and some time pass where it is slow."""
        await asyncio.sleep(self._weather.latency(self._dice))

    async def to_thread(self, function: Callable[..., T], *arguments: object) -> T:
        await self.pause()
        done = function(*arguments)
        await self.pause()
        return done

    async def to_disk(self, function: Callable[..., T], *arguments: object) -> T:
        await self.pause()
        self._moment("before a commit")
        fault = self._weather.disk(self._dice)
        if fault == "full":
            raise refusal(sqlite3.SQLITE_FULL)
        if fault == "lost":
            raise refusal(sqlite3.SQLITE_IOERR_FSYNC)
        done = function(*arguments)
        self._moment("after a commit")
        if fault == "kept":
            raise refusal(sqlite3.SQLITE_IOERR_FSYNC)
        await self.pause()
        return done

    async def beside_disk(self, function: Callable[..., T], *arguments: object) -> T:
        await self.pause()
        done = function(*arguments)
        await self.pause()
        return done


def refusal(code: int) -> sqlite3.OperationalError:
    """An error as SQLite raises it."""
    error = sqlite3.OperationalError(f"simulated, code {code}")
    error.sqlite_errorcode = code
    return error
