"""
Linked accounts and one-time codes in SQLite. Functions over an open transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable

from agent_core.addresses import Identity, Party
from gateway.store.rows import Link


def insert(db: sqlite3.Connection, link: Link) -> None:
    """Make an account somebody's, spending the code where there is one."""
    db.execute("DELETE FROM link_codes WHERE digest = ?", (link.code,))
    db.execute("INSERT OR REPLACE INTO links (identity, person, at, by) VALUES (?, ?, ?, ?)", link[:4])


def delete(db: sqlite3.Connection, identity: Identity) -> bool:
    """Make an account nobody's; False where it was linked to nobody."""
    return db.execute("DELETE FROM links WHERE identity = ?", (identity,)).rowcount > 0


def offer(db: sqlite3.Connection, code: str, person: Party, expires: float) -> None:
    """Let a code count for a person, and no earlier one."""
    db.execute("DELETE FROM link_codes WHERE person = ?", (person,))
    db.execute("INSERT INTO link_codes (digest, person, expires) VALUES (?, ?, ?)", (code, person, expires))


def valid(db: sqlite3.Connection, codes: Iterable[str], now: float) -> dict[str, Party]:
    """Give the people of those codes that count now."""
    found: dict[str, Party] = {}
    for code in codes:
        row = db.execute("SELECT person FROM link_codes WHERE digest = ? AND expires > ?", (code, now)).fetchone()
        if row is not None:
            found[code] = Party(row[0])
    return found
