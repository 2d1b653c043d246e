"""
Owning: conflicts, a disk that refuses, faults of ours, crashes.
"""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from agent_core.addresses import ConversationKey
from agent_core.requests import Decision
from agent_core.run import Run, agent
from agent_core.wanted import Question
from gateway.errors import Broken, Conflict, Lost, Unwritable
from gateway.store import sqlite_log
from gateway.store.base import Fact
from gateway.store.sqlite_reader import FILE
from tests.contracts.rows import a_message
from tests.gateway.agents import World, asker, echo
from tests.gateway.house import ANA, BEN, OPS, OTTO, RITA, House, Make
from tests.runtime import HandRuntime


def failing(house: House, name: str, error: Exception, times: int = 1) -> None:
    """Let a method of the store fail a number of times before it does anything."""
    inner, left = getattr(house.store, name), [times]

    async def method(*arguments: Any, **how: Any) -> Any:
        if left[0]:
            left[0] -= 1
            raise error
        return await inner(*arguments, **how)

    setattr(house.store, name, method)


async def test_a_conflict_is_decided_again(make: Make):
    """
    When something was appended meanwhile, everything is thrown away and decided again; nothing happens twice.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        failing(house, "commit", Conflict("appended"), times=3)
        await house.write(RITA, "go")
        failing(house, "commit", Conflict("appended"), times=3)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed
        assert "it is out" == house.texts(RITA)[-1]
        assert 1 == (await house.names()).count("ToolFinished")


async def test_a_fact_that_comes_in_during_a_commit_is_not_lost(make: Make):
    """
    An append between deciding and committing is seen by the next decision.
    """
    async with make(echo) as house:
        await house.write(RITA, "start")
        commit, raced = house.store.commit, []

        async def racing(change: Any) -> Any:
            if not raced:
                raced.append(await house.store.append(Fact(change.conversation, a_message("two"), ())))
            return await commit(change)

        house.store.commit = racing  # type: ignore[method-assign]
        await house.write(RITA, "one")

        assert ["one", "two"] == [text.rpartition(": ")[2] for text in house.texts(RITA)]


async def test_a_disk_that_refuses_delays_and_loses_nothing(make: Make, runtime: HandRuntime):
    """
    While nothing can be written nothing is acknowledged, nothing is done, and later everything is.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        failing(house, "append", Unwritable("full"))
        refused = await house.write(RITA, "go")
        assert refused.retry
        failing(house, "commit", Unwritable("full"), times=4)
        await house.write(RITA, "go")
        assert ([], 1) == (house.seen(ANA), house.owner.undecided)
        await runtime.advance(10)
        assert 0 == house.owner.undecided
        failing(house, "commit", Unwritable("full"), times=4)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert [] == world.deployed
        await runtime.advance(10)

        assert [("production", "v1", 1)] == world.deployed
        assert "it is out" == house.texts(RITA)[-1]


async def test_results_are_kept_while_they_cannot_be_written(make: Make, runtime: HandRuntime):
    """
    A tool that ran is not run again because its result could not be stored at once.
    """
    world = World()
    async with make(world.deployer(world.deploy(holds=True))) as house:
        await house.write(RITA, "go")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        failing(house, "commit", Unwritable("full"), times=5)
        world.hold.set()
        await runtime.advance(60)

        assert [("production", "v1", 1)] == world.deployed
        assert [("ended", "done")] == await house.status()


async def test_a_fault_of_ours_sets_one_conversation_aside(make: Make):
    """
    A conversation that cannot be decided is named, kept, and harms no other; it is tried again.
    """
    async with make(echo) as house:
        key = ConversationKey(f"slack:T1/{RITA}")
        failing(house, "load", RuntimeError("a bug"))
        await house.write(RITA, "start")
        assert ([key], 0) == (list(house.owner.stuck), house.owner.undecided)
        assert "cannot go on in slack:T1/URITA" in house.texts(BEN)[-1]
        await house.write(BEN, "start")
        await house.write(BEN, "hello")
        assert "Ben said: hello" == house.texts(BEN)[-1]
        await house.write(RITA, "hello")

        assert ["Rita said: hello"] == house.texts(RITA)
        assert {} == house.owner.stuck


@pytest.mark.parametrize("error", [Lost("another"), Broken("fsync")])
async def test_an_owner_that_must_leave_leaves(make: Make, error: Exception):
    """
    Who has lost the store, or cannot trust it, stops deciding.
    """
    async with make(echo) as house:
        failing(house, "commit", error)
        await house.write(RITA, "start")

        assert not house.owner.running
        assert error is house._tasks[0].exception()


async def test_work_under_way_is_taken_up_after_a_restart(make: Make):
    """
    What was appended and not decided when the process died is decided by the next one.
    """
    async with make(echo) as house:
        house.owner._inbox = lambda key: (_ for _ in ()).throw(SystemError("died"))  # type: ignore[method-assign]
        await house.write(RITA, "start", settle=False)
    async with make(echo) as house:
        assert [("waiting", "")] == await house.status()


async def test_conversations_are_decided_side_by_side(make: Make):
    """
    One conversation whose model thinks long does not hold up another.
    """
    import asyncio

    gate = asyncio.Event()

    class Slow:
        name = "slow"

        async def answer(self, context: str, schema: object) -> str:
            await gate.wait()
            return '{"n": 1}'

    @agent(name="bot")
    async def bot(run: Run) -> None:
        message = await run.receive()
        if message.text == "think":
            await run.next_step(dict, context=lambda thread: "")
        await run.reply(f"{message.text}: done")

    async with make(bot, model=Slow()) as house:
        for user, place in ((RITA, None), (BEN, None), (ANA, OPS)):
            await house.write(user, "start", at=place, root="r" if place else "")
        await house.write(RITA, "think")
        await house.write(BEN, "quick")
        assert ["quick: done"] == house.texts(BEN)
        assert [] == house.texts(RITA)
        gate.set()
        await house.runtime.settle()

        assert ["think: done"] == house.texts(RITA)


async def test_a_store_that_cannot_be_read_ends_it_visibly(make: Make, monkeypatch: pytest.MonkeyPatch):
    """
    When timers cannot be read, it does not live on deaf: it stops, and readiness says so.
    """

    def broken(*_: object) -> object:
        raise sqlite3.OperationalError("disk I/O error")

    async with make(echo) as house:
        await house.write(RITA, "start")
        monkeypatch.setattr(sqlite_log, "due_timers", broken)
        house.store.open_timers()
        await house.runtime.settle()

        assert not house.owner.running


async def test_what_waits_leaves_memory(make: Make):
    """
    A conversation with many paused threads is rows: few of their coroutines are kept.
    """
    async with make(asker(Question("Which?"))) as house:
        for number in range(100):
            await house.write(RITA, "go", at=OPS, root=f"r{number}")

        hot = house.owner._hot.get(OPS)
        assert hot is None or len(hot.drives) < 70
        assert 100 == len(await house.store.threads())


async def test_nothing_is_waited_for_when_the_owner_has_ended(make: Make):
    """
    A conversation whose turn was cancelled before it began does not keep a gateway that is asked to stop busy.
    """
    async with make(echo) as house:
        house._tasks[0].cancel()
        house.owner._inbox(ConversationKey(f"slack:T1/{RITA}"))
        await asyncio.gather(house._tasks[0], return_exceptions=True)

        await asyncio.wait_for(house.owner.drain(5), 1)


async def test_a_beginning_that_cannot_be_read_does_not_keep_the_gateway_from_starting(make: Make, tmp_path: Path):
    """
    Where a run's beginning is no event, its conversation is set aside and named; who only counts beginnings goes on.
    """
    async with make(echo) as house:
        await house.write(RITA, "hello")
    db = sqlite3.connect(tmp_path / FILE)
    with db:
        damaged = db.execute(
            "UPDATE events SET body = ? WHERE instr(body, ?)", (b'{"type":"RunStarted"}', b'"RunStarted"')
        )
        assert 1 == damaged.rowcount
    db.close()
    async with make(echo) as house:
        await house.write(RITA, "again")
        for words in ("go", "hello"):
            await house.write(OTTO, words)

        assert ["slack:T1/URITA"] == sorted(house.owner.stuck)
        assert "UOTTO said: hello" == house.texts(OTTO)[-1]
