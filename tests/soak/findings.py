"""
What a soak finds: what does not hold, the command that repeats it, where what is left of it is kept.
"""

from __future__ import annotations

import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tests.guarantees import Violation
from tests.suites import ARTIFACTS

KEPT = ARTIFACTS / "soak"
MOST = 20  # findings of a part, after which it gives up


class Finding(NamedTuple):
    """Something that does not hold: in which part, what, the command that repeats it, where its remains are."""

    part: str
    what: str
    repeat: str
    kept: str = ""

    def __str__(self) -> str:
        where = f"\n  kept: {self.kept}" if self.kept else ""
        return f"{self.part}: {self.what}\n  again: {self.repeat}{where}"


class Part(Protocol):
    """One of the things that go on side by side."""

    name: str
    findings: list[Finding]

    async def round(self, end: float) -> None:
        """
        Do it once, or until `end` on the monotonic clock.

        Raises:
            Exception: What nobody foresaw. It is a finding too.
        """

    def again(self) -> str:
        """The command that repeats the round."""

    def line(self) -> str:
        """What came of it so far, short."""

    def figures(self) -> dict[str, Any]:
        """What came of it so far, in numbers."""


async def go_on(part: Part, end: float) -> None:
    """Round after round until it is time; what one finds does not keep the next from being run."""
    while True:
        try:
            await part.round(end)
        except Exception as error:
            part.findings.append(Finding(part.name, told(error), part.again()))
        if time.monotonic() >= end or len(part.findings) >= MOST:
            return


def told(error: BaseException) -> str:
    """What does not hold; of an error that no check raised, where it comes from as well."""
    if isinstance(error, Violation):
        return str(error)
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    where = traceback.extract_tb(error.__traceback__)
    lines = "; ".join(f"{Path(frame.filename).name}:{frame.lineno} {frame.line}" for frame in where[-3:])
    return f"it cannot go on: {type(error).__name__} {error} ({lines})"


def keep(name: str, lines: Sequence[str]) -> str:
    """Keep what led to a finding; returns where."""
    KEPT.mkdir(parents=True, exist_ok=True)
    file = KEPT / name
    file.write_text("\n".join(lines) + "\n")
    return shown(file)


def shown(path: Path) -> str:
    """A path as it is told."""
    return str(path.relative_to(ARTIFACTS.parent))
