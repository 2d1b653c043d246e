"""
Scripts that have people asked by `ringback ask`, and ask again under the same key when the gateway is gone.
"""

from __future__ import annotations

import contextlib
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from agent_core.requests import Kind
from gateway import clients
from gateway.errors import GatewayError
from tests.simulation.process import Process
from tests.simulation.town import ONE, TWO
from tests.simulation.visitor import Visitor

WHOM = ("ben", "role:release", f"{ONE}/UANA", f"{TWO}/UDORA", "@me", "vera")
AGAIN = (1.0, 30.0, 300.0)  # seconds after which a script that has heard nothing asks again


@dataclass
class Scripts(Visitor):
    """All of them."""

    wishes: int = 0
    heard: set[str] = field(default_factory=set)
    waiting: Counter[int] = field(default_factory=Counter)
    """How many wait for an answer, by the number of the process: each is a task of it, as a connection is."""

    def begin(self) -> None:
        """They begin to want things, where there are any."""
        self.come(self.busy * 8, self.weather.script, self._want)

    def _want(self) -> None:
        self.wishes += 1
        kind = self.dice.choice((Kind.APPROVAL, Kind.QUESTION))
        wanted: dict[str, Any] = {"kind": kind, "title": f"May we {self.wishes}?", "patience": 1_800.0}
        if kind is Kind.QUESTION and self.dice.random() < 0.5:
            wanted["choices"] = ("left", "right")
        asked = {"client": "cli", "key": f"k{self.wishes}", "me": self.dice.choice(("rita", "cleo", "ana"))}
        self._ask(asked | {"to": self.dice.choice(WHOM), "request": wanted})

    def _ask(self, asked: dict[str, Any]) -> None:
        """Ask, and ask again until it is heard how it ended; once more afterwards, since who asks may not know."""
        key = asked["key"]
        if (process := self.running()) is not None:
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
