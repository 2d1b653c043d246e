"""
Where a round trip's time goes: the processor's time of the trip in process, by stage.

The stack is looked at each few milliseconds of the process's own processor time, so waiting costs nothing and what else
the machine does shifts no share. A look counts for the innermost stage that it finds; what is in none is asyncio's.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import statistics
import time
from collections import Counter
from types import FrameType
from typing import Any

from tests.bench import engine
from tests.bench.measure import SERVER, closed_loop
from tests.process import ROOT

IN_FLIGHT = 64
INTERVAL = 0.001  # seconds between two looks; the kernel may make it four
STAGES: dict[str, tuple[str, ...]] = {
    "the load: people, their payloads, the channel": (
        "tests/bench/engine.py:People",
        "tests/bench/engine.py:InProcess",
        "tests/bench/loopback.py",
        "tests/bench/slack_side.py",
    ),
    "taken in: checked, kept, given to the store": ("gateway/gate.py", "gateway/admission.py"),
    "stored: the fact's rows": ("gateway/store/sqlite_log.py:append",),
    "woken: the owner hears, a task for the conversation": (
        "gateway/store/sqlite.py:SqliteStore.wait",
        "gateway/store/sqlite.py:SqliteStore._hand_over",
        "gateway/owner.py:Owner._take",
        "gateway/owner.py:Owner._inbox",
        "gateway/owner.py:Owner._work",
    ),
    "loaded: from the store, what is needed": (
        "gateway/store/sqlite.py:SqliteStore.load",
        "gateway/owner.py:Owner._take_in",
        "gateway/decide.py:needs",
    ),
    "decided: facts, requests, policy, people": (
        "gateway/decide.py",
        "gateway/inbound.py",
        "gateway/home.py",
        "gateway/places.py",
        "gateway/asking.py",
        "gateway/settling.py",
        "gateway/calls.py",
    ),
    "decided: cards and sentences": ("gateway/cards.py", "gateway/conversation.py:Conversation.send"),
    "decided: the agent driven, events folded": (
        "agent_core/drive.py",
        "agent_core/results.py",
        "agent_core/run.py",
        "agent_core/strands.py",
        "agent_core/thread.py",
        "gateway/runs.py",
    ),
    "decided: put together for the store, and noted when it is true": (
        "gateway/owner.py:Owner._make_true",
        "gateway/owner.py:Owner._turn",
        "gateway/conversation.py:Conversation.change",
        "gateway/conversation.py:Conversation.committed",
    ),
    "encoded: events as JSON": ("agent_core/log.py:encode",),
    "committed: a decision's rows": ("gateway/store/sqlite_log.py:commit",),
    "committed: the next delivery claimed": ("gateway/store/sqlite_lanes.py:claim",),
    "committed: BEGIN, COMMIT, whoever waits told": (
        "gateway/store/sqlite.py:SqliteStore._write",
        "gateway/store/sqlite.py:SqliteStore._do",
        "gateway/runtime.py:Runtime.to_disk",
    ),
    "performed: the model and the tool": ("gateway/perform.py", "gateway/owner.py:Owner._perform"),
    "sent: a delivery tried, its fate noted": ("gateway/outbox.py",),
    "stored: receipts": ("gateway/store/sqlite_lanes.py:record",),
    "measured: metrics": ("gateway/metrics.py", "gateway/owner.py:Owner._measure"),
}
REST = "asyncio: the loop, tasks, futures"


class Looks:
    """Counts in which stage the process is, at each look."""

    def __init__(self) -> None:
        self.by_stage: Counter[str] = Counter()
        self._stage_of: dict[Any, str | None] = {}

    def look(self, number: int, frame: FrameType | None) -> None:
        """The handler of the signal."""
        stage = None
        while frame is not None and stage is None:
            stage = self._of(frame)
            frame = frame.f_back
        self.by_stage[stage or REST] += 1

    def _of(self, frame: FrameType) -> str | None:
        code = frame.f_code
        if code not in self._stage_of:
            where = f"{code.co_filename.removeprefix(f'{ROOT}/')}:{code.co_qualname}"
            found = [(len(begin), stage) for stage, several in STAGES.items() for begin in several if _in(where, begin)]
            self._stage_of[code] = max(found)[1] if found else None
        return self._stage_of[code]


def _in(where: str, begin: str) -> bool:
    """The file or folder, or the function itself and what is defined in it."""
    return where.startswith(begin) if ":" not in begin else where == begin or where.startswith(f"{begin}.")


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """Look at so many runs; gives the microseconds of a trip by stage, the most first."""
    os.sched_setaffinity(0, SERVER)
    logging.getLogger("ringback").setLevel(logging.WARNING)
    several = [await once(seconds) for _ in range(runs)]
    alone = [sum(run.values()) for run in several]
    middle = statistics.median(alone)
    rows = [_row(stage, [run[stage] for run in several], middle) for stage in set().union(*several)]
    rows.sort(key=lambda row: row["value"], reverse=True)
    return [_row("a trip, in all", alone, middle), *rows]


async def once(seconds: float) -> Counter[str]:
    """One run: the microseconds of a trip by stage."""
    looks = Looks()
    before = signal.signal(signal.SIGPROF, looks.look)
    async with engine.in_process() as people:
        await asyncio.gather(*map(people.one, range(IN_FLIGHT)))
        began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, INTERVAL, INTERVAL)
        run = await closed_loop(people.one, IN_FLIGHT, seconds, collect=True)
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        micros = (time.process_time() - began) / run.done * 1e6
    signal.signal(signal.SIGPROF, before)
    total = sum(looks.by_stage.values())
    return Counter({stage: micros * count / total for stage, count in looks.by_stage.items()})


def _row(stage: str, micros: list[float], whole: float) -> dict[str, Any]:
    value = round(statistics.median(micros), 1)
    numbers = {"value": value, "least": round(min(micros), 1), "most": round(max(micros), 1), "runs": len(micros)}
    return {"what": stage, "unit": "µs", **numbers, "ratio": round(value / whole, 4), "beside": "a trip"}
