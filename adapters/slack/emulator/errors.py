"""
EmulatorError
├── ApiError     what a Web API method answers with `ok: false`
└── Refused      what a person tried and Slack's own client would not let them do
"""

from __future__ import annotations

from typing import Any


class EmulatorError(Exception):
    """The emulator refuses."""


class ApiError(EmulatorError):
    """A Web API method answers `ok: false`."""

    def __init__(self, name: str, *, problems: list[str] | None = None, **fields: Any) -> None:
        super().__init__(name)
        self.name = name
        self.problems = problems or []
        self.fields = fields

    def answer(self) -> dict[str, Any]:
        """
        The body, with `response_metadata.messages` as Slack fills it: one line a problem, "[ERROR]" before each.
        """
        body: dict[str, Any] = {"ok": False, "error": self.name, **self.fields}
        if self.problems:
            body["errors"] = self.problems
            body["response_metadata"] = {"messages": [f"[ERROR] {problem}" for problem in self.problems]}
        return body


class Refused(EmulatorError):
    """A person cannot do that."""

    def __init__(self, sentence: str, *, status: int = 409) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
