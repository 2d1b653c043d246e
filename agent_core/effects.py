"""
What the core can want: wishes, as values. Only the gateway does things.

A model call has no start record; its answer is committed with what follows from it. Everything else that the world can
see is committed before it happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from agent_core.files import File
from agent_core.tools import Tool
from agent_core.wanted import Wanted


@dataclass(frozen=True)
class Effect:
    """A wish of a run, named by its operation's key."""

    key: str


@dataclass(frozen=True)
class CallModel(Effect):
    """
    Ask the model.

    `schema` is the JSON Schema of its answer, `seen` the newest fact that `context` holds. A `summary` stands for the
    run's first `covers` events.
    """

    context: str
    schema: dict[str, Any]
    seen: int
    summary: bool = False
    covers: int = 0


@dataclass(frozen=True)
class CallTool(Effect):
    """Call a tool with validated arguments; `encoded` is what its digest was made over."""

    tool: Tool
    arguments: BaseModel
    encoded: dict[str, Any]
    digest: str
    why: str
    catch: bool


@dataclass(frozen=True)
class RequestHuman(Effect):
    """
    Ask a person.

    `to_agent`: questions back go to the agent, not to the requester. `supersedes` is the request that this one
    replaces, if that is still open.
    """

    wanted: Wanted
    digest: str
    to_agent: bool = False
    supersedes: str | None = None


@dataclass(frozen=True)
class CancelRequest(Effect):
    """Withdraw a request that is open, for a reason that people read."""

    request: str
    reason: str


@dataclass(frozen=True)
class AnswerQuestion(Effect):
    """Answer a question back; the answer appears under the card."""

    request: str
    text: str


@dataclass(frozen=True)
class Reply(Effect):
    """Say something where the run was asked, with files or without."""

    text: str
    files: tuple[File, ...] = ()


@dataclass(frozen=True)
class Sleep(Effect):
    """Go on after this many seconds."""

    seconds: float


@dataclass(frozen=True)
class Receive(Effect):
    """Wait for the next message of somebody who may speak to the run."""
