"""
A runtime whose clock is moved by hand.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Callable
from typing import Any, TypeVar

from gateway.runtime import Runtime

T = TypeVar("T")

NOON = 1_700_000_000.0
ROUNDS = 300  # turns of the event loop that everything which can happen now gets


class HandRuntime(Runtime):
    """Time stands still until a test moves it, and what would block does so in its turn of the event loop."""

    def __init__(self, now: float = NOON) -> None:
        super().__init__()
        self._now, self._jumped = now, 0.0
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> float:
        return self._now + self._jumped

    def jump(self, seconds: float) -> None:
        """Set the machine's clock, while no time passes."""
        self._jumped += seconds

    def monotonic(self) -> float:
        return self._now

    def jitter(self, seconds: float) -> float:
        return seconds

    async def to_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        await asyncio.sleep(0)
        return function(*arguments)

    async def to_disk(self, function: Callable[..., T], *arguments: Any) -> T:
        await asyncio.sleep(0)
        return function(*arguments)

    async def beside_disk(self, function: Callable[..., T], *arguments: Any) -> T:
        return await self.to_disk(function, *arguments)

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._count), waiting))
        await waiting

    def alarm(self, seconds: float) -> asyncio.Future[None]:
        return asyncio.ensure_future(self.sleep(seconds))

    async def advance(self, seconds: float) -> None:
        """Move the clock; whoever sleeps until then wakes in order."""
        end = self._now + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= end:
            due, _, waiting = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            if not waiting.done():
                waiting.set_result(None)
                await self.settle()
        self._now = end
        await self.settle()

    async def settle(self) -> None:
        """Let everything happen that can happen without time passing."""
        for _ in range(ROUNDS):
            await asyncio.sleep(0)
