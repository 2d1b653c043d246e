"""
What a list of requests may do, as docs/requests.md promises it: a press on all of it decides what it names and what had
stood open on that list before, each once; and what waits for others, or for a digest, is shown or has ended.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from agent_core import events, facts
from agent_core.cards import Card
from gateway.store.rows import Copy
from tests.ladders import LATE

TOGETHER = 10.0  # seconds in which what is due at one time comes in


@dataclass
class Lists:
    """All lists, as vendors have shown them. Each function says what is wrong; empty: nothing."""

    _views: dict[tuple[str, str], list[tuple[float, frozenset[str]]]] = field(default_factory=lambda: defaultdict(list))
    _counted: set[tuple[str, str]] = field(default_factory=set)
    _held: dict[tuple[str, str], float] = field(default_factory=dict)

    def shown(self, place: str, request: str, card: Card, at: float) -> None:
        """A card stands somewhere, by its vendor's clock."""
        self._views[place, request].append((at, frozenset(row.request for row in card.rows if row.buttons)))

    def counts(self, event: events.ResponseGiven, fact: facts.ChannelFact) -> str:
        """A vote counts that comes of something somebody did."""
        if not isinstance(fact, facts.ActionTaken) or fact.request == event.request:
            return ""
        if event.request not in fact.value.split(","):
            return f"{fact} does not name {event.request}"
        if not any(at < fact.sent_at and event.request in names for at, names in self._views[event.via, fact.request]):
            return f"{event.request} stood open on no list that {fact} can have been on"
        once = (fact.message_id, event.request)
        again = once in self._counted
        self._counted.add(once)
        return f"{event} counts {fact} again, or otherwise" if again or event.decision != fact.decision else ""

    def asked(self, place: str, at: float, ask: facts.AskForwarded) -> None:
        """Something is to be shown somewhere, at once or later."""
        self._held[ask.request, place] = at + max(ask.gather, TOGETHER if ask.collected else 0.0)

    def ended(self, db: sqlite3.Connection, settled: Callable[[str], bool], steady: Callable[[str], bool]) -> str:
        """All has ended: nothing is held any more, and nothing ever was for longer than it had to be."""
        for (body,) in db.execute("SELECT body FROM copies").fetchall():
            copy = Copy.model_validate_json(body)
            if copy.held_until is not None or copy.settled_at is None:
                return f"{copy} is open, and all has ended"
            if copy.members:
                left = [name for name in copy.members if not settled(name)]
                if left:
                    return f"{copy.request} has ended, and {left} have not"
            elif not copy.deliveries and not copy.batch and steady(copy.request):
                until = self._held.get((copy.request, copy.place), copy.opened_at)
                if copy.settled_at > until + LATE:
                    return f"{copy.request} was held at {copy.place} until {until}, and never shown"
        return ""
