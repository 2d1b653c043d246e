"""
Agents and tools that the core's tests drive.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from agent_core.run import Agent, agent
from agent_core.thread import Thread
from agent_core.tools import tool


class Number(BaseModel):
    """What the tools take."""

    n: int = 0


class Add(BaseModel):
    """A step of the model."""

    intent: Literal["add"] = "add"
    n: int


class Done(BaseModel):
    """The last step of the model."""

    intent: Literal["done"] = "done"


Step = Annotated[Add | Done, Field(discriminator="intent")]


@tool()
async def add(arguments: Number) -> int:
    """Nothing calls this: its results come from logs."""
    raise AssertionError(arguments)


@tool(name="look", read_only=True)
async def look(arguments: Number) -> int:
    """Nothing calls this either."""
    raise AssertionError(arguments)


def an_agent(function: Any) -> Agent:
    """An agent at its plainest."""
    return agent()(function)


def plain(thread: Thread) -> str:
    """A context that holds how much was seen."""
    return f"context of {len(thread.records)} events"
