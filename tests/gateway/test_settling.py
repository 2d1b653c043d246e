"""
How requests end on the cards that show them, where the channel, the directory or the agent is in the way.
"""

from __future__ import annotations

import asyncio
from typing import Any

from adapters.base import Part
from adapters.errors import RateLimited, Rejected, Unknown
from agent_core import events
from agent_core.addresses import Identity, Party
from agent_core.requests import Decision, Who
from agent_core.results import Approved, Denied, QuestionBack
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


# Withdrawn, replaced, asked again by the agent -----------------------------------------------------------------------

TEAM = Who(roles=("release",), quorum=2)


async def test_an_agent_withdraws_what_it_asked(make: Make):
    """
    A cancelled request loses its buttons and says why on every copy; whoever answers it then is told.
    """
    got: list[Any] = []

    @agent(name="bot")
    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Deploy v1?", to=Who(roles=("release",))))
        await run.receive()
        got.append(await ask.cancel("the build is broken"))
        await run.reply("withdrawn")

    async with make(bot, rules=()) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.write(RITA, "stop that")

        told = "Deploy v1?; Cancelled by bot, 22:13 UTC: the build is broken"
        assert [[told], [told]] == [house.texts(ANA), house.texts(BEN)]
        assert () == house.card(ANA).card.buttons
        assert [Denied("the build is broken", "cancelled")] == got
        await house.press(ANA, request, Decision.APPROVE)
        assert "Already cancelled by bot at 22:13 UTC. Your answer changed nothing." == house.texts(ANA)[-1]
        assert [("ended", "done")] == await house.status()


async def test_a_vote_that_comes_before_the_withdrawal_stands(make: Make):
    """
    Where the deciding vote is in the log before the agent withdraws, its verdict is what the agent gets.
    """
    got: list[Any] = []

    @agent(name="bot")
    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Deploy v1?"))
        await run.receive()
        got.append(await ask.cancel())

    async with make(bot, rules=()) as house:
        await house.write(RITA, "go")
        request = house.card(RITA).request
        await house.stop_deciding()
        await house.press(RITA, request, Decision.APPROVE)
        await house.write(RITA, "stop that")
    async with make(bot, rules=()) as house:
        assert "Deploy v1?; Approved by Rita, 22:13 UTC" == house.texts(RITA)[0]
        assert [Approved(Party("rita"), "Rita")] == got[-1:]
        assert [("ended", "done")] == await house.status()


async def test_what_is_asked_instead_replaces_it_and_votes_do_not_carry_over(make: Make):
    """
    The old request ends as superseded and names the new one, in one commit with its opening; the new one starts at
    no votes, and says what it replaces.
    """
    got: list[Any] = []

    @agent(name="bot")
    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Deploy v1?", to=TEAM))
        await run.receive()
        got.append(await run.request_human(Approval("Deploy v2?", to=TEAM), supersedes=ask))
        got.append(await ask.next())

    async with make(bot, rules=()) as house:
        await house.write(RITA, "go")
        old = house.card(ANA).request
        await house.press(ANA, old, Decision.APPROVE)
        await house.write(RITA, "v2 is there")

        assert "Deploy v1?; Replaced by “Deploy v2?”, 22:13 UTC" == house.texts(BEN)[0]
        assert () == house.card(BEN, 0).card.buttons
        new = house.card(BEN).card
        assert "This replaces “Deploy v1?”, which nobody has to decide any more." == new.again
        assert ("It takes 2 approvals of Ana or Ben.",) == new.notes
        await house.press(BEN, old, Decision.APPROVE)
        assert "This was replaced by “Deploy v2?” at 22:13 UTC" in house.texts(BEN)[-1]
        await house.press(BEN, house.card(BEN).request, Decision.APPROVE)
        assert [] == got
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert ["approved", "superseded"] == [_word(verdict) for verdict in got]
        log = await house.log()
        replaced = next(e.settlement for e in log if isinstance(e, events.RequestSettled) and e.request == old)
        opened = [e.request for e in log if isinstance(e, events.RequestOpened)]
        assert opened[1].id == replaced.replaced_by
        assert old == (opened[1].earlier.request if opened[1].earlier else None)


def _word(verdict: Any) -> str:
    return "approved" if isinstance(verdict, Approved) else verdict.outcome


async def test_what_cannot_be_asked_replaces_nothing(make: Make):
    """
    Where nobody may answer the new request, the old one is still open.
    """
    got: list[Any] = []

    @agent(name="bot")
    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Deploy v1?", to=Who(roles=("release",))))
        await run.receive()
        nobody = Approval("Deploy v2?", to=Who(roles=("release",), quorum=7), catch=True)
        got.append(await run.request_human(nobody, supersedes=ask))
        got.append(await ask.next())

    async with make(bot, rules=()) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "v2 is there")
        assert ["no_route"] == [refused.kind for refused in got]
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert "Deploy v1?; Approved by Ana, 22:13 UTC" == house.texts(BEN)[0]
        assert [("ended", "done")] == await house.status()


async def test_the_word_how_it_ended_waits_for_a_card_that_may_be_on_its_way(make: Make, runtime: HandRuntime):
    """
    Where no card can be changed, the word stands below its card: it waits while that is looked for, though the clock
    has jumped by longer than anything holds up a conversation.
    """
    world, late = World(), list[Part]()

    def losing(part: Part) -> None:
        if part.kind == "ask" and part.conversation == f"slack:T1/{BEN}" and not late:
            late.append(part)
            raise Unknown("the connection broke")

    async with make(world.deployer(world.deploy())) as house:
        house.channel.edits, house.channel.fault = False, losing
        await house.write(RITA, "go")
        runtime.jump(1_800)
        await approve(house)
        assert [] == house.texts(BEN)
        await house.channel.deliver(late[0])
        await runtime.advance(3)

        card, word, result = house.texts(BEN)
        assert ("Approve deploy?", "Approve deploy?\nApproved by Ana, 22:43 UTC") == (card, word)
        assert "deploy done" in result


async def test_an_ask_that_ran_out_is_asked_again_by_its_owner(make: Make, runtime: HandRuntime):
    """
    A parked `run.ask` is asked again as a new request that names the old, and the card says so.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Deploy v1?", to=Who(roles=("release",)), patience=60))
        await run.reply(_word(await ask.next()))

    async with make(bot, rules=()) as house:
        await house.write(RITA, "go")
        old = house.card(ANA).request
        await runtime.advance(70)
        assert [("parked", "expired")] == await house.status()
        await house.act("ask_again")

        card = house.card(ANA)
        assert card.request != old
        assert "Asked again: the first ran out at 22:14 UTC, and nobody had answered." == card.card.again
        await house.press(ANA, card.request, Decision.APPROVE)
        assert "approved" == house.texts(RITA)[-1]
        assert [("ended", "done")] == await house.status()
