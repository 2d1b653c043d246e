"""
`ringback audit`.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import document, fail, moment, say
from gateway.cli.stored import read

if TYPE_CHECKING:
    from gateway.store.base import Lists
    from gateway.store.rows import AuditRow

app = typer.Typer(help="The chain over decisions.", no_args_is_help=True)


@app.command("verify")
def verify(
    expect: Annotated[str, typer.Option(help="A hash that was noted earlier; it has to be in the chain.")] = "",
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """
    Compute the chain anew and compare.

    Ends with 1 where an entry does not fit, or the hash of --expect is not in it. Note the hash that it prints
    somewhere else: what was cut off at the end shows only by it.
    """
    found = read(config, data, lambda lists: _verified(lists, expect))
    if as_json:
        document(found)
    elif found["broken"] is None and found["expected"] is not False:
        say(f"{found['entries']} decisions, each fits the one before it")
        say(f"last       {found['last'] or 'none is sealed yet'}")
        say(f"unsealed   {found['unsealed']}") if found["unsealed"] else None
    if found["broken"] is not None:
        fail(f"entry {found['broken']} does not fit the one before it: it, or what stood before it, was changed", 1)
    if found["expected"] is False:
        fail(f"{expect} is not in the chain: it was cut off, or written anew", 1)


async def _verified(lists: Lists, expect: str) -> dict[str, Any]:
    from agent_core import audit

    previous, count, unsealed, expected = audit.BEGINNING, 0, 0, False if expect else None
    broken: int | None = None
    async for row in _rows(lists):
        count += 1
        if row.hash is None:
            unsealed += 1
            continue
        wanted = audit.link(previous, row.number, row.conversation, row.seq, row.at, json.loads(row.body))
        if (wanted != row.hash or unsealed) and broken is None:
            broken = row.number
        previous = row.hash
        expected = expected or row.hash.hex() == expect if expect else None
    last = previous.hex() if count > unsealed else None
    return {"entries": count, "unsealed": unsealed, "last": last, "broken": broken, "expected": expected}


async def _rows(lists: Lists) -> AsyncIterator[AuditRow]:
    after = 0
    while rows := await lists.audit(after):
        for row in rows:
            yield row
        after = rows[-1].number


@app.command("export")
def export(
    since: Annotated[int, typer.Option(help="Only entries behind this number.")] = 0,
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
) -> None:
    """
    Print every decision as a JSON object a line.

    An entry is its event, with number, hash and time. One that settles a request has its `decision` besides: what was
    asked and shown, who voted how, what was changed, how it ended, and after how many seconds.
    """

    async def printing(lists: Lists) -> None:
        from gateway.decisions import Decisions, timed

        decisions = Decisions()
        async for row in _rows(lists):
            event = json.loads(row.body)
            line = {
                "number": row.number,
                "at": row.at,
                "time": moment(row.at),
                "conversation": row.conversation,
                "seq": row.seq,
                "hash": row.hash.hex() if row.hash is not None else None,
                "event": event,
            }
            decision = decisions.add(event, row.at)
            if row.number <= since:
                continue
            if decision is not None:
                line["decision"] = timed(decision, await _first_sent(lists, decision["request"]["id"]))
            say(json.dumps(line, ensure_ascii=False))

    read(config, data, printing)


async def _first_sent(lists: Lists, request: str) -> float | None:
    from gateway.errors import NotFound

    try:
        return (await lists.request(request)).first_sent
    except NotFound:
        return None
