"""
What happens to a request while it is open, as docs/requests.md promises it: steps in their order, each once, none
before its time, none once somebody has claimed it, none left out before nobody can be asked; and who may decide then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_core import events
from agent_core.policy import Person
from agent_core.requests import Outcome, Request, Rung, Settlement, Who
from tests import ballots

LATE = 600.0  # seconds that a step may take longer than its patience, where clocks run evenly


@dataclass
class Ladder:
    """
    The steps of one request that were taken. Each function says what is wrong with what has happened; empty: nothing.

    `steady` says that the clock has run evenly since the request was opened, so that its times can be compared.
    """

    request: Request
    taken: int = 0
    claimed_by: str = ""
    settled: bool = False
    places: list[str] = field(default_factory=list)
    reminders: set[int] = field(default_factory=set)

    changes: list[events.RequestChanged] = field(default_factory=list)
    before: list[Who] = field(default_factory=list)  # who might decide when each of these was made
    hands: list[events.RequestReassigned] = field(default_factory=list)
    who: Who = field(init=False)
    rungs: tuple[Rung, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.places += self.request.places
        self.who, self.rungs = self.request.who, self.request.where.ladder

    def climbed(self, event: events.RequestEscalated, at: float, steady: bool) -> str:
        """A step was taken."""
        rungs = self.rungs
        if self.settled:
            return "a step of what has ended"
        if again := set(event.places) & set(self.places):
            return f"step {event.rung} asks at {again} again"
        if event.rung is None:
            self.places += event.places
            ok = event.cause == "undeliverable" and len(event.places) == 1 and event.who == self.who
            return "" if ok else "somebody's next account, for no reason"
        if event.rung != self.taken or event.rung >= len(rungs):
            return f"step {event.rung} after {self.taken} steps"
        if self.claimed_by and event.cause != "wish":
            return f"step {event.rung} though {self.claimed_by} has claimed it"
        if event.cause == "silence" and steady and at < self.request.opened_at + rungs[event.rung].after:
            return f"step {event.rung} after {at - self.request.opened_at:.0f} s, too early"
        if event.cause == "no_route" and self.places:
            return f"step {event.rung} because there is no way, and there is {self.places}"
        self.who = ballots.wider(self.who, rungs[self.taken])
        self.taken += 1
        self.places += event.places
        return "" if event.who == self.who else f"step {event.rung} lets {event.who} decide"

    def claimed(self, event: events.RequestClaimed) -> str:
        """Somebody says that they will decide."""
        if self.settled or self.claimed_by or not self.rungs:
            return f"{event.party} claims what has ended, what {self.claimed_by or 'nobody'} has, or has no ladder"
        self.claimed_by = event.party
        return ""

    def changed(self, event: events.RequestChanged) -> str:
        """Somebody has changed the call; from now on others may decide it, and others are asked later."""
        again = set(event.places) & set(self.places)
        if event.where is not None and event.where.ladder != self.rungs:
            self.rungs, self.taken, self.claimed_by = event.where.ladder, 0, ""
        self.changes.append(event)
        self.before.append(self.who)
        self.who = event.who
        self.places += event.places
        return "a change of what has ended" if self.settled else f"asks at {again} again" if again else ""

    def who_at(self, revision: int) -> Who:
        """Give who may decide the call as it was, or is, at a revision."""
        return self.before[revision] if revision < len(self.before) else self.who

    def handed(self, event: events.RequestReassigned, to: Sequence[Person]) -> str:
        """
        Somebody has handed it on, once, to somebody whom the rule names, and who has not had it before.

        Args:
            to: Whom it was handed to, as they were or may have been known.
        """
        givers, whom = [hand.party for hand in self.hands], self.request.reassign
        stands_in = any(hand.delegated and hand.to == event.party for hand in self.hands)
        named = whom is not None and any(one.id in whom.people or set(one.roles) & set(whom.roles) for one in to)
        gone = event.to in (hand.party for hand in self.hands if not hand.delegated)
        self.hands.append(event)
        people = [*self.who.people, *({event.to} - set(self.who.people))]
        without = self.who.without
        if not event.delegated:
            people, without = [one for one in people if one != event.party], (*without, event.party)
        self.who = self.who.model_copy(update={"people": tuple(people), "without": without})
        self.places += event.places
        self.claimed_by = "" if self.claimed_by == event.party else self.claimed_by
        if self.settled or event.party in (*givers, event.to) or stands_in or gone or not named:
            return f"{event} is not for them to do"
        return "" if event.who == self.who else f"{event} lets others decide than {self.who}"

    def stead(self, party: str) -> str | None:
        """Tell in whose stead somebody decides."""
        return next((hand.party for hand in self.hands if hand.delegated and hand.to == party), None)

    def reminded(self, event: events.RequestReminded, at: float, steady: bool) -> str:
        """People were reminded."""
        again, early = event.number in self.reminders, at < self.request.opened_at + self._after(event.number)
        self.reminders.add(event.number)
        return f"reminder {event.number}" if self.settled or again or (steady and early) else ""

    def _after(self, number: int) -> float:
        return self.request.where.reminders[number]

    def ended(self, settlement: Settlement, steady: bool) -> str:
        """The request has ended; where nobody has decided, everybody was asked that it says, in time."""
        self.settled = True
        left = self.rungs[self.taken :]
        up = settlement.at >= self.request.opened_at + self.request.patience
        if settlement.outcome in (Outcome.UNDELIVERABLE, Outcome.NO_ROUTE) and left and steady and not up:
            return f"{settlement.outcome} before {len(left)} more steps"
        if settlement.outcome is Outcome.EXPIRED and steady and not self.claimed_by:
            due = [rung for rung in left if rung.after + LATE <= self.request.patience]
            return f"expired before {len(due)} more steps" if due else ""
        return ""
