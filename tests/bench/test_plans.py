"""
No statement looks through what has ended, or through what waits: how a store works on one conversation does not depend
on how many others it holds.

The statements are those that a gateway really runs, as SQLite sees them, and their plans are SQLite's own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agent_core.requests import Decision
from gateway.store.sqlite import SqliteStore
from tests.gateway.agents import World
from tests.gateway.house import ANA, OPS, RITA, House
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime

SMALL = ("restores", "deliveries_lane", "deliveries_due", "conversations_ready")
"""A table of a few rows, and indexes of what is under way: these may be gone through from end to end."""


@contextmanager
def statements(*connections: sqlite3.Connection) -> Iterator[set[str]]:
    """Collect what is run, with its values."""
    seen: set[str] = set()
    for db in connections:
        db.set_trace_callback(seen.add)
    yield seen
    for db in connections:
        db.set_trace_callback(None)


def scans(store: SqliteStore, seen: set[str]) -> list[str]:
    """Give what goes through a table or an index from end to end, and is not small."""
    found = []
    for statement in sorted(seen):
        if not statement.startswith(("SELECT", "UPDATE", "DELETE", "INSERT")):
            continue
        for *_, step in store._db.execute(f"EXPLAIN QUERY PLAN {statement}"):
            if step.startswith("SCAN") and not step.endswith(("CONSTANT ROW", *SMALL)):
                found.append(f"{step}: {statement}")
    return found


async def test_no_step_of_a_round_trip_looks_through_a_table(tmp_path: Path):
    """
    Asking, showing, answering, starting, telling: every statement finds its rows by a key.
    """
    runtime = HandRuntime()
    world = World()
    channel = Loopback(runtime.now)
    async with House(tmp_path, runtime, channel, [world.deployer(world.deploy())]) as house:
        with statements(house.store._db, house.store._reader) as seen:
            await house.write(RITA, "go")
            await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
            await house.write(ANA, "thanks", at=OPS, under=house.card(OPS).id)
        assert [("ended", "done")] == await house.status()

        assert len(seen) > 100
        assert [] == scans(house.store, seen - {"COMMIT"})
