"""
`ringback policy`.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Json
from gateway.cli.output import document, fail, moment, say
from gateway.cli.stored import T, read
from gateway.errors import EXIT_SETTINGS, GatewayError, NotFound, Unreadable

if TYPE_CHECKING:
    from agent_core.requests import Who
    from gateway.directory import Directory
    from gateway.explain import Explanation
    from gateway.settings import Settings
    from gateway.store.base import Lists

app = typer.Typer(help="The policy: which call needs whom.", no_args_is_help=True)

SILENCE = {
    False: "nothing is run; the run halts, and the requester and its owner are told",
    True: "nothing is run; the agent is told that nobody answered, and goes on",
}


@app.callback()
def _several() -> None:
    """Keep `explain` a word of its own."""


@app.command("explain")
def explain(
    tool: Annotated[str, typer.Option(help="The tool that is called.")],
    agent: Annotated[
        str, typer.Option(help="The agent that calls it, or api:NAME for a client; where there is one agent, that one.")
    ] = "",
    args: Annotated[str, typer.Option(help="Its arguments, as a JSON object.")] = "{}",
    requester: Annotated[str | None, typer.Option("--as", help="Who asked: a person's id, or an identity.")] = None,
    at: Annotated[str | None, typer.Option(help="When, like 2026-11-25T14:00; now without it.")] = None,
    config: Config = DEFAULT_CONFIG,
    as_json: Json = False,
) -> None:
    """Say what a call would need: which rule speaks, who may decide, where they are asked and until when."""
    from gateway import bootstrap, settings
    from gateway import explain as explaining

    loaded = settings.load(config, secrets=False)
    world, unread = bootstrap.world(loaded, str(config))
    world.grants.learn(_stored(config, lambda lists: lists.grants(), []))
    world.turns.learn(_stored(config, lambda lists: lists.turns(), {}))
    call = explaining.Call(tool, agent, _arguments(args), requester, _time(at))
    told = explaining.explain(world, call, _otherwise(loaded, world.directory, agent))
    if as_json:
        document(asdict(told) | {"unread": unread})
        return
    for name, text in _lines(told, unread):
        say(f"{name:<12}{text}")


def _stored(config: Path, what: Callable[[Lists], Awaitable[T]], otherwise: T) -> T:
    """Read something that is stored; nothing is yet at the first start, or was by an older version."""
    try:
        return read(config, None, what)
    except (NotFound, Unreadable):
        return otherwise


def _otherwise(loaded: Settings, directory: Directory, agent: str) -> Who | None:
    """Say who is asked about a client's call where no rule speaks; None where the agent is no client."""
    from agent_core import addresses
    from gateway import clients

    if not addresses.covers(clients.CHANNEL, agent):
        return None
    known = {f"{clients.CHANNEL}:{one.name}": one.to for one in loaded.clients}
    if agent not in known:
        raise GatewayError(f"there is no client {agent!r} in [[clients]]; there is {', '.join(known) or 'none'}")
    return clients.addressees(directory, known[agent])[0]


def _arguments(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        fail(f'--args: {text!r} is no JSON object; write one like \'{{"environment": "production"}}\'', EXIT_SETTINGS)
    return found


def _time(text: str | None) -> float:
    from gateway.runtime import Runtime

    if text is None:
        return Runtime().now()
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        fail(f"--at: {text!r} is no time; write one like 2026-11-25T14:00", EXIT_SETTINGS)


def _lines(told: Explanation, unread: str) -> list[tuple[str, str]]:
    nothing = "whom the client's settings name are asked" if told.client else "the policy allows it"
    rule = f"policy[{told.rule}], {told.about}" if told.rule is not None else f"none fits, so {nothing}"
    lines = [("needs", {"allow": "nothing: it runs", "forbid": "it is forbidden", "ask": "an approval"}[told.effect])]
    lines.append(("rule", f"{rule}: {told.reason}" if told.rule is not None and told.reason else rule))
    if told.demanded:
        lines.append(("tool", f"demands {told.demanded} besides, whatever a rule says"))
    if told.demanded is None and not told.client:
        lines.append(("tool", unread or "was not found in the agent's module, so what it demands itself is not known"))
    if told.effect != "ask":
        return lines
    lines += [("granted", told.covered)] if told.covered else []
    lines.append(("decides", " or ".join(told.deciders) or "nobody"))
    lines += [("or", f"whoever has the role {role} by a group: the running gateway knows") for role in told.by_group]
    lines += [("votes", told.votes)] if told.votes else []
    lines += [("may change", f"{', '.join(told.editable)}; what is changed is judged anew")] if told.editable else []
    lines += [("urgency", "high: approving it takes a confirmation, or its code")] if told.urgency == "high" else []
    lines += [("not", f"{name}, who {why}") for name, why in told.excluded]
    lines += [("hands on to", " or ".join(told.takers))] if told.takers else []
    lines += [("in turn", ", then ".join(told.turns))] if told.turns else []
    lines += [("away", text) for text in told.away]
    lines += [("card to", place) for place in told.places]
    lines += [("problem", f"{told.problem}, so the run halts")] if told.problem else []
    lines += [("at", f"{moment(at)}: {what}") for at, what in told.steps]
    lines += [("grants", told.grants)] if told.grants else []
    if told.until is not None:
        lines += [("until", moment(told.until)), ("or else", SILENCE[told.go_on])]
    return lines
