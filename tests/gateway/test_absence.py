"""
Absences: who decides in the stead of somebody who is away. It is 22:13 UTC on 14 November when a run asks, and Ana is
away until the end of the 20th; Carla is her deputy.
"""

from __future__ import annotations

from typing import Any

import pytest

from agent_core import events, hours
from agent_core.addresses import Party
from agent_core.policy import Person, Rule
from agent_core.requests import Decision, Rung, Where, Who
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OPS, RITA, House, Make
from tests.gateway.test_editing import edit, editable
from tests.gateway.test_handing import hand
from tests.gateway.test_ladder import CARLA, THREE, refuse, steps, timers
from tests.gateway.test_quiet import NIGHT
from tests.runtime import NOON

AWAY = (hours.days("2023-11-10/2023-11-20", "UTC"),)
BACK = 1_700_524_800.0  # 00:00 on 21 November
DAY = 86_400.0
PERMITTED = Who(roles=("boss",))  # Carla
RULE = Rule(
    tool="deploy",
    who=Who(people=(Party("ana"),)),
    where=Where(targets=("people",)),
    patience=10 * DAY,
    reassign=PERMITTED,
)
BOTH = RULE.model_copy(update={"who": Who(people=(Party("ana"), Party("ben")))})
UNTIL = "They have until 22:13 UTC on Fri 24 Nov."
DROP = "To drop it, write: drop"
GONE = "Ana is away until 00:00 UTC on Tue 21 Nov."
STEAD = "Ana is away until 00:00 UTC on Tue 21 Nov; Carla decides in their stead."
NOTE = "Carla may decide in the stead of Ana, who is away until 00:00 UTC on Tue 21 Nov."


def absent(ids: str = "ana", deputy: str | None = "carla", **more: dict[str, Any]) -> list[Person]:
    """Some are away, with a deputy; of others, something else is so."""
    gone: dict[str, Any] = {"away": AWAY, "deputy": Party(deputy) if deputy else None}
    changed = {**more, **{name: gone | more.get(name, {}) for name in ids.split()}}
    return [person.model_copy(update=changed.get(person.id, {})) for person in THREE]


async def handed(house: House) -> list[tuple[str, str, float | None]]:
    return [(e.party, e.to, e.until) for e in await house.log() if isinstance(e, events.RequestReassigned)]


async def test_the_deputy_is_asked_and_who_is_away_is_not(make: Make):
    """
    Carla is asked at once, may decide, and is told why; where it was asked it says so, and Ana is shown nothing.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=absent()) as house:
        await house.write(RITA, "go")

        assert f"I have asked Carla. {UNTIL} {STEAD} {DROP}" == house.texts(RITA)[-1]
        assert ((NOTE,), []) == (house.card(CARLA).card.notes, house.seen(ANA))
        assert [("ana", "carla", BACK)] == await handed(house)
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed
        (vote,) = [e for e in await house.log() if isinstance(e, events.ResponseGiven)]
        assert ("carla", "ana") == (vote.party, vote.stead)
        assert [] == await timers(house)


async def test_who_is_back_is_shown_what_is_still_open(make: Make):
    """
    On the morning after, with who decides in whose stead; both may then.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=absent()) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(BACK - NOON - 60)
        assert [] == house.seen(ANA)
        await house.runtime.advance(60)

        assert ("Carla may decide in the stead of Ana, who is away until 00:00 UTC.",) == house.card(ANA).card.notes
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


async def test_who_is_away_may_decide_where_they_see_it(make: Make):
    """
    An absence takes nothing away: in a channel Ana decides as ever, and her deputy has been asked besides.
    """
    world = World()
    channel = RULE.model_copy(update={"where": Where(targets=(OPS,))})
    async with make(world.deployer(world.deploy()), rules=(channel,), people=absent()) as house:
        await house.write(RITA, "go")
        assert [(NOTE,)] * 2 == [house.card(place).card.notes for place in (OPS, CARLA)]
        await house.press(ANA, house.card(OPS).request, Decision.APPROVE, at=OPS)

        assert [("production", "v1", 1)] == world.deployed


async def test_the_two_are_one_vote(make: Make):
    """
    It takes two, and Carla and Ana are one of them.
    """
    world = World()
    two = BOTH.model_copy(
        update={"who": BOTH.who.model_copy(update={"quorum": 2}), "where": Where(targets=("people", OPS))}
    )
    async with make(world.deployer(world.deploy()), rules=(two,), people=absent()) as house:
        await house.write(RITA, "go")
        request = house.card(CARLA).request
        await house.press(CARLA, request, Decision.APPROVE)
        await house.press(ANA, request, Decision.APPROVE, at=OPS)
        assert [] == world.deployed
        await house.press(BEN, request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


@pytest.mark.parametrize(
    ("change", "people"),
    [
        ({"reassign": None}, absent()),
        ({"reassign": Who(people=(Party("rita"),))}, absent()),
        ({"reassign": Who(people=(Party("rita"),)), "who": Who(people=("ana", "ben"), exclude_requester=True)}, "rita"),
        ({"who": Who(people=("ana", "ben"), also=Who(roles=("release",)))}, absent()),
        ({}, absent(carla={"identities": ()})),
        ({}, absent(deputy=None)),
    ],
    ids=["not offered", "not to them", "the requester", "the tool demands others", "no account", "no deputy"],
)
async def test_what_no_rule_permits_is_not_handed_on(make: Make, change: dict[str, Any], people: Any):
    """
    By the rules of every hand-over. Nobody waits for Ana: Ben is asked, and she when she is back.
    """
    world = World()
    people = absent(deputy=people) if isinstance(people, str) else people
    async with make(world.deployer(world.deploy()), rules=(BOTH.model_copy(update=change),), people=people) as house:
        await house.write(RITA, "go")

        assert f"I have asked Ben. {UNTIL} {GONE} {DROP}" == house.texts(RITA)[-1]
        assert ([], []) == (await handed(house), house.seen(ANA))
        await house.runtime.advance(BACK - NOON)
        assert "Approve deploy?" == house.card(ANA).text


async def test_nobody_waits_for_who_is_away(make: Make):
    """
    Without a deputy the next step of the ladder is taken at once, and no deadline moves.
    """
    world = World()
    climbs = RULE.model_copy(
        update={
            "where": Where(targets=("people",), ladder=(Rung(after=900, people=(Party("ben"),)),)),
            "patience": 3_600.0,
        }
    )
    async with make(world.deployer(world.deploy()), rules=(climbs,), people=absent(deputy=None)) as house:
        await house.write(RITA, "go")

        first, second = house.texts(RITA)[-2:]
        assert f"{GONE} They have until 23:13 UTC. {DROP}" == first
        assert "“Approve deploy?” would wait for somebody who is away, so I am asking Ben too." == second
        assert ([(0, "away")], []) == (await steps(house), house.seen(ANA))
        await house.runtime.advance(3_601)
        assert [("parked", "expired")] == await house.status()


async def test_a_ladder_waits_for_the_deputy(make: Make):
    """
    Who decides in somebody's stead has the patience of the step.
    """
    world = World()
    climbs = RULE.model_copy(
        update={"where": Where(targets=("people",), ladder=(Rung(after=900, people=(Party("ben"),)),))}
    )
    async with make(world.deployer(world.deploy()), rules=(climbs,), people=absent()) as house:
        await house.write(RITA, "go")
        assert [] == await steps(house)
        await house.runtime.advance(901)
        assert [(0, "silence")] == await steps(house)


async def test_a_deputy_who_sleeps_costs_no_patience(make: Make):
    """
    As everybody who does: the next step is taken at once.
    """
    world = World()
    climbs = RULE.model_copy(
        update={"where": Where(targets=("people",), ladder=(Rung(after=900, people=(Party("ben"),)),))}
    )
    async with make(world.deployer(world.deploy()), rules=(climbs,), people=absent(carla={"quiet": NIGHT})) as house:
        await house.write(RITA, "go")
        assert [(0, "quiet")] == await steps(house)
        assert [] == house.seen(CARLA)


async def test_a_step_asks_the_deputy_of_who_is_away(make: Make):
    """
    Whom a step asks and who is away is stood in for; where it was asked it says so.
    """
    world = World()
    ladder = (Rung(after=900, people=(Party("ana"),)), Rung(after=1_800, targets=(OPS,)))
    climbs = RULE.model_copy(
        update={"who": Who(people=(Party("ben"),)), "where": Where(targets=("people",), ladder=ladder)}
    )
    async with make(world.deployer(world.deploy()), rules=(climbs,), people=absent()) as house:
        await house.write(RITA, "go")
        assert [] == await handed(house)
        await house.runtime.advance(901)

        assert f"Nobody has decided “Approve deploy?” yet. {STEAD}" == house.texts(RITA)[-1]
        assert ([(0, "silence")], []) == (await steps(house), house.seen(ANA))
        assert (NOTE,) == house.card(BEN).card.notes
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


async def test_a_step_whose_people_are_away_costs_no_patience(make: Make):
    """
    The step behind it is taken with it.
    """
    world = World()
    ladder = (Rung(after=900, people=(Party("ana"),)), Rung(after=1_800, people=(Party("rita"),)))
    climbs = RULE.model_copy(
        update={"who": Who(people=(Party("ben"),)), "where": Where(targets=("people",), ladder=ladder)}
    )
    async with make(world.deployer(world.deploy()), rules=(climbs,), people=absent(deputy=None)) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(901)

        assert [(0, "silence"), (1, "away")] == await steps(house)


async def test_where_all_are_away_they_are_asked_all_the_same(make: Make):
    """
    There is nobody else whom it could come to, so it is shown to them as if they were there.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(BOTH,), people=absent("ana ben", None)) as house:
        await house.write(RITA, "go")

        assert ["Approve deploy?"] * 2 == [house.card(place).text for place in (ANA, BEN)]
        assert f"I have asked Ana or Ben. {UNTIL} {DROP}" == house.texts(RITA)[-1]


async def test_who_is_away_is_asked_where_the_others_cannot_be_reached(make: Make):
    """
    Behind the last step, and before it is said that nobody can be asked.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(BOTH,), people=absent(deputy=None)) as house:
        house.channel.fault = refuse(BEN)
        await house.write(RITA, "go")

        told = "There is nobody else left to ask about “Approve deploy?”, so I am asking Ana, away or not."
        assert told == house.texts(RITA)[-1]
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


@pytest.mark.parametrize("urgency", ["low", "high"])
async def test_whatever_the_urgency(make: Make, urgency: str):
    """
    What is urgent goes to the deputy at once, even by night, and what can wait with their digest; not to Ana.
    """
    world = World()
    rule = RULE.model_copy(update={"urgency": urgency})
    times = (hours.time("09:00"),)
    people = absent(ana={"digest": times}, carla={"digest": times, "quiet": NIGHT})
    async with make(world.deployer(world.deploy()), rules=(rule,), people=people) as house:
        await house.write(RITA, "go")
        assert (urgency == "high") == bool(house.seen(CARLA))
        await house.runtime.advance(DAY)

        assert ([], True) == (house.seen(ANA), bool(house.seen(CARLA)))
        await house.runtime.advance(BACK - NOON)
        assert house.seen(ANA)


async def test_what_can_wait_does_not_wait_for_who_is_away(make: Make):
    """
    Of low urgency takes the next step at once too, where only somebody who is away was asked.
    """
    world = World()
    ladder = (Rung(after=900, people=(Party("ben"),)),)
    low = RULE.model_copy(
        update={"urgency": "low", "where": Where(targets=("people",), ladder=ladder), "reassign": None}
    )
    async with make(world.deployer(world.deploy()), rules=(low,), people=absent()) as house:
        await house.write(RITA, "go")

        assert [(0, "away")] == await steps(house)
        assert "Approve deploy?" == house.card(BEN).text


async def test_a_deputy_who_is_away_is_passed_over(make: Make):
    """
    Their own deputy decides then, once for both.
    """
    world = World()
    people = absent("ana ben", ana={"deputy": Party("ben")})
    async with make(world.deployer(world.deploy()), rules=(BOTH,), people=people) as house:
        await house.write(RITA, "go")

        assert [("ana", "carla", BACK)] == await handed(house)
        assert ([], []) == (house.seen(ANA), house.seen(BEN))
        assert "Approve deploy?" == house.card(CARLA).text


async def test_an_absence_that_begins_while_a_card_waits(make: Make):
    """
    Ana sleeps when it is asked, and is away in the morning: her deputy is asked then.
    """
    world = World()
    people = absent(ana={"quiet": NIGHT, "away": (hours.days("2023-11-15", "UTC"),)})
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=people) as house:
        await house.write(RITA, "go")
        assert ([], []) == (house.seen(ANA), house.seen(CARLA))
        await house.runtime.advance(31_601)

        until = "00:00 UTC on Thu 16 Nov"
        assert f"Ana is away until {until}; Carla decides in their stead." == house.texts(RITA)[-1]
        assert [] == house.seen(ANA)
        assert (f"Carla may decide in the stead of Ana, who is away until {until}.",) == house.card(CARLA).card.notes
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


async def test_it_is_handed_to_somebody_who_is_away(make: Make):
    """
    Their deputy is asked, as whoever took it could have delegated it.
    """
    world = World()
    rule = RULE.model_copy(
        update={
            "who": Who(people=(Party("ben"),)),
            "reassign": Who(people=(Party("ana"), Party("carla"))),
            "where": Where(targets=("people", OPS)),
        }
    )
    async with make(world.deployer(world.deploy()), rules=(rule,), people=absent()) as house:
        await house.write(RITA, "go")
        await hand(house, BEN, "ana")

        assert f"Ben has handed “Approve deploy?” to Ana, who is asked now. {STEAD}" == house.texts(RITA)[-1]
        assert ("Handed to Ana by Ben, 22:13 UTC.", NOTE) == house.card(CARLA).card.notes
        assert [] == house.seen(ANA)
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


async def test_it_is_handed_to_who_is_away_alone(make: Make):
    """
    Whose card has waited as long as somebody else was asked too is shown it then.
    """
    world = World()
    rule = BOTH.model_copy(update={"reassign": Who(people=(Party("ana"),)), "where": Where(targets=("people", OPS))})
    async with make(world.deployer(world.deploy()), rules=(rule,), people=absent(deputy=None)) as house:
        await house.write(RITA, "go")
        assert [] == house.seen(ANA)
        await hand(house, BEN, "ana")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_a_changed_call_keeps_the_deputy(make: Make):
    """
    Where its rule permits it, as of every hand-over.
    """
    world = World()
    two = BOTH.model_copy(update={"who": BOTH.who.model_copy(update={"quorum": 2})})
    async with make(world.deployer(editable(world)), rules=(two,), people=absent()) as house:
        await house.write(RITA, "go")
        await edit(house, BEN, house.card(BEN).request, tag="v2")
        assert [("ana", "carla", BACK)] == await handed(house)
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE, revision=1)

        assert [("production", "v2", 1)] == world.deployed


async def test_a_changed_call_that_is_for_who_is_away_alone(make: Make):
    """
    Whose card has waited is shown it then: there is nobody else any more.
    """
    world = World()
    changed = RULE.model_copy(update={"when": {"tag": "v2"}})
    async with make(world.deployer(editable(world)), rules=(changed, BOTH), people=absent(deputy=None)) as house:
        await house.write(RITA, "go")
        assert [] == house.seen(ANA)
        await edit(house, BEN, house.card(BEN).request, tag="v2")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE, revision=1)

        assert [("production", "v2", 1)] == world.deployed


async def test_a_reminder_waits_too(make: Make):
    """
    Who was asked before they left is reminded when they are back.
    """
    world = World()
    reminded = BOTH.model_copy(update={"where": Where(targets=("people",), reminders=(2 * DAY,))})
    people = absent(ana={"away": (hours.days("2023-11-16/2023-11-20", "UTC"),)})
    async with make(world.deployer(world.deploy()), rules=(reminded,), people=people) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(2 * DAY + 1)
        assert (1, 2) == (len(house.seen(ANA)), len(house.seen(BEN)))
        await house.runtime.advance(BACK - NOON - 2 * DAY)
        assert 2 == len(house.seen(ANA))


async def test_it_outlives_a_crash(make: Make):
    """
    Who was delegated, and whose copy waits, stands in the store.
    """
    world = World()
    agent = world.deployer(world.deploy())
    async with make(agent, rules=(RULE,), people=absent()) as house:
        await house.write(RITA, "go")
    async with make(agent, rules=(RULE,), people=absent()) as house:
        row = await house.store.request(house.card(CARLA).request)
        assert ({"slack:T1/UANA": BACK}, ("slack:T1/UANA",)) == (row.waiting, row.away)
        await house.press(CARLA, row.id, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


async def test_who_is_away_has_no_turn_where_others_are_there(make: Make):
    """
    Asked in turn, Ben is before Ana; only where it takes both her deputy is asked.
    """
    world = World()
    turn = BOTH.model_copy(update={"where": Where(targets=("people",), in_turn=True)})
    async with make(world.deployer(world.deploy()), rules=(turn,), people=absent()) as house:
        for _ in range(2):
            await house.write(RITA, "go")
            assert f"I have asked Ben. {UNTIL} {DROP}" == house.texts(RITA)[-1]
            await house.press(BEN, house.card(BEN).request, Decision.APPROVE)
        assert ([], []) == (await handed(house), house.seen(CARLA))
        house.world.rules[0] = turn.model_copy(update={"who": turn.who.model_copy(update={"quorum": 2})})
        await house.write(RITA, "go")
        assert [("ana", "carla", BACK)] == await handed(house)
        assert [NOTE] == list(house.card(CARLA).card.notes[:1])
