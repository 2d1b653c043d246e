"""
The trip beside other projects that pause for a person, in the same run: each on one core, without a network.

LangGraph is a library: it takes in no event, sends nothing, and knows nobody, so this is its best case. It is run by
the python of a venv of its own, because what it needs is not what Ringback needs.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from pathlib import Path
from typing import Any

from tests.bench import engine
from tests.bench.measure import SERVER, Run, row
from tests.process import ROOT

HERE = Path(__file__).parent
VENV = ROOT / ".artifacts" / "peers"
INSTALL = (
    f"the peers are not installed (langgraph, langgraph-checkpoint-sqlite); do it with:\n"
    f"  python3 -m venv {VENV.relative_to(ROOT)}\n"
    f"  {VENV.relative_to(ROOT)}/bin/pip install -r {HERE.relative_to(ROOT)}/requirements.txt"
)
LANGGRAPH = {"exit": "exit", "async": "async (its default)"}


def installed() -> bool:
    """Tell whether the venv is there."""
    return (VENV / "bin" / "python").exists()


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """The gateway and the peers in turn, alone and with 64 in flight."""
    if not installed():
        sys.exit(INSTALL)
    os.sched_setaffinity(0, SERVER)
    logging.getLogger("ringback").setLevel(logging.WARNING)
    rows = []
    for in_flight in (1, 64):
        several: dict[str, list[Run]] = {}
        for _ in range(runs):
            ours = await engine.once(engine.in_process, in_flight, seconds, collect=True)
            several.setdefault("ringback", []).append(ours)
            for durability, told in LANGGRAPH.items():
                found = await _langgraph(durability, in_flight, seconds)
                what = f"LangGraph {found['version']}, SQLite, durability={told}"
                several.setdefault(what, []).append(Run(len(found["latencies"]), found["wall"], found["latencies"]))
        rows += [row(what, in_flight, done) for what, done in several.items()]
    return rows


async def _langgraph(durability: str, in_flight: int, seconds: float) -> dict[str, Any]:
    script = [str(VENV / "bin" / "python"), str(HERE / "langgraph_trip.py")]
    how = ["--durability", durability, "--in-flight", str(in_flight), "--seconds", str(seconds)]
    run = await asyncio.create_subprocess_exec(*script, *how, stdout=asyncio.subprocess.PIPE, cwd=HERE)
    out, _ = await run.communicate()
    if run.returncode:
        sys.exit(f"{script[-1]} failed")
    found: dict[str, Any] = json.loads(out)
    return found
