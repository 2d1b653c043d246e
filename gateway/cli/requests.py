"""
`ringback requests`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import document, moment, say, table
from gateway.cli.stored import ask, read

if TYPE_CHECKING:
    from agent_core.events import Event
    from agent_core.requests import Request

app = typer.Typer(help="Requests: what people are asked.", no_args_is_help=True)

Status = Annotated[
    Literal[
        "open",
        "approved",
        "approved_with_edits",
        "denied",
        "answered",
        "expired",
        "undeliverable",
        "no_route",
        "cancelled",
        "superseded",
    ]
    | None,
    typer.Option("--status", help="Only those that are so."),
]


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, data: Data = None, status: Status = None, as_json: Json = False) -> None:
    """List requests, those that are open first, the next due at their head."""
    rows = read(config, data, lambda lists: lists.requests(status=status))
    table([row.model_dump(mode="json") for row in rows], ("id", "status", "title", "home", "due"), as_json)


@app.command("show")
def show(request: str, config: Config = DEFAULT_CONFIG, data: Data = None, as_json: Json = False) -> None:
    """Show a request: what is asked, of whom, and what they said. A beginning of its id is enough."""
    from agent_core import events
    from agent_core.log import encode

    row = read(config, data, lambda lists: lists.request(request))
    log = read(config, data, lambda lists: lists.log(row.thread))
    (asked,) = [e.request for _, _, e in log if isinstance(e, events.RequestOpened) and e.request.id == row.id]
    said = [(at, event) for _, at, event in log if getattr(event, "request", None) == row.id]
    if as_json:
        answers = [{"at": at, "event": json.loads(encode(event))} for at, event in said]
        document({"request": asked.model_dump(mode="json"), "index": row.model_dump(mode="json"), "answers": answers})
        return
    lines = _lines(asked, row.status, row.due)
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        say(f"{name:<{width}}  {text}")
    for at, event in said:
        say(f"{moment(at)}  {_told(event)}")


@app.command("reassign")
def reassign(
    request: str,
    person: Annotated[str, typer.Argument(help="Who is asked now: a person's id.")],
    giver: Annotated[str, typer.Option("--from", help="Who was asked: a person's id.")],
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
    delegate: Annotated[bool, typer.Option(help="They may decide in that one's stead, who may still do so.")] = False,
) -> None:
    """Hand a request on for somebody who is asked, such as one who is away. A rule says to whom (`reassign`)."""
    from agent_core import facts
    from gateway import settings

    row = read(config, data, lambda lists: lists.request(request))
    wished = facts.HandOverWished.model_validate(
        {"request": row.id, "giver": giver, "to": person, "delegated": delegate, "by": "the command line"}
    )
    people = settings.load(config, secrets=False).directory()
    ask(config, data, {"do": "reassign", "wished": wished.model_dump(mode="json")}, people)
    say(f"{row.id}: {person} is asked" + (f" in the stead of {giver}" if delegate else f" instead of {giver}"))


def _lines(asked: Request, status: str, due: float) -> list[tuple[str, str]]:
    who, lines = asked.who, [("id", asked.id), ("status", status), (str(asked.kind), asked.title)]
    lines += [("", asked.body)] if asked.body else []
    lines += [(name, json.dumps(value, ensure_ascii=False)) for name, value in asked.arguments.items()]
    lines += [("why", asked.why)] if asked.why else []
    lines += [("asked by", asked.requester_name)] if asked.requester_name else []
    besides = ", not by who asked" if who.exclude_requester else ""
    lines.append(("of", ", ".join([*who.people, *(f"role:{role}" for role in who.roles)]) + besides))
    if asked.earlier is not None:
        how = "replaces" if asked.earlier.outcome == "superseded" else f"again, {asked.earlier.outcome} before"
        lines.append((how, asked.earlier.request))
    lines += [("shown at", place) for place in asked.places]
    return [*lines, ("until", moment(due)), ("thread", asked.thread)]


def _told(event: Event) -> str:
    from agent_core import events

    match event:
        case events.ResponseGiven(name=name, decision=decision, comment=comment):
            return f"{name} said {decision}" + (f": {comment}" if comment else "")
        case events.ResponseRefused(name=name, decision=decision, reason=reason, text=text):
            return f"{name} said {decision}, which changed nothing: {reason}" + (f". They said: {text}" if text else "")
        case events.QuestionAsked(name=name, text=text):
            return f"{name} asked back: {text}"
        case events.RequestClaimed(name=name):
            return f"{name} said that they are on it"
        case events.RequestChanged(name=name, changes=changes):
            return f"{name} changed the call: {json.dumps(changes, ensure_ascii=False)}"
        case events.RequestReassigned(name=name, to_name=to, until=float(until)):
            return f"{name} is away until {moment(until)}, so {to} may decide in their stead"
        case events.RequestReassigned(name=name, to_name=to, delegated=delegated, by=by):
            told = f"{name} let {to} decide in their stead" if delegated else f"{name} handed it on to {to}"
            return told + (f", by {by}" if by else "")
        case events.RequestEscalated(cause=cause, places=added):
            return f"asked further, because of {cause}: {', '.join(added) or 'nowhere'}"
        case events.QuestionAnswered(name=name, text=text):
            return f"{name} answered: {text}"
        case events.RequestSettled(settlement=settlement):
            by = f" by {settlement.name}" if settlement.name else ""
            words = settlement.answer or settlement.comment
            return f"{settlement.outcome}{by}" + (f": {words}" if words else "")
    return type(event).__name__
