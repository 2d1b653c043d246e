"""
What a client reads of its requests, as it stands in the OpenAPI document.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from agent_core import edits, events
from agent_core.log import Record
from agent_core.requests import APPROVING, Choice, Outcome
from gateway.api.values import ChoiceIn
from gateway.clients import Asked


class SettlementOut(BaseModel):
    """How a request ended."""

    outcome: Outcome
    approved: bool = Field(description="Somebody, or the policy, approved it.")
    at: datetime
    by: str | None = Field(description="Who decided, by id; null where nobody did.")
    name: str = Field(description="Their name.")
    comment: str = Field(description="What they said besides, such as why not.")
    answer: str = Field(description="The answer to a question; of choices, the name of the one they picked.")
    choice: str = Field(description="The name of the way in which it was denied; empty where it was none of yours.")
    values: dict[str, Any] | None = Field(description="What a form was filled in with, as its schema has it.")
    replaced_by: str | None = Field(description="The id of the request that was asked in its place.")
    grant: str | None = Field(
        description="The standing grant that approved it: the id of the request with whose approval `by` gave it."
    )
    evidence: str = Field(
        description="A JWT of the gateway that says all this to whoever makes the call; empty where it signs nothing."
    )


class SaidOut(BaseModel):
    """Something that people said while it was open, or when it was too late."""

    at: datetime
    kind: Literal["vote", "question", "answer", "change", "late"] = Field(
        description="An approval of several, a question back, the answer to one, a change of the call, after which "
        "earlier votes count for nothing, or an answer that changed nothing."
    )
    name: str
    text: str


class WaitingOut(BaseModel):
    """Somebody who has quiet hours or is away, and is shown the request when that is over."""

    name: str
    until: datetime
    away: bool = Field(description="They are away, and not only asleep; `asked` has who decides in their stead.")


class RequestOut(BaseModel):
    """A request, as it stands."""

    id: str
    client: str
    key: str = Field(description="The Idempotency-Key under which it was created.")
    status: Literal["received", "open", "settled", "refused"] = Field(
        description="Stored and not decided on yet; open; ended with an outcome; or refused, and nobody is asked."
    )
    kind: str
    title: str
    body: str
    why: str
    urgency: str
    tool: str | None
    arguments: dict[str, Any] = Field(
        description="As they stand, with what people have changed of them. Sensitive values are masked."
    )
    digest: str = Field(description="SHA-256 over the RFC 8785 JSON of tool, version and arguments as they stand.")
    changes: dict[str, Any] = Field(description="What people have changed of the arguments that you sent.")
    choices: list[ChoiceIn]
    asked: list[str] = Field(description="The names of those who are asked: all who may decide, or whose turn it is.")
    waiting: list[WaitingOut] = Field(
        description="Those of them who are shown it later, after their quiet hours or an absence."
    )
    requester: str | None
    callback: str = Field(
        description="Where its client is told; such addresses have secrets in them, so nobody else reads it."
    )
    state: Any
    supersedes: str | None = Field(description="The id of the request that this one replaces.")
    after: str | None = Field(description="The id of the request that ran out, which this one asks again.")
    created_at: datetime
    due: datetime | None = Field(description="When it expires; it counts from the first copy that is delivered.")
    settlement: SettlementOut | None
    refused: str = Field(description="Why nobody is asked.")
    said: list[SaidOut]


class KeysOut(BaseModel):
    """A JWK set (RFC 7517)."""

    keys: list[dict[str, str]] = Field(description="The one that signs now, and the one before while it is replaced.")


class Page(BaseModel):
    """A page of requests, the newest first."""

    requests: list[RequestOut]
    next: str | None = Field(description="The `cursor` of the next page; null where this is the last one.")


def view(
    name: str,
    client: str,
    key: str,
    asked: Asked,
    names: Sequence[str],
    due: float | None,
    waiting: Sequence[tuple[str, float, bool]] = (),
    evidence: str = "",
) -> RequestOut:
    """
    Show a request to its client.

    Args:
        names: Who is asked.
        due: When it expires, in seconds since the epoch.
        waiting: Who is shown it later, when, and whether that is since they are away.
        evidence: What proves how it ended.
    """
    wanted, request = asked.wanted, asked.request
    earlier = wanted.earlier if wanted is not None else None
    replaces = earlier is not None and earlier.outcome is Outcome.SUPERSEDED
    shown = request or wanted
    call = wanted.call if wanted is not None else None
    choices = request.choices if request is not None else ()
    return RequestOut(
        id=name,
        client=client,
        key=key,
        status=_status(asked),
        kind=shown.kind if shown is not None else "approval",
        title=shown.title if shown is not None else "",
        body=shown.body if shown is not None else "",
        why=shown.why if shown is not None else "",
        urgency=shown.urgency if shown is not None else "normal",
        tool=call.tool if call is not None else request.tool if request is not None else None,
        arguments=request.arguments if request is not None else call.arguments if call is not None else {},
        digest=request.digest if request is not None else call.digest if call is not None else "",
        changes=dict(asked.changes),
        choices=[_choice(one) for one in choices],
        asked=list(names),
        waiting=[WaitingOut(name=who, until=moment(at), away=away) for who, at, away in waiting]
        if asked.settlement is None
        else [],
        requester=shown.requester if shown is not None else None,
        callback=wanted.callback if wanted is not None else "",
        state=wanted.state if wanted is not None else None,
        supersedes=earlier.request if earlier is not None and replaces else None,
        after=earlier.request if earlier is not None and not replaces else None,
        created_at=moment(asked.received_at),
        due=moment(due) if due is not None and asked.settlement is None else None,
        settlement=_settlement(asked, evidence),
        refused=asked.refused,
        said=[_said(asked, record) for record in asked.said],
    )


def _status(asked: Asked) -> Literal["received", "open", "settled", "refused"]:
    if asked.settlement is not None:
        return "settled"
    if asked.ended:
        return "refused"
    return "open" if asked.request is not None else "received"


def _choice(choice: Choice) -> ChoiceIn:
    return ChoiceIn.model_construct(name=choice.name, label=choice.label, prefill=choice.prefill)


def _settlement(asked: Asked, evidence: str) -> SettlementOut | None:
    ended = asked.settlement
    if ended is None:
        return None
    return SettlementOut(
        outcome=ended.outcome,
        approved=ended.outcome in APPROVING,
        at=moment(ended.at),
        by=ended.by,
        name=ended.name,
        comment=ended.comment,
        answer=ended.answer,
        choice=ended.choice,
        values=ended.values,
        replaced_by=ended.replaced_by,
        grant=ended.grant or None,
        evidence=evidence,
    )


def _said(asked: Asked, record: Record) -> SaidOut:
    match record.event:
        case events.RequestChanged(name=name, changes=changes):
            before = asked.opened.arguments if asked.opened is not None else {}
            return SaidOut(at=moment(record.at), kind="change", name=name, text=edits.difference(before, changes))
        case events.QuestionAsked(name=name, text=text):
            return SaidOut(at=moment(record.at), kind="question", name=name, text=text)
        case events.QuestionAnswered(name=name, text=text):
            return SaidOut(at=moment(record.at), kind="answer", name=name, text=text)
        case events.ResponseGiven(name=name, decision=decision, comment=comment):
            text = f"{decision}: {comment}" if comment else decision
            return SaidOut(at=moment(record.at), kind="vote", name=name, text=text)
        case events.ResponseRefused(name=name, decision=decision, text=text):
            return SaidOut(at=moment(record.at), kind="late", name=name, text=text or decision)
    raise TypeError(f"{record.event.__class__.__name__} is nothing that people say")


def moment(at: float) -> datetime:
    """Write a time of the store's clock for others."""
    return datetime.fromtimestamp(at, UTC)
