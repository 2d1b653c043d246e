"""
What one person and one run may use.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from agent_core import events
from agent_core.requests import Decision
from agent_core.run import Agent, Run, agent
from gateway.limits import HOUR
from gateway.models.base import Answer
from tests.gateway.agents import asker, echo
from tests.gateway.house import OPS, RITA, House, Make

REFUSED = "You have started me very often within the last hour. Please try again in a while."


class Step(BaseModel):
    """One step of a model."""

    number: int


def stepper(steps: int) -> Agent:
    """An agent that asks its model so many times."""

    @agent(name="bot")
    async def bot(run: Run) -> None:
        for _ in range(steps):
            await run.next_step(Step, context=lambda thread: "x" * 40)
        await run.reply("all done")

    return bot


def costs(tokens: int | None) -> Any:
    return lambda context, schema: Answer('{"number": 1}', tokens)


async def runs(house: House) -> int:
    return len(await house.store.starts(0.0))


async def test_a_person_starts_so_many_runs_an_hour(make: Make):
    """
    The third start of two is refused, told once, in every conversation; an hour after the first one more is let in.
    """
    async with make(asker(), starts_per_hour=2) as house:
        await house.write(RITA, "one")
        await house.runtime.advance(60)
        await house.write(RITA, "two", at=OPS)
        for number in range(3):
            await house.runtime.advance(120)
            await house.write(RITA, f"more {number}")
        assert 2 == await runs(house)
        assert 1 == house.texts(RITA).count(REFUSED)
        await house.write("UBEN", "mine")
        assert 3 == await runs(house)
        await house.runtime.advance(HOUR - 400)
        await house.write(RITA, "again")

        assert 4 == await runs(house)


async def test_a_restart_forgives_nothing(make: Make):
    """
    What was started before a restart counts after it.
    """
    async with make(asker(), starts_per_hour=1) as house:
        await house.write(RITA, "one")
    async with make(asker(), starts_per_hour=1) as house:
        await house.write(RITA, "two")

        assert 1 == await runs(house)
        assert [REFUSED] == house.texts(RITA)


async def test_of_many_at_once_only_so_many_start(make: Make):
    """
    Messages that are decided together do not slip through together.
    """
    async with make(asker(), starts_per_hour=2) as house:
        for number in range(5):
            await house.write(RITA, f"at once {number}", at=OPS, settle=False)
        await house.runtime.settle()

        assert 2 == await runs(house)


async def test_what_is_said_to_a_run_is_no_start(make: Make):
    """
    Somebody who may start no more can still speak to the run that they have.
    """
    async with make(echo, starts_per_hour=1) as house:
        await house.write(RITA, "hello")
        await house.write(RITA, "you there?")

        assert "Rita said: you there?" == house.texts(RITA)[-1]


async def test_at_its_tokens_a_run_asks_its_owner(make: Make):
    """
    With 100 tokens and 40 a step the fourth step waits for the owner; told to go on, the run may use as many again.
    """
    async with make(stepper(5), script=costs(40), tokens_per_run=100) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(1)
        (row,) = await house.store.requests(status="open")
        assert "120 tokens were used. Go on?" == row.title
        assert 3 == (await house.names()).count("ModelAnswered")
        assert "120 tokens were used. Go on?" == house.card("UBEN").text
        await house.press("UBEN", row.id, Decision.ANSWER, value="go_on")
        await house.runtime.advance(1)

        assert 5 == (await house.names()).count("ModelAnswered")
        assert [("ended", "done")] == await house.status()


async def test_a_run_that_is_stopped_at_its_tokens_ends(make: Make):
    """
    Told to stop, it ends, and whoever asked reads so.
    """
    async with make(stepper(5), script=costs(100), tokens_per_run=100) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(1)
        (row,) = await house.store.requests(status="open")
        await house.press("UBEN", row.id, Decision.ANSWER, value="stop")
        await house.runtime.advance(1)

        assert [("ended", "failed")] == await house.status()
        assert "My owner stopped this." == house.texts(RITA)[-1]


async def test_a_paused_run_keeps_the_number_it_began_with(make: Make):
    """
    Another setting does not change what a run that waits does at replay: it goes on where it stood.
    """
    async with make(stepper(4), script=costs(100), tokens_per_run=100) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(1)
    async with make(stepper(4), script=costs(100), tokens_per_run=1_000) as house:
        await house.runtime.advance(60)
        (row,) = await house.store.requests(status="open")
        await house.press("UBEN", row.id, Decision.ANSWER, value="go_on")
        await house.runtime.advance(1)

        assert [("waiting", "100 tokens were used. Go on?")] == await house.status()


async def test_tokens_that_a_model_does_not_report_are_estimated(make: Make):
    """
    A token is taken for four characters of the context and of the answer.
    """
    async with make(stepper(1), script=costs(None)) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(1)

        assert [10 + 4] == [e.tokens for e in await house.log() if isinstance(e, events.ModelAnswered)]
