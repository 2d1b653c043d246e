"""
A drive: code and log agree, or it says where they do not.
"""

from __future__ import annotations

from typing import Any

from agent_core.errors import Diverged
from agent_core.requests import Choice, Outcome
from agent_core.run import Run
from agent_core.thread import Thread
from agent_core.wanted import Approval, Question
from tests.agent_core.agents import Number, Step, add, an_agent
from tests.agent_core.logs import Log, ended_with, wanted


def changed(log: Log, function: Any) -> Diverged | None:
    """Replay a log on other code."""
    log.agent = an_agent(function)
    return log.fresh().diverged


def started_log() -> Log:
    async def bot(run: Run) -> None:
        await run.call(add, Number(n=1))
        await run.reply("done")

    log = Log(an_agent(bot))
    log.tool_starts(wanted(log.progress()))
    return log


def test_the_same_code_does_not_diverge():
    """
    A log replays on the code that wrote it.
    """

    async def bot(run: Run) -> None:
        await run.call(add, Number(n=1))
        await run.reply("another wording is no divergence")

    assert changed(started_log(), bot) is None


def test_other_arguments_diverge():
    """
    A call with other arguments than the recorded ones is a divergence that names both.
    """

    async def bot(run: Run) -> None:
        await run.call(add, Number(n=2))

    diverged = changed(started_log(), bot)

    assert diverged is not None
    assert "ToolStarted for add#1" in diverged.recorded
    assert "call add#1" in diverged.expected


def test_another_operation_diverges():
    """
    Code that awaits something else than the log says is a divergence.
    """

    async def bot(run: Run) -> None:
        await run.sleep(1)

    assert changed(started_log(), bot) is not None


def test_code_that_ends_early_diverges():
    """
    A log that goes on after the code has ended is a divergence.
    """

    async def bot(run: Run) -> None:
        return

    diverged = changed(started_log(), bot)

    assert diverged is not None
    assert "nothing" in diverged.expected


def test_a_result_that_no_longer_fits_its_type_diverges():
    """
    A recorded value that the tool's new return type refuses is a divergence, not a crash.
    """
    log = started_log()
    log.tool_returns("add#1", "not a number any more")

    assert log.drive is not None
    assert log.progress().diverged is not None


def test_question_wording_may_change_but_choices_may_not():
    """
    A paused run survives a reworded question; other choices are another question.
    """

    def asking(text: str, *choices: str) -> Any:
        async def bot(run: Run) -> None:
            await run.request_human(Question(text, tuple(Choice(name=c, label=c) for c in choices)))

        return bot

    log = Log(an_agent(asking("Which?", "a", "b")))
    log.open(wanted(log.progress()), choices=())

    assert changed(log, asking("Which one, please?", "a", "b")) is None
    assert changed(log, asking("Which?", "a", "c")) is not None


def test_code_that_withdraws_nothing_any_more_diverges():
    """
    A log in which an agent withdrew something does not fit code that would not.
    """

    async def bot(run: Run) -> None:
        ask = await run.ask(Approval("Publish?"))
        await ask.next()

    log = Log(an_agent(bot))
    request = log.open(wanted(log.progress()))
    progress = log.settle(request, Outcome.CANCELLED, operation="ask#1/cancel#1")

    assert progress.diverged is not None
    assert "RequestSettled for ask#1/cancel#1" == progress.diverged.recorded


def test_a_context_that_raises_ends_the_run():
    """
    A fault in the owner's build_context is the agent's fault.
    """

    def broken(thread: Thread) -> str:
        raise KeyError(thread.id)

    async def bot(run: Run) -> None:
        await run.next_step(Step, context=broken)

    assert isinstance(ended_with(Log(an_agent(bot)).progress()), KeyError)
