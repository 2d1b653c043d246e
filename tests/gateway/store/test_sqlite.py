"""
What the embedded store does when its disk fails.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from agent_core.addresses import Identity, Party
from gateway.errors import Broken, Unwritable
from gateway.store import sqlite_file
from gateway.store.sqlite import SqliteStore
from tests.contracts.rows import a_fact
from tests.runtime import HandRuntime

T = TypeVar("T")


class FailingDisk(HandRuntime):
    """A runtime whose disk fails on demand."""

    fails = False
    fails_anew = False

    async def to_disk(self, function: Callable[..., T], *arguments: object) -> T:
        if self.fails or (self.fails_anew and function is sqlite_file.write_anew):
            error = sqlite3.OperationalError("disk I/O error")
            error.sqlite_errorcode = sqlite3.SQLITE_IOERR_FSYNC
            raise error
        return await super().to_disk(function, *arguments)


async def test_whoever_waits_hears_that_a_commit_failed(tmp_path: Path):
    """
    Nobody knows what reached the disk, so the owner, which waits for work, has to leave; not only who was writing.
    """
    runtime = FailingDisk()
    async with SqliteStore(tmp_path, runtime) as store:
        waiting = asyncio.ensure_future(store.wait(await store.own()))
        await runtime.settle()
        runtime.fails = True
        with pytest.raises(Broken):
            await store.append(a_fact("a"))
        await runtime.settle()

        assert waiting.done()
        with pytest.raises(Broken):
            await waiting
    runtime.close()


async def test_a_file_that_cannot_be_written_anew_is_told_and_tried_again(tmp_path: Path):
    """
    Erased is erased; that old pages may stand in the file still is said with what to do, and the store goes on.
    """
    runtime = FailingDisk()
    async with SqliteStore(tmp_path, runtime) as store:
        await store.append(a_fact("secret"))
        runtime.fails_anew = True
        with pytest.raises(Unwritable, match="do it again"):
            await store.forget(Party("otto"), [Identity("slack:T1/UOTTO")])
        runtime.fails_anew = False
        await store.append(a_fact("more"))
        await store.forget(Party("otto"), [Identity("slack:T1/UOTTO")])
    runtime.close()
