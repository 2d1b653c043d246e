"""
The benchmarks run, and what they print can be put into the page. Nothing here is timed.
"""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.bench import page
from tests.bench.__main__ import BENCHMARKS
from tests.process import ROOT


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_runs(name: str):
    """
    Each benchmark ends, with ringback and its floors side by side, alone and with 64 in flight, and makes a table.
    """
    command = [sys.executable, "-m", "tests.bench", name, "--seconds", "0.1", "--runs", "1"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert 0 == told.returncode, told.stderr[-2_000:]

    result = json.loads(told.stdout)[name]
    for in_flight in (1, 64):
        names = {row["what"] for row in result["rows"] if row["in_flight"] == in_flight}
        assert any(what.startswith("ringback") for what in names)
        assert any(what.startswith("floor") for what in names)
    assert all(0 < row["p50_ms"] <= row["p99_ms"] for row in result["rows"])
    assert len(result["rows"]) + 2 == page.table(result).count("\n|") + 1
