"""
Runs played by hand.
"""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel

from agent_core import effects
from agent_core.rehearsal import Rehearsal
from agent_core.results import Answered, Approved, Denied, Failed, Ok
from agent_core.run import Run, agent
from agent_core.thread import Thread
from agent_core.tools import tool
from agent_core.wanted import Approval, Question


class Tag(BaseModel):
    name: str


@tool()
def deploy(arguments: Tag) -> list[str]:
    """Not called in a rehearsal."""
    raise AssertionError


def context(thread: Thread) -> str:
    return f"context of {len(thread.records)}"


def played(function: Any, text: str = "go", **how: Any) -> Rehearsal:
    """Begin a run of a function."""
    return Rehearsal(agent()(function), text, **how)


def test_a_model_a_tool_and_what_is_said():
    """
    What the agent wants is looked at and answered, in order, until it is done.
    """

    async def bot(run: Run) -> None:
        step = await run.next_step(Tag, context=context)
        await run.reply(f"deploying for {run.input}")
        result = await run.call(deploy, step)
        assert result == Ok(["v1"])
        await run.reply(f"done: {run.asked}")

    run = played(bot, input="Rita")
    assert "context of 1" == run.context
    run.model('{"name": "v1"}')
    assert (["deploying for Rita"], False) == (run.replies, run.ended)
    assert Tag(name="v1") == run.wanted(effects.CallTool).arguments
    run.returns(["v1"])

    assert (["deploying for Rita", "done: go"], True) == (run.replies, run.ended)


@pytest.mark.parametrize(
    ("say", "expected"),
    [
        (lambda run: run.deny("no"), Denied("no", by="ana")),
        (lambda run: run.fails("broken"), Failed("error", "broken")),
        (lambda run: run.expire(), Failed("expired", "the owner let the run go on without it")),
    ],
)
def test_a_call_that_comes_to_nothing(say: Any, expected: Any):
    """
    Denied, failed, or asked of nobody who answers.
    """
    found: list[Any] = []

    async def bot(run: Run) -> None:
        found.append(await run.call(deploy, Tag(name="v1")))

    run = played(bot)
    say(run)

    assert run.ended
    assert type(expected) is type(found[0])
    reason = "reason" if isinstance(expected, Denied) else "message"
    assert getattr(expected, reason) in getattr(found[0], reason)


def test_people_are_asked():
    """
    A question, one with choices, an approval, and one that runs out of time where the agent catches that.
    """
    found: list[Any] = []

    async def bot(run: Run) -> None:
        found.append(await run.request_human(Question("Which?")))
        found.append(await run.request_human(Question("Which day?", ("Monday", "Friday"))))
        found.append(await run.request_human(Approval("Now?")))
        found.append(await run.request_human(Approval("And now?", catch=True)))

    run = played(bot)
    assert "Which?" == run.question
    run.answer("that one")
    with pytest.raises(AssertionError, match="'sunday' is none of the choices"):
        run.answer("sunday")
    run.answer("2")
    run.approve()
    assert "And now?" == run.question
    run.expire()

    assert run.ended
    assert [Answered, Answered, Approved, Failed] == list(map(type, found))
    assert ["that one", "Friday"] == [found[0].text, found[1].text]


def test_messages_sleep_and_summaries():
    """
    What is written while it works is in its next context; what it waits for is taken.
    """
    seen: list[str] = []

    def whole(thread: Thread) -> str:
        return ", ".join(fact.text for fact in thread.facts.values())

    async def bot(run: Run) -> None:
        await run.sleep(60)
        await run.summarise(whole)
        seen.append((await run.receive()).text)
        await run.next_step(Tag, context=whole)

    run = played(bot)
    run.wake()
    run.model('{"summary": "nothing yet"}')
    run.write("first")
    run.write("second")
    assert "go, first, second" == run.context
    run.model('{"name": "x"}')

    assert (["first"], True) == (seen, run.ended)


def test_what_the_agent_does_not_want_is_refused():
    """
    Answering something else says what the agent wants instead.
    """

    async def bot(run: Run) -> None:
        await run.request_human(Question("Which?"))

    run = played(bot)
    with pytest.raises(AssertionError, match="the agent wants RequestHuman, not a CallModel"):
        run.model("{}")
    run.answer("x")
    with pytest.raises(AssertionError, match="the agent wants nothing, not a RequestHuman"):
        run.approve()


def test_the_agents_own_fault_is_raised():
    """
    An exception of the agent's is the test's to see.
    """

    async def bot(run: Run) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        played(bot)
