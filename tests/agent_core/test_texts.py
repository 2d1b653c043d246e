"""
What people read before they decide is what is there.
"""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.texts import exact, in_short, legible, shown

UNSEEN = st.sampled_from(
    "\u202e\u2066\u200b\u200d\u200c\ufeff\u00ad\u2060\u3164\ufe0f\U000e0041\x00\x1b\x85\u2028\u200f"
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("pay\u202e001\u202c", "pay[U+202E]001[U+202C]"),
        ("ad\u200bmin", "ad[U+200B]min"),
        ("ad\u200dmin", "ad[U+200D]min"),
        ("admin\ufe0f", "admin[U+FE0F]"),
        ("a\rb", "a[U+000D]b"),
        ("\x1b[2K", "[U+001B][2K"),
        ("ok\U000e0064\U000e0065", "ok[U+E0064][U+E0065]"),
    ],
)
def test_what_is_hidden_in_a_value_is_written_out(text: str, shown: str):
    """
    Characters that are not seen, or turn others around, stand as their numbers.
    """
    assert shown == exact(text)


@pytest.mark.parametrize(
    "text", ["two\nlines\tand a tab", "👨\u200d👩\u200d👧", "❤\ufe0f", "می\u200cخواهم", "Grüße, 你好", "🇩🇪", "é"]
)
def test_ordinary_writing_stays_as_it_is(text: str):
    """
    Emoji, joined scripts, accents and line breaks are no disguise.
    """
    assert text == exact(text) == legible(text)


def test_prose_keeps_its_marks():
    """
    In a sentence, marks that only guide the direction stay; what turns it around does not.
    """
    assert "שלום\u200f (v1)\n[U+202E]x" == legible("שלום\u200f (v1)\r\n\u202ex")


@given(st.text(alphabet="abc1 -/."), UNSEEN, st.text(alphabet="abc1 -/."))
def test_two_values_that_differ_look_different(before: str, unseen: str, after: str):
    """
    No character without a shape is left in a value of plain letters.
    """
    shown = exact(before + unseen + after)

    assert shown != before + after
    assert all(unicodedata.category(character)[0] not in "CM" for character in shown)


def test_what_only_names_something_is_short():
    """
    In one line, whole where it fits, else cut with a sign of that; values of JSON are written as they are.
    """
    assert ("a b", "x" * 60) == (in_short(" a\n b "), in_short("x" * 60))
    assert "x" * 59 + "…" == in_short("x" * 61)
    assert ["v1", "12", '["a"]', "[U+202E]"] == [shown(value) for value in ("v1", 12, ["a"], "\u202e")]
