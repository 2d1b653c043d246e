"""
The only door to clocks, randomness and threads, so that a test or a simulation can take their place.

Nothing else in the gateway imports `time`, `random`, `uuid` or `secrets`, sleeps, or leaves the event loop; a test
holds that.
"""

from __future__ import annotations

import asyncio
import random
import secrets
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any, TypeVar, cast

T = TypeVar("T")

SPIN = 5.0  # seconds that one step of an agent may hold the loop before the watchdog names it
THREADS = 64  # for tools that are plain functions; one that waits longer than its limit for a thread has not run
WATCH_INTERVAL = 1.0  # seconds between two looks of the watchdog


class Runtime:
    """The machine's own time, randomness and threads."""

    def __init__(self) -> None:
        self._threads = asyncio.Semaphore(THREADS)
        self._disk = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ringback-disk")
        self._beside = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ringback-beside")

    def now(self) -> float:
        """Tell the time, in seconds since the epoch."""
        return time.time()

    def monotonic(self) -> float:
        """Tell a time that only goes forward, in seconds since nobody knows when."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)

    def alarm(self, seconds: float) -> asyncio.Future[None]:
        """Give what is done after a while; cancelled, it is forgotten. It costs a timer, where a sleep costs a task."""
        loop = asyncio.get_running_loop()
        alarm: asyncio.Future[None] = loop.create_future()

        def ring() -> None:
            if not alarm.done():  # cancelled in this turn of the loop
                alarm.set_result(None)

        timer = loop.call_later(seconds, ring)
        alarm.add_done_callback(lambda _: timer.cancel())
        return alarm

    def token(self) -> str:
        """Make something nobody can guess."""
        return secrets.token_hex(16)

    def jitter(self, seconds: float) -> float:
        """Spread a delay, so that many do not come at once: between half of it and all of it."""
        return seconds * random.uniform(0.5, 1.0)  # noqa: S311  # not a secret

    async def to_thread(self, function: Callable[..., T], *arguments: Any) -> T:
        """
        Run something that blocks where it does not hold the loop, when one of the threads is free.

        The thread does not hold up the end of the process: what hangs in it may hang for ever.
        """
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[T] = loop.create_future()
        await self._threads.acquire()

        def settle(value: T | None, error: BaseException | None) -> None:
            self._threads.release()
            if ended.cancelled():
                return
            if error is not None:
                ended.set_exception(error)
            else:
                ended.set_result(cast(T, value))

        def work() -> None:
            value: T | None = None
            error: BaseException | None = None
            try:
                value = function(*arguments)
            except BaseException as raised:
                error = raised
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(settle, value, error)

        threading.Thread(target=work, name="ringback-tool", daemon=True).start()
        return await ended

    async def to_disk(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run something that waits for the disk, in the one thread kept for that."""
        return await asyncio.get_running_loop().run_in_executor(self._disk, function, *arguments)

    async def beside_disk(self, function: Callable[..., T], *arguments: Any) -> T:
        """Run something that is long at the disk, and holds up nobody who waits for that, in a thread of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._beside, function, *arguments)

    async def limit(self, awaitable: Awaitable[T], seconds: float) -> T:
        """
        Wait at most so long.

        What has not ended by then is cancelled and left to itself: it may refuse to end, and cannot hold us.

        Raises:
            TimeoutError: It has not ended in time.
        """
        task = asyncio.ensure_future(awaitable)
        alarm = self.alarm(seconds)
        waits: set[asyncio.Future[Any]] = {task, alarm}
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            raise TimeoutError
        finally:
            alarm.cancel()
            if not task.done():
                task.cancel()
                task.add_done_callback(_forget)

    def close(self) -> None:
        """Let go of the disk's threads."""
        self._disk.shutdown(wait=True)
        self._beside.shutdown(wait=True)


def _forget(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()


class Watchdog:
    """
    Names the agent that holds the loop: one that spins, or catches what drops it and spins.

    It cannot stop such an agent, Python has no way to; whoever reads the log can.
    """

    def __init__(self, alarm: Callable[[str, float], None]) -> None:
        self._alarm = alarm
        self._current: tuple[str, float] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="ringback-watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()

    @contextmanager
    def watch(self, who: str) -> Iterator[None]:
        """Note who is running now."""
        self._current = (who, time.monotonic())
        try:
            yield
        finally:
            self._current = None

    def _watch(self) -> None:
        named: tuple[str, float] | None = None
        while not self._stop.wait(WATCH_INTERVAL):
            current = self._current
            if current is not None and current != named and time.monotonic() - current[1] > SPIN:
                named = current
                self._alarm(current[0], time.monotonic() - current[1])
