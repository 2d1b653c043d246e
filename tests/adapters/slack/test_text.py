"""
Text in Slack's measures: short enough, whole, and readable in every piece.
"""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack.text import _cost, cut, escape, size, split

FAMILY = "👨\u200d👩\u200d👧\u200d👦"
ALPHABET = st.text(alphabet="ab &<>\n\t`~é👍", max_size=9_000)


def utf16(text: str) -> int:
    return len(escape(text).encode("utf-16-le")) // 2


@given(st.text(st.characters(codec=None), max_size=200), st.text("&<>👍\ud83d", max_size=200))
def test_a_text_is_measured_as_its_characters_are(text: str, odd: str):
    """
    A whole is as long as its characters one by one, also half of an emoji, which `split` counts by itself.
    """
    assert sum(map(_cost, text + odd)) == size(text + odd)


@given(ALPHABET, st.integers(100, 500))
def test_pieces_are_short_enough(text: str, most: int):
    """
    Escaped and counted in UTF-16, a piece is never longer than what was asked for, and never empty beside others.
    """
    pieces = split(text, most)

    assert all(utf16(piece) <= most for piece in pieces)
    assert len(pieces) == 1 or all(piece.strip() for piece in pieces)


@given(st.text(alphabet="ab &<>\n\té👍", max_size=9_000), st.integers(50, 500))
def test_splitting_loses_nothing(text: str, most: int):
    """
    Together the pieces hold every character but the space between them.
    """
    assert "".join(text.split()) == "".join("".join(split(text, most)).split())


@given(st.text())
def test_a_text_is_measured_as_it_is_sent(text: str):
    """
    What a text costs is its length once escaped, in UTF-16.
    """
    assert utf16(text) == size(text)


@pytest.mark.parametrize("break_", ["\n\n", "\n", " "])
def test_a_text_breaks_where_a_reader_would(break_: str):
    """
    Between paragraphs if there are any, else between lines, else between words.
    """
    lesser = {"\n\n": "\n", "\n": " ", " ": ""}[break_]
    text = break_.join(lesser.join(["word"] * 10) for _ in range(12))

    assert all(piece == lesser.join(["word"] * 10) for piece in split(text, len(lesser.join(["word"] * 10)) + 8))


def test_a_code_block_is_closed_and_opened_again():
    """
    Each piece of a code block is one itself, in its language; what stands around it stays outside.
    """
    lines = [f"    line({n})" for n in range(40)]
    text = "\n".join(["Before.", "```python", *lines, "```", "After."])
    pieces = split(text, 200)

    assert len(pieces) > 2
    assert all(piece.count("```") == 2 for piece in pieces)
    assert all(piece.startswith("```python\n    line(") for piece in pieces[1:])
    assert all(piece.endswith(")\n```") for piece in pieces[:-1])
    assert pieces[-1].endswith("```\nAfter.")
    assert lines == [line for piece in pieces for line in piece.splitlines() if line.startswith("    ")]


@pytest.mark.parametrize("opening", ["~~~~ sql", "```", "```a-language-with-a-very-long-name"])
def test_a_fence_is_repeated_as_it_was(opening: str):
    """
    The marker that opened a code block closes each of its pieces.
    """
    marker = opening.split("a")[0].split(" ")[0]
    pieces = split("\n".join([opening, *["line"] * 60, marker]), 120)

    assert all(piece.splitlines()[0].startswith(marker) for piece in pieces)
    assert all(piece.splitlines()[-1] == marker for piece in pieces)


@pytest.mark.parametrize("whole", [FAMILY, "e\u0301", "🇩🇪", "ก็", "👍🏽", "\r\n"])
def test_no_character_is_cut_in_two(whole: str):
    """
    What a reader sees as one character stays one, where a text has no better place to break.
    """
    text = whole * 400
    assert {""} == {piece.replace(whole, "").strip() for piece in split(text, 101)}
    assert cut(text, 76).removesuffix("…").replace(whole, "") == ""
    assert size(cut(text, 76)) <= 76


def test_a_character_that_is_too_long_is_cut_all_the_same():
    """
    A letter under a thousand accents fits no piece whole, and goes out.
    """
    text = "a" + "\u0301" * 1_000
    assert text == "".join(split(text, 100))


def test_a_large_text_is_split_in_a_moment():
    """
    The time grows with the text, not with its square.
    """
    began = time.perf_counter()
    pieces = split("word " * 400_000, 3_000)

    assert 667 == len(pieces)
    assert time.perf_counter() - began < 5


def test_flags_without_end_are_split_in_a_moment():
    """
    Which two letters are one flag shows only from the first of them on; no piece looks back beyond its own beginning.
    """
    began = time.process_time()
    pieces = split("🇩🇪" * 32_000, 3_000)

    assert {""} == {piece.replace("🇩🇪", "") for piece in pieces}
    assert time.process_time() - began < 3
