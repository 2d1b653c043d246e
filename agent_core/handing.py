"""
Handing a request on: to whom somebody who is asked may give it, and who may decide it then.

There are two ways. *Reassigned*, the other one is asked instead of them. *Delegated*, the other one may decide in their
stead, and they may do so still; of the two only the last vote counts. Both are for the policy to permit, and neither
gives anybody what the rule would not: whoever takes it has to meet all that the rule and the tool demand, apart from
being named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from agent_core.addresses import Identity, Party
from agent_core.policy import Person, enough, first_voter, voter
from agent_core.requests import Assurance, Request, Who, in_the_end
from agent_core.rulings import Hand, matches, objection, thresholds

MOST = 5  # times that one request is handed on


class Wish(NamedTuple):
    """What somebody wants: to hand a request on, for good or `delegated`."""

    giver: Party
    to: Person
    delegated: bool


def handed(who: Who, giver: Party, to: Party, *, delegated: bool) -> Who:
    """Say who may decide once a request is handed on."""
    people = tuple(dict.fromkeys((*who.people, to)))
    if delegated:
        return who.model_copy(update={"people": people})
    left = tuple(party for party in people if party != giver)
    return who.model_copy(update={"people": left, "without": (*who.without, giver)})


def may_take(whom: Who, person: Person) -> bool:
    """Tell whether a rule names somebody among those to whom its requests may be handed on."""
    return person.id in whom.people or bool(set(person.roles) & set(whom.roles))


def refusal(request: Request, hands: Sequence[Hand], wish: Wish, people: Iterable[Person]) -> str | None:
    """
    Say why somebody who may decide a request may not hand it on as they wish.

    Args:
        hands: How it was handed on before.
        people: All there are; it must be left to enough of them.

    Returns:
        None where they may, else a key of the catalogue.
    """
    giver, to, delegated = wish
    if request.reassign is None:
        return "hand.not_offered"
    if to.id == giver:
        return "hand.self"
    if any(hand.giver == giver for hand in hands):
        return "hand.already"
    if any(hand.delegated and hand.to == giver for hand in hands):
        return "hand.delegate"
    if len(hands) >= MOST:
        return "hand.too_often"
    if to.id in request.who.without:
        return "hand.back"
    if not may_take(request.reassign, to):
        return "hand.not_to"
    taker = first_voter(to)
    if delegated and objection(request.who, request.requester, taker) is None:
        return "hand.can_already"
    after = handed(request.who, giver, to.id, delegated=delegated)
    objected = objection(after, request.requester, taker)
    if objected is not None:
        return "hand.requester" if objected == "requester_excluded" else "hand.may_not"
    if not any(matches(threshold, to.id, to.roles) for threshold in thresholds(after)):
        return "hand.counts_for_nothing"
    in_anothers_stead = {hand.to for hand in hands if hand.delegated}  # of the two only one vote counts
    voters = [person for person in people if person.id not in in_anothers_stead]
    if not enough(in_the_end(after, request.where), voters, request.requester):
        return "hand.too_few"
    return None


def takers(
    who: Who, to_whom: Who | None, requester: Party | None, giver: Party, people: Iterable[Person]
) -> list[Person]:
    """
    Give those to whom somebody could hand a request on, by name; `refusal` looks at all the rest.

    Args:
        who: Who may decide it now.
        to_whom: To whom its rule lets it be handed on.
    """
    if to_whom is None:
        return []
    found = [
        person
        for person in people
        if may_take(to_whom, person)
        and person.id not in (giver, *who.without)
        and objection(handed(who, giver, person.id, delegated=False), requester, first_voter(person)) is None
    ]
    return sorted(found, key=lambda person: person.name)


def carried(
    who: Who, hands: Sequence[Hand], to_whom: Who | None, requester: Party | None, people: Iterable[Person]
) -> Who:
    """
    Say who may decide a changed call, whose rule may be another one: who gave it away still has, and who took it may
    decide it where that rule lets them, and had it from somebody who may decide the changed call, too.
    """
    known = {person.id: person for person in people}
    for hand in hands:
        before = who
        who = handed(who, hand.giver, hand.to, delegated=hand.delegated)
        taker = known.get(hand.to)
        permitted = to_whom is not None and taker is not None and may_take(to_whom, taker)
        if not (permitted and _had(before, hand, requester, known.get(hand.giver))):
            who = who.model_copy(update={"people": tuple(p for p in who.people if p != hand.to or p in before.people)})
    return who


def _had(who: Who, hand: Hand, requester: Party | None, giver: Person | None) -> bool:
    """Tell whether somebody who gave a request away could have decided it, by any of their accounts."""
    accounts = (giver.identities if giver is not None else ()) or (Identity(hand.giver),)
    voters = (voter(account, giver, hand.giver_name, Assurance.HIGH) for account in accounts)
    return any(objection(who, requester, one) is None for one in voters)
