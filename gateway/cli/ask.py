"""
`ringback ask`: a person is asked from a script, which goes on with the verdict.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import document, fail, moment, say
from gateway.errors import EXIT_SETTINGS, GatewayError

EXIT = {
    "approved": 0,
    "approved_with_edits": 0,
    "answered": 0,
    "denied": 3,
    "expired": 4,
    "undeliverable": 5,
    "no_route": 5,
    "cancelled": 6,
    "superseded": 6,
}
LONGEST = 10_000  # characters of a question
EXIT_GONE = 75  # EX_TEMPFAIL of sysexits.h: the gateway stopped while we waited
EXIT_INTERRUPTED = 130  # as a shell says it of Ctrl-C


def ask(
    question: Annotated[str, typer.Argument(help="What to ask, as the person reads it.")],
    to: Annotated[str, typer.Option(help="A person's id, role:NAME, somebody's identity, @me, or slack:@me.")] = "@me",
    approve: Annotated[bool, typer.Option("--approve", help="Ask for a yes or a no.")] = False,
    choices: Annotated[str, typer.Option(help="Answers to press, with commas between.")] = "",
    why: Annotated[str, typer.Option(help="One line that says why.")] = "",
    timeout: Annotated[str, typer.Option(help="How long it waits for an answer (s, m, h, d).")] = "24h",
    key: Annotated[str, typer.Option(help="Asked again with the same key, it is the same request.")] = "",
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """
    Ask a person and wait for the answer; without --approve or --choices in their own words.

    Ends with 0 if approved or answered, 3 denied, 4 expired, 5 undeliverable, 6 withdrawn, 75 if the gateway stopped
    meanwhile, 130 if interrupted. The request outlives the last two: ask again with its key.
    """
    from gateway import durations, settings, settings_check

    picks = [choice.strip() for choice in choices.split(",") if choice.strip()]
    if not question.strip():
        fail("there is nothing to ask; write what the person shall read", EXIT_SETTINGS)
    if len(question) > LONGEST or len(why) > LONGEST:
        fail(f"nobody reads that much; question and --why have at most {LONGEST} characters each", EXIT_SETTINGS)
    if len(set(picks)) < len(picks):
        fail("--choices: one of them stands there twice", EXIT_SETTINGS)
    if approve and picks:
        fail("--approve asks for a yes or a no; leave out --choices", EXIT_SETTINGS)
    try:
        patience = durations.seconds(timeout)
    except ValueError as error:
        fail(f"--timeout: {error}", EXIT_SETTINGS)
    loaded = settings.load(config, secrets=False, server={"data": data})
    name = key or _new_key()
    request = {"kind": "approval" if approve else "question", "title": question, "why": why, "choices": picks}
    asked = {
        "do": "ask",
        "client": settings_check.CLI,
        "key": name,
        "to": to,
        "me": loaded.me(),
        "request": request | {"patience": patience},
    }
    try:
        verdict = asyncio.run(_wait(loaded.server.data, asked))
    except KeyboardInterrupt:
        fail(f"interrupted; the request stays open. Wait for it again with: --key {name}", EXIT_INTERRUPTED)
    if verdict is None:
        fail(f"the gateway stopped; the request is kept. Wait for it again with: --key {name}", EXIT_GONE)
    if as_json:
        document(verdict | {"key": name})
    else:
        _tell(verdict)
    sys.exit(EXIT[verdict["outcome"]])


def _new_key() -> str:
    from gateway.runtime import Runtime

    return Runtime().token()[:12]


async def _wait(folder: Path, asked: dict[str, Any]) -> dict[str, Any] | None:
    """Ask, and wait for the verdict; None where the gateway stopped before there was one."""
    from gateway import control

    async with aclosing(control.follow(folder, asked)) as answers:
        async for answer in answers:
            if "error" in answer:
                raise GatewayError(answer["error"])
            if "outcome" in answer:
                return answer
            who = " or ".join(answer["asked"]) or "nobody"
            say(f"asked {who}, until {moment(answer['due'])}; key {asked['key']}", err=True)
            for name, until, away in answer["waiting"]:
                why = "is away" if away else "has quiet hours"
                say(f"{name} {why}, and is shown it at {moment(until)}", err=True)
    return None


def _tell(verdict: dict[str, Any]) -> None:
    """Print an answer alone on standard output, so that a script can take it; else how it ended."""
    by = f" by {verdict['name']}" if verdict.get("name") else ""
    comment = f": {verdict['comment']}" if verdict.get("comment") else ""
    if verdict["outcome"] == "answered":
        say(f"answered{by}", err=True)
        say(verdict["answer"])
    else:
        say(f"{verdict['outcome'].replace('_', ' ')}{by}{comment}")
