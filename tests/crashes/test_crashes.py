"""
The real gateway over the emulator: killed at every commit's boundary and at random, frozen, its clock wrong and set.
"""

from __future__ import annotations

import asyncio
import os
import random
import secrets
import time
from pathlib import Path

import pytest

from tests.crashes.kills import BOUNDARIES, LONGEST, Plan, crash, crash_cold, deaths, examine, finish, nursery
from tests.crashes.town import town

COMMITS = 20  # commits after a start, each killed before and after it reaches the disk
RANDOM = 115  # kills at a random moment
FROZEN = 12  # of them after the process stood still
COLD = 10  # of a process started as an operator starts it, nothing imported before


@pytest.mark.timeout(360)  # about 90 seconds of which are waiting; the rest is as slow as the machine
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
        looked_at = examine(people)
        reached = deaths(tmp_path)
        print(f"{kills} kills in {killed:.1f} s, {FROZEN} after a standstill, {COLD} of a cold start")
        print(f"{2 * COMMITS} at the boundaries of the first commits; what they held: {len(reached)} kinds and sides")
        print(f"{len(people.asked)} commands; looked at {looked_at}")

    assert [] == [name for name, count in looked_at.items() if count == 0]
    assert set(sides) <= reached
    assert kills >= 200
    assert len(people.asked) >= 15
