"""
Tool calls: what runs is what was approved, and what comes of it is told, whatever the tool or the policy does.
"""

from __future__ import annotations

import asyncio

import pytest

from agent_core import hours
from agent_core.policy import Rule
from agent_core.requests import Decision
from agent_core.run import Run, agent
from agent_core.tools import tool
from tests.gateway.agents import Target, World
from tests.gateway.house import ANA, GUARD, RITA, House, Make
from tests.runtime import HandRuntime


async def approve(house: House) -> None:
    await house.press(ANA, house.card(ANA).request, Decision.APPROVE)


class Speechless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize(
    "error",
    [asyncio.CancelledError(), FileNotFoundError(2, "No such file", "caf\udce9"), Speechless()],
    ids=["cancelled", "half a character", "no text"],
)
async def test_whatever_a_tool_raises_reaches_its_agent(make: Make, runtime: HandRuntime, error: BaseException):
    """
    An odd exception is a result like any other, and not left under way.
    """

    @tool(name="deploy", limit=30)
    async def deploy(arguments: Target) -> str:
        raise error

    world = World()
    async with make(world.deployer(deploy), rules=()) as house:
        await house.write(RITA, "go")
        await runtime.advance(60)

        assert [type(error).__name__] == [str(result.message).partition(":")[0] for result in world.results]
        assert {} == house.owner.stuck


async def test_a_policy_that_has_come_to_forbid_holds_at_the_start(make: Make):
    """
    What was asked under an older policy is not started under one that forbids it, however much it is approved.
    """
    world = World()
    bot = world.deployer(world.deploy())
    async with make(bot) as house:
        await house.write(RITA, "go")
    async with make(bot, rules=(Rule(effect="forbid", tool="deploy"),)) as house:
        await approve(house)

        assert [] == world.deployed
        assert "was not started" in house.texts(ANA)[-1]


async def test_a_late_result_of_a_dropped_run_is_kept_and_shown(make: Make, runtime: HandRuntime):
    """
    What began before its run was dropped ends in the log and on the card, though another run is at work by then.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True))) as house:
        await house.write(RITA, "go")
        await approve(house)
        await house.write(RITA, "drop")
        assert "deploy had begun already" in house.texts(RITA)[-1]
        await house.write(RITA, "go")
        world.hold.set()
        await runtime.advance(1)

        assert "ToolFinished" in await house.names()
        assert "deploy done" in house.texts(ANA)[0]


async def test_what_runs_is_what_was_approved(make: Make):
    """
    An object that the agent still holds and changes is not what the tool is given.
    """
    world = World()
    deploy = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        target = Target(tag="v1")

        async def other(run: Run) -> None:
            await run.reply("working")
            target.tag = "v666"

        await run.all(run.call(deploy, target), run.agent(other))

    async with make(bot) as house:
        await house.write(RITA, "go")
        await approve(house)

        assert [("production", "v1", 1)] == world.deployed


async def test_silence_that_does_not_halt(make: Make):
    """
    Where a rule says so, the agent is told that nobody answered in time, nothing is run, and the card says it before.
    """
    world = World()
    rule = GUARD.model_copy(update={"go_on": True})
    async with make(world.deployer(world.deploy()), rules=(rule,)) as house:
        await house.write(RITA, "go")
        assert "If nobody does, this is not done, and the agent goes on without it." == house.card(ANA).card.silence
        await house.runtime.advance(3_601)

        assert [] == world.deployed
        assert "failed: expired" == house.texts(RITA)[-1]
        assert [("ended", "done")] == await house.status()


async def test_a_rule_about_who_asked_and_by_how_much(make: Make):
    """
    The policy is asked with the requester's roles, the environment and the hour of the call.
    """
    world = World()
    rules = (
        Rule(tool="deploy", effect="allow", requester=("role:release",)),
        Rule(tool="deploy", effect="forbid", hours=(hours.parse("00:00-23:00"),), reason="not before the night"),
    )
    async with make(world.deployer(world.deploy()), rules=rules) as house:
        await house.write(RITA, "go")
        assert "forbidden: not before the night" == house.texts(RITA)[-1]
        await house.write(ANA, "go")
        assert "it is out" == house.texts(ANA)[-1]
        await house.runtime.advance(3_600)
        await house.write(RITA, "go")
        assert "it is out" == house.texts(RITA)[-1]
