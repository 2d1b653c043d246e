"""
Text in Slack's measures: escaped, cut and split.

Slack does not say what it counts as a character, so a text is measured in the longest way there is: escaped, and in
UTF-16 code units. Nothing is cut inside what a reader sees as one character, unless that alone is too long.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import regex

LONGEST_FENCE = 16  # characters that mark a code block; a line of more is no fence
LONGEST_LANGUAGE = 20  # characters of a code block's language that are repeated when it is opened again

_COST = {"&": 5, "<": 4, ">": 4}
_FENCE = re.compile(rf"[ \t]{{0,3}}(`{{3,{LONGEST_FENCE}}}|~{{3,{LONGEST_FENCE}}})[ \t]*([^\s`~]*)[^`\n]*")
_BLANK_LINES, _SPACES = re.compile(r"(?:[^\S\n]*\n)*"), re.compile(r"[^\S\n]*")
_GRAPHEME = regex.compile(r"\X")


class Fence(NamedTuple):
    """The code block that a text stands in: its marker, and the language after it."""

    marker: str
    language: str


def escape(text: str) -> str:
    """Keep a text from becoming markup, a mention or a link with another name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def size(text: str) -> int:
    """Measure a text as it is sent. No loop in Python: every text of every card is measured."""
    return len(escape(text).encode("utf-16-le", "surrogatepass")) // 2


def cut(text: str, most: int) -> str:
    """Shorten what only labels; nothing that a decision rests on is cut."""
    return text if size(text) <= most else text[: _whole(text, 0, _room(text, 0, most - 1))] + "…"


def split(text: str, most: int) -> list[str]:
    """
    Split a text into pieces, at a paragraph, a line or a word where there is one; nothing is lost but the space.

    A code block that is split is closed, and opened again with its language in the next piece.
    """
    pieces: list[str] = []
    at, fence = 0, None
    closing = LONGEST_FENCE + 1 if _FENCE.search(text) else 0
    while True:
        head = f"{fence.marker}{fence.language}\n" if fence is not None else ""
        if _room(text, at, most - len(head)) >= len(text):
            break
        end = _end(text, at, _room(text, at, most - len(head) - closing))
        body, fence = text[at:end].rstrip(), _inside(text[at:end], fence)
        if body:
            pieces.append(head + body + (f"\n{fence.marker}" if fence is not None else ""))
        skipped = (_BLANK_LINES if text[end - 1] == "\n" else _SPACES).match(text, end)
        at = skipped.end() if skipped is not None and fence is None else end
    return [*pieces, head + text[at:]] if text[at:].strip() or not pieces else pieces


def _cost(character: str) -> int:
    return _COST.get(character, 2 if character > "\uffff" else 1)


def _room(text: str, at: int, most: int) -> int:
    """Tell up to where a text fits that begins at a place."""
    last = min(at + most, len(text))
    for place in range(at, last):
        most -= _cost(text[place])
        if most < 0:
            return place
    return last


def _end(text: str, at: int, limit: int) -> int:
    """Choose where a piece ends that may go up to a limit."""
    for separator in ("\n\n", "\n", " "):
        found = text.rfind(separator, at + (limit - at) // 2, limit)
        if found > at:
            return found + len(separator)
    return _whole(text, at, limit)


def _whole(text: str, at: int, limit: int) -> int:
    """Go back from a limit to where a character ends, as readers see characters."""
    end = 0
    for found in _GRAPHEME.finditer(text[at : limit + 1]):  # a piece alone: among flags it looks back to the first
        if at + found.end() > limit:
            break
        end = found.end()
    return at + end if end else max(limit, at + 1)


def _inside(body: str, fence: Fence | None) -> Fence | None:
    """Tell in which code block a text ends that begins in one, or in none."""
    for line in body.split("\n"):
        found = _FENCE.fullmatch(line)
        if found is None:
            continue
        marker, language = found.groups()
        if fence is None:
            fence = Fence(marker, language[:LONGEST_LANGUAGE])
        elif marker.startswith(fence.marker) and not language:
            fence = None
    return fence
