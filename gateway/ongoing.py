"""
What is under way in the world for a conversation, by run and key: tools, models, and what came of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from agent_core import effects, events
from agent_core.catalogue import Sentence
from gateway.store.rows import Blob


class Operation(NamedTuple):
    """An operation of a run, as the world knows it."""

    thread: str
    run: str
    key: str
    attempt: int = 0


class Result(NamedTuple):
    """What came of an operation: a model's answer, a tool's result, or `doubt`, where nobody knows."""

    operation: Operation
    event: events.ThreadEvent | None = None
    blobs: tuple[Blob, ...] = ()
    doubt: Sentence | None = None
    failed: str = ""


class Starting(NamedTuple):
    """A tool call to start, and the approval that its start spent."""

    call: effects.CallTool
    approval: str | None


@dataclass
class Ongoing:
    """
    What is under way in the world for a conversation; it outlives the conversation in memory.

    `running` are operations that somebody is at, `approvals` what their starts spent, `results` those that ended and
    are not in the log yet, `doubts` why nobody knows how an attempt ended, `retried` how often an idempotent one was
    started again.
    """

    running: set[Operation] = field(default_factory=set)
    approvals: dict[Operation, str] = field(default_factory=dict)
    results: dict[Operation, Result] = field(default_factory=dict)
    doubts: dict[Operation, Sentence] = field(default_factory=dict)
    retried: dict[Operation, int] = field(default_factory=dict)
