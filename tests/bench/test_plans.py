"""
No statement looks through what has ended, or through what waits: how a store works on one conversation does not depend
on how many others it holds.

The statements are those that a gateway really runs, as SQLite sees them, and their plans are SQLite's own.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from agent_core.requests import Decision
from gateway.store.sqlite import SqliteStore
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OPS, RITA, House
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime

SMALL = ("restores", "links", "deliveries_lane", "deliveries_due", "conversations_ready")
"""Tables of a few rows, and indexes of what is under way: these may be gone through from end to end."""


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


async def test_no_start_looks_through_a_table(tmp_path: Path):
    """
    Owning, recovering, opening the timers, learning who has started how much: none of it grows with what is stored.
    """
    async with stored(tmp_path) as store:
        with statements(store._db, store._reader) as seen:
            await store.own()
            await store.recover()
            await store.due_deliveries(store.now())
            await store.next_delivery(store.now())
            store.open_timers()
            store._take()
            assert [] != await store.starts(store.now() - 3_600)
            await store.links()
            await store.restored_at()
        assert len(seen) > 10
        assert [] == scans(store, seen)


async def test_a_list_begins_where_it_is_asked_to(tmp_path: Path):
    """
    The next hundred requests, the newest hundred threads and deliveries are read in their order, and nothing is sorted.
    """
    async with stored(tmp_path) as store:
        with statements(store._reader) as seen:
            assert 1 == len(await store.requests(status="open", most=1))
            assert 1 == len(await store.requests(most=1))
            assert 1 == len(await store.threads(most=1))
            assert 2 == len(await store.threads(status="waiting"))
            assert 4 == len(await store.deliveries(most=4))
        steps = [step for one in seen for *_, step in store._db.execute(f"EXPLAIN QUERY PLAN {one}")]
        assert [] == [step for step in steps if "TEMP B-TREE" in step]


async def test_what_is_under_way_is_counted_in_indexes(tmp_path: Path):
    """
    Counting for the metrics reads the indexes of what has not ended, and looks none of it up.
    """
    async with stored(tmp_path) as store:
        with statements(store._reader) as seen:
            counts = await store.counts()
        assert (2, {"waiting": 2}) == (counts.requests, counts.threads)
        steps = [step for one in seen for *_, step in store._db.execute(f"EXPLAIN QUERY PLAN {one}")]
        assert [] == [step for step in steps if "SCAN" in step and "COVERING" not in step and not step.endswith(SMALL)]


@asynccontextmanager
async def stored(folder: Path) -> AsyncIterator[SqliteStore]:
    """A store in which two threads wait, opened anew."""
    runtime = HandRuntime()
    world = World()
    async with House(folder, runtime, Loopback(runtime.now), [world.deployer(world.deploy())]) as house:
        for user in (RITA, BEN):
            await house.write(user, "go")
        assert [("waiting", "Approve deploy?")] * 2 == await house.status()
    async with SqliteStore(folder, runtime) as store:
        yield store
