"""
What must hold, by name: looked at whenever something becomes durable or leaves the gateway, and once more at the end.

`Watch` sees each commit before the gateway itself hears of it, each effect of a tool and each vendor call in the moment
in which it takes place. So what it compares is what the world knows, and what would be there after a crash right now.
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from adapters.base import Part
from agent_core import addresses, events
from agent_core.catalogue import ENGLISH
from agent_core.events import Record
from agent_core.policy import Person
from agent_core.requests import Decision, Outcome, Request, Settlement
from gateway import owner
from gateway.conversation import QUIET
from tests.simulation.agents import GUARDED, IDEMPOTENT, Effect
from tests.simulation.vendor import Brought, Told, Vendor


class Violation(AssertionError):
    """A guarantee does not hold."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(name, what)
        self.name, self.what = name, what

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


Run = tuple[str, str]


@dataclass
class Watch:
    """Everything that is durable, as far as the guarantees speak of it."""

    people: Sequence[Person]
    note: Callable[[str], None]
    vendors: dict[str, Vendor] = field(default_factory=dict)
    checks: Counter[str] = field(default_factory=Counter)
    broken: Violation | None = None
    logs: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    requests: dict[str, Request] = field(default_factory=dict)
    settled: dict[str, Settlement] = field(default_factory=dict)
    starts: dict[str, events.ToolStarted] = field(default_factory=dict)
    active: dict[Run, events.RunStarted] = field(default_factory=dict)
    parked: dict[Run, events.RunParked] = field(default_factory=dict)
    _stored: set[str] = field(default_factory=set)
    _facts: set[tuple[str, str]] = field(default_factory=set)
    _consumed: set[tuple[str, int]] = field(default_factory=set)
    _kept: set[tuple[str, str, str, int]] = field(default_factory=set)
    _newest: dict[str, int] = field(default_factory=dict)
    _answered: set[tuple[str, int]] = field(default_factory=set)
    _votes: dict[tuple[str, str], Decision] = field(default_factory=dict)
    _spent: set[str] = field(default_factory=set)
    _done: set[tuple[str, int]] = field(default_factory=set)
    _finished: set[tuple[str, str, str]] = field(default_factory=set)

    def hold(self, name: str, holds: bool, what: object) -> None:
        """Check. What does not hold is kept: the gateway may catch what is raised in the middle of it."""
        self.checks[name] += 1
        if not holds:
            self.broken = self.broken or Violation(name, str(what))
            raise self.broken

    # What becomes durable --------------------------------------------------------------------------------------------

    def look(self, db: sqlite3.Connection) -> None:
        """Look at what a commit has added."""
        for number, key, version in db.execute("SELECT id, key, version FROM conversations").fetchall():
            log = self.logs[key]
            known = len(log)
            self.hold("G1", version >= known, f"{key} was at {known} and is at {version}")
            if version == known:
                continue
            for seq, at, body in db.execute(
                "SELECT seq, at, body FROM events WHERE conversation = ? AND seq > ? ORDER BY seq", (number, known)
            ).fetchall():
                record = Record(seq, at, events.decode(body))
                self.hold("G7", seq == len(log) + 1, f"{key} goes from {len(log)} to {seq}")
                log.append(record)
                self._take(key, record)
            self.hold("G7", len(log) == version, f"{key} holds {len(log)} events and is at version {version}")

    def _take(self, key: str, record: Record) -> None:
        event = record.event
        self.note(f"log {key} {record.seq}: {described(event)}")
        match event:
            case events.ChannelFact():
                name = (key, event.message_id)
                self.hold("G2", name not in self._facts, f"{event.message_id} is stored twice in {key}")
                self._facts.add(name)
                self._stored.add(event.message_id)
            case events.RunStarted():
                self._run_started(key, event)
            case events.RunParked():
                self.parked[event.thread, event.run] = event
            case events.RunResumed():
                self.parked.pop((event.thread, event.run), None)
            case events.RunEnded():
                self.parked.pop((event.thread, event.run), None)
                self.hold("G8", self.active.pop((event.thread, event.run), None) is not None, f"{event} ends nothing")
            case events.MessageKept():
                self._used(key, event.fact)
                kept = (key, event.thread, event.run, event.fact)
                self.hold("G2", kept not in self._kept, f"{event} is kept twice")
                self._kept.add(kept)
            case events.RequestOpened(request=request):
                self.hold("G3", request.id not in self.requests, f"{request.id} is opened twice")
                self.requests[request.id] = request
            case events.RequestSettled(request=name, settlement=settlement):
                self.hold("G3", name in self.requests and name not in self.settled, f"{event} settles again")
                self.settled[name] = settlement
            case events.ResponseGiven():
                self._response_given(key, event)
            case events.ToolStarted():
                self._tool_started(event)
            case events.ToolFinished():
                finished = (event.thread, event.run, event.key)
                self.hold("G5", finished not in self._finished, f"{event} finishes again")
                self._finished.add(finished)

    def _run_started(self, key: str, event: events.RunStarted) -> None:
        thread = event.thread
        running = [run for run in self.active if run[0] == thread]
        self.hold("G8", not running, f"{event.run} starts while {running} runs")
        previous = self._ended_before(key, thread)
        for seq in event.consumes:
            if previous != "restarted":
                self.hold("G2", (key, seq) not in self._consumed, f"{seq} of {key} starts two runs")
            self._consumed.add((key, seq))
            self._used(key, seq)
        self.active[thread, event.run] = event

    def _ended_before(self, key: str, thread: str) -> str:
        for record in reversed(self.logs[key]):
            if isinstance(record.event, events.RunEnded) and record.event.thread == thread:
                return record.event.outcome
        return ""

    def _used(self, key: str, seq: int) -> None:
        """Messages are taken up in the order in which they are stored; only one that was used before may come again."""
        newest = self._newest.get(key, 0)
        seen = (key, seq) in self._answered
        self.hold("G8", seen or seq > newest, f"{seq} of {key} is taken up after {newest}")
        self._answered.add((key, seq))
        self._newest[key] = max(newest, seq)

    def _response_given(self, key: str, event: events.ResponseGiven) -> None:
        request = self.requests[event.request]
        self.hold("G3", event.request not in self.settled, f"{event} counts after the settlement")
        earlier = self._votes.get((event.request, event.party))
        changed = earlier is Decision.APPROVE and event.decision is Decision.DENY  # a mind may, while it is open
        self.hold("G9", earlier is None or changed, f"{event.party} votes twice on {request.id}")
        self._votes[event.request, event.party] = event.decision
        person = next((p for p in self.people if event.identity in p.identities), None)
        party = person.id if person is not None else event.identity
        roles = person.roles if person is not None else ()
        who = request.who
        self.hold("G9", event.party == party, f"{event.identity} counts as {event.party}")
        self.hold("G9", event.roles == roles, f"{event.party} is recorded with {event.roles}")
        self.hold("G9", party in who.people or bool(set(roles) & set(who.roles)), f"{party} decides {request.title}")
        if who.exclude_requester:
            self.hold("G9", party != request.requester, f"{party} decides what they asked for")
        fact = next(r.event for r in self.logs[key] if r.seq == event.fact)
        sent_at = fact.response.sent_at if isinstance(fact, events.ResponseForwarded) else fact.sent_at  # type: ignore[attr-defined]
        shown = self.vendors[event.via.partition("/")[0]].cards.get((event.via, event.request))
        self.hold("G12", shown is not None and shown < sent_at, f"{event} was said at {sent_at}, and shown at {shown}")

    def _tool_started(self, event: events.ToolStarted) -> None:
        name = f"{addresses.derive('start', event.thread, event.run, event.key)}/{event.attempt}"
        self.hold("G5", name not in self.starts, f"{event} starts again")
        self.starts[name] = event
        if event.tool in GUARDED or event.attempt > 1:
            request = self.requests.get(event.approval or "")
            settlement = self.settled.get(event.approval or "")
            guard = "G4" if event.attempt == 1 else "G5"
            self.hold(guard, request is not None and settlement is not None, f"{event} has no approval")
            assert request is not None
            assert settlement is not None
            self.hold(guard, settlement.outcome is Outcome.APPROVED, f"{event} was {settlement.outcome}")
            self.hold("G4", request.id not in self._spent, f"{event} spends {request.id} again")
            self._spent.add(request.id)
            asked = (request.digest, request.thread, request.run, request.key)
            self.hold("G4", asked == (event.digest, event.thread, event.run, event.key), f"{event} is not {request}")
            self.hold("G5", request.in_doubt == (event.attempt > 1), f"{event} was approved by {request}")

    def asked(self, thread: str, run: events.RunStarted) -> str:
        """Give what was written to begin a run."""
        key = next(k for k, log in self.logs.items() if any(r.event is run for r in log))
        return "\n".join(str(getattr(self.logs[key][seq - 1].event, "text", "")) for seq in run.consumes)

    # What leaves the gateway -----------------------------------------------------------------------------------------

    def answered(self, brought: Brought) -> None:
        """An event was acknowledged to its vendor."""
        fact = brought.inbound.fact
        self.hold("G1", fact.message_id in self._stored, f"{fact.message_id} is acknowledged and not stored")

    def done(self, effect: Effect) -> None:
        """A tool did something."""
        self.note(f"world: {effect}")
        started = self.starts.get(f"{effect.start}/{effect.attempt}")
        self.hold("G5", started is not None, f"{effect} happens before its start is stored")
        if effect.tool not in IDEMPOTENT:
            self.hold("G5", (effect.start, effect.attempt) not in self._done, f"{effect} happens again")
        self._done.add((effect.start, effect.attempt))

    def claimed(self, part: Part, db: sqlite3.Connection) -> None:
        """A part is about to be sent."""
        row = db.execute("SELECT status FROM deliveries WHERE id = ?", (part.delivery,)).fetchone()
        self.hold("G6", row is not None and row[0] == "claimed", f"{part} is sent, and stored as {row}")

    def taken(self, vendor: Vendor, told: Told) -> None:
        """A vendor has taken a part."""
        if not told.part.idempotent:
            takes = vendor.takes[told.part.delivery]
            self.hold("G6", takes == 1, f"{told.part.delivery} ({told.part.kind}) was taken {takes} times")

    def committed(self, process: int, newest: int) -> None:
        """A decision of a process was accepted."""
        self.hold("G7", process == newest, f"a decision of process {process} is stored, and {newest} owns the store")

    # When it is over -------------------------------------------------------------------------------------------------

    def at_the_end(self, db: sqlite3.Connection, vendors: dict[str, Vendor]) -> None:
        """Look at all of it together."""
        self._all_is_stored(vendors)
        self._all_is_settled()
        self._deliveries_have_ended(db, vendors)
        self._answers_were_replied_to(db, vendors)
        ready = db.execute("SELECT key FROM conversations WHERE ready = 1").fetchall()
        self.hold("G11", not ready, f"{ready} are marked as having work")
        timers = db.execute("SELECT * FROM timers").fetchall()
        self.hold("G11", not timers, f"{timers} are left")

    def _all_is_stored(self, vendors: dict[str, Vendor]) -> None:
        for vendor in vendors.values():
            for brought in vendor.brought:
                name = brought.inbound.fact.message_id
                self.hold("G1", name in self._stored, f"{name} was brought {brought.tries} times and is not stored")

    def _all_is_settled(self) -> None:
        for name in self.requests:
            self.hold("G3", name in self.settled, f"{name} has no outcome")
        self.hold("G11", not self.active, f"{list(self.active)} have not ended")

    def _deliveries_have_ended(self, db: sqlite3.Connection, vendors: dict[str, Vendor]) -> None:
        taken: dict[str, Vendor] = {}
        for vendor in vendors.values():
            taken |= dict.fromkeys(vendor.by_delivery, vendor)
        for name, kind, status, due, reason in db.execute(
            "SELECT id, kind, status, due, reason FROM deliveries"
        ).fetchall():
            ended = status in ("sent", "dead") or (status == "unknown" and due is None)
            self.hold("G6", ended, f"{kind} {name} is {status}, due {due}")
            self.hold("G6", status == "sent" or bool(reason), f"{kind} {name} is {status} without a reason")
            if status == "sent":
                self.hold("G6", name in taken, f"{kind} {name} is sent, and its vendor does not have it")

    def _answers_were_replied_to(self, db: sqlite3.Connection, vendors: dict[str, Vendor]) -> None:
        """Who gave an answer that changed nothing is told so, of each request and for each reason once a minute."""
        told: dict[tuple[str, str, str], list[float]] = defaultdict(list)
        for vendor in vendors.values():
            for one in vendor.told:
                reason = reason_of(one.shown.text) if one.part.kind in ("say", "whisper") else None
                if reason is not None:
                    told[one.part.conversation, one.shown.to or one.part.conversation, reason].append(one.decided)
        refused: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        for key, log in self.logs.items():
            for record in log:
                if isinstance(record.event, events.ResponseRefused):
                    via, identity = who_and_where(key, log[record.event.fact - 1].event)
                    refused[via, identity, record.event.reason].add(record.event.request)
        lost = {
            key
            for (key,) in db.execute(
                "SELECT c.key FROM deliveries d JOIN conversations c ON c.id = d.conversation"
                " WHERE d.status IN ('dead', 'unknown') AND d.kind IN ('say', 'whisper')"
            ).fetchall()
        }
        for (via, identity, reason), requests in refused.items():
            replied = any(told.get((via, identity, key)) for key in SENTENCES if key.startswith(f"refused.{reason}"))
            self.hold("G10", replied or via in lost, f"{identity} is told nothing in {via}: {reason} of {requests}")
        for (place, to, reason), times in told.items():
            requests = refused.get((place, to, reason.removeprefix("refused.").partition(".")[0]), set())
            for at in times:
                lately = sum(at - QUIET < earlier <= at for earlier in times)
                self.hold("G10", lately <= max(1, len(requests)), f"{to} is told {reason} {lately} times by {at}")

    # A pause ---------------------------------------------------------------------------------------------------------

    def resting(self, decider: owner.Owner, tasks: int) -> None:
        """Nothing can be done until a person, a message or a timer comes."""
        self.hold("G11", not decider._tasks, f"{decider._tasks} while everything waits")
        self.hold("G11", len(decider._hot) <= owner.HOT, f"{len(decider._hot)} conversations are kept in memory")
        self.hold("G11", tasks <= TASKS, f"{tasks} tasks while everything waits")


TASKS = 24
"""Tasks of a gateway at rest, however many threads are paused: its parts, two channels, what they wait for."""

SENTENCES = {
    key: re.compile(re.sub(r"\\\{\w+\\\}", ".*", re.escape(sentence)), re.DOTALL)
    for key, sentence in ENGLISH.items()
    if key.startswith("refused.") or key in ("start.refused", "speak.refused", "codes")
}


def reason_of(text: str) -> str | None:
    """Tell which sentence about an answer that changed nothing a text is."""
    return next((key for key, sentence in SENTENCES.items() if sentence.fullmatch(text)), None)


def who_and_where(home: str, fact: events.Event) -> tuple[str, str]:
    """Tell in which conversation an answer was given, and under which account."""
    if isinstance(fact, events.ResponseForwarded):
        return fact.response.via, fact.response.voter.identity
    assert isinstance(fact, events.ChannelFact)
    return home, fact.sender


def described(event: events.Event) -> str:
    """An event in one line."""
    values: dict[str, Any] = event.model_dump(mode="json", exclude_defaults=True, exclude={"card", "who", "raw"})
    values.pop("type", None)
    return f"{type(event).__name__} {values}"
