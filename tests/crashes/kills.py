"""
Gateway processes that are killed: at a commit's boundary, at random, after a standstill or a cold start; and what is
looked at when all is over.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.crashes.guarantees import CHECKS, collect
from tests.crashes.town import Town
from tests.guarantees import Violation
from tests.process import ROOT, command

BOUNDARIES = (
    *("MessageReceived", "ActionTaken", "AskForwarded", "ResponseForwarded", "RulingForwarded", "CardForwarded"),
    *("RunStarted", "ModelAnswered", "RequestOpened", "ResponseGiven", "ResponseRefused", "RequestSettled"),
    *("ToolStarted", "ToolFinished", "Replied", "SleepStarted", "SleepEnded", "RunEnded", "delivery sent"),
)
"""What a commit holds; one of each kind is killed before and after it reaches the disk."""
LONGEST = 0.4  # seconds after which a random kill falls at the latest
STANDSTILL = 1.5  # seconds that a process stands still at the most; Slack repeats what waits longer than 1
SKEW = 3.0  # seconds that a clock is wrong at the most
STARVED = 2.0  # seconds after which a process that has not reached its commit is killed anyway; another takes its place
SETTLE = 0.1  # seconds before what was being sent is looked for; the emulator is as fast as that
END = 25.0  # seconds that the last process has to bring everything to its end
Plan = dict[str, Any] | None


class Nursery:
    """
    Starts gateways, and tells when they died.

    Args:
        fault: A deliberate one that each of them has, one of `tests.simulation.mutations`.
    """

    def __init__(self, process: asyncio.subprocess.Process, folder: Path, fault: str | None) -> None:
        self._process, self._folder, self._fault = process, folder, fault

    async def start(self, plan: Plan, skew: tuple[float, float] = (0.0, 0.0)) -> int:
        """Start a gateway whose clock is wrong at first, and by that much more later; returns its process id."""
        order = {
            "config": str(self._folder / "ringback.toml"),
            "cwd": str(self._folder),
            "log": str(self._folder / "gateway.log"),
            "settle": SETTLE,
            "skew": skew,
            "plan": plan,
            "fault": self._fault,
        }
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        return int((await self._read())["pid"])

    async def died(self) -> int:
        """Wait for its death; returns the signal, or 0 where it ended by itself."""
        return os.waitstatus_to_exitcode((await self._read())["status"])

    async def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert line, "the nursery has died"
        loaded: dict[str, Any] = json.loads(line)
        return loaded


@asynccontextmanager
async def nursery(folder: Path, fault: str | None = None) -> AsyncIterator[Nursery]:
    """Open a nursery."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crashes.nursery",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Nursery(process, folder, fault)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def crash(nursery: Nursery, plan: Plan, rng: random.Random, *, freeze: bool = False) -> bool:
    """Start a gateway and see it killed, by its plan or after a while; tells whether it died where the plan says."""
    pid = await nursery.start(plan, (rng.uniform(-SKEW, SKEW), rng.uniform(-SKEW, SKEW)))
    death = asyncio.ensure_future(nursery.died())
    try:
        await asyncio.wait({death}, timeout=STARVED if plan else rng.uniform(0.05, LONGEST))
        reached = death.done()
        if freeze and not reached:
            os.kill(pid, signal.SIGSTOP)
            await asyncio.sleep(rng.uniform(0.0, STANDSTILL))
            os.kill(pid, signal.SIGCONT)
            await asyncio.sleep(rng.uniform(0.05, LONGEST))
    finally:
        if not death.done():
            with contextlib.suppress(ProcessLookupError):  # it has just died where the plan says
                os.kill(pid, signal.SIGKILL)
    assert -signal.SIGKILL == await death
    return reached


async def crash_cold(folder: Path, delay: float) -> None:
    """Start a gateway as an operator does, and kill it a moment after it says that it is running."""
    process = await asyncio.create_subprocess_exec(
        *command("serve", "--config", str(folder / "ringback.toml")),
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stderr is not None
    try:
        async with asyncio.timeout(END):
            while b"running on port" not in (line := await process.stderr.readline()):
                assert line, "it ended by itself"
        await asyncio.sleep(delay)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    assert -signal.SIGKILL == await process.wait()


async def finish(nursery: Nursery, town: Town, end: float = END) -> None:
    """Start a last gateway, let it bring everything to its end within so many seconds, and stop it kindly."""
    town.asking = False
    pid = await nursery.start(None)
    death = asyncio.ensure_future(nursery.died())
    try:
        async with asyncio.timeout(end):
            while not town.done():
                await asyncio.sleep(0.05)
            while undelivered(town):
                await asyncio.sleep(0.05)
    finally:
        os.kill(pid, signal.SIGTERM)
        ended = await death
    assert 0 == ended


def undelivered(town: Town) -> bool:
    evidence = collect(town)
    return evidence.ready > 0 or any(row["status"] in ("new", "claimed") or row["due"] for row in evidence.deliveries)


def examine(town: Town) -> dict[str, int]:
    """
    Look at everything that is left; returns how many things each check looked at.

    Raises:
        Violation: What does not hold, by name.
    """
    evidence, looked_at = collect(town), {}
    for name, check in CHECKS.items():
        try:
            looked_at[name] = check(evidence)
        except Violation:
            raise
        except AssertionError as broken:
            where = traceback.extract_tb(broken.__traceback__)[-1]
            raise Violation(name, f"{check.__name__}, `{where.line}`: {broken}") from broken
    return looked_at


def deaths(folder: Path) -> set[tuple[str, str]]:
    """What the commits held at which processes were killed, and on which side."""
    lines = (folder / "deaths.jsonl").read_text().splitlines()
    return {(death["when"], held) for death in map(json.loads, lines) for held in death["holds"]}
