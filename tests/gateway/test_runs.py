"""
Runs: started once, in doubt, limited, parked, restarted, forked, side by side.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agent_core import context, events
from agent_core.requests import Decision
from agent_core.results import Failed, Ok
from agent_core.run import Run, agent
from agent_core.tools import tool
from agent_core.wanted import Question
from gateway.errors import ModelFailed
from gateway.store.base import Need
from tests.gateway.agents import Target, World, asker, echo
from tests.gateway.house import ANA, BEN, OPS, RITA, House, Make
from tests.runtime import HandRuntime


async def approve(house: House) -> None:
    await house.press(ANA, house.card(ANA).request, Decision.APPROVE)


# In doubt ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decision", "deployed", "ends", "told"),
    [
        (Decision.APPROVE, [("production", "v1", 1), ("production", "v1", 2)], Ok("v1 is out"), "deploy done"),
        (Decision.DID_RUN, [("production", "v1", 1)], "in_doubt", "Ben says it did run"),
        (Decision.DENY, [("production", "v1", 1)], "denied", "Stopped by Ben"),
    ],
)
async def test_a_tool_interrupted_by_a_crash(
    make: Make, decision: Decision, deployed: list[Any], ends: object, told: str
):
    """
    Killed after the effect and before the result, nothing runs again by itself: the right people are asked (G5).
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True))) as house:
        await house.write(RITA, "go")
        await approve(house)
        assert [("production", "v1", 1)] == world.deployed
    async with make(world.deployer(world.deploy())) as house:
        assert [("production", "v1", 1)] == world.deployed
        card = house.card(ANA)
        assert "Did deploy run?" == card.text
        assert ["Run again", "It did run", "Stop"] == [label for _, label in card.card.buttons]
        assert "Did deploy run?" == house.card(OPS).text
        assert [] == [m for m in house.seen(RITA) if m.kind == "ask"]
        assert "deploy was interrupted, 22:13 UTC: asking whether it ran" in house.texts(ANA)[0]
        await house.press(BEN, card.request, decision)

        assert deployed == world.deployed
        await house.runtime.advance(1.0)  # receipts are written down in bundles
        assert f"{told}, 22:13 UTC" in house.texts(ANA)[0]
        assert "deploy was interrupted. I have asked Ana or Ben whether it ran." in "".join(house.texts(RITA))
        result = world.results[-1]
        assert ends in (result, getattr(result, "kind", None), getattr(result, "outcome", None))
        assert [("ended", "done")] == await house.status()


async def test_an_unguarded_tool_in_doubt_is_its_owners_business(make: Make):
    """
    Where nobody had to approve the call, the owner role says whether it ran.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True)), rules=()) as house:
        await house.write(RITA, "go")
    async with make(world.deployer(world.deploy()), rules=()) as house:
        assert "Did deploy run?" == house.card(BEN).text
        await house.press(BEN, house.card(BEN).request, Decision.DID_RUN)

        assert [("production", "v1", 1)] == world.deployed


async def test_an_idempotent_tool_is_simply_called_again(make: Make):
    """
    Where twice is the same as once nobody is asked; it is the same start, with the same key.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True, idempotent=True)), rules=()) as house:
        await house.write(RITA, "go")
    async with make(world.deployer(world.deploy(idempotent=True)), rules=()) as house:
        assert [("production", "v1", 1)] * 2 == world.deployed
        assert 1 == (await house.names()).count("ToolStarted")


async def test_a_tool_that_hangs_is_in_doubt(make: Make, runtime: HandRuntime):
    """
    Longer than its limit, a tool is given up and people are asked; nothing hangs.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True, limit=30))) as house:
        await house.write(RITA, "go")
        await approve(house)
        await runtime.advance(31)

        assert "took longer than 30 seconds" in house.card(ANA).card.body
        await house.press(ANA, house.card(ANA).request, Decision.DENY)
        assert ["denied"] == [result.outcome for result in world.results]


async def test_a_late_result_withdraws_the_question(make: Make, runtime: HandRuntime):
    """
    A tool that ends after it was given up is taken at its word, and nobody needs to answer any more.
    """
    world = World()
    release = asyncio.Event()

    @tool(name="deploy", limit=30)
    async def stubborn(arguments: Target) -> str:
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return "out after all"

    async with make(world.deployer(stubborn)) as house:
        await house.write(RITA, "go")
        await approve(house)
        await runtime.advance(31)
        assert "Did deploy run?" == house.card(ANA).text
        release.set()
        await runtime.settle()

        assert [Ok("out after all")] == world.results
        assert "No longer needed, 22:13 UTC: its result came in after all; deploy done" in house.texts(ANA)[1]


async def test_a_reader_that_hangs_has_failed(make: Make, runtime: HandRuntime):
    """
    A tool that only reads is not in doubt: it has timed out.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True, read_only=True, limit=5)), rules=()) as house:
        await house.write(RITA, "go")
        await runtime.advance(6)

        assert ["timed_out"] == [failed.kind for failed in world.results]


async def test_an_idempotent_tool_that_always_hangs_fails_in_the_end(make: Make, runtime: HandRuntime):
    """
    Three times too long is enough.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True, idempotent=True, limit=5)), rules=()) as house:
        await house.write(RITA, "go")
        await runtime.advance(60)

        assert ["timed_out"] == [failed.kind for failed in world.results]
        assert 4 == len(world.deployed)


# Faults of tools, models and agents ----------------------------------------------------------------------------------


async def test_a_tool_that_raises_is_a_failure_for_the_agent(make: Make):
    """
    An exception is a value for the agent; the traceback stays in the log of the process.
    """
    world = World()

    @tool(name="deploy")
    async def broken(arguments: Target) -> str:
        raise ValueError("no such tag")

    async with make(world.deployer(broken), rules=()) as house:
        await house.write(RITA, "go")

        assert [Failed("error", "ValueError: no such tag")] == world.results


async def test_an_agent_that_raises_fails_its_run_only(make: Make):
    """
    The owner gets what happened, the requester one sentence, and the next message starts a new run.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        raise KeyError("oops")

    async with make(bot) as house:
        await house.write(RITA, "go")
        assert [("ended", "failed")] == await house.status()
        assert ["Sorry, I ran into an error and stopped. My owner has been told."] == house.texts(RITA)
        assert "oops" in house.texts(BEN)[-1]
        ended = (await house.log())[-1]
        assert isinstance(ended, events.RunEnded)
        assert "KeyError" in ended.detail
        await house.write(RITA, "go")

        assert 2 == (await house.names()).count("RunStarted")


class Silent:
    """A model that does not answer until it is told to."""

    name = "silent"

    def __init__(self) -> None:
        self.works = False

    async def answer(self, context: str, schema: dict[str, Any]) -> str:
        if not self.works:
            raise ModelFailed("overloaded")
        return json.dumps({"n": 1})


def thinker() -> Any:
    @agent(name="bot")
    async def bot(run: Run) -> None:
        step = await run.next_step(dict[str, int], context=lambda t: context.render(context.entries(t)))
        await run.reply(f"thought of {step['n']}")

    return bot


async def test_a_model_that_does_not_answer_parks_the_run(make: Make, runtime: HandRuntime):
    """
    After a few tries the run is on hold and its owner told; let go on, it asks again.
    """
    model = Silent()
    async with make(thinker(), model=model) as house:
        await house.write(RITA, "go")
        await runtime.advance(60)
        assert [("parked", "model")] == await house.status()
        assert "its model does not answer (overloaded)" in house.texts(RITA)[-1]
        model.works = True
        await house.act("go_on")

        assert "thought of 1" == house.texts(RITA)[-1]


async def test_rubbish_from_a_model_ends_in_a_question_to_the_owner(make: Make):
    """
    Three unusable answers, and a person is asked; stopped, the run ends without a spin.
    """
    asked: list[str] = []

    def rubbish(context: str, schema: object) -> str:
        asked.append(context)
        return "I would rather not"

    async with make(thinker(), script=rubbish) as house:
        await house.write(RITA, "go")
        assert 3 == len(asked)
        assert "unusable 3 times in a row" in house.card(BEN).text
        await house.press(BEN, house.card(BEN).request, Decision.ANSWER, value="stop")

        assert "My owner stopped this." == house.texts(RITA)[-1]
        assert [("ended", "failed")] == await house.status()


async def test_what_a_model_was_shown_is_kept_to_the_byte(make: Make):
    """
    The exact text of each call can be shown.
    """
    seen: list[str] = []

    def script(text: str, schema: object) -> str:
        seen.append(text)
        return '{"n": 2}'

    async with make(thinker(), script=script) as house:
        await house.write(RITA, "what about Zoë & <tags>?")
        answered = next(event for event in await house.log() if isinstance(event, events.ModelAnswered))

        assert seen[0].encode() == await house.store.blob(answered.context)


async def test_a_script_may_await(make: Make):
    """
    The function behind a model may be async, so that it can ask any model; what it raises is no answer yet.
    """
    outages = [OSError("connection reset")]

    async def script(text: str, schema: object) -> str:
        await asyncio.sleep(0)
        if outages:
            raise outages.pop()
        return '{"n": 2}'

    async with make(thinker(), script=script) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(2.0)

        assert "thought of 2" == house.texts(RITA)[-1]


async def test_a_model_call_is_not_paid_for_before_it_is_needed(make: Make):
    """
    A message that comes in while the model thinks does not ask it again for the same step.
    """
    gate = asyncio.Event()
    calls: list[str] = []

    class Slow:
        name = "slow"

        async def answer(self, context: str, schema: dict[str, Any]) -> str:
            calls.append(context)
            await gate.wait()
            return '{"n": 3}'

    async with make(thinker(), model=Slow()) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "faster")
        gate.set()
        await house.runtime.settle()

        assert "thought of 3" in house.texts(RITA)
        assert ["go" in call and "faster" in call for call in calls] == [False, True]


class Hanging:
    """A model that never answers."""

    name = "hanging"

    async def answer(self, context: str, schema: dict[str, Any]) -> str:
        await asyncio.Event().wait()
        return ""


async def test_a_message_while_the_model_thinks_does_not_lose_the_run_in_a_crash(make: Make):
    """
    A run whose model was being asked when the process died asks it again, whatever else was stored meanwhile.
    """
    async with make(thinker(), model=Hanging()) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "faster")
        assert [("running", "")] == await house.status()
    async with make(thinker(), script=lambda context, schema: '{"n": 4}') as house:
        assert "thought of 4" in house.texts(RITA)


async def test_what_is_held_is_not_decided_twice_when_it_is_read_again(make: Make):
    """
    Messages taken up by a decision that waits for a model are taken up once, though the log has to be read again (G2).
    """
    async with make(thinker(), model=Hanging()) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "one")
        await house.write(RITA, "two", settle=False)
    async with make(thinker(), model=Hanging()) as house:
        hand_over, house.store._hand_over = house.store._hand_over, lambda ready: None  # type: ignore[method-assign]
        await house.write(RITA, "three")
        house.store._hand_over = hand_over  # type: ignore[method-assign]
        await house.write(RITA, "four")
        kept = [event.fact for event in await house.log() if isinstance(event, events.MessageKept)]

        assert 4 == len(kept)
        assert sorted(set(kept)) == kept


# Parked, restarted, forked -------------------------------------------------------------------------------------------


def other_code(world: World) -> Any:
    """The deployer under the same version, with another call."""
    deploy = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        result = await run.call(deploy, Target(tag="v2"))
        world.results.append(result)
        await run.reply(f"the new code says {getattr(result, 'kind', 'ok')}")

    return bot


async def diverged(make: Make, world: World) -> House:
    """A house whose run waits for an approval, opened again on other code under the same version."""
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
    return make(other_code(world))


async def test_a_run_whose_code_changed_is_parked_with_both_sides(make: Make):
    """
    Code and log that disagree are named, and nothing is guessed.
    """
    world = World()
    async with await diverged(make, world) as house:
        await house.write(RITA, "hello?")
        assert [("parked", "diverged")] == await house.status()
        parked = [event for event in await house.log() if isinstance(event, events.RunParked)][-1]

        assert "RequestOpened for deploy#1" in parked.detail
        assert "call deploy#1" in parked.detail
        assert [] == world.deployed


async def test_a_parked_run_goes_on_when_its_code_is_back(make: Make):
    """
    With the code that it began with, told to go on, it goes on where it stood; with the wrong code it is parked again.
    """
    world = World()
    async with await diverged(make, world) as house:
        await house.write(RITA, "hello?")
        await house.act("go_on")
        assert [("parked", "diverged")] == await house.status()
    async with make(world.deployer(world.deploy())) as house:
        await house.runtime.advance(30)
        await house.act("go_on")
        assert [("waiting", "Approve deploy?")] == await house.status()
        await approve(house)

        assert [("production", "v1", 1)] == world.deployed


async def test_restarting_a_parked_run(make: Make):
    """
    Restarted, it begins anew with what started it, on the current code; the old approval is withdrawn.
    """
    world = World()
    async with await diverged(make, world) as house:
        await house.write(RITA, "hello?")
        await house.act("restart")

        assert "No longer needed" in house.texts(ANA)[0]
        await approve(house)
        assert [("production", "v2", 1)] == world.deployed
        assert "the new code says ok" in house.texts(RITA)


async def test_cancelling_a_parked_run(make: Make):
    """
    Cancelled, nothing of it goes on.
    """
    world = World()
    async with await diverged(make, world) as house:
        await house.write(RITA, "hello?")
        await house.act("cancel")

        assert [("ended", "cancelled")] == await house.status()
        assert "Cancelled by ben" in house.texts(ANA)[0]


async def test_a_fork_replays_and_does_nothing(make: Make):
    """
    A fork goes on from where code and log agree: it says nothing, runs nothing that changes anything, asks nobody.
    """
    world = World()
    async with await diverged(make, world) as house:
        await house.write(RITA, "hello?")
        before = [len(house.seen(place)) for place in (RITA, ANA, BEN, OPS)]
        await house.act("fork", "what-if")

        assert ["suppressed"] == [result.kind for result in world.results]
        assert before == [len(house.seen(place)) for place in (RITA, ANA, BEN, OPS)]
        assert [] == world.deployed
        rows = {row.branch: row.status for row in await house.store.threads()}
        assert {"main": "parked", "what-if": "ended"} == rows


async def test_forks_without_a_name_are_each_their_own(make: Make):
    """
    Two forks that are asked for in the same second are two, also when nothing of the first is in memory any more.
    """
    async with await diverged(make, World()) as house:
        (main,) = [row.id for row in await house.store.threads()]
        for _ in range(2):
            await house.act("fork", thread=main)
            house.owner._hot.clear()
        branches = sorted(row.branch for row in await house.store.threads())

    assert 3 == len(branches) == len(set(branches))


async def test_a_fork_inherits_no_live_approval(make: Make):
    """
    An approval given for the origin starts nothing in its fork, and one asked in a fork waits until it is attached.
    """
    question = Question("Which?")
    async with make(asker(question)) as house:
        await house.write(RITA, "go")
        await house.act("fork", "what-if")
        (fork,) = [row for row in await house.store.threads() if row.branch == "what-if"]
        assert ("parked", "no_route") == (fork.status, fork.note)
        assert 1 == len([m for m in house.seen(RITA) if m.kind == "ask"])
        await house.act("attach", thread=fork.id)

        assert 2 == len([m for m in house.seen(RITA) if m.kind == "ask"])


async def test_a_fork_runs_what_only_reads(make: Make):
    """
    In a fork, tools that change nothing run; the others are said not to have run.
    """
    world = World()
    deploy, look = world.deploy(), world.deploy(read_only=True)

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.request_human(Question("Go on?", catch=True))
        world.results.append(await run.call(look, Target(tag="looked")))
        world.results.append(await run.call(deploy, Target(tag="changed")))

    async with make(bot, rules=()) as house:
        await house.write(RITA, "start")
        await house.act("fork", "what-if")

        assert [("production", "looked", 1)] == world.deployed
        assert [Ok("looked is out"), "suppressed"] == [getattr(r, "kind", r) for r in world.results]


async def test_two_versions_finish_their_own_runs(make: Make):
    """
    A run keeps to the version it began with; new runs take the current one.
    """
    old, new = World(), World()
    first = old.deployer(old.deploy(), version="1")
    async with make(first) as house:
        await house.write(RITA, "go")
    async with make(new.deployer(new.deploy(), version="2"), first) as house:
        await house.write(RITA, "go", at=OPS, root="r1")
        for number in (0, 1):
            await house.press(ANA, house.card(ANA, number).request, Decision.APPROVE)

        assert [1, 1] == [len(old.deployed), len(new.deployed)]
        assert {"1", "2"} == {row.version for row in await house.store.threads()}


async def test_a_version_that_no_worker_has_waits_visibly(make: Make):
    """
    Without the code of its version a run waits, says so, keeps what it is told, and goes on when the code is there.
    """
    old, new = World(), World()
    first = old.deployer(old.deploy(), version="1")
    async with make(first) as house:
        await house.write(RITA, "go")
    async with make(new.deployer(new.deploy(), version="2")) as house:
        await approve(house)
        assert [("stranded", "no worker has version 1 of bot")] == await house.status()
        assert [] == old.deployed
    async with make(new.deployer(new.deploy(), version="2"), first) as house:
        await house.write(RITA, "still there?")

        assert 1 == len(old.deployed)


async def test_a_sleep_ends_after_a_restart(make: Make, runtime: HandRuntime):
    """
    A sleeping run is rows in the store; it wakes at its time, in whatever process.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.sleep(3_600)
        await run.reply("awake")

    async with make(bot) as house:
        await house.write(RITA, "go")
    await runtime.advance(3_601)
    async with make(bot) as house:
        assert ["awake"] == house.texts(RITA)


async def test_again_begins_the_next_run_with_its_state(make: Make):
    """
    A run that hands over goes on as another one, in the same thread.
    """

    @agent(name="bot")
    async def bot(run: Run) -> Any:
        count = (run.input or 0) + 1
        await run.reply(f"run {count}")
        return await run.again(count) if count < 3 else None

    async with make(bot) as house:
        await house.write(RITA, "go")

        assert ["run 1", "run 2", "run 3"] == house.texts(RITA)
        assert 3 == (await house.names()).count("RunStarted")


async def test_a_paused_thread_is_rows_and_nothing_in_memory(make: Make):
    """
    Many paused threads keep no task and no more conversations in memory than the bound says (G11).
    """
    async with make(echo) as house:
        for number in range(150):
            await house.write(RITA, "go", at=f"slack:T1/C{number}", root="r")
        tasks = [task for task in asyncio.all_tasks() if task.get_name().startswith("conversation")]

        assert 150 == len(await house.store.threads(most=200))
        assert [] == tasks
        assert len(house.owner._hot) <= 64


async def test_a_version_that_comes_back_goes_on(make: Make, runtime: HandRuntime):
    """
    A run whose version was configured no more, and was decided on meanwhile, goes on when the version is back.
    """
    old, new = World(), World()
    first = old.deployer(old.deploy(), version="1")
    second = new.deployer(new.deploy(), version="2")
    async with make(first) as house:
        await house.write(RITA, "go")
    async with make(second) as house:
        await approve(house)
        assert "stranded" == (await house.status())[0][0]
    async with make(second, first) as house:
        await runtime.advance(60)

        assert 1 == len(old.deployed)


async def test_state_that_is_handed_over_is_the_same_after_a_restart(make: Make):
    """
    What `run.again` was given is plain JSON for the next run, live and at replay.
    """
    seen: list[Any] = []

    @agent(name="bot")
    async def bot(run: Run) -> Any:
        if run.input is None:
            return await run.again(Target(tag="v3"))
        seen.append(run.input)
        await run.request_human(Question("Which?"))
        return await run.reply("thanks")

    async with make(bot) as house:
        await house.write(RITA, "go")
    async with make(bot) as house:
        await house.write(RITA, "blue", under=house.card(RITA).id)

        assert [("ended", "done")] == await house.status()
        assert {"v3"} == {given["tag"] for given in seen}


async def test_an_agent_that_hands_over_for_ever_is_stopped(make: Make):
    """
    `run.again` without waiting for anything is a spin, and fails the run.
    """

    @agent(name="bot")
    async def bot(run: Run) -> Any:
        return await run.again(1)

    async with make(bot) as house:
        await house.write(RITA, "go")

        assert "failed" == (await house.status())[0][1]


@pytest.mark.parametrize("what", ["a reply", "a state", "a question"])
async def test_a_value_that_no_event_can_hold_fails_its_run_only(make: Make, what: str):
    """
    The run fails, its owner is told, and the conversation goes on.
    """

    @agent(name="bot")
    async def bot(run: Run) -> Any:
        if what == "a reply":
            await run.reply({"tags": 3})  # type: ignore[arg-type]
        if what == "a state":
            return await run.again(object())
        return await run.request_human(Question(42))  # type: ignore[arg-type]

    async with make(bot) as house:
        await house.write(RITA, "go", at=OPS, root="a")

        assert {} == house.owner.stuck
        assert [("ended", "failed")] == await house.status()
        assert "failed for Rita" in house.texts(BEN)[-1]


async def test_a_fork_holds_what_was_kept_in_the_same_decision(make: Make):
    """
    What is written and forked at once is in the branch, and stays there when the log is read again.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.sleep(60)
        await run.reply((await run.receive()).text)

    async with make(bot) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "and this", settle=False)
        await house.act("fork", "what-if")
        (fork,) = [row for row in await house.store.threads() if row.branch == "what-if"]
        (forked,) = [r for r in await house.store.log(fork.id) if isinstance(r.event, events.ThreadForked)]
        (stored,) = (await house.store.load(fork.conversation, Need(threads=(fork.id,)))).threads

        assert ["RunStarted", "SleepStarted", "MessageKept", "ThreadForked"] == [
            type(record.event).__name__ for record in stored.records
        ][:4]
        assert forked.event.upto == stored.records[2].seq


async def test_a_fork_cannot_take_the_name_main(make: Make):
    """
    The branch that acts stays what it is.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.act("fork", "main")
        await approve(house)

        assert 1 == len(world.deployed)


async def test_one_context_for_one_model_call(make: Make):
    """
    The owner's function is called once for each time that the model is asked.
    """
    built: list[str] = []

    def build(thread: Any) -> str:
        built.append(context.render(context.entries(thread)))
        return built[-1]

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.next_step(Target, context=build)

    async with make(bot, script=lambda text, schema: "{}") as house:
        await house.write(RITA, "go")

        assert 1 == len(built)


async def test_half_a_character_from_a_model_is_stored_all_the_same(make: Make, runtime: HandRuntime):
    """
    What no log could hold is mended, and the run goes on.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.next_step(Target, context=lambda thread: "x")
        await run.reply("done")

    async with make(bot, script=lambda text, schema: '{"tag":"\ud83d"}') as house:
        await house.write(RITA, "go")
        await runtime.advance(60)

        assert ["done"] == house.texts(RITA)
