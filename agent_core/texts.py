"""
Text from outside, made fit to be stored and fit to be decided on.

Python's strings may hold halves of surrogate pairs, which no encoding can write: a file name that is no UTF-8, half an
emoji in a model's JSON. They become a question mark where such a text comes in, so that nothing later stumbles.

Unicode has characters that change how others are shown, or that are not shown at all. What a person approves must be
what they see, so on a card such characters are written out, as in `[U+202E]`.
"""

from __future__ import annotations

import re
from typing import Annotated, Any

import pydantic_core
from pydantic import AfterValidator

SHORT = 60  # characters of a text where it only names something


def storable(text: str) -> str:
    """Replace what UTF-8 cannot write."""
    return text.encode("utf-8", "replace").decode("utf-8")


Text = Annotated[str, AfterValidator(storable)]
"""A text that is made fit to be stored where it is validated."""


def mended(value: Any) -> Any:
    """Make all texts in plain JSON values fit to be stored."""
    match value:
        case str():
            return storable(value)
        case dict():
            return {storable(key): mended(inner) for key, inner in value.items()}
        case list() | tuple():
            return [mended(inner) for inner in value]
    return value


# Controls besides tab and line feed, separators of lines, and what turns the direction of writing ("Trojan Source").
_DISGUISES = "\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
# What takes no place: soft hyphens, direction marks, fillers, joiners and variation selectors where they join nothing.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2060-\u2065\u206a-\u206f\u2800\u3164"
    "\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff"
)
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"
_DISGUISED = re.compile(f"(?!\r\n)[{_DISGUISES}]")
_HIDDEN = re.compile(
    f"[{_DISGUISES}{_UNSEEN}]|(?<![^\x00-\x7f])[{_JOINERS}]|[\u200c\u200d](?![^\x00-\x7f])", re.MULTILINE
)


def legible(text: str) -> str:
    """Write out what would show the rest of a text otherwise than it is."""
    return _DISGUISED.sub(_written, text).replace("\r\n", "\n")


def exact(text: str) -> str:
    """Write out everything that a reader would not see: two texts that differ look different."""
    return _HIDDEN.sub(_written, text)


def _written(found: re.Match[str]) -> str:
    return f"[U+{ord(found.group()):04X}]"


def described(error: BaseException) -> str:
    """Say what an exception says, with its type before; an exception that cannot say anything is its type."""
    kind = type(error).__name__
    try:
        said = storable(str(error))
    except Exception:
        return kind
    return f"{kind}: {said}" if said else kind


def shown(value: Any) -> str:
    """Write a value of JSON for people, exactly."""
    return exact(value if isinstance(value, str) else pydantic_core.to_json(value).decode())


def in_short(text: str) -> str:
    """Give a text in one line, cut where it is long: it names something that stands in full elsewhere."""
    line = " ".join(text.split())
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
