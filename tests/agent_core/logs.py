"""
Writes logs by hand: a thread whose events come from a test instead of a gateway.
"""

from __future__ import annotations

from typing import Any

from agent_core import effects, events, facts, requests, rulings
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.drive import Drive, Progress
from agent_core.log import Record
from agent_core.requests import Decision, Kind, Outcome, Request, Settlement, Who
from agent_core.run import Agent
from agent_core.thread import Thread

NOON = 1_700_000_000.0
HOME = ConversationKey("slack:T1/U1")
RITA, ANA = Party("rita"), Party("ana")


class Log:
    """
    A thread under test: its log, and a Drive that is fed event by event.

    `drive` is the live one; `fresh()` replays the whole log in a new one.
    """

    def __init__(self, agent: Agent, given: Any = None) -> None:
        self.agent = agent
        self.thread = Thread("thread", HOME)
        self.records: list[Record] = []
        self._message(1, "go")
        self.drive: Drive | None = None
        self.add(
            events.RunStarted(
                thread="thread",
                run="r1",
                agent=agent.name,
                version=agent.version,
                requester=RITA,
                requester_name="Rita",
                consumes=(1,),
                input=given,
            )
        )

    def add(self, event: events.Event, at: float | None = None) -> Progress:
        """Append an event, one second after the last one, and feed it to the live Drive."""
        record = Record(len(self.records) + 10, at if at is not None else NOON + len(self.records), event)
        self.records.append(record)
        if self.drive is None:
            self.thread.apply(record)
            self.drive = self.agent.drive(self.thread)
            return self.drive.progress()
        return self.drive.feed([record])

    def _message(self, seq: int, text: str) -> None:
        fact = facts.MessageReceived(sender=Identity("slack:T1/U1"), sent_at=NOON + seq, text=text)
        self.thread.learn(seq, fact)

    def progress(self) -> Progress:
        """Ask the live Drive where it stands."""
        assert self.drive is not None
        return self.drive.progress()

    def fresh(self) -> Progress:
        """Replay everything in a new Drive."""
        thread = Thread("thread", HOME, dict(self.thread.facts))
        for record in self.records:
            thread.apply(record)
        drive = self.agent.drive(thread)
        progress = drive.progress()
        drive.close()
        return progress

    def close(self) -> None:
        """Drop the live coroutine."""
        if self.drive is not None:
            self.drive.close()

    # What the world answers ------------------------------------------------------------------------------------------

    def named(self, key: str) -> dict[str, str]:
        return {"thread": "thread", "run": "r1", "key": key}

    def model_says(self, key: str, text: str) -> Progress:
        return self.add(events.ModelAnswered(**self.named(key), text=text, context="0", seen=self.thread.state.seen))

    def tool_starts(self, effect: effects.CallTool, attempt: int = 1, approval: str | None = None) -> Progress:
        return self.add(
            events.ToolStarted(
                **self.named(effect.key),
                tool=effect.tool.name,
                version=effect.tool.version,
                digest=effect.digest,
                attempt=attempt,
                approval=approval,
            )
        )

    def tool_returns(self, key: str, value: Any, attempt: int = 1) -> Progress:
        return self.add(events.ToolFinished(**self.named(key), attempt=attempt, ok=True, value=value))

    def tool_fails(self, key: str, message: str, attempt: int = 1) -> Progress:
        return self.add(
            events.ToolFinished(**self.named(key), attempt=attempt, ok=False, kind="error", message=message)
        )

    def message(self, seq: int, text: str) -> Progress:
        self._message(seq, text)
        return self.add(events.MessageKept(thread="thread", run="r1", fact=seq, party=RITA, name="Rita"))

    def open(self, effect: effects.RequestHuman | effects.CallTool, attempt: int = 1, **how: Any) -> Request:
        """Open the request that an effect wants."""
        request = a_request(key=effect.key, digest=effect.digest, attempt=attempt, **how)
        if isinstance(effect, effects.CallTool):
            request = request.model_copy(update={"tool": effect.tool.name, "catch": effect.catch})
        else:
            request = request.model_copy(update={"catch": effect.wanted.catch, "to_agent": effect.to_agent})
        self.add(events.RequestOpened(thread="thread", run="r1", key=effect.key, request=request))
        return request

    def settle(self, request: Request, outcome: Outcome, operation: str = "", **how: Any) -> Progress:
        settlement = Settlement(outcome=outcome, at=NOON, by=ANA, name="Ana", via=HOME, **how)
        ended = {**self.named(request.key), "request": request.id, "operation": operation}
        return self.add(events.RequestSettled(**ended, settlement=settlement))


def a_request(**how: Any) -> Request:
    """A request with everything at its plainest."""
    given: dict[str, Any] = {
        "id": f"request-{how.get('key', 'k')}-{how.get('attempt', 1)}",
        "kind": Kind.APPROVAL,
        "thread": "thread",
        "run": "r1",
        "key": "k",
        "title": "Approve?",
        "allowed": (Decision.APPROVE, Decision.DENY),
        "requester": RITA,
        "requester_name": "Rita",
        "who": Who(people=(ANA,)),
        "opened_at": NOON,
        "home": HOME,
    }
    return Request.model_validate(given | how)


def a_voter(party: str = "ana", **how: Any) -> rulings.Voter:
    """Somebody the directory knows, on a channel that is sure of it."""
    given: dict[str, Any] = {
        "identity": f"slack:T1/U{party}",
        "party": party,
        "name": party.title(),
        "known": True,
        "assurance": requests.Assurance.HIGH,
    }
    return rulings.Voter.model_validate(given | how)


def a_response(decision: Decision = Decision.APPROVE, **how: Any) -> rulings.Response:
    """An answer to `a_request`, given a minute after it was opened."""
    given: dict[str, Any] = {
        "request": "request-k-1",
        "voter": a_voter(),
        "decision": decision,
        "sent_at": NOON + 60,
        "seen": True,
        "via": HOME,
    }
    return rulings.Response.model_validate(given | how)


def keys(progress: Progress) -> list[str]:
    """What is wanted, by its keys."""
    return [effect.key for effect in progress.effects]


def wanted(progress: Progress, number: int = 0) -> Any:
    """One of the things that are wanted."""
    return progress.effects[number]


def ended_with(progress: Progress) -> BaseException | None:
    """What the agent function raised at its end, which has come."""
    assert progress.ended is not None
    return progress.ended.error
