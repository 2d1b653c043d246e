"""
The settings file of the simulated gateway: people and policy, which somebody changes while it runs.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from agent_core.policy import Person, Rule
from gateway.errors import SettingsError
from gateway.settings import Settings
from tests.simulation.town import PEOPLE, RULES

FROZEN = Rule(tool="launch", effect="forbid", reason="nothing is launched this week")
LEAVING = ("cleo", "dora", "vera")
ROLES: dict[str, Sequence[tuple[str, ...]]] = {
    "ana": ((), ("release", "owner")),
    "ben": (("owner",),),
    "dora": ((), ("owner",)),
    "cleo": (("release",),),
}


@dataclass
class File:
    """As it stands now; `broken` says that what somebody has written does not make sense."""

    dice: random.Random
    people: Sequence[Person] = PEOPLE
    rules: Sequence[Rule] = RULES
    broken: bool = False

    def change(self) -> None:
        """Somebody comes, goes, or gets other roles, and what may be launched is another."""
        gone = self.dice.choice((*LEAVING, "", ""))
        changed = self.dice.choice((*ROLES, ""))
        people = [person for person in PEOPLE if person.id != gone]
        self.people = tuple(
            person.model_copy(update={"roles": self.dice.choice(ROLES[changed])}) if person.id == changed else person
            for person in people
        )
        self.rules = (FROZEN, *RULES) if self.dice.random() < 0.3 else RULES

    def load(self) -> Settings:
        """
        Read it.

        Raises:
            SettingsError: It makes no sense.
        """
        if self.broken:
            raise SettingsError("people.0.id", "ringback.toml", "write one")
        return Written(self.people, self.rules)


class Written(Settings):
    """Settings of which only the people and the policy are written."""

    def __init__(self, people: Sequence[Person], rules: Sequence[Rule]) -> None:
        super().__init__()
        self._people, self._rules = list(people), list(rules)

    def directory(self) -> list[Person]:
        return self._people

    def rules(self) -> list[Rule]:
        return self._rules
