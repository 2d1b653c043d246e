"""
What must hold whatever happened, by name, checked from three sides: Slack's, the tools', and the store's.

Each check returns how many things it looked at, so that a check which looked at nothing is seen.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from agent_core import events
from agent_core.events import Record
from agent_core.requests import Outcome, Request
from tests.crashes.town import APPROVERS, OUTSIDER, Town


@dataclass
class Evidence:
    """Everything that is left when it is over."""

    town: Town
    slack: dict[str, Any]
    logs: dict[str, list[Record]]
    deliveries: list[dict[str, Any]]
    ready: int
    effects: list[dict[str, Any]]

    def all(self, kind: type[Any]) -> list[tuple[str, Record, Any]]:
        """Every event of a type, with its conversation."""
        return [(key, r, r.event) for key, log in self.logs.items() for r in log if isinstance(r.event, kind)]

    def requests(self) -> dict[str, Request]:
        """Every request that was opened."""
        return {event.request.id: event.request for _, _, event in self.all(events.RequestOpened)}


def collect(town: Town) -> Evidence:
    """Read the store, the emulator and the file."""
    db = sqlite3.connect(town.folder / "store" / "ringback.sqlite")
    db.row_factory = sqlite3.Row
    logs: dict[str, list[Record]] = {}
    query = (
        "SELECT c.key, e.seq, e.at, e.body FROM events e JOIN conversations c ON c.id = e.conversation ORDER BY 1, 2"
    )
    for key, seq, at, body in db.execute(query):
        logs.setdefault(key, []).append(Record(seq, at, events.decode(body)))
    deliveries = [
        dict(row)
        for row in db.execute("SELECT d.*, c.key FROM deliveries d JOIN conversations c ON c.id = d.conversation")
    ]
    (ready,) = db.execute("SELECT count(*) FROM conversations WHERE ready = 1").fetchone()
    assert ("ok",) == tuple(db.execute("PRAGMA integrity_check").fetchone())
    db.close()
    return Evidence(town, town.emulator.state(), logs, deliveries, ready, town.effects())


def g1_nothing_acknowledged_is_lost(e: Evidence) -> int:
    stored = Counter(event.message_id for _, _, event in e.all(events.MessageReceived))
    acked = [d for d in e.slack["deliveries"] if d["status"] == "acked"]
    said = [d["payload"]["event"]["ts"] for d in acked if is_message_to_us(d["payload"])]
    assert [] == [ts for ts in said if ts not in stored]
    return len(said)


def is_message_to_us(payload: dict[str, Any]) -> bool:
    event = payload.get("event", {})
    return (
        event.get("type") == "message"
        and event.get("channel_type") == "im"
        and not (event.get("subtype") or event.get("bot_id"))
    )


def g2_nothing_is_applied_twice(e: Evidence) -> int:
    stored = Counter(event.message_id for _, _, event in e.all(events.MessageReceived))
    assert {1} >= set(stored.values())
    used: Counter[tuple[str, int]] = Counter()
    for key, _, event in e.all(events.RunStarted):
        used.update((key, seq) for seq in event.consumes)
    kept = Counter((key, event.fact) for key, _, event in e.all(events.MessageKept))
    answers = Counter((key, event.fact) for key, _, event in e.all(events.ResponseGiven))
    for counted in (used, kept, answers):
        assert {1} >= set(counted.values()), counted.most_common(3)
    return len(stored) + len(used) + len(kept) + len(answers)


def g3_a_settled_request_keeps_its_outcome(e: Evidence) -> int:
    settled = Counter(event.request for _, _, event in e.all(events.RequestSettled))
    assert {1} >= set(settled.values())
    assert set(e.requests()) == set(settled)
    for log in e.logs.values():
        over: set[str] = set()
        for record in log:
            if isinstance(record.event, events.ResponseGiven | events.QuestionAsked):
                assert record.event.request not in over
            if isinstance(record.event, events.RequestSettled):
                over.add(record.event.request)
    return len(settled)


def g4_no_guarded_tool_without_an_unspent_approval(e: Evidence) -> int:
    requests = e.requests()
    approved = {
        event.request: record.seq
        for _, record, event in e.all(events.RequestSettled)
        if event.settlement.outcome is Outcome.APPROVED
    }
    starts = [(record, event) for _, record, event in e.all(events.ToolStarted) if event.tool == "deploy"]
    spent = Counter(event.approval for _, event in starts)
    for record, start in starts:
        assert start.approval in approved
        assert approved[start.approval] < record.seq
        request = requests[start.approval]
        assert (request.digest, request.thread, request.run, request.key) == (
            start.digest,
            start.thread,
            start.run,
            start.key,
        )
    assert {1} >= set(spent.values())
    return len(starts)


def g5_a_tool_call_is_started_once(e: Evidence) -> int:
    done = Counter((effect["start"], effect["attempt"]) for effect in e.effects if effect["kind"] == "deploy")
    assert {1} >= set(done.values()), done.most_common(3)
    for effect in e.effects:
        if effect["kind"] == "deploy" and effect["attempt"] > 1:
            assert any(
                event.request.in_doubt and event.request.arguments == {"n": effect["n"]}
                for _, _, event in e.all(events.RequestOpened)
            )
    started = Counter((event.thread, event.run, event.key, event.attempt) for _, _, event in e.all(events.ToolStarted))
    assert {1} >= set(started.values())
    finished = Counter((event.thread, event.run, event.key) for _, _, event in e.all(events.ToolFinished))
    assert {1} >= set(finished.values())
    return len(e.effects)


def g6_every_delivery_ends_visibly_and_none_is_repeated(e: Evidence) -> int:
    assert {"sent", "dead", "unknown"} >= {row["status"] for row in e.deliveries}
    assert [] == [row for row in e.deliveries if row["status"] == "unknown" and row["due"] is not None]
    assert [] == [row for row in e.deliveries if row["status"] != "sent" and not row["reason"]]
    posted = Counter(
        message["metadata"]["event_payload"]["delivery"] for message in e.slack["messages"] if message["metadata"]
    )
    assert {1} >= set(posted.values()), posted.most_common(3)
    sent = {row["id"]: row for row in e.deliveries if row["status"] == "sent" and row["kind"] in ("say", "ask")}
    assert set(sent) <= set(posted)
    return len(e.deliveries)


def g7_one_decider(e: Evidence) -> int:
    for key, log in e.logs.items():
        assert list(range(1, len(log) + 1)) == [record.seq for record in log], key
    return sum(map(len, e.logs.values()))


def g8_facts_are_applied_in_order(e: Evidence) -> int:
    checked = 0
    for key, log in e.logs.items():
        used = [
            seq
            for record in log
            for seq in (
                record.event.consumes
                if isinstance(record.event, events.RunStarted)
                else (record.event.fact,)
                if isinstance(record.event, events.MessageKept)
                else ()
            )
        ]
        fresh = list(dict.fromkeys(used))
        assert fresh == sorted(fresh), key
        checked += len(fresh)
    return checked


def g9_only_who_may_decide_decides(e: Evidence) -> int:
    requests = e.requests()
    votes = Counter()
    given = [event for _, _, event in e.all(events.ResponseGiven)]
    for vote in given:
        request = requests[vote.request]
        votes[(vote.request, vote.party)] += 1
        if request.tool == "deploy":
            assert vote.party in APPROVERS
            assert "release" in vote.roles
            assert vote.party != request.requester
        else:
            assert vote.party in request.who.people or set(vote.roles) & set(request.who.roles)
    assert {1} >= set(votes.values())
    return len(given)


def g10_what_does_not_count_changes_nothing(e: Evidence) -> int:
    refused = [event for _, _, event in e.all(events.ResponseRefused)]
    outsider = e.town.ids[OUTSIDER]
    assert all(outsider not in event.identity for _, _, event in e.all(events.ResponseGiven))
    told = [m for m in e.slack["ephemerals"] if m["visible_to"] == outsider]
    pressed = [d for d in e.slack["deliveries"] if d["payload"].get("user", {}).get("id") == outsider]
    assert len(told) <= len(pressed)
    assert bool(told) == any(d["status"] == "acked" for d in pressed)
    return len(refused) + len(pressed)


def g11_a_paused_thread_is_rows(e: Evidence) -> int:
    assert 0 == e.ready
    ended = {(event.thread, event.run) for _, _, event in e.all(events.RunEnded)}
    started = {(event.thread, event.run) for _, _, event in e.all(events.RunStarted)}
    assert started == ended
    return len(started)


def g12_no_text_settles_what_its_author_had_not_seen(e: Evidence) -> int:
    checked = 0
    cards: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in e.deliveries:
        if row["kind"] == "ask" and row["receipt"]:
            cards.setdefault((row["key"], row["request"]), []).append(json.loads(row["receipt"]))
    for home, _, vote in e.all(events.ResponseGiven):
        fact = next(r.event for r in e.logs[home] if r.seq == vote.fact)
        sent_at = fact.response.sent_at if isinstance(fact, events.ResponseForwarded) else fact.sent_at
        seen = [receipt["at"] for receipt in cards[(vote.via, vote.request)]]
        assert min(seen) < sent_at, (vote, seen, sent_at)
        checked += 1
    return checked


CHECKS: dict[str, Callable[[Evidence], int]] = {
    "G1": g1_nothing_acknowledged_is_lost,
    "G2": g2_nothing_is_applied_twice,
    "G3": g3_a_settled_request_keeps_its_outcome,
    "G4": g4_no_guarded_tool_without_an_unspent_approval,
    "G5": g5_a_tool_call_is_started_once,
    "G6": g6_every_delivery_ends_visibly_and_none_is_repeated,
    "G7": g7_one_decider,
    "G8": g8_facts_are_applied_in_order,
    "G9": g9_only_who_may_decide_decides,
    "G10": g10_what_does_not_count_changes_nothing,
    "G11": g11_a_paused_thread_is_rows,
    "G12": g12_no_text_settles_what_its_author_had_not_seen,
}
