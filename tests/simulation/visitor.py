"""
Whoever comes to the gateway by no channel: by the command line, or by REST.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass

from tests.simulation.process import Process
from tests.simulation.watch import Watch
from tests.simulation.weather import Weather


@dataclass
class Visitor:
    """
    Somebody who wants something now and then.

    Args:
        process: Gives the gateway that runs now, if one does.
        later: Does something after so many seconds.
    """

    dice: random.Random
    weather: Weather
    busy: float
    watch: Watch
    process: Callable[[], Process | None]
    later: Callable[..., None]
    note: Callable[[str], None]
    _: KW_ONLY
    quiet: bool = False

    def come(self, pause: float, likely: float, want: Callable[[], None]) -> None:
        """Begin to look in every so often, where anybody does at all; each time that is likely they want something."""
        if not likely:
            return

        def look_in() -> None:
            if self.quiet:
                return
            self.later(pause * self.dice.random(), look_in)
            if self.dice.random() < likely:
                want()

        self.later(pause * self.dice.random(), look_in)

    def running(self) -> Process | None:
        """Give the gateway that decides now, if one does."""
        process = self.process()
        return process if process is not None and process.owner.running else None
