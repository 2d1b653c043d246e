"""
Handing a request on: who may, to whom, and what that changes.
"""

from __future__ import annotations

from typing import Any

import pytest

from agent_core import handing, lifecycle, rulings
from agent_core.addresses import Identity, Party
from agent_core.events import RequestReassigned
from agent_core.handing import Wish
from agent_core.policy import Person
from agent_core.requests import HANDING_ON, Decision, Request, Threshold, Who
from agent_core.rulings import Hand, Standing, Vote
from tests.agent_core.logs import ANA, HOME, NOON, RITA, a_request, a_response, a_voter

BEN, CARLA, DORA = Party("ben"), Party("carla"), Party("dora")
PEOPLE = [
    Person(id=RITA, name="Rita"),
    Person(id=ANA, name="Ana", roles=("release",)),
    Person(id=BEN, name="Ben", roles=("release",)),
    Person(id=CARLA, name="Carla", roles=("ops",)),
    Person(id=DORA, name="Dora", roles=("ops", "security")),
]
BY_ID = {person.id: person for person in PEOPLE}
OPS = Who(roles=("ops",))


def of(who: Who, to_whom: Who | None = OPS, **how: Any) -> Request:
    """A request of those who may decide it, which may be handed on to some."""
    return a_request(who=who, reassign=to_whom, allowed=(Decision.APPROVE, Decision.DENY, *HANDING_ON), **how)


def hand(giver: Party, to: Party, *, delegated: bool = False) -> Hand:
    return Hand(giver=giver, giver_name=giver, to=to, to_name=to, delegated=delegated, at=NOON)


@pytest.mark.parametrize(
    ("giver", "to", "delegated", "request_", "hands", "why"),
    [
        (ANA, CARLA, False, of(Who(people=(ANA,))), (), None),
        (ANA, CARLA, True, of(Who(people=(ANA,))), (), None),
        (ANA, CARLA, False, of(Who(people=(ANA,)), None), (), "hand.not_offered"),
        (ANA, ANA, False, of(Who(people=(ANA,)), Who(people=(ANA,))), (), "hand.self"),
        (ANA, BEN, False, of(Who(people=(ANA,))), (), "hand.not_to"),
        (ANA, DORA, False, of(Who(people=(ANA, BEN))), (hand(ANA, CARLA, delegated=True),), "hand.already"),
        (CARLA, DORA, False, of(Who(people=(ANA, CARLA))), (hand(ANA, CARLA, delegated=True),), "hand.delegate"),
        (CARLA, ANA, False, of(Who(people=(CARLA,), without=(ANA,)), Who(people=(ANA,))), (), "hand.back"),
        (ANA, CARLA, True, of(Who(people=(ANA, CARLA))), (), "hand.can_already"),
        (ANA, RITA, False, of(Who(people=(ANA,), exclude_requester=True), Who(people=(RITA,))), (), "hand.requester"),
        (ANA, CARLA, False, of(Who(people=(ANA,), also=Who(roles=("security",)))), (), "hand.may_not"),
        (ANA, CARLA, False, of(Who(roles=("release",), quorum=2)), (), None),
        (ANA, BEN, False, of(Who(roles=("release",), quorum=2), Who(people=(BEN,))), (), "hand.too_few"),
        (
            BEN,
            CARLA,
            False,
            of(Who(people=(ANA, BEN, CARLA), quorum=2)),
            (hand(ANA, CARLA, delegated=True),),
            "hand.too_few",
        ),
        (
            ANA,
            CARLA,
            True,
            of(Who(roles=("release",), thresholds=(Threshold(roles=("release",)),))),
            (),
            "hand.counts_for_nothing",
        ),
        (ANA, DORA, False, of(Who(people=(ANA,))), tuple(hand(BEN, CARLA) for _ in range(5)), "hand.too_often"),
    ],
)
def test_who_may_take_it(
    giver: Party, to: Party, delegated: bool, request_: Request, hands: tuple[Hand, ...], why: str | None
):
    """
    Whoever takes a request is named by its rule, meets all that it and the tool demand, and leaves enough people to it.
    """
    assert why == handing.refusal(request_, hands, Wish(giver, BY_ID[to], delegated), PEOPLE)


def reassigned(standing: Standing, giver: Party, to: Party, *, delegated: bool) -> Standing:
    """A request after somebody has handed it on."""
    who = handing.handed(standing.request.who, giver, to, delegated=delegated)
    said = {"thread": "thread", "run": "r1", "request": standing.request.id, "fact": 1, "via": HOME}
    event = RequestReassigned(
        **said, party=giver, name=giver, identity=f"slack:T1/U{giver}", to=to, to_name=to, at=NOON, who=who,
        delegated=delegated,
    )  # fmt: skip
    return lifecycle.step(standing, event)


def test_who_hands_it_on_may_decide_no_more_and_who_takes_it_may():
    """
    Reassigned, the other one is asked instead; whatever role the one who gave it away has.
    """
    before = Standing(request=of(Who(roles=("release",))), due=NOON + 3_600)
    after = reassigned(before, ANA, CARLA, delegated=False)
    ana, carla = a_voter("ana", roles=("release",)), a_voter("carla", roles=("ops",))

    assert rulings.NotAllowed("handed_on") == rulings.decide(after, a_response(voter=ana), NOON + 61)
    assert isinstance(rulings.decide(after, a_response(voter=carla), NOON + 61), rulings.Settles)
    assert isinstance(rulings.decide(before, a_response(voter=carla), NOON + 61), rulings.NotAllowed)


def test_who_decides_in_somebodys_stead_adds_no_vote():
    """
    Of somebody and of who decides in their stead only the last vote counts, so two are no quorum.
    """
    before = Standing(request=of(Who(people=(ANA, BEN), quorum=2)), due=NOON + 3_600)
    after = reassigned(before, ANA, CARLA, delegated=True)
    anas = Vote(party=ANA, decision=Decision.APPROVE, name="Ana")
    voted = after.model_copy(update={"votes": (anas,)})
    carla, ben = a_voter("carla", roles=("ops",)), a_voter("ben")

    assert rulings.Counted() == rulings.decide(voted, a_response(voter=carla), NOON + 61)
    steads = Vote(party=CARLA, decision=Decision.DENY, name="Carla", stead=rulings.stead(after, CARLA))
    assert [steads] == rulings.latest((anas, steads))
    assert isinstance(rulings.decide(voted, a_response(voter=ben), NOON + 61), rulings.Settles)


def test_a_claim_falls_with_who_hands_it_on():
    """
    Who was on it is not on it any more; somebody else's claim stands.
    """
    claimed = Standing(request=of(Who(people=(ANA, BEN))), due=NOON + 3_600, claimed=ANA, claimed_name="Ana")

    assert reassigned(claimed, ANA, CARLA, delegated=False).claimed is None
    assert ANA == reassigned(claimed, BEN, CARLA, delegated=False).claimed


@pytest.mark.parametrize("decision", HANDING_ON)
def test_only_who_may_decide_hands_it_on(decision: Decision):
    """
    It takes somebody who may decide, a rule that lets them, and a request that is open.
    """
    standing = Standing(request=of(Who(people=(ANA,))), due=NOON + 3_600)
    closed = Standing(request=a_request(who=Who(people=(ANA,))), due=NOON + 3_600)

    assert rulings.HandsOn() == rulings.decide(standing, a_response(decision, text="carla"), NOON + 61)
    outsider = a_response(decision, text="carla", voter=a_voter("otto"))
    assert rulings.NotAllowed("not_asked") == rulings.decide(standing, outsider, NOON + 61)
    assert rulings.Unreadable("not_offered") == rulings.decide(closed, a_response(decision, text="carla"), NOON + 61)


def test_takers_are_named_by_the_rule_and_could_decide():
    """
    A form offers whom the rule names and nothing excludes, by name, and not the one who gives it away.
    """
    who = Who(people=(ANA,), also=Who(roles=("security", "ops")), exclude_requester=True)
    to_whom = Who(people=(RITA, BEN, ANA), roles=("ops",))

    assert ["Carla", "Dora"] == [p.name for p in handing.takers(who, to_whom, RITA, ANA, PEOPLE)]
    assert [] == handing.takers(who, None, RITA, ANA, PEOPLE)


@pytest.mark.parametrize(
    ("who", "to_whom", "people"),
    [
        (Who(roles=("release",)), OPS, (CARLA,)),
        (Who(roles=("release",)), Who(roles=("release",)), ()),
        (Who(roles=("security",)), OPS, ()),
        (Who(people=(ANA,), also=Who(roles=("security",))), OPS, ()),
    ],
)
def test_a_changed_call_keeps_whom_its_rule_lets_take_it(who: Who, to_whom: Who, people: tuple[Party, ...]):
    """
    Who gave it away stays without it; who took it decides the changed call where its rule lets them, and who gave it
    could have decided that one too.
    """
    carried = handing.carried(who, [hand(ANA, CARLA)], to_whom, RITA, PEOPLE)

    assert (people, (ANA,)) == (carried.people, carried.without)


def test_a_changed_call_keeps_a_chain_of_hands():
    """
    Whoever had it from somebody who had it is kept, each by the one before.
    """
    hands = [hand(ANA, CARLA), hand(CARLA, DORA)]
    carried = handing.carried(Who(roles=("release",)), hands, OPS, RITA, PEOPLE)

    assert ((DORA,), (ANA, CARLA)) == (carried.people, carried.without)


def test_an_account_is_a_person():
    """
    Who handed it on may not decide it under the account that was named either.
    """
    who = Who(people=(Party("slack:T1/U9"),), without=(Party("slack:T1/U9"),))
    voter = a_voter("zoe", identity=Identity("slack:T1/U9"))

    assert "handed_on" == rulings.objection(who, None, voter)
