"""
Strands: the coroutines of a run, each standing at what it awaits.

Nothing ever schedules them. An answer moves exactly the strand that waits for it, to its next `await`, so the order of
answers is the order in which the code goes on. `run.all` splits a run into strands, one coroutine each; outcomes are
returned in the order of the operations. Logs and events are the business of `drive`, which stands above.

**Dropping.** A paused coroutine that is closed runs its `finally` blocks; there any `run.…` raises `Dropped`, a
BaseException of this module, so that `except Exception` in an agent cannot swallow it. `close` goes innermost first
and swallows it. An agent function holds no resources: input and output live in tools.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from agent_core import effects
from agent_core.errors import AgentFault, Diverged, ImpureAgent, NeverAwaited, TooLong
from agent_core.thread import Thread

OPERATIONS_LIMIT = 1_000  # operations a run may hold; it goes on with run.again
LAST_WORDS = 20  # operations more in which it may clean up after TooLong, before it is cut off


class Dropped(BaseException):
    """This run's coroutine is being dropped; nothing can be awaited any more."""


@dataclass
class Wait:
    """
    An operation that a strand stands at. Without an `effect` it waits for events that need no wish.

    `about` is the key of the ask that it would withdraw.
    """

    kind: str
    key: str
    digest: str = ""
    effect: Callable[[Thread], effects.Effect] | None = None
    about: str = ""

    def __await__(self) -> Generator[Wait, Any, Any]:
        return (yield self)


@dataclass
class Join:
    """Several operations at once; answered with all of their outcomes, in order."""

    bodies: list[Coroutine[Any, Any, Any]]

    def __await__(self) -> Generator[Join, list[Any], list[Any]]:
        return (yield self)


@dataclass(eq=False)
class Strand:
    """One coroutine of a run. `slot` is its place among the operations of the strand that waits for it."""

    body: Coroutine[Any, Any, Any]
    parent: Strand | None = None
    slot: int = 0
    outcomes: list[Any] = field(default_factory=list)
    unfinished: int = 0


@dataclass(frozen=True)
class Raised:
    """A strand ended with this exception."""

    error: Exception


@dataclass(frozen=True)
class Ended:
    """The agent function came to its end, or raised."""

    error: Exception | None = None
    again: bool = False
    state: Any = None


@dataclass(frozen=True)
class Again:
    """What `run.again` returns: the agent returns it, and the next run begins with the state."""

    state: Any


class Strands:
    """
    All coroutines of one run. `waiting` has what they stand at by its key, `ended` how the run's own came to its end.

    `made` has the operations that were made and are not awaited yet.
    """

    def __init__(self) -> None:
        self.waiting: dict[str, Wait] = {}
        self.ended: Ended | None = None
        self.made: set[object] = set()
        self.closing = False
        self._operations = 0
        self._living: list[Strand] = []
        self._standing: dict[str, Strand] = {}

    def start(self, body: Coroutine[Any, Any, Any]) -> None:
        """Run the coroutine of an agent function to its first operation."""
        strand = Strand(body)
        self._living.append(strand)
        self._move(strand, None)

    def resume(self, key: str, value: Any) -> None:
        """Answer the operation that a strand stands at, and run it to its next one."""
        del self.waiting[key]
        self._move(self._standing.pop(key), value)

    def close(self) -> None:
        """Drop the coroutines, innermost first."""
        self.closing = True
        for strand in reversed(self._living):
            with suppress(Dropped, Exception):  # a dropped coroutine's last words change nothing
                strand.body.close()
        self._living.clear()
        self._standing.clear()
        self.waiting.clear()

    def _move(self, strand: Strand, value: Any) -> None:
        """Run a strand to its next operation; strands that end move the one that waits for them."""
        todo: list[tuple[Strand, Any]] = [(strand, value)]
        while todo:
            strand, value = todo.pop()
            try:
                wanted = strand.body.throw(value.error) if isinstance(value, Raised) else strand.body.send(value)
            except StopIteration as stop:
                self._finish(strand, stop.value, todo)
            except (Diverged, KeyboardInterrupt):
                raise
            except Exception as error:
                self._finish(strand, Raised(error), todo)
            except BaseException as error:
                self._finish(strand, Raised(AgentFault(f"the agent raised {error!r}")), todo)
            else:
                self._stand(strand, wanted, todo)

    def _stand(self, strand: Strand, wanted: object, todo: list[tuple[Strand, Any]]) -> None:
        self._operations += 1
        if self._operations > OPERATIONS_LIMIT + LAST_WORDS:
            self._living.remove(strand)
            self._end(Raised(TooLong()))
        elif self._operations > OPERATIONS_LIMIT:
            todo.append((strand, Raised(TooLong())))
        elif isinstance(wanted, Wait):
            if wanted.key in self.waiting:
                todo.append((strand, Raised(AgentFault(f"{wanted.key} is awaited twice at the same time"))))
            else:
                self.waiting[wanted.key], self._standing[wanted.key] = wanted, strand
        elif isinstance(wanted, Join):
            self._split(strand, wanted, todo)
        else:
            todo.append((strand, Raised(ImpureAgent())))

    def _split(self, strand: Strand, wanted: Join, todo: list[tuple[Strand, Any]]) -> None:
        strand.outcomes = [None] * len(wanted.bodies)
        strand.unfinished = len(wanted.bodies)
        if not wanted.bodies:
            todo.append((strand, []))
        children = [Strand(body, strand, slot) for slot, body in enumerate(wanted.bodies)]
        self._living.extend(children)
        todo.extend((child, None) for child in reversed(children))

    def _finish(self, strand: Strand, value: Any, todo: list[tuple[Strand, Any]]) -> None:
        self._living.remove(strand)
        parent = strand.parent
        if parent is None:
            self._end(value)
            return
        parent.outcomes[strand.slot] = value
        parent.unfinished -= 1
        if parent.unfinished == 0:
            raised = next((outcome for outcome in parent.outcomes if isinstance(outcome, Raised)), None)
            todo.append((parent, raised or parent.outcomes))

    def _end(self, value: Any) -> None:
        if isinstance(value, Raised):
            self.ended = Ended(value.error)
        elif self.made:
            names = ", ".join(sorted(str(made) for made in self.made))
            self.ended = Ended(NeverAwaited(f"made but never awaited: {names}; write `await run.…`"))
        elif isinstance(value, Again):
            self.ended = Ended(again=True, state=value.state)
        else:
            self.ended = Ended()
