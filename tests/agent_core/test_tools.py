"""
Tools: validated, digested, masked.
"""

from __future__ import annotations

import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from agent_core import tools
from agent_core.errors import InvalidArguments
from agent_core.requests import Who
from agent_core.tools import tool
from tests.agent_core.agents import Number, add


class Payment(BaseModel):
    """A step with a tag, and something nobody may read."""

    intent: Literal["pay"] = "pay"
    amount: float
    card: str


@tool(version="3", approval="finance", sensitive={"card"}, idempotent=True)
async def pay(arguments: Payment) -> str:
    """Nothing calls this."""
    raise AssertionError(arguments)


def test_a_declaration_is_read_from_the_function():
    """
    Name, argument type, and what a retry may do come from the declaration.
    """
    assert ("pay", "3", Payment, True, False) == (pay.name, pay.version, pay.arguments, pay.idempotent, pay.read_only)
    assert Who(roles=("finance",)) == pay.approval


def test_reading_may_always_be_repeated():
    """
    A tool that only reads is idempotent.
    """

    @tool(read_only=True)
    def look(arguments: Number) -> int:
        return arguments.n

    assert look.idempotent


def test_a_function_without_a_model_is_no_tool():
    """
    The first parameter has to be a pydantic model, and the error says so.
    """
    with pytest.raises(TypeError, match="pydantic model"):

        @tool()
        def broken(n: int) -> int:
            return n


def test_invalid_arguments_name_the_field_and_not_the_value():
    """
    What is wrong is said by field; values stay out of the message.
    """
    with pytest.raises(InvalidArguments, match="amount") as refused:
        pay.validate({"amount": "secret-value", "card": "4111"})

    assert "secret-value" not in str(refused.value)


def test_people_see_neither_secrets_nor_tags():
    """
    Sensitive arguments are masked, constant ones left out; the digest is over all of them.
    """
    encoded = pay.encode(Payment(amount=5, card="4111"))

    assert {"amount": 5.0, "card": tools.MASK} == pay.shown(encoded)
    assert pay.digest(encoded) != pay.digest(encoded | {"card": "4112"})


def test_digest_is_rfc_8785_over_name_version_and_arguments():
    """
    The digest is SHA-256 over the canonical JSON; this one was computed by hand.
    """
    canonical = b'{"arguments":{"n":1},"tool":"add","version":"1"}'
    by_hand = __import__("hashlib").sha256(canonical).hexdigest()

    assert by_hand == add.digest({"n": 1})


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=4), values, max_size=4), st.randoms(use_true_random=False))
def test_digest_does_not_see_the_order_of_keys(arguments: dict[str, object], order: object):
    """
    The same arguments in any order of keys, through any JSON library, have the same digest.
    """
    keys = list(arguments)
    order.shuffle(keys)
    shuffled = json.loads(json.dumps({key: arguments[key] for key in keys}))

    assert add.digest(arguments) == add.digest(shuffled)


@given(values, values)
def test_different_values_have_different_digests(one: object, other: object):
    """
    Two values that JSON writes differently never share a digest.
    """
    same = json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    equal_numbers = one == other  # 1 and 1.0 are one number in JSON

    assert same or equal_numbers or tools.digest(one) != tools.digest(other)


@pytest.mark.parametrize("value", [2**53, float("nan"), float("inf")])
def test_what_json_cannot_hold_is_refused(value: float):
    """
    A number that another reader would see differently is refused, and the error says what to do.
    """
    with pytest.raises(InvalidArguments, match="as text"):
        tools.digest({"n": value})
