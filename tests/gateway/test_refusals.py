"""
Answers that change nothing: kept, told, and where they came too late, for the agent to know.
"""

from __future__ import annotations

from typing import Any

from agent_core import context, events
from agent_core.requests import Decision, Who
from agent_core.run import Run, agent
from agent_core.thread import Thread
from agent_core.wanted import Approval, Question
from tests.agent_core.agents import Done
from tests.gateway.agents import World, asker
from tests.gateway.house import ANA, BEN, GUARD, OPS, OTTO, RITA, Make
from tests.runtime import HandRuntime

TEAM = Who(roles=("release",))


async def test_a_late_answer_informs_the_agent_and_decides_nothing(make: Make, runtime: HandRuntime):
    """
    What somebody says who could have decided is in the agent's next context, once; the outcome stays as it is.
    """
    contexts: list[str] = []
    late: list[tuple[Any, ...]] = []

    def look(thread: Thread) -> str:
        contexts.append(context.render(context.entries(thread)))
        return "x"

    @agent(name="bot")
    async def bot(run: Run) -> None:
        verdict = await run.request_human(Approval("Deploy v1?", to=TEAM, patience=60, catch=True))
        await run.receive()
        await run.next_step(Done, context=look)
        late.extend(run.late)
        await run.reply(getattr(verdict, "kind", "decided"))

    async with make(bot, rules=(), script=lambda *_: '{"intent": "done"}') as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        await runtime.advance(70)
        for _ in range(2):
            await house.write(ANA, "use v2 instead", under=card.id)
        await house.press(OTTO, card.request, Decision.APPROVE, at=OPS)
        await house.press(BEN, card.request, Decision.APPROVE)
        await house.write(RITA, "and now?")

        told = "Already expired at 22:14 UTC. Your answer changed nothing. I have passed it on as information."
        assert [1, 1] == [house.texts(person).count(told) for person in (ANA, BEN)]
        about = "About “Deploy v1?”, after it had ended: {}\nIt came too late to decide anything; it only informs."
        assert 1 == contexts[-1].count(about.format("use v2 instead"))
        assert 1 == contexts[-1].count(about.format("approve"))
        assert [("ana", "use v2 instead"), ("ben", "approve")] == [(m.by, m.text) for m in late]
        assert "expired" == house.texts(RITA)[-1]


async def test_a_late_answer_is_told_where_the_run_is_on_hold(make: Make, runtime: HandRuntime):
    """
    Whoever waits for a halted run hears what was said too late, so that its owner can have it asked again.
    """
    async with make(asker(Question("Which tag?", to=TEAM, patience=60)), rules=()) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        await runtime.advance(70)
        await house.write(ANA, "v2", under=card.id)

        assert "Ana has answered “Which tag?”, after it had ended: v2" == house.texts(RITA)[-1]
        assert [("parked", "expired")] == await house.status()


async def test_a_late_answer_about_an_earlier_run_informs_nobody(make: Make):
    """
    Who has handed a request on could not have decided it, and once the next run has begun nobody knows that any more.
    """
    world, rule = World(), GUARD.model_copy(update={"reassign": TEAM})
    async with make(world.deployer(world.deploy()), rules=(rule,)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.REASSIGN, value="ben")
        await house.deny(BEN, request, "not on a Friday")
        await house.write(RITA, "go")
        await house.deny(ANA, request, "nor on a Monday")

        assert house.texts(ANA)[-1].endswith("Your answer changed nothing.")
        refused = [event for event in await house.log() if isinstance(event, events.ResponseRefused)]
        assert [("late", False)] == [(event.reason, event.late) for event in refused]


async def test_a_late_answer_to_a_run_that_has_ended_is_kept(make: Make):
    """
    Where nobody is left to be informed, the reason is in the log as evidence, and nothing is started.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.APPROVE)
        await house.deny(BEN, request, "not on a Friday")

        refused = [event for event in await house.log() if isinstance(event, events.ResponseRefused)]
        assert [(True, "not on a Friday")] == [(event.late, event.text) for event in refused]
        assert house.texts(BEN)[-1].endswith("Your answer changed nothing.")
        assert [("ended", "done")] == await house.status()
