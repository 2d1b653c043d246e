"""
Whether a gateway grows: its memory, and the room that its store takes for an event, quarter by quarter of its time.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from typing import NamedTuple

from tests.guarantees import Violation

JUDGED = 1_200.0  # seconds below which it is told and not judged: at first caches fill
GROWTH = 1.15  # how many times the first quarter's the last may take


class Sample(NamedTuple):
    """A gateway at a time: in seconds; its memory and its store in bytes, and how many events are in it."""

    at: float
    memory: int
    events: int
    size: int


class Quarter(NamedTuple):
    """A quarter of a gateway's time: its memory in MiB, in the middle and at most; the bytes that an event takes."""

    memory: float
    most: float
    an_event: float


def quarters(samples: Sequence[Sample]) -> list[Quarter]:
    """What is in each quarter; nothing where there is too little to be divided."""
    share = len(samples) // 4
    parts = [samples[n * share : (n + 1) * share + 1] for n in range(4)] if share else []
    return [
        Quarter(
            round(statistics.median(sample.memory for sample in part) / 2**20, 1),
            round(max(sample.memory for sample in part) / 2**20, 1),
            round((part[-1].size - part[0].size) / max(1, part[-1].events - part[0].events), 1),
        )
        for part in parts
    ]


def problems(samples: Sequence[Sample]) -> list[Violation]:
    """What grows; nothing is said of a time that is too short to tell."""
    if not samples or samples[-1].at - samples[0].at < JUDGED:
        return []
    first, *_, last = quarters(samples)
    found = []
    if last.memory > first.memory * GROWTH:
        found.append(Violation("memory", f"{first.memory} MiB in the first quarter, {last.memory} MiB in the last"))
    if last.an_event > first.an_event * GROWTH:
        found.append(Violation("size", f"{first.an_event} bytes an event in the first quarter, {last.an_event} later"))
    return found
