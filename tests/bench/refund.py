"""
The agent of the engine's benchmarks: its model, a script, wants one guarded call, and then it says so.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from agent_core.results import Ok
from agent_core.run import Run, agent
from agent_core.thread import Thread
from agent_core.tools import Start, tool


class Refund(BaseModel):
    order: int
    amount: float


def script(context: str, schema: dict[str, Any]) -> str:
    """Answer at once, and always the same."""
    return '{"order": 1234, "amount": 99.5}'


def context(thread: Thread) -> str:
    """The messages that the run was started by, as an owner's code would put them."""
    return "\n".join(thread.facts[seq].text for seq in thread.state.consumes)


@tool(limit=30)
async def refund(arguments: Refund, start: Start) -> str:
    """Do nothing."""
    return "refunded"


@agent(version="1")
async def clerk(run: Run) -> None:
    step = await run.next_step(Refund, context=context)
    result = await run.call(refund, step)
    await run.reply("done" if isinstance(result, Ok) else f"not done: {result}")
