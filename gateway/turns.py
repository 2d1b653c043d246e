"""
Whose turn it is, where a rule asks in turn: of those who may decide, whoever was asked in turn longest ago.

**Stored** is for each person the number of their last turn, in the commit by which they are asked: a crash leaves both
or neither. It is read once, at the start, and kept in memory then; there is a row a person, however much was asked.
Numbers, and not times, because several requests may come in one moment, and a clock may be set back.

**Counted in memory when it is decided**, before that is true, so that conversations which decide at the same time ask
different people. A decision that was refused and is made again, or died with its process, has so moved somebody who was
not asked behind the others. That is safe, as a backup is whose turns are old: who may decide does not depend on turns,
and whom a request asks stands in its log. At worst somebody is passed over once, or asked twice in a row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from agent_core import hours, policy
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.policy import Person
from agent_core.requests import Request
from gateway.directory import Directory


class Turns:
    """The last turn of each person, by number."""

    def __init__(self) -> None:
        self._last: dict[Party, int] = {}

    def learn(self, turns: Mapping[Party, int]) -> None:
        """Know the turns that are stored."""
        self._last.update(turns)

    def took(self, party: Party) -> int:
        """Count a turn; returns its number."""
        self._last[party] = max(self._last.values(), default=0) + 1
        return self._last[party]

    def order(self, request: Request, directory: Directory, now: float) -> list[Person]:
        """Give those who may decide a request and can be reached, in turn; at last who is asleep, and who is away."""

        def turn(person: Person) -> tuple[bool, bool, int]:
            own = directory.contact(person.id)
            asleep = own is not None and directory.quiet_until(own, now) is not None
            return hours.back(person.away, now) is not None, asleep, self._last.get(person.id, 0)

        people = directory.eligible(request.who, request.requester)
        return sorted((person for person in people if directory.contact(person.id) is not None), key=turn)

    def chosen(
        self, request: Request, directory: Directory, now: float, lost: Collection[ConversationKey] = ()
    ) -> list[ConversationKey]:
        """
        Say where those are asked whose turn it is: as many as it takes, whoever is asked already before all others.

        Args:
            lost: Places where it reaches nobody.
        """
        own = [(person.id, place) for place in request.places if (person := directory.person(Identity(place)))]
        asked = {party: place for party, place in own if place not in lost}
        tried = {party for party, _ in own}
        order = self.order(request, directory, now)
        already = [person for person in order if person.id in asked]
        others = [person for person in order if person.id not in tried]
        few = policy.fewest(request.who, [*already, *others])
        return [place for one in few if (place := asked.get(one.id) or directory.contact(one.id)) is not None]
