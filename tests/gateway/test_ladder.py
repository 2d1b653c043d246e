"""
Requests that nobody answers: others are asked, and people are reminded.
"""

from __future__ import annotations

import pytest

from adapters.base import Part
from adapters.errors import Rejected, Unreachable
from agent_core.addresses import Identity, Party
from agent_core.events import RequestEscalated, RequestReminded, RequestSettled
from agent_core.policy import Person, Rule
from agent_core.requests import Decision, Outcome, Rung, Where, Who
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OPS, PEOPLE, RITA, House, Make

CARLA = "UCARLA"
THREE = [*PEOPLE, Person(id=Party("carla"), name="Carla", identities=(Identity(f"slack:T1/{CARLA}"),), roles=("boss",))]
LADDER = (Rung(after=900, roles=("boss",)), Rung(after=1_800, targets=(OPS,)))
RULE = Rule(
    tool="deploy",
    who=Who(people=(Party("ana"),)),
    where=Where(targets=("people",), ladder=LADDER, reminders=(600,)),
    patience=3_600,
)


async def steps(house: House) -> list[tuple[int, str]]:
    return [(e.rung, e.cause) for e in await house.log() if isinstance(e, RequestEscalated)]


async def test_the_next_is_asked_when_nobody_decides(make: Make):
    """
    After its patience each step asks its people, who may decide from then on; the requester reads it.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        await house.write(RITA, "go")
        assert [[], []] == [house.seen(CARLA), house.seen(OPS)]
        request = house.card(ANA).request
        await house.press(CARLA, request, Decision.APPROVE)
        assert [] == world.deployed
        await house.runtime.advance(901)

        assert "Nobody has decided “Approve deploy?” yet, so I am asking Carla too." == house.texts(RITA)[-1]
        assert [(0, "silence")] == await steps(house)
        await house.runtime.advance(900)
        assert [(0, "silence"), (1, "silence")] == await steps(house)
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed
        settled = ("Approved by Carla, 22:43 UTC", "deploy done, 22:43 UTC")
        assert [settled] * 3 == [house.card(place).card.notes for place in (ANA, CARLA, OPS)]


async def test_a_reminder_that_comes_twice_is_given_once(make: Make, monkeypatch: pytest.MonkeyPatch):
    """
    A timer that was set anew while its conversation was being decided may be given twice.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        due = house.store._due_timers
        twice = lambda: {place: [*timers, *timers] for place, timers in due().items()}  # noqa: E731
        monkeypatch.setattr(house.store, "_due_timers", twice)
        await house.write(RITA, "go")
        await house.runtime.advance(901)

        assert 1 == len([e for e in await house.log() if isinstance(e, RequestReminded)])
        assert [(0, "silence")] == await steps(house)


async def test_a_reminder_is_said_once_and_not_after_the_answer(make: Make):
    """
    Who was asked is reminded in the conversation of the card, with its code; what is decided reminds nobody.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        await house.write(RITA, "go")
        code = house.card(ANA).card.code
        await house.runtime.advance(601)
        how = f"Answer on its card, or begin your reply with {code}."
        said = f"“Approve deploy?” still waits for an answer, until 23:13 UTC. {how}"
        assert [said] == house.texts(ANA)[1:]
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        await house.write(RITA, "go")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        await house.runtime.advance(3_601)

        assert 1 == len([e for e in await house.log() if isinstance(e, RequestReminded)])
        assert [] == await steps(house)


async def test_a_claim_stops_the_ladder(make: Make):
    """
    Who is on it is shown, and nobody else is asked; a second claim is told whose it is, and others may decide.
    """
    world = World()
    both = RULE.model_copy(update={"who": Who(people=(Party("ana"), Party("ben")))})
    async with make(world.deployer(world.deploy()), rules=(both,), people=THREE) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        assert "I am on it" == dict(house.card(BEN).card.buttons)[Decision.CLAIM]
        await house.press(ANA, request, Decision.CLAIM)
        assert [("Ana is on it.",)] * 2 == [house.card(place).card.notes for place in (ANA, BEN)]
        await house.press(BEN, request, Decision.CLAIM)
        assert "Ana is on it already. You can decide it all the same." == house.texts(BEN)[-1]
        await house.press(RITA, request, Decision.CLAIM)
        await house.runtime.advance(2_000)
        assert ([], []) == (await steps(house), house.seen(CARLA))
        await house.press(BEN, request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_a_place_that_cannot_be_reached_costs_no_patience(make: Make):
    """
    Where no card reaches anybody the next step is taken at once.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        house.channel.fault = refuse(ANA)
        await house.write(RITA, "go")

        assert [(0, "undeliverable")] == await steps(house)
        assert "I could not reach anybody about “Approve deploy?”, so I am asking Carla." == house.texts(RITA)[-1]
        await house.press(CARLA, house.card(CARLA).request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


async def test_a_ladder_with_no_one_left_ends_in_words(make: Make):
    """
    When the last step reaches nobody either, the request is undeliverable and its run is on hold.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        house.channel.fault = refuse(ANA, CARLA, OPS)
        await house.write(RITA, "go")

        (settled,) = [e for e in await house.log() if isinstance(e, RequestSettled)]
        assert Outcome.UNDELIVERABLE is settled.settlement.outcome
        assert [(0, "undeliverable"), (1, "undeliverable")] == await steps(house)
        assert [("parked", "undeliverable")] == await house.status()


async def test_nobody_to_ask_at_first(make: Make):
    """
    Where nobody of the first step has an account, the ladder begins with the next.
    """
    world = World()
    nowhere = [person.model_copy(update={"identities": ()}) if person.id == "ana" else person for person in THREE]
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=nowhere) as house:
        await house.write(RITA, "go")

        assert [(0, "no_route")] == await steps(house)
        assert "I am asking Carla about “Approve deploy?”." == house.texts(RITA)[-1]


async def test_steps_that_fell_due_while_nobody_was_there(make: Make):
    """
    After a stop beyond two steps both are taken once, and the deadline still counts from the first copy sent.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        await house.write(RITA, "go")
        runtime = house.runtime
    await runtime.advance(2_000)
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        await house.runtime.settle()
        assert [(0, "silence"), (1, "silence")] == await steps(house)
        await house.runtime.advance(1_601)
        assert [("parked", "expired")] == await house.status()
        assert (2, 0) == (len(await steps(house)), len(await timers(house)))


async def test_steps_count_from_a_first_copy_before_the_opening(make: Make):
    """
    Where the machine's clock was set back before a restart, the first copy is sent "before" its request was opened:
    the deadline and every step count from there.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        house.channel.fault = raising(Unreachable("no route to host"))
        await house.write(RITA, "go")
        runtime = house.runtime
    runtime.jump(-7_200)
    house.channel.fault = lambda part: None
    async with make(world.deployer(world.deploy()), rules=(RULE,), people=THREE) as house:
        await house.runtime.settle()
        await runtime.advance(601)
        assert 2 == len(house.texts(ANA))
        await runtime.advance(300)
        assert [(0, "silence")] == await steps(house)
        await runtime.advance(900)
        assert [(0, "silence"), (1, "silence")] == await steps(house)
        await runtime.advance(1_800)

        assert [("parked", "expired")] == await house.status()
        assert [] == await timers(house)


async def test_a_first_copy_that_comes_late_leaves_out_no_step(make: Make):
    """
    Where the first copy is late by more than lies between two steps, each is taken all the same, in its order.
    """
    world, close = World(), (LADDER[0], LADDER[1].model_copy(update={"after": 1_000}))
    rule = RULE.model_copy(update={"where": RULE.where.model_copy(update={"ladder": close})})
    async with make(world.deployer(world.deploy()), rules=(rule,), people=THREE) as house:
        house.channel.fault = raising(Unreachable("no route to host"))
        await house.write(RITA, "go")
        await house.runtime.advance(500)
        house.channel.fault = lambda part: None
        await house.runtime.advance(860)
        assert [] == await steps(house)
        await house.runtime.advance(260)

        assert [(0, "silence"), (1, "silence")] == await steps(house)


async def timers(house: House) -> list[object]:
    return house.store._reader.execute("SELECT * FROM timers").fetchall()


def raising(error: Exception):
    """A channel that takes nothing at all."""

    def fault(part: Part) -> None:
        raise error

    return fault


def refuse(*places: str):
    """A channel that takes nothing in some places."""
    full = [place if ":" in place else f"slack:T1/{place}" for place in places]

    def fault(part: Part) -> None:
        if part.conversation in full:
            raise Rejected("channel_not_found", permanent=True)

    return fault
