"""
The benchmarks run, and what they print can be put into the page. Nothing here is timed.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench import page
from tests.bench.__main__ import BENCHMARKS
from tests.bench.peers import compare
from tests.process import ROOT


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", [name for name in BENCHMARKS if name != "peers"])
def test_a_benchmark_runs(name: str):
    """
    Each benchmark ends, and makes a table; where something is done as often as it goes, ringback and its floors stand
    side by side, alone and with 64 in flight.
    """
    command = [sys.executable, "-m", "tests.bench", name, "--seconds", "0.05", "--runs", "1"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == told.returncode, told.stderr[-2_000:]

    result = json.loads(told.stdout)[name]
    figures = [row for row in result["rows"] if "unit" in row]
    assert all(0 < row["least"] <= row["value"] <= row["most"] for row in figures)
    loops = [row for row in result["rows"] if "unit" not in row]
    for in_flight in (1, 64) if loops else ():
        names = {row["what"] for row in loops if row["in_flight"] == in_flight}
        assert any(what.startswith("ringback") for what in names)
        assert any(what.startswith("floor") for what in names)
    assert all(0 < row["p50_ms"] <= row["p99_ms"] for row in loops)
    assert loops or figures
    assert len(result["rows"]) + 2 == page.table(result).count("\n|") + 1


@pytest.mark.timeout(180)
def test_a_webhook_is_taken_apart():
    """
    Every stage of a webhook takes some time, and they make a table.
    """
    command = [sys.executable, "-m", "tests.bench.stages", "128"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == told.returncode, told.stderr[-2_000:]

    rows = [line.strip("| ").split(" | ") for line in told.stdout.splitlines()[2:]]
    assert 12 == len(rows)
    assert all(float(taken) > 0 for _, taken in rows)


def test_peers_that_are_not_installed_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """
    Without the peers, their benchmark measures nothing, and says which they are and how to install them.
    """
    monkeypatch.setattr(compare, "VENV", tmp_path)
    with pytest.raises(SystemExit, match=r"langgraph-checkpoint-sqlite(?s:.*)pip install -r tests/bench/peers/"):
        asyncio.run(compare.measure(0.1, 1))
