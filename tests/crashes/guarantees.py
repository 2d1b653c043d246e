"""
What must hold whatever happened, by name, checked from three sides: Slack's, the tools', and the store's.

Each check returns how many things it looked at, so that a check which looked at nothing is seen.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from agent_core import events, facts
from agent_core.log import Record, decode
from tests.crashes.town import OUTSIDER, Town
from tests.guarantees import Logs


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

    @cached_property
    def walked(self) -> Logs:
        """All logs, each looked at from its beginning to its end."""
        cards: dict[tuple[str, str], float] = {}
        for row in self.deliveries:
            if row["kind"] == "ask" and row["receipt"]:
                place = (row["key"], row["request"])
                cards[place] = min(cards.get(place, math.inf), json.loads(row["receipt"])["at"])
        walked = Logs(self.town.people, ("deploy",), lambda place, request: cards.get((place, request)))
        for key, log in self.logs.items():
            for record in log:
                walked.take(key, record)
        return walked


def collect(town: Town) -> Evidence:
    """Read the store, the emulator and the file."""
    db = sqlite3.connect(town.folder / "store" / "ringback.sqlite")
    db.row_factory = sqlite3.Row
    logs: dict[str, list[Record]] = {}
    query = (
        "SELECT c.key, e.seq, e.at, e.body FROM events e JOIN conversations c ON c.id = e.conversation ORDER BY 1, 2"
    )
    for key, seq, at, body in db.execute(query):
        logs.setdefault(key, []).append(Record(seq, at, decode(body)))
    deliveries = [
        dict(row)
        for row in db.execute("SELECT d.*, c.key FROM deliveries d JOIN conversations c ON c.id = d.conversation")
    ]
    (ready,) = db.execute("SELECT count(*) FROM conversations WHERE ready = 1").fetchone()
    assert ("ok",) == tuple(db.execute("PRAGMA integrity_check").fetchone())
    db.close()
    return Evidence(town, town.emulator.state(), logs, deliveries, ready, town.effects())


def g1_nothing_acknowledged_is_lost(e: Evidence) -> int:
    stored = Counter(event.message_id for _, _, event in e.all(facts.MessageReceived))
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
    return e.walked.checks["G2"]


def g3_a_settled_request_keeps_its_outcome(e: Evidence) -> int:
    assert set(e.walked.requests) == set(e.walked.settled)
    return e.walked.checks["G3"]


def g4_no_guarded_tool_without_an_unspent_approval(e: Evidence) -> int:
    return e.walked.checks["G4"]


def g5_a_tool_call_is_started_once(e: Evidence) -> int:
    done = Counter((effect["start"], effect["attempt"]) for effect in e.effects if effect["kind"] == "deploy")
    assert {1} >= set(done.values()), done.most_common(3)
    for effect in e.effects:
        assert f"{effect['start']}/{effect['attempt']}" in e.walked.starts
    return e.walked.checks["G5"] + len(e.effects)


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
    return e.walked.checks["G7"]


def g8_facts_are_applied_in_order(e: Evidence) -> int:
    return e.walked.checks["G8"]


def g9_only_who_may_decide_decides(e: Evidence) -> int:
    return e.walked.checks["G9"]


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
    assert {} == e.walked.active
    return len(e.all(events.RunStarted))


def g12_no_text_settles_what_its_author_had_not_seen(e: Evidence) -> int:
    return e.walked.checks["G12"]


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
