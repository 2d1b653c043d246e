"""
`python -m tests.bench NAME…`: measures, and prints JSON. Without a name it says which there are.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from tests.bench import approval, client, engine, ingest, mail, overload, paused, profile, replay, simulated, start
from tests.bench.measure import surroundings
from tests.bench.peers import compare

Rows = Awaitable[list[dict[str, Any]]]
BENCHMARKS: dict[str, tuple[str, Callable[[float, int], Rows]]] = {
    "webhook": ("a signed request → stored → 200", lambda s, r: ingest.measure(ingest.WEBHOOK, s, r)),
    "approval": ("a press of Approve → the tool started, and the whole round trip around it", approval.measure),
    "engine": ("a message → a card → a press → the tool → the last word, in process, without a vendor", engine.measure),
    "client": ("a client's request → its card → a press → its webhook", client.measure),
    "trip": ("the same over HTTP: two signed requests", engine.measure_http),
    "paused": ("what threads cost while they wait for a person, and going on with one", paused.measure),
    "advance": ("where a run stands, from its log of 3, 20 and 200 operations", replay.measure),
    "start": ("from nothing to ready, and the memory at rest", start.measure),
    "simulation": ("simulated hours and runs", simulated.measure),
    "profile": ("the microseconds of the trip in process, by stage", profile.measure),
    "peers": ("the trip in process, beside LangGraph with its SQLite checkpointer", compare.measure),
    "overload": ("ten times as much as it can take", overload.measure),
    "mail": ("a mailbox → stored", mail.measure),
    "socket": ("an envelope of Socket Mode → stored → acknowledged", lambda s, r: ingest.measure(ingest.SOCKET, s, r)),
}
SECONDS, LONGER = 3.0, {"overload": 60.0}  # that a run is long


def main() -> None:
    """Measure what is named."""
    told = "\n".join(f"  {name:<10}{what}" for name, (what, _) in BENCHMARKS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench",
        description=f"Measures, and prints JSON.\n\n{told}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    which = "all: every one of them; the peers where they are installed"
    parser.add_argument("names", nargs="+", choices=[*BENCHMARKS, "all"], help=which)
    parser.add_argument("--seconds", type=float, help="how long a run is (3; overload: 60)")
    parser.add_argument("--runs", type=int, default=3, help="how many, interleaved; medians are told (3)")
    parser.add_argument("--into", type=Path, help="also keep the results in this file, each under its name")
    asked = parser.parse_args()
    results = {}
    every = [name for name in BENCHMARKS if name != "peers" or compare.installed()]
    for name in every if "all" in asked.names else asked.names:
        what, measure = BENCHMARKS[name]
        around, seconds = surroundings(), asked.seconds or LONGER.get(name, SECONDS)
        rows = asyncio.run(measure(seconds, asked.runs))
        results[name] = {"what": what, "seconds": seconds, **around, "rows": rows}
    json.dump(results, sys.stdout, indent=2)
    print()
    if asked.into is not None:
        kept = json.loads(asked.into.read_text()) if asked.into.exists() else {}
        asked.into.write_text(json.dumps(kept | results, indent=2) + "\n")


if __name__ == "__main__":
    main()
