"""
What a round trip is measured against: what has to be stored of it, and nothing decided.

- In process: the rows of a trip, in the gateway's own tables, in five commits of bare SQLite (WAL, synchronous=FULL);
  receipts ride with the next one. Whoever waits shares a commit.
- Over HTTP: two signed requests, four commits of a few rows, under the same web server. What goes out is one line on a
  connection. Started as `python -m tests.bench.floor_trip FOLDER PORT`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from gateway.store.sqlite_file import migrations
from tests.bench.floors import BATCH, over_http
from tests.bench.measure import folder
from tests.bench.slack_side import SECRET

ROWS = "floor: its rows in bare SQLite, five shared commits"
HTTP = "floor: two signed requests, four shared commits"

Job = Callable[[sqlite3.Connection], Any]


class Shared:
    """A database that a thread of its own writes; whoever waits shares a commit."""

    def __init__(self, file: Path, schema: str) -> None:
        self._file, self._schema = file, schema
        self._queue: queue.SimpleQueue[tuple[Job, asyncio.Future[Any]] | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()

    def do(self, job: Job) -> asyncio.Future[Any]:
        waiting: asyncio.Future[Any] = self._loop.create_future()
        self._queue.put((job, waiting))
        return waiting

    def close(self) -> None:
        """Write what is left, and end."""
        self._queue.put(None)
        self._thread.join()

    def _write(self) -> None:
        db = sqlite3.connect(self._file, isolation_level=None)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.executescript(self._schema)
        ending = False
        while not ending:
            batch = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < BATCH:
                    batch.append(self._queue.get_nowait())
            ending = None in batch
            jobs = [one for one in batch if one is not None]
            db.execute("BEGIN IMMEDIATE")
            results = [job(db) for job, _ in jobs]
            db.execute("COMMIT")
            self._loop.call_soon_threadsafe(_tell, jobs, results)
        db.close()


def _tell(batch: list[tuple[Job, asyncio.Future[Any]]], results: list[Any]) -> None:
    for (_, waiting), result in zip(batch, results, strict=True):
        waiting.set_result(result)


# In process ----------------------------------------------------------------------------------------------------------

RAW, EVENT, CARD, STATE = b"r" * 500, b"e" * 250, b"c" * 700, b'{"applied":1,"codes":1,"sent":1}'
NOW, LATER = 1.7e9, 1.8e9


@asynccontextmanager
async def rows() -> AsyncIterator[Trips]:
    """A folder with the gateway's tables in it, and who writes them."""
    with folder() as name:
        shared = Shared(Path(name) / "floor.sqlite", "".join(migrations()))
        yield Trips(shared)
        shared.close()


class Trips:
    """Stores what a trip stores, each in a conversation of its own."""

    def __init__(self, shared: Shared) -> None:
        self._shared, self._numbers = shared, itertools.count(1)

    async def one(self, _: int) -> None:
        """A whole trip."""
        trip = Trip(next(self._numbers))
        await self._shared.do(trip.message)
        await self._shared.do(trip.ask)
        self._shared.do(lambda db: trip.sent(db, "a"))
        await self._shared.do(trip.press)
        await self._shared.do(trip.start)
        self._shared.do(lambda db: trip.sent(db, "b"))
        await self._shared.do(trip.end)
        self._shared.do(lambda db: trip.sent(db, "c"))
        self._shared.do(lambda db: trip.sent(db, "d"))


class Trip:
    """The statements of one trip."""

    def __init__(self, number: int) -> None:
        self.number, self.id = number, f"{number:026d}"
        self.key = f"slack:T0BENCH/C{number:08d}"

    def _fact(self, db: sqlite3.Connection, seq: int) -> None:
        key = f"{self.id}/{seq}"
        db.execute("SELECT seq FROM dedupe WHERE key = ?", (key,)).fetchone()
        db.execute("SELECT id, version FROM conversations WHERE key = ?", (self.key,)).fetchone()
        if seq == 1:
            db.execute("INSERT INTO conversations (id, key) VALUES (?, ?)", (self.number, self.key))
        self._event(db, seq, None)
        db.execute("UPDATE conversations SET version = ?, ready = 1 WHERE id = ?", (seq, self.number))
        db.execute("INSERT INTO dedupe (key, seq, expires) VALUES (?, ?, ?)", (key, seq, LATER))
        db.execute("INSERT INTO blobs (digest, body, expires) VALUES (?, ?, ?)", (f"{self.id}{seq}", RAW, LATER))

    def _event(self, db: sqlite3.Connection, seq: int, thread: str | None) -> None:
        db.execute(
            "INSERT INTO events (conversation, seq, at, thread, body) VALUES (?, ?, ?, ?, ?)",
            (self.number, seq, NOW, thread, EVENT),
        )

    def _decide(self, db: sqlite3.Connection, version: int, events: int, ready: int) -> None:
        db.execute("SELECT id, version FROM conversations WHERE key = ?", (self.key,)).fetchone()
        for seq in range(version - events + 1, version + 1):
            self._event(db, seq, self.id)
        db.execute(
            "UPDATE conversations SET version = ?, ready = ?, state = ? WHERE id = ?",
            (version, ready, STATE, self.number),
        )

    def _deliver(self, db: sqlite3.Connection, which: str, kind: str, target: str | None, status: str) -> None:
        db.execute(
            "INSERT INTO deliveries (id, conversation, kind, status, request, target, attempts, due, deadline,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, 1, ?, ?, ?)",
            (f"{self.id}{which}", self.number, kind, status, self.id, target, NOW, LATER, NOW),
        )
        db.execute("INSERT INTO delivery_bodies (id, body) VALUES (?, ?)", (f"{self.id}{which}", CARD))

    def message(self, db: sqlite3.Connection) -> None:
        """Somebody writes."""
        self._fact(db, 1)

    def ask(self, db: sqlite3.Connection) -> None:
        """The run begins, its model's answer, the request, its card."""
        self._decide(db, 4, 3, 0)
        db.execute("INSERT INTO blobs (digest, body, expires) VALUES (?, ?, ?)", (self.id, RAW, LATER))
        db.execute(
            "INSERT INTO threads (id, conversation, root, agent, version, branch, status, note, updated_at, run_seq)"
            " VALUES (?, ?, '', 'clerk', '1', 'main', 'waiting', '', ?, 2)",
            (self.id, self.number, NOW),
        )
        db.execute(
            "INSERT INTO requests (id, conversation, opened_seq, thread, status, due, patience, body)"
            " VALUES (?, ?, 4, ?, 'open', ?, 86400, ?)",
            (self.id, self.number, self.id, LATER, b"{}"),
        )
        db.execute(
            "INSERT INTO copies (conversation, request, until, body) VALUES (?, ?, 9e15, ?)",
            (self.number, self.id, CARD),
        )
        self._deliver(db, "a", "ask", None, "claimed")

    def press(self, db: sqlite3.Connection) -> None:
        """Somebody presses."""
        self._fact(db, 5)

    def start(self, db: sqlite3.Connection) -> None:
        """The answer counts, the request is settled, the tool starts; the card changes."""
        self._decide(db, 8, 3, 1)
        db.execute("UPDATE threads SET status = 'running', updated_at = ? WHERE id = ?", (NOW, self.id))
        db.execute("UPDATE requests SET status = 'approved', body = ? WHERE id = ?", (EVENT, self.id))
        self._change_copy(db)
        self._deliver(db, "b", "settle", f"{self.id}a", "claimed")

    def end(self, db: sqlite3.Connection) -> None:
        """The tool's result, what the agent says, the run ends; the card changes again."""
        self._decide(db, 11, 3, 0)
        db.execute("UPDATE threads SET status = 'ended', updated_at = ? WHERE id = ?", (NOW, self.id))
        self._change_copy(db)
        self._deliver(db, "c", "settle", f"{self.id}a", "claimed")
        self._deliver(db, "d", "say", None, "new")

    def _change_copy(self, db: sqlite3.Connection) -> None:
        db.execute(
            "UPDATE copies SET until = ?, body = ? WHERE conversation = ? AND request = ?",
            (NOW, CARD, self.number, self.id),
        )

    def sent(self, db: sqlite3.Connection, which: str) -> None:
        """A receipt; the first card's starts the deadline, that of the one before the last claims the last."""
        db.execute(
            "UPDATE deliveries SET status = 'sent', due = NULL, message_id = ?, receipt = ? WHERE id = ?",
            (which, b'{"place":"C00000001","message_id":"m1","at":1700000000.0}', f"{self.id}{which}"),
        )
        db.execute("DELETE FROM delivery_bodies WHERE id = ?", (f"{self.id}{which}",))
        if which == "a":
            db.execute("UPDATE requests SET first_sent = ?, due = ? WHERE id = ?", (NOW, LATER, self.id))
        if which == "c":
            db.execute("UPDATE deliveries SET status = 'claimed' WHERE id = ?", (f"{self.id}d",))


# Over HTTP -----------------------------------------------------------------------------------------------------------

SCHEMA = """
CREATE TABLE facts (seq INTEGER PRIMARY KEY, thread TEXT, kind TEXT, body BLOB);
CREATE TABLE dedupe (key TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE threads (id TEXT PRIMARY KEY, version INT, status TEXT, state BLOB) WITHOUT ROWID;
"""
ASK = {"tool": "refund", "arguments": {"order": 1234, "amount": 99.5}, "options": ["approve", "deny"]}


def program(place: Path, out: int) -> list[str]:
    """How the floor over HTTP is started."""
    return ["tests.bench.floor_trip", str(place), str(out)]


def put(thread: str, key: str, version: int, status: str, state: bytes | None, fact: bytes) -> Job:
    """Store a fact, and how the thread stands after it, if it stands at this version; gives its state before."""

    def job(db: sqlite3.Connection) -> Any:
        if key and not db.execute("INSERT OR IGNORE INTO dedupe VALUES (?)", (key,)).rowcount:
            return None
        db.execute("INSERT INTO facts (thread, kind, body) VALUES (?, ?, ?)", (thread, status, fact))
        if version == 0:
            return db.execute("INSERT INTO threads VALUES (?, 1, ?, ?)", (thread, status, state)).rowcount
        found = db.execute(
            "UPDATE threads SET version = version + 1, status = ?, state = COALESCE(?, state)"
            " WHERE id = ? AND version = ? RETURNING state",
            (status, state, thread, version),
        ).fetchone()
        return found[0] if found else None

    return job


def trips(shared: Shared, say: Callable[[str], None]) -> Any:
    """Plain ASGI: verify, store, 200; then what follows from it, stored before it is said."""
    key, tasks = SECRET.encode(), set[asyncio.Task[None]]()

    async def ask(place: str, text: str) -> None:
        await asyncio.sleep(0)  # the model
        state = json.dumps({"messages": [text, ASK]}).encode()
        assert await shared.do(put(place, "", 1, "paused", state, json.dumps(ASK).encode()))
        say(f"ask {place} {place}")

    async def go_on(place: str, stored: bytes) -> None:
        state = json.loads(stored)
        state["messages"].append("approved")
        assert await shared.do(put(place, "", 3, "done", json.dumps(state).encode(), b"done"))
        say(f"say {place} done")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = dict(scope["headers"])
        stamp = headers[b"x-slack-request-timestamp"]
        expected = b"v0=" + hmac.new(key, b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest().encode()
        assert abs(time.time() - int(stamp)) < 300
        assert hmac.compare_digest(expected, headers[b"x-slack-signature"])
        if headers[b"content-type"] == b"application/json":
            payload = json.loads(body)
            place, text = payload["event"]["channel"], payload["event"]["text"]
            assert await shared.do(put(place, payload["event_id"], 0, "runnable", body, body))
            following = ask(place, text)
        else:
            payload = json.loads(parse_qs(body.decode())["payload"][0])
            place = payload["channel"]["id"]
            stored = await shared.do(put(place, payload["trigger_id"], 2, "runnable", None, body))
            following = go_on(place, stored)
        task = asyncio.create_task(following)
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return app


async def serve(place: Path, out: int) -> None:
    """Run until it is killed."""
    _, writer = await asyncio.open_connection("127.0.0.1", out)
    shared = Shared(place / "floor.sqlite", SCHEMA)
    await over_http(trips(shared, lambda line: writer.write(f"{line}\n".encode())))


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), int(sys.argv[2])))
