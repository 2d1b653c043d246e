"""
What must hold in every log of a gateway, by name, whoever looked at what happened: the simulation does after every
commit, the crash suite when it is over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agent_core import addresses, events
from agent_core.events import Record
from agent_core.policy import Person
from agent_core.requests import APPROVING, Decision, Outcome, Request, Settlement

Run = tuple[str, str]

CHANGES = (events.MessageEdited, events.MessageDeleted)
"""What somebody says of an earlier message; no decision comes of it."""

REASONS = ("not_asked", "unknown_person", "requester_excluded")
"""Why somebody may not decide."""


class Sent(NamedTuple):
    """From which account something was said, and when by the vendor's clock."""

    identity: str
    at: float


class Violation(AssertionError):
    """A guarantee does not hold."""

    def __init__(self, name: str, what: str) -> None:
        super().__init__(name, what)
        self.name, self.what = name, what

    def __str__(self) -> str:
        return f"{self.name}: {self.what}"


@dataclass
class Logs:
    """
    The logs of a gateway, event by event, and how often each guarantee was looked at.

    Args:
        guarded: Tools that nobody may start without an approval.
        shown: Tells when a vendor had first taken the card of a request at a place, by its own clock.
    """

    people: Sequence[Person]
    guarded: Collection[str]
    shown: Callable[[str, str], float | None]
    checks: Counter[str] = field(default_factory=Counter)
    broken: Violation | None = None
    logs: dict[str, list[Record]] = field(default_factory=lambda: defaultdict(list))
    requests: dict[str, Request] = field(default_factory=dict)
    settled: dict[str, Settlement] = field(default_factory=dict)
    starts: dict[str, events.ToolStarted] = field(default_factory=dict)
    active: dict[Run, events.RunStarted] = field(default_factory=dict)
    parked: dict[Run, events.RunParked] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)
    branches: set[str] = field(default_factory=set)
    stored: set[str] = field(default_factory=set)
    _counted: set[tuple[str, int]] = field(default_factory=set)
    _consumed: set[tuple[str, str, int]] = field(default_factory=set)
    _kept: set[tuple[str, str, str, int]] = field(default_factory=set)
    _newest: dict[str, int] = field(default_factory=dict)
    _answered: set[tuple[str, int]] = field(default_factory=set)
    _votes: dict[tuple[str, str], Decision] = field(default_factory=dict)
    _spent: set[str] = field(default_factory=set)
    _started: dict[Run, events.RunStarted] = field(default_factory=dict)
    _finished: set[tuple[str, str, str]] = field(default_factory=set)

    def hold(self, name: str, holds: bool, what: object) -> None:
        """Check. What does not hold is kept: the gateway may catch what is raised in the middle of it."""
        self.checks[name] += 1
        if not holds:
            self.broken = self.broken or Violation(name, str(what))
            raise self.broken

    def take(self, key: str, record: Record) -> None:
        """Look at the next event of a conversation."""
        event, log = record.event, self.logs[key]
        self.hold("G7", record.seq == len(log) + 1, f"{key} goes from {len(log)} to {record.seq}")
        log.append(record)
        for seq in named(event):
            fact = log[seq - 1].event
            self.hold("G10", not isinstance(fact, CHANGES), f"{event} comes of {fact}")
        match event:
            case events.MessageReceived(message_id=name):
                self.hold("G2", name not in self.stored, f"{name} is stored twice, now in {key}")
                self.stored.add(name)
            case events.RunStarted():
                self._run_started(key, event)
            case events.ThreadForked():
                self._forked(key, event)
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
                self._enough_votes(self.requests[name], settlement)
            case events.ResponseGiven():
                self._response_given(key, event)
            case events.ResponseRefused(request=name):
                self._response_refused(self.requests[name], event, sent(log[event.fact - 1].event))
            case events.QuestionAsked(request=name):
                self.hold("G3", name not in self.settled, f"{event} comes after the settlement")
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
        self.homes[thread] = key
        for seq in event.consumes:
            once = (key, event.branch, seq)
            if previous != "restarted":
                self.hold("G2", once not in self._consumed, f"{seq} of {key} starts two runs")
            self._consumed.add(once)
            self._used(key, seq)
        self.active[thread, event.run] = self._started[thread, event.run] = event

    def _forked(self, key: str, event: events.ThreadForked) -> None:
        """A branch goes on with a run of its origin's, whether that has ended or not."""
        self.hold("G8", event.thread not in self.homes, f"{event} begins again")
        self.homes[event.thread] = key
        self.branches.add(event.thread)
        self.active[event.thread, event.run] = self._started[event.origin, event.run]

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
        self.hold("G2", (key, event.fact) not in self._counted, f"{event} counts again")
        self._counted.add((key, event.fact))
        self.hold("G3", event.request not in self.settled, f"{event} counts after the settlement")
        earlier = self._votes.get((event.request, event.party))
        self.hold("G9", earlier is not event.decision, f"{event.party} votes twice on {request.id}")
        self._votes[event.request, event.party] = event.decision  # a mind may change while it is open
        identity, sent_at = sent(self.logs[key][event.fact - 1].event)
        whose = [one for one in self.owners(identity, sent_at) if party_of(one, identity) == event.party]
        self.hold("G9", identity == event.identity and whose, f"{event.identity} counts as {event.party}")
        roles = whose[0].roles if whose[0] is not None else ()
        self.hold("G9", event.roles == roles, f"{event.party} is recorded with {event.roles}")
        self.hold("G9", not self.objections(request, identity, whose[0], sent_at), f"{event} decides {request.title}")
        shown = self.shown(event.via, event.request)
        self.hold("G12", shown is not None and shown < sent_at, f"{event} was said at {sent_at}, and shown at {shown}")

    def _enough_votes(self, request: Request, settlement: Settlement) -> None:
        """As many people as it takes are, by their last votes, for what came out."""
        taken = {
            Outcome.APPROVED: (Decision.APPROVE, request.who.quorum),
            Outcome.APPROVED_WITH_EDITS: (Decision.EDIT, request.who.quorum),
            Outcome.DENIED: (Decision.DENY, request.who.denials),
        }
        if settlement.outcome in taken:
            decision, needed = taken[settlement.outcome]
            votes = sum(vote is decision for (name, _), vote in self._votes.items() if name == request.id)
            self.hold("G9", votes >= needed, f"{request.id} is {settlement.outcome} by {votes} of {needed}")

    def _response_refused(self, request: Request, event: events.ResponseRefused, by: Sent) -> None:
        """Who is told that they may not decide, may not."""
        if event.reason in REASONS:
            objected = [self.objections(request, by.identity, one, by.at, any) for one in self.owners(*by)]
            self.hold("G9", any(event.reason in reasons for reasons in objected), f"{event} is not so")

    def owners(self, identity: str, since: float | None) -> Sequence[Person | None]:
        """Say whose an account may be, or may have been when something was decided on what was said from it."""
        return [next((p for p in self.people if identity in p.identities), None)]

    def objections(
        self,
        request: Request,
        identity: str,
        person: Person | None,
        since: float | None,
        sure: Callable[..., bool] = all,
    ) -> set[str]:
        """
        Say why an account that is a person's may not decide a request.

        Args:
            sure: Whether the requester has to be that person in `all` cases, or in `any`, where it is not sure whose
                the account was from which they asked.
        """
        who, roles = request.who, person.roles if person is not None else ()
        found = set()
        if not {party_of(person, identity), identity} & set(who.people) and not set(roles) & set(who.roles):
            found.add("not_asked")
        if who.counts_people and person is None:
            found.add("unknown_person")
        if who.exclude_requester and request.requester is not None:
            requesters = [party_of(one, request.requester) for one in self.owners(request.requester, since)]
            if ":" not in request.requester:
                requesters = [request.requester]
            if sure(one == party_of(person, identity) for one in requesters):
                found.add("requester_excluded")
        return found

    def _tool_started(self, event: events.ToolStarted) -> None:
        name = f"{addresses.derive('start', event.thread, event.run, event.key)}/{event.attempt}"
        self.hold("G5", name not in self.starts, f"{event} starts again")
        self.starts[name] = event
        if event.tool in self.guarded or event.attempt > 1:
            request = self.requests.get(event.approval or "")
            settlement = self.settled.get(event.approval or "")
            guard = "G4" if event.attempt == 1 else "G5"
            self.hold(guard, request is not None and settlement is not None, f"{event} has no approval")
            assert request is not None
            assert settlement is not None
            self.hold(guard, settlement.outcome in APPROVING, f"{event} was {settlement.outcome}")
            self.hold("G4", request.id not in self._spent, f"{event} spends {request.id} again")
            self._spent.add(request.id)
            asked = (settlement.digest or request.digest, request.thread, request.run, request.key)
            self.hold("G4", asked == (event.digest, event.thread, event.run, event.key), f"{event} is not {request}")
            self.hold("G5", request.in_doubt == (event.attempt > 1), f"{event} was approved by {request}")


def named(event: events.Event) -> tuple[int, ...]:
    """Give the numbers of the facts that an event says it comes of."""
    return event.consumes if isinstance(event, events.RunStarted) else tuple({getattr(event, "fact", 0)} - {0})


def sent(fact: events.Event) -> Sent:
    """Say from which account an answer was given, and when."""
    if isinstance(fact, events.ResponseForwarded):
        return Sent(fact.response.voter.identity, fact.response.sent_at)
    assert isinstance(fact, events.ChannelFact)
    return Sent(fact.sender, fact.sent_at)


def party_of(person: Person | None, identity: str) -> str:
    """Say as whom an account counts."""
    return person.id if person is not None else identity
