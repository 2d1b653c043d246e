"""
What must hold in every log of a gateway, by name, whoever looked at what happened: the simulation does after every
commit, the crash suite when it is over.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from agent_core import addresses, events, facts
from agent_core.log import Record
from agent_core.policy import Person
from agent_core.requests import APPROVING, Outcome, Request, Settlement, Who
from tests import ballots
from tests.ballots import Ballot, party_of
from tests.grants import Grants
from tests.ladders import Ladder

Run = tuple[str, str]

CHANGES = (facts.MessageEdited, facts.MessageDeleted)
"""What somebody says of an earlier message; no decision comes of it."""

REASONS = ("not_asked", "unknown_person", "requester_excluded", "handed_on")
"""Why somebody may not decide."""


class Sent(NamedTuple):
    """From which account something was said, when by the vendor's clock, and in which roles, as far as is known."""

    identity: str
    at: float
    roles: tuple[tuple[str, ...], ...] = ()


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
    ladders: dict[str, Ladder] = field(default_factory=dict)
    grants: Grants = field(default_factory=Grants)
    _votes: dict[str, dict[str, events.ResponseGiven]] = field(default_factory=lambda: defaultdict(dict))
    _undecided: dict[str, tuple[Request, Sent]] = field(default_factory=dict)
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
        self._is_counted_out(key, event)
        log.append(record)
        for seq in named(event):
            fact = log[seq - 1].event
            self.hold("G10", not isinstance(fact, CHANGES), f"{event} comes of {fact}")
        match event:
            case facts.MessageReceived(message_id=name):
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
                self.ladders[request.id] = Ladder(request)
            case events.RequestSettled(request=name, settlement=settlement):
                self.hold("G3", name in self.requests and name not in self.settled, f"{event} settles again")
                self.settled[name] = settlement
                self._enough_votes(self.requests[name], settlement)
                self._ladder(name, self.ladders[name].ended(settlement, self.steady(name)))
            case events.ResponseGiven():
                self._response_given(key, event)
            case events.ResponseRefused(request=name):
                self._response_refused(self.requests[name], event, sent(log[event.fact - 1].event))
            case events.QuestionAsked(request=name):
                self.hold("G3", name not in self.settled, f"{event} comes after the settlement")
            case events.RequestEscalated(request=name):
                self._ladder(name, self.ladders[name].climbed(event, record.at, self.steady(name)))
            case events.RequestClaimed(request=name):
                self._ladder(name, self.ladders[name].claimed(event))
                self._may_decide(key, event)
            case events.RequestChanged(request=name):
                self._changed(key, event)
            case events.RequestReassigned(request=name):
                by_them = not event.by and event.until is None
                by = self._may_decide(key, event) if by_them else Sent("", 0.0)
                people = self.directories(*by[:2])
                to = [one for some in people for one in some if one.id == event.to]
                wrong = self.ladders[name].handed(event, to)
                self.hold("hand", not wrong, wrong)
            case events.GrantGiven():
                self._granted(key, event)
            case events.GrantRevoked():
                self.grants.revoke(event)
            case events.RequestReminded(request=name):
                self._ladder(name, self.ladders[name].reminded(event, record.at, self.steady(name)))
            case events.ToolStarted():
                self._tool_started(event)
            case events.ToolFinished():
                finished = (event.thread, event.run, event.key)
                self.hold("G5", finished not in self._finished, f"{event} finishes again")
                self._finished.add(finished)

    def _run_started(self, key: str, event: events.RunStarted) -> None:
        thread = event.thread
        running = [run for run in self.active if run[0] == thread]
        previous = self._ended_before(key, thread)
        once_more = previous == "restarted" or (thread, event.run) not in self._started
        self.hold("G2", once_more, f"{event.run} of {thread} starts again")
        self.hold("G8", not running, f"{event.run} starts while {running} runs")
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
        request, votes = self.requests[event.request], self._votes[event.request]
        self.hold("G2", (key, event.fact) not in self._counted, f"{event} counts again")
        self._counted.add((key, event.fact))
        self.hold("G3", event.request not in self.settled, f"{event} counts after the settlement")
        seat = self.ladders[event.request].stead(event.party)
        self.hold(
            "hand", event.stead == seat, f"{event} counts in the stead of {event.stead}, and is in that of {seat}"
        )
        earlier = votes.get(seat or event.party)
        again = earlier is not None and earlier.party == event.party and said_by(earlier) == said_by(event)
        again = again and (event.comment == "" or earlier.comment == event.comment)
        self.hold("G9", not again, f"{event.party} votes twice on {request.id}, and says nothing more")
        changes = self.ladders[event.request].changes
        by_change = bool(changes) and changes[-1].fact == event.fact  # then it was said to the call before
        self._is_of_now(key, event, len(changes) - by_change)
        votes.pop(seat or event.party, None)
        votes[seat or event.party] = event  # the last one is the last to come; a mind may change while it is open
        by = self._may_decide(key, event)
        self.hold(
            "G9", any(event.roles == roles for roles in by.roles), f"{event.party} is recorded with {event.roles}"
        )
        shown = self.shown(event.via, event.request)
        self.hold("G12", shown is not None and shown < by.at, f"{event} was said at {by.at}, and shown at {shown}")
        self._undecided[key] = request, by

    def _changed(self, key: str, event: events.RequestChanged) -> None:
        """Whoever changes a call may decide it as it was; votes on that fall."""
        self._is_of_now(key, event, len(self.ladders[event.request].changes))
        self._may_decide(key, event)
        self._ladder(event.request, self.ladders[event.request].changed(event))
        self._votes.pop(event.request, None)

    def _is_of_now(self, key: str, event: events.ResponseGiven | events.RequestChanged, now: int) -> None:
        """What counts was said to the call as it stands, and not as it was before a change."""
        fact = self.logs[key][event.fact - 1].event
        said = fact.response if isinstance(fact, facts.ResponseForwarded) else fact
        of = getattr(said, "revision", now)
        self.hold("G9", of == now, f"{event} counts, of revision {of}, and {now} stands")

    def _may_decide(
        self,
        key: str,
        event: events.ResponseGiven | events.RequestClaimed | events.RequestChanged | events.RequestReassigned,
    ) -> Sent:
        """Whoever decides something, or says that they will, is somebody who may; gives who it was, and when."""
        request, by = self.requests[event.request], sent(self.logs[key][event.fact - 1].event)
        whose = [one for one in self.owners(by.identity, by.at) if party_of(one, by.identity) == event.party]
        self.hold("G9", by.identity == event.identity and whose, f"{event.identity} counts as {event.party}")
        objected = [self.objections(request, by.identity, one, by.at) for one in whose]
        self.hold("G9", not all(objected), f"{event} decides {request.title}")
        return by._replace(roles=tuple(one.roles if one is not None else () for one in whose))

    def _enough_votes(self, request: Request, settlement: Settlement) -> None:
        """As many people as it takes are, by their last votes, for what came out, and may still decide."""
        if settlement.outcome not in (*APPROVING, Outcome.DENIED):
            return
        if settlement.grant:
            self._by_grant(request, settlement)
            return
        if settlement.by is None:
            self.hold("G9", request.outside, f"{request} is {settlement.outcome} by nobody")
            return
        last = list(self._votes[request.id].values())
        by = sent(self.logs[request.home][last[-1].fact - 1].event) if last else Sent("", 0.0)
        changes = self.ladders[request.id].changes
        stands = (changes[-1].changes, changes[-1].digest) if changes and changes[-1].changes else ({}, "")
        now = (settlement.changes, settlement.digest) == stands
        edited = (
            settlement.outcome is not Outcome.APPROVED if stands[1] else settlement.outcome != "approved_with_edits"
        )
        self.hold("G4", now and edited, f"{settlement} is of something else than stands: {changes}")
        enough = any(self._reached(request, settlement.outcome in APPROVING, by))
        self.hold("G9", enough, f"{request.id} is {settlement.outcome} by {last}, and needs {request.who}")

    def _granted(self, key: str, event: events.GrantGiven) -> None:
        """Who gives a grant may approve the call by the rule itself, and not only by a step of its ladder."""
        fact = self.logs[key][event.fact - 1].event
        scope = fact.response.grant if isinstance(fact, facts.ResponseForwarded) else getattr(fact, "value", "")
        request, by = self.requests[event.request], sent(fact)
        wrong = self.grants.give(event, request, self.settled.get(event.request), scope)
        self.hold("grant", not wrong, wrong)
        ruled = [ballots.objections(request.who, by.identity, one, False) for one in self.owners(*by[:2])]
        self.hold("grant", not all(ruled), f"{event} is not theirs to give")

    def _by_grant(self, request: Request, settlement: Settlement) -> None:
        """Whoever gave a grant could have approved the call that it settles, alone."""
        self.grants.use(request, settlement)
        cast = [
            [Ballot(one.id, True, one.roles) for one in people if one.id == settlement.by]
            for people in self.directories("", None)
        ]
        enough = any(ballots.reached(request.who, ballot, True) for ballot in cast)
        self.hold("grant", enough, f"{settlement} is not enough for {request.who}")

    def _is_counted_out(self, key: str, event: events.Event) -> None:
        """A vote that was enough has settled its request, in the very next event."""
        request, by = self._undecided.pop(key, (None, None))
        if request is not None and by is not None and not isinstance(event, events.RequestSettled):
            for approves in (True, False):
                open_still = not all(self._reached(request, approves, by))
                self.hold("G9", open_still, f"{request.id} is open, with {self._votes[request.id]}")

    def _reached(self, request: Request, approves: bool, by: Sent) -> list[bool]:
        """Count, for everything that may have been known of people when something was decided."""
        return [
            ballots.reached(self.ladders[request.id].who, self._cast(request, people, by, still), approves)
            for people in self.directories(*by[:2])
            for still in (any, all)
        ]

    def _cast(self, request: Request, people: Sequence[Person], by: Sent, still: Callable[..., bool]) -> list[Ballot]:
        """
        Give the last votes of those who may decide.

        Args:
            still: Whether an account has to be theirs at `any` time since they voted by it, or at `all` times.
        """
        cast = []
        for vote in self._votes[request.id].values():
            party = vote.party
            person = next((one for one in people if one.id == party), None)
            gone = person is None and ":" not in party
            voted = sent(self.logs[request.home][vote.fact - 1].event)
            owners = self.owners(vote.identity, voted.at)
            moved = not still(party_of(one, vote.identity) == party for one in owners)
            objected = gone or moved or self.objections(request, vote.identity, person, by.at)
            if not objected and said_by(vote) in ("approve", "deny"):
                cast.append(Ballot(party, said_by(vote) == "approve", person.roles if person is not None else ()))
        return cast

    def _ladder(self, request: str, wrong: str) -> None:
        self.hold("ladder", not wrong, f"{wrong}: {self.requests[request].title}, {request}")

    def steady(self, request: str) -> bool:
        """Tell whether the clock has run evenly since a request was opened."""
        return False

    def directories(self, identity: str, since: float | None) -> Sequence[Sequence[Person]]:
        """Say who there was, or may have been when something was decided on what was said from an account."""
        return [self.people]

    def _response_refused(self, request: Request, event: events.ResponseRefused, by: Sent) -> None:
        """
        Who is told that they may not decide, may not; who informs an agent of something late, could have: the call as
        it was at the end, or before somebody changed it.
        """
        ladder, people = self.ladders[request.id], self.owners(*by[:2])
        calls = [*ladder.before, ladder.who]
        objected = [self.objections(request, by.identity, one, by.at, who=who) for one in people for who in calls]
        self.hold("G9", not event.late or not all(objected), f"{event} informs")
        if event.reason in REASONS:
            objected = [self.objections(request, by.identity, one, by.at, any) for one in self.owners(*by[:2])]
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
        who: Who | None = None,
    ) -> set[str]:
        """
        Say why an account that is a person's may not decide a request.

        Args:
            sure: Whether the requester has to be that person in `all` cases, or in `any`, where it is not sure whose
                the account was from which they asked.
            who: Who may decide it, where that is not as it is now.
        """
        requesters = [request.requester] if request.requester is not None else []
        if request.requester is not None and ":" in request.requester:
            requesters = [party_of(one, request.requester) for one in self.owners(request.requester, since)]
        is_requester = bool(requesters) and sure(one == party_of(person, identity) for one in requesters)
        return ballots.objections(who or self.ladders[request.id].who, identity, person, is_requester)

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
    if isinstance(fact, facts.ResponseForwarded):
        return Sent(fact.response.voter.identity, fact.response.sent_at)
    assert isinstance(fact, facts.ChannelFact)
    return Sent(fact.sender, fact.sent_at)


def said_by(vote: events.ResponseGiven) -> str:
    """Say what a vote is for; a change approves what it makes of a call."""
    return "approve" if vote.decision in ballots.APPROVING else vote.decision
