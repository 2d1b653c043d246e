"""
What has outlived its retention, in SQLite. Functions over an open transaction.

Texts grow old event by event, in log order: `erased` of a conversation says how far its log has lost them. It never
passes what a run that has not ended is rebuilt from, so a run that waits for a year keeps its texts for that year.
"""

from __future__ import annotations

import sqlite3

import pydantic_core

from agent_core.erasure import erased
from gateway.store.rows import ConversationState
from gateway.store.sqlite_erasure import COPY_STAYS, blobs_of, less
from gateway.store.sqlite_log import stored_thread

BATCH = 1_000  # events, keys or conversations in one transaction: nobody waits longer than for these


def purge(db: sqlite3.Connection, now: float) -> int:
    """Delete at most a batch of the codes and blobs that have outlived their retention; returns how many went."""
    gone = db.execute("DELETE FROM link_codes WHERE expires < ?", (now,)).rowcount
    old = db.execute("SELECT digest FROM blobs WHERE expires < ? LIMIT ?", (now, BATCH)).fetchall()
    return gone + db.executemany("DELETE FROM blobs WHERE digest = ?", old).rowcount


def purge_keys(db: sqlite3.Connection, now: float, after: str) -> tuple[int, str | None]:
    """
    Delete the outlived ones of the next keys of facts, looking at a batch of them: an index would cost every fact more.

    Returns:
        How many went, and the last key that was looked at; None where there are no more.
    """
    keys = db.execute("SELECT key, expires FROM dedupe WHERE key > ? ORDER BY key LIMIT ?", (after, BATCH)).fetchall()
    gone = [(key,) for key, expires in keys if expires < now]
    db.executemany("DELETE FROM dedupe WHERE key = ?", gone)
    return len(gone), keys[-1][0] if len(keys) == BATCH else None


def grown_old(db: sqlite3.Connection, before: float, after: int) -> tuple[list[int], int | None]:
    """
    Give those of the next conversations whose next text is from before a time, looking at a batch of them.

    Returns:
        Them, and the last that was looked at; None where there are no more.
    """
    rows = db.execute(
        "SELECT c.id,"
        " (SELECT e.at FROM events e WHERE e.conversation = c.id AND e.seq > c.erased ORDER BY e.seq LIMIT 1)"
        " FROM conversations c WHERE c.id > ? ORDER BY c.id LIMIT ?",
        (after, BATCH),
    ).fetchall()
    old = [conversation for conversation, at in rows if at is not None and at < before]
    return old, rows[-1][0] if len(rows) == BATCH else None


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
        kept = less(body, *COPY_STAYS)
        db.execute("UPDATE copies SET body = ? WHERE conversation = ? AND request = ?", (kept, conversation, request))
