"""
Properties of driving any agent: a live Drive is a cache, and who answers first does not matter.

Programs are random trees of operations, worlds are random orders of what can happen next.
"""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from agent_core import effects, events
from agent_core.drive import Progress
from agent_core.requests import Outcome, Request
from agent_core.run import Operation, Run
from agent_core.wanted import Question
from tests.agent_core.agents import Number, Step, add, an_agent, look, plain
from tests.agent_core.logs import NOON, RITA, Log

leaves = st.sampled_from(["add", "look", "model", "ask", "person", "reply", "sleep", "receive"])
programs = st.recursive(
    st.lists(leaves, max_size=3),
    lambda inner: st.one_of(
        st.lists(leaves, max_size=3),
        st.tuples(st.just("all"), st.lists(inner, max_size=3)).map(list),
        st.tuples(st.just("agent"), inner).map(list),
    ),
    max_leaves=8,
)


async def interpret(run: Run, program: Any, trace: list[Any]) -> Any:
    """Run a program, noting every outcome in the order in which the code sees it."""
    if program and program[0] == "all" and len(program) == 2:
        outcomes = await run.all(*(operation(run, inner) for inner in program[1]))
        trace.append(outcomes)
        return outcomes
    if program and program[0] == "agent" and len(program) == 2:
        return await operation(run, program[1])
    outcomes = [await leaf(run, name) for name in program]
    trace.append(outcomes)
    return outcomes


def operation(run: Run, program: Any) -> Operation[Any]:
    async def nested(inner: Run) -> Any:
        return await interpret(inner, program, [])

    return run.agent(nested)


async def leaf(run: Run, name: str) -> Any:
    match name:
        case "add":
            return await run.call(add, Number(n=1))
        case "look":
            return await run.call(look, Number(n=2))
        case "model":
            return (await run.next_step(Step, context=plain)).intent
        case "ask":
            ask = await run.ask(Question("Which?", catch=True))
            return await ask.next()
        case "person":
            return await run.request_human(Question("Which?", catch=True))
        case "reply":
            return await run.reply("hello")
        case "sleep":
            return await run.sleep(1)
        case _:
            return (await run.receive()).text


class World:
    """Answers what an agent wants, in an order that a random number generator chooses."""

    def __init__(self, log: Log, order: random.Random) -> None:
        self.log, self.order = log, order
        self.begun: dict[str, tuple[str, Any]] = {}
        self.messages = 1

    def moves(self, progress: Progress) -> list[Any]:
        """Everything that could happen next."""
        return [*progress.effects, *self.begun.items()]

    def happen(self, move: Any) -> Progress:
        """Let one thing happen; what it answers depends on the key alone, not on the order."""
        log = self.log
        match move:
            case effects.CallModel(key=key):
                return log.model_says(key, '{"intent": "done"}')
            case effects.CallTool(key=key):
                self.begun[key] = ("tool", None)
                return log.tool_starts(move)
            case effects.RequestHuman(key=key):
                self.begun[key] = ("request", log.open(move))
                return log.progress()
            case effects.Reply(key=key, text=text):
                return log.add(events.Replied(**log.named(key), text=text))
            case effects.Sleep(key=key):
                self.begun[key] = ("sleep", None)
                return log.add(events.SleepStarted(**log.named(key), until=NOON))
            case effects.Receive(key=key):
                self.messages += 1
                log.message(self.messages, f"for {key}")
                return log.add(events.MessageTaken(**log.named(key), fact=self.messages, party=RITA, name="Rita"))
            case (key, begun):
                del self.begun[key]
                return self.end(key, *begun)
        raise AssertionError(move)

    def end(self, key: str, kind: str, request: Request | None) -> Progress:
        if kind == "tool":
            number = sum(map(ord, key)) % 3
            return self.log.tool_returns(key, number)
        if kind == "sleep":
            return self.log.add(events.SleepEnded(**self.log.named(key)))
        assert request is not None
        outcome = (Outcome.ANSWERED, Outcome.DENIED, Outcome.EXPIRED)[sum(map(ord, key)) % 3]
        return self.log.settle(request, outcome, answer=f"to {key}")


def play(program: Any, seed: int, *, compare: bool) -> list[Any]:
    """Run a program to its end in a random world; returns what its code saw, in the code's own order."""
    traces: list[list[Any]] = []

    async def bot(run: Run) -> None:
        trace: list[Any] = []
        traces.append(trace)
        await interpret(run, program, trace)

    log = Log(an_agent(bot))
    world = World(log, random.Random(seed))
    progress = log.progress()
    while moves := world.moves(progress):
        progress = world.happen(world.order.choice(moves))
        assert progress.diverged is None
        if compare:
            assert progress == log.fresh()
    assert progress.ended is not None
    assert progress.ended.error is None
    return traces[0]


@given(programs, st.integers(0, 2**32))
def test_live_is_fresh_after_every_event(program: Any, seed: int):
    """
    After every event of any run, the live Drive stands exactly where a new one over the same log does.
    """
    play(program, seed, compare=True)


@given(programs, st.integers(0, 2**32), st.integers(0, 2**32))
def test_the_order_of_completion_does_not_matter(program: Any, one: int, other: int):
    """
    In whatever order operations of an `all` complete, the code sees the same outcomes in the same places.
    """
    assert play(program, one, compare=False) == play(program, other, compare=False)
