"""
The gateway's command line with one of the simulation's deliberate faults: `python -m tests.soak.faulty G2 serve`.
"""

from __future__ import annotations

import sys

from gateway import cli
from tests.simulation.mutations import MUTATIONS


def main() -> None:
    """Put the fault in, and go on as `ringback` does."""
    with MUTATIONS[sys.argv.pop(1)].apply():
        cli.main()


if __name__ == "__main__":
    main()
