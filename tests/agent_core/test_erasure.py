"""
What goes when words are erased, and what stays.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from enum import Enum
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

import pytest
from pydantic import BaseModel

from agent_core import events
from agent_core.erasure import ERASED, erased
from agent_core.log import EVENT_TYPES, decode, encode
from agent_core.requests import Decision, Outcome, Settlement
from tests.agent_core.logs import NOON, a_request


def example(kind: Any) -> Any:
    """Something of a type, with every field filled; every text says SAID."""
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return arguments[0]
    if origin in (Union, UnionType):
        return example(next(one for one in arguments if one is not NoneType))
    if origin is tuple:
        return [example(one) for one in (arguments[:1] if arguments[-1] is ... else arguments)]
    if origin in (dict, Mapping) or getattr(origin, "__name__", "") == "Mapping":
        return {"SAID": example(arguments[1])}
    kind = getattr(kind, "__supertype__", kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return next(iter(kind))
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return {
            name: example(field.annotation)
            for name, field in kind.model_fields.items()
            if name not in ("v", "also") and not (kind is events.ToolFinished and name == "ok")
        } | ({"ok": True} if kind is events.ToolFinished else {})
    return {str: "SAID", float: 1.0, int: 1, bool: True, Any: "SAID"}[kind]


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_what_is_left_is_an_event(kind: type[events.Event]):
    """
    Of every type, what is left can be read, has its type, and erasing it once more changes nothing.
    """
    full = json.loads(encode(kind.model_validate(example(kind))))
    left = erased(full)

    assert kind is type(decode(json.dumps(left).encode()))
    assert left == erased(left)


WORDS = {
    "text", "title", "body", "why", "label", "comment", "answer", "message", "summary", "detail", "value", "values",
    "arguments", "input", "carry", "state", "attachments", "notes", "facts", "asker", "sender_name", "requester_name",
    "raw", "blob", "choices",
}  # fmt: skip


@pytest.mark.parametrize("kind", EVENT_TYPES, ids=lambda kind: kind.__name__)
def test_no_field_of_words_is_left(kind: type[events.Event]):
    """
    In no type of event, and in nothing inside it, does a field for words hold any afterwards.
    """
    left = erased(json.loads(encode(kind.model_validate(example(kind)))))

    def look(value: Any, path: str) -> None:
        for name, inner in value.items() if isinstance(value, dict) else ():
            assert name not in WORDS or inner in (ERASED, None), f"{path}.{name}"
            look(inner, f"{path}.{name}")

    look(left, kind.__name__)


def test_a_field_that_nobody_has_listed_goes():
    """
    What is added to an event later is erased until somebody decides that it stays.
    """
    assert {"type": "Replied", "new": ERASED} == erased({"type": "Replied", "new": "secret", "more": ["secret"]})


def test_who_decided_stays_and_what_they_said_goes():
    """
    An outcome is left with its time, its person and their name; their name goes where they are who is forgotten.
    """
    settlement = Settlement(outcome=Outcome.DENIED, at=NOON, by="ana", name="Ana", comment="secret")
    event = events.RequestSettled(thread="t", run="r1", request="q", key="k", settlement=settlement)
    body = json.loads(encode(event))

    assert settlement.model_copy(update={"comment": ERASED}) == decode(json.dumps(erased(body)).encode()).settlement
    assert ERASED == erased(body, {"ana"})["settlement"]["name"]
    assert "Ana" == erased(body, {"ben"})["settlement"]["name"]


def test_a_request_keeps_its_digest_and_its_terms():
    """
    What was approved can still be proved, though it cannot be read any more.
    """
    request = a_request(arguments={"tag": "secret"}, digest="d" * 64, allowed=(Decision.APPROVE,))
    opened = events.RequestOpened(thread="t", run="r1", key="k", request=request)
    left = decode(json.dumps(erased(json.loads(encode(opened)))).encode())

    assert isinstance(left, events.RequestOpened)
    assert (request.digest, request.who, request.allowed, request.id) == (
        left.request.digest,
        left.request.who,
        left.request.allowed,
        left.request.id,
    )
    assert {} == left.request.arguments
