"""
Who may decide, and how many of them it takes, worked out once more: by what docs/requests.md says, and not by the
gateway's own code. So a mistake there is not made here too.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from agent_core.policy import Person
from agent_core.requests import Decision, Rung, Who

APPROVING = frozenset({Decision.APPROVE, Decision.EDIT})
"""What approves something."""


class Ballot(NamedTuple):
    """The last word of somebody who may decide: what it is for, and the roles that they have."""

    party: str
    approves: bool
    roles: Collection[str]


def party_of(person: Person | None, identity: str) -> str:
    """Say as whom an account counts."""
    return person.id if person is not None else identity


def wider(who: Who, rung: Rung) -> Who:
    """Say who may decide once a step of the ladder is taken."""
    people = tuple(dict.fromkeys((*who.people, *rung.people)))
    return who.model_copy(update={"people": people, "roles": tuple(dict.fromkeys((*who.roles, *rung.roles)))})


def objections(who: Who, identity: str, person: Person | None, is_requester: bool) -> set[str]:
    """Say why an account that is a person's may not decide."""
    roles, found = person.roles if person is not None else (), set[str]()
    if not {party_of(person, identity), identity} & set(who.people) and not set(roles) & set(who.roles):
        found.add("not_asked")
    if {party_of(person, identity), identity} & set(who.without):
        found.add("handed_on")
    if person is None and by_people(who):
        found.add("unknown_person")
    if who.exclude_requester and is_requester:
        found.add("requester_excluded")
    return found if who.also is None else found | objections(who.also, identity, person, is_requester)


def by_people(who: Who) -> bool:
    """Tell whether it has to be known which human being an account is."""
    several = who.quorum > 1 or who.denials > 1 or who.thresholds != () or who.exclude_requester
    return several or (who.also is not None and by_people(who.also))


def reached(who: Who, cast: Sequence[Ballot], approves: bool) -> bool:
    """Tell whether these are enough to approve something, or to deny it."""
    if who.thresholds:
        filled = []
        for one in who.thresholds:
            counted = {b.party for b in cast if b.approves is approves and _counts(b, one.people, one.roles)}
            filled.append(len(counted) >= (one.approve if approves else one.deny))
    else:
        filled = [len({b.party for b in cast if b.approves is approves}) >= (who.quorum if approves else who.denials)]
    if not approves:
        return any(filled) or (who.also is not None and reached(who.also, cast, approves))
    enough = all(filled) if who.need == "all" else any(filled)
    return enough and (who.also is None or reached(who.also, cast, approves))


def _counts(ballot: Ballot, people: Collection[str], roles: Collection[str]) -> bool:
    return not (people or roles) or ballot.party in people or not set(ballot.roles).isdisjoint(roles)
