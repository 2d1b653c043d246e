"""
`ringback grants`.
"""

from __future__ import annotations

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import fail, table
from gateway.cli.stored import ask, read

app = typer.Typer(help="Standing grants: approvals that count for later calls too.", no_args_is_help=True)


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, data: Data = None, as_json: Json = False) -> None:
    """List the standing grants that count. Each has the id of the request with whose approval it was given."""
    grants = read(config, data, lambda lists: lists.grants())
    shown = {one.id: {"scope": one.scope.name, "same": ", ".join(one.alike) or "all of it"} for one in grants}
    rows = [one.model_dump(mode="json") | shown[one.id] | {"left": one.uses - one.used} for one in grants]
    table(rows, ("id", "tool", "same", "party", "scope", "until", "left"), as_json)


@app.command("revoke")
def revoke(grant: str, config: Config = DEFAULT_CONFIG, data: Data = None) -> None:
    """End a standing grant: from now on each call is asked about again. A beginning of its id is enough."""
    from agent_core import facts

    found = [one for one in read(config, data, lambda lists: lists.grants()) if one.id.startswith(grant)]
    if len(found) != 1:
        what = "more than one standing grant begins" if found else "no standing grant begins"
        fail(f"{what} with {grant!r}; see: ringback grants list", 1)
    (one,) = found
    acted = facts.OperatorActed(thread=one.thread, choice="revoke", by="the command line", note=one.id)
    ask(config, data, {"do": "act", "conversation": one.home, "acted": acted.model_dump(mode="json")})
    typer.echo(f"{one.id}: revoked")
