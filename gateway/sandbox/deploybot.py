"""
The example agent: a deploy bot whose tools really change a file.

Everything here is an owner's own code: the steps, the context, the tools. `deployments.json` in the folder where the
gateway runs stands for the world; the sandbox's page shows it.
"""

from __future__ import annotations

import asyncio
import csv
import io
import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from agent_core import context
from agent_core.files import File
from agent_core.requests import to_role
from agent_core.results import Ok
from agent_core.run import Run, agent
from agent_core.thread import Thread
from agent_core.tools import Start, tool
from agent_core.wanted import Form, Question

FILE = Path("deployments.json")
SHOWN_LINES, SHOWN = 3, 300  # lines and characters of a file that are quoted
ROLL_OUT = 2.0  # seconds that a roll-out is watched after it has begun; time to press Kill

Environment = Literal["staging", "production"]


class ListDeployments(BaseModel):
    """Look at what runs where."""

    intent: Literal["list_deployments"] = "list_deployments"


class Deploy(BaseModel):
    """Put a version into an environment."""

    intent: Literal["deploy"] = "deploy"
    environment: Environment
    tag: Annotated[str, Field(pattern=r"^v\d+(\.\d+)*$")]


class RollBack(BaseModel):
    """Put the version before the present one back."""

    intent: Literal["roll_back"] = "roll_back"
    environment: Environment


class RestartServices(BaseModel):
    """Restart some services, each by itself."""

    intent: Literal["restart_services"] = "restart_services"
    environment: Environment
    services: list[str]


class Restart(BaseModel):
    """A service to restart."""

    environment: Environment
    service: str


class AskPerson(BaseModel):
    """Ask the requester, or the people who release."""

    intent: Literal["ask_person"] = "ask_person"
    question: str
    choices: list[str] = []
    whom: Literal["requester", "release"] = "requester"


class AskRelease(BaseModel):
    """Ask the requester what to release, by a form."""

    intent: Literal["ask_release"] = "ask_release"


class Release(BaseModel):
    """The form's fields."""

    environment: Environment = Field(title="Where to")
    tag: Annotated[str, Field(title="Version", pattern=r"^v\d+(\.\d+)*$", description="Such as v1.4.2.")]


class Export(BaseModel):
    """Send what runs where as a CSV file, and stop."""

    intent: Literal["export"] = "export"


class ReadFile(BaseModel):
    """Read a text file that somebody attached, by its name."""

    intent: Literal["read_file"] = "read_file"
    name: str


class Done(BaseModel):
    """Say what came of it, and stop."""

    intent: Literal["done"] = "done"
    message: str


NextStep = Annotated[
    ListDeployments | Deploy | RollBack | RestartServices | AskPerson | AskRelease | Export | ReadFile | Done,
    Field(discriminator="intent"),
]


class Deployed(BaseModel):
    """What runs in an environment, and what ran there before."""

    environment: Environment
    tag: str | None
    before: str | None


class Text(BaseModel):
    """What is in a text file: how many lines, and the first few."""

    name: str
    lines: int
    beginning: str


class Change(BaseModel):
    """A change of what runs; `tag` is a version or a service, `start` tells two attempts of a start from two starts."""

    environment: Environment
    tag: str
    what: Literal["deploy", "roll back", "restart"]
    start: str
    attempt: int


class World(BaseModel):
    """What the file holds."""

    running: dict[Environment, str] = {}
    changes: list[Change] = []


@tool(read_only=True)
def list_deployments(arguments: ListDeployments) -> dict[str, str | None]:
    """Tell what runs where."""
    running = read().running
    return {"staging": running.get("staging"), "production": running.get("production")}


@tool(limit=30, editable=("tag",))
async def deploy(arguments: Deploy, start: Start) -> Deployed:
    """Deploy, and watch the roll-out for a moment."""
    changed = _change(arguments.environment, arguments.tag, "deploy", start)
    await asyncio.sleep(ROLL_OUT)
    return changed


@tool(limit=30)
async def roll_back(arguments: RollBack, start: Start) -> Deployed:
    """Put the version before the present one back."""
    earlier = [change.tag for change in read().changes if change.environment == arguments.environment]
    if len(earlier) < 2:
        raise ValueError(f"nothing to roll back to in {arguments.environment}")
    changed = _change(arguments.environment, earlier[-2], "roll back", start)
    await asyncio.sleep(ROLL_OUT)
    return changed


@tool(limit=30)
async def restart(arguments: Restart, start: Start) -> str:
    """Restart a service."""
    world = read()
    _record(world, arguments.environment, arguments.service, "restart", start)
    return f"{arguments.service} is up again"


@tool(read_only=True)
async def read_file(arguments: ReadFile, start: Start) -> Text:
    """Fetch a file that came with a message, and look into it."""
    attached = [file for file in start.attachments if file.name == arguments.name]
    if not attached:
        raise ValueError(f"nobody attached {arguments.name}")
    lines = (await start.fetch(attached[-1])).decode("utf-8", "replace").splitlines()
    return Text(name=arguments.name, lines=len(lines), beginning="\n".join(lines[:SHOWN_LINES])[:SHOWN])


def as_csv(running: dict[str, str | None]) -> str:
    """Write what runs where as a table."""
    table = io.StringIO()
    csv.writer(table).writerows([("environment", "tag"), *((name, tag or "") for name, tag in running.items())])
    return table.getvalue()


def read(file: Path = FILE) -> World:
    """Read the file; where there is none, nothing runs."""
    return World.model_validate_json(file.read_text()) if file.exists() else World()


def _change(environment: Environment, tag: str, what: Literal["deploy", "roll back"], start: Start) -> Deployed:
    world = read()
    before = world.running.get(environment)
    world.running[environment] = tag
    _record(world, environment, tag, what, start)
    return Deployed(environment=environment, tag=tag, before=before)


def _record(
    world: World, environment: Environment, tag: str, what: Literal["deploy", "roll back", "restart"], start: Start
) -> None:
    world.changes.append(Change(environment=environment, tag=tag, what=what, start=start.key, attempt=start.attempt))
    new = FILE.with_suffix(".new")
    new.write_text(world.model_dump_json(indent=2))
    os.replace(new, FILE)


RULES = """You are the deploy bot of a small team.
You deploy versions (tags like v1.4.2) to staging or production, roll back, restart services, and list what runs, as
a file too.
You read text files that people attach.
People approve what needs approval; that is not your business.
Take one step at a time, and finish with done and a short message."""


def build_context(thread: Thread) -> str:
    """Everything that the model knows. Yours to change."""
    return context.sections(
        context.Section(RULES, 500),
        context.Section(context.render(context.entries(thread)), 6_000),
        context.Section("What is the next step?", 50),
    )


@agent(version="1")
async def deploybot(run: Run) -> None:
    """Take steps until done."""
    while True:
        step = await run.next_step(NextStep, context=build_context)
        match step:
            case ListDeployments():
                await run.call(list_deployments, step)
            case Deploy():
                await run.call(deploy, step)
            case RollBack():
                await run.call(roll_back, step)
            case RestartServices(environment=environment, services=services):
                wanted = (Restart(environment=environment, service=service) for service in services)
                results = await run.all(*(run.call(restart, one) for one in wanted))
                done = [name for name, result in zip(services, results, strict=True) if isinstance(result, Ok)]
                return await run.reply(f"Restarted: {', '.join(done) or 'nothing'}.")
            case AskPerson(question=question, choices=choices, whom=whom):
                to = to_role("release") if whom == "release" else None
                await run.request_human(Question(question, choices=choices, to=to))
            case AskRelease():
                await run.request_human(Form("What should be released?", Release))
            case Export():
                listed = await run.call(list_deployments, ListDeployments())
                if isinstance(listed, Ok):
                    table = File("deployments.csv", as_csv(listed.value))
                    return await run.reply("This is what runs where.", files=[table])
            case ReadFile():
                await run.call(read_file, step)
            case Done(message=message):
                return await run.reply(message)
