"""
The log of a conversation: facts and events in one order, and how each is written and read.

What was stored stays readable: `LIFTS` turns stored events of older versions into today's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, NamedTuple, TypeVar, get_args

import pydantic_core
from pydantic import Field, TypeAdapter

from agent_core import events, facts
from agent_core.texts import mended

AnyEvent = Annotated[
    facts.MessageReceived
    | facts.DeliveryReported
    | facts.ActionTaken
    | facts.FormSubmitted
    | facts.MessageEdited
    | facts.MessageDeleted
    | facts.AskForwarded
    | facts.ResponseForwarded
    | facts.RulingForwarded
    | facts.CardForwarded
    | facts.NoteForwarded
    | facts.RequestReplaced
    | facts.HandOverWished
    | facts.CopyFailed
    | facts.DeliveryEnded
    | facts.OperatorActed
    | facts.RequestReceived
    | facts.ClientSpoke
    | facts.TextsErased
    | events.RunStarted
    | events.ModelAnswered
    | events.HistorySummarised
    | events.ToolStarted
    | events.ToolFinished
    | events.OperationRefused
    | events.RequestOpened
    | events.ResponseGiven
    | events.ResponseRefused
    | events.QuestionAsked
    | events.RequestEscalated
    | events.RequestClaimed
    | events.RequestReassigned
    | events.RequestChanged
    | events.RequestReminded
    | events.QuestionAnswered
    | events.RequestSettled
    | events.GrantGiven
    | events.GrantRevoked
    | events.MessageTaken
    | events.MessageKept
    | events.Replied
    | events.SleepStarted
    | events.SleepEnded
    | events.RunParked
    | events.RunResumed
    | events.RunEnded
    | events.ThreadForked
    | events.ThreadAttached,
    Field(discriminator="type"),
]

EVENT_TYPES: tuple[type[events.Event], ...] = get_args(get_args(AnyEvent)[0])

E = TypeVar("E", bound=events.Event)
_events: TypeAdapter[events.Event] = TypeAdapter(AnyEvent)

Lift = Callable[[dict[str, Any]], dict[str, Any]]
LIFTS: Mapping[tuple[str, int], Lift] = {
    ("RunStarted", 1): lambda body: body | {"v": 2},  # before tokens were counted
    ("ModelAnswered", 1): lambda body: body | {"v": 2},
    ("HistorySummarised", 1): lambda body: body | {"v": 2},
    ("Replied", 1): lambda body: body | {"v": 2},  # before there were enclosures
}
"""(type, version) → a function that makes the next version of it."""


class Record(NamedTuple):
    """An event in its place in a conversation's log; `at` is the store's clock."""

    seq: int
    at: float
    event: events.Event


def encode(event: events.Event) -> bytes:
    """Write an event as JSON, leaving out what stands at its default."""
    head: dict[str, Any] = {"type": type(event).__name__}
    if event.v != 1:
        head["v"] = event.v
    return pydantic_core.to_json(head | event.model_dump(mode="json", exclude_defaults=True, exclude={"v", "type"}))


def storable(event: E) -> E:
    """Give an event that can be encoded: the same, or one whose texts are mended."""
    try:
        encode(event)
    except pydantic_core.PydanticSerializationError:
        return type(event).model_validate(mended(event.model_dump()))
    return event


def decode(raw: bytes, lifts: Mapping[tuple[str, int], Lift] = LIFTS) -> events.Event:
    """
    Read a stored event, of this version or an older one.

    Raises:
        pydantic.ValidationError: It is no event of ours; nothing we wrote fails here.
    """
    body: Any = pydantic_core.from_json(raw)
    if isinstance(body, dict):
        while isinstance(v := body.get("v", 1), int) and (lift := lifts.get((str(body.get("type")), v))) is not None:
            body = lift(body)
    return _events.validate_python(body)
