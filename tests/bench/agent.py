"""
The agent of the benchmarks: one guarded call and a reply. Its tool says when it was started, and does nothing else.
"""

from __future__ import annotations

import os
import socket
import time

from pydantic import BaseModel

from agent_core.results import Ok
from agent_core.run import Run, agent
from agent_core.tools import Start, tool

TOLD = "BENCH_TOLD"  # names the datagram socket that is told of each start


class Act(BaseModel):
    what: str


@tool(limit=30)
async def act(arguments: Act, start: Start) -> str:
    """Say when it began, by the clock that all processes of a machine share."""
    now = time.monotonic()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
        out.sendto(f"{arguments.what} {now}".encode(), os.environ[TOLD])
    return "acted"


@agent(version="1")
async def worker(run: Run) -> None:
    result = await run.call(act, Act(what=run.asked))
    await run.reply("done" if isinstance(result, Ok) else f"not done: {result}")
