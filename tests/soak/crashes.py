"""
The crash tests' part: round after round a new town and a real gateway that is killed under its work, until it may bring
everything to its end and G1 to G12 are looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from tests.crashes.kills import BOUNDARIES, LONGEST, Plan, crash, crash_cold, examine, finish, nursery
from tests.crashes.town import town
from tests.soak.findings import KEPT, Finding, shown, told

PLANNED, RANDOM = 6, 9  # kills of a round: at a boundary of a commit, at any moment
FROZEN = 2  # of the latter, after a standstill
TRIES = 3  # processes that are killed until one reaches its boundary
END = 300.0  # seconds for the last gateway to bring everything to its end, beside the other parts


class Crashes:
    """Rounds of kills, each from a seed of its own."""

    name = "crashes"

    def __init__(self, seed: int, fault: str | None) -> None:
        self.findings: list[Finding] = []
        self._seed, self._fault = seed - 1, fault
        self._counts: Counter[str] = Counter()
        self._checks: Counter[str] = Counter()

    async def round(self, end: float) -> None:
        self._seed += 1
        folder = Path(tempfile.mkdtemp(prefix="rb-"))
        try:
            await self._kill(folder)
        except Exception as error:
            kept = KEPT / f"crashes-{self._seed}"
            shutil.rmtree(kept, ignore_errors=True)
            shutil.copytree(folder, kept)
            self.findings.append(Finding(self.name, told(error), self.again(), shown(kept)))
        finally:
            shutil.rmtree(folder)
        self._counts["rounds"] += 1

    async def _kill(self, folder: Path) -> None:
        rng = random.Random(self._seed)
        plans: list[Plan] = [None] * RANDOM
        plans += [{"when": rng.choice(("before", "after")), "holds": rng.choice(BOUNDARIES)} for _ in range(PLANNED)]
        rng.shuffle(plans)
        frozen = set(rng.sample([n for n, plan in enumerate(plans) if plan is None], FROZEN))
        async with town(folder, self._seed) as people, nursery(folder, self._fault) as gateways:
            living = asyncio.create_task(people.live())
            try:
                for n, plan in enumerate(plans):
                    for _ in range(TRIES if plan else 1):
                        reached = await crash(gateways, plan, rng, freeze=n in frozen)
                        self._counts["kills"] += 1
                        self._counts["at a boundary"] += reached
                        if reached:
                            break
                    self._counts["after a standstill"] += n in frozen
                if self._fault is None:  # a cold start is an operator's, and theirs has no fault
                    await crash_cold(folder, rng.uniform(0.0, LONGEST))
                    self._counts["kills"] += 1
                    self._counts["of a cold start"] += 1
                await finish(gateways, people, END)
                living.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await living
                self._counts["commands"] += len(people.asked)
                self._checks.update(examine(people))
            finally:
                living.cancel()
                (folder / "slack.json").write_text(json.dumps(people.emulator.state()))

    def again(self) -> str:
        fault = f" --fault {self._fault}" if self._fault is not None else ""
        return f"python -m tests.soak --only {self.name} --seed {self._seed} --minutes 0{fault}"

    def line(self) -> str:
        return f"{self._counts['rounds']:,} crash rounds, {self._counts['kills']:,} kills"

    def figures(self) -> dict[str, Any]:
        return {**self._counts, "checks": dict(self._checks)}
