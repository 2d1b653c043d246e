"""
The standing grants that count, as they are stored: what deciding looks at, without reading the store for it.

They follow what is committed, like the directory's links. A decision that took a grant for what it is no more is a
Conflict in the store and is made again, so a grant that this table shows too late approves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from agent_core.addresses import Party
from agent_core.grants import Grant
from gateway.store.base import GrantChange


class Grants:
    """Standing grants, by their id and by what they cover."""

    def __init__(self) -> None:
        self._grants: dict[str, Grant] = {}
        self._alike: dict[str, dict[str, None]] = {}

    def learn(self, grants: Iterable[Grant]) -> None:
        """Know grants that are stored."""
        for grant in grants:
            self._grants[grant.id] = grant
            self._alike.setdefault(grant.likeness, {})[grant.id] = None

    def changed(self, change: GrantChange) -> None:
        """Follow a change that is true now."""
        if change.after is not None:
            self.learn([change.after])
        elif (ended := self._grants.pop(change.id, None)) is not None:
            alike = self._alike[ended.likeness]
            del alike[ended.id]
            if not alike:
                del self._alike[ended.likeness]

    def get(self, name: str) -> Grant | None:
        """Find a grant; None where it does not count any more, or never did."""
        return self._grants.get(name)

    def like(self, likeness: str) -> list[Grant]:
        """Give those that may cover calls of a likeness, the oldest first."""
        return [self._grants[name] for name in self._alike.get(likeness, ())]

    def given_by(self, party: Party) -> list[Grant]:
        """Give those that somebody has given."""
        return [grant for grant in self._grants.values() if grant.party == party]
