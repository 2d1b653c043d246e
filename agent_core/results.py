"""
What an operation gives back to the agent: values, never exceptions; and how they follow from what is recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

from agent_core.addresses import Party
from agent_core.events import OperationRefused, ToolFinished
from agent_core.requests import APPROVING, HALTING, Outcome, Settlement

T = TypeVar("T")


@dataclass(frozen=True)
class Ok(Generic[T]):
    """The tool ran; this is what it returned."""

    value: T
    ok: Literal[True] = True


@dataclass(frozen=True)
class Failed:
    """
    It did not work, for a reason of the world's.

    `kind` is one of: error, timed_out, invalid_result, invalid_arguments, in_doubt, suppressed, expired,
    undeliverable, no_route, invalid_answer.
    """

    kind: str
    message: str
    ok: Literal[False] = False


@dataclass(frozen=True)
class Denied:
    """
    A person or a rule said no.

    `outcome` is denied, forbidden, cancelled or superseded; `choice` names the way in which a person denied it.
    """

    reason: str
    outcome: str = "denied"
    by: Party | None = None
    choice: str = ""
    ok: Literal[False] = False


@dataclass(frozen=True)
class Approved:
    """Somebody approved."""

    by: Party | None
    name: str
    comment: str = ""
    ok: Literal[True] = True


@dataclass(frozen=True)
class Answered:
    """
    Somebody answered; `text` is a choice's name where there were choices.

    `value` is what a form was filled in with: a model where one was asked for, else a dict as the schema says.
    """

    text: str
    by: Party | None
    name: str
    value: Any = None
    ok: Literal[True] = True


@dataclass(frozen=True)
class QuestionBack:
    """Somebody who may decide asked something instead; the request is still open."""

    text: str
    by: Party
    name: str


@dataclass(frozen=True)
class Message:
    """What a person wrote to the run. `at` is the vendor's time, seconds since the epoch."""

    text: str
    by: Party
    name: str
    at: float


@dataclass(frozen=True)
class Large:
    """A tool's value that was too large for the log: its beginning, and where the whole of it is kept."""

    head: str
    size: int
    blob: str


CallResult = Ok[Any] | Failed | Denied
Verdict = Approved | Answered | Denied | Failed


def of_tool(event: ToolFinished) -> CallResult:
    """Say what the end of an attempt means to the agent that called the tool."""
    if not event.ok:
        return Failed(event.kind, event.message)
    return Ok(Large(str(event.value), event.size, event.blob) if event.blob else event.value)


def refusal(event: OperationRefused) -> Failed | Denied | None:
    """Say what it means that an operation was refused; None where its run halts."""
    match event.outcome:
        case "suppressed":
            return Failed("suppressed", event.reason)
        case "no_route":
            return Failed("no_route", event.reason) if event.catch else None
        case outcome:
            return Denied(event.reason, outcome)


def verdict(settlement: Settlement) -> Verdict:
    """Say what a request's end means to the agent that made it."""
    if settlement.outcome in APPROVING:
        return Approved(settlement.by, settlement.name, settlement.comment)
    if settlement.outcome is Outcome.ANSWERED:
        return Answered(settlement.answer, settlement.by, settlement.name, settlement.values)
    return _unfavourable(settlement)


def call_verdict(settlement: Settlement) -> Denied | Failed:
    """Say what the end of a guarding request, not approved, means to the agent that called the tool."""
    if settlement.outcome is Outcome.ANSWERED:  # the answer to "did it run?"
        return Failed("in_doubt", f"{settlement.name} says that it did run; its result is not known")
    return _unfavourable(settlement)


def _unfavourable(settlement: Settlement) -> Denied | Failed:
    if settlement.outcome in HALTING:
        return Failed(settlement.outcome, settlement.comment)
    return Denied(settlement.comment, settlement.outcome, settlement.by, settlement.choice)
