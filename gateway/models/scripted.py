"""
A model that is a function of the owner's own: a script, or an `async def` that asks any model there is.

In the sandbox and in tests it makes the same JSON steps as a model would, without a network, a key or a surprise.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from gateway.models.base import Answer

Script = Callable[[str, dict[str, Any]], str | Answer | Awaitable[str | Answer]]


class Scripted:
    """
    Answers by calling a function.

    Args:
        script: Takes the context and the JSON Schema of the answer; returns the answer, or awaits it. What it raises
            counts as no answer: it is called again after a pause, a few times.
    """

    def __init__(self, name: str, script: Script) -> None:
        self.name, self._script = name, script

    async def answer(self, context: str, schema: dict[str, Any]) -> str | Answer:
        answer = self._script(context, schema)
        return answer if isinstance(answer, str | Answer) else await answer
