"""
Approvals of high urgency, which no single slip decides.
"""

from __future__ import annotations

from agent_core.events import ResponseRefused, ToolStarted
from agent_core.requests import Decision
from agent_core.run import Run, agent
from agent_core.wanted import Approval
from tests.gateway.agents import World
from tests.gateway.house import ANA, GUARD, OPS, RITA, Make
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime

URGENT = GUARD.model_copy(update={"urgency": "high"})


async def test_the_button_asks_once_more_and_names_the_target(make: Make):
    """
    A rule says that it is urgent: the card's button asks once more, by the tool and its arguments, and then approves.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(URGENT,)) as house:
        await house.write(RITA, "go")
        card = house.card(ANA).card
        assert card is not None
        assert card.confirm is not None
        assert ("Approve exactly this?", "Approve") == (card.confirm.title, card.confirm.yes)
        assert "deploy\nenvironment: production\ntag: v1" == card.confirm.text
        assert card.how.endswith(f"To approve it in words, write: approve {card.code}")

        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_a_bare_word_brings_what_to_write(make: Make, runtime: HandRuntime):
    """
    "yes" alone approves nothing, said under the card or beside it; with the code it does. A denial takes one word.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(URGENT,)) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        for word, under in (("yes", ""), ("approve", card.id)):
            await runtime.advance(61)
            await house.write(ANA, word, under=under)
            assert house.texts(ANA)[-1].endswith(f"To approve it, write: approve {card.card.code}")
        assert [] == world.deployed
        assert ["not_confirmed"] * 2 == [e.reason for e in await house.log() if isinstance(e, ResponseRefused)]

        await house.write(ANA, f"approve {card.card.code}")
        assert [("production", "v1", 1)] == world.deployed

    async with make(world.deployer(world.deploy()), rules=(URGENT,)) as house:
        await house.write(RITA, "go", at="slack:T1/CX", root="7")
        await house.write(ANA, "no", under=house.card(ANA).id)
        assert "Denied by Ana, 22:15 UTC" in house.texts(ANA)[-1]
    assert 1 == len(world.deployed)


async def test_without_such_buttons_words_are_the_only_way(make: Make, channel: Loopback):
    """
    A channel whose buttons cannot ask once more shows none that approves; a press of an older card decides nothing.
    """
    channel.confirms = False
    world = World()
    async with make(world.deployer(world.deploy()), rules=(URGENT,)) as house:
        await house.write(RITA, "go")
        card = house.card(OPS)
        assert [Decision.DENY] == [decision for decision, _ in card.card.buttons]

        await house.press(ANA, card.request, Decision.APPROVE, at=OPS)
        assert [] == world.deployed
        await house.write(ANA, f"{card.card.code} yes", at=OPS)

    assert [("production", "v1", 1)] == world.deployed


async def test_running_again_is_confirmed_too(make: Make):
    """
    An urgent call of which nobody knows whether it ran is run again by its words with the code, not by those alone.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True)), rules=(URGENT,)) as house:
        await house.write(RITA, "go")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
    async with make(world.deployer(world.deploy()), rules=(URGENT,)) as house:
        doubt = house.card(ANA)
        assert "Did deploy run?" == doubt.text
        await house.write(ANA, "run again", under=doubt.id)
        assert house.texts(ANA)[-1].endswith(f"write: run again {doubt.card.code}")
        assert 1 == len(world.deployed)

        await house.write(ANA, f"run again {doubt.card.code}")

        assert [1, 2] == [attempt for _, _, attempt in world.deployed]
        assert 2 == len([e for e in await house.log() if isinstance(e, ToolStarted)])


async def test_what_an_agent_asks_may_be_urgent(make: Make, runtime: HandRuntime):
    """
    An approval that an agent asks itself says how urgent it is; its title is what is named.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        verdict = await run.request_human(Approval("Wake up the whole team?", urgency="high"))
        await run.reply(f"heard: {verdict.ok}")

    async with make(bot, rules=()) as house:
        await house.write(RITA, "go")
        card = house.card(RITA).card
        assert card is not None
        assert card.confirm is not None
        assert "Wake up the whole team?" == card.confirm.text
        await runtime.advance(1)
        await house.write(RITA, "yes")
        assert house.texts(RITA)[-1].endswith(f"write: approve {card.code}")
        await house.write(RITA, f"approve {card.code}")
        assert "heard: True" == house.texts(RITA)[-1]
