"""
Strands: coroutines that nothing schedules, split, ended, dropped.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from agent_core import events
from agent_core.errors import AgentFault, ImpureAgent, NeverAwaited, TooLong
from agent_core.results import Ok
from agent_core.run import Run
from tests.agent_core.agents import Number, add, an_agent
from tests.agent_core.logs import NOON, Log, ended_with, wanted


def test_all_returns_outcomes_in_the_order_of_the_operations():
    """
    Whoever answers first, outcomes stand where their operations stood.
    """
    got: list[Any] = []

    async def bot(run: Run) -> None:
        got.extend(await run.all(run.call(add, Number(n=1)), run.call(add, Number(n=2)), run.sleep(5)))

    log = Log(an_agent(bot))
    one, two, _ = log.progress().effects
    log.add(events.SleepStarted(**log.named("all#1/2/sleep#1"), until=NOON + 5))
    log.tool_starts(one)
    log.tool_starts(two)
    log.add(events.SleepEnded(**log.named("all#1/2/sleep#1")))
    log.tool_returns(two.key, 20)
    assert ended_with(log.tool_returns(one.key, 10)) is None

    assert [Ok(10), Ok(20), None] == got


def test_an_empty_all_is_done_at_once():
    """
    Waiting for nothing takes no event.
    """

    async def bot(run: Run) -> None:
        assert await run.all() == []

    assert ended_with(Log(an_agent(bot)).progress()) is None


def test_an_exception_in_all_is_raised_after_the_others_have_ended():
    """
    No operation is left behind when one of them raises.
    """

    async def broken(run: Run) -> None:
        raise KeyError("broken")

    async def bot(run: Run) -> None:
        await run.all(run.agent(broken), run.call(add, Number()))

    log = Log(an_agent(bot))
    call = wanted(log.progress())
    log.tool_starts(call)

    assert isinstance(ended_with(log.tool_returns(call.key, 1)), KeyError)


def test_a_run_of_a_thousand_operations_ends():
    """
    A run that never hands over is ended, with a sentence that names the way out.
    """

    async def bot(run: Run) -> None:
        while True:
            await run.all()

    error = ended_with(Log(an_agent(bot)).progress())

    assert isinstance(error, TooLong)
    assert "run.again" in str(error)


def test_an_agent_that_swallows_its_end_is_cut_off():
    """
    Catching the end does not make a run immortal.
    """

    async def bot(run: Run) -> None:
        while True:
            with suppress(TooLong):
                await run.all()

    assert isinstance(ended_with(Log(an_agent(bot)).progress()), TooLong)


def test_an_agent_that_awaits_something_else_gets_a_clear_error():
    """
    Awaiting anything but `run` says what to do instead.
    """

    async def bot(run: Run) -> None:
        await asyncio.sleep(0)

    error = ended_with(Log(an_agent(bot)).progress())

    assert isinstance(error, ImpureAgent)
    assert "tool" in str(error)


def test_an_operation_that_is_never_awaited():
    """
    Forgetting an await is an error at the run's end, by name.
    """

    async def bot(run: Run) -> None:
        run.call(add, Number())

    error = ended_with(Log(an_agent(bot)).progress())

    assert isinstance(error, NeverAwaited)
    assert "add" in str(error)


def test_system_exit_in_an_agent_ends_its_run_only():
    """
    What would end the process ends the run.
    """

    async def bot(run: Run) -> None:
        raise SystemExit(1)

    assert isinstance(ended_with(Log(an_agent(bot)).progress()), AgentFault)


def test_dropping_runs_finally_blocks_and_lets_nothing_be_awaited():
    """
    A dropped coroutine cleans up; an await in its clean-up raises, and `except Exception` cannot swallow that.
    """
    told: list[str] = []

    async def bot(run: Run) -> None:
        try:
            await run.sleep(1)
        finally:
            told.append("cleaning")
            try:
                await run.reply("bye")
            except Exception:
                told.append("swallowed")
            told.append("not reached")

    log = Log(an_agent(bot))
    log.close()

    assert ["cleaning"] == told


def test_the_innermost_is_dropped_first():
    """
    Strands are dropped before the one that waits for them.
    """
    told: list[str] = []

    async def inner(run: Run) -> None:
        try:
            await run.sleep(1)
        finally:
            told.append("inner")

    async def bot(run: Run) -> None:
        try:
            await run.all(run.agent(inner))
        finally:
            told.append("outer")

    Log(an_agent(bot)).close()

    assert ["inner", "outer"] == told
