"""
A store that is filled with copies holds what the gateway would have written itself.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from gateway.runtime import Runtime
from gateway.store.sqlite_reader import FILE
from tests.bench.filled import COUNTING, FALLS_DUE, FIRST, NUMBERED, Original, Town, derivations


class Stopped(Runtime):
    """A clock that stands still."""

    def now(self) -> float:
        return 1_700_000_000.25

    def monotonic(self) -> float:
        return 0.0


def rows(folder: Path) -> list[tuple[str, list[Any]]]:
    """All that is stored, without what only numbers rows, or falls due."""
    found = []
    with closing(sqlite3.connect(folder / FILE)) as db:
        tables = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        for table in tables - set(COUNTING):
            names = [name for _, name, *_ in db.execute(f"PRAGMA table_info({table})")]
            found += [(table, bare(table, names, row)) for row in db.execute(f"SELECT * FROM {table}")]
    return sorted(found, key=repr)


def bare(table: str, names: list[str], row: Any) -> list[Any]:
    numbering = {"conversation", *(column for of, column in FALLS_DUE if of == table)}
    numbering |= {column for of, column in NUMBERED | {("conversations", "id")} if of == table}
    return [value for name, value in zip(names, row, strict=True) if name not in numbering]


async def ask(folder: Path, number: int) -> None:
    async with Town(folder, Stopped()) as town:
        await town.ask(number, number)


async def test_a_copy_is_what_the_gateway_writes(tmp_path: Path):
    """
    A conversation's rows, written for another one, are byte for byte those of that other conversation.
    """
    with derivations() as derived:
        await ask(tmp_path / "one", FIRST)
    await ask(tmp_path / "other", FIRST + 7_777_777)

    original = Original(tmp_path / "one" / FILE, FIRST, derived)
    names = {table: columns for table, columns, _ in original.rows} | {"blobs": ["digest", "body", "expires"]}
    copied = [(table, bare(table, names[table], row)) for table, row in original.copy(FIRST + 7_777_777)]
    assert rows(tmp_path / "other") == sorted(copied, key=repr)
    assert {"events", "copies", "requests", "threads", "deliveries", "blobs", "dedupe", "conversations", "audit"} == {
        table for table, _ in copied
    }
