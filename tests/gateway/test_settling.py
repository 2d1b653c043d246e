"""
How requests end on the cards that show them, where the channel, the directory or the agent is in the way.
"""

from __future__ import annotations

import asyncio

from adapters.base import Part
from adapters.errors import RateLimited, Rejected
from agent_core.addresses import Identity
from agent_core.requests import Decision, Who
from agent_core.results import QuestionBack
from agent_core.run import Run, agent
from agent_core.tools import tool
from agent_core.wanted import Approval
from tests.gateway.agents import Target, World
from tests.gateway.house import ANA, BEN, PEOPLE, RITA, House, Make
from tests.runtime import HandRuntime


async def approve(house: House) -> None:
    await house.press(ANA, house.card(ANA).request, Decision.APPROVE)


async def test_an_answer_to_a_question_back_may_come_too_late(make: Make):
    """
    An agent that answers a question after somebody has decided goes on; its answer is shown to nobody.
    """
    go = asyncio.Event()

    @tool(read_only=True)
    async def look(arguments: Target) -> str:
        await go.wait()
        return "x"

    @agent(name="bot")
    async def bot(run: Run) -> None:
        ask = await run.ask(Approval(title="Deploy?", to=Who(roles=("release",))))
        while isinstance(await ask.next(), QuestionBack):
            await run.call(look, Target())
            await ask.answer("because")
        await run.reply("decided")

    async with make(bot, rules=()) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        await house.write(ANA, "why so early?", under=card.id)
        await house.press(ANA, card.request, Decision.APPROVE)
        go.set()
        await house.runtime.settle()

        assert "decided" == house.texts(RITA)[-1]
        assert not [text for text in house.texts(ANA) if "because" in text]
        assert {} == house.owner.stuck


async def test_an_account_that_is_linked_later_is_still_the_requesters(make: Make):
    """
    Whoever asked from an account nobody knew yet is excluded once the directory says whose it is.
    """
    world = World()
    bot = world.deployer(world.deploy())
    async with make(bot) as house:
        await house.write("UANA2", "go")
    ana = PEOPLE[1].model_copy(update={"identities": (*PEOPLE[1].identities, Identity("slack:T1/UANA2"))})
    async with make(bot, people=(PEOPLE[0], ana, PEOPLE[2])) as house:
        await approve(house)

        assert [] == world.deployed


async def test_where_a_card_may_not_be_changed_how_it_ended_is_said(make: Make, runtime: HandRuntime):
    """
    A refused change of a card is made up for by a message with its title and outcome.
    """
    world = World()

    def fault(part: Part) -> None:
        if part.kind == "settle":
            raise Rejected("edit_window_closed", permanent=True)

    async with make(world.deployer(world.deploy())) as house:
        house.channel.fault = fault
        await house.write(RITA, "go")
        await approve(house)
        await runtime.advance(5)

        said = [message.text for message in house.seen(ANA) if message.kind == "say"]
        assert any("Approve deploy?" in text and "Approved by Ana" in text for text in said)


async def test_a_card_in_flight_is_not_shown_after_its_request_is_settled(make: Make, runtime: HandRuntime):
    """
    Refused while somebody decides elsewhere, it is given up: nobody would take its buttons away.
    """
    world = World()
    hold = asyncio.Event()
    async with make(world.deployer(world.deploy())) as house:
        deliver = house.channel.deliver

        async def slowly(part: Part) -> object:
            if part.kind == "ask" and part.conversation.endswith(BEN) and not hold.is_set():
                await hold.wait()
                raise RateLimited("slow", retry_after=5)
            return await deliver(part)

        house.channel.deliver = slowly  # type: ignore[method-assign, assignment]
        await house.write(RITA, "go")
        await approve(house)
        hold.set()
        await runtime.advance(60)

        assert [] == [message for message in house.seen(BEN) if message.kind == "ask"]


async def test_the_card_of_a_settled_request_is_not_taken_up_again(make: Make, runtime: HandRuntime):
    """
    An operator cannot bring back the buttons of what is decided.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:

        def fault(part: Part) -> None:
            if part.kind == "ask" and part.conversation.endswith(BEN):
                raise RateLimited("slow", retry_after=60)

        house.channel.fault = fault
        await house.write(RITA, "go")
        await approve(house)
        rows = await house.store.deliveries()
        card = next(row for row in rows if row.kind == "ask" and row.conversation.endswith(BEN))

        assert not await house.store.retry(card.id)
