"""
The figures of an hour of soak in `docs/guarantees.md`, from those that are kept: `python -m tests.soak.page` writes
them anew.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.page import PLACE
from tests.process import ROOT

PAGE = ROOT / "docs" / "guarantees.md"
RESULTS = Path(__file__).parent / "results.json"


def render(page: str, results: Mapping[str, Any]) -> str:
    """Put the figures between their marks."""
    return re.sub(PLACE.format(name="soak"), lambda found: found[1] + told(results) + found[2], page, flags=re.DOTALL)


def told(results: Mapping[str, Any]) -> str:
    """A table of what each part came to, and where the figures come from."""
    rows = [
        ("The simulation", simulation(results["parts"]["simulation"])),
        ("The crash suite", crashes(results["parts"]["crashes"])),
        ("The load", load(results["parts"]["load"])),
        ("Memory of the gateway under load", memory(results["parts"]["load"]["quarters"])),
        ("Bytes of the store for an event", size(results["parts"]["load"]["quarters"])),
        ("What did not hold", "<br>".join(map(violation, results["violations"])) or "nothing"),
    ]
    table = "".join(f"| {what} | {came} |\n" for what, came in rows)
    busy = results["load"]
    return (
        f"| In {results['seconds'] / 60:.0f} minutes | |\n|---|---|\n{table}\n"
        f"Seed {results['seed']}, {results['at']}, commit {results['commit']}; {results['machine']}, Python "
        f"{results['versions']['python']}; load average {busy['mean']:g}, at most {busy['most']:g}.\n"
    )


def simulation(figures: Mapping[str, Any]) -> str:
    faults = ", ".join(f"{count:,} {what}" for what, count in figures["faults"].items() if not what.startswith("of "))
    return (
        f"{figures['runs']:,} runs of {figures['steps']:,} steps; {figures['acts']:,} acts of people, "
        f"{figures['events']:,} events, {figures['simulated hours']:,} simulated hours; {figures['kills']:,} kills, "
        f"{faults}; {sum(figures['checks'].values()):,} checks"
    )


def crashes(figures: Mapping[str, Any]) -> str:
    return (
        f"{figures['rounds']:,} rounds of {figures['kills']:,} kills: {figures['at a boundary']:,} at a commit's "
        f"boundary, {figures['after a standstill']:,} after a standstill, {figures['of a cold start']:,} of a cold "
        f"start, the others at random; {figures['commands']:,} commands, {sum(figures['checks'].values()):,} checks"
    )


def load(figures: Mapping[str, Any]) -> str:
    return (
        f"{figures['approvals completed']:,} of {figures['approvals asked for']:,} approvals completed, "
        f"{figures['approvals lost']:,} lost; {figures['floods']:,} floods with {figures['messages of floods']:,} "
        f"messages; {figures['requests']:,} requests, {figures['refused']:,} of them refused and "
        f"{figures['closed unheard']:,} closed unheard, and sent again until they were taken, "
        f"{figures['sent again all the same']:,} sent again all the same; "
        f"{figures['acknowledged']:,} acknowledged, each looked for in the store; {figures['events']:,} events in it"
    )


def memory(quarters: list[Mapping[str, float]]) -> str:
    each = ", ".join(f"{quarter['memory']:.0f}" for quarter in quarters)
    return f"{each} MiB in the middle of each quarter, {max(quarter['most'] for quarter in quarters):.0f} MiB at most"


def size(quarters: list[Mapping[str, float]]) -> str:
    return ", ".join(f"{quarter['an_event']:.0f}" for quarter in quarters) + ", quarter by quarter"


def violation(found: Mapping[str, str]) -> str:
    """By its name alone: what it was, and what became of it, is told below the table, by whoever looked at it."""
    return f"{found['what'].partition(':')[0]}: `{found['repeat']}`"


def main() -> None:
    """Write the page."""
    PAGE.write_text(render(PAGE.read_text(), json.loads(RESULTS.read_text())))


if __name__ == "__main__":
    main()
