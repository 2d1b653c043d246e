"""
What a text is: a decision, a question back, a command, or words.
"""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core import replies
from agent_core.replies import read
from agent_core.requests import Decision


@pytest.mark.parametrize("text", ["approve", "Approved", "YES", " yes! ", "“yes”", "*approve*", "yes."])
def test_words_that_approve(text: str):
    """
    The words of the table approve, whatever stands around them.
    """
    assert read(text).decision is Decision.APPROVE


@pytest.mark.parametrize("text", ["deny", "Denied", "no", "No.", "reject"])
def test_words_that_deny(text: str):
    """
    The words of the table deny.
    """
    assert read(text).decision is Decision.DENY


@pytest.mark.parametrize(
    "text",
    ["ok", "okay", "sure", "👍", "yes?", "yes but", "no way", "approve it", "yesterday", "nope", "y", "~yes~", ""],
)
def test_everything_else_decides_nothing(text: str):
    """
    Politeness, doubt, half words and what is struck out are no decisions.
    """
    assert read(text).decision is None


@pytest.mark.parametrize(
    ("text", "begins"),
    [("yes, but not before five", True), ("No way!", True), ("yesterday", False), ("well, yes", False)],
)
def test_text_that_begins_with_a_word(text: str, begins: bool):
    """
    "yes, but…" begins with a word of the table; "yesterday" does not.
    """
    assert begins == read(text).begins


@pytest.mark.parametrize("text", ["K7M approve", "approve k7m", "k7m: approve", "approve (K7M)"])
def test_a_code_at_either_end(text: str):
    """
    An open code before or after the word names its request.
    """
    reading = read(text, codes={"K7M"})

    assert ("K7M", Decision.APPROVE) == (reading.code, reading.decision)


def test_a_code_that_is_not_open_is_text():
    """
    What looks like a code and is none of the open ones is part of the text.
    """
    assert (None, None) == read("K7M approve", codes={"B2C"})[1:3]


def test_doubt_has_words_of_its_own():
    """
    A bare yes does not answer "did it run?".
    """
    assert read("yes", in_doubt=True).decision is None
    assert [Decision.APPROVE, Decision.DID_RUN, Decision.DENY] == [
        read(text, in_doubt=True).decision for text in ("Run again", "it did run.", "STOP")
    ]


@pytest.mark.parametrize("text", ["YES", "stop", "End", "cancel"])
def test_a_carrier_keyword_never_decides(text: str):
    """
    By SMS, what the carrier acts on itself decides nothing and commands nothing.
    """
    reading = read(text, carrier=True)

    assert (None, None) == (reading.decision, reading.command)


@pytest.mark.parametrize("text", ["drop", "Drop it", "cancel."])
def test_the_command_to_drop(text: str):
    """
    Whoever asked can take it back in a word.
    """
    assert "drop" == read(text).command


@given(st.text(), st.sets(st.text(alphabet=replies.ALPHABET, min_size=3, max_size=3), max_size=4))
def test_reading_never_fails(text: str, codes: set[str]):
    """
    Any text can be read, and a code is only ever one of the open ones.
    """
    reading = read(text, codes=codes)

    assert reading.code is None or reading.code in codes
    assert reading.decision is None or reading.begins


def test_a_long_text_is_read_in_no_time():
    """
    A megabyte that begins with a word is a question back, not a decision.
    """
    reading = read("yes " + "x" * 1_000_000)

    assert (None, True) == (reading.decision, reading.begins)


def test_codes_never_repeat_and_neighbours_differ_twice():
    """
    All three-character codes come once before any grows, and one slip never names a neighbour.
    """
    codes = [replies.code("slack:T1/C1", number) for number in range(len(replies.ALPHABET) ** 3 + 50)]
    three = [code for code in codes if len(code) == 3]

    assert len(replies.ALPHABET) ** 3 == len(three) == len(set(three))
    assert len(set(codes)) == len(codes)
    pairs = [(one, two) for one, two in pairwise(codes) if len(one) == len(two)]
    assert all(sum(a != b for a, b in zip(one, two, strict=True)) >= 2 for one, two in pairs)


def test_codes_differ_between_conversations():
    """
    Two conversations do not count through the same codes in step.
    """
    assert [replies.code("slack:T1/C1", n) for n in range(9)] != [replies.code("slack:T1/C2", n) for n in range(9)]
