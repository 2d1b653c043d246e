"""
Before and after a change: `python -m tests.bench.before TREE NAME` runs a benchmark in another checkout and in this
one, in turn, and prints what this one reaches of the other's rates.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.process import ROOT

Key = tuple[str, str]


def main() -> None:
    """Run both, and compare."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.before", description=__doc__)
    parser.add_argument("tree", type=Path, help="the other checkout, as it was before")
    parser.add_argument("name", help="the benchmark")
    parser.add_argument("--seconds", type=float, default=3.0, help="how long a run is (3)")
    parser.add_argument("--runs", type=int, default=3, help="how many, interleaved; medians are told (3)")
    asked = parser.parse_args()
    found: dict[Path, dict[Key, list[float]]] = {asked.tree.resolve(): {}, ROOT: {}}
    for _ in range(asked.runs):
        for tree, values in found.items():
            for row in once(tree, asked.name, asked.seconds):
                if "unit" in row:
                    values.setdefault((row["what"], row["unit"]), []).append(row["value"])
                elif row["what"].startswith("ringback"):
                    unit = f"a second, {row['in_flight']} in flight"
                    values.setdefault((row["what"], unit), []).append(row["per_second"])
    before, after = found.values()
    print("| | | before | after | after is |\n|---|---|---|---|---|")
    for (what, unit), several in after.items():
        if (what, unit) in before:
            was, now = statistics.median(before[what, unit]), statistics.median(several)
            print(f"| {what} | {unit} | {was:,.0f} | {now:,.0f} | {now / was:.2f} × before |")


def once(tree: Path, name: str, seconds: float) -> list[dict[str, Any]]:
    """One run in a checkout."""
    command = [sys.executable, "-m", "tests.bench", name, "--seconds", str(seconds), "--runs", "1"]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    told = subprocess.run(command, cwd=tree, env=environment, stdout=subprocess.PIPE, check=True)
    rows: list[dict[str, Any]] = json.loads(told.stdout)[name]["rows"]
    return rows


if __name__ == "__main__":
    main()
