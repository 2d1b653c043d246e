"""
Fuzzing of everything that reads bytes from outside.

In `make test` each test plays the same examples every time, as long as the code is the same. `python -m tests.fuzz`
plays new ones for as long as asked.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

LONG = "RINGBACK_FUZZ"  # set by `python -m tests.fuzz`: new examples, and ten times as many


def examples(most: int, *, shrink: bool = True) -> settings:
    """Say how many examples a test plays, and whether one that fails is made small, which takes as long again."""
    long = LONG in os.environ
    return settings(
        max_examples=most * (10 if long else 1),
        derandomize=not long,
        database=None,
        deadline=None,
        print_blob=True,
        phases=(Phase.explicit, Phase.generate, Phase.shrink) if shrink else (Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
