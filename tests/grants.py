"""
Standing grants, as docs/requests.md promises them: given with an approval by somebody who may, within what the rule
permits; used for calls of that kind only, as often and as long as they count, and never once they have ended.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from agent_core import events
from agent_core.grants import Grant
from agent_core.requests import THREAD, Request, Settlement

Approval = tuple[Request, Settlement]


@dataclass
class Grants:
    """All grants of a gateway. What a commit brings is looked at together: conversations have no order."""

    given: dict[str, tuple[Grant, Request]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    used: Counter[str] = field(default_factory=Counter)
    _uses: list[Approval] = field(default_factory=list)
    _revoked: set[str] = field(default_factory=set)

    def give(self, event: events.GrantGiven, request: Request, settlement: Settlement | None, scope: str) -> str:
        """A grant was given by whoever approved a request; says what is wrong with it; empty: nothing."""
        grant, terms = event.grant, request.grantable
        if settlement is None or (settlement.outcome, settlement.by) != ("approved", grant.party):
            return f"{grant} comes with {settlement}"
        until = grant.at + grant.scope.seconds if grant.scope.seconds is not None else None
        if (
            grant.scope not in terms.scopes
            or scope != grant.scope.name
            or (grant.uses, grant.until) != (terms.uses, until)
        ):
            return f"{grant} is for {scope}, by {terms}"
        self.given[grant.id] = grant, request
        return ""

    def use(self, request: Request, settlement: Settlement) -> None:
        """A request was settled by a grant."""
        self._uses.append((request, settlement))

    def revoke(self, event: events.GrantRevoked) -> None:
        """Somebody has ended a grant."""
        self._revoked.add(event.request)

    def settle_up(self) -> str:
        """Look at what has come together; says what is wrong."""
        wrong = next(filter(None, (self._covers(*use) for use in self._uses)), "")
        self.revoked |= self._revoked
        self._uses, self._revoked = [], set()
        return wrong

    def _covers(self, request: Request, settlement: Settlement) -> str:
        name = settlement.grant
        grant, first = self.given.get(name, (None, None))
        if grant is None or first is None or name in self.revoked:
            return f"{request.id} is approved by {name}, which was {'revoked' if grant else 'never given'}"
        self.used[name] += 1
        alike = all(_at(first.arguments, path) == _at(request.arguments, path) for path in grant.alike)
        same = (first.tool, grant.alike or first.digest) == (request.tool, grant.alike or request.digest)
        there = grant.scope.name != THREAD or request.thread == grant.thread
        if not (alike and same and there):
            return f"{request} is approved by {grant}, which was given with {first}"
        if settlement.by != grant.party or (grant.until is not None and settlement.at >= grant.until):
            return f"{settlement} is by {grant}"
        if grant.scope not in request.grantable.scopes or self.used[name] > grant.uses:
            return f"{request.id} is the {self.used[name]}th use of {grant}"
        return f"{request.id} is shown at {request.places}" if request.places else ""


def _at(arguments: Any, path: str) -> Any:
    for name in path.split("."):
        arguments = arguments[name]
    return arguments
