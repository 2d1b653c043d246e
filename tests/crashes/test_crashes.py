"""
The real gateway over the emulator: killed at every commit's boundary and at random, frozen, its clock wrong and set.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.crashes.guarantees import CHECKS, collect
from tests.crashes.town import Town, town
from tests.process import ROOT, command

COMMITS = 20  # commits after a start, each killed before and after it reaches the disk
BOUNDARIES = (
    *("MessageReceived", "ActionTaken", "AskForwarded", "ResponseForwarded", "RulingForwarded", "CardForwarded"),
    *("RunStarted", "ModelAnswered", "RequestOpened", "ResponseGiven", "ResponseRefused", "RequestSettled"),
    *("ToolStarted", "ToolFinished", "Replied", "SleepStarted", "SleepEnded", "RunEnded", "delivery sent"),
)
"""What a commit holds; one of each kind is killed before and after it reaches the disk."""
RANDOM = 115  # kills at a random moment
FROZEN = 12  # of them after the process stood still
COLD = 10  # of a process started as an operator starts it, nothing imported before
LONGEST = 0.4  # seconds after which a random kill falls at the latest
STANDSTILL = 1.5  # seconds that a process stands still at the most; Slack repeats what waits longer than 1
SKEW = 3.0  # seconds that a clock is wrong at the most
STARVED = 2.0  # seconds after which a process that has not reached its commit is killed anyway; another takes its place
SETTLE = 0.1  # seconds before what was being sent is looked for; the emulator is as fast as that
END = 25.0  # seconds that the last process has to bring everything to its end
Plan = dict[str, Any] | None


class Nursery:
    """Starts gateways, and tells when they died."""

    def __init__(self, process: asyncio.subprocess.Process, folder: Path) -> None:
        self._process, self._folder = process, folder

    async def start(self, plan: Plan, skew: tuple[float, float] = (0.0, 0.0)) -> int:
        """Start a gateway whose clock is wrong at first, and by that much more later; returns its process id."""
        order = {
            "config": str(self._folder / "ringback.toml"),
            "cwd": str(self._folder),
            "log": str(self._folder / "gateway.log"),
            "settle": SETTLE,
            "skew": skew,
            "plan": plan,
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
async def nursery(folder: Path) -> AsyncIterator[Nursery]:
    """Open a nursery."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.crashes.nursery",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Nursery(process, folder)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        await process.wait()


async def crash(nursery: Nursery, plan: Plan, rng: random.Random, *, freeze: bool = False) -> bool:
    """Start a gateway and see it killed, by its plan or after a while; tells whether it died where the plan says."""
    pid = await nursery.start(plan, (rng.uniform(-SKEW, SKEW), rng.uniform(-SKEW, SKEW)))
    death = asyncio.ensure_future(nursery.died())
    await asyncio.wait({death}, timeout=STARVED if plan else rng.uniform(0.05, LONGEST))
    reached = death.done()
    if freeze and not reached:
        os.kill(pid, signal.SIGSTOP)
        await asyncio.sleep(rng.uniform(0.0, STANDSTILL))
        os.kill(pid, signal.SIGCONT)
        await asyncio.sleep(rng.uniform(0.05, LONGEST))
    if not death.done():
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
    async with asyncio.timeout(END):
        while b"running on port" not in (line := await process.stderr.readline()):
            assert line, "it ended by itself"
    await asyncio.sleep(delay)
    process.kill()
    assert -signal.SIGKILL == await process.wait()


async def finish(nursery: Nursery, town: Town) -> None:
    """Start a last gateway, let it bring everything to its end, and stop it kindly."""
    town.asking = False
    pid = await nursery.start(None)
    death = asyncio.ensure_future(nursery.died())
    try:
        async with asyncio.timeout(END):
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


def deaths(folder: Path) -> set[tuple[str, str]]:
    """What the commits held at which processes were killed, and on which side."""
    lines = (folder / "deaths.jsonl").read_text().splitlines()
    return {(death["when"], held) for death in map(json.loads, lines) for held in death["holds"]}


@pytest.mark.timeout(180)
async def test_everything_holds_whatever_dies(tmp_path: Path):
    """
    Killed before and after every commit and at random, the gateway ends as if it had never died: G1 to G12, by name.
    """
    seed = int(os.environ.get("RINGBACK_CRASH_SEED", secrets.randbelow(10**9)))
    rng = random.Random(seed)
    sides = [(when, held) for held in BOUNDARIES for when in ("before", "after")]
    plans: list[Plan] = [{"when": when, "commit": n} for n in range(1, COMMITS + 1) for when in ("before", "after")]
    plans += [{"when": when, "holds": held} for when, held in sides]
    plans += [None] * RANDOM
    rng.shuffle(plans)
    frozen = set(rng.sample([n for n, plan in enumerate(plans) if plan is None], FROZEN))
    print(f"\ncrash seed {seed}")
    began = time.monotonic()
    async with town(tmp_path, seed) as people, nursery(tmp_path) as gateways:
        living = asyncio.create_task(people.live())
        kills = COLD
        for n, plan in enumerate(plans):
            kills += 1
            while not await crash(gateways, plan, rng, freeze=n in frozen) and plan is not None:
                kills += 1
        for _ in range(COLD):
            await crash_cold(tmp_path, rng.uniform(0.0, LONGEST))
        killed = time.monotonic() - began
        await finish(gateways, people)
        living.cancel()
        await asyncio.gather(living, return_exceptions=True)
        evidence = collect(people)
        looked_at = {}
        for name, check in CHECKS.items():
            try:
                looked_at[name] = check(evidence)
            except AssertionError as broken:
                raise AssertionError(f"{name} ({check.__name__}), seed {seed}: {broken}") from broken
        reached = deaths(tmp_path)
        print(f"{kills} kills in {killed:.1f} s, {FROZEN} after a standstill, {COLD} of a cold start")
        print(f"{2 * COMMITS} at the boundaries of the first commits; what they held: {len(reached)} kinds and sides")
        print(f"{len(people.asked)} commands; looked at {looked_at}")

    assert [] == [name for name, count in looked_at.items() if count == 0]
    assert set(sides) <= reached
    assert kills >= 200
    assert len(people.asked) >= 15
