"""
Requests that somebody who is asked hands on.
"""

from __future__ import annotations

import re

import pytest

from adapters.base import Form, FormWanted, Inbound, NoForm
from agent_core import events, facts
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.policy import Person, Rule
from agent_core.requests import Assurance, Decision, Rung, Where, Who
from gateway.commands import carry_out
from gateway.errors import Declined
from gateway.store.base import Fact
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OPS, OTTO, PEOPLE, RITA, House, Make
from tests.runtime import HandRuntime

CARLA, DORA = "UCARLA", "UDORA"
TEAM = (
    *PEOPLE,
    Person(id=Party("carla"), name="Carla", identities=(Identity(f"slack:T1/{CARLA}"),), roles=("ops",)),
    Person(id=Party("dora"), name="Dora", roles=("ops",)),
)
RULE = Rule(
    tool="deploy",
    who=Who(people=(Party("ana"),), exclude_requester=True),
    where=Where(targets=("people", OPS)),
    reassign=Who(people=(Party("rita"),), roles=("ops",)),
    patience=3_600,
)


def house_of(make: Make, world: World, rule: Rule = RULE) -> House:
    return make(world.deployer(world.deploy()), rules=(rule,), people=TEAM)


async def hand(house: House, user: str, to: str, how: str = "reassign", *, at: str | None = None) -> None:
    """Somebody sends in the form behind "Hand on"."""
    place = at or f"slack:T1/{user}"
    fact = facts.FormSubmitted(
        sender=Identity(f"slack:T1/{user}"),
        assurance=Assurance.HIGH,
        sent_at=house.runtime.now(),
        request=house.card(OPS).request,
        decision=Decision.REASSIGN,
        values={"to": to, "how": how},
    )
    await house.gate.append(Inbound(ConversationKey(place), fact, ()))
    await house.runtime.settle()


async def refusals(house: House) -> list[str]:
    return [event.reason for event in await house.log() if isinstance(event, events.ResponseRefused)]


async def test_another_one_is_asked_instead(make: Make):
    """
    Handed on in words, the new one gets a card and decides; the old card has no buttons and says who has it, and who
    gave it away decides no more.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        await house.write(ANA, "Reassign to Carla", under=house.card(ANA).id)
        request = house.card(CARLA).request

        handed = "Handed to Carla by Ana, 22:13 UTC."
        assert ((handed,), ()) == (house.card(ANA).card.notes, house.card(ANA).card.buttons)
        assert [(handed,), (handed,)] == [house.card(place).card.notes for place in (CARLA, OPS)]
        assert house.card(OPS).card.buttons
        assert "Ana has handed “Approve deploy?” to Carla, who is asked now." == house.texts(RITA)[-1]
        await house.press(ANA, request, Decision.APPROVE, at=OPS)
        assert "You have handed this on, so it is for Carla to decide." in house.texts(OPS)[-1]
        assert [] == world.deployed
        await house.press(CARLA, request, Decision.APPROVE)

        assert 1 == len(world.deployed)
        assert [("Approved by Carla, 22:13 UTC", "deploy done, 22:13 UTC")] * 3 == [
            house.card(place).card.notes for place in (ANA, CARLA, OPS)
        ]


async def test_another_one_may_decide_in_their_stead(make: Make):
    """
    Delegated by the form, both may decide, and whose vote it was is written down.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        await hand(house, ANA, "carla", "delegate")

        assert house.card(ANA).card.buttons
        assert ("Carla may decide in the stead of Ana, since 22:13 UTC.",) == house.card(CARLA).card.notes
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)

        assert 1 == len(world.deployed)
        given = [event for event in await house.log() if isinstance(event, events.ResponseGiven)]
        assert [("carla", "ana")] == [(event.party, event.stead) for event in given]


async def test_in_whose_stead_a_vote_is_it_is_one(make: Make):
    """
    Where it takes two, somebody and who decides in their stead are one of them.
    """
    world = World()
    two = RULE.model_copy(update={"who": Who(roles=("release",), quorum=2)})
    async with house_of(make, world, two) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await hand(house, ANA, "carla", "delegate")
        await house.press(ANA, request, Decision.APPROVE)
        await house.press(CARLA, request, Decision.APPROVE)
        assert [] == world.deployed
        await house.press(BEN, request, Decision.APPROVE)

        assert 1 == len(world.deployed)


async def test_a_vote_falls_with_who_hands_it_on(make: Make):
    """
    Whoever voted and then hands it on is not among the two that it takes any more.
    """
    world = World()
    two = RULE.model_copy(update={"who": Who(roles=("release",), quorum=2)})
    async with house_of(make, world, two) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.APPROVE)
        await hand(house, ANA, "carla")
        await house.press(BEN, request, Decision.APPROVE)
        assert [] == world.deployed
        await house.press(CARLA, request, Decision.APPROVE)

        assert 1 == len(world.deployed)


@pytest.mark.parametrize(
    ("to", "reason", "says"),
    [
        (
            "nobody at all",
            "hand.unknown",
            "I know nobody of that name, so nothing has changed. You may hand this on to",
        ),
        ("", "hand.unknown", "I know nobody of that name"),
        ("Ana", "hand.self", "You have it already"),
        ("Ben", "hand.not_to", "This may not be handed to Ben, so nothing has changed. You may hand it on to Carla or"),
        ("rita", "hand.requester", "Rita asked for this, so somebody else has to decide it."),
        ("Dora", "hand.unreachable", "I do not know where to reach Dora, so nothing has changed."),
    ],
)
async def test_who_may_not_take_it_is_not_asked(make: Make, to: str, reason: str, says: str):
    """
    Nothing changes, and whoever tried is told why, and to whom they may hand it.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        await hand(house, ANA, to)

        assert says in house.texts(ANA)[-1]
        assert [reason] == await refusals(house)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert 1 == len(world.deployed)


async def test_an_outsider_hands_nothing_on(make: Make):
    """
    Who may not decide may not give it to anybody either, by the form or in words.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        await hand(house, OTTO, "carla", at=OPS)
        await house.write(OTTO, "reassign to Carla", at=OPS, under=house.card(OPS).id)

        assert house.texts(OPS)[-1].endswith("this needs somebody I know: Ana. The request is still open.")
        assert ["unknown_person", "unknown_person"] == await refusals(house)
        assert [] == house.seen(CARLA)


async def test_without_a_rule_that_says_so_nothing_is_handed_on(make: Make):
    """
    Nobody may hand on what no rule lets them: there is no button, and the words are a question back.
    """
    world = World()
    async with house_of(make, world, RULE.model_copy(update={"reassign": None})) as house:
        await house.write(RITA, "go")
        assert "" == house.card(ANA).card.hand
        await house.write(ANA, "reassign to Carla", under=house.card(ANA).id)
        assert "Ana asks about: Approve deploy?" == house.card(RITA).text
        await hand(house, ANA, "carla")

        assert ["not_offered"] == await refusals(house)
        assert [] == house.seen(CARLA)


async def test_it_is_decided_before_it_is_handed_on(make: Make):
    """
    The first in the log wins: what was decided is not handed on, and nobody else is asked.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.stop_deciding()
        await house.press(ANA, request, Decision.APPROVE)
        await hand(house, ANA, "carla")
    async with house_of(make, world) as house:
        assert 1 == len(world.deployed)
        assert ["late"] == await refusals(house)
        assert [] == house.seen(CARLA)


async def test_it_is_handed_on_before_it_is_decided(make: Make):
    """
    The first in the log wins: who has just handed it on decides nothing, however soon after, and whoever dies between.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.stop_deciding()
        await hand(house, ANA, "carla")
        await house.press(ANA, request, Decision.APPROVE)
    async with house_of(make, world) as house:
        assert [] == world.deployed
        assert ["handed_on"] == await refusals(house)
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)
        assert 1 == len(world.deployed)


async def test_two_hand_it_on_at_once_and_one_twice(make: Make, runtime: HandRuntime):
    """
    Two may each hand on their own; the same one a second time may not, though a crash comes between.
    """
    world = World()
    both = RULE.model_copy(
        update={"who": Who(people=(Party("ana"), Party("ben"))), "reassign": Who(roles=("ops", "release"))}
    )
    async with house_of(make, world, both) as house:
        await house.write(RITA, "go")
        await house.stop_deciding()
        await hand(house, ANA, "carla")
        await hand(house, BEN, "carla")
        await hand(house, ANA, "ben")
    async with house_of(make, world, both) as house:
        await runtime.advance(1)

        handed = [e for e in await house.log() if isinstance(e, events.RequestReassigned)]
        assert {("ana", "carla"), ("ben", "carla")} == {(event.party, event.to) for event in handed}
        assert ["handed_on"] == await refusals(house)
        assert 1 == len([message for message in house.seen(CARLA) if message.kind == "ask"])
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)
        assert 1 == len(world.deployed)


async def test_the_ladder_goes_on_where_who_was_on_it_hands_it_on(make: Make, runtime: HandRuntime):
    """
    A claim falls with a hand-over, and each step that it held is taken at its time.
    """
    world = World()
    ladder = (Rung(after=600, people=(Party("ben"),)), Rung(after=700, people=(Party("otto"),)))
    climbs = RULE.model_copy(update={"where": Where(targets=("people", OPS), ladder=ladder)})
    async with house_of(make, world, climbs) as house:
        await house.write(RITA, "go")
        await house.press(ANA, house.card(ANA).request, Decision.CLAIM)
        await runtime.advance(701)
        assert [] == house.seen(BEN)
        await hand(house, ANA, "carla")
        await runtime.advance(1)

        assert "Approve deploy?" == house.card(BEN).text
        assert [0, 1] == [event.rung for event in await house.log() if isinstance(event, events.RequestEscalated)]
        assert ("Handed to Carla by Ana, 22:25 UTC.",) == house.card(BEN).card.notes


async def test_the_form_offers_those_who_may_take_it(make: Make):
    """
    The window behind the button lists whom the rule permits; who may not decide gets the reason instead.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        assert "Hand on" == house.card(ANA).card.hand
        wanted = FormWanted(house.card(OPS).request, OPS, Identity("slack:T1/UANA"), "ana", Assurance.HIGH, hand=True)
        form = await house.gate.query(wanted)
        assert isinstance(form, Form)
        assert (("carla", "Carla"), ("dora", "Dora")) == form.fields[0].options
        await hand(house, ANA, "carla")
        refused = await house.gate.query(wanted)

        assert isinstance(refused, NoForm)
        assert "Only Carla can decide this" in refused.text


async def operate(house: House, request: str, giver: str, to: str, *, delegated: bool = False) -> None:
    """An operator hands a request on."""
    wished = {"request": request, "giver": giver, "to": to, "delegated": delegated, "by": "the command line"}
    await carry_out(house.store, house.world.directory, {"do": "reassign", "wished": wished}, house.runtime)
    await house.runtime.settle()


async def test_an_operator_hands_it_on_for_somebody_who_is_away(make: Make):
    """
    By the same rules, and the cards say that an operator did it, not the one who was asked.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        await operate(house, house.card(ANA).request, "ana", "carla")

        handed = "Handed from Ana to Carla by an operator, 22:13 UTC."
        assert [(handed,)] * 3 == [house.card(place).card.notes for place in (ANA, CARLA, OPS)]
        assert () == house.card(ANA).card.buttons
        assert ["the command line"] == [e.by for e in await house.log() if isinstance(e, events.RequestReassigned)]
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)
        assert 1 == len(world.deployed)


@pytest.mark.parametrize(
    ("giver", "to", "says"),
    [
        ("eve", "carla", "there is no 'eve' in [[people]]"),
        ("ana", "eve", "there is no 'eve' in [[people]]"),
        ("ben", "carla", "Ben cannot decide it, so there is nothing to hand on"),
        ("ana", "ben", "no rule lets Ben have it; it may go to carla, dora"),
        ("ana", "rita", "Rita asked for it, so somebody else has to decide it; it may go to carla, dora"),
        ("ana", "ana", "Ana has it already; it may go to carla, dora"),
    ],
)
async def test_an_operator_is_told_why_it_cannot_be(make: Make, giver: str, to: str, says: str):
    """
    What no rule permits is refused in a line that says why, and nothing is written.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        with pytest.raises(Declined, match=re.escape(says)):
            await operate(house, house.card(ANA).request, giver, to)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        with pytest.raises(Declined, match="is approved already, and that does not change"):
            await operate(house, house.card(ANA).request, "ana", "carla")

        assert 1 == len(world.deployed)
        assert [] == house.seen(CARLA)


async def test_an_operators_wish_that_comes_too_late_changes_nothing(make: Make):
    """
    What was looked at before it is decided on again, in the order of the log: who voted meanwhile was first.
    """
    world = World()
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        home = (await house.store.request(request)).home
        await house.press(ANA, request, Decision.APPROVE)
        wished = facts.HandOverWished(request=request, giver=Party("ana"), to=Party("carla"), by="the command line")
        await house.store.append(Fact(home, wished, ()))
        await house.runtime.settle()

        assert [] == house.seen(CARLA)
        assert {} == house.owner.stuck


async def test_who_gave_it_away_decides_it_by_no_other_account(make: Make):
    """
    Neither by an account that is linked to them later, nor once a step of the ladder names them again.
    """
    world = World()
    rung = Rung(after=600, people=(Party("ana"),), roles=("release",))
    rule = RULE.model_copy(update={"where": Where(targets=("people", OPS), ladder=(rung,))})
    async with house_of(make, world, rule) as house:
        await house.write(RITA, "go")
        await hand(house, ANA, "carla")
        house.world.directory.link(Identity(f"slack:T1/{OTTO}"), Party("ana"))
        await house.runtime.advance(601)
        for user in (ANA, OTTO):
            await house.press(user, house.card(OPS).request, Decision.APPROVE, at=OPS)

        assert [] == world.deployed
        assert ["handed_on", "handed_on"] == await refusals(house)


async def test_a_delegate_whom_the_ladder_asks_too_stays_one_vote_with_the_giver(make: Make):
    """
    Where it takes two, the two are still one when a step of the ladder has made the delegate somebody who is asked.
    """
    world = World()
    rung = Rung(after=600, people=(Party("carla"),))
    rule = RULE.model_copy(
        update={
            "who": Who(people=(Party("ana"), Party("ben")), quorum=2),
            "where": Where(targets=("people", OPS), ladder=(rung,)),
        }
    )
    async with house_of(make, world, rule) as house:
        await house.write(RITA, "go")
        await hand(house, ANA, "carla", "delegate")
        await house.runtime.advance(601)
        request = house.card(CARLA).request
        for user in (CARLA, ANA):
            await house.press(user, request, Decision.APPROVE)
        assert [] == world.deployed
        await house.press(BEN, request, Decision.APPROVE)

        assert 1 == len(world.deployed)
