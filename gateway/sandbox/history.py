"""
What became of the gateway since the sandbox was started: begun, killed, ended, and what its store held each time.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from gateway.sandbox.child import Gateway
from gateway.sandbox.records import Json

MOST = 8  # turns kept


class History:
    """
    Watches a gateway.

    Args:
        stock: Counts what the store holds.
        tell: Called when there is more to tell.
    """

    def __init__(self, gateway: Gateway, stock: Callable[[], Awaitable[Json]], tell: Callable[[], None]) -> None:
        self._gateway = gateway
        self._stock = stock
        self._tell = tell
        self._counting: set[asyncio.Task[None]] = set()
        self.turns: list[Json] = []
        gateway.watch(self._note)

    def _note(self) -> None:
        standing = self._gateway.standing
        turn: Json = {"at": time.time(), "phase": standing.phase, "pid": standing.pid, "code": standing.code}
        self.turns = [*self.turns[1 - MOST :], turn]
        counting = asyncio.create_task(self._count(turn))
        self._counting.add(counting)
        counting.add_done_callback(self._counting.discard)

    async def _count(self, turn: Json) -> None:
        """A dead gateway writes nothing, and one that begins takes longer to open its store than we to count."""
        turn["held"] = await self._stock()
        self._tell()
