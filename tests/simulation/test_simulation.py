"""
The whole gateway, simulated: whatever fails and whenever, what is promised holds.
"""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

from agent_core import events
from tests.guarantees import Violation
from tests.process import ROOT
from tests.simulation.__main__ import story
from tests.simulation.mutations import MUTATIONS, broken, caught, in_its_weather
from tests.simulation.run import Report, Simulation, simulate

KEPT = [
    int(line.split()[0])
    for line in Path(__file__).with_name("seeds.txt").read_text().splitlines()
    if line and not line.startswith("#")
]
SEEDS = (1, 2, 3)
BESIDES = ("erasure", "confirm", "grant", "hand", "key", "ladder", "quiet", "form", "link", "list")
NAMES = (*(f"G{number}" for number in range(1, 13)), *BESIDES)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_seed_is_one_history(seed: int):
    """
    The same seed gives the same run, event for event.
    """
    one, other = simulate(seed), simulate(seed)

    assert one.history == other.history
    assert one.fingerprint == other.fingerprint


def test_a_history_does_not_depend_on_the_interpreters_own_seed():
    """
    The order in which Python's sets and dictionaries hash nothing but text does not show.
    """
    program = "import sys; from tests.simulation.run import simulate; print(*(simulate(s).fingerprint for s in (1, 2)))"
    printed = {
        subprocess.run(
            (sys.executable, "-c", program),
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("0", "1", "2")
    }

    assert 1 == len(printed)
    assert f"{simulate(1).fingerprint} {simulate(2).fingerprint}\n" in printed


@pytest.mark.parametrize("seed", KEPT)
def test_seeds_that_found_something_find_nothing_any_more(seed: int):
    """
    What failed once, holds.
    """
    report = simulate(seed)

    assert report.violation is None, story(report)


def test_a_failure_is_told_by_whichever_process_met_it():
    """
    A report travels between processes with what it found.
    """
    report = pickle.loads(pickle.dumps(Report(7, Violation("G1", "something is lost"), history=["first", "last"])))

    assert "first\nlast\nseed 7: G1: something is lost" in story(report)


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_fault_is_caught_by_the_name_of_what_it_breaks(name: str):
    """
    Every guarantee has a check that can fail; and at the same seed, without the fault, none does.
    """
    seed = MUTATIONS[name].seed
    mutated, sound = caught(name, seed), in_its_weather(name, seed)

    assert mutated.violation is not None, f"find a seed: python -m tests.simulation --mutation {name}"
    assert broken(name) == mutated.violation.name, story(mutated)
    assert sound.violation is None, story(sound)


def test_the_faults_stand_in_the_documents():
    """
    docs/guarantees.md has one row a fault: what it does, where it is put in, and where it is caught.
    """
    page = (ROOT / "docs" / "guarantees.md").read_text()
    rows = re.findall(r"^\| ([\w-]+) \| (.+?) \| `(.+?)` \| (\d+) \|$", page, re.MULTILINE)

    assert [(name, m.what, m.where, str(m.seed)) for name, m in MUTATIONS.items()] == rows
    assert set(NAMES) == set(map(broken, MUTATIONS))


def test_a_talk_of_thousands_of_messages():
    """
    Agents that talk for ever lose no message and no place, whoever dies.
    """
    simulation = Simulation(6, steps=120_000, commands=("talk",), talks=1.0)
    report = simulation.run()
    taken = [r for log in simulation.watch.logs.values() for r in log if isinstance(r.event, events.MessageTaken)]

    assert report.violation is None, story(report)
    assert len(taken) >= 1_000


def test_a_talk_that_outruns_the_gateway_comes_to_its_end():
    """
    Where people say more than is taken in, what is left comes to its end too, however long that takes.
    """
    simulation = Simulation(4, steps=20_000, commands=("talk",), talks=1.0)
    report = simulation.run()
    late = sum(brought.tries > 1 for vendor in simulation.vendors.values() for brought in vendor.brought)

    assert report.violation is None, story(report)
    assert late >= 1_000
