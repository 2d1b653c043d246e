"""
What the log beside the file (SQLite's WAL) holds, moved into the file behind the writer's back.

SQLite does this in the commit that finds the log too long. Then whoever writes waits until the pages of many commits
stand in the file and the disk has them: a fifth of a second where the store is large, since its pages lie all over it.
Here a connection of its own moves them in a thread of its own, while commits go on beside it.

**What a crash leaves.** Nothing that was not there before: a page is in the file only after the log that holds it is on
the disk, and the log is forgotten only after the file is. Moved once more, it is the same page.

**Where this cannot keep up**, or fails, the log grows to `LONGEST` pages, and the commit that finds it so moves the
rest, which is little. Where commits follow each other without a gap, this is also what lets the log begin anew.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path

from gateway.runtime import Runtime
from gateway.store.sqlite_reader import FILE

LONGEST = 16_000  # pages of the log, 64 MB, after which a commit moves what is in it
ROWS = 1_000  # changed since it was begun last, after which moving is begun anew


class Checkpoints:
    """
    Moves what was committed into the file of a folder's store, whenever enough was written.

    Args:
        folder: Its store is there already, and open.
    """

    def __init__(self, folder: Path, runtime: Runtime) -> None:
        self._db = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
        self._runtime = runtime
        self._begun_at = 0
        self._running: asyncio.Task[None] | None = None

    def committed(self, changes: int) -> None:
        """
        Begin, where enough was written since the last time and nothing is being moved.

        Args:
            changes: How many rows the writer has changed since it opened the file.
        """
        if changes - self._begun_at >= ROWS and self._running is None:
            self._begun_at = changes
            self._running = asyncio.create_task(self._move(), name="store-checkpoint")

    async def _move(self) -> None:
        try:
            await self._runtime.beside_disk(_move, self._db)
        except sqlite3.Error:
            pass  # the writer meets the same disk, and says what is wrong with it
        finally:
            self._running = None

    async def close(self) -> None:
        """Let what is being moved arrive, and let go of the file."""
        if self._running is not None:
            await self._running
        self._db.close()


def _move(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()  # unread rows would hold what is behind them in the log
