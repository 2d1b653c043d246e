"""
The soak runs, and finds what is put in for it to find. How long it goes on is not a matter of tests.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from gateway.store import sqlite_file
from tests.guarantees import Violation
from tests.process import ROOT
from tests.soak.findings import MOST, Finding, go_on
from tests.soak.growth import GROWTH, JUDGED, Sample, problems, quarters
from tests.soak.store import Watched

GUARANTEES = {f"G{number}" for number in range(1, 13)}


def soak(folder: Path, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    command = [sys.executable, "-m", "tests.soak", *arguments, "--into", str(folder / "figures.json")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (folder / "figures.json").exists(), ended.stderr[-2_000:]
    return ended.returncode, ended.stdout, json.loads((folder / "figures.json").read_text())


@pytest.mark.timeout(240)
def test_everything_goes_on_side_by_side(tmp_path: Path):
    """
    Simulation, crashes and load are run for as long as asked, nothing is violated, and the figures tell of each.
    """
    status, printed, figures = soak(tmp_path, "--minutes", "0.1")

    assert (0, []) == (status, figures["violations"]), printed
    assert "nothing was violated" in printed
    simulation, crashes, load = (figures["parts"][name] for name in ("simulation", "crashes", "load"))
    assert set(simulation["checks"]) >= GUARANTEES
    assert min(simulation["runs"], simulation["steps"], simulation["kills"]) > 0
    assert set(crashes["checks"]) == GUARANTEES
    assert crashes["kills"] >= 16 * crashes["rounds"] > 0
    assert load["approvals completed"] == load["approvals asked for"] == load["tools started"] >= 64
    assert load["acknowledged"] == load["messages of floods"] + 2 * load["approvals completed"]
    assert load["floods"] >= 1
    assert 4 == len(load["quarters"])


@pytest.mark.timeout(240)
def test_what_is_violated_is_found_by_every_part(tmp_path: Path):
    """
    With a tool that starts without an approval each part finds it and tells how to see it again, and the command fails.
    """
    status, printed, figures = soak(tmp_path, "--minutes", "0", "--fault", "G4")

    assert 1 == status
    found = {finding["part"]: finding for finding in reversed(figures["violations"]) if "G4: " in finding["what"]}
    assert {"simulation", "crashes", "load"} == set(found), printed
    for finding in found.values():
        assert finding["what"] in printed
        assert f"again: {finding['repeat']}" in printed
        assert (ROOT / finding["kept"]).exists()
    for finding in figures["violations"]:
        kept = ROOT / finding["kept"]
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink(missing_ok=True)


class Unlucky:
    """A part of which every round fails."""

    name = "unlucky"

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.rounds = 0

    async def round(self, end: float) -> None:
        self.rounds += 1
        raise ZeroDivisionError("nobody foresaw it")

    def again(self) -> str:
        return "again"

    def line(self) -> str:
        return ""

    def figures(self) -> dict[str, Any]:
        return {}


async def test_a_round_that_fails_does_not_end_its_part():
    """
    What nobody foresaw is a finding, and the next round is run; a part of which every round fails gives up.
    """
    part = Unlucky()

    await go_on(part, time.monotonic() + 60)

    assert MOST == part.rounds == len(part.findings)
    assert "ZeroDivisionError nobody foresaw it (" in part.findings[0].what


async def test_an_acknowledged_event_that_is_not_stored_is_found(tmp_path: Path):
    """
    What the vendor was told is stored, and is not, is a violation of G1.
    """
    sqlite_file.connect(tmp_path).close()
    watched = Watched(tmp_path)
    watched.acknowledged(1_700_000_000.000001)

    with pytest.raises(Violation, match="1 acknowledged events are not stored"):
        await watched.look()


def grown(memory: float, an_event: float) -> list[Sample]:
    """A gateway whose memory and store grow evenly, over a time that is long enough: by how much in all."""
    return [
        Sample(
            n * JUDGED / 100, int(2**26 * (1 + memory * n / 100)), 1_000 * n, int(1_000 * n * (1 + an_event * n / 100))
        )
        for n in range(101)
    ]


def test_what_grows_is_found():
    """
    More memory in the last quarter than in the first, or more room for an event, is a violation; a little more is not.
    """
    assert [] == problems(grown(0.1, 0.05))
    assert ["memory"] == [found.name for found in problems(grown(0.5, 0.0))]
    assert ["size"] == [found.name for found in problems(grown(0.0, 0.5))]
    assert [] == problems(grown(0.5, 0.5)[:90])
    first, *_, last = quarters(grown(GROWTH, 0.0))
    assert first.memory < last.memory < last.most
