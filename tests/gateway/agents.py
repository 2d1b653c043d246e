"""
Agents and tools for the gateway's tests. `World` counts what tools did to it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from agent_core.results import Denied, Failed
from agent_core.run import Agent, Run, agent
from agent_core.tools import Start, Tool, tool
from agent_core.wanted import Question


class Target(BaseModel):
    """What `deploy` takes."""

    environment: str = "production"
    tag: str = "v1"


@dataclass
class World:
    """What tools do something to."""

    deployed: list[tuple[str, str, int]] = field(default_factory=list)
    hold: asyncio.Event = field(default_factory=asyncio.Event)
    results: list[Any] = field(default_factory=list)

    def deploy(self, *, holds: bool = False, **how: Any) -> Tool:
        """A tool that changes this world, and waits for `hold` afterwards where it shall be interrupted."""

        @tool(name="deploy", **how)
        async def deploy(arguments: Target, start: Start) -> str:
            self.deployed.append((arguments.environment, arguments.tag, start.attempt))
            if holds:
                await self.hold.wait()
            return f"{arguments.tag} is out"

        return deploy

    def deployer(self, tool: Tool, *, version: str = "1", **call: Any) -> Agent:
        """An agent that deploys once, and says what came of it."""

        @agent(name="bot", version=version)
        async def bot(run: Run) -> None:
            result = await run.call(tool, Target(), **call)
            self.results.append(result)
            match result:
                case Denied(reason=reason, outcome=outcome):
                    await run.reply(f"{outcome}: {reason}")
                case Failed(kind=kind):
                    await run.reply(f"failed: {kind}")
                case _:
                    await run.reply("it is out")

        return bot


def asker(*questions: Question) -> Agent:
    """An agent that asks, one after another, and repeats the answers."""

    @agent(name="bot")
    async def bot(run: Run) -> None:
        for question in questions:
            verdict = await run.request_human(question)
            await run.reply(f"heard: {getattr(verdict, 'text', verdict)}")

    return bot


@agent(name="bot")
async def echo(run: Run) -> None:
    """An agent that repeats what it hears, until it hears bye."""
    while (message := await run.receive()).text != "bye":
        await run.reply(f"{message.name} said: {message.text}")
