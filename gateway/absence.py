"""
Absences: who decides meanwhile in the stead of somebody who is away, as the settings say.

**As if they had delegated it.** Whoever may decide a request and is away has it delegated to their deputy when it is
asked, by the rules of `handing.py` and on record like any hand-over; where these do not permit it nothing is handed on.
A deputy who is away as well is passed over for their own. It is looked anew whenever others come to be asked: by a step
of the ladder, a hand-over, a change of the call, and when a card that has waited is to be shown.

**Nobody is waited for who is away**, which is for `quiet.py` to see to: their own copy waits until they are back, and
the ladder goes on without them. They lose nothing: wherever they see the request they may decide it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agent_core import addresses, events, handing, hours, policy
from agent_core.addresses import Identity
from agent_core.handing import Wish
from agent_core.policy import Person
from agent_core.requests import Request
from agent_core.rulings import Hand, Standing
from gateway import quiet, settling
from gateway.conversation import Conversation


class Away(NamedTuple):
    """Somebody who may decide and is away: who decides in their stead, or why their deputy may not."""

    person: Person
    until: float
    deputy: Person | None
    why_not: str | None


def away(here: Conversation, request: Request, hands: Sequence[Hand] = ()) -> Iterator[Away]:
    """
    Give those who may decide a request and are away; where it is asked in turn, of those whose turn it was.

    Args:
        hands: How it was handed on before.
    """
    directory = here.world.directory
    request = request.model_copy(update={"requester": directory.present(request.requester)})
    for person in policy.eligible(request.who, request.requester, directory.away(here.now)):
        if request.where.in_turn and not {*map(addresses.one_to_one, person.identities)} & {*request.places}:
            continue
        until, why = hours.back(person.away, here.now) or here.now, None
        deputy = directory.deputy(person, here.now)
        if deputy is not None:
            why = handing.refusal(request, hands, Wish(person.id, deputy, delegated=True), directory.people())
            why = why or ("hand.unreachable" if directory.contact(deputy.id) is None else None)
        yield Away(person, until, deputy, why)
        if deputy is not None and why is None:
            request = _handed(here, request, person, deputy)
            hands = (*hands, _hand(person, deputy, here.now, until))


def widened(here: Conversation, request: Request, hands: Sequence[Hand] = ()) -> Request:
    """Say who may decide a request, and where it is shown, once it is delegated for those who are away."""
    for person, _, deputy, why in list(away(here, request, hands)):
        if deputy is not None and why is None:
            request = _handed(here, request, person, deputy)
    return request


def delegate(here: Conversation, standing: Standing) -> Standing:
    """Delegate a request for those who are away; whoever takes it is still to be shown it."""
    request = standing.request
    for person, until, deputy, why in list(away(here, request, standing.hands)):
        if deputy is None or why is not None:
            continue
        before, request = request, _handed(here, request, person, deputy)
        added, row = request.places[len(before.places) :], here.requests[request.id]
        here.add(
            events.RequestReassigned(
                thread=request.thread,
                run=request.run,
                request=request.id,
                party=person.id,
                name=person.name,
                identity=policy.first_voter(person).identity,
                via=here.key,
                to=deputy.id,
                to_name=deputy.name,
                delegated=True,
                until=until,
                at=here.now,
                who=request.who,
                places=added,
            )
        )
        here.put_request(row.model_copy(update={"added": (*row.added, *added)}))
    return settling.standing_of(here, request.id) or standing


def told(here: Conversation, hands: Sequence[Hand], later: quiet.Waiting) -> str:
    """
    Say who is asked later and when, and who decides in whose stead.

    Args:
        hands: How it has just been handed on.
        later: Who waits.
    """
    standing_in = [hand for hand in hands if hand.until is not None]
    lines = [
        here.say("asked.away.deputy", name=hand.giver_name, to=hand.to_name, time=here.clock(hand.until or 0.0))
        for hand in standing_in
    ]
    givers = {hand.giver for hand in standing_in}
    told_already = [place for place in later if here.world.directory.party(Identity(place)) in givers]
    rest = quiet.told(here, {place: at for place, at in later.items() if place not in told_already})
    return " ".join([*lines, *([rest] if rest else [])])


def _handed(here: Conversation, request: Request, person: Person, deputy: Person) -> Request:
    who = handing.handed(request.who, person.id, deputy.id, delegated=True)
    place = here.world.directory.contact(deputy.id)
    places = request.places if place is None or place in request.places else (*request.places, place)
    return request.model_copy(update={"who": who, "places": places})


def _hand(person: Person, deputy: Person, at: float, until: float) -> Hand:
    return Hand(
        giver=person.id,
        giver_name=person.name,
        to=deputy.id,
        to_name=deputy.name,
        delegated=True,
        at=at,
        until=until,
    )
