"""
Run the simulation for as long as asked: `python -m tests.simulation --seconds 600`.

With `--seed` alone, run that seed and print its history. With `--mutation`, find a seed at which that fault is caught;
with both, run that seed with that fault.
"""

from __future__ import annotations

import argparse
import secrets
import sys

from tests.simulation.fleet import Tally, fleet
from tests.simulation.mutations import MUTATIONS, caught, find
from tests.simulation.run import Report, simulate

LAST = 200  # lines of a failing history that are printed


def main() -> int:
    """Run, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seed", type=int, help="the first seed, or the only one")
    parser.add_argument("--seconds", type=float, help="how long to go on with the seeds after it")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--mutation", choices=MUTATIONS, metavar="G1…G12, erasure", help="a deliberate fault")
    asked = parser.parse_args()
    if asked.mutation is not None and asked.seed is not None:
        report = caught(asked.mutation, asked.seed)
        print(story(report))
        return 1 if report.violation is not None else 0
    if asked.mutation is not None:
        print(f"{asked.mutation} is caught at seed {find(asked.mutation)}")
        return 0
    if asked.seconds is None and asked.seed is not None:
        report = simulate(asked.seed)
        print("\n".join(report.history))
        return 1 if report.violation is not None else 0
    first = asked.seed if asked.seed is not None else secrets.randbelow(10**9)
    print(f"simulation from seed {first}")
    tally = fleet(first, asked.seconds or 60.0, asked.processes, show)
    print(f"\r{tally}")
    for report in tally.failed:
        print(story(report))
    return 1 if tally.failed else 0


def show(tally: Tally) -> None:
    """One line that changes."""
    print(f"\r{tally.runs} runs, {tally.steps} steps, {tally.counts['kills']} kills", end="", flush=True)


def story(report: Report) -> str:
    """What led to a failure, the end of it."""
    again = f"python -m tests.simulation --seed {report.seed}"
    return "\n".join((*report.history[-LAST:], f"seed {report.seed}: {report.violation}", f"again, whole: {again}"))


if __name__ == "__main__":
    sys.exit(main())
