"""
The embedded store: one SQLite file, one process, group commit.

**How it writes.** One connection, at most one open transaction. Whoever wants to write puts a job into a queue and
waits. The writer takes what has gathered (at most `BATCH`), runs the statements on the event loop, and commits in the
disk's own thread: one fsync for all of them. While the disk works, the loop serves others and the next batch gathers.
Nobody hears of success before their batch is on the disk.

**What a crash leaves.** WAL with `synchronous=FULL`: a batch is there as a whole or not at all. Before the commit
returned nobody was told, so a lost batch is an unacknowledged webhook (sent again), an undecided fact (decided again)
or an unrecorded fate (looked for). A delivery is `claimed` on disk before it is sent.

**What an error leaves.** Refusals (Conflict, Lost) are found before a job's first write. An unexpected error rolls the
whole batch back, and its jobs run again one by one, so that one bad job harms nobody else. A full disk fails the jobs
with Unwritable. When COMMIT itself fails for another reason nobody knows what reached the disk: the store is Broken,
and the process leaves, to open the file again.

**Who reads.** A second connection, which sees only what is committed. A third one moves what is committed from the log
into the file (`sqlite_wal.py`).

One process owns the data folder by an exclusive lock on its `lock` file; the kernel drops it when the process dies, so
a new owner knows that the old one is gone.
"""

from __future__ import annotations

import asyncio
import functools
import sqlite3
from collections import deque
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar, cast

from adapters.base import Accepted, Duplicate, Receipt
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.log import Record
from gateway.errors import Broken, Busy, Lost, StoreError, Unwritable
from gateway.runtime import Runtime
from gateway.store import (
    sqlite_audit,
    sqlite_backup,
    sqlite_erasure,
    sqlite_file,
    sqlite_lanes,
    sqlite_links,
    sqlite_log,
    sqlite_retention,
)
from gateway.store.base import Change, Committed, Fact, Fate, Need, Ownership, Ready, Snapshot
from gateway.store.rows import DAY, Copy, Delivery, Link, Timer
from gateway.store.sqlite_reader import DISK_FULL, SqliteReader, code_of, damaged, is_damage, reading
from gateway.store.sqlite_wal import Checkpoints

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]

BATCH = 256  # jobs in one transaction
RIDE = 0.05  # seconds that a fate which is not pressing waits for a write to ride with
UNSENT_DAYS = 1  # days that a delivery which was taken up again is tried
IN_USE = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}


class SqliteStore(SqliteReader):
    """
    The store in a folder.

    Raises:
        SettingsError: Nothing can be written in the folder.
        Locked: Another process has the folder.
        TooNew: The data was written by a newer version.
        Unreadable: The file is damaged, or locked by another program.
    """

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        super().__init__(folder)
        self._runtime = runtime
        self._jobs: deque[tuple[Job, asyncio.Future[Any]]] = deque()
        self._riders: deque[tuple[Job, asyncio.Future[Any]]] = deque()
        self._rewrites: list[asyncio.Future[None]] = []
        self._work = asyncio.Event()
        self._woken: dict[ConversationKey, list[Record]] = {}
        self._reload: dict[ConversationKey, None] = {}
        self._wake = asyncio.Event()
        self._next_timer: float | None = 0.0
        self._handed: dict[str, float] = {}  # timers given out, and when each was due: one moved since is given anew
        self._timers_open = False
        self._decided = asyncio.Event()
        self._decided.set()
        self._token = ""
        self._watched: dict[ConversationKey, asyncio.Future[None]] = {}
        self._broken: Broken | None = None
        self._clock, self._looked = 0.0, runtime.monotonic()
        self._closing = False
        self.committed: Callable[[int, float], None] = lambda writes, seconds: None

    async def __aenter__(self) -> SqliteStore:
        self._lock = sqlite_file.lock(self._folder)
        try:
            sqlite_backup.finish(self._folder)
            with reading():
                self._db = sqlite_file.connect(self._folder)
        except BaseException:
            self._lock.close()
            raise
        self._open()
        self._checkpoints = Checkpoints(self._folder, self._runtime)
        self._writer = asyncio.create_task(self._write(), name="store-writer")
        self._writer.add_done_callback(self._writer_ended)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closing = True
        self._work.set()
        await asyncio.gather(self._writer, return_exceptions=True)
        await self._checkpoints.close()
        self._reader.close()
        self._db.close()
        self._lock.close()

    # Writing ---------------------------------------------------------------------------------------------------------

    async def append(self, fact: Fact) -> Accepted | Duplicate | None:
        result, ready = await self._do(lambda db: sqlite_log.append(db, fact, self.now()))
        if ready is not None:
            self._hand_over([ready])
        return cast(Accepted | Duplicate | None, result)

    async def mark(self, account: str, value: str) -> None:
        row = (account, value, self.now())
        await self._do(lambda db: db.execute("INSERT OR REPLACE INTO marks (account, value, at) VALUES (?, ?, ?)", row))

    async def own(self) -> Ownership:
        self._token = self._runtime.token()
        self._handed.clear()
        with self._reading():
            rows = self._reader.execute("SELECT key FROM conversations WHERE ready = 1")
            self._reload = dict.fromkeys(ConversationKey(key) for (key,) in rows)
        self._wake.set()
        return Ownership(self._token)

    async def commit(self, change: Change) -> Committed:
        def job(db: sqlite3.Connection) -> tuple[int, tuple[Delivery, ...], list[Ready]]:
            if change.ownership.token != self._token:
                raise Lost(Lost.__doc__)
            return sqlite_log.commit(db, change)

        version, claimed, woken = await self._do(job)
        self._tell_watchers(change.conversation)
        for name in (*change.clear, *(row.id for row in change.requests)):
            self._handed.pop(name, None)
        if change.timers or change.requests:
            self._set_alarm(0.0)
        if change.events:
            self._decided.set()
        self._hand_over(woken)
        return Committed(version, claimed)

    async def record(self, fate: Fate, *, pressing: bool) -> tuple[Delivery, ...]:
        def job(db: sqlite3.Connection) -> tuple[tuple[Delivery, ...], Ready | None]:
            claimed = sqlite_lanes.record(db, fate, self.now())
            if fate.fact is None:
                return claimed, None
            key = sqlite_lanes.conversation_of(db, fate.delivery)
            return claimed, sqlite_log.append(db, Fact(key, fate.fact, ()), self.now())[1]

        claimed, ready = await self._do(job, rides=not pressing and fate.fact is None)
        if fate.receipt is not None:
            self._set_alarm(0.0)
        if ready is not None:
            self._hand_over([ready])
        return cast(tuple[Delivery, ...], claimed)

    async def due_deliveries(self, now: float) -> list[Delivery]:
        return cast(list[Delivery], await self._do(lambda db: sqlite_lanes.due(db, now)))

    async def recover(self) -> list[Delivery]:
        return cast(list[Delivery], await self._do(lambda db: sqlite_lanes.recover(db, self.now())))

    async def retry(self, delivery: str) -> bool:
        now = self.now()
        deadline = now + UNSENT_DAYS * DAY
        return await self._do(lambda db: sqlite_lanes.retry(db, delivery, now, deadline)) is not None

    async def seal(self) -> int:
        return cast(int, await self._do(sqlite_audit.seal))

    async def decided(self) -> None:
        await self._decided.wait()
        self._decided.clear()

    async def purge(self, now: float, texts: float | None = None) -> int:
        gone = await self._purge_keys(now)
        while purged := await self._do(lambda db: sqlite_retention.purge(db, now)):
            gone += purged
        return gone if texts is None else gone + await self._retire(now - texts)

    async def _purge_keys(self, now: float) -> int:
        gone, after = 0, ""
        while after is not None:
            purged, after = await self._do(functools.partial(sqlite_retention.purge_keys, now=now, after=after))
            gone += purged
        return gone

    async def _retire(self, before: float) -> int:
        gone, after = 0, 0
        while after is not None:
            old, after = await self._do(functools.partial(sqlite_retention.grown_old, before=before, after=after))
            for conversation in old:
                retire = functools.partial(sqlite_retention.retire, conversation=conversation, before=before)
                while erased := await self._do(retire):
                    gone += erased
        return gone

    async def link(self, link: Link) -> None:
        await self._do(lambda db: sqlite_links.insert(db, link))

    async def unlink(self, identity: Identity) -> bool:
        return cast(bool, await self._do(lambda db: sqlite_links.delete(db, identity)))

    async def offer(self, code: str, person: Party, expires: float) -> None:
        await self._do(lambda db: sqlite_links.offer(db, code, person, expires))

    async def forget(self, party: Party, identities: Collection[Identity]) -> int:
        count, ready = await self._do(lambda db: sqlite_erasure.forget(db, party, identities, self.now()))
        self._hand_over(ready)
        await self._rewrite()
        return cast(int, count)

    async def ping(self) -> None:
        await self._do(lambda db: db.execute("INSERT OR REPLACE INTO pulse (id, at) VALUES (1, ?)", (self.now(),)))

    def now(self) -> float:
        """Tell the store's time, which never goes back while it is open, nor stands still when the machine's does."""
        passed = self._runtime.monotonic()
        self._clock = max(self._clock + passed - self._looked, self._runtime.now())
        self._looked = passed
        return self._clock

    async def _do(self, job: Job, *, rides: bool = False) -> Any:
        if self._broken is not None:
            raise self._broken
        if self._closing:
            raise Unwritable("the store is closing")
        waiting: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if rides:
            self._riders.append((job, waiting))
            if len(self._riders) == 1:
                asyncio.get_running_loop().create_task(self._hurry())
        else:
            self._jobs.append((job, waiting))
            self._work.set()
        return await waiting

    async def _rewrite(self) -> None:
        """Have the whole file written anew between two batches, so that nothing is left of what was deleted."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rewrites.append(waiting)
        self._work.set()
        await waiting

    async def _hurry(self) -> None:
        await self._runtime.sleep(RIDE)
        self._work.set()

    async def _write(self) -> None:
        while not self._closing:
            await self._work.wait()
            self._work.clear()
            while self._riders or self._jobs:
                batch = [*self._riders]
                self._riders.clear()
                while self._jobs and len(batch) < BATCH:
                    batch.append(self._jobs.popleft())
                try:
                    await self._transact(batch)
                except BaseException:
                    self._jobs.extend(batch)  # whoever waits for them hears that the writer is gone
                    raise
            if self._rewrites:
                await self._write_anew()

    async def _write_anew(self) -> None:
        waiting, self._rewrites = self._rewrites, []
        error: Exception | None = None
        try:
            await self._runtime.to_disk(sqlite_file.write_anew, self._db)
        except sqlite3.Error as refused:  # whatever it is: what is stored is the same before and after
            error = Unwritable(f"erased, but the file could not be written anew ({refused}); do it again")
        except Busy as busy:
            error = busy
        for one in waiting:
            one.set_exception(error) if error is not None else one.set_result(None)

    def _writer_ended(self, writer: asyncio.Task[None]) -> None:
        """Nobody waits for a writer that is gone."""
        if not writer.cancelled() and writer.exception() is not None:
            self._break(f"{Broken.__doc__} ({writer.exception()!r})")
        for waiting in (*(waiting for _, waiting in (*self._jobs, *self._riders)), *self._rewrites):
            if not waiting.done():
                waiting.set_exception(self._broken or Unwritable("the store is closing"))
        self._wake.set()

    async def _transact(self, batch: list[tuple[Job, asyncio.Future[Any]]]) -> None:
        """Run jobs in one transaction, or one by one after an unexpected error."""
        try:
            outcomes = self._run(job for job, _ in batch)
            began = self._runtime.monotonic()
            await self._commit()
            self.committed(len(batch), self._runtime.monotonic() - began)
            self._checkpoints.committed(self._db.total_changes)
        except Exception as error:
            self._rollback()
            if is_damage(error):
                self._break(damaged(error))
            if len(batch) > 1 and self._broken is None:
                for single in batch:
                    await self._transact([single])
                return
            outcomes = [self._broken or _told(error)] * len(batch)
        for (_, waiting), outcome in zip(batch, outcomes, strict=True):
            if waiting.cancelled():
                continue
            if isinstance(outcome, Exception):
                waiting.set_exception(outcome)
            else:
                waiting.set_result(outcome)

    def _run(self, jobs: Any) -> list[Any]:
        self._db.execute("BEGIN IMMEDIATE")
        outcomes: list[Any] = []
        for job in jobs:
            try:
                outcomes.append(job(self._db))
            except StoreError as refused:  # found before the job's first write
                outcomes.append(refused)
        return outcomes

    async def _commit(self) -> None:
        try:
            await self._runtime.to_disk(self._db.execute, "COMMIT")
        except sqlite3.Error as error:
            if code_of(error) not in DISK_FULL | IN_USE:
                self._break(f"{Broken.__doc__} ({error})")
            raise

    def _break(self, reason: str) -> Broken:
        """Nothing is read or written any more, and the owner hears why."""
        self._broken = Broken(reason)
        self._wake.set()
        return self._broken

    def _rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    # Waking the owner ------------------------------------------------------------------------------------------------

    def _hand_over(self, ready: list[Ready]) -> None:
        for conversation, records, _ in ready:
            self._woken.setdefault(conversation, []).extend(records)
            self._tell_watchers(conversation)
        if ready:
            self._wake.set()

    def _tell_watchers(self, conversation: ConversationKey) -> None:
        moved = self._watched.pop(conversation, None)
        if moved is not None:
            moved.set_result(None)

    async def watch(self, conversation: ConversationKey, version: int) -> int:
        while (now := sqlite_log.version(self._reader, conversation)) <= version:
            moved = self._watched.setdefault(conversation, asyncio.get_running_loop().create_future())
            await asyncio.shield(moved)  # others may wait for the same
        return now

    def _set_alarm(self, due: float) -> None:
        self._next_timer = due
        self._wake.set()

    def open_timers(self) -> None:
        self._timers_open = True
        self._set_alarm(0.0)

    async def wait(self, ownership: Ownership) -> list[Ready]:
        while True:
            if ownership.token != self._token:
                raise Lost(Lost.__doc__)
            if self._broken is not None:
                raise self._broken
            ready = self._take()
            if ready:
                return ready
            self._wake.clear()
            await self._until_woken()

    async def _until_woken(self) -> None:
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._wake.wait())]
        if self._timers_open and self._next_timer is not None:
            waits.append(asyncio.ensure_future(self._runtime.sleep(max(0.0, self._next_timer - self.now()))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def _take(self) -> list[Ready]:
        found = {key: Ready(key, tuple(records)) for key, records in self._woken.items()}
        self._woken = {}
        for key in self._reload:
            found.setdefault(key, Ready(key))
        self._reload = {}
        if self._timers_open and self._next_timer is not None and self._next_timer <= self.now():
            for key, due in self._due_timers().items():
                found[key] = found.get(key, Ready(key))._replace(timers=tuple(due))
        return list(found.values())

    def _due_timers(self) -> dict[ConversationKey, list[Timer]]:
        now = self.now()
        found: dict[ConversationKey, list[Timer]] = {}
        with self._reading():
            for key, due in sqlite_log.due_timers(self._reader, now).items():
                fresh = [timer for timer in due if self._handed.get(timer.id) != timer.due]
                if fresh:
                    found[key] = fresh
                    self._handed |= {timer.id: timer.due for timer in fresh}
            self._next_timer = sqlite_log.next_timer(self._reader, now)
        return found

    # Reading ---------------------------------------------------------------------------------------------------------

    async def load(self, conversation: ConversationKey, need: Need) -> Snapshot:
        with self._reading():
            return sqlite_log.load(self._reader, conversation, need, self.now())

    async def next_delivery(self, after: float) -> float | None:
        with self._reading():
            return sqlite_lanes.next_due(self._reader, after)

    async def receipt(self, delivery: str) -> Receipt | None:
        with self._reading():
            return sqlite_lanes.receipt(self._reader, delivery)

    async def copy(self, place: ConversationKey, request: str) -> Copy | None:
        with self._reading():
            return sqlite_log.copy(self._reader, place, request)

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Find out that the file is damaged: then nobody goes on as if it were not."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            if is_damage(error):
                raise self._break(damaged(error)) from error
            raise


def _told(error: Exception) -> Exception:
    if code_of(error) in DISK_FULL:
        return Unwritable(f"the disk is full or cannot be written ({error})")
    if code_of(error) in IN_USE:
        return Unwritable(f"another program holds the file ({error})")
    return error
