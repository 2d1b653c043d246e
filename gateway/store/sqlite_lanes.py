"""
Deliveries in SQLite: claimed, tried, ended. Functions over an open transaction.

`claimed` is written before a send begins, so after a crash a claimed delivery is one whose fate is unknown, and a `new`
one was surely never sent. A delivery is claimed by the commit that makes it or by the record of the one before it.

Nearly all deliveries have ended, and none of the work below looks through those: SQLite takes a partial index only
where the index's own condition stands in the query, so `status IN ('new', 'claimed', 'unknown')` does, also beside a
narrower one.
"""

from __future__ import annotations

import sqlite3
from typing import Any

import pydantic_core

from adapters.base import Part, Receipt
from agent_core.addresses import ConversationKey
from gateway.store.base import Fate
from gateway.store.lane import Place, choose
from gateway.store.rows import Copy, Delivery, DeliveryRow

OPEN = 9e15  # the end of a copy that is not settled yet
LOOK_AGAIN = 60.0  # seconds after which a delivery is looked for again, where looking brought no verdict

SETTLED = "withdrawn: its request is settled"

_LANE = (
    "SELECT d.id, d.kind, d.status, d.due, d.refused_since, d.request, d.target IS NULL OR t.status = 'sent',"
    " d.status = 'new' AND d.kind = 'ask' AND c.until != ?2,"
    " d.status = 'new' AND (t.status = 'dead' OR (t.status = 'unknown' AND t.due IS NULL))"
    " FROM deliveries d LEFT JOIN deliveries t ON t.id = d.target AND t.conversation = d.conversation"
    " LEFT JOIN copies c ON c.conversation = d.conversation AND c.request = d.request"
    " WHERE d.conversation = ?1 AND d.status IN ('new', 'claimed', 'unknown') AND d.due IS NOT NULL ORDER BY d.number"
)
_COLUMNS = (
    "d.id, c.key, d.kind, d.status, d.request, d.attempts, d.due, d.deadline, d.refused_since, d.created_at, b.body,"
    " t.receipt"
)


def insert(db: sqlite3.Connection, conversation: int, delivery: Delivery, now: float) -> None:
    """Add a delivery at the end of its lane. A later edit of a message replaces one that is not sent yet."""
    due = delivery.due or now
    if delivery.kind == "settle":
        due = max(due, _replace(db, conversation, delivery.part.target, delivery.id))
    db.execute(
        "INSERT OR IGNORE INTO deliveries"
        " (id, conversation, kind, status, request, target, due, deadline, created_at)"
        " VALUES (?, ?, ?, 'new', ?, ?, ?, ?, ?)",
        (
            delivery.id,
            conversation,
            delivery.kind,
            delivery.request,
            delivery.part.target,
            due,
            delivery.deadline,
            now,
        ),
    )
    db.execute(
        "INSERT OR IGNORE INTO delivery_bodies (id, body) VALUES (?, ?)",
        (delivery.id, delivery.part.model_dump_json(exclude_defaults=True)),
    )


def _replace(db: sqlite3.Connection, conversation: int, target: str | None, newest: str) -> float:
    """
    Give up edits of a message for the newest one.

    Returns:
        When they were due: not before then is the newest, or one of them that is still on its way would undo it.
    """
    waiting = db.execute(
        "SELECT id, due FROM deliveries WHERE conversation = ? AND status IN ('new', 'claimed', 'unknown')"
        " AND status = 'new' AND target = ? AND kind = 'settle' AND id != ?",
        (conversation, target, newest),
    ).fetchall()
    for name, _ in waiting:
        db.execute(
            "UPDATE deliveries SET status = 'dead', reason = 'replaced by a later edit', due = NULL WHERE id = ?",
            (name,),
        )
    return max((due for _, due in waiting), default=0.0)


def _outdate(db: sqlite3.Connection, conversation: int, target: str, delivery: str) -> None:
    """Give up earlier edits of a message of which a later one has arrived: sent again, they would undo it."""
    db.execute(
        "UPDATE deliveries SET status = 'dead', reason = 'replaced by a later edit', due = NULL"
        " WHERE conversation = ? AND status IN ('new', 'claimed', 'unknown') AND status IN ('new', 'unknown')"
        " AND target = ? AND kind = 'settle' AND number < (SELECT number FROM deliveries WHERE id = ?)",
        (conversation, target, delivery),
    )


def _give_way(db: sqlite3.Connection, conversation: int, target: str) -> None:
    """Let what was being sent when a later edit was decided be replaced by that one, should it have to go again."""
    (newest,) = db.execute(
        "SELECT id FROM deliveries WHERE conversation = ? AND status IN ('new', 'claimed', 'unknown')"
        " AND status = 'new' AND target = ? AND kind = 'settle' ORDER BY number DESC LIMIT 1",
        (conversation, target),
    ).fetchone()
    due = _replace(db, conversation, target, newest)
    db.execute("UPDATE deliveries SET due = MAX(due, ?) WHERE id = ?", (due, newest))


def withdraw(db: sqlite3.Connection, delivery: str) -> None:
    """Give up a delivery that was never tried, or is waiting to be tried again."""
    db.execute(
        "UPDATE deliveries SET status = 'dead', reason = ?, due = NULL WHERE id = ? AND status = 'new'",
        (SETTLED, delivery),
    )


def claim(db: sqlite3.Connection, conversation: int, now: float) -> Delivery | None:
    """Claim the next of a lane; cards of settled requests and edits of messages that will never be are given up."""
    lane, given_up = [], []
    for *place, settled, orphaned in db.execute(_LANE, (conversation, OPEN)):
        lane.append(Place(*place))
        if settled or orphaned:
            given_up.append((SETTLED if settled else "the message to change was never sent", place[0]))
    if given_up:
        db.executemany("UPDATE deliveries SET status = 'dead', reason = ?, due = NULL WHERE id = ?", given_up)
        return claim(db, conversation, now)  # without them, and without the edits of these cards
    chosen = choose(lane, now)
    if chosen is None:
        return None
    db.execute("UPDATE deliveries SET status = 'claimed', attempts = attempts + 1 WHERE id = ?", (chosen,))
    more = sum(place.status == "new" for place in lane) > 1
    return fetch(db, chosen, more=more)


def fetch(db: sqlite3.Connection, delivery: str, *, more: bool = False) -> Delivery:
    """Read a delivery with its body, and the receipt of the message that it changes."""
    found = db.execute(
        f"SELECT {_COLUMNS} FROM deliveries d JOIN conversations c ON c.id = d.conversation"  # noqa: S608
        " JOIN delivery_bodies b ON b.id = d.id LEFT JOIN deliveries t ON t.id = d.target WHERE d.id = ?",
        (delivery,),
    ).fetchone()
    return _delivery(found, more)


def recover(db: sqlite3.Connection, now: float) -> list[Delivery]:
    """
    Give what was being sent when the process died, so that its fate is looked for.

    So is what the process was looking for itself; nobody else does that any more. What was waiting for a vendor that
    took nothing from anybody is due at once: a new start may well be what it was waiting for.
    """
    db.execute(
        "UPDATE deliveries SET due = ?1 WHERE status IN ('new', 'claimed', 'unknown') AND status = 'new'"
        " AND attempts > 0 AND refused_since IS NULL AND due > ?1",
        (now,),
    )
    db.execute(
        "UPDATE deliveries SET status = 'unknown', due = ?1, refused_since = COALESCE(refused_since, ?1),"
        " reason = 'the gateway stopped while sending'"
        " WHERE status IN ('new', 'claimed', 'unknown') AND status = 'claimed'",
        (now,),
    )
    lost = db.execute(
        "SELECT id FROM deliveries WHERE status IN ('new', 'claimed', 'unknown') AND status = 'unknown'"
        " AND due IS NOT NULL ORDER BY +number"  # not by looking through all in their order
    )
    found = [fetch(db, name) for (name,) in lost.fetchall()]
    db.execute(
        "UPDATE deliveries SET due = ? WHERE status IN ('new', 'claimed', 'unknown') AND status = 'unknown'"
        " AND due IS NOT NULL",
        (now + LOOK_AGAIN,),
    )
    return found


def due(db: sqlite3.Connection, now: float) -> list[Delivery]:
    """Claim what may be tried again, and read what is to be looked for."""
    rows = db.execute(
        "SELECT id, conversation, status FROM deliveries WHERE status IN ('new', 'unknown') AND due <= ? ORDER BY due",
        (now,),
    ).fetchall()
    looked_for = [fetch(db, delivery) for delivery, _, status in rows if status == "unknown"]
    for delivery in looked_for:
        db.execute("UPDATE deliveries SET due = ? WHERE id = ?", (now + LOOK_AGAIN, delivery.id))
    lanes = dict.fromkeys(conversation for _, conversation, status in rows if status == "new")
    claimed = [claim(db, conversation, now) for conversation in lanes]
    return looked_for + [delivery for delivery in claimed if delivery is not None]


def next_due(db: sqlite3.Connection, after: float) -> float | None:
    """Tell when a delivery next falls due that is not held up by another one."""
    row = db.execute(
        "SELECT MIN(due) FROM deliveries WHERE status IN ('new', 'unknown') AND due > ?", (after,)
    ).fetchone()
    found: float | None = row[0]
    return found


def record(db: sqlite3.Connection, fate: Fate, now: float) -> tuple[Delivery, ...]:
    """Write down what became of a try; claims the next of the lane."""
    row = db.execute(
        "SELECT conversation, request, kind, target FROM deliveries"
        " WHERE id = ? AND attempts = ? AND status IN ('claimed', 'unknown')",
        (fate.delivery, fate.attempt),
    ).fetchone()
    if row is None:
        return ()
    conversation, request, kind, target = row
    refused = now if fate.status in ("new", "unknown") and not fate.holds else None
    db.execute(
        "UPDATE deliveries SET status = ?, due = ?, reason = ?, message_id = COALESCE(?, message_id),"
        " receipt = COALESCE(?, receipt), refused_since = CASE WHEN ? IS NULL THEN NULL"
        " ELSE COALESCE(refused_since, ?) END WHERE id = ?",
        (
            fate.status,
            fate.due,
            fate.reason,
            fate.receipt.message_id if fate.receipt else None,
            fate.receipt.model_dump_json() if fate.receipt else None,
            refused,
            refused,
            fate.delivery,
        ),
    )
    if fate.status == "sent":
        db.execute("DELETE FROM delivery_bodies WHERE id = ?", (fate.delivery,))
        if kind == "ask":
            sent = [(now, name) for name in (request, *_members(db, conversation, request))]
            db.executemany(
                "UPDATE timers SET due = ?1 WHERE id > ?2 || '/' AND id < ?2 || '0' AND due > ?1 AND EXISTS"
                " (SELECT 1 FROM requests"
                " WHERE id = ?2 AND first_sent IS NULL AND status = 'open' AND due > ?1 + patience)",
                sent,
            )  # sent before it was to be: what is set counts from a later time, and is to be set anew
            db.executemany(
                "UPDATE requests SET first_sent = ?1, due = ?1 + patience"
                " WHERE id = ?2 AND first_sent IS NULL AND status = 'open'",
                sent,
            )
        elif kind == "settle":
            _outdate(db, conversation, target, fate.delivery)
    elif fate.status == "new" and kind == "settle":
        _give_way(db, conversation, target)
    following = claim(db, conversation, now)
    return (following,) if following is not None else ()


def _members(db: sqlite3.Connection, conversation: int, request: str) -> list[str]:
    """Name the requests that a list shows; of a request's own card none."""
    row = db.execute(
        "SELECT body ->> '$.members' FROM copies WHERE conversation = ? AND request = ?", (conversation, request)
    ).fetchone()
    named: list[str] = pydantic_core.from_json(row[0]) if row is not None and row[0] is not None else []
    return named


def retry(db: sqlite3.Connection, delivery: str, now: float, deadline: float) -> int | None:
    """
    Take a delivery up again; returns its conversation, or None where there is nothing to take up.

    The card of a request that is settled is not: nobody would take its buttons away any more. Nor is a change that a
    later one has replaced: it would undo that.
    """
    row = db.execute(
        "SELECT d.conversation FROM deliveries d JOIN delivery_bodies b ON b.id = d.id"
        " LEFT JOIN copies c ON c.conversation = d.conversation AND c.request = d.request"
        " WHERE d.id = ? AND (d.status = 'dead' OR (d.status = 'unknown' AND d.due IS NULL))"
        " AND (d.kind != 'ask' OR c.until = ?) AND NOT EXISTS"
        " (SELECT 1 FROM deliveries l WHERE d.kind = 'settle' AND l.target = d.target AND l.number > d.number)",
        (delivery, OPEN),
    ).fetchone()
    if row is None:
        return None
    db.execute(
        "UPDATE deliveries SET status = 'new', due = ?, deadline = ?, refused_since = NULL, reason = '' WHERE id = ?",
        (now, deadline, delivery),
    )
    conversation: int = row[0]
    return conversation


def rows_of(db: sqlite3.Connection, copies: list[Copy]) -> dict[str, DeliveryRow]:
    """Read the index entries of the deliveries of some copies."""
    names = [name for copy in copies for name in (*copy.earlier, *copy.deliveries)]
    found: dict[str, DeliveryRow] = {}
    for name in names:
        row = db.execute(f"{ROW} WHERE d.id = ?", (name,)).fetchone()
        if row is not None:
            found[name] = row_of(row)
    return found


ROW = (
    "SELECT d.id, c.key, d.kind, d.status, d.request, d.attempts, d.due, d.receipt, d.reason, d.created_at"
    " FROM deliveries d JOIN conversations c ON c.id = d.conversation"
)


def row_of(row: tuple[Any, ...]) -> DeliveryRow:
    """Make an index entry of a row of `ROW`."""
    values = list(row)
    values[7] = Receipt.model_validate_json(str(values[7])) if values[7] is not None else None
    return DeliveryRow(*values)


def receipt(db: sqlite3.Connection, delivery: str) -> Receipt | None:
    """Read a delivery's receipt."""
    row = db.execute("SELECT receipt FROM deliveries WHERE id = ?", (delivery,)).fetchone()
    return Receipt.model_validate_json(row[0]) if row and row[0] else None


def conversation_of(db: sqlite3.Connection, delivery: str) -> ConversationKey:
    """Name the conversation that a delivery belongs to."""
    row = db.execute(
        "SELECT c.key FROM deliveries d JOIN conversations c ON c.id = d.conversation WHERE d.id = ?", (delivery,)
    ).fetchone()
    return ConversationKey(row[0])


def request_of(db: sqlite3.Connection, conversation: int, message: str) -> str | None:
    """Tell which request's card a message of ours is."""
    row = db.execute(
        "SELECT request FROM deliveries WHERE conversation = ? AND message_id = ? AND request IS NOT NULL"
        " AND kind = 'ask'",
        (conversation, message),
    ).fetchone()
    return row[0] if row else None


def _delivery(row: tuple[Any, ...], more: bool) -> Delivery:
    name, key, kind, status, request, attempts, due_at, deadline, refused_since, created_at, body, changes = row
    part = Part.model_validate_json(str(body))
    update: dict[str, object] = {"delivery": name, "since": created_at}
    if part.target is not None:
        update["receipt"] = Receipt.model_validate_json(changes) if changes else None
    return Delivery(
        id=str(name),
        conversation=ConversationKey(str(key)),
        kind=kind,
        part=part.model_copy(update=update),
        request=request,
        status=status,
        attempts=attempts,
        due=due_at or 0.0,
        deadline=deadline,
        refused_since=refused_since,
        more=more,
    )
