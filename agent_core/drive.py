"""
Drives an agent function against the log, by hand.

An agent is a coroutine that nothing ever schedules. Every `await run.…` yields a `Wait`: the key of an operation and
the effect that would carry it out. The Drive keeps the coroutine standing there until the log holds the operation's
answer, and sends it in. So *where a run is* is a function of its agent's code and its log, and of nothing else:

- **Fed one by one.** Events come in log order. One that answers a waiting operation moves the coroutine to its next
  `await`; one that names an operation nobody waits for is a divergence: code and log disagree, and the Drive says which
  two things and stops. It never guesses.
- **First unrecorded operations come out.** What waits and has no record of a start is wanted: those are the effects.
- **Strands.** `run.all` splits the run into several coroutines, its `strands`. An answer moves exactly the one that
  waits for it, so the order of answers is the log's order.
- **A Drive is a cache.** Thrown away at any moment, a new one over the same log stands at the same place; a crash costs
  nothing but the time to replay. A property test holds live = fresh after every event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Coroutine, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from agent_core import edits, effects, events, results
from agent_core.errors import Diverged, InvalidArguments
from agent_core.log import Record
from agent_core.requests import APPROVING, HALTING, Outcome, Request, Settlement
from agent_core.results import Denied, Failed, Message, QuestionBack, Verdict
from agent_core.strands import Ended, Strands, Wait
from agent_core.thread import Thread


@dataclass
class Asked:
    """What became of a `run.ask` so far: its newest request, questions back that nobody has read, and its verdict."""

    wait: Wait
    request: str = ""
    questions: deque[QuestionBack] = field(default_factory=deque)
    verdict: Verdict | None = None


@dataclass(frozen=True)
class Progress:
    """Where a run stands: what it wants, what it waits for, or how it ended."""

    effects: tuple[effects.Effect, ...] = ()
    waiting: tuple[str, ...] = ()
    ended: Ended | None = None
    diverged: Diverged | None = None


class Drive:
    """
    One run's agent function, standing where the log says.

    Args:
        start: Makes the coroutine of the agent function, given this Drive.
        thread: The thread, folded; its records are replayed at once, and `feed` adds to it.
    """

    def __init__(self, start: Callable[[Drive], Coroutine[Any, Any, Any]], thread: Thread) -> None:
        self.thread, self.strands = thread, Strands()
        self.now = 0.0
        self.asked: dict[str, Asked] = {}
        self.late: list[Message] = []
        self.failures: dict[str, int] = {}
        self.tokens = 0
        self.most_tokens = 0
        self._start = start
        self._asks: dict[str, str] = {}
        self._again: dict[str, Wait] = {}
        self._requests: dict[str, Request] = {}
        self._diverged: Diverged | None = None
        for record in thread.records:
            self._deliver(record)

    def feed(self, records: Iterable[Record], busy: Collection[str] = ()) -> Progress:
        """
        Take in new events of this run, in log order.

        Args:
            busy: Keys of operations that are being carried out; they are not wished for again.
        """
        for record in records:
            self.take(record)
        return self.progress(busy)

    def take(self, record: Record) -> None:
        """Take in one new event without asking what it leads to."""
        self.thread.apply(record)
        self._deliver(record)

    def progress(self, busy: Collection[str] = ()) -> Progress:
        """Say where the run stands. Contexts are built here, for models that are really going to be asked."""
        if self._diverged is not None or self.strands.ended is not None:
            return Progress(ended=self.strands.ended, diverged=self._diverged)
        wanted = []
        known = self.thread.state.pending
        for key, wait in (self._again | self.strands.waiting).items():
            if wait.effect is None or key in busy or key in known:
                continue
            try:
                wanted.append(wait.effect(self.thread))
            except Exception as error:
                return Progress(ended=Ended(error))
        return Progress(tuple(wanted), tuple(self.strands.waiting))

    def stands_at(self, kind: str) -> bool:
        """Tell whether a strand waits for an operation of a kind."""
        return any(wait.kind == kind for wait in self.strands.waiting.values())

    def asks(self, key: str) -> bool:
        """Tell whether a strand waits for a model's answer under this key."""
        wait = self.strands.waiting.get(key)
        return wait is not None and wait.kind in ("model", "summary")

    def effect(self, key: str) -> effects.Effect | None:
        """Give the wish behind a waiting operation, whether it has a record or not."""
        wait = self.strands.waiting.get(key)
        return wait.effect(self.thread) if wait is not None and wait.effect is not None else None

    @property
    def diverged(self) -> bool:
        """Code and log disagree."""
        return self._diverged is not None

    def close(self) -> None:
        """Drop the coroutines."""
        self.strands.close()

    # Delivering an event ---------------------------------------------------------------------------------------------

    def _deliver(self, record: Record) -> None:
        if self._diverged is not None:
            return
        self.now = record.at
        try:
            self._meet(record.event)
        except Diverged as diverged:
            self._diverged = diverged

    def _meet(self, event: events.Event) -> None:
        match event:
            case events.RunStarted(tokens=most):
                self.most_tokens = most
                self.strands.start(self._start(self))
            case events.ModelAnswered(key=key, text=text, tokens=tokens):
                self.tokens += tokens
                self._answer(event, "model", key, text)
            case events.HistorySummarised(key=key, text=text, tokens=tokens):
                self.tokens += tokens
                self._answer(event, "summary", key, text)
            case events.ToolStarted(key=key, digest=digest):
                self._expect(event, ("call",), key, digest)
            case events.ToolFinished(run=run) if run != self.thread.state.run:
                pass  # of a run that was dropped
            case events.ToolFinished(key=key):
                self._answer(event, "call", key, results.of_tool(event))
            case events.OperationRefused(key=key, digest=digest):
                wait = self._expect(event, ("call", "request", "ask", "answer", "cancel"), key, digest)
                refusal = results.refusal(event)
                if refusal is not None:
                    self._refuse(wait, refusal)
            case events.RequestOpened(key=key, request=request) if request.parent is None:
                wait = self._expect(event, ("call", "request", "ask"), key, request.digest)
                self._requests[request.id] = request
                if wait.kind == "ask":
                    self._asks[request.id] = key
                    again = self._again.pop(key, None)
                    if again is None:
                        self.asked[key] = Asked(wait, request.id)
                        self.strands.resume(key, None)
                    else:
                        self.asked[key].request = request.id
            case events.QuestionAsked(request=name) if name in self._asks:
                self._ask_back(self._asks[name], QuestionBack(event.text, event.party, event.name))
            case events.QuestionAnswered(key=key) if key:
                self._answer(event, "answer", key, None)
            case events.ResponseRefused(run=run, late=True) if run == self.thread.state.run:
                self.late.append(Message(event.text or event.decision, event.party, event.name, self.now))
            case events.RequestSettled(request=name, key=key) if name in self._requests:
                self._settle(event, self._requests[name], key)
            case events.MessageTaken(key=key, fact=fact):
                said = self.thread.facts[fact]
                self._answer(event, "receive", key, Message(said.text, event.party, event.name, said.sent_at))
            case events.Replied(key=key):
                self._answer(event, "reply", key, None)
            case events.SleepStarted(key=key):
                self._expect(event, ("sleep",), key)
            case events.SleepEnded(key=key):
                self._answer(event, "sleep", key, None)
            case events.RunResumed(choice="go_on", key=str(key), outcome=Outcome() as outcome):
                failed = Failed(outcome, "the owner let the run go on without it")
                known = self.asked.get(key)
                wait = known.wait if known is not None else self._expect(event, ("call", "request", "ask"), key)
                self._refuse(wait, failed)
            case events.RunResumed(choice="ask_again", key=str(key)) if key in self.asked:
                self._again[key] = self.asked[key].wait

    def _settle(self, event: events.RequestSettled, request: Request, key: str) -> None:
        settlement = event.settlement
        if event.operation:
            self._expect(event, ("cancel",), event.operation)
        halted = settlement.outcome in HALTING and not request.catch
        if request.id in self._asks:
            if not halted:
                self._decide(self._asks[request.id], results.verdict(settlement))
            return
        if request.in_doubt and key not in self.strands.waiting:
            return  # the attempt's result came in after all, and the question about it was withdrawn
        self._expect(event, ("call", "request"), key)
        if halted:
            return  # the run is parked here; RunResumed says how it goes on
        if not request.guards:
            self.strands.resume(key, results.verdict(settlement))
        elif settlement.outcome not in APPROVING:
            self.strands.resume(key, results.call_verdict(settlement))
        elif settlement.changes:
            self._change(key, settlement)

    def _change(self, key: str, settlement: Settlement) -> None:
        """Have an operation stand for the call that was approved, with the changes of who approved it."""
        wait = self.strands.waiting[key]
        call = wait.effect(self.thread) if wait.effect is not None else None
        if not isinstance(call, effects.CallTool):
            raise Diverged(recorded=f"changes of the call {key}", expected=_name(wait))
        try:
            call = edits.changed(call, settlement.changes)
        except InvalidArguments as error:
            raise Diverged(recorded=f"changes of the call {key}", expected=f"others: {error}") from error
        if call.digest != settlement.digest:
            raise Diverged(recorded=f"the call {key} over {settlement.digest[:12]}", expected=f"{call.digest[:12]}")
        changed = call
        self.strands.waiting[key] = replace(wait, digest=call.digest, effect=lambda _: changed)

    def _refuse(self, wait: Wait, refusal: Denied | Failed) -> None:
        if wait.key in self.asked:  # it was asked before, and was to be asked again
            self._decide(wait.key, refusal)
            return
        if wait.kind == "ask":
            self.asked[wait.key] = Asked(wait, verdict=refusal)
        self.strands.resume(wait.key, refusal)

    def _ask_back(self, ask: str, question: QuestionBack) -> None:
        key = f"{ask}/next"
        if key in self.strands.waiting:
            self.strands.resume(key, question)
        else:
            self.asked[ask].questions.append(question)

    def _decide(self, ask: str, verdict: Verdict) -> None:
        """An ask has its verdict: whoever waits for it has it, and whoever would withdraw it."""
        self.asked[ask].verdict = verdict
        self._again.pop(ask, None)
        waiting = self.strands.waiting
        for key in [key for key, wait in waiting.items() if wait.about == ask or key == f"{ask}/next"]:
            if key in waiting:
                self.strands.resume(key, verdict)

    def _answer(self, event: events.Event, kind: str, key: str, value: Any) -> None:
        self._expect(event, (kind,), key)
        self.strands.resume(key, value)

    def _expect(self, event: events.Event, kinds: tuple[str, ...], key: str, digest: str | None = None) -> Wait:
        wait = self._again.get(key) or self.strands.waiting.get(key)
        if wait is None or wait.kind not in kinds or (digest is not None and wait.digest != digest):
            recorded = f"{type(event).__name__} for {key}" + (f" over {digest[:12]}" if digest else "")
            expected = ", ".join(_name(wait) for wait in self.strands.waiting.values()) or "nothing: it has ended"
            raise Diverged(recorded=recorded, expected=expected)
        return wait


def _name(wait: Wait) -> str:
    return f"{wait.kind} {wait.key}" + (f" over {wait.digest[:12]}" if wait.digest else "")
