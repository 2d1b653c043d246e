"""
What goes wrong in a run, and how often: drawn from its seed, so that some runs are calm and some have it all.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, fields
from typing import Literal

DiskFault = Literal["", "full", "lost", "kept"]
SLOWEST = 1.9  # seconds that a request may take to reach a vendor; the outbox looks for it after 2


@dataclass
class Weather:
    """Chances, each between 0 and 1: per step where not said otherwise."""

    crash: float = 0.0
    crash_at_moment: float = 0.0  # per commit, effect of a tool and vendor call: just before or just after it
    stop: float = 0.0
    freeze: float = 0.0
    usurp: float = 0.0  # another process becomes the owner, while the former stands still and then goes on
    jump: float = 0.0
    deploy: float = 0.0  # per start: with other builds of the agent
    careless: float = 0.0  # per deployment: of a build whose code is not that of its version
    meddle: float = 0.0  # per look around of those who look after the gateway: they do something, wanted or not
    script: float = 0.0  # per look around of a script: it has somebody asked
    knock: float = 0.0  # per look around of a client at the door of REST: it asks, withdraws, hurries
    full: float = 0.0  # per commit: it is refused
    broken: float = 0.0  # per commit: nobody knows whether it is on the disk
    slow: float = 0.0  # per wait: it takes a second rather than milliseconds
    refuse: float = 0.0  # per vendor call: refused for now
    reject: float = 0.0  # per vendor call: refused for good
    lose: float = 0.0  # per vendor call: the request or its answer is lost
    hang: float = 0.0  # per vendor call: no answer ever
    blind: float = 0.0  # per look for what was sent: it cannot be told
    lose_ack: float = 0.0  # per event from a vendor: the acknowledgement is lost
    repeat: float = 0.0  # per event from a vendor: it comes twice
    deafen: float = 0.0  # per event from a vendor: the connection breaks
    cross: float = 0.0  # per card: somebody writes just before it reaches them
    regret: float = 0.0  # per message: it is changed or taken back later
    insist: float = 0.0  # per answer: it is given again, at once or later
    tool_fails: float = 0.0
    tool_hangs: float = 0.0

    @classmethod
    def draw(cls, dice: random.Random) -> Weather:
        """Draw a run's weather: each fault is absent in half of all runs."""
        most = {
            "crash": 0.002, "crash_at_moment": 0.05, "stop": 0.001, "freeze": 0.001, "usurp": 0.02, "jump": 0.003,
            "deploy": 0.8, "careless": 0.1, "meddle": 0.8, "script": 0.8, "knock": 0.8,
            "full": 0.05, "broken": 0.01, "slow": 0.2, "refuse": 0.2, "reject": 0.05, "lose": 0.3, "hang": 0.05,
            "blind": 0.4, "lose_ack": 0.3, "repeat": 0.2, "deafen": 0.05, "cross": 0.3, "regret": 0.3, "insist": 0.6,
            "tool_fails": 0.2, "tool_hangs": 0.1,
        }  # fmt: skip
        return cls(**{name: high * dice.random() if dice.random() < 0.5 else 0.0 for name, high in most.items()})

    def calm(self) -> None:
        """Nothing goes wrong from now on."""
        for field in fields(self):
            setattr(self, field.name, 0.0)

    def latency(self, dice: random.Random) -> float:
        """How long something takes, in seconds; most often no time at all."""
        if self.slow and dice.random() < self.slow:
            return dice.random() * SLOWEST
        return 0.0 if dice.random() < 0.5 else dice.random() * 0.01

    def disk(self, dice: random.Random) -> DiskFault:
        """What a commit meets."""
        drawn = dice.random()
        if drawn < self.full:
            return "full"
        if drawn < self.full + self.broken:
            return "lost" if dice.random() < 0.5 else "kept"
        return ""
