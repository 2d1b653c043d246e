"""
A model that is a function: the same JSON steps as a real one, without a network, a key or a surprise.

It serves the sandbox and tests. It says of itself that it is a script.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Script = Callable[[str, dict[str, Any]], str]


class Scripted:
    """
    Answers by calling a function.

    Args:
        script: Takes the context and the JSON Schema; returns the answer.
    """

    def __init__(self, name: str, script: Script) -> None:
        self.name, self._script = name, script

    async def answer(self, context: str, schema: dict[str, Any]) -> str:
        return self._script(context, schema)
