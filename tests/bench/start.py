"""
From nothing to a gateway that is ready, with an empty store, and what it holds at rest.

The floor is Python importing the libraries that the gateway stands on, and nothing else.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.bench import gateway
from tests.bench.measure import LOAD, SERVER, figure, folder, rest
from tests.bench.process import Process
from tests.bench.slack_side import Slack
from tests.process import ROOT

LIBRARIES = (
    "starlette.applications, pydantic, uvicorn, httptools, slack_sdk.web.async_client, aiohttp, "
    "prometheus_client, typer, sqlite3"
)
HELD = "import re; print(re.search(r'VmRSS:\\s+(\\d+)', open('/proc/self/status').read()).group(1))"
COMMANDS = {"`ringback --help`": ["--help"], "`ringback version`": ["version"]}
MOST = 8  # packages that are named


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """The floor and the gateway in turns."""
    os.sched_setaffinity(0, LOAD)
    took: dict[str, list[float]] = {}
    for _ in range(runs):
        began = time.monotonic()
        held = python("-c", f"import {LIBRARIES}; {HELD}").stdout
        took.setdefault("floor", []).append(time.monotonic() - began)
        took.setdefault("floor holds", []).append(int(held) / 1024)
        ready, resident = await serve(seconds)
        took.setdefault("ready", []).append(ready)
        took.setdefault("holds", []).append(resident)
        for what, arguments in COMMANDS.items():
            began = time.monotonic()
            python("-m", "gateway.cli", *arguments)
            took.setdefault(what, []).append(time.monotonic() - began)
    floor = figure("floor: Python, the libraries imported", "s", took["floor"])
    holds = figure("floor: its memory", "MiB", took["floor holds"])
    rows = [floor, figure("`ringback serve` → `/readyz`", "s", took["ready"], beside=floor)]
    rows += [holds, figure("its memory at rest", "MiB", took["holds"], beside=holds)]
    rows += [figure(what, "s", took[what], beside=floor) for what in COMMANDS]
    return rows + [figure(f"of its imports: `{name}`", "ms", [ms]) for name, ms in imports().items()]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python on the server's core, to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: os.sched_setaffinity(0, SERVER),
    )


async def serve(seconds: float) -> tuple[float, float]:
    """Start a gateway; gives the seconds until it was ready, and the MiB it holds at rest."""
    with folder() as name:
        async with Slack() as slack:
            process = Process(Path(name), gateway.settings(Path(name), slack, "http"))
            try:
                took = await process.ready()
                await rest(seconds)
                return took, process.resident()
            finally:
                process.end()


def imports() -> dict[str, float]:
    """Which packages take the longest to be imported by `serve`, themselves alone, in milliseconds."""
    told = python(
        "-X", "importtime", "-c", "from gateway import bootstrap, settings, telemetry; import adapters.slack.adapter"
    )
    spent: dict[str, float] = {}
    for alone, name in re.findall(r"import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)", told.stderr):
        package = name.partition(".")[0]
        spent[package] = spent.get(package, 0.0) + int(alone) / 1_000
    return dict(sorted(spent.items(), key=lambda item: -item[1])[:MOST])
