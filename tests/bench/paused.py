"""
What threads cost while they wait for a person, and what it costs to go on with one of them.

Stores with few and with many paused threads stand beside each other (`filled.py`), and are measured in turns. The
floor is a table of threads and one of what they wait for in bare SQLite, with the same payload: find it by its id, read
its state, move it on, one commit.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import socket
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from agent_core.addresses import ConversationKey
from gateway.store.sqlite_reader import FILE, SqliteReader
from tests.bench import agent, filled, gateway
from tests.bench.filled import FIRST, TEXT, Town
from tests.bench.measure import LOAD, SERVER, figure, folder, quantile, rest, size
from tests.bench.process import Process
from tests.bench.slack_side import RequestUrl, Slack
from tests.process import ROOT

FEW, SOME, MANY = 300, 10_000, 100_000  # paused threads in a store; a hundredth and forty where a run is short
ANSWERS, WARM = 60, 5  # of each store, in one run, and before they are timed
EARLIER = 1_250  # round trips in a conversation before the one that is measured: some 10,000 events
SAMPLES = 20  # of those, in one run
PRESSES = 64  # acknowledged, when the gateway is killed
LISTED = 50  # times
LITTLE = 5  # of what is done, where a run is short
STARTING = 0.1  # seconds until a gateway has learnt who has started how much in the last hour
ROOT_MESSAGE = "m1"
SCHEMA = (
    "CREATE TABLE threads (id TEXT PRIMARY KEY, version INT, status TEXT, state BLOB) WITHOUT ROWID",
    "CREATE TABLE pending (id TEXT PRIMARY KEY, thread TEXT, due INT, status TEXT, body BLOB) WITHOUT ROWID",
    "CREATE INDEX open ON pending (due) WHERE status = 'open'",
)


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """Fill the stores, and measure them in turns."""
    os.sched_setaffinity(0, SERVER)
    few, some, many = (size(count, seconds, few=count // 100 + 40) for count in (FEW, SOME, MANY))
    earlier, answered, listed = (size(count, seconds, few=LITTLE) for count in (EARLIER, ANSWERS, LISTED))
    with folder() as name:
        place = Path(name)
        started = Started(place)
        stores = {count: place / f"of-{count}" / "store" for count in (few, some, many)}
        for count, store in stores.items():
            await filled.fill(store, count)
        floor = Floor(place / "floor.sqlite", many)
        talks = {"short": place / "short", "long": place / "long"}
        await talk(talks["long"], started, FIRST, earlier)
        bytes_of = {count: sizes(store) for count, store in stores.items()}
        took: dict[Any, list[list[float]]] = {}
        for run in range(runs):
            for count, store in stores.items():
                took.setdefault(count, []).append(await answers(store, started, answered))
            for when, store in talks.items():
                took.setdefault(when, []).append(await after(store, started, FIRST, size(SAMPLES, seconds, few=LITTLE)))
            picked = random.sample(range(run, many, runs), answered)
            took.setdefault("floor", []).append([floor.answer(number) for number in picked])
            took.setdefault("floor due", []).append([floor.due() for _ in range(listed)])
            async with SqliteReader(stores[many]) as lists:
                for what, ask in LISTS.items():
                    took.setdefault(what, []).append([await timed(ask(lists)) for _ in range(listed)])
        floor.close()
        rows = told_of_answers(took, few, some, many) + told_of_sizes(bytes_of, some, many, floor.bytes)
        rows += await Processes(stores, seconds, runs).measure()
        started.close()
        return rows


LISTS: dict[str, Callable[[SqliteReader], Awaitable[Any]]] = {
    "`requests list --status open`": lambda lists: lists.requests(status="open"),
    "`requests list`": lambda lists: lists.requests(),
    "`threads list --status waiting`": lambda lists: lists.threads(status="waiting"),
    "`threads list`": lambda lists: lists.threads(),
    "counting what is under way, for the metrics": lambda lists: lists.counts(),
}


async def timed(work: Awaitable[Any]) -> float:
    """Tell how many seconds something takes."""
    began = time.perf_counter()
    await work
    return time.perf_counter() - began


def told_of_answers(took: dict[Any, list[list[float]]], few: int, some: int, many: int) -> list[dict[str, Any]]:
    """Rows of the times, in milliseconds."""
    p50 = {what: [quantile(run, 0.5) * 1e3 for run in several] for what, several in took.items()}
    p99 = {what: [quantile(run, 0.99) * 1e3 for run in several] for what, several in took.items()}
    floor = figure(f"floor: find, read, move on, one commit, of {many:,}", "ms p50", p50["floor"])
    first = figure(f"answer → tool started, one of {few:,} paused threads", "ms p50", p50[few], beside=floor)
    rows = [floor, first, figure("the same", "ms p99", p99[few])]
    for count in (some, many):
        rows.append(figure(f"one of {count:,}", "ms p50", p50[count], beside=first, aim="≤ 1.2 ×"))
        rows.append(figure("the same", "ms p99", p99[count], beside=rows[2] | {"what": first["what"]}))
    alone = figure("answer → tool started, first after a start, nothing earlier in the thread", "ms p50", p50["short"])
    rows.append(alone)
    rows.append(
        figure("the same, some 10,000 events of today before it", "ms p50", p50["long"], beside=alone, aim="≤ 1.2 ×")
    )
    due = figure(f"floor: the next 100 due of {many:,}", "ms p50", p50["floor due"])
    rows.append(due)
    return rows + [figure(f"{what}, of {many:,}", "ms p50", p50[what], beside=due, aim="≤ 2 ms") for what in LISTS]


def told_of_sizes(bytes_of: dict[int, dict[str, int]], some: int, many: int, floor: float) -> list[dict[str, Any]]:
    """Rows of the bytes of a paused thread on the disk."""
    bare = figure("floor: bytes of a paused thread, 350 of them its payload", "B", [floor])
    rows = [bare]
    for count in (some, many):
        whole = sum(size for table, size in bytes_of[count].items() if table != "blobs") / count
        rows.append(figure(f"bytes of a paused thread, of {count:,}", "B", [whole], beside=bare, aim="≤ 1,700 B"))
    tables = {table: size / many for table, size in bytes_of[many].items() if size / many >= 10}
    rows += [figure(f"of these in `{table}`", "B", [size]) for table, size in tables.items() if table != "blobs"]
    return [*rows, figure("besides: the vendor's payload, for 7 days", "B", [tables.get("blobs", 0.0)])]


class Started:
    """Hears from the tool of `agent.py` that it was started."""

    def __init__(self, place: Path) -> None:
        self._heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._heard.bind(str(place / "told"))
        os.environ[agent.TOLD] = str(place / "told")
        self._next: asyncio.Future[float] | None = None
        asyncio.get_running_loop().add_reader(self._heard, self._take)

    def _take(self) -> None:
        at = float(self._heard.recv(1_000).rsplit(maxsplit=1)[1])
        if self._next is not None and not self._next.done():
            self._next.set_result(at)

    def next(self) -> asyncio.Future[float]:
        """The time of the next start, by the clock that all processes share."""
        self._next = asyncio.get_running_loop().create_future()
        return self._next

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._heard)
        self._heard.close()


async def answer(town: Town, started: Started, key: ConversationKey, request: str) -> float:
    """Approve, and wait until the agent has said so; gives the seconds until its tool started."""
    said, begun = town.sent(key, "say"), started.next()
    pressed = time.monotonic()
    await town.press(key, request)
    took = await begun - pressed
    await said
    return took


async def answers(store: Path, started: Started, count: int) -> list[float]:
    """Go on with some threads, chosen by chance, one after another; none of them is in memory."""
    async with Town(store) as town:
        took = [await answer(town, started, *one) for one in waiting(store, WARM + count)]
    return took[WARM:]


def waiting(store: Path, count: int) -> list[tuple[ConversationKey, str]]:
    """Choose some that wait: their conversations and requests."""
    with closing(sqlite3.connect(store / FILE)) as db:
        rows = db.execute(
            "SELECT c.key, r.id FROM requests r JOIN conversations c ON c.id = r.conversation WHERE r.status = 'open'"
        ).fetchall()
    return [(ConversationKey(key), request) for key, request in random.sample(rows, count)]


async def after(store: Path, started: Started, number: int, samples: int) -> list[float]:
    """Ask at one root of a conversation and let go of it, then go on with it; so a few times."""
    took = []
    for _ in range(samples):
        async with Town(store) as town:
            request = await town.ask(number, next(filled.NUMBERS), root=ROOT_MESSAGE)
        async with Town(store) as town:
            await asyncio.sleep(STARTING)
            took.append(await answer(town, started, filled.place(number), request))
    return took


async def talk(store: Path, started: Started, number: int, trips: int) -> None:
    """Let a conversation have been long."""
    async with Town(store) as town:
        for _ in range(trips):
            request = await town.ask(number, next(filled.NUMBERS), root=ROOT_MESSAGE)
            await answer(town, started, filled.place(number), request)


def sizes(store: Path) -> dict[str, int]:
    """How many bytes of the file each table takes, its indexes included, in whole pages."""
    with closing(sqlite3.connect(store / FILE)) as db:
        return dict(
            db.execute(
                "SELECT s.tbl_name, SUM(d.pgsize) FROM dbstat d JOIN sqlite_schema s ON s.name = d.name"
                " GROUP BY s.tbl_name ORDER BY 2 DESC"
            )
        )


class Floor:
    """Paused threads in a table, and what they wait for in another one."""

    def __init__(self, file: Path, count: int) -> None:
        self._db, self.count = sqlite3.connect(file, isolation_level=None), count
        state = json.dumps({"messages": [{"role": "user", "content": TEXT}, {"call": "act", "arguments": TEXT}]})
        ask = json.dumps({"tool": "act", "arguments": TEXT, "options": ["approve", "deny"]})
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *SCHEMA):
            self._db.execute(statement)
        self._db.execute("BEGIN")
        self._db.executemany("INSERT INTO threads VALUES (?, 2, 'paused', ?)", ((f"t{n}", state) for n in range(count)))
        self._db.executemany(
            "INSERT INTO pending VALUES (?, ?, ?, 'open', ?)", ((f"p{n}", f"t{n}", n, ask) for n in range(count))
        )
        self._db.execute("COMMIT")
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self.bytes = file.stat().st_size / count

    def answer(self, number: int) -> float:
        """Find it by what it waits for, read it, move it on; gives the seconds that took."""
        db, began = self._db, time.perf_counter()
        db.execute("BEGIN IMMEDIATE")
        (thread,) = db.execute("SELECT thread FROM pending WHERE id = ?", (f"p{number}",)).fetchone()
        (state,) = db.execute("SELECT state FROM threads WHERE id = ?", (thread,)).fetchone()
        db.execute("UPDATE pending SET status = 'answered' WHERE id = ?", (f"p{number}",))
        db.execute("UPDATE threads SET version = 3, state = ? WHERE id = ?", (json.dumps(json.loads(state)), thread))
        db.execute("COMMIT")
        return time.perf_counter() - began

    def due(self) -> float:
        """List the next hundred; gives the seconds that took."""
        began = time.perf_counter()
        self._db.execute("SELECT id FROM pending WHERE status = 'open' ORDER BY due LIMIT 100").fetchall()
        return time.perf_counter() - began

    def close(self) -> None:
        self._db.close()


class Processes:
    """A real `ringback serve` over the stores; Slack's side of it is here."""

    def __init__(self, stores: dict[int, Path], seconds: float, runs: int) -> None:
        self._few, _, self._many = stores.values()
        self._counts, self._seconds, self._runs = list(stores), seconds, runs
        self._presses = size(PRESSES, seconds, few=LITTLE)

    async def measure(self) -> list[dict[str, Any]]:
        """Start it over few and over many, in turns; at last kill it over many, with answers acknowledged."""
        os.sched_setaffinity(0, LOAD)
        ready: dict[Path, list[float]] = {self._few: [], self._many: []}
        memory: dict[Path, list[float]] = {self._few: [], self._many: []}
        listed: list[float] = []
        again: list[float] = []
        for _ in range(self._runs):
            for store in (self._few, self._many):
                took, held = await self._start(store)
                ready[store].append(took)
                memory[store].append(held)
            listed.append(await self._list())
            again.append(await self._kill())
        few, many = self._counts[0], self._counts[-1]
        first = figure(f"`ringback serve` → `/readyz`, {few:,} paused threads", "s", ready[self._few])
        held = figure(f"its memory at rest, {few:,} paused threads", "MiB", memory[self._few])
        return [
            first,
            figure(f"the same, {many:,}", "s", ready[self._many], beside=first),
            figure(
                f"kill -9 after {self._presses} answers are acknowledged; from the next start until all are decided",
                "s",
                again,
            ),
            held,
            figure(f"the same, {many:,}", "MiB", memory[self._many], beside=held, aim="≤ 1.05 ×"),
            figure(f"`ringback requests list`, the whole command, {many:,}", "s", listed),
        ]

    async def _start(self, store: Path) -> tuple[float, float]:
        async with Slack() as slack:
            process = Process(store.parent, gateway.settings(store.parent, slack, "http"))
            try:
                took = await process.ready()
                await rest(self._seconds)
                return took, process.resident()
            finally:
                process.end()

    async def _kill(self) -> float:
        """Kill it when answers are acknowledged; gives the seconds of the next start until all of them are decided."""
        folder = self._many.parent
        async with Slack() as slack:
            secrets = gateway.settings(folder, slack, "http")
            process = Process(folder, secrets)
            await process.ready()
            door = RequestUrl(process.port, gateway.REQUEST_URL)
            pressed = [press(slack, key, request) for key, request in waiting(self._many, self._presses)]
            await asyncio.gather(*map(door.hand, pressed))
            process.end(signal.SIGKILL)
            door.close()
            process = Process(folder, secrets)
            try:
                await process.ready()
                with closing(sqlite3.connect(self._many / FILE)) as db:
                    while db.execute("SELECT 1 FROM conversations WHERE ready = 1 LIMIT 1").fetchone():
                        await asyncio.sleep(0.01)
                return time.monotonic() - process.began
            finally:
                process.end()

    async def _list(self) -> float:
        """Let the command line list what is open."""
        began = time.monotonic()
        command = [sys.executable, "-m", "gateway.cli", "requests", "list", "--data", str(self._many)]
        process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL)
        assert await process.wait() == 0
        return time.monotonic() - began


def press(slack: Slack, key: ConversationKey, request: str) -> dict[str, Any]:
    """What Slack sends when Ana presses Approve."""
    text = {"type": "plain_text", "text": "Approve"}
    button = {"type": "button", "action_id": "ringback.approve", "text": text, "value": request}
    return slack.press(filled.ANA, key.rpartition("/")[2], slack.ts(), button)
