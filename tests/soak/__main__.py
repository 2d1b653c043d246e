"""
Simulation, crash tests and load, side by side, for as long as asked: `python -m tests.soak --minutes 60`.

What is found is told at once, with the command that repeats it; the others go on. At the end stand the figures, also
where it is interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import secrets
import signal
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.bench.measure import surroundings
from tests.simulation.mutations import MUTATIONS
from tests.soak.crashes import Crashes
from tests.soak.findings import Finding, Part, go_on
from tests.soak.load import Load
from tests.soak.simulation import Simulation

PARTS = {kind.name: kind for kind in (Simulation, Crashes, Load)}
GRACE = 600.0  # seconds after its time in which a part comes to its end
MINUTE = 60.0  # seconds


def main() -> int:
    """Go on for as long as asked, and say what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (10)")
    parser.add_argument("--seed", type=int, help="what all parts begin with; a new one where none is given")
    parser.add_argument("--only", choices=PARTS, help="one part alone")
    parser.add_argument("--fault", choices=MUTATIONS, metavar="G1…G12", help="a deliberate fault, to see it found")
    parser.add_argument("--into", type=Path, help="also keep the figures in this file, anew every minute")
    asked = parser.parse_args()
    seed = asked.seed if asked.seed is not None else secrets.randbelow(10**9)
    logging.getLogger("asyncio").setLevel(logging.ERROR)  # it warns of writing to whoever was killed
    print(f"soak of {asked.minutes:g} minutes, seed {seed}", flush=True)
    parts = [kind(seed, asked.fault) for name, kind in PARTS.items() if asked.only in (None, name)]
    soak = Soak(parts, seed, asked.minutes * MINUTE, asked.into)
    asyncio.run(soak.run())
    figures = soak.figures()
    print(json.dumps(figures, indent=2))
    print(f"{len(figures['violations'])} violations" if figures["violations"] else "nothing was violated")
    return 1 if figures["violations"] else 0


class Soak:
    """The parts, side by side, and what is told of them meanwhile."""

    def __init__(self, parts: Sequence[Part], seed: int, seconds: float, into: Path | None) -> None:
        self._parts, self._into = parts, into
        self._around = {"seed": seed, "asked": seconds, **surroundings()}
        self._began = time.monotonic()
        self._end = self._began + seconds
        self._busy: list[float] = []  # the machine's load average, once a minute

    async def run(self) -> None:
        """Run the parts to their ends, and tell of them."""
        going = {asyncio.create_task(go_on(part, self._end)): part for part in self._parts}
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, lambda: [task.cancel() for task in going])
        told, written = Counter[str](), -MINUTE
        while going:
            done, _ = await asyncio.wait(going, timeout=1.0)
            for task in done:
                del going[task]
                if not task.cancelled():
                    task.result()
            late = time.monotonic() > self._end + GRACE
            for task, part in going.items():
                if late and not task.cancelling():
                    part.findings.append(Finding(part.name, f"it does not end within {GRACE:.0f} s", part.again()))
                    task.cancel()
            for part in self._parts:
                for finding in part.findings[told[part.name] :]:
                    print(f"\n{finding}", flush=True)
                told[part.name] = len(part.findings)
            if minute := time.monotonic() >= written + MINUTE or not going:
                written = time.monotonic()
                self._busy.append(os.getloadavg()[0])
                self._write()
            if sys.stdout.isatty():
                print(f"\r{self}", end="" if going else "\n", flush=True)
            elif minute:
                print(self, flush=True)

    def __str__(self) -> str:
        passed = f"{clock(time.monotonic() - self._began)} of {clock(self._end - self._began)}"
        found = sum(len(part.findings) for part in self._parts)
        return " | ".join((passed, *(part.line() for part in self._parts), f"{found} violations"))

    def figures(self) -> dict[str, Any]:
        """What came of it."""
        busy = self._busy or [0.0]
        return {
            **self._around,
            "load": {"mean": round(statistics.mean(busy), 1), "most": round(max(busy), 1)},
            "seconds": round(time.monotonic() - self._began),
            "parts": {part.name: part.figures() for part in self._parts},
            "violations": [finding._asdict() for part in self._parts for finding in part.findings],
        }

    def _write(self) -> None:
        if self._into is not None:
            self._into.parent.mkdir(parents=True, exist_ok=True)
            self._into.write_text(json.dumps(self.figures(), indent=2) + "\n")


def clock(seconds: float) -> str:
    """A time in minutes and seconds."""
    return f"{int(seconds // 60)}:{int(seconds % 60):02d}"


if __name__ == "__main__":
    sys.exit(main())
