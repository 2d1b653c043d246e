"""
What an approver may change of a call, and the changed call.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

import pytest
from pydantic import BaseModel, Field, model_validator

from agent_core import edits
from agent_core.effects import CallTool
from agent_core.errors import InvalidArguments
from agent_core.tools import tool


class Order(BaseModel):
    """What `order` takes."""

    item: str = "tea"
    count: int = Field(default=1, ge=1)
    size: Literal["s", "l"] = "s"
    day: date = date(2026, 7, 31)
    tags: dict[str, str] = {}
    note: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> Order:
        if self.size == "l" and self.count > 9:
            raise ValueError("so many do not fit")
        return self


@tool(editable=tuple(Order.model_fields))
def order(arguments: Order) -> str:
    return arguments.item


def a_call(**arguments: object) -> CallTool:
    validated = order.validate(arguments)
    encoded = order.encode(validated)
    return CallTool("order#1", order, validated, encoded, order.digest(encoded), "", False)


def test_fields_begin_with_the_arguments():
    """
    Each argument that a form can show as it is is a field that begins with it; others are left out.
    """
    found = {field.name: field.initial for field in edits.fields(a_call(count=3))}

    assert {"item": "tea", "count": "3", "size": "s", "day": "2026-07-31", "note": ""} == found
    for odd in ("two\nlines", " spaced ", "x" * 3_001):
        assert "item" not in [field.name for field in edits.fields(a_call(item=odd))]


def test_a_changed_call_has_its_own_digest():
    """
    The arguments that run are those that were digested; what was not changed stays.
    """
    before = a_call(count=3)
    after = edits.changed(before, {"item": "coffee"})

    assert ("coffee", 3) == (after.arguments.item, after.arguments.count)  # type: ignore[attr-defined]
    assert order.digest(after.encoded) == after.digest != before.digest
    assert "item: tea → coffee; note: null → soon" == edits.difference(
        before.encoded, {"item": "coffee", "note": "soon"}
    )


def test_the_tools_own_validators_are_asked():
    """
    Changes that only the tool's model refuses are refused too.
    """
    with pytest.raises(InvalidArguments, match="so many do not fit"):
        edits.changed(a_call(), {"size": "l", "count": 10})
