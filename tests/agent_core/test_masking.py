"""
Values that nobody may read.
"""

from __future__ import annotations

from typing import Any

import pytest

from agent_core.errors import InvalidArguments
from agent_core.masking import MASK, is_masked, masked

ARGUMENTS = {"user": "bob", "card": {"number": "4711", "a/b": 1}, "more": [{"number": 7}, "x"]}


@pytest.mark.parametrize(
    ("sensitive", "shown"),
    [
        ([], ARGUMENTS),
        (["user"], ARGUMENTS | {"user": MASK}),
        (["/card"], ARGUMENTS | {"card": MASK}),
        (["/card/number"], ARGUMENTS | {"card": {"number": MASK, "a/b": 1}}),
        (["/card/a~1b"], ARGUMENTS | {"card": {"number": "4711", "a/b": MASK}}),
        (["/more/1"], ARGUMENTS | {"more": [{"number": 7}, MASK]}),
        (["number"], ARGUMENTS | {"card": {"number": MASK, "a/b": 1}, "more": [{"number": MASK}, "x"]}),
        (["/card/number", "number"], ARGUMENTS | {"card": {"number": MASK, "a/b": 1}, "more": [{"number": MASK}, "x"]}),
    ],
)
def test_what_is_named_is_masked(sensitive: list[str], shown: dict[str, Any]):
    """
    A pointer masks one place, a name every member of it; what was given is not changed.
    """
    before = str(ARGUMENTS)

    assert shown == masked(ARGUMENTS, sensitive)
    assert before == str(ARGUMENTS)


@pytest.mark.parametrize("name", ["pin", "/pin", "/card/pin", "/more/2", "/more/-1", "/user/x", "", "bob"])
def test_what_names_nothing_is_refused(name: str):
    """
    A slip of the pen masks nothing, so it is said instead of showing the secret.
    """
    with pytest.raises(InvalidArguments, match="no argument"):
        masked(ARGUMENTS, [name])


@pytest.mark.parametrize(
    ("value", "hidden"),
    [("x", False), (MASK, True), ({"a": [1, MASK]}, True), ({"a": {"b": 1}}, False), (None, False), ([], False)],
)
def test_what_holds_a_mask_is_masked(value: Any, hidden: bool):
    """
    A value with a mask anywhere in it is not known.
    """
    assert hidden is is_masked(value)
