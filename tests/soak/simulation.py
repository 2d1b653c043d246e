"""
The simulation's part: new seeds, on a core of their own.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

from tests.simulation.fleet import Tally, fleet
from tests.simulation.run import Report
from tests.soak.findings import Finding, keep

SPELL = 120.0  # seconds after which its processes are made anew, so that none grows old


class Simulation:
    """Runs of the simulation, from a seed on."""

    name = "simulation"

    def __init__(self, seed: int, fault: str | None) -> None:
        self.findings: list[Finding] = []
        self._seed, self._fault = seed, fault
        self._before: Counter[str] = Counter()  # of the spells that are over
        self._now = Tally()

    async def round(self, end: float) -> None:
        seconds = min(SPELL, end - time.monotonic())
        tally = await asyncio.to_thread(fleet, self._seed, seconds, 1, self._progress, self._fault)
        self._before, self._now = self._before + counted(tally), Tally()
        self._seed += tally.runs
        for report in tally.failed:
            kept = keep(f"simulation-{report.seed}.txt", report.history)
            self.findings.append(Finding(self.name, str(report.violation), self._again(report), kept))

    def again(self) -> str:
        return f"python -m tests.simulation --seed {self._seed} --seconds {SPELL:.0f}"

    def line(self) -> str:
        sum_ = self._before + counted(self._now)
        return f"{sum_['runs']:,} simulated runs, {sum_['kills']:,} kills"

    def figures(self) -> dict[str, Any]:
        sum_ = self._before + counted(self._now)
        faults = {what: sum_.pop(what) for what in sorted(sum_) if what.startswith("fault ")}
        checks = {what: sum_.pop(what) for what in sorted(sum_) if what.startswith("check ")}
        hours = round(sum_.pop("seconds", 0) / 3_600)
        return {
            **sum_,
            "simulated hours": hours,
            "faults": {what.removeprefix("fault "): count for what, count in faults.items()},
            "checks": {what.removeprefix("check "): count for what, count in checks.items()},
        }

    def _progress(self, tally: Tally) -> None:
        self._now = tally

    def _again(self, report: Report) -> str:
        fault = f" --mutation {self._fault}" if self._fault is not None else ""
        return f"python -m tests.simulation --seed {report.seed}{fault}"


def counted(tally: Tally) -> Counter[str]:
    """A tally as one count of everything, so that those of several spells can be added."""
    sum_ = Counter(runs=tally.runs, steps=tally.steps, acts=tally.acts, events=tally.events)
    sum_["kills"], sum_["seconds"] = tally.counts["kills"], round(tally.hours * 3_600)
    sum_.update({f"fault {what}": count for what, count in tally.counts.items() if what != "kills"})
    sum_.update({f"check {name}": count for name, count in tally.checks.items()})
    return sum_
