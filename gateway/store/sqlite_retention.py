"""
What has outlived its retention, in SQLite. Functions over an open transaction.

Texts grow old event by event, in log order: `erased` of a conversation says how far its log has lost them. It never
passes what a run that has not ended is rebuilt from, so a run that waits for a year keeps its texts for that year.
"""

from __future__ import annotations

import sqlite3

import pydantic_core

from agent_core.erasure import erased
from gateway.store.base import ConversationState
from gateway.store.sqlite_erasure import blobs_of, less
from gateway.store.sqlite_log import stored_thread

BATCH = 1_000  # events in one transaction


def purge(db: sqlite3.Connection, now: float) -> int:
    """Delete what has outlived its retention; returns how many rows went."""
    gone = db.execute("DELETE FROM dedupe WHERE expires < ?", (now,)).rowcount
    gone += db.execute("DELETE FROM link_codes WHERE expires < ?", (now,)).rowcount
    return gone + db.execute("DELETE FROM blobs WHERE expires < ?", (now,)).rowcount


def grown_old(db: sqlite3.Connection, before: float) -> list[int]:
    """Give the conversations whose next text is from before a time."""
    rows = db.execute(
        "SELECT c.id FROM conversations c WHERE"
        " (SELECT e.at FROM events e WHERE e.conversation = c.id AND e.seq > c.erased ORDER BY e.seq LIMIT 1) < ?",
        (before,),
    )
    return [conversation for (conversation,) in rows]


def retire(db: sqlite3.Connection, conversation: int, before: float) -> int:
    """Erase the texts of a conversation from before a time, at most a batch; returns of how many events."""
    rows = db.execute(
        "SELECT e.seq, e.body FROM events e JOIN conversations c ON c.id = e.conversation"
        " WHERE e.conversation = ? AND e.seq > c.erased AND e.seq < ? AND e.at < ? ORDER BY e.seq LIMIT ?",
        (conversation, _first_needed(db, conversation), before, BATCH),
    ).fetchall()
    for seq, body in rows:
        event = pydantic_core.from_json(body)
        db.executemany("DELETE FROM blobs WHERE digest = ?", [(digest,) for digest in blobs_of(event)])
        db.execute(
            "UPDATE events SET body = ? WHERE conversation = ? AND seq = ?",
            (pydantic_core.to_json(erased(event)), conversation, seq),
        )
    if rows:
        db.execute("UPDATE conversations SET erased = ? WHERE id = ?", (rows[-1][0], conversation))
        _retire_index(db, conversation, rows[-1][0], before)
    return len(rows)


def _first_needed(db: sqlite3.Connection, conversation: int) -> int:
    """Tell from which event on a log is needed: undecided facts, and what runs that have not ended are made of."""
    (body,) = db.execute("SELECT state FROM conversations WHERE id = ?", (conversation,)).fetchone()
    state = ConversationState.model_validate_json(body)
    needed = [state.applied + 1, *state.deferred]
    rows = db.execute("SELECT id FROM threads WHERE conversation = ? AND status != 'ended'", (conversation,))
    for (name,) in rows.fetchall():
        thread = stored_thread(db, conversation, name)
        if thread is not None:
            needed += [*(record.seq for record in thread.records[:1]), *thread.facts]
    last = db.execute("SELECT COALESCE(MAX(seq), 0) FROM events WHERE conversation = ?", (conversation,)).fetchone()[0]
    undecided = db.execute(
        "SELECT 1 FROM events WHERE conversation = ? AND seq > ? AND thread IS NULL", (conversation, state.applied)
    ).fetchone()
    return int(min(needed[0] if undecided else last + 1, *needed[1:], last + 1))


def _retire_index(db: sqlite3.Connection, conversation: int, upto: int, before: float) -> None:
    for request, body in db.execute(
        "SELECT id, body FROM requests WHERE conversation = ? AND opened_seq <= ? AND status != 'open'",
        (conversation, upto),
    ).fetchall():
        db.execute("UPDATE requests SET body = ? WHERE id = ?", (less(body, "failed"), request))
    for request, body in db.execute(
        "SELECT request, body FROM copies WHERE conversation = ? AND until < ?", (conversation, before)
    ).fetchall():
        kept = less(body, "deliveries", "told", "code")
        db.execute("UPDATE copies SET body = ? WHERE conversation = ? AND request = ?", (kept, conversation, request))
