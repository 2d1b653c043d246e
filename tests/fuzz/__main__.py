"""
Fuzzing for as long as asked: `python -m tests.fuzz --seconds 600`.

Rounds of all fuzz tests, each with new examples from a seed that is printed; it stops at the first failure, and says
how to have the same again.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time

from tests.fuzz import LONG


def main() -> int:
    """Play rounds until the time is over."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long; a round that has begun is ended")
    parser.add_argument("--seed", type=int, default=None, help="play the one round that had this seed")
    parser.add_argument("tests", nargs="*", default=["tests/fuzz"], help="what to play, as pytest takes it")
    given = parser.parse_args()
    end = time.monotonic() + given.seconds
    while True:
        seed = random.SystemRandom().randrange(2**32) if given.seed is None else given.seed
        print(f"round with seed {seed}", flush=True)
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--timeout=900", f"--hypothesis-seed={seed}"]
        if subprocess.run([*command, *given.tests], env=os.environ | {LONG: "1"}, check=False).returncode:
            print(f"again: python -m tests.fuzz --seed {seed} {' '.join(given.tests)}")
            return 1
        if given.seed is not None or time.monotonic() >= end:
            return 0


if __name__ == "__main__":
    sys.exit(main())
