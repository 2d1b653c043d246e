"""
How things are measured: closed loops, medians of interleaved runs, the server on one core and the load on another.
"""

from __future__ import annotations

import asyncio
import gc
import os
import platform
import re
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

from tests.process import ROOT

_CORES = sorted(os.sched_getaffinity(0))
SERVER, LOAD = {_CORES[0]}, {_CORES[-1]}  # the cores; on a machine with one of them the same
PATIENCE = 20.0  # seconds until a server that is started must be there
SHORT = 1.0  # seconds; a run that is shorter only shows that it runs, and all about it is small
REST = 1.0  # seconds after which a process is at rest
LIBRARIES = ("aiohttp", "fastapi", "h11", "httptools", "pydantic", "ringback", "slack-bolt", "slack-sdk", "starlette")
LIBRARIES += ("uvicorn", "uvloop", "websockets")


_servers: set[int] = set()  # the programs that are measured now


class Run(NamedTuple):
    """One run: how many, in how long, how long each took, and what the servers' processors did, all in seconds."""

    done: int
    wall: float
    latencies: Sequence[float]
    busy: float = 0.0


async def closed_loop(
    one: Callable[[int], Awaitable[float | None]], in_flight: int, seconds: float, *, collect: bool = False
) -> Run:
    """
    Keep so many going for so long, each beginning when the one before it has ended.

    Args:
        one: Does it, for the worker of a number; may return what it took, where that is not the whole.
        collect: Collect garbage meanwhile: what is measured is in this process, and would do it too.
    """
    latencies: list[float] = []
    done = 0
    gc.collect()
    if not collect:
        gc.disable()
    busy, began = processor_time(), time.perf_counter()

    async def worker(number: int) -> None:
        nonlocal done
        while time.perf_counter() < began + seconds:
            start = time.perf_counter()
            took = await one(number)
            latencies.append(time.perf_counter() - start if took is None else took)
            done += 1

    try:
        async with asyncio.TaskGroup() as group:
            for number in range(in_flight):
                group.create_task(worker(number))
        return Run(done, time.perf_counter() - began, latencies, processor_time() - busy)
    finally:
        gc.enable()


def size(whole: int, seconds: float, *, few: int) -> int:
    """How many of something belong to a run: as many as always, or a few where it is short."""
    return whole if seconds >= SHORT else few


async def rest(seconds: float) -> None:
    """Wait until a process that was started is at rest; no longer than a run."""
    await asyncio.sleep(min(REST, seconds))


def processor_time() -> float:
    """Tell how many seconds of a processor the servers have taken so far."""
    ticks = 0
    for process in _servers:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])  # utime and stime, see proc(5)
    return ticks / os.sysconf("SC_CLK_TCK")


def row(what: str, in_flight: int, runs: Sequence[Run], **more: Any) -> dict[str, Any]:
    """Sum up the runs of one thing: medians, and the least and the most of what was done a second."""
    rates = sorted(run.done / run.wall for run in runs)
    return {
        "what": what,
        "in_flight": in_flight,
        "per_second": round(statistics.median(rates), 1),
        "least": round(rates[0], 1),
        "most": round(rates[-1], 1),
        "p50_ms": round(statistics.median(quantile(run.latencies, 0.50) for run in runs) * 1e3, 2),
        "p99_ms": round(statistics.median(quantile(run.latencies, 0.99) for run in runs) * 1e3, 2),
        "cpu_us": round(statistics.median(run.busy / run.done for run in runs) * 1e6),
        "runs": len(runs),
    } | more


def figure(
    what: str, unit: str, values: Sequence[float], *, beside: dict[str, Any] | None = None, aim: str = ""
) -> dict[str, Any]:
    """
    Sum up what one thing came to in some runs: the median, the least and the most.

    Args:
        beside: The row of the same run that it is to be seen beside.
        aim: What we want of it.
    """
    middle = statistics.median(values)
    made = {"what": what, "unit": unit, "value": middle, "least": min(values), "most": max(values), "runs": len(values)}
    if beside is not None:
        made |= {"beside": beside["what"], "ratio": middle / beside["value"]}
    return made | ({"aim": aim} if aim else {})


def quantile(values: Sequence[float], share: float) -> float:
    """The value that this share of the values does not pass."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


@asynccontextmanager
async def server(
    arguments: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[int]:
    """Start a program on the server's core; gives the port that it says it runs on, or 0 where it says none at once."""
    log = folder / "log"
    with log.open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *arguments),
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(environment or {})},
            stdout=out,
            stderr=out,
            preexec_fn=lambda: os.sched_setaffinity(0, SERVER),
        )
    _servers.add(process.pid)
    try:
        if not arguments[1].startswith("socket"):
            async with asyncio.timeout(PATIENCE):
                while not (found := re.search(r"running on port (\d+)", log.read_text())):
                    assert process.returncode is None, log.read_text()
                    await asyncio.sleep(0.02)
            yield int(found.group(1))
        else:
            yield 0
        assert process.returncode is None, f"it ended: {log.read_text()[-2_000:]}"
    finally:
        _servers.remove(process.pid)
        if process.returncode is None:
            process.terminate()
        await process.wait()


def folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for one run, with a path short enough for a socket in it."""
    return tempfile.TemporaryDirectory(prefix="rb-")


def surroundings() -> dict[str, Any]:
    """The machine and the versions, as they stand with the numbers."""
    versions = {"python": platform.python_version(), "sqlite": sqlite3.sqlite_version}
    for name in LIBRARIES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    kernel = ".".join(platform.release().split(".")[:2])
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "at": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, {cpu.group(1) if cpu else platform.machine()}, Linux {kernel}",
        "load": round(os.getloadavg()[0], 1),
        "versions": versions,
    }
