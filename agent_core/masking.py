"""
Values that nobody may read, masked in arguments that people and logs see.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agent_core.errors import InvalidArguments

MASK = "•••"


def masked(arguments: dict[str, Any], sensitive: Iterable[str]) -> dict[str, Any]:
    """
    Mask values in arguments.

    Args:
        sensitive: Which: a JSON pointer (RFC 6901, `/card/number`), or the name of a member, at whatever depth.

    Raises:
        InvalidArguments: One of them names nothing, so that a slip of the pen shows no secret.
    """
    shown: dict[str, Any] = arguments
    for name in sensitive:
        found: list[str] = []
        parts = [part.replace("~1", "/").replace("~0", "~") for part in name.split("/")[1:]]
        shown = _at(shown, parts, found) if name.startswith("/") else _named(shown, name, found)
        if not found:
            raise InvalidArguments(
                f"there is no argument {name!r} to mask; write its name, or a pointer like /card/number"
            )
    return shown


def is_masked(value: Any) -> bool:
    """Tell whether a value is masked, or holds one that is."""
    match value:
        case dict():
            return any(map(is_masked, value.values()))
        case list() | tuple():
            return any(map(is_masked, value))
    return bool(value == MASK)


def _at(value: Any, parts: list[str], found: list[str]) -> Any:
    """Mask what stands at a path; `found` gets a word where something does."""
    if not parts:
        found.append(MASK)
        return MASK
    part, rest = parts[0], parts[1:]
    if isinstance(value, dict) and part in value:
        return {key: _at(inner, rest, found) if key == part else inner for key, inner in value.items()}
    if isinstance(value, list) and part.isdecimal() and part.isascii() and int(part) < len(value):
        return [_at(inner, rest, found) if place == int(part) else inner for place, inner in enumerate(value)]
    return value


def _named(value: Any, name: str, found: list[str]) -> Any:
    """Mask every member of a name."""
    match value:
        case dict():
            if name in value:
                found.append(MASK)
            return {key: MASK if key == name else _named(inner, name, found) for key, inner in value.items()}
        case list():
            return [_named(inner, name, found) for inner in value]
    return value
