"""
What was committed comes from the log into the file, and nobody waits for that.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gateway.runtime import Runtime
from gateway.store import sqlite_file, sqlite_wal
from gateway.store.sqlite import SqliteStore
from gateway.store.sqlite_reader import FILE
from tests.contracts.rows import a_fact

T = TypeVar("T")

PAGE = 4_096  # bytes
FACTS = 600  # each with a text of a page
LONGEST = 500  # pages


class HeldUp(Runtime):
    """A disk that is slow, or broken, where the log is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.free, self.moved = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.error: sqlite3.Error | None = None

    async def beside_disk(self, function: Callable[..., T], *arguments: object) -> T:
        self.asked.set()
        await self.free.wait()
        if self.error is not None:
            raise self.error
        done = await super().beside_disk(function, *arguments)
        self.moved.set()
        return done


async def fill(store: SqliteStore, *, facts: int) -> None:
    """Store so many facts, each in a commit of its own."""
    for number in range(facts):
        await store.append(a_fact(f"{number}".ljust(PAGE, ".")))


def pages(folder: Path) -> int:
    """Count how many pages the log beside the file has room for."""
    return (folder / f"{FILE}-wal").stat().st_size // PAGE


async def test_the_log_does_not_grow_with_what_is_written(tmp_path: Path, monkeypatch):
    """
    Where commits leave no gap, it ends at its greatest length; the file has what was in it.
    """
    monkeypatch.setattr(sqlite_wal, "ROWS", 50)
    monkeypatch.setattr(sqlite_file, "LONGEST", LONGEST)
    runtime = Runtime()
    async with SqliteStore(tmp_path, runtime) as store:
        await fill(store, facts=FACTS)

        assert pages(tmp_path) < 2 * LONGEST
        assert (tmp_path / FILE).stat().st_size > FACTS * PAGE / 2
    assert not (tmp_path / f"{FILE}-wal").exists()
    runtime.close()


async def test_a_log_that_nobody_writes_to_is_all_in_the_file(tmp_path: Path, monkeypatch):
    """
    What is moved while nobody writes is not moved again: the next commit begins the log anew.
    """
    monkeypatch.setattr(sqlite_wal, "ROWS", 10)
    runtime = HeldUp()
    async with SqliteStore(tmp_path, runtime) as store:
        await fill(store, facts=20)
        runtime.free.set()
        await runtime.moved.wait()
        before = pages(tmp_path)
        await fill(store, facts=2)

        assert pages(tmp_path) == before
    runtime.close()


async def test_commits_do_not_wait_while_the_log_is_moved(tmp_path: Path, monkeypatch):
    """
    However long that takes; and one at a time is enough.
    """
    monkeypatch.setattr(sqlite_wal, "ROWS", 10)
    runtime = HeldUp()
    async with SqliteStore(tmp_path, runtime) as store:
        await fill(store, facts=20)
        await runtime.asked.wait()
        runtime.asked.clear()
        await fill(store, facts=20)

        assert not runtime.asked.is_set()
        runtime.free.set()
    assert not (tmp_path / f"{FILE}-wal").exists()
    runtime.close()


async def test_where_the_log_cannot_be_moved_the_store_goes_on(tmp_path: Path, monkeypatch):
    """
    It is tried again with what is written next; a disk that is broken is told by the commit that meets it.
    """
    monkeypatch.setattr(sqlite_wal, "ROWS", 10)
    runtime = HeldUp()
    runtime.free.set()
    runtime.error = sqlite3.OperationalError("disk I/O error")
    async with SqliteStore(tmp_path, runtime) as store:
        await fill(store, facts=20)
        await runtime.asked.wait()
        runtime.asked.clear()
        runtime.error = None
        await fill(store, facts=20)

        assert runtime.asked.is_set()
    runtime.close()
