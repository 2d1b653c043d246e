"""
Standing grants in SQLite. Functions over an open transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from agent_core.grants import Grant
from gateway.errors import Conflict
from gateway.store.base import GrantChange


def check(db: sqlite3.Connection, changes: Iterable[GrantChange]) -> None:
    """
    See that grants are what a decision took them for.

    Raises:
        Conflict: One was used or ended meanwhile.
    """
    for name, before, _ in changes:
        if _stored(db, name) != before:
            raise Conflict("a standing grant was used or ended meanwhile")


def change(db: sqlite3.Connection, name: str, after: Grant | None) -> None:
    """Give a grant, count a use of it, or end it."""
    if after is None:
        db.execute("DELETE FROM grants WHERE id = ?", (name,))
    else:
        body = after.model_dump_json(exclude_defaults=True)
        db.execute("INSERT OR REPLACE INTO grants (id, body) VALUES (?, ?)", (name, body))


def listed(db: sqlite3.Connection) -> list[Grant]:
    """Give all grants that count, the oldest first."""
    found = [Grant.model_validate_json(body) for (body,) in db.execute("SELECT body FROM grants")]
    return sorted(found, key=lambda grant: (grant.at, grant.id))


def _stored(db: sqlite3.Connection, name: str) -> Grant | None:
    row = db.execute("SELECT body FROM grants WHERE id = ?", (name,)).fetchone()
    return Grant.model_validate_json(row[0]) if row is not None else None
