"""
What happens later, by a clock that stands or by the real one.
"""

from __future__ import annotations

import asyncio
import time

from adapters.slack.emulator.schedule import Schedule
from tests.adapters.slack.emulator.conftest import NOON, Hand, Wait


async def test_acts_come_in_order_when_due(clock: Hand) -> None:
    """
    An act comes at its time and not before, the earlier first, and of one time in the order they were asked for.
    """
    done: list[str] = []
    schedule = Schedule(clock)
    for due, name in [(2.0, "late"), (1.0, "first"), (1.0, "second")]:
        schedule.at(NOON + due, lambda name=name: done.append(name))  # type: ignore[misc]
    schedule.tick()
    assert done == []
    clock.now += 1.0
    schedule.tick()
    assert done == ["first", "second"]
    clock.now += 1.0
    schedule.tick()
    assert done == ["first", "second", "late"]
    schedule.close()


async def test_real_clock_needs_no_hand(until: Wait) -> None:
    """
    With the real clock an act comes by itself.
    """
    done: list[str] = []
    schedule = Schedule(time.time)
    schedule.at(time.time() + 0.01, lambda: done.append("now"))
    await until(lambda: done)
    schedule.close()


async def test_closed_schedule_does_nothing_more() -> None:
    """
    After the end nothing comes, neither what was asked for before nor what is asked for after.
    """
    done: list[str] = []
    schedule = Schedule(time.time)
    schedule.at(time.time() + 0.005, lambda: done.append("before"))
    schedule.close()
    schedule.at(time.time(), lambda: done.append("after"))
    await asyncio.sleep(0.02)
    schedule.tick()

    assert done == []
