"""
New runs, for a fixed time and on all cores: a suite of its own, with the machine for itself.
"""

from __future__ import annotations

import os
import secrets

import pytest

from tests.simulation.__main__ import story
from tests.simulation.fleet import fleet
from tests.simulation.test_simulation import NAMES

SECONDS = float(os.environ.get("RINGBACK_SIMULATION_SECONDS", "60"))


@pytest.mark.timeout(SECONDS + 60)
def test_everything_holds_in_runs_that_nobody_has_seen():
    """
    G1 to G12, in new runs each time.
    """
    first = int(os.environ.get("RINGBACK_SIMULATION_SEED", secrets.randbelow(10**9)))
    print(f"\nsimulation seed {first}")
    tally = fleet(first, SECONDS, 2)
    print(tally)

    assert [] == [story(report) for report in tally.failed]
    assert tally.fewest >= 200
    assert set(NAMES) - set(tally.checks) <= {"erasure"}  # few runs forget anybody; the fault of it is caught above
