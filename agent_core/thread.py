"""
A thread's log from its current run's start, and the state of its execution folded from it.

The fold says what the world has been asked to do and not yet answered: tools started, requests open, sleeps begun.
It is what the owner needs to know without driving the agent; the agent's own position is the Drive's (`drive.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from agent_core import events, lifecycle
from agent_core.addresses import ConversationKey, Party
from agent_core.facts import Attachment, MessageReceived
from agent_core.log import Record
from agent_core.requests import APPROVING, HALTING, Outcome
from agent_core.rulings import Standing


@dataclass
class Pending:
    """
    An operation that the world has been told about and has not answered.

    `attempt` counts a tool's starts and `running` says that the newest has no result; `request` is the open request
    that the operation waits for; `approval` the one that its newest start spent, or its next start will; `until` ends a
    sleep; `halted` is the outcome, chosen by nobody, that it stopped at.
    """

    attempt: int = 0
    running: bool = False
    approval: str | None = None
    request: str | None = None
    until: float | None = None
    halted: Outcome | None = None

    @property
    def approved(self) -> bool:
        """It may start now: approved, and not started with that approval."""
        return self.approval is not None and not self.running and self.request is None and self.halted is None

    @property
    def doubtful(self) -> bool:
        """It was started and has no result; unless somebody is at it, nobody knows whether it took effect."""
        return self.running and self.request is None and self.halted is None


class Kept(NamedTuple):
    """A message in the inbox: its sequence number, and who wrote it."""

    fact: int
    party: Party
    name: str


@dataclass
class Execution:
    """Where the current run stands."""

    run: str = ""
    agent: str = ""
    version: str = ""
    root: str = ""
    branch: str = "main"
    requester: Party | None = None
    requester_name: str = ""
    input: Any = None
    carry: events.Carry = field(default_factory=events.Carry)
    consumes: tuple[int, ...] = ()
    pending: dict[str, Pending] = field(default_factory=dict)
    requests: dict[str, Standing] = field(default_factory=dict)
    inbox: list[Kept] = field(default_factory=list)
    denied: dict[str, str] = field(default_factory=dict)
    parked: events.RunParked | None = None
    ended: events.RunEnded | None = None
    suppressed: bool = False
    seen: int = 0
    told_waiting: bool = False

    @property
    def active(self) -> bool:
        """A run is under way: running, waiting or parked."""
        return bool(self.run) and self.ended is None

    def open_requests(self) -> list[Standing]:
        """The requests of this run that have no outcome yet."""
        return [standing for standing in self.requests.values() if standing.settlement is None]


@dataclass
class Thread:
    """
    One agent at one root of a conversation.

    `records` are the thread's events from its current run's start, `facts` the messages that they name; `apply` is the
    fold, and nothing else changes `state`.
    """

    id: str
    conversation: ConversationKey
    facts: dict[int, MessageReceived] = field(default_factory=dict)
    records: list[Record] = field(default_factory=list)
    state: Execution = field(default_factory=Execution)

    def learn(self, seq: int, fact: MessageReceived) -> None:
        """Take in a message that events are going to name."""
        self.facts[seq] = fact

    def attachments(self) -> tuple[Attachment, ...]:
        """Give the files that people have put to the messages of this run, in their order."""
        came = (record.event for record in self.records)
        later = (event.fact for event in came if isinstance(event, events.MessageTaken | events.MessageKept))
        named = dict.fromkeys((*self.state.consumes, *later))
        return tuple(file for seq in named for file in self.facts[seq].attachments)

    def apply(self, record: Record) -> None:
        """Fold one event in."""
        event = record.event
        if isinstance(event, events.RunStarted):
            self.records = []
            self.state = _begin(event)
        self.records.append(record)
        if isinstance(event, events.ThreadForked):
            self.id = event.thread
        _fold(self.state, event)


def fold(
    thread: str, conversation: ConversationKey, records: Iterable[Record], facts: Mapping[int, MessageReceived]
) -> Thread:
    """Fold a thread's stored events, oldest first, with the messages that they name."""
    folded = Thread(thread, conversation, dict(facts))
    for record in records:
        folded.apply(record)
    return folded


def _begin(event: events.RunStarted) -> Execution:
    return Execution(
        run=event.run,
        agent=event.agent,
        version=event.version,
        root=event.root,
        branch=event.branch,
        requester=event.requester,
        requester_name=event.requester_name,
        input=event.input,
        carry=event.carry,
        consumes=event.consumes,
        seen=max(event.consumes, default=0),
        suppressed=event.suppressed,
    )


def _fold(state: Execution, event: events.Event) -> None:
    pending = state.pending
    match event:
        case events.RequestOpened(request=request):
            state.requests[request.id] = lifecycle.step(None, event)
            if request.parent is None:
                pending.setdefault(event.key, Pending()).request = request.id
        case events.ResponseRefused(request=name) if name not in state.requests:
            pass  # about a request of an earlier run
        case (
            events.ResponseGiven(request=name)
            | events.ResponseRefused(request=name)
            | events.QuestionAsked(request=name)
            | events.QuestionAnswered(request=name)
            | events.RequestEscalated(request=name)
            | events.RequestClaimed(request=name)
            | events.RequestReassigned(request=name)
            | events.RequestChanged(request=name)
            | events.RequestReminded(request=name)
        ):
            state.requests[name] = lifecycle.step(state.requests.get(name), event)
        case events.RequestSettled(request=name):
            state.requests[name] = lifecycle.step(state.requests.get(name), event)
            _settled(state, state.requests[name], event)
        case events.OperationRefused(key=key):
            pending.pop(key, None)
            if event.outcome == Outcome.NO_ROUTE and not event.catch:
                pending[key] = Pending(halted=Outcome.NO_ROUTE)
        case events.ModelAnswered(seen=seen):
            state.inbox = [kept for kept in state.inbox if kept.fact > seen]
        case events.ToolStarted(key=key, attempt=attempt, approval=approval):
            pending[key] = Pending(attempt=attempt, running=True, approval=approval)
        case events.ToolFinished(run=run) if run != state.run:
            pass  # an attempt of a run that was dropped ended after all
        case events.ToolFinished(key=key) | events.SleepEnded(key=key):
            pending.pop(key, None)
        case events.SleepStarted(key=key, until=until):
            pending[key] = Pending(until=until)
        case events.MessageTaken(fact=fact):
            state.inbox = [kept for kept in state.inbox if kept.fact != fact]
            state.seen, state.told_waiting = max(state.seen, fact), False
        case events.MessageKept(fact=fact, party=party, name=name):
            state.inbox.append(Kept(fact, party, name))
            state.seen, state.told_waiting = max(state.seen, fact), True
        case events.RunParked():
            state.parked = event
        case events.RunResumed(choice=choice):
            if state.parked is not None and state.parked.key is not None:
                _release(pending, state.parked.key, again=choice == "ask_again")
            state.parked = None
        case events.RunEnded():
            state.ended, state.parked = event, None
        case events.ThreadForked(version=version, branch=branch):
            state.version, state.branch, state.suppressed = version, branch, True
            pending.clear()
            state.requests = {name: s for name, s in state.requests.items() if s.settlement is not None}
            state.parked = state.ended = None
        case events.ThreadAttached():
            state.suppressed, state.parked = False, None
            for key in [key for key, operation in pending.items() if operation.halted]:
                _release(pending, key, again=True)


def _settled(state: Execution, standing: Standing, event: events.RequestSettled) -> None:
    request, outcome = standing.request, event.settlement.outcome
    operation = state.pending.get(event.key)
    if request.parent is not None or operation is None or operation.request != request.id:
        return  # a question back, or one about an attempt whose result came in after all
    operation.request = None
    if outcome in HALTING and not request.catch:
        operation.halted = outcome
    elif request.guards and outcome in APPROVING:
        operation.running, operation.approval = False, request.id
    else:
        del state.pending[event.key]
    if outcome is Outcome.DENIED and request.guards:
        state.denied[request.digest] = event.settlement.comment
        if standing.asked is not None:  # it was changed, and no is the answer to what was asked as well
            state.denied[standing.asked.digest] = event.settlement.comment


def _release(pending: dict[str, Pending], key: str, *, again: bool) -> None:
    """Let a halted operation go on: wanted anew, except that an attempt in doubt stays in doubt."""
    operation = pending.get(key)
    if operation is not None and again and operation.running:
        operation.halted = None
    else:
        pending.pop(key, None)
