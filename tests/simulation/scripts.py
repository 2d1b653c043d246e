"""
Scripts that have people asked by `ringback ask`, and ask again under the same key when the gateway is gone.
"""

from __future__ import annotations

import contextlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from agent_core.requests import Kind
from gateway import clients
from gateway.errors import GatewayError
from tests.simulation.process import Process
from tests.simulation.town import ONE, TWO
from tests.simulation.watch import Watch
from tests.simulation.weather import Weather

WHOM = ("ben", "role:release", f"{ONE}/UANA", f"{TWO}/UDORA", "@me", "vera")
AGAIN = (1.0, 30.0, 300.0)  # seconds after which a script that has heard nothing asks again


@dataclass
class Scripts:
    """
    All of them.

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
    quiet: bool = False
    wishes: int = 0
    heard: set[str] = field(default_factory=set)
    waiting: Counter[int] = field(default_factory=Counter)
    """How many wait for an answer, by the number of the process: each is a task of it, as a connection is."""

    def begin(self) -> None:
        """They begin to want things, where there are any."""
        if self.weather.script:
            self.later(self.busy * 8 * self.dice.random(), self._want)

    def _want(self) -> None:
        if self.quiet:
            return
        self.later(self.busy * 8 * self.dice.random(), self._want)
        if self.dice.random() >= self.weather.script:
            return
        self.wishes += 1
        kind = self.dice.choice((Kind.APPROVAL, Kind.QUESTION))
        wanted: dict[str, Any] = {"kind": kind, "title": f"May we {self.wishes}?", "patience": 1_800.0}
        if kind is Kind.QUESTION and self.dice.random() < 0.5:
            wanted["choices"] = ("left", "right")
        asked = {"client": "cli", "key": f"k{self.wishes}", "me": self.dice.choice(("rita", "cleo", "ana"))}
        self._ask(asked | {"to": self.dice.choice(WHOM), "request": wanted})

    def _ask(self, asked: dict[str, Any]) -> None:
        """Ask, and ask again until it is heard how it ended; once more afterwards, since who asks may not know."""
        process, key = self.process(), asked["key"]
        if process is not None and process.owner.running:
            self.note(f"a script asks {asked['to']} under {key}")
            process.spawn(self._follow(process, asked))
        if key not in self.heard and not self.quiet:
            self.later(self.dice.choice(AGAIN), self._ask, asked)

    async def _follow(self, process: Process, asked: dict[str, Any]) -> None:
        self.waiting[process.number] += 1
        try:
            with contextlib.suppress(GatewayError):
                async for stands in clients.follow(process.store, process.directory, asked):
                    if "outcome" in stands:
                        self.heard.add(asked["key"])
                        self.watch.look(process.store._reader)
                        self.watch.heard(clients.conversation(asked["client"], asked["key"]), stands["outcome"])
        finally:
            self.waiting[process.number] -= 1
