"""
The machine on which gateways run, one after the other: they start, die, stand still, stop, lose the store to another.
"""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Coroutine
from contextvars import copy_context
from pathlib import Path
from typing import Any

from gateway.store import sqlite_log
from gateway.store.base import Change
from tests.gateway.parts import Parts
from tests.guarantees import Violation
from tests.simulation.loop import PROCESS, Loop
from tests.simulation.process import EXPECTED, Process
from tests.simulation.runtime import Clock, SimulatedRuntime
from tests.simulation.store import SimulatedStore
from tests.simulation.town import ONE
from tests.simulation.vendor import Vendor
from tests.simulation.watch import Watch
from tests.simulation.weather import Weather


class Killed(KeyboardInterrupt):
    """The process dies here; a task lets nothing else through."""


class Machine:
    """What a run's processes share; the run itself fills in the rest. `counts` are the faults so far."""

    dice: random.Random
    weather: Weather
    loop: Loop
    clock: Clock
    folder: Path
    watch: Watch
    vendors: dict[str, Vendor]
    texts: float | None

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.process: Process | None = None
        self._former: list[Process] = []
        self._numbers = self._newest = self._storage = 0
        self._cut: set[int] = set()
        self._commit = sqlite_log.commit

    def note(self, what: str) -> None:
        """Write a line of history."""
        raise NotImplementedError

    def _parts(self, runtime: SimulatedRuntime, store: SimulatedStore) -> Parts:
        raise NotImplementedError

    def _begin(self) -> None:
        """Start a gateway."""
        if self.process is not None:
            return
        self._storage = storage = self._number()
        runtime = SimulatedRuntime(self.clock, self.loop, self.dice, self.weather, self._moment)
        store = SimulatedStore(self.folder, runtime, self.watch.look)
        store.owned, store.cut, store.linked = self._owned, self._is_cut, self.watch.links.learned
        process = self._make(runtime, store)
        context = copy_context()
        context.run(PROCESS.set, storage)

        async def open_it() -> None:
            await store.__aenter__()
            process.begin(self._ended)

        self.loop.create_task(open_it(), context=context)

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    def _make(self, runtime: SimulatedRuntime, store: SimulatedStore) -> Process:
        parts = self._parts(runtime, store)
        number = self._number()
        self.note(f"gateway {number} starts")
        self.process = Process(number, self.loop, runtime, parts, texts=self.texts)
        return self.process

    def _usurp(self, former: Process) -> None:
        """
        Another process becomes the owner. The former stands still meanwhile, then goes on where it stood, cut off from
        the world: it may still decide, and nothing of that may be stored.
        """
        self.note(f"gateway {former.number} is frozen, and another one takes over")
        self.counts["take-overs"] += 1
        self._cut.add(former.number)
        self.loop.freeze(former.number)
        former.cut_off()
        self._former.append(former)
        for vendor in self.vendors.values():
            vendor.hang_up()
        process = self._make(former.runtime, former.store)
        process.begin(self._ended)
        self.vendors[ONE].later(self.dice.random() * 20, self.loop.thaw, former.number)

    def _owned(self) -> None:
        self._newest = PROCESS.get()

    def _apply(self, db: sqlite3.Connection, change: Change) -> Any:
        """The store applies a decision, of which it has seen that its maker is the owner."""
        self.watch.committed(change.decider, self._newest)  # type: ignore[attr-defined]
        return self._commit(db, change)

    def _moment(self, which: str) -> None:
        if self.dice.random() < self.weather.crash_at_moment:
            self.note(f"killed {which}")
            self.counts[f"of them {which}"] += 1
            raise Killed

    def kill(self) -> None:
        """The gateway dies, between two callbacks."""
        process, self.process = self.process, None
        if process is None:
            return
        self.note(f"gateway {process.number} is killed")
        self.counts["kills"] += 1
        self._bury(process)
        self._again(process)

    def _bury(self, process: Process) -> None:
        for number in (self._storage, process.number, *(former.number for former in self._former)):
            self.loop.kill(number)
        self._former.clear()
        process.store.kill()
        for vendor in self.vendors.values():
            if vendor.listener is process.gate:
                vendor.hang_up()

    def _again(self, process: Process) -> None:
        self.vendors[ONE].later(self.dice.random() * 3, self._begin)

    def _ended(self, process: Process) -> None:
        self.note(f"gateway {process.number} ended: {process.ended}")
        if process.ended not in EXPECTED:
            self.watch.broken = Violation("end", f"the gateway ended by {process.ended}")
        if process is self.process:
            self.process = None
            self._bury(process)
            self._again(process)

    def _freeze(self, process: Process) -> None:
        """The gateway stands still for a while; nothing else does."""
        self.note(f"gateway {process.number} is frozen")
        self.counts["freezes"] += 1
        self.loop.freeze(process.number)
        self.vendors[ONE].later(self.dice.random() * 100, self.loop.thaw, process.number)

    def _is_cut(self) -> bool:
        return PROCESS.get() in self._cut

    def _work(self, gate: Any, work: Coroutine[Any, Any, None]) -> None:
        """Have the process behind a gate do something."""
        for process in (*self._former, self.process):
            if process is not None and process.gate is gate:
                process.spawn(work)
                return
        work.close()
