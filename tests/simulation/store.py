"""
The embedded store on a simulated disk.

It is the real one, so that its batches, its waking and its claims are simulated too. Its file lies in memory, and is
never synced: what is not committed when the process is killed is gone, as on a disk that loses power. Around every read
and write other things may happen.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path

from adapters.base import Accepted, Duplicate
from agent_core.addresses import ConversationKey, Identity
from gateway.runtime import Runtime
from gateway.store.base import Change, Committed, Fact, Fate, Need, Ownership, Snapshot
from gateway.store.rows import Delivery, Link
from gateway.store.sqlite import SqliteStore
from gateway.store.sqlite_file import connect
from gateway.store.sqlite_reader import FILE
from tests.simulation.loop import PROCESS
from tests.simulation.runtime import SimulatedRuntime

MEMORY = Path("/dev/shm")  # a file system in memory, where there is one


def folder_in_memory() -> str:
    """Make a folder that costs no disk."""
    return tempfile.mkdtemp(prefix="ringback-simulation-", dir=MEMORY if MEMORY.is_dir() else None)


@lru_cache(maxsize=1)
def empty_file() -> bytes:
    """Give the bytes of a store that holds nothing."""
    folder = Path(folder_in_memory())
    try:
        connect(folder).close()
        return (folder / FILE).read_bytes()
    finally:
        shutil.rmtree(folder)


class SimulatedStore(SqliteStore):
    """
    The store of one process.

    Args:
        committed: Called with a connection when a batch is on the disk, before anybody hears of it.
    """

    def __init__(
        self, folder: Path, runtime: Runtime, committed: Callable[[sqlite3.Connection], None] = lambda db: None
    ) -> None:
        super().__init__(folder, runtime)
        self._committed = committed
        self._killed = False
        self.owned: Callable[[], None] = lambda: None
        self.cut: Callable[[], bool] = lambda: False
        self.linked: Callable[[Iterable[Identity]], None] = lambda identities: None

    async def __aenter__(self) -> SimulatedStore:
        if not (self._folder / FILE).exists():
            (self._folder / FILE).write_bytes(empty_file())
        await super().__aenter__()
        self._db.execute("PRAGMA synchronous = OFF")
        return self

    def kill(self) -> None:
        """End as a killed process does: what is not committed is rolled back, and the lock is dropped."""
        if not self._killed and hasattr(self, "_reader"):
            self._killed = True
            self._reader.close()
            self._db.close()
            self._lock.close()

    async def __aexit__(self, *how: object) -> None:
        await super().__aexit__(*how)
        self._killed = True

    async def _commit(self) -> None:
        try:
            await super()._commit()
        finally:
            if not self._db.in_transaction:
                self._committed(self._reader)

    async def _pause(self) -> None:
        if isinstance(self._runtime, SimulatedRuntime):
            await self._runtime.pause()

    async def own(self) -> Ownership:
        ownership = await super().own()
        self.owned()
        return ownership

    async def append(self, fact: Fact) -> Accepted | Duplicate:
        await self._pause()
        stored = await super().append(fact)
        await self._pause()
        return stored

    async def commit(self, change: Change) -> Committed:
        await self._pause()
        change.decider = PROCESS.get()  # type: ignore[attr-defined]
        committed = await super().commit(change)
        await self._pause()
        self.linked(link.identity for link in change.links)
        return committed

    async def links(self) -> list[Link]:
        links = await super().links()
        self.linked(link.identity for link in links)
        return links

    async def link(self, link: Link) -> None:
        await self._sending()
        await super().link(link)
        await self._sending()
        self.linked([link.identity])

    async def unlink(self, identity: Identity) -> bool:
        await self._sending()
        done = await super().unlink(identity)
        await self._sending()
        self.linked([identity])
        return done

    async def load(self, conversation: ConversationKey, need: Need) -> Snapshot:
        await self._pause()
        snapshot = await super().load(conversation, need)
        await self._pause()
        return snapshot

    async def _sending(self) -> None:
        """Somebody sends: a process that is cut off does not any more."""
        if self.cut():
            await asyncio.Event().wait()
        await self._pause()

    async def record(self, fate: Fate, *, pressing: bool) -> tuple[Delivery, ...]:
        await self._sending()
        claimed = await super().record(fate, pressing=pressing)
        await self._sending()
        return claimed

    async def due_deliveries(self, now: float) -> list[Delivery]:
        await self._sending()
        due = await super().due_deliveries(now)
        await self._sending()
        return due

    async def recover(self) -> list[Delivery]:
        await self._sending()
        lost = await super().recover()
        await self._sending()
        return lost
