"""
Whose an account is besides those in the settings, as the store says it, and as a gateway can have known it.
"""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from agent_core.policy import Person

WRITTEN = re.compile(r"link ([A-Z0-9]{4}-[A-Z0-9]{4})")

Said = tuple[str, float]


@dataclass
class Links:
    """
    Each account's owners, one after the other.

    A link counts from the moment in which its decider has heard that it is stored; what is decided on something that
    was stored by then, is decided with it. Before that, either may be. `wished` is what operators linked, `codes`
    those that they gave out, with whom they are for.
    """

    wished: set[tuple[str, str]] = field(default_factory=set)
    codes: dict[str, str] = field(default_factory=dict)
    _written: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    _owners: dict[str, list[str]] = field(default_factory=lambda: defaultdict(lambda: [""]))
    _known: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _said: dict[Said, int] = field(default_factory=dict)

    def look(self, db: sqlite3.Connection) -> str:
        """Look at what a commit has linked; gives what nobody may link."""
        linked, wrong = dict(db.execute("SELECT identity, person FROM links").fetchall()), ""
        for identity in {*self._owners, *linked}:
            owner = linked.get(identity, "")
            if self._owners[identity][-1] != owner:
                self._owners[identity].append(owner)
                if owner and (identity, owner) not in self.wished and not self._spend(identity, owner):
                    wrong = f"{identity} is {owner}'s, by no code of theirs"
        return wrong

    def _spend(self, identity: str, owner: str) -> bool:
        """Somebody wrote a code from their account that was made for them; it counts once."""
        spent = next((code for code in sorted(self._written[identity]) if self.codes.get(code) == owner), None)
        return spent is not None and bool(self.codes.pop(spent))

    def wrote(self, identity: str, text: str) -> None:
        """Something was written from an account."""
        self._written[identity] |= {found[1] for found in [WRITTEN.fullmatch(text)] if found is not None}

    def learned(self, identities: Iterable[str]) -> None:
        """A gateway knows of these accounts what is stored."""
        for identity in identities:
            self._known[identity] = len(self._owners[identity]) - 1

    def said(self, identity: str, at: float) -> None:
        """Something was stored that was said from an account."""
        self._said[identity, at] = self._known[identity]

    def owners(self, identity: str, since: float | None, people: Sequence[Person]) -> Sequence[Person | None]:
        """Give whose an account may have been for whoever decided on what was said then; without it, whose it is."""
        person = next((p for p in people if identity in p.identities), None)
        if person is not None or identity not in self._owners:
            return [person]
        known = self._known[identity]
        names = self._owners[identity][min(known, self._said.get((identity, since or 0.0), known)) :]
        return [next((p for p in people if p.id == name), None) for name in names]
