"""
The log in SQLite: appended, loaded, committed. Functions over an open transaction.

Refusals (Duplicate, Conflict, Lost) are found before the first write, so a refused change leaves nothing behind and
needs no savepoint.
"""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import pydantic_core

from adapters.base import Accepted, Duplicate
from agent_core import events, facts, log
from agent_core.addresses import ConversationKey, covers, parse
from agent_core.log import Record
from gateway.errors import Conflict
from gateway.store import sqlite_audit, sqlite_grants, sqlite_lanes, sqlite_links
from gateway.store.base import Change, Fact, Message, Need, Ready, Snapshot, StoredRequest, StoredThread
from gateway.store.rows import DAY, Blob, ConversationState, Copy, Delivery, RequestRow, ThreadRow, Timer

CLIENTS = "api"  # the channel that clients' requests have their homes on
JUMP = 1_000_000  # numbers that are left out after a restore
CODES_JUMP = 1_000  # codes that are left out then; there are 15,625
RECENT = DAY  # seconds for which a settled copy still makes a text without a name ambiguous
RECENT_MOST = 16  # of them, the newest, that are read: one is enough for that, and late answers name one of the newest


class Branched(NamedTuple):
    """Where a fork's log begins: with its origin's events from its run's start up to where it left it."""

    origin: str
    origin_seq: int
    fork_seq: int
    run_seq: int


def append(db: sqlite3.Connection, fact: Fact, now: float) -> tuple[Accepted | Duplicate | None, Ready | None]:
    """Add a fact to its conversation and mark it ready."""
    if fact.beside is not None and not _stands_at(db, fact.conversation, fact.beside):
        return None, None
    for key in fact.dedupe:
        known = db.execute("SELECT seq FROM dedupe WHERE key = ?", (key,)).fetchone()
        if known is not None:
            return Duplicate(known[0]), None
    conversation, version = _conversation(db, fact.conversation)
    record = Record(version + 1, now, fact.event)
    if fact.request is not None:
        known = db.execute("SELECT seq FROM client_requests WHERE conversation = ?", (conversation,)).fetchone()
        if known is not None:
            return Duplicate(known[0]), None
        db.execute(
            "INSERT INTO client_requests (id, client, conversation, seq) VALUES (?, ?, ?, ?)",
            (fact.request, parse(fact.conversation).account, conversation, record.seq),
        )
    append_record(db, conversation, record)
    db.executemany(
        "INSERT INTO dedupe (key, seq, expires) VALUES (?, ?, ?)",
        [(key, record.seq, now + fact.days * DAY) for key in fact.dedupe],
    )
    _insert_blobs(db, fact.blobs, now)
    return Accepted(record.seq), Ready(fact.conversation, (record,))


def append_record(db: sqlite3.Connection, conversation: int, record: Record) -> None:
    """Add a fact at the end of a conversation's log, and mark it ready."""
    _insert_events(db, conversation, [record])
    db.execute("UPDATE conversations SET version = ?, ready = 1 WHERE id = ?", (record.seq, conversation))


def _stands_at(db: sqlite3.Connection, key: ConversationKey, root: str) -> bool:
    """Tell whether something of ours stands at a root of a conversation, or may come to once it is decided."""
    row = db.execute("SELECT id, ready FROM conversations WHERE key = ?", (key,)).fetchone()
    if row is None or row[1]:
        return row is not None
    found = db.execute(
        "SELECT 1 FROM threads WHERE conversation = ? AND root = ? UNION ALL"
        " SELECT 1 FROM deliveries WHERE conversation = ? AND message_id = ? AND request IS NOT NULL LIMIT 1",
        (row[0], root, row[0], root),
    )
    return found.fetchone() is not None


def commit(db: sqlite3.Connection, change: Change) -> tuple[int, tuple[Delivery, ...], list[Ready]]:
    """
    Apply a change.

    Returns:
        The new version, the claimed delivery, and what the messages in it made ready elsewhere.
    """
    conversation, version = _conversation(db, change.conversation)
    if version != change.version:
        raise Conflict(f"{change.conversation} is at {version}, not at {change.version}")
    codes = [link.code for link in change.links if link.code]
    if len(sqlite_links.valid(db, codes, change.at)) < len(codes):
        raise Conflict("a one-time code was spent meanwhile")
    sqlite_grants.check(db, change.grants)
    numbered = [record._replace(seq=version + n) for n, record in enumerate(change.events, start=1)]
    _insert_events(db, conversation, numbered)
    sqlite_audit.insert(db, conversation, numbered)
    version += len(numbered)
    branched = {  # looked up before the rows change: what forks a run may begin it, too, or begin the next one
        event.thread: Branched(event.origin, _begun_by(db, event.origin, numbered[:n]), event.upto, seq)
        for n, (seq, _, event) in enumerate(numbered)
        if isinstance(event, events.ThreadForked)
    }
    for row in change.threads:
        _upsert_thread(db, conversation, row, numbered, branched.get(row.id))
    for request in change.requests:
        _upsert_request(db, conversation, request, numbered)
    if change.requests and covers(CLIENTS, change.conversation):
        db.execute(
            "UPDATE client_requests SET is_open = EXISTS (SELECT 1 FROM requests WHERE thread = ? AND status = 'open')"
            " WHERE conversation = ?",
            (change.requests[0].thread, conversation),
        )
    for copy in change.copies:
        db.execute(
            "INSERT INTO copies (conversation, request, until, body) VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (conversation, request) DO UPDATE SET until = ?3, body = ?4",
            (
                conversation,
                copy.request,
                copy.settled_at or sqlite_lanes.OPEN,
                copy.model_dump_json(exclude_defaults=True),
            ),
        )
    for name in change.withdraw:
        sqlite_lanes.withdraw(db, name)
    for delivery in change.deliveries:
        sqlite_lanes.insert(db, conversation, delivery, change.at)
    if change.clear or change.timers:
        db.executemany("DELETE FROM timers WHERE id = ?", [(name,) for name in change.clear])
        db.executemany(
            "INSERT OR REPLACE INTO timers (id, conversation, due, thread, key) VALUES (?, ?, ?, ?, ?)",
            [(timer.id, conversation, timer.due, timer.thread, timer.key) for timer in change.timers],
        )
    _insert_blobs(db, change.blobs, change.at)
    for link in change.links:
        sqlite_links.insert(db, link)
    for grant, _, after in change.grants:
        sqlite_grants.change(db, grant, after)
    db.executemany("INSERT OR REPLACE INTO turns (person, number) VALUES (?, ?)", list(change.turns.items()))
    db.execute(
        "UPDATE conversations SET version = ?, ready = ?, state = ? WHERE id = ?",
        (version, change.ready, change.state.model_dump_json(exclude_defaults=True), conversation),
    )
    woken = [ready for message in change.messages if (ready := _deliver(db, message, change.at)) is not None]
    claimed = sqlite_lanes.claim(db, conversation, change.at) if change.deliveries or change.withdraw else None
    return version, (claimed,) if claimed else (), woken


def _deliver(db: sqlite3.Connection, message: Message, now: float) -> Ready | None:
    return append(db, Fact(message.to, message.event, (message.id,)), now)[1]


def version(db: sqlite3.Connection, key: ConversationKey) -> int:
    """Tell how long a conversation's log is."""
    row = db.execute("SELECT version FROM conversations WHERE key = ?", (key,)).fetchone()
    return row[0] if row is not None else 0


def _conversation(db: sqlite3.Connection, key: ConversationKey) -> tuple[int, int]:
    row = db.execute("SELECT id, version FROM conversations WHERE key = ?", (key,)).fetchone()
    if row is not None:
        return row[0], row[1]
    version, state = _beginning(db)
    added = db.execute(
        "INSERT INTO conversations (key, version, state) VALUES (?, ?, ?)",
        (key, version, state.model_dump_json(exclude_defaults=True)),
    )
    return added.lastrowid or 0, version


def _beginning(db: sqlite3.Connection) -> tuple[int, ConversationState]:
    """
    Give the version and state of a conversation that nothing is known of.

    After a restore all numbers jump: those that were given out in the time that the backup does not hold stand in the
    world, in cards, in the marks of messages, in the keys of tools' starts, and must never mean anything else.
    """
    (restores,) = db.execute("SELECT COUNT(*) FROM restores").fetchone()
    return restores * JUMP, ConversationState(sent=restores * JUMP, codes=restores * CODES_JUMP)


def _insert_events(db: sqlite3.Connection, conversation: int, records: Iterable[Record]) -> None:
    db.executemany(
        "INSERT INTO events (conversation, seq, at, thread, body) VALUES (?, ?, ?, ?, ?)",
        [
            (
                conversation,
                seq,
                at,
                event.thread if isinstance(event, events.ThreadEvent) else None,
                log.encode(event),
            )
            for seq, at, event in records
        ],
    )


def _insert_blobs(db: sqlite3.Connection, blobs: Sequence[Blob], now: float) -> None:
    if not blobs:
        return
    db.executemany(
        "INSERT INTO blobs (digest, body, expires) VALUES (?1, ?2, ?3)"
        " ON CONFLICT (digest) DO UPDATE SET expires = CASE"
        " WHEN expires IS NULL OR ?3 IS NULL THEN NULL ELSE MAX(expires, ?3) END",
        [
            (blob.digest, zlib.compress(blob.body, 6), now + blob.days * DAY if blob.days is not None else None)
            for blob in blobs
        ],
    )


def _begun_by(db: sqlite3.Connection, origin: str, before: Sequence[Record]) -> int:
    """Tell where the current run of a thread begins, of which `before` is not in its row yet."""
    begun = [record.seq for record in before if _begins(record, origin)]
    if begun:
        return begun[-1]
    (run_seq,) = db.execute("SELECT run_seq FROM threads WHERE id = ?", (origin,)).fetchone()
    return int(run_seq)


def _begins(record: Record, thread: str) -> bool:
    return isinstance(record.event, events.RunStarted) and record.event.thread == thread


def _upsert_thread(
    db: sqlite3.Connection, conversation: int, row: ThreadRow, added: list[Record], branched: Branched | None
) -> None:
    started = [record.seq for record in added if _begins(record, row.id)]
    db.execute(
        "INSERT INTO threads (id, conversation, root, agent, version, branch, status, note, updated_at, run_seq)"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, COALESCE(?10, 0))"
        " ON CONFLICT (id) DO UPDATE SET agent = ?4, version = ?5, status = ?7, note = ?8, updated_at = ?9,"
        " run_seq = COALESCE(?10, run_seq), origin = CASE WHEN ?10 IS NULL THEN origin END",
        (
            row.id,
            conversation,
            row.root,
            row.agent,
            row.version,
            row.branch,
            row.status,
            row.note,
            row.updated_at,
            started[-1] if started else None,
        ),
    )
    if branched is not None and not started:
        db.execute(
            "UPDATE threads SET origin = ?, origin_seq = ?, fork_seq = ?, run_seq = ? WHERE id = ?", (*branched, row.id)
        )


def _upsert_request(db: sqlite3.Connection, conversation: int, row: RequestRow, added: list[Record]) -> None:
    opened = [r.seq for r in added if isinstance(r.event, events.RequestOpened) and r.event.request.id == row.id]
    kept = {"title", "settlement", "failed", "added", "waiting", "reminders", "away"}
    body = row.model_dump_json(include=kept, exclude_defaults=True)
    if opened:
        db.execute(
            "INSERT INTO requests (id, conversation, opened_seq, thread, status, due, patience, body)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (row.id, conversation, opened[0], row.thread, row.status, row.due, row.patience, body),
        )
    else:
        db.execute(
            "UPDATE requests SET status = ?, body = ?, due = iif(first_sent IS NULL, ?, due) WHERE id = ?",
            (row.status, body, row.due, row.id),
        )


# Reading -------------------------------------------------------------------------------------------------------------


def load(db: sqlite3.Connection, key: ConversationKey, need: Need, now: float) -> Snapshot:
    """Read a conversation, and of its rows what is needed."""
    row = db.execute("SELECT id, version, state FROM conversations WHERE key = ?", (key,)).fetchone()
    if row is None:
        return Snapshot(*_beginning(db))
    conversation, version, body = row
    state = ConversationState.model_validate_json(body)
    requests = dict.fromkeys(need.requests)
    for message in need.messages:
        named = sqlite_lanes.request_of(db, conversation, message)
        if named is not None:
            requests[named] = None
    copies = _copies(db, conversation, list(requests), now)
    threads = dict.fromkeys(need.threads)
    threads.update(dict.fromkeys(name for (name,) in _threads_of(db, requests)))
    for root in need.roots:
        rows = db.execute("SELECT id FROM threads WHERE conversation = ? AND root = ?", (conversation, root))
        threads.update(dict.fromkeys(name for (name,) in rows))
    if need.running:
        rows = db.execute(
            "SELECT id FROM threads WHERE conversation = ? AND status IN ('running', 'stranded')", (conversation,)
        )
        threads.update(dict.fromkeys(name for (name,) in rows))
    for thread in threads:
        rows = db.execute("SELECT id FROM requests WHERE thread = ? AND status = 'open'", (thread,))
        requests.update(dict.fromkeys(name for (name,) in rows))
    stored = [found for name in requests if (found := stored_request(db, conversation, name)) is not None]
    return Snapshot(
        version=version,
        state=state,
        facts=_undecided(db, conversation, state),
        threads=tuple(t for name in threads if (t := stored_thread(db, conversation, name)) is not None),
        copies=tuple(copies),
        requests=tuple(stored),
        asks=sqlite_lanes.rows_of(db, copies),
        codes=sqlite_links.valid(db, need.codes, now),
    )


def _threads_of(db: sqlite3.Connection, requests: Iterable[str]) -> Iterable[tuple[str]]:
    for name in requests:
        yield from db.execute("SELECT thread FROM requests WHERE id = ?", (name,))


def _undecided(db: sqlite3.Connection, conversation: int, state: ConversationState) -> tuple[Record, ...]:
    rows = db.execute(
        "SELECT seq, at, body FROM events WHERE conversation = ? AND seq > ? AND thread IS NULL ORDER BY seq",
        (conversation, state.applied),
    ).fetchall()
    earlier = [_event(db, conversation, seq) for seq in state.deferred]
    return (*(record for record in earlier if record is not None), *map(record_of, rows))


def _copies(db: sqlite3.Connection, conversation: int, named: list[str], now: float) -> list[Copy]:
    rows = db.execute(
        "SELECT request, body FROM copies WHERE conversation = ? AND until = ?", (conversation, sqlite_lanes.OPEN)
    ).fetchall()
    rows += db.execute(
        "SELECT request, body FROM copies WHERE conversation = ? AND until > ? AND until < ?"
        " ORDER BY until DESC LIMIT ?",
        (conversation, now - RECENT, sqlite_lanes.OPEN, RECENT_MOST),
    ).fetchall()
    copies = {request: Copy.model_validate_json(body) for request, body in rows}
    wanted = [*named, *(copy.batch for copy in copies.values())]
    while wanted:  # with a request comes the list that it stands on
        name = wanted.pop()
        if name and name not in copies and (found := _copy(db, conversation, name)) is not None:
            copies[name] = found
            wanted.append(found.batch)
    return list(copies.values())


def _copy(db: sqlite3.Connection, conversation: int, request: str) -> Copy | None:
    row = db.execute(
        "SELECT body FROM copies WHERE conversation = ? AND request = ?", (conversation, request)
    ).fetchone()
    return Copy.model_validate_json(row[0]) if row is not None else None


def stored_thread(db: sqlite3.Connection, conversation: int, name: str) -> StoredThread | None:
    """Read a thread's current run; a fork's begins with its origin's events up to where it left it."""
    row = db.execute(
        "SELECT run_seq, origin, origin_seq, fork_seq FROM threads WHERE id = ? AND conversation = ?",
        (name, conversation),
    ).fetchone()
    if row is None:
        return None
    run_seq, origin, origin_seq, fork_seq = row
    rows: list[tuple[int, float, bytes]] = []
    if origin is not None:
        rows += db.execute(
            "SELECT seq, at, body FROM events WHERE thread = ? AND +conversation = ? AND seq BETWEEN ? AND ?"
            " ORDER BY seq",
            (origin, conversation, origin_seq, fork_seq),
        ).fetchall()
    rows += db.execute(
        "SELECT seq, at, body FROM events WHERE thread = ? AND +conversation = ? AND seq >= ? ORDER BY seq",
        (name, conversation, run_seq),
    ).fetchall()
    records = tuple(map(record_of, rows))
    return StoredThread(name, records, messages_of(db, conversation, records))


def messages_of(
    db: sqlite3.Connection, conversation: int, records: Iterable[Record]
) -> dict[int, facts.MessageReceived]:
    """Read the messages that events name."""
    named: list[int] = []
    for record in records:
        match record.event:
            case events.RunStarted(consumes=consumes):
                named += consumes
            case events.MessageTaken(fact=fact) | events.MessageKept(fact=fact):
                named.append(fact)
    found = {seq: _event(db, conversation, seq) for seq in named}
    return {
        seq: record.event
        for seq, record in found.items()
        if record is not None and isinstance(record.event, facts.MessageReceived)
    }


def stored_request(db: sqlite3.Connection, conversation: int, name: str) -> StoredRequest | None:
    """Read a request that is at home in this conversation."""
    row = db.execute(f"{REQUEST} WHERE r.id = ? AND r.conversation = ?", (name, conversation)).fetchone()
    if row is None:
        return None
    opened = _event(db, conversation, row[-1])
    if opened is None or not isinstance(opened.event, events.RequestOpened):
        return None
    return StoredRequest(request_row(row), opened.event)


REQUEST = (
    "SELECT r.id, c.key, r.thread, r.status, r.due, r.patience, r.first_sent, r.body, r.opened_seq"
    " FROM requests r JOIN conversations c ON c.id = r.conversation"
)


def request_row(row: tuple[Any, ...]) -> RequestRow:
    """Make an index entry of a row of `REQUEST`."""
    name, home, thread, status, due, patience, first_sent, body, _ = row
    known = {"id": name, "home": home, "thread": thread, "status": status, "due": due, "patience": patience}
    return RequestRow.model_validate(known | {"first_sent": first_sent} | pydantic_core.from_json(body))


def record_of(row: tuple[int, float, bytes]) -> Record:
    """Make a record of a row of the log."""
    return Record(row[0], row[1], log.decode(row[2]))


def _event(db: sqlite3.Connection, conversation: int, seq: int) -> Record | None:
    row = db.execute(
        "SELECT seq, at, body FROM events WHERE conversation = ? AND seq = ?", (conversation, seq)
    ).fetchone()
    return record_of(row) if row is not None else None


def copy(db: sqlite3.Connection, place: ConversationKey, request: str) -> Copy | None:
    """Read a request as it stands at a place."""
    row = db.execute(
        "SELECT p.body FROM copies p JOIN conversations c ON c.id = p.conversation WHERE c.key = ? AND p.request = ?",
        (place, request),
    ).fetchone()
    return Copy.model_validate_json(row[0]) if row else None


def due_timers(db: sqlite3.Connection, now: float) -> dict[ConversationKey, list[Timer]]:
    """Give the timers that have fallen due: sleeps, and the deadlines of open requests."""
    found: dict[ConversationKey, list[Timer]] = {}
    for key, *timer in db.execute(
        "SELECT c.key, t.id, t.due, t.thread, t.key, '' FROM timers t JOIN conversations c ON c.id = t.conversation"
        " WHERE t.due <= ?1"
        " UNION ALL SELECT c.key, r.id, r.due, '', '', r.id FROM requests r"
        " JOIN conversations c ON c.id = r.conversation WHERE r.status = 'open' AND r.due <= ?1",
        (now,),
    ):
        found.setdefault(ConversationKey(key), []).append(Timer(*timer))
    return found


def next_timer(db: sqlite3.Connection, after: float) -> float | None:
    """Tell when the next timer falls due."""
    row = db.execute(
        "SELECT MIN(due) FROM (SELECT MIN(due) AS due FROM timers WHERE due > ?1"
        " UNION ALL SELECT MIN(due) FROM requests WHERE status = 'open' AND due > ?1)",
        (after,),
    ).fetchone()
    found: float | None = row[0]
    return found
