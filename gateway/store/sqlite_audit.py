"""
The chain over decisions in SQLite.

A decision's entry is written in the commit that makes it true, without a hash; `seal` adds hashes afterwards, many at a
time and in the order of the entries. A crash between the two leaves entries that the next `seal` takes up.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

import pydantic_core

from agent_core import audit
from agent_core.log import Record
from gateway.store.rows import AuditRow

MOST = 100  # entries sealed in one transaction: some milliseconds of the event loop

_ENTRY = (
    "SELECT a.number, c.key, a.seq, e.at, e.body, a.hash FROM audit a"
    " JOIN conversations c ON c.id = a.conversation"
    " JOIN events e ON e.conversation = a.conversation AND e.seq = a.seq"
)


def insert(db: sqlite3.Connection, conversation: int, records: Iterable[Record]) -> None:
    """Enter the decisions among some events."""
    db.executemany(
        "INSERT INTO audit (conversation, seq) VALUES (?, ?)",
        [(conversation, record.seq) for record in records if type(record.event).__name__ in audit.KEPT],
    )


def seal(db: sqlite3.Connection) -> int:
    """Give some entries their hashes; returns how many."""
    rows = db.execute(f"{_ENTRY} WHERE a.hash IS NULL ORDER BY a.number LIMIT ?", (MOST,)).fetchall()
    if not rows:
        return 0
    before = db.execute("SELECT hash FROM audit WHERE number < ? ORDER BY number DESC LIMIT 1", (rows[0][0],))
    (previous,) = before.fetchone() or (audit.BEGINNING,)
    hashes = []
    for number, key, seq, at, body, _ in rows:
        previous = audit.link(previous, number, key, seq, at, pydantic_core.from_json(body))
        hashes.append((previous, number))
    db.executemany("UPDATE audit SET hash = ? WHERE number = ?", hashes)
    return len(rows)


def entries(db: sqlite3.Connection, after: int, most: int) -> list[AuditRow]:
    """Give entries behind one, in order."""
    rows = db.execute(f"{_ENTRY} WHERE a.number > ? ORDER BY a.number LIMIT ?", (after, most))
    return [AuditRow(*row) for row in rows]
