"""
Requests that it takes several people to decide.
"""

from __future__ import annotations

import asyncio

from agent_core.addresses import Identity, Party
from agent_core.events import OperationRefused, ResponseGiven, ToolStarted
from agent_core.policy import Person, Rule
from agent_core.requests import Decision, Threshold, Where, Who
from agent_core.rulings import Vote
from gateway.directory import Directory
from tests.agent_core.logs import a_request
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OPS, PEOPLE, RITA, Make

TWO = Rule(tool="deploy", who=Who(roles=("release",), quorum=2, denials=2), where=Where(targets=("people", OPS)))


async def test_a_card_shows_who_has_voted_and_who_is_needed(make: Make):
    """
    Every copy says what it takes, then who has approved and what is missing; its buttons stay until it is enough.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(TWO,)) as house:
        await house.write(RITA, "go")
        assert ("It takes 2 approvals of Ana or Ben.",) == house.card(BEN).card.notes
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.APPROVE)

        voted = ("Approved so far by Ana.", "Still needed: one approval of Ana or Ben.")
        assert [(voted, 2)] * 3 == [
            (house.card(place).card.notes, len(house.card(place).card.buttons)) for place in (ANA, BEN, OPS)
        ]
        assert [] == world.deployed
        await house.press(BEN, request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed
        settled = "Approve deploy?; Approved by Ana and Ben, 22:13 UTC; deploy done, 22:13 UTC"
        assert [settled] * 3 == [house.texts(place)[-1] for place in (ANA, BEN, OPS)]


async def test_nobody_counts_twice_and_minds_may_change(make: Make):
    """
    A second approval by the same person is told so; their denial takes its place, and a second denial ends it.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(TWO,)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.APPROVE)
        await house.press(ANA, request, Decision.APPROVE)
        assert "You have answered this already; your first answer counts." == house.texts(ANA)[-1]
        await house.press(ANA, request, Decision.DENY)
        assert ("Denied so far by Ana.", "Still needed: 2 approvals of Ana or Ben.") == house.card(BEN).card.notes
        await house.press(BEN, request, Decision.DENY)

        assert [] == world.deployed
        assert "Approve deploy?; Denied by Ana and Ben, 22:13 UTC" == house.texts(OPS)[-1]


async def test_an_owner_alone_or_two_others(make: Make):
    """
    With thresholds the first that is reached decides.
    """
    world = World()
    either = Who(roles=("release",), thresholds=(Threshold(approve=2), Threshold(roles=("owner",))))
    async with make(world.deployer(world.deploy()), rules=(TWO.model_copy(update={"who": either}),)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        assert ("It takes 2 approvals of Ana or Ben or one approval of Ben.",) == house.card(ANA).card.notes
        await house.press(ANA, request, Decision.APPROVE)
        assert [] == world.deployed
        await house.press(BEN, request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_more_are_needed_than_there_are(make: Make):
    """
    What those who may decide are too few for is asked of nobody: the run is on hold, and its owner reads why.
    """
    world = World()
    three = TWO.model_copy(update={"who": TWO.who.model_copy(update={"quorum": 3})})
    async with make(world.deployer(world.deploy()), rules=(three,)) as house:
        await house.write(RITA, "go")

        (refused,) = [event for event in await house.log() if isinstance(event, OperationRefused)]
        assert "It takes 3 approvals of Ana or Ben." in refused.reason
        assert [] == house.seen(ANA)
        assert [("parked", "no_route")] == await house.status()


async def test_ten_people_at_the_same_instant(make: Make):
    """
    Of ten who press at once as many count as it takes; it starts once, and the others read that it is decided.
    """
    world = World()
    ten = [
        Person(id=Party(f"p{n}"), name=f"P{n}", identities=(Identity(f"slack:T1/UP{n}"),), roles=("release",))
        for n in range(10)
    ]
    who = Who(roles=("release",), quorum=3, exclude_requester=True)
    rule = Rule(tool="deploy", who=who, where=Where(targets=(OPS,)))
    async with make(world.deployer(world.deploy()), rules=(rule,), people=[*PEOPLE, *ten]) as house:
        await house.write(RITA, "go")
        request = house.card(OPS).request
        presses = [house.press(f"UP{n}", request, Decision.APPROVE, at=OPS) for n in range(10)]
        await asyncio.gather(*presses)

        log = await house.log()
        assert 3 == len([event for event in log if isinstance(event, ResponseGiven)])
        assert 1 == len([event for event in log if isinstance(event, ToolStarted)])
        assert 7 == len([text for text in house.texts(OPS) if text.startswith("Already approved by")])


def test_the_vote_of_somebody_who_was_removed_falls():
    """
    Votes count of people who may still decide, in the roles that they have now.
    """
    directory = Directory(PEOPLE, ["slack:T1"])
    ana, rita = Identity(f"slack:T1/{ANA}"), Identity(f"slack:T1/{RITA}")
    cast = [
        Vote(party=Party("ana"), decision=Decision.APPROVE, name="Ana", identity=ana, roles=("owner",)),
        Vote(party=Party("gone"), decision=Decision.APPROVE, name="Gone", identity=Identity("slack:T1/UGONE")),
        Vote(party=Party("rita"), decision=Decision.APPROVE, name="Rita", identity=rita, roles=("release",)),
    ]

    (kept,) = directory.standing(a_request(who=TWO.who), cast)

    assert ("ana", ("release",)) == (kept.party, kept.roles)


def test_a_vote_by_an_account_that_is_somebody_elses_now_falls():
    """
    An account that was taken from one person and given to another has no second vote: the one that it gave falls.
    """
    ana = PEOPLE[1].model_copy(update={"identities": (Identity("slack:T1/UANA"), Identity("slack:T1/UMOVED"))})
    directory = Directory([PEOPLE[0], ana, PEOPLE[2]], ["slack:T1"])
    by_moved = Vote(party=Party("ben"), decision=Decision.APPROVE, name="Ben", identity=Identity("slack:T1/UMOVED"))
    by_own = Vote(party=Party("ben"), decision=Decision.APPROVE, name="Ben", identity=Identity("slack:T1/UBEN"))

    assert () == directory.standing(a_request(who=TWO.who), [by_moved])
    assert ["ben"] == [vote.party for vote in directory.standing(a_request(who=TWO.who), [by_own])]
