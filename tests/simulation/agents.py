"""
The agents of the simulation, and a world that remembers what their tools did to it.

Each command is one way to ask: one thing or several at once, of one person or of a quorum, with and without a guard,
for a moment or for thousands of messages.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from agent_core import context
from agent_core.requests import Choice, Where, Who
from agent_core.results import QuestionBack
from agent_core.run import Agent, Run, agent
from agent_core.tools import Start, Tool, tool
from agent_core.wanted import Approval, Question, questions
from tests.simulation.weather import Weather

COMMANDS = (
    "deploy", "launch", "vote", "agree", "climb", "climb", "reach", "change", "change", "repeat", "repeat", "rush",
    "roll", "rollout", "rollout", "tidy", "tidy", "prune", "prune",
    "record", "copy", "block",
    "ask", "choose", "fill", "refuse", "many", "nap", "talk", "think", "confer",
)  # fmt: skip
COMMAND = re.compile(rf"\b({'|'.join(COMMANDS)}) (\d+)")
GATHERED = frozenset({"roll", "tidy", "prune"})
GUARDED = frozenset({"deploy", "launch", "vote", "agree", "climb", "reach", "change", "repeat", "rush"}) | GATHERED
TOOLS = GUARDED | {"record", "copy", "block"}
IDEMPOTENT = frozenset({"copy"})
TOOL_LIMIT = 20.0  # seconds
CARELESS = "1, careless"  # a build whose code is not that of its version
SOUND = ("2", "1")  # builds that finish every run
DEPLOYED = (("1",), ("1", "2"), SOUND, SOUND, ("2",))  # builds of which a gateway has several, the current one first
TALK = 6  # messages after which a talk is handed over to the next run


class Number(BaseModel):
    """What every tool takes."""

    n: int


class Repeated(Number):
    """What a tool takes whose calls are alike: of one of two kinds."""

    kind: str


class Change(Number):
    """What a tool takes of which approvers may change something."""

    tag: str = "v1"
    size: int = Field(default=1, ge=1)


class Thought(BaseModel):
    """What the model says: one more look, or that it is enough."""

    look: bool


class Effect(NamedTuple):
    """Something that a tool did to the world, with what it got: `digest` is over its name, version and arguments."""

    tool: str
    n: int
    start: str
    attempt: int
    digest: str


class Tools:
    """
    Tools that do something to the world.

    Args:
        moment: Called just before and just after an effect; a crash may fall there.
        done: Called with each effect, in the moment that it takes place.
        cut: Tells whether the process that runs now is cut off from the world.
    """

    def __init__(
        self,
        dice: random.Random,
        weather: Weather,
        moment: Callable[[str], None],
        done: Callable[[Effect], None],
        cut: Callable[[], bool],
    ) -> None:
        self._dice, self._weather, self._moment, self._done, self._cut = dice, weather, moment, done, cut
        self.deploy = self._slow("deploy")
        self.launch = self._slow("launch")
        self.vote = self._slow("vote")
        self.agree = self._slow("agree")
        self.climb = self._slow("climb")
        self.reach = self._slow("reach")
        self.rush = self._slow("rush")
        self.roll = self._slow("roll")
        self.tidy = self._slow("tidy")
        self.prune = self._changed("prune")
        self.change = self._changed("change")
        self.repeat = self._repeated()
        self.record = self._slow("record")
        self.copy = self._slow("copy", idempotent=True)
        self.block = self._blocking()

    def _slow(self, name: str, *, idempotent: bool = False) -> Tool:
        @tool(name=name, limit=TOOL_LIMIT, idempotent=idempotent)
        async def work(arguments: Number, start: Start) -> int:
            return await self._work(name, arguments, start)

        return work

    def _changed(self, name: str) -> Tool:
        @tool(name=name, limit=TOOL_LIMIT, editable=("tag", "size"))
        async def work(arguments: Change, start: Start) -> int:
            return await self._work(name, arguments, start)

        return work

    def _repeated(self) -> Tool:
        @tool(name="repeat", limit=TOOL_LIMIT)
        async def work(arguments: Repeated, start: Start) -> int:
            return await self._work("repeat", arguments, start)

        return work

    async def _work(self, name: str, arguments: Number, start: Start) -> int:
        await asyncio.sleep(self._dice.random())
        if self._cut():
            await asyncio.Event().wait()
        self._take_place(effect(name, arguments, start))
        if self._dice.random() < self._weather.tool_hangs:
            await asyncio.sleep(TOOL_LIMIT * 2 * self._dice.random())
        await asyncio.sleep(self._dice.random())
        if self._dice.random() < self._weather.tool_fails:
            raise RuntimeError("it broke")
        return arguments.n

    def _take_place(self, effect: Effect) -> None:
        self._moment("before an effect")
        self._done(effect)
        self._moment("after an effect")

    def _blocking(self) -> Tool:
        @tool(name="block", limit=TOOL_LIMIT)
        def work(arguments: Number, start: Start) -> int:
            if self._cut():
                raise OSError("cut off")
            self._take_place(effect("block", arguments, start))
            return arguments.n

        return work


def effect(name: str, arguments: Number, start: Start) -> Effect:
    """Say what a tool does, with the digest of what it got."""
    return Effect(name, arguments.n, start.key, start.attempt, digest_of(name, arguments.model_dump()))


def digest_of(name: str, arguments: Mapping[str, Any]) -> str:
    """Give the digest of a call as docs/api.md has it; RFC 8785 writes what is so plain like this."""
    got = {"tool": name, "version": "1", "arguments": arguments}
    return hashlib.sha256(json.dumps(got, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def builds(tools: Tools) -> dict[str, Agent]:
    """Give the agent's builds by name: its two versions, and a careless one that passes for the first."""
    return {"1": simbot(tools), "2": simbot(tools, "2", nap=1.0), CARELESS: simbot(tools, "1", nap=2.0)}


def build_context(thread: Any) -> str:
    """What the model reads."""
    return context.render(context.entries(thread))


def model(dice: random.Random) -> Callable[[str, dict[str, Any]], str]:
    """A model that thinks a while, and errs now and then."""

    def answer(text: str, schema: dict[str, Any]) -> str:
        drawn = dice.random()
        if drawn < 0.1:
            raise RuntimeError("overloaded")
        return "not JSON" if drawn < 0.2 else json.dumps({"look": drawn < 0.6})

    return answer


def simbot(tools: Tools, version: str = "1", *, nap: float = 0.0) -> Agent:
    """
    The agent: does the first command in what was written.

    Args:
        nap: Seconds that it sleeps before; so code differs from code.
    """

    @agent(name="simbot", version=version)
    async def simbot(run: Run) -> Any:
        if nap:
            await run.sleep(nap)
        found = COMMAND.search(run.asked)
        if found is None and run.input is None:
            return await run.reply("I do not understand that.")
        word, n = found.groups() if found is not None else ("talk", run.input["n"])
        number = Number(n=int(n))
        match word:
            case "change":
                await run.call(tools.change, Change(n=number.n, size=1 if number.n % 3 else 5), catch=number.n % 2 == 0)
            case "prune":
                await run.call(tools.prune, Change(n=number.n), catch=True)
            case "repeat":
                kind = "even" if number.n % 2 == 0 else "odd"
                await run.call(tools.repeat, Repeated(n=number.n, kind=kind), catch=number.n % 2 == 0)
            case "rollout":
                calls = [Number(n=10 * number.n + one) for one in range(2 + number.n % 3)]
                await run.all(*(run.call(tools.roll, one, catch=True) for one in calls))
            case _ if word in TOOLS:
                await run.call(getattr(tools, word), number, catch=number.n % 2 == 0)
            case "ask":
                await run.request_human(Question(f"What about {n}?", patience=1_800, catch=number.n % 2 == 0))
            case "choose":
                await run.request_human(Question(f"Which for {n}?", choices=("left", "right"), patience=1_800))
            case "fill":
                which, why = Question("Which?", choices=("left", "right")), Question("Why?")
                await run.request_human(replace(questions(f"What about {n}?", which, why), patience=1_800))
            case "refuse":
                await run.request_human(refusal(n))
            case "many":
                await run.all(
                    run.call(tools.deploy, number, catch=True),
                    run.request_human(Question(f"What about {n}?", patience=1_800, catch=True)),
                    run.call(tools.record, number),
                    run.call(tools.copy, number),
                    run.sleep(60 + number.n),
                )
            case "nap":
                await run.sleep(120)
            case "think":
                await run.agent(think, steps=8)
            case "confer":
                await run.agent(confer, n)
            case _:
                return await talk(run, n)
        await run.reply(f"done {n}")
        return None

    return simbot


def refusal(n: str) -> Approval:
    """Ask for something that can be denied in several ways."""
    ways = (Choice(name="later", label="Not now", prefill="Not today."), Choice(name="never", label="Never"))
    return Approval(f"May we {n}?", choices=ways, to=Who(roles=("release",)), where=Where(targets=("people",)))


async def think(run: Run) -> None:
    """Ask the model until it has had enough."""
    while (await run.next_step(Thought, context=build_context)).look:
        pass


async def confer(run: Run) -> None:
    """Ask those who release, and answer what they ask back."""
    n = run.input
    ask = await run.ask(
        Approval(title=f"Shall we {n}?", to=Who(roles=("release",)), where=Where(targets=("people",)), catch=True)
    )
    while isinstance(await ask.next(), QuestionBack):
        await ask.answer(f"because {n}")


async def talk(run: Run, n: str) -> Any:
    """Repeat what is said, for ever and ever, until it is bye."""
    for _ in range(TALK):
        message = await run.receive()
        if message.text == f"bye {n}":
            return await run.reply(f"done {n}")
        await run.reply(f"{message.name} said: {message.text}")
    return await run.again({"n": n})
