"""
The port to a model: text in, one JSON text out.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class Answer(NamedTuple):
    """What a model said, and how many tokens asking it cost, where its vendor says so."""

    text: str
    tokens: int | None = None


class Model(Protocol):
    """Something that answers a context with JSON of a schema."""

    name: str

    async def answer(self, context: str, schema: dict[str, Any]) -> str | Answer:
        """
        Answer once.

        Returns:
            The answer; whether it fits the schema is judged by the core.

        Raises:
            ModelFailed: No answer; trying again may help.
        """
        ...
