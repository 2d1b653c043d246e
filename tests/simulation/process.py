"""
One process of the gateway in the simulation: the real parts over a simulated disk, run as `Service` runs them.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from gateway.api.requests import Requests
from gateway.errors import Broken, Lost, Unwritable
from gateway.supervisor import Supervisor
from tests.gateway.parts import Parts
from tests.simulation.loop import PROCESS, Loop
from tests.simulation.runtime import SimulatedRuntime

PURGE_INTERVAL = 60.0  # seconds; so short that it falls into runs
GRACE = 10.0  # seconds that what is under way gets when the process is asked to stop
EXPECTED = (Lost.__name__, Broken.__name__, "stopped")
"""How a process may end by itself."""


class Process:
    """
    A gateway that runs. `visitors` are those at its door who wait for an answer, each a task of its own.

    Args:
        number: Its number, under which the loop kills or freezes it.
        texts: Seconds after which texts are erased; None: never.
    """

    def __init__(
        self, number: int, loop: Loop, runtime: SimulatedRuntime, parts: Parts, *, texts: float | None = None
    ) -> None:
        self.number, self._loop, self.runtime, self._texts = number, loop, runtime, texts
        self.directory = parts.world.directory
        self.store, self.owner, self.gate, self.outbox = parts.store, parts.owner, parts.gate, parts.outbox
        self.requests = Requests(parts.store, parts.world.directory, parts.admission, runtime)
        self.reloading = parts.reloading
        self.visitors = 0
        self._parts = parts
        self._supervisor = Supervisor(parts.accounts.values(), parts.gate, parts.health, parts.notices, runtime)
        self.context = copy_context()
        self.context.run(PROCESS.set, number)
        self.stop = asyncio.Event()
        self.ended: str | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self, ended: Callable[[Process], None]) -> None:
        """Start it; `ended` is called when it ends by itself."""

        def tell(task: asyncio.Task[Any]) -> None:
            error = task.exception()
            self.ended = type(error).__name__ if error is not None else "stopped"
            ended(self)

        task = self._loop.create_task(self._run(), context=self.context)
        task.add_done_callback(tell, context=self.context)

    @property
    def deciding(self) -> bool:
        """It is deciding something, and nothing of it is on its way to a vendor or to the disk."""
        store, outbox = self.store, self.outbox
        return bool(self.owner.running and self.owner._tasks) and not (
            store._jobs or store._riders or store._db.in_transaction or outbox._sending or self.ended
        )

    def cut_off(self) -> None:
        """Only its deciding goes on."""
        for task in self._tasks[1:]:
            task.cancel()

    def spawn(self, work: Any) -> None:
        """Have it do something besides, like answering a webhook."""
        self._loop.create_task(work, context=self.context.copy())

    async def _run(self) -> None:
        parts = (
            self.owner.run(self._parts.health.caught_up), self.outbox.run(), self._supervisor.run(),
            self._purge(),
        )  # fmt: skip
        self._tasks = tasks = [asyncio.create_task(part) for part in parts]
        stopping = asyncio.create_task(self.stop.wait())
        try:
            await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                tasks[2].cancel()
                await asyncio.gather(tasks[2], return_exceptions=True)
                await self.owner.drain(GRACE)
        finally:
            failed = next((t.exception() for t in tasks if t.done() and not t.cancelled() and t.exception()), None)
            for task in (*tasks, stopping):
                task.cancel()
            await asyncio.gather(*tasks, stopping, return_exceptions=True)
        if failed is not None:
            raise failed

    async def _purge(self) -> None:
        while True:
            with contextlib.suppress(Unwritable):
                await self.store.purge(self.runtime.now(), self._texts)
            await self.runtime.sleep(PURGE_INTERVAL)
