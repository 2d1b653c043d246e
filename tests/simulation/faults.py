"""
What the gateway logs as a fault of its own; in a simulation that is one, whatever else holds.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager

OURS = ("deciding failed", "performing failed", "sending failed", "an adapter failed")


class Faults(logging.Handler):
    """Keeps the faults, and nothing of what the world does to the gateway."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith(OURS):
            self.found.append(self.format(record))


@contextmanager
def logged_faults() -> Iterator[list[str]]:
    """Gather them, without a word on the screen; the garbage collector, too, waits with waking what was killed."""
    handler, root, collects = Faults(), logging.getLogger("ringback"), gc.isenabled()
    level, propagate = root.level, root.propagate
    root.addHandler(handler)
    root.setLevel(logging.ERROR)
    root.propagate = False
    gc.disable()
    try:
        yield handler.found
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        root.propagate = propagate
        if collects:
            gc.enable()
