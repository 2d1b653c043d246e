"""
The agent of the crash suite. Its tools append a line to a file, which is how the world remembers what was done to it.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from agent_core import context
from agent_core.run import Run, agent
from agent_core.tools import Start, tool
from agent_core.wanted import Question

EFFECTS = Path("effects.jsonl")
BEFORE, AFTER = 0.02, 0.05  # seconds around an effect in which a kill may fall


class Deploy(BaseModel):
    """Guarded: twice is not the same as once."""

    intent: Literal["deploy"] = "deploy"
    n: int


class Note(BaseModel):
    """Unguarded: twice is the same as once."""

    intent: Literal["note"] = "note"
    n: int


class AskBack(BaseModel):
    """A question to whoever asked."""

    intent: Literal["ask"] = "ask"
    n: int


class Nap(BaseModel):
    """A short sleep."""

    intent: Literal["nap"] = "nap"
    n: int


class Done(BaseModel):
    """One command is done."""

    intent: Literal["done"] = "done"
    n: int


class End(BaseModel):
    """All are done."""

    intent: Literal["end"] = "end"


Step = Annotated[Deploy | Note | AskBack | Nap | Done | End, Field(discriminator="intent")]
COMMAND = re.compile(r"(deploy|note|ask|nap) (\d+)")


def effect(kind: str, n: int, start: Start) -> None:
    """Do something to the world, durably."""
    line = json.dumps({"kind": kind, "n": n, "start": start.key, "attempt": start.attempt}) + "\n"
    file = os.open(EFFECTS, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, line.encode())
    os.fsync(file)
    os.close(file)


@tool(name="deploy", limit=10)
async def deploy(arguments: Deploy, start: Start) -> int:
    """Not idempotent."""
    await asyncio.sleep(BEFORE)
    effect("deploy", arguments.n, start)
    await asyncio.sleep(AFTER)
    return arguments.n


@tool(name="note", idempotent=True, limit=10)
async def note(arguments: Note, start: Start) -> int:
    """Idempotent by its start's key."""
    await asyncio.sleep(BEFORE)
    effect("note", arguments.n, start)
    await asyncio.sleep(AFTER)
    return arguments.n


def build_context(thread: Any) -> str:
    """What the script reads."""
    return context.render(context.entries(thread))


def script(text: str, schema: dict[str, Any]) -> str:
    """One step for the first message that has no reply yet: what it says, then done; the end when all are done."""
    entries = re.findall(r"<(\w+)[^>]*>(.*?)</\1>", text, re.DOTALL)
    commands = [found for tag, body in entries if tag == "message" and (found := COMMAND.match(body))]
    replies = {body for tag, body in entries if tag == "reply"}
    waiting = next((c for c in commands if f"done {c.group(2)}" not in replies), None)
    if waiting is None:
        return json.dumps({"intent": "end"})
    intent, n = waiting.groups()
    tried = any(tag == "step" and json.loads(body) == {"intent": intent, "n": int(n)} for tag, body in entries)
    return json.dumps({"intent": "done" if tried else intent, "n": int(n)})


@agent(version="1")
async def crashbot(run: Run) -> None:
    """Do everything that was asked, one after another, and say so each time."""
    while True:
        match await run.next_step(Step, context=build_context):
            case Deploy() as step:
                await run.call(deploy, step)
            case Note() as step:
                await run.call(note, step)
            case AskBack(n=n):
                await run.request_human(Question(f"What about {n}?"))
            case Nap():
                await run.sleep(0.2)
            case Done(n=n):
                await run.reply(f"done {n}")
            case End():
                return
