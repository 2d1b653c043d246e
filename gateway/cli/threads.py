"""
`ringback threads`.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Annotated, Literal

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import document, fail, moment, say, table
from gateway.cli.stored import ask, read
from gateway.errors import EXIT_SETTINGS, NotFound

app = typer.Typer(help="Threads: what agents are at.", no_args_is_help=True)

Status = Annotated[
    Literal["running", "waiting", "parked", "stranded", "ended"] | None,
    typer.Option("--status", help="Only those that are so."),
]


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, data: Data = None, status: Status = None, as_json: Json = False) -> None:
    """List threads, the newest first."""
    rows = read(config, data, lambda lists: lists.threads(status=status))
    columns = ("id", "status", "note", "agent", "version", "branch", "conversation", "updated_at")
    table([row._asdict() for row in rows], columns, as_json)


@app.command("show")
def show(thread: str, config: Config = DEFAULT_CONFIG, data: Data = None, as_json: Json = False) -> None:
    """Show a thread's log. A beginning of its id is enough."""
    from agent_core import log

    row = read(config, data, lambda lists: lists.thread(thread))
    records = read(config, data, lambda lists: lists.log(row.id))
    if as_json:
        told = [{"seq": r.seq, "at": r.at, "event": json.loads(log.encode(r.event))} for r in records]
        document({"thread": row._asdict(), "log": told})
        return
    say(f"{row.id}  {row.agent} {row.version}, {row.branch}: {row.status} {row.note}\n")
    for record in records:
        body = json.loads(log.encode(record.event))
        said = {name: value for name, value in body.items() if name not in ("type", "thread", "run", "carry", "raw")}
        say(f"{record.seq:>5}  {moment(record.at)}  {body['type']}  {json.dumps(said, ensure_ascii=False)}")


@app.command("resume")
def resume(
    thread: str,
    choice: Annotated[str, typer.Argument(help="restart, fork, attach, cancel, go-on or ask-again")],
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
    branch: Annotated[str, typer.Option(help="For fork: the name of the branch.")] = "",
) -> None:
    """Say how a thread goes on. Whoever may write the data folder has the owner's say here."""
    from agent_core import addresses, facts

    known = ("restart", "fork", "attach", "cancel", "go-on", "ask-again")
    if choice not in known:
        fail(f"{choice!r} is no choice; write one of {', '.join(known)}", EXIT_SETTINGS)
    row = read(config, data, lambda lists: lists.thread(thread))
    refusal = _refusal(choice, row.status, row.note, row.branch, branch)
    if choice == "fork" and branch and not refusal:
        with suppress(NotFound):
            fork = addresses.thread_id(row.conversation, row.root, row.agent, branch)
            read(config, data, lambda lists: lists.thread(fork))
            refusal = f"has a fork {branch} already; give the new one another name"
    if refusal:
        fail(f"{row.id} {refusal}", 1)
    acted = facts.OperatorActed.model_validate(
        {"thread": row.id, "choice": choice.replace("-", "_"), "by": "the command line", "note": branch}
    )
    ask(config, data, {"do": "act", "conversation": row.conversation, "acted": acted.model_dump(mode="json")})
    typer.echo(f"{row.id}: {choice}")


def _refusal(choice: str, status: str, note: str, branch: str, new: str) -> str:
    if choice in ("go-on", "ask-again") and status != "parked":
        return f"is {status}, not parked; nothing waits for that"
    if choice == "ask-again" and note == "diverged":
        return "has other code than its log; bring the code back and choose go-on, or choose restart, fork or cancel"
    if choice in ("restart", "cancel") and status == "ended":
        return "has ended; write to the agent to start it again"
    if choice == "fork" and branch != "main":
        return "is a fork itself; fork the thread that it came from"
    if choice == "fork" and new == "main":
        return "is the branch main already; give the fork another name"
    if choice == "attach" and branch == "main":
        return "is no fork; there is nothing to attach"
    return ""
