"""
Tools and models misbehave, and each time there is a clear result.
"""

from __future__ import annotations

import math
import time
from typing import Any

import pytest
from pydantic import BaseModel

from agent_core import effects, events
from agent_core.addresses import Party
from agent_core.tools import Start, tool
from gateway.ongoing import Operation, Result
from gateway.perform import LARGE, LONGEST_ANSWER, TOO_LARGE, Performer
from gateway.runtime import Runtime
from tests.agent_core.agents import Number
from tests.runtime import HandRuntime


class Sum(BaseModel):
    """What a tool returns."""

    total: int


OPERATION = Operation("t", "r1", "k", 1)


async def run(function: Any, runtime: Runtime | None = None, **how: Any) -> Result:
    declared = tool(**how)(function)
    call = effects.CallTool("k", declared, Number(n=3), {"n": 3}, "digest", "", False)
    performer = Performer(lambda agent: None, runtime or HandRuntime())
    return await performer.tool(OPERATION, call, Start("start1", 1, Party("rita")), lambda result: None)


def finished(result: Result) -> events.ToolFinished:
    assert isinstance(result.event, events.ToolFinished)
    return result.event


async def test_a_result_is_what_the_tool_returned():
    """
    A value is decoded from its JSON form, so that live and replay cannot differ.
    """

    async def add(arguments: Number) -> Sum:
        return Sum(total=arguments.n)

    assert (True, {"total": 3}) == (finished(await run(add)).ok, finished(await run(add)).value)


async def test_a_tool_knows_its_start():
    """
    A second parameter is told which start this is, and who asked.
    """
    starts: list[Start] = []

    async def note(arguments: Number, start: Start) -> None:
        starts.append(start)

    await run(note)

    assert [Start("start1", 1, Party("rita"))] == starts


async def test_a_plain_function_runs_in_a_thread():
    """
    A tool that blocks does not hold the loop.
    """

    def slow(arguments: Number) -> int:
        time.sleep(0.01)
        return arguments.n

    runtime = Runtime()
    assert 3 == finished(await run(slow, runtime)).value
    runtime.close()


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1), GeneratorExit()])
async def test_a_tool_that_raises(error: BaseException):
    """
    Whatever a tool raises is a failure with its name, and ends nothing else.
    """

    async def broken(arguments: Number) -> None:
        raise error

    event = finished(await run(broken))

    assert (False, "error") == (event.ok, event.kind)
    assert type(error).__name__ in event.message


@pytest.mark.parametrize("value", [object(), {1, 2, object()}, b"\xff", lambda: 1])
async def test_a_tool_that_returns_what_is_no_json(value: object):
    """
    What JSON cannot hold is a failure that says so.
    """

    async def odd(arguments: Number) -> Any:
        return value

    event = finished(await run(odd))

    assert (False, "invalid_result") == (event.ok, event.kind)
    assert "no JSON" in event.message


async def test_a_tool_that_returns_another_type_than_it_says():
    """
    The declared return type holds.
    """

    async def liar(arguments: Number) -> int:
        return "many"  # type: ignore[return-value]

    assert "invalid_result" == finished(await run(liar)).kind


async def test_a_number_that_json_cannot_write_is_null():
    """
    NaN does not break the log.
    """

    async def odd(arguments: Number) -> float | None:
        return math.nan

    assert finished(await run(odd)).value is None


async def test_a_large_result_stands_beside_the_log():
    """
    Over 64 KiB the log holds the head, the size and the digest of the whole.
    """

    async def large(arguments: Number) -> str:
        return "x" * LARGE

    result = await run(large)
    event = finished(result)

    assert (LARGE + 2, result.blobs[0].digest) == (event.size, event.blob)
    assert f'"{"x" * LARGE}"'.encode() == result.blobs[0].body
    assert len(event.value) < 3_000


async def test_twenty_megabytes_are_refused():
    """
    Over 16 MiB a result is a failure, not a burden on the store.
    """

    async def huge(arguments: Number) -> str:
        return "x" * 20_000_000

    event = finished(await run(huge))

    assert "invalid_result" == event.kind
    assert str(TOO_LARGE) in event.message
    assert len(event.message) < 200


async def test_a_long_error_is_cut():
    """
    A tool cannot fill the log with its complaint.
    """

    async def noisy(arguments: Number) -> None:
        raise ValueError("x" * 1_000_000)

    assert len(finished(await run(noisy)).message) <= 2_000


async def test_a_model_that_talks_without_end_is_cut():
    """
    An endless answer is cut, and so is no JSON.
    """

    class Talker:
        name = "talker"

        async def answer(self, context: str, schema: dict[str, Any]) -> str:
            return "x" * 10_000_000

    performer = Performer(lambda agent: Talker(), HandRuntime())
    result = await performer.model(OPERATION, effects.CallModel("k", "context", {}, 0), "bot")

    assert isinstance(result.event, events.ModelAnswered)
    assert LONGEST_ANSWER == len(result.event.text)


async def test_an_agent_without_a_model():
    """
    An agent that asks a model it does not have is told so.
    """
    performer = Performer(lambda agent: None, HandRuntime())
    result = await performer.model(OPERATION, effects.CallModel("k", "context", {}, 0), "bot")

    assert "no model is configured for this agent" == result.failed


async def test_a_summary_is_read_from_its_json():
    """
    What a model sums up is recorded as plain words.
    """

    class Summer:
        name = "summer"

        async def answer(self, context: str, schema: dict[str, Any]) -> str:
            return '{"summary": "all went well"}'

    performer = Performer(lambda agent: Summer(), HandRuntime())
    wish = effects.CallModel("k", "context", {}, 0, summary=True, covers=4)
    result = await performer.model(OPERATION, wish, "bot")

    assert isinstance(result.event, events.HistorySummarised)
    assert ("all went well", 4) == (result.event.text, result.event.upto)
