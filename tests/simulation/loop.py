"""
An event loop on which one seed gives one order of events.

Time is virtual: it stands still while anything can run, and then goes to the next timer. Which of the callbacks that
are ready runs next is drawn from the seed. Every callback belongs to a process, by its context: a process can be killed
between any two callbacks, or frozen there, and none of its callbacks runs any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import random
import zlib
from asyncio import events as asyncio_events
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any

PROCESS: ContextVar[int] = ContextVar("PROCESS", default=0)
"""The process that a callback belongs to; 0 is the world outside."""

FINALLY = 20  # awaits in the `finally` blocks of a coroutine that is let go, at most


class Future(asyncio.Future[Any]):
    """A future whose place in a set does not depend on where in memory it lies."""

    def __hash__(self) -> int:
        return self.number  # type: ignore[attr-defined,no-any-return]


class Task(asyncio.Task[Any]):
    """A task like that."""

    def __hash__(self) -> int:
        return self.number  # type: ignore[attr-defined,no-any-return]


class Loop(asyncio.AbstractEventLoop):
    """
    A loop to be stepped by hand.

    Args:
        dice: Draws the order of what is ready.
        shuffled: Whether what is ready runs in any order, or in the order in which it became ready, as asyncio does.
    """

    def __init__(self, dice: random.Random, *, shuffled: bool) -> None:
        self._dice, self._shuffled = dice, shuffled
        self._ready: list[asyncio.Handle] = []
        self._timers: list[tuple[float, int, asyncio.TimerHandle]] = []
        self._count = itertools.count()
        self._now = 0.0
        self._dead: set[int] = set()
        self._frozen: dict[int, list[asyncio.Handle]] = {}
        self.tasks: dict[int, list[asyncio.Task[Any]]] = {}
        self.failures: list[dict[str, Any]] = []
        self.steps = 0
        self.order = 0

    # What asyncio needs ----------------------------------------------------------------------------------------------

    def time(self) -> float:
        return self._now

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_soon(
        self, callback: Callable[..., object], *arguments: Any, context: Context | None = None
    ) -> asyncio.Handle:
        handle = asyncio.Handle(callback, arguments, self, context)
        self._ready.append(handle)
        return handle

    call_soon_threadsafe = call_soon

    def call_later(
        self, delay: float, callback: Callable[..., object], *arguments: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *arguments, context=context)

    def call_at(
        self, when: float, callback: Callable[..., object], *arguments: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        handle = asyncio.TimerHandle(when, callback, arguments, self, context)
        heapq.heappush(self._timers, (when, next(self._count), handle))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        pass

    def create_future(self) -> asyncio.Future[Any]:
        future = Future(loop=self)
        future.number = next(self._count)  # type: ignore[attr-defined]
        return future

    def create_task(self, coro: Any, *, name: str | None = None, context: Context | None = None) -> asyncio.Task[Any]:
        task = Task.__new__(Task)
        task.number = next(self._count)  # type: ignore[attr-defined]
        task.__init__(coro, loop=self, name=name or "task", context=context)  # type: ignore[misc]
        process = context.get(PROCESS, 0) if context is not None else PROCESS.get()
        self.tasks.setdefault(process, []).append(task)
        return task

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.failures.append(context)

    # Stepping --------------------------------------------------------------------------------------------------------

    def step(self, until: float) -> bool:
        """
        Run one callback; where none is ready, time goes on to the next timer first.

        Returns:
            False where nothing is left to run before `until`; it is that time then.
        """
        while True:
            handle = self._next(until)
            if handle is None:
                self._now = max(self._now, until)
                return False
            process = handle._context.get(PROCESS, 0)  # type: ignore[attr-defined]
            if handle.cancelled() or process in self._dead:
                continue
            if process in self._frozen:
                self._frozen[process].append(handle)
                continue
            self.steps += 1
            handle._run()  # type: ignore[attr-defined]
            return True

    def _next(self, until: float) -> asyncio.Handle | None:
        timers, ready = self._timers, self._ready
        if not ready and timers:
            if timers[0][0] > until:
                return None
            self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            ready.append(heapq.heappop(timers)[2])
        if not ready:
            return None
        place = int(self._dice.random() * len(ready)) if self._shuffled else 0
        self.order = zlib.crc32(b"%d/%d/%.6f" % (place, len(ready), self._now), self.order)
        return ready.pop(place)

    @property
    def resting(self) -> bool:
        """Nothing can run before time passes."""
        return not self._ready

    def inside(self, step: Callable[[], Any]) -> Any:
        """Do something as the loop does it: asyncio finds this loop running."""
        asyncio_events._set_running_loop(self)
        try:
            return step()
        finally:
            asyncio_events._set_running_loop(None)

    # Processes -------------------------------------------------------------------------------------------------------

    def kill(self, process: int) -> None:
        """Run nothing of a process any more."""
        self._dead.add(process)
        self._frozen.pop(process, None)

    def freeze(self, process: int) -> None:
        """Run nothing of a process until it is thawed."""
        self._frozen.setdefault(process, [])

    def thaw(self, process: int) -> None:
        """Let a process go on where it stood."""
        self._ready += self._frozen.pop(process, [])

    def living(self, process: int) -> int:
        """Count the tasks of a process that have not ended."""
        self.tasks[process] = [task for task in self.tasks.get(process, []) if not task.done()]
        return len(self.tasks[process])

    def gap(self) -> float:
        """
        Tell for how many seconds no process has anything to do.

        All that live count: the store that a former owner opened goes on working for the one that took over.
        """
        if any(self._lives(handle) for handle in self._ready):
            return 0.0
        return min(
            (when - self._now for when, _, handle in self._timers if not handle.cancelled() and self._lives(handle)),
            default=float("inf"),
        )

    def _lives(self, handle: asyncio.Handle) -> bool:
        process = handle._context.get(PROCESS, 0)  # type: ignore[attr-defined]
        return bool(process) and process not in self._dead

    def close(self) -> None:
        """Let go of every coroutine here and now, so that none is woken later, when it is collected."""
        while self.tasks:
            _, tasks = self.tasks.popitem()
            for task in tasks:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                if not task.done():
                    _let_go(task.get_coro())
        self._ready.clear()
        self._timers.clear()


def _let_go(coroutine: Any) -> None:
    """Close a coroutine that may await something in its `finally` blocks."""
    for _ in range(FINALLY):
        with contextlib.suppress(BaseException):
            coroutine.close()
            return
