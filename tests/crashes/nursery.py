"""
Makes gateway processes that are up at once: everything is imported here, and each start is a fork.

One JSON object a line in (`config`, `cwd`, `log`, `settle`, `skew`, `plan`, `fault`), two out: `{"pid": …}` when it is
started, `{"status": …}` when it has died. `skew` is by how many seconds its clock is wrong at the start, and from a
commit on. A plan kills the process from inside at a commit's boundary: `before` it reaches the disk, or `after` it did
and before anybody is told; the commit is the n-th one, or the first that holds an event of a type. What it held is left
in `deaths.jsonl`. A fault is one of the simulation's deliberate ones, by name.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sqlite3
import sys
from pathlib import Path
from typing import Any

import adapters.slack.listen
import tests.crashes.agent  # noqa: F401 (so that a fork need not)
from agent_core.log import Record
from gateway import bootstrap, settings, telemetry
from gateway.cli import serving
from gateway.runtime import Runtime
from gateway.store import sqlite_lanes, sqlite_log
from gateway.store.base import Fate
from gateway.store.sqlite import SqliteStore
from tests import warm
from tests.simulation.mutations import MUTATIONS

DEATHS = Path("deaths.jsonl")


class SkewedRuntime(Runtime):
    """A machine whose clock is wrong, and is set while the gateway runs. Its monotonic clock is right."""

    def __init__(self, skew: float) -> None:
        super().__init__()
        self.skew = skew

    def now(self) -> float:
        return super().now() + self.skew


class Boundaries:
    """The commits of this process, and what each holds."""

    def __init__(self, runtime: SkewedRuntime, order: dict[str, Any]) -> None:
        self._runtime, self._plan, self._step = runtime, order["plan"] or {}, order["skew"][1]
        self._count, self._holds = 0, set[str]()
        self._insert, self._record = sqlite_log._insert_events, sqlite_lanes.record
        self._commit = SqliteStore._commit

    def watch(self) -> None:
        """Stand between the gateway and its store."""
        sqlite_log._insert_events = self._note_events
        sqlite_lanes.record = self._note_fate
        SqliteStore._commit = lambda store: self._cross(store)  # type: ignore[method-assign,assignment]

    def _note_events(self, db: sqlite3.Connection, conversation: int, records: list[Record]) -> None:
        self._holds.update(type(record.event).__name__ for record in records)
        self._insert(db, conversation, records)

    def _note_fate(self, db: sqlite3.Connection, fate: Fate, now: float) -> Any:
        self._holds.add(f"delivery {fate.status}")
        return self._record(db, fate, now)

    async def _cross(self, store: SqliteStore) -> None:
        self._count += 1
        holds, self._holds = self._holds, set()
        if self._count == 3:
            self._runtime.skew += self._step
        fatal = self._plan.get("commit") == self._count or self._plan.get("holds") in holds
        if fatal and self._plan["when"] == "before":
            die("before", holds)
        await self._commit(store)
        if fatal:
            die("after", holds)


def die(when: str, holds: set[str]) -> None:
    """Leave word of where, and be killed."""
    with DEATHS.open("a") as deaths:
        deaths.write(json.dumps({"when": when, "holds": sorted(holds)}) + "\n")
    os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Fork for every line that comes in."""
    warm.up()
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            serve(order)
        print(json.dumps({"pid": pid}), flush=True)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"status": status}), flush=True)


def serve(order: dict[str, Any]) -> None:
    """Be the gateway, as `ringback serve` is, until killed."""
    os.chdir(order["cwd"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    adapters.slack.listen.LOOK = 0.05  # the emulator sends what waited at once, and timers wait for that
    runtime = SkewedRuntime(order["skew"][0])
    Boundaries(runtime, order).watch()
    config = Path(order["config"])
    loaded = settings.load(config)
    telemetry.configure("info", bootstrap.secrets(loaded))
    service = bootstrap.build(loaded, str(config), runtime=runtime, settle=order["settle"])
    if order["fault"] is not None:
        MUTATIONS[order["fault"]].apply().__enter__()
    try:
        asyncio.run(serving.until_signal(service.run))
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    main()
