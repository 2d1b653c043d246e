"""
Ten times what the gateway can take, for as long as is asked: what it takes, how it refuses, and when it is well again.

What it takes at its best is measured first, with 64 in flight; then ten times as much comes, whatever is answered, from
a process of its own on the other core. When that ends a whole round trip is made at once, from a message to the last
word, with a person's press in it. A run in which something was answered 200 and is not in the log exactly once, or
anything was answered but 200 and 503 with Retry-After, ends with an error.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import gateway
from tests.bench.approval import People
from tests.bench.measure import LOAD, figure, folder
from tests.bench.slack_side import BOT, SECRET, TEAM, RequestUrl
from tests.overload.flood import Told, Wanted, flood, stored
from tests.soak.load import process_in, resident

TIMES = 10
IN_FLIGHT, CONNECTIONS = 64, 1_800  # of what the gateway takes at its best; of the flood
SHORTEST = 1.0  # seconds; a shorter load is over before the queues are full
BEST = 3.0  # seconds for which its best is measured
LOOK = 0.1  # seconds between two looks at its memory
MIB = 1024 * 1024


class Flooded(NamedTuple):
    """One run; memory in bytes before, at its peak and after, recovery in seconds."""

    best: Told
    flood: Told
    before: int
    peak: int
    after: int
    recovery: float


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """Flood a fresh gateway, as often as is asked."""
    os.sched_setaffinity(0, LOAD)
    several = [await once(max(seconds, SHORTEST)) for _ in range(runs)]
    floods = [run.flood for run in several]
    best = figure(
        f"taken at its best, {IN_FLIGHT} in flight", "a second", [len(r.best.taken) / r.best.wall for r in several]
    )
    taken = figure("taken meanwhile", "a second", [len(told.taken) / told.wall for told in floods], beside=best)
    return [
        best,
        figure("offered", "a second", [told.sent / told.wall for told in floods], beside=best),
        taken | {"lost": 0},
        figure("refused", "a second", [len(told.refused) / told.wall for told in floods]),
        figure("a refusal, p50", "ms", [told.refusing[0] * 1e3 for told in floods]),
        figure("a refusal, p99", "ms", [told.refusing[1] * 1e3 for told in floods]),
        figure("an acknowledgement, p50", "ms", [told.taking[0] * 1e3 for told in floods]),
        figure("an acknowledgement, p99", "ms", [told.taking[1] * 1e3 for told in floods], aim="3,000, Slack's limit"),
        figure("memory before", "MiB", [run.before / MIB for run in several]),
        figure("memory at its peak", "MiB", [run.peak / MIB for run in several]),
        figure("memory after", "MiB", [run.after / MIB for run in several]),
        figure("a whole round trip, begun at the last answer", "s", [run.recovery for run in several]),
    ]


async def once(seconds: float) -> Flooded:
    """One run, from a fresh start."""
    with folder() as name:
        place = Path(name)
        people = People(place)
        try:
            async with people.slack, gateway.running(place, people.slack, "http") as port:
                run = await flooded(people, place, port, seconds)
        finally:
            people.close()
        acknowledged, kept = Counter([*run.best.taken, *run.flood.taken]), stored(place)
        assert acknowledged == kept, (
            f"{(acknowledged - kept).total()} are lost, {(kept - acknowledged).total()} too many"
        )
        return run


async def flooded(people: People, place: Path, port: int, seconds: float) -> Flooded:
    """Measure its best, flood it, and see it recover."""
    await trip(people, port)
    wanted = Wanted(port, SECRET, TEAM, BOT, gateway.user(1))
    best = await flood(replace(wanted, seconds=min(BEST, seconds), connections=IN_FLIGHT))
    process = process_in(place)
    before = peak = resident(process)
    rate = TIMES * len(best.taken) / best.wall
    load = replace(wanted, seconds=seconds, connections=CONNECTIONS, rate=rate, first=10_000_000)
    flooding = asyncio.create_task(flood(load))
    while not flooding.done():
        peak = max(peak, resident(process))
        await asyncio.sleep(LOOK)
    told, began = flooding.result(), time.perf_counter()
    await trip(people, port)
    recovery = time.perf_counter() - began
    assert (told.bare, told.broken, told.unanswered) == (0, 0, 0), told.statuses
    assert set(told.statuses) <= {"200", "503"}, told.statuses
    return Flooded(best, told, before, peak, resident(process), recovery)


async def trip(people: People, port: int) -> None:
    """One whole round trip of one person."""
    people.door = door = RequestUrl(port, gateway.REQUEST_URL)
    await people.one(0)
    door.close()
