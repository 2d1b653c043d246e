"""
Text from outside, made fit to be stored.

Python's strings may hold halves of surrogate pairs, which no encoding can write: a file name that is no UTF-8, half an
emoji in a model's JSON. They become a question mark where such a text comes in, so that nothing later stumbles.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator


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


def described(error: BaseException) -> str:
    """Say what an exception says, with its type before; an exception that cannot say anything is its type."""
    kind = type(error).__name__
    try:
        said = storable(str(error))
    except Exception:
        return kind
    return f"{kind}: {said}" if said else kind
