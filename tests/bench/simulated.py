"""
How much time of a simulated gateway a second of this machine holds. There is nothing to put beside it: it says how many
seeds a night of `python -m tests.simulation` looks at.
"""

from __future__ import annotations

import os
import time
from typing import Any

from tests.bench.measure import SERVER, figure
from tests.simulation.fleet import Tally
from tests.simulation.run import simulate

FIRST = 1_000_000  # the first seed; every run of the benchmark takes others


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """Simulate one seed after the other in one process."""
    os.sched_setaffinity(0, SERVER)
    took: dict[str, list[float]] = {}
    for number in range(runs):
        tally, began, seed = Tally(), time.monotonic(), FIRST + number * 1_000
        while (passed := time.monotonic() - began) < seconds or not tally.runs:
            tally.add(simulate(seed))
            seed += 1
        assert not tally.failed, f"seed {tally.failed[0].seed}: {tally.failed[0].violation}"
        took.setdefault("hours", []).append(tally.hours / passed)
        took.setdefault("runs", []).append(tally.runs / passed * 60)
        took.setdefault("steps", []).append(tally.steps / passed)
    return [
        figure("simulated hours", "a second", took["hours"]),
        figure("simulated runs", "a minute", took["runs"]),
        figure("steps of the event loop in them", "a second", took["steps"]),
    ]
