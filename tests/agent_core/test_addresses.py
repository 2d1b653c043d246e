"""
Addresses and derived ids.
"""

from __future__ import annotations

import pytest

from agent_core import addresses


def test_an_address_has_three_parts():
    """
    channel:account/place, and back.
    """
    parsed = addresses.parse("slack:T1/C2")

    assert ("slack", "T1", "C2") == parsed
    assert "slack:T1/C2" == str(parsed)


@pytest.mark.parametrize("text", ["", "slack", "slack:T1", "slack:/C1", ":T1/C1", "slack:T1/"])
def test_anything_less_is_refused(text: str):
    """
    A part that is missing is an error that shows how to write it.
    """
    with pytest.raises(ValueError, match="channel:account/place"):
        addresses.parse(text)


def test_a_place_may_hold_anything():
    """
    Only the first colon and the first slash after it divide.
    """
    assert ("email", "support", "a/b:c") == addresses.parse("email:support/a/b:c")


def test_ids_are_derived_and_apart():
    """
    The same parts give the same id; parts cannot run into each other.
    """
    assert addresses.derive("a", "b") == addresses.derive("a", "b")
    assert addresses.derive("ab", "c") != addresses.derive("a", "bc")
    assert 26 == len(addresses.derive("x"))


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("slack", "slack:T1/C1", True),
        ("slack:T1", "slack:T1/C1", True),
        ("slack:T1", "slack:T10/C1", False),
        ("slack:T1/C1", "slack:T1/C2", False),
    ],
)
def test_patterns_overlap(one: str, other: str, both: bool):
    """
    A channel covers its accounts, an account its conversations, and nothing covers by a mere beginning.
    """
    assert both == addresses.overlap(one, other) == addresses.overlap(other, one)
