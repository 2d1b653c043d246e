"""
That something is being done is shown for a moment, and costs nothing where it cannot be.
"""

from __future__ import annotations

import pytest

from adapters.errors import Misconfigured, RateLimited, Unreachable
from agent_core.addresses import ConversationKey
from agent_core.run import Run, agent
from gateway.presence import OFF, PATIENCE, REPEAT
from tests.gateway.agents import Target, World
from tests.gateway.house import RITA, House, Make
from tests.runtime import HandRuntime

HERE = ConversationKey("slack:T1/CTEAM")
WORKING = (HERE, "m1", "is working on it…")


async def asked(house: House) -> None:
    await house.write(RITA, "go", at=HERE, root="m1")


async def test_work_that_takes_a_while_is_shown(make: Make, runtime: HandRuntime):
    """
    After half a second, where it was asked for, again before the vendor forgets, and no more when it is done.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True, limit=600)), rules=()) as house:
        await asked(house)
        assert [] == house.channel.typed
        await runtime.advance(PATIENCE)
        assert [WORKING] == house.channel.typed
        await runtime.advance(REPEAT)
        assert [WORKING] * 2 == house.channel.typed
        world.hold.set()
        await runtime.advance(REPEAT * 3)

        assert [WORKING] * 2 == house.channel.typed
        assert "it is out" in house.texts(HERE)
        assert ["say"] == [row.kind for row in await house.store.deliveries()]


async def test_quick_work_is_not_shown(make: Make, runtime: HandRuntime):
    """
    What is done in a moment would only flicker.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=()) as house:
        await asked(house)
        await runtime.advance(REPEAT)

        assert ["it is out"] == house.texts(HERE)
        assert [] == house.channel.typed


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (Misconfigured("missing_scope", missing="chat:write"), OFF),
        (Unreachable("down"), OFF),
        (RateLimited("slow", retry_after=30), 30),
        (ValueError("an adapter's bug"), OFF),
    ],
)
async def test_where_it_is_refused_it_is_left_off(make: Make, runtime: HandRuntime, error: Exception, again: float):
    """
    A refusal is nobody's trouble: the work goes on, no account is held, and it is not tried again for a while.
    """
    world = World()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        for number in range(3):
            await run.call(world.deploy(holds=True, limit=60), Target(tag=f"v{number}"))
            await run.sleep(again / 2)

    async with make(bot, rules=()) as house:
        house.channel.typing_fault = error
        await asked(house)
        for tried in (1, 1, 2):
            await runtime.advance(2 * PATIENCE)
            assert tried == len(house.channel.typed)
            world.hold.set()
            await runtime.settle()
            world.hold.clear()
            await runtime.advance(again / 2)

        assert 3 == len(world.deployed)
        assert "" == house.health.report()["slack:T1"]["held"]


async def test_where_a_channel_cannot_nothing_is_tried(make: Make, runtime: HandRuntime):
    """
    The capability decides.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True)), rules=()) as house:
        house.channel.types = False
        await asked(house)
        await runtime.advance(10)
        assert [] == house.channel.typed
        world.hold.set()
        await runtime.settle()
