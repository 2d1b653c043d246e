"""
Erasing what somebody said, in SQLite, in place. Functions over an open transaction.

The unit is the run. A run in which somebody's words took part (they asked for it, wrote to it, or answered in words)
loses all of its texts, whoever said them: what a model or a card repeats of somebody's words cannot be told from the
rest. Besides go their own messages, whatever other conversations hold of these runs' requests, every payload and every
model's context of these conversations, and the lines that later runs carried over. Ids, digests, times and outcomes
stay, and who decided.

A run that has not ended is rebuilt from its texts, so it must end first: nothing is erased while one is left.
`TextsErased` is appended to each conversation that lost something: whoever decides for it from memory is refused, and
loads what is left.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pydantic_core

from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.erasure import erased
from agent_core.facts import TextsErased
from agent_core.log import Record
from gateway.errors import Busy, Needed
from gateway.store.base import Ready
from gateway.store.rows import ConversationState
from gateway.store.sqlite_log import append_record

REASON = "erased"  # why a delivery of what was erased is dead
PARTIES = ("party", "requester")  # fields of a run's own events that name somebody whose words are in it


class Place(NamedTuple):
    """Where an event stands."""

    conversation: int
    seq: int


@dataclass
class Found:
    """What holds somebody's words: their own messages, runs (by thread), and requests of these runs."""

    messages: set[Place] = field(default_factory=set)
    runs: set[tuple[str, str]] = field(default_factory=set)
    requests: set[str] = field(default_factory=set)
    conversations: set[int] = field(default_factory=set)

    @property
    def threads(self) -> set[str]:
        return {thread for thread, _ in self.runs}


def forget(
    db: sqlite3.Connection, party: Party, identities: Collection[Identity], now: float
) -> tuple[int, list[Ready]]:
    """
    Erase what somebody said.

    Returns:
        How many events lost something, and the conversations that have to be loaded anew.

    Raises:
        Needed: Runs that have not ended are rebuilt from these texts.
        Busy: Something of it is being decided or sent right now.
    """
    whose = {party, *identities}
    found = _find(db, whose, set(identities))
    bodies = list(_bodies(db, found))
    _refuse_while_needed(db, found, {place for place, _ in bodies})
    count = 0
    changed: set[int] = set()
    digests = _payloads_and_contexts(db, found)
    for place, body in bodies:
        digests |= blobs_of(body)
        left = pydantic_core.to_json(erased(body, whose))
        if left != pydantic_core.to_json(body):
            db.execute("UPDATE events SET body = ? WHERE conversation = ? AND seq = ?", (left, *place))
            count += 1
            changed.add(place.conversation)
    changed |= _erase_carried(db, found)
    changed |= _erase_index(db, found)
    _erase_unsent(db, found, set(identities))
    db.executemany("DELETE FROM blobs WHERE digest = ?", [(digest,) for digest in digests])
    return count, [_tell(db, conversation, party, now) for conversation in sorted(changed)]


# Finding -------------------------------------------------------------------------------------------------------------


def _find(db: sqlite3.Connection, whose: Collection[str], identities: Collection[str]) -> Found:
    found = Found()
    answered: set[str] = set()
    for place, thread, body in _naming(db, whose):
        match body["type"]:
            case _ if body.get("sender") in identities:
                found.messages.add(place)
            case "RequestReceived" if body.get("requester") in whose:
                found.messages.add(place)
            case "ResponseForwarded" if body["response"].get("text") and _voter(body) & set(whose):
                answered.add(body["response"]["request"])
                found.messages.add(place)
            case "RulingForwarded" if body["to"] in identities:
                found.messages.add(place)
            case "RequestSettled" if _settled_in_words(body["settlement"], whose):
                found.runs.add((str(thread), body["run"]))
            case "ResponseRefused" | "ResponseGiven" if _says(body) and body["party"] in whose:
                found.runs.add((str(thread), body["run"]))
            case "ResponseGiven" | "ResponseRefused" | "RequestSettled":
                pass  # that they decided stays
            case _ if thread is not None and any(body.get(name) in whose for name in PARTIES):
                found.runs.add((thread, body["run"]))
    for request in answered:
        found.runs |= _run_of(db, request)
    found.runs = {(branch, run) for thread, run in found.runs for branch in _branches(db, thread)}
    for thread, run in found.runs:
        for place, body in _events_of(db, thread):
            if body.get("run") == run:
                found.conversations.add(place.conversation)
                opened = body["request"] if body["type"] == "RequestOpened" else {}
                found.requests |= {opened["id"]} if opened else set()
                found.conversations |= _conversations(db, opened.get("places") or body.get("places") or ())
    found.conversations |= {place.conversation for place in found.messages}
    for request in list(found.requests):
        rows = db.execute(
            "SELECT conversation, body ->> '$.batch' FROM copies WHERE request = ?", (request,)
        ).fetchall()
        found.conversations |= {conversation for conversation, _ in rows}
        found.requests |= {batch for _, batch in rows if batch}  # what it is stands in that list, too
    return found


def _conversations(db: sqlite3.Connection, keys: Iterable[ConversationKey]) -> set[int]:
    """Give those of some conversations that there are: a place where it waits has no copy yet, and is told of it."""
    rows = (db.execute("SELECT id FROM conversations WHERE key = ?", (key,)).fetchone() for key in keys)
    return {row[0] for row in rows if row is not None}


def _naming(db: sqlite3.Connection, whose: Iterable[str]) -> Iterator[tuple[Place, str | None, dict[str, Any]]]:
    """Give every event in which one of these ids stands as a value."""
    needles = [pydantic_core.to_json(one) for one in whose]
    holds = " OR ".join("instr(body, ?)" for _ in needles)
    query = f"SELECT conversation, seq, thread, body FROM events WHERE {holds}"  # noqa: S608  # no values in it
    for conversation, seq, thread, body in db.execute(query, needles).fetchall():
        yield Place(conversation, seq), thread, pydantic_core.from_json(body)


def _says(body: dict[str, Any]) -> bool:
    return bool(body.get("text") or body.get("comment"))


def _settled_in_words(settlement: dict[str, Any], whose: Collection[str]) -> bool:
    return settlement.get("by") in whose and bool(settlement.get("comment") or settlement.get("answer"))


def _voter(body: dict[str, Any]) -> set[str]:
    voter = body["response"]["voter"]
    return {voter["party"], voter["identity"]}


def _run_of(db: sqlite3.Connection, request: str) -> set[tuple[str, str]]:
    row = db.execute(
        "SELECT r.thread, e.body FROM requests r JOIN events e ON e.conversation = r.conversation"
        " AND e.seq = r.opened_seq WHERE r.id = ?",
        (request,),
    ).fetchone()
    return {(row[0], pydantic_core.from_json(row[1])["run"])} if row else set()


def _branches(db: sqlite3.Connection, thread: str) -> list[str]:
    """Give a thread and its forks, which hold its events as their own beginning."""
    rows = db.execute(
        "SELECT b.id FROM threads t JOIN threads b ON b.conversation = t.conversation AND b.root = t.root"
        " AND b.agent = t.agent WHERE t.id = ?",
        (thread,),
    )
    return [name for (name,) in rows]


def _events_of(db: sqlite3.Connection, thread: str) -> list[tuple[Place, dict[str, Any]]]:
    rows = db.execute("SELECT conversation, seq, body FROM events WHERE thread = ? ORDER BY seq", (thread,))
    return [(Place(*place), pydantic_core.from_json(body)) for *place, body in rows.fetchall()]


def _bodies(db: sqlite3.Connection, found: Found) -> Iterator[tuple[Place, dict[str, Any]]]:
    """Give every event that loses its texts: their own, those of their runs, and what was told elsewhere of these."""
    for place in found.messages:
        (body,) = db.execute("SELECT body FROM events WHERE conversation = ? AND seq = ?", place).fetchone()
        yield place, pydantic_core.from_json(body)
    for thread, run in found.runs:
        for place, body in _events_of(db, thread):
            if body.get("run") == run:
                yield place, body
    for conversation in found.conversations:
        rows = db.execute(
            "SELECT seq, body FROM events WHERE conversation = ? AND thread IS NULL", (conversation,)
        ).fetchall()
        for seq, body in rows:
            fact, place = pydantic_core.from_json(body), Place(conversation, seq)
            if place not in found.messages and _request_of(fact) in found.requests:
                yield place, fact
    for thread in found.threads:
        rows = db.execute(
            "SELECT conversation, seq, body FROM events WHERE thread IS NULL AND instr(body, ?)", (thread.encode(),)
        ).fetchall()
        for *place, body in rows:
            fact = pydantic_core.from_json(body)
            if fact["type"] == "NoteForwarded":
                yield Place(*place), fact


def _request_of(fact: dict[str, Any]) -> str:
    inside = fact.get("response", fact)
    return str(inside.get("request", ""))


# Refusing ------------------------------------------------------------------------------------------------------------


def _refuse_while_needed(db: sqlite3.Connection, found: Found, places: Collection[Place]) -> None:
    live = []
    for thread, run in sorted(found.runs):
        row = db.execute(
            "SELECT c.key, t.status, e.body FROM threads t JOIN conversations c ON c.id = t.conversation"
            " JOIN events e ON e.conversation = t.conversation AND e.seq = t.run_seq WHERE t.id = ?",
            (thread,),
        ).fetchone()
        if row is not None and row[1] != "ended" and pydantic_core.from_json(row[2]).get("run") == run:
            live.append((ConversationKey(row[0]), thread))
    if live:
        raise Needed(live)
    for conversation in {place.conversation for place in places}:
        (body,) = db.execute("SELECT state FROM conversations WHERE id = ?", (conversation,)).fetchone()
        state = ConversationState.model_validate_json(body)
        facts = "SELECT seq FROM events WHERE conversation = ? AND thread IS NULL AND seq > ?"
        undecided = {seq for (seq,) in db.execute(facts, (conversation, state.applied))} | {*state.deferred}
        if any(Place(conversation, seq) in places for seq in undecided):
            raise Busy("something of it is not decided yet; let the gateway run, and ask again in a moment")


# Erasing -------------------------------------------------------------------------------------------------------------


def _erase_carried(db: sqlite3.Connection, found: Found) -> set[int]:
    """Erase the lines and states that other runs of these threads were handed."""
    changed = set()
    for thread in found.threads:
        for place, body in _events_of(db, thread):
            if body["type"] == "RunStarted" and body.get("carry"):
                del body["carry"]
                db.execute(
                    "UPDATE events SET body = ? WHERE conversation = ? AND seq = ?",
                    (pydantic_core.to_json(body), *place),
                )
                changed.add(place.conversation)
    return changed


def _erase_index(db: sqlite3.Connection, found: Found) -> set[int]:
    """Erase the index entries and the copies of these requests."""
    changed = set()
    for request in found.requests:
        for conversation, body in db.execute(
            "SELECT conversation, body FROM requests WHERE id = ?", (request,)
        ).fetchall():
            left = less(body, "failed")
            db.execute("UPDATE requests SET body = ? WHERE id = ?", (left, request))
            changed |= {conversation} if left != body else set()
        for conversation, body in db.execute(
            "SELECT conversation, body FROM copies WHERE request = ?", (request,)
        ).fetchall():
            left = less(body, *COPY_STAYS)
            db.execute(
                "UPDATE copies SET body = ? WHERE request = ? AND conversation = ?", (left, request, conversation)
            )
            changed |= {conversation} if left != body else set()
    return changed


def blobs_of(event: dict[str, Any]) -> set[str]:
    """Name what of an event stands beside the log: payloads, contexts, whole texts, large results, files."""
    named = {str(event[name]) for name in ("raw", "blob", "context") if event.get(name)}
    return named | {str(enclosure["blob"]) for enclosure in event.get("enclosures", ())}


COPY_STAYS = ("deliveries", "told", "code", "batch", "members")
"""What stays of a copy besides ids and outcomes."""


def less(body: str | bytes, *stays: str) -> str:
    """Give an index entry without what was said in it; some fields stay as they are."""
    before = pydantic_core.from_json(body)
    return pydantic_core.to_json(erased(before) | {name: before[name] for name in stays if name in before}).decode()


def _erase_unsent(db: sqlite3.Connection, found: Found, identities: Collection[str]) -> None:
    """Give up what is not sent of these requests, or to these people."""
    for delivery, status in _unsent(db, found, identities):
        if status == "claimed":
            raise Busy("a message is being sent to them right now; let the gateway run, and ask again in a moment")
        db.execute("DELETE FROM delivery_bodies WHERE id = ?", (delivery,))
        db.execute(
            "UPDATE deliveries SET status = 'dead', reason = ?, due = NULL WHERE id = ? AND due IS NOT NULL"
            " AND status IN ('new', 'unknown')",
            (REASON, delivery),
        )


def _unsent(db: sqlite3.Connection, found: Found, identities: Collection[str]) -> list[tuple[str, str]]:
    """Give the deliveries whose bodies are kept, with their status: of these requests, and in these people's places."""
    homes = {place.conversation for place in found.messages}
    homes |= {number for number, key in db.execute("SELECT id, key FROM conversations") if key in identities}
    return [
        (delivery, status)
        for conversation in found.conversations | homes
        for delivery, status, request in db.execute(
            "SELECT d.id, d.status, d.request FROM deliveries d JOIN delivery_bodies b ON b.id = d.id"
            " WHERE d.conversation = ?",
            (conversation,),
        )
        if request in found.requests or (request is None and conversation in homes)
    ]


def _payloads_and_contexts(db: sqlite3.Connection, found: Found) -> set[str]:
    """Name every payload of these conversations, since a vendor's quotes what stands around it, and every context."""
    digests: set[str] = set()
    for conversation in found.conversations:
        rows = db.execute("SELECT body FROM events WHERE conversation = ? AND thread IS NULL", (conversation,))
        digests |= {fact["raw"] for (body,) in rows if (fact := pydantic_core.from_json(body)).get("raw")}
    for thread in found.threads:
        rows = db.execute("SELECT body FROM events WHERE thread = ?", (thread,))
        digests |= {event["context"] for (body,) in rows if (event := pydantic_core.from_json(body)).get("context")}
    return digests


def _tell(db: sqlite3.Connection, conversation: int, party: Party, now: float) -> Ready:
    key, version = db.execute("SELECT key, version FROM conversations WHERE id = ?", (conversation,)).fetchone()
    record = Record(version + 1, now, TextsErased(party=party))
    append_record(db, conversation, record)
    return Ready(ConversationKey(key), (record,))
