"""
Many runs, on several processes, for as long as asked.
"""

from __future__ import annotations

import gc
import itertools
import multiprocessing
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field

from tests.simulation.mutations import caught
from tests.simulation.run import Report, simulate

BATCH = 5  # seeds that a process is given at a time


@dataclass
class Tally:
    """What many runs came to."""

    runs: int = 0
    steps: int = 0
    fewest: int = 0
    acts: int = 0
    events: int = 0
    hours: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    failed: list[Report] = field(default_factory=list)

    def add(self, report: Report) -> None:
        """Count one run."""
        self.runs += 1
        self.steps += report.steps
        self.fewest = min(self.fewest or report.steps, report.steps)
        self.acts += report.acts
        self.events += report.events
        self.hours += report.seconds / 3_600
        self.counts += report.counts
        self.checks += report.checks
        if report.violation is not None:
            self.failed.append(report)

    def __str__(self) -> str:
        kills = self.counts["kills"]
        faults = ", ".join(f"{count} {what}" for what, count in sorted(self.counts.items()) if what != "kills")
        checks = ", ".join(
            f"{name} {count}" for name, count in sorted(self.checks.items(), key=lambda c: (len(c[0]), c[0]))
        )
        return (
            f"{self.runs} simulated runs of {self.fewest} steps and more, {self.steps} steps in all; "
            f"{self.acts} acts of people, {self.events} events, {self.hours:.0f} simulated hours\n"
            f"{kills} kills; {faults}\n"
            f"{sum(self.checks.values())} checks: {checks}"
        )


def batch(seeds: list[int], fault: str | None) -> list[Report]:
    """Run some seeds, with a deliberate fault where one is named; histories are kept of those that fail."""
    gc.freeze()
    reports = []
    for seed in seeds:
        report = simulate(seed) if fault is None else caught(fault, seed)
        if report.violation is None:
            report.history = []
        reports.append(report)
    return reports


def fleet(
    first: int,
    seconds: float,
    processes: int,
    progress: Callable[[Tally], None] = lambda tally: None,
    fault: str | None = None,
) -> Tally:
    """
    Run seeds from `first` on, until the time is up or one fails.

    Args:
        progress: Called now and then.
        fault: The name of a deliberate one that every run has.
    """
    tally, end = Tally(), time.monotonic() + seconds
    with ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn")) as pool:
        work = (pool.submit(batch, seeds, fault) for seeds in batches(first))
        pending: set[Future[list[Report]]] = {next(work) for _ in range(2 * processes)}
        while pending:
            done, pending = wait(pending, return_when=FIRST_COMPLETED)
            for future in done:
                for report in future.result():
                    tally.add(report)
                if time.monotonic() < end and not tally.failed:
                    pending.add(next(work))
            progress(tally)
    return tally


def batches(first: int) -> Iterator[list[int]]:
    """Give seeds, a few at a time, for ever."""
    for start in itertools.count(first, BATCH):
        yield list(range(start, start + BATCH))
