"""
`ringback deliveries`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import fail, table
from gateway.cli.stored import ask, read

app = typer.Typer(help="Deliveries: what goes out.", no_args_is_help=True)

Status = Annotated[
    Literal["new", "claimed", "sent", "unknown", "dead"] | None,
    typer.Option("--status", help="Only those that are so."),
]


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, data: Data = None, status: Status = None, as_json: Json = False) -> None:
    """List deliveries, the newest first."""
    rows = [row._asdict() for row in read(config, data, lambda lists: lists.deliveries(status=status))]
    told = [row | {"receipt": row["receipt"].model_dump() if row["receipt"] else None} for row in rows]
    table(told, ("id", "status", "kind", "conversation", "attempts", "due", "reason"), as_json)


@app.command("retry")
def retry(delivery: str, config: Config = DEFAULT_CONFIG, data: Data = None) -> None:
    """
    Take up a dead or unknown delivery again. A beginning of its id is enough.

    An unknown one may reach its reader twice.
    """
    row = read(config, data, lambda lists: lists.delivery(delivery))
    if row.status not in ("dead", "unknown"):
        fail(f"{row.id} is {row.status}; only a dead or unknown delivery can be taken up again", 1)
    if not ask(config, data, {"do": "retry", "delivery": row.id}):
        fail(f"{row.id} was a card whose request is settled, or was replaced by a later change; nothing is sent", 1)
    typer.echo(f"{row.id}: taken up again")
