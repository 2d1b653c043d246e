"""
Quiet hours: what waits for them, and what does not. It is 22:13 UTC when a run asks, and Ana sleeps until 07:00.
"""

from __future__ import annotations

from agent_core import hours
from agent_core.addresses import Identity, Party
from agent_core.events import RequestOpened
from agent_core.policy import Person, Rule
from agent_core.requests import Decision, Rung, Where, Who
from agent_core.wanted import Question
from tests.gateway.agents import World, asker
from tests.gateway.house import ANA, BEN, OPS, PEOPLE, RITA, Make
from tests.gateway.test_editing import edit, editable
from tests.gateway.test_ladder import CARLA, THREE, refuse, steps, timers
from tests.runtime import NOON

NIGHT = (hours.parse("22:00-07:00"),)
LONG = 31_601  # seconds until 07:00
PATIENCE = 3_600.0
HELD = Rule(tool="deploy", who=Who(people=(Party("ana"),)), where=Where(targets=("people",)), patience=PATIENCE)
BOTH = HELD.model_copy(update={"who": Who(people=(Party("ana"), Party("ben")))})
DROP = "To drop it, write: drop"


def asleep(*ids: str, of: tuple[Person, ...] = (*THREE,)) -> list[Person]:
    return [person.model_copy(update={"quiet": NIGHT}) if person.id in ids else person for person in of]


def laddered(*rungs: Rung) -> Rule:
    return HELD.model_copy(update={"where": Where(targets=("people",), ladder=rungs)})


async def test_a_card_waits_until_quiet_hours_are_over(make: Make):
    """
    Nothing is shown to Ana in the night; who asked reads when she is asked, and the deadline counts from then.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(HELD,), people=asleep("ana")) as house:
        await house.write(RITA, "go")
        later = "Ana has quiet hours, and is asked at 07:00 UTC on Wed 15 Nov."
        assert f"{later} They have until 08:00 UTC on Wed 15 Nov. {DROP}" == house.texts(RITA)[-1]
        await house.runtime.advance(LONG - 60)
        assert [] == house.seen(ANA)
        await house.runtime.advance(60)
        assert house.runtime.now() + PATIENCE - 2 < house.card(ANA).card.due < house.runtime.now() + PATIENCE
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed
        assert [] == await timers(house)


async def test_a_request_that_waited_expires_after_its_patience(make: Make):
    """
    What nobody answers after the night ends as any other does: its whole patience after its first copy.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(HELD,), people=asleep("ana")) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(LONG)
        await house.runtime.advance(PATIENCE - 60)
        assert [("waiting", "Approve deploy?")] == await house.status()
        await house.runtime.advance(61)

        assert [("parked", "expired")] == await house.status()


async def test_what_is_urgent_wakes_people(make: Make):
    """
    A request of high urgency goes out at once, whatever the hour.
    """
    question = Question("Fire?", to=Who(people=(Party("ana"),)), where=Where(targets=("people",)), urgency="high")
    async with make(asker(question), people=asleep("ana")) as house:
        await house.write(RITA, "go")

        assert "Fire?" == house.card(ANA).text


async def test_who_is_awake_is_asked_at_once(make: Make):
    """
    Of several people those who are awake get theirs; who sleeps gets one in the morning, as it stands then.
    """
    world = World()
    two = BOTH.model_copy(update={"who": BOTH.who.model_copy(update={"quorum": 2}), "patience": 86_400.0})
    async with make(world.deployer(world.deploy()), rules=(two,), people=asleep("ana")) as house:
        await house.write(RITA, "go")
        later = "Ana has quiet hours, and is asked at 07:00 UTC on Wed 15 Nov."
        until = "They have until 22:13 UTC on Wed 15 Nov."
        assert f"I have asked Ben. {until} {later} {DROP}" == house.texts(RITA)[-1]
        await house.press(BEN, house.card(BEN).request, Decision.APPROVE)
        assert ([], []) == (house.seen(ANA), world.deployed)
        await house.runtime.advance(LONG)

        assert ("Approved so far by Ben.", "Still needed: one approval of Ana or Ben.") == house.card(ANA).card.notes
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


async def test_a_change_that_ends_it_leaves_nobody_to_be_woken(make: Make):
    """
    Who changes a call and so approves it has ended it: no timer is left of it for whoever sleeps.
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=(BOTH,), people=asleep("ana")) as house:
        await house.write(RITA, "go")
        await edit(house, BEN, house.card(BEN).request, tag="v2")

        assert [("production", "v2", 1)] == world.deployed
        assert [] == await timers(house)


async def test_what_is_decided_meanwhile_is_not_shown(make: Make):
    """
    Where somebody else has decided in the night, nobody is told of it in the morning.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(BOTH,), people=asleep("ana")) as house:
        await house.write(RITA, "go")
        await house.press(BEN, house.card(BEN).request, Decision.APPROVE)
        assert [] == await timers(house)
        await house.runtime.advance(LONG)

        assert ([], [("production", "v1", 1)]) == (house.seen(ANA), world.deployed)


async def test_a_step_whose_people_sleep_costs_no_patience(make: Make):
    """
    The ladder goes on at once past whoever sleeps; they are asked in the morning all the same, if it is open still.
    """
    world = World()
    rule = laddered(Rung(after=900, people=(Party("ben"),)), Rung(after=1_800, roles=("boss",)))
    rule = rule.model_copy(update={"patience": 86_400.0})
    async with make(world.deployer(world.deploy()), rules=(rule,), people=asleep("ana", "ben")) as house:
        await house.write(RITA, "go")
        assert [(0, "quiet"), (1, "quiet")] == await steps(house)
        assert ([], []) == (house.seen(ANA), house.seen(BEN))
        assert [
            "Nobody has decided “Approve deploy?” yet. Ben has quiet hours, and is asked at 07:00 UTC on Wed 15 Nov.",
            "Quiet hours hold up “Approve deploy?”, so I am asking Carla too.",
        ] == house.texts(RITA)[-2:]
        assert house.runtime.now() + 86_400 == house.card(CARLA).card.due
        await house.runtime.advance(LONG)
        assert [1, 1] == [len(house.seen(ANA)), len(house.seen(BEN))]
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_behind_the_last_step_it_is_waited(make: Make):
    """
    Where everybody sleeps, to the end of the ladder, the first copies go out when the first of them wake.
    """
    world = World()
    rule = laddered(Rung(after=900, roles=("boss",)))
    early = [p.model_copy(update={"quiet": (hours.parse("22:00-05:00"),)}) if p.id == "carla" else p for p in THREE]
    async with make(world.deployer(world.deploy()), rules=(rule,), people=asleep("ana", of=tuple(early))) as house:
        await house.write(RITA, "go")
        assert [(0, "quiet")] == await steps(house)
        await house.runtime.advance(LONG - 7_200)
        assert ([], 1) == (house.seen(ANA), len(house.seen(CARLA)))
        await house.runtime.advance(PATIENCE - 60)
        assert [("waiting", "Approve deploy?")] == await house.status()
        await house.runtime.advance(61)

        assert [("parked", "expired")] == await house.status()


async def test_a_step_later_in_the_ladder_is_passed_over(make: Make):
    """
    A step that asks nobody but sleepers is followed by the next at once, though others have their cards.
    """
    world = World()
    rule = laddered(Rung(after=900, people=(Party("ben"),)), Rung(after=1_800, roles=("boss",)))
    async with make(world.deployer(world.deploy()), rules=(rule,), people=asleep("ben")) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(901)

        assert [(0, "silence"), (1, "quiet")] == await steps(house)
        assert (1, [], 1) == (len(house.seen(ANA)), house.seen(BEN), len(house.seen(CARLA)))


async def test_a_reminder_waits_likewise(make: Make):
    """
    Reminders that fall into the night come as one in the morning, and to who is awake at their time.
    """
    world = World()
    where = Where(targets=("people",), reminders=(600.0, 1_200.0))
    rule = BOTH.model_copy(update={"where": where, "patience": 86_400.0})
    late = [p.model_copy(update={"quiet": (hours.parse("22:15-07:00"),)}) if p.id == "ana" else p for p in PEOPLE]
    async with make(world.deployer(world.deploy()), rules=(rule,), people=late) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(1_201)
        assert (1, 3) == (len(house.seen(ANA)), len(house.seen(BEN)))
        await house.runtime.advance(LONG)
        assert (2, 3) == (len(house.seen(ANA)), len(house.seen(BEN)))

        assert "still waits for an answer" in house.texts(ANA)[-1]


async def test_where_it_was_asked_it_is_shown(make: Make):
    """
    Whoever is asked in the conversation in which they have just asked is awake; only reminders wait there.
    """
    world = World()
    rule = HELD.model_copy(update={"where": Where(targets=("origin",), reminders=(600.0,)), "patience": 86_400.0})
    async with make(world.deployer(world.deploy()), rules=(rule,), people=asleep("ana")) as house:
        await house.write(ANA, "go")
        assert 1 == len(house.seen(ANA))
        await house.runtime.advance(601)
        assert 1 == len(house.seen(ANA))
        await house.runtime.advance(LONG)
        assert 2 == len(house.seen(ANA))


async def test_who_sees_it_anyway_decides(make: Make):
    """
    Where others read too nothing waits, and somebody in their quiet hours decides there as ever.
    """
    world = World()
    rule = HELD.model_copy(update={"where": Where(targets=("people", OPS))})
    async with make(world.deployer(world.deploy()), rules=(rule,), people=asleep("ana")) as house:
        await house.write(RITA, "go")
        assert [] == house.seen(ANA)
        await house.press(ANA, house.card(OPS).request, Decision.APPROVE, at=OPS)

        assert [("production", "v1", 1)] == world.deployed


async def test_a_card_waits_across_a_kill(make: Make):
    """
    What waits is stored: after a crash it is shown when the night is over, once.
    """
    world = World()
    people = asleep("ana")
    async with make(world.deployer(world.deploy()), rules=(HELD,), people=people) as house:
        await house.write(RITA, "go")
        runtime = house.runtime
    await runtime.advance(3_600)
    async with make(world.deployer(world.deploy()), rules=(HELD,), people=people) as house:
        await house.runtime.settle()
        assert [] == house.seen(ANA)
        await house.runtime.advance(LONG - 3_600)
        assert 1 == len(house.seen(ANA))
        assert NOON + LONG - 1 + PATIENCE == house.card(ANA).card.due
    async with make(world.deployer(world.deploy()), rules=(HELD,), people=people) as house:
        await house.runtime.settle()
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert ([("production", "v1", 1)], 1) == (world.deployed, len(house.seen(ANA)))


async def test_a_gateway_that_was_away_by_day_waits_for_the_next(make: Make):
    """
    If it is night again when the gateway comes back, the card waits once more, and does not expire unseen.
    """
    world = World()
    people = asleep("ana")
    rule = HELD.model_copy(update={"patience": 86_400.0})
    async with make(world.deployer(world.deploy()), rules=(rule,), people=people) as house:
        await house.write(RITA, "go")
        runtime = house.runtime
    await runtime.advance(86_400)
    async with make(world.deployer(world.deploy()), rules=(rule,), people=people) as house:
        await house.runtime.settle()
        assert [] == house.seen(ANA)
        await house.runtime.advance(LONG)
        assert 1 == len(house.seen(ANA))
        await house.runtime.advance(86_000)
        assert [("waiting", "Approve deploy?")] == await house.status()


async def test_a_changed_call_waits_too(make: Make):
    """
    Whoever sleeps is shown the changed call in the morning, with what was changed on the card that they had.
    """
    world = World()
    late = [p.model_copy(update={"quiet": (hours.parse("22:15-07:00"),)}) if p.id == "ana" else p for p in PEOPLE]
    two = BOTH.model_copy(update={"who": BOTH.who.model_copy(update={"quorum": 2}), "patience": 86_400.0})
    async with make(world.deployer(editable(world)), rules=(two,), people=late) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(120)
        assert {} == await edit(house, BEN, house.card(BEN).request, tag="v2")
        assert ([1, 2], ()) == ([len(house.seen(user)) for user in (ANA, BEN)], house.card(ANA).card.notes[2:])
        await house.runtime.advance(LONG)
        old, new = house.seen(ANA)
        assert "Changed by Ben: tag: v1 → v2." in old.card.notes[-1]
        assert "v2" == dict(new.card.facts)["tag"]
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert [("production", "v2", 1)] == world.deployed


async def test_the_log_says_who_waits(make: Make):
    """
    What was opened says which places show it later, and until when they wait.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(HELD,), people=asleep("ana")) as house:
        await house.write(RITA, "go")

        (opened,) = [event for event in await house.log() if isinstance(event, RequestOpened)]
        assert {"slack:T1/UANA": 1_700_031_600.0} == opened.waiting


# Contact order -------------------------------------------------------------------------------------------------------

SECOND = "UANA2"


def with_two(*more: str) -> list[Person]:
    """Ana has accounts after each other: one that is on no channel of ours, her own, and these."""
    names = ("irc:T1/UANA", "slack:T1/UANA", *(f"slack:T1/{one}" for one in more))
    return [p.model_copy(update={"identities": tuple(map(Identity, names))}) if p.id == "ana" else p for p in THREE]


async def test_people_are_reached_in_their_order(make: Make):
    """
    The first account on a channel that there is gets the card, and no other.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(HELD,), people=with_two(SECOND)) as house:
        await house.write(RITA, "go")

        assert (1, 0) == (len(house.seen(ANA)), len(house.seen(SECOND)))


async def test_the_next_account_comes_before_the_next_step(make: Make):
    """
    Whom a card does not reach is shown it at their next account at once; the ladder waits its time.
    """
    world = World()
    rule = laddered(Rung(after=900, roles=("boss",)))
    async with make(world.deployer(world.deploy()), rules=(rule,), people=with_two(SECOND)) as house:
        house.channel.fault = refuse(ANA)
        await house.write(RITA, "go")
        assert (1, [], [(None, "undeliverable")]) == (len(house.seen(SECOND)), house.seen(CARLA), await steps(house))
        await house.runtime.advance(901)
        assert [(None, "undeliverable"), (0, "silence")] == await steps(house)
        await house.press(SECOND, house.card(SECOND).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_where_no_account_is_left_the_ladder_goes_on(make: Make):
    """
    When the last account of somebody fails too, the next step is taken at once.
    """
    world = World()
    rule = laddered(Rung(after=900, roles=("boss",)))
    async with make(world.deployer(world.deploy()), rules=(rule,), people=with_two(SECOND)) as house:
        house.channel.fault = refuse(ANA, SECOND)
        await house.write(RITA, "go")

        assert [(None, "undeliverable"), (0, "undeliverable")] == await steps(house)
        assert 1 == len(house.seen(CARLA))


async def test_one_of_two_is_reached_elsewhere(make: Make):
    """
    Though another person's copy arrived, who was not reached is shown it at their next account.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(BOTH,), people=with_two(SECOND)) as house:
        house.channel.fault = refuse(ANA)
        await house.write(RITA, "go")

        assert (1, 1) == (len(house.seen(SECOND)), len(house.seen(BEN)))


async def test_the_next_account_of_a_sleeper_waits(make: Make):
    """
    Whose account fails in the morning is asked at the next; whose account fails at night sleeps there too.
    """
    world = World()
    people = [p.model_copy(update={"quiet": NIGHT}) if p.id == "ana" else p for p in with_two(SECOND)]
    async with make(world.deployer(world.deploy()), rules=(HELD,), people=people) as house:
        house.channel.fault = refuse(ANA)
        await house.write(RITA, "go")
        await house.runtime.advance(LONG)
        assert 1 == len(house.seen(SECOND))
        await house.press(SECOND, house.card(SECOND).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed
