"""
What people read on a card, before and after it is decided.
"""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from adapters.base import Part
from adapters.errors import Rejected
from agent_core.requests import Choice, Decision, Kind
from agent_core.run import Run, agent
from agent_core.tools import tool
from agent_core.wanted import Question
from gateway import cards
from tests.agent_core.logs import a_request
from tests.gateway.agents import Target, World, asker
from tests.gateway.house import ANA, BEN, OPS, RITA, House, Make
from tests.runtime import HandRuntime

SOON = "22:13 UTC"


def notes(house: House, number: int = -1) -> list[Sequence[str]]:
    return [house.card(place, number).card.notes for place in (ANA, BEN, OPS)]


async def press(house: House, decision: Decision, *, who: str = ANA) -> None:
    await house.press(who, house.card(who).request, decision)


@pytest.mark.parametrize(
    ("decision", "told"),
    [
        (Decision.APPROVE, (f"Approved by Ana, {SOON}", f"deploy done, {SOON}")),
        (Decision.DENY, (f"Denied by Ana, {SOON}",)),
    ],
)
async def test_a_decision_stands_on_every_copy(make: Make, decision: Decision, told: tuple[str, ...]):
    """
    Who decided what, when, and what came of it.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await press(house, decision)

        assert [told] * 3 == notes(house)


async def test_a_denial_says_why(make: Make):
    """
    The reason that somebody wrote stands behind it.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.deny(ANA, house.card(ANA).request, "Not on a Friday.")

        assert [(f"Denied by Ana, {SOON}: Not on a Friday.",)] * 3 == notes(house)


async def test_a_failure_says_what_failed(make: Make):
    """
    Approved is not done: people read what the tool said.
    """

    @tool(name="deploy")
    async def deploy(arguments: Target) -> str:
        raise RuntimeError("quota exceeded\nTraceback")

    async with make(World().deployer(deploy)) as house:
        await house.write(RITA, "go")
        await press(house, Decision.APPROVE)

        assert [(f"Approved by Ana, {SOON}", f"deploy failed, {SOON}: RuntimeError: quota exceeded")] * 3 == notes(
            house
        )


async def test_time_that_runs_out_and_a_requester_who_drops_it(make: Make, runtime: HandRuntime):
    """
    Nobody is made out to have denied anything.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "drop")
        assert [(f"Cancelled by Rita, {SOON}",)] * 3 == notes(house)
        await house.write(RITA, "go")
        await runtime.advance(3_700)

        assert [("Expired, 23:13 UTC: nobody answered",)] * 3 == notes(house)


async def test_a_request_that_reaches_nobody_tells_its_owner_why(make: Make):
    """
    The requester reads that it reached nobody; the owner, what the vendor said.
    """

    def refuse(part: Part) -> None:
        if part.kind == "ask":
            raise Rejected("Slack answers user_disabled", permanent=True)

    world = World()
    async with make(world.deployer(world.deploy())) as house:
        house.channel.fault = refuse
        await house.write(RITA, "go")

        assert house.texts(RITA)[-1].startswith(
            "This is on hold: “Approve deploy?” could not be delivered to anybody. Its"
        )
        assert (
            "“Approve deploy?” could not be delivered to anybody (Slack answers user_disabled)." in house.texts(BEN)[-1]
        )


@pytest.mark.parametrize(
    ("decision", "on_first", "on_doubt"),
    [
        (
            Decision.APPROVE,
            "deploy was interrupted. Ana says: run it again, 22:14 UTC",
            "Ana says: run it again, 22:14 UTC",
        ),
        (
            Decision.DID_RUN,
            "deploy was interrupted. Ana says it did run, 22:14 UTC",
            "Ana says it did run, 22:14 UTC",
        ),
        (
            Decision.DENY,
            "deploy was interrupted. Stopped by Ana, 22:14 UTC",
            "Stopped by Ana, 22:14 UTC",
        ),
    ],
)
async def test_a_doubt_is_told_on_both_cards(
    make: Make, runtime: HandRuntime, decision: Decision, on_first: str, on_doubt: str
):
    """
    The card that approved the call says what happened to it, the one about the doubt what was said.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True, limit=60))) as house:
        await house.write(RITA, "go")
        await press(house, Decision.APPROVE)
        await runtime.advance(61)
        await press(house, decision)

        assert [(f"Approved by Ana, {SOON}", on_first)] * 3 == notes(house, 0)
        assert [(on_doubt,)] * 3 == notes(house)


async def test_whoever_is_asked_themselves_is_not_told_that_they_asked(make: Make):
    """
    A question to the requester comes from the agent, and their silence is theirs.
    """
    question = Question("Which region?", choices=(Choice(name="eu", label="Europe"),))
    async with make(asker(question)) as house:
        await house.write(RITA, "go")
        card = house.card(RITA).card

        assert "Asked by the agent bot" == card.asker
        assert "If you do not, nothing happens, and this is put on hold." == card.silence
        await house.press(RITA, house.card(RITA).request, Decision.ANSWER, value="eu")
        assert (f"Answered by Rita, {SOON}: Europe",) == house.card(RITA).card.notes


async def test_a_value_cannot_look_like_another(make: Make):
    """
    What turns text around, or is not seen, is written out where people decide.
    """
    world = World()
    deploy = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.call(deploy, Target(tag="v1\u202e9.1v\u200b"), why="safe\u202eefas")

    async with make(bot) as house:
        await house.write(RITA, "go")
        card = house.card(ANA).card

        assert ("tag", "v1[U+202E]9.1v[U+200B]") in card.facts
        assert "safe[U+202E]efas" == card.why


def test_a_form_whose_words_were_erased_has_no_fields():
    """
    What is said of it later, a late answer for instance, is said without them.
    """
    assert () == cards.fields(a_request(kind=Kind.FORM, answer_schema=None))
