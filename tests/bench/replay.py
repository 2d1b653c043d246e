"""
What it costs to find out where a run stands, from its log alone, and to take one more event where it is known.

The agent calls a tool so many times, one after the other. The floor is the same coroutine without a log: its awaits
are answered by hand. Nothing here touches a disk, a network or the event loop.
"""

from __future__ import annotations

import os
import time
import types
from collections.abc import Callable, Generator
from typing import Any

from pydantic import BaseModel

from agent_core.log import Record, decode, encode
from agent_core.run import Agent, Run, advance, agent
from agent_core.thread import Thread, fold
from agent_core.tools import tool
from tests.agent_core.logs import HOME, Log
from tests.bench.measure import SERVER, figure

OPERATIONS = (3, 20, 200)
EVENTS = 2  # of an operation: started, finished


class Number(BaseModel):
    number: int


@tool(idempotent=True)
def count(arguments: Number) -> int:
    """Count."""
    return arguments.number


def counting(operations: int) -> Agent:
    """An agent that calls a tool so many times, and then once more."""

    @agent(name="counting")
    async def run_it(run: Run) -> None:
        for number in range(operations + 1):
            await run.call(count, Number(number=number))

    return run_it


def logged(of: Agent, operations: int) -> Log:
    """The log of a run that has come so far."""
    log = Log(of)
    for _ in range(operations):
        (wish,) = log.progress().effects
        log.tool_starts(wish)  # type: ignore[arg-type]
        log.tool_returns(wish.key, 1)
    return log


@types.coroutine
def bare() -> Generator[None, int, int]:
    return (yield)


def by_hand(operations: int) -> None:
    """The floor: a coroutine, sent so many answers."""

    async def counting() -> None:
        for _ in range(operations + 1):
            await bare()

    body = counting()
    for answer in (None, *range(operations)):
        body.send(answer)
    body.close()


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """Each length in turn, and then all of them again."""
    os.sched_setaffinity(0, SERVER)
    each = seconds / 10
    took: dict[tuple[str, int], list[float]] = {}
    for _ in range(runs):
        for operations in OPERATIONS:
            of = counting(operations)
            log = logged(of, operations)
            stored = [(seq, at, encode(event)) for seq, at, event in log.records]
            last = log.records[-1]

            def from_bytes(of: Agent = of, stored: Any = stored, facts: Any = log.thread.facts) -> None:
                records = [Record(seq, at, decode(body)) for seq, at, body in stored]
                advance(of, fold("thread", HOME, records, facts))

            works: dict[str, Callable[[], object]] = {
                "floor": lambda operations=operations: by_hand(operations),  # type: ignore[misc]
                "replay": lambda of=of, thread=log.thread: advance(of, thread),  # type: ignore[misc]
                "bytes": from_bytes,
            }
            for what, work in works.items():
                took.setdefault((what, operations), []).append(microseconds(work, each))
            took.setdefault(("live", operations), []).append(live(of, log, last, each))
            log.close()
    return told(took)


def microseconds(work: Callable[[], object], seconds: float) -> float:
    """Do something for so long; gives the microseconds of this process that one time takes."""
    times, began = 0, time.process_time()
    while (passed := time.process_time() - began) < seconds or not times:
        work()
        times += 1
    return passed / times * 1e6


def live(of: Agent, log: Log, last: Record, seconds: float) -> float:
    """Feed the newest event to a Drive that stands just before it; gives the microseconds of that."""
    spent, times, began = 0.0, 0, time.process_time()
    while time.process_time() - began < seconds or not times:
        thread: Thread = fold("thread", HOME, log.records[:-1], log.thread.facts)
        drive = of.drive(thread)
        started = time.process_time()
        drive.feed([last])
        spent += time.process_time() - started
        times += 1
        drive.close()
    return spent / times * 1e6


def told(took: dict[tuple[str, int], list[float]]) -> list[dict[str, Any]]:
    """The rows: of each kind, the whole of each length, and what that is an operation."""
    rows = []
    for operations in OPERATIONS:
        floor = figure(f"floor: a bare coroutine over {operations} operations", "µs", took["floor", operations])
        rows += [floor, figure(f"`advance`, {operations} operations", "µs", took["replay", operations], beside=floor)]
        rows.append(figure("the same, read from their stored bytes", "µs", took["bytes", operations], beside=floor))
    for kind, what in (("replay", "`advance`, an operation"), ("bytes", "from stored bytes, an operation")):
        first = figure(
            f"{what}, of {OPERATIONS[0]}", "µs", [value / OPERATIONS[0] for value in took[kind, OPERATIONS[0]]]
        )
        rows.append(first)
        for operations in OPERATIONS[1:]:
            each = [value / operations for value in took[kind, operations]]
            rows.append(figure(f"the same, of {operations}", "µs", each, beside=first, aim="≤ 1.2 ×"))
    first = figure(f"one event to a live run, after {OPERATIONS[0]} operations", "µs", took["live", OPERATIONS[0]])
    rows.append(first)
    rows += [
        figure(f"the same, after {operations}", "µs", took["live", operations], beside=first, aim="≤ 1.2 ×")
        for operations in OPERATIONS[1:]
    ]
    return rows
