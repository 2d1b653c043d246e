"""
Limits that hold, and a watchdog that names.
"""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from gateway import runtime as module
from gateway.runtime import Runtime, Watchdog
from tests.runtime import HandRuntime


async def test_a_limit_gives_what_came_in_time(runtime: HandRuntime):
    """
    What ends in time is returned, and what it raises is raised.
    """

    async def fine() -> int:
        return 1

    async def broken() -> None:
        raise KeyError

    assert 1 == await runtime.limit(fine(), 1)
    with pytest.raises(KeyError):
        await runtime.limit(broken(), 1)


async def test_an_alarm_that_is_cancelled_as_it_rings_is_silent():
    """
    Its time and its cancellation may come in one turn of the loop; that is no fault.
    """
    loop, faults = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: faults.append(context))
    alarm = Runtime().alarm(0)
    loop.call_soon(alarm.cancel)
    with pytest.raises(asyncio.CancelledError):
        await alarm

    assert [] == faults


async def test_a_limit_does_not_wait_for_what_refuses_to_end(runtime: HandRuntime):
    """
    A task that swallows its cancellation cannot hold up who limits it.
    """
    release = asyncio.Event()

    async def stubborn() -> None:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue

    limited = asyncio.ensure_future(runtime.limit(stubborn(), 5))
    await runtime.advance(6)
    with pytest.raises(TimeoutError):
        await limited
    release.set()


async def test_a_limit_that_is_cancelled_cancels(runtime: HandRuntime):
    """
    Nothing is left running behind a cancelled wait.
    """
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    limited = asyncio.ensure_future(runtime.limit(work(), 5))
    await runtime.settle()
    limited.cancel()
    await runtime.settle()

    assert ended.is_set()


async def test_threads_run_beside_the_loop():
    """
    What blocks runs elsewhere, the disk in a thread of its own.
    """
    runtime = Runtime()
    here = threading.get_ident()
    disk = {await runtime.to_disk(threading.get_ident) for _ in range(5)}

    assert here != await runtime.to_thread(threading.get_ident)
    assert 1 == len(disk - {here})
    runtime.close()


async def test_a_thread_that_hangs_does_not_hold_up_the_end():
    """
    Whatever a tool waits for, the interpreter does not wait for it; what ends after the loop harms nobody.
    """
    runtime, release = Runtime(), threading.Event()
    found: list[bool] = []

    def hang() -> None:
        found.append(threading.current_thread().daemon)
        release.wait()

    waiting = asyncio.ensure_future(runtime.to_thread(hang))
    while not found:
        await asyncio.sleep(0)
    waiting.cancel()
    release.set()
    runtime.close()

    assert [True] == found


def test_the_watchdog_names_who_holds_the_loop(monkeypatch: pytest.MonkeyPatch):
    """
    An agent that spins is named once, and one that goes on is not.
    """
    monkeypatch.setattr(module, "SPIN", 0.02)
    monkeypatch.setattr(module, "WATCH_INTERVAL", 0.005)
    named: list[str] = []
    rang = threading.Event()

    def alarm(who: str, seconds: float) -> None:
        named.append(who)
        rang.set()

    watchdog = Watchdog(alarm)
    watchdog.start()
    with watchdog.watch("quick"):
        pass
    with watchdog.watch("spinner"):
        assert rang.wait(5)
        end = time.monotonic() + 0.05
        while time.monotonic() < end:
            pass
    watchdog.stop()

    assert ["spinner"] == named
