"""
The round trip of an approval on LangGraph, over its SQLite checkpointer: START → model → tool, which interrupts; then
Command(resume) → tool → model → END. Run by the python of a venv of its own (`python -m tests.bench peers` says how);
prints one run as JSON. Nothing of ours is imported.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from importlib import metadata
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages
from langgraph.types import Command, interrupt

TEXT = "please refund order 1234 " * 4
CALL = {"id": "c1", "name": "refund", "args": {"order": 1234, "amount": 99.5}}
WARM = 5


class State(TypedDict):
    messages: Annotated[list[Any], add_messages]


async def model(state: State) -> State:
    """Answer at once: the call, and after its result that it is done."""
    if isinstance(state["messages"][-1], ToolMessage):
        return {"messages": [AIMessage("done")]}
    return {"messages": [AIMessage("", tool_calls=[CALL])]}


async def tool(state: State) -> State:
    """Ask, and do nothing."""
    call = state["messages"][-1].tool_calls[0]
    answer = interrupt({"tool": call["name"], "arguments": call["args"], "options": ["approve", "deny"]})
    return {"messages": [ToolMessage("refunded" if answer == "approve" else "refused", tool_call_id=call["id"])]}


def graph(saver: AsyncSqliteSaver) -> Any:
    """The agent."""
    made = StateGraph(State)
    made.add_node("model", model)
    made.add_node("tool", tool)
    made.add_edge(START, "model")
    made.add_conditional_edges("model", lambda s: "tool" if getattr(s["messages"][-1], "tool_calls", None) else END)
    made.add_edge("tool", "model")
    return made.compile(checkpointer=saver)


async def main(durability: str, in_flight: int, seconds: float) -> None:
    """Measure one run."""
    with tempfile.TemporaryDirectory(prefix="rb-") as place:
        async with AsyncSqliteSaver.from_conn_string(str(Path(place) / "langgraph.sqlite")) as saver:
            await saver.setup()
            for pragma in ("journal_mode = WAL", "synchronous = FULL"):
                await saver.conn.execute(f"PRAGMA {pragma}")
            agent, numbers, latencies = graph(saver), itertools.count(), []

            async def one() -> None:
                where = {"configurable": {"thread_id": f"t{next(numbers):08d}"}}
                began = time.perf_counter()
                paused = await agent.ainvoke({"messages": [HumanMessage(TEXT)]}, where, durability=durability)
                assert paused["__interrupt__"]
                ended = await agent.ainvoke(Command(resume="approve"), where, durability=durability)
                assert ended["messages"][-1].content == "done"
                latencies.append(time.perf_counter() - began)

            for _ in range(WARM):
                await one()
            latencies.clear()
            began = time.perf_counter()

            async def worker() -> None:
                while time.perf_counter() < began + seconds:
                    await one()

            await asyncio.gather(*(worker() for _ in range(in_flight)))
            wall = time.perf_counter() - began
    print(json.dumps({"wall": wall, "latencies": latencies, "version": metadata.version("langgraph")}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--durability", choices=["exit", "async"], required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    asked = parser.parse_args()
    asyncio.run(main(asked.durability, asked.in_flight, asked.seconds))
