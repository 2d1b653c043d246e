"""
`ringback deliveries`.
"""

from __future__ import annotations

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json, Status
from gateway.cli.output import fail, table
from gateway.cli.stored import ask, read

app = typer.Typer(help="Deliveries: what goes out.", no_args_is_help=True)


@app.command("list")
def listing(config: Config = DEFAULT_CONFIG, data: Data = None, status: Status = None, as_json: Json = False) -> None:
    """List deliveries, the newest first."""
    rows = [row._asdict() for row in read(config, data, lambda lists: lists.deliveries(status=status))]
    told = [row | {"receipt": row["receipt"].model_dump() if row["receipt"] else None} for row in rows]
    table(told, ("id", "status", "kind", "conversation", "attempts", "due", "reason"), as_json)


@app.command("retry")
def retry(delivery: str, config: Config = DEFAULT_CONFIG, data: Data = None) -> None:
    """Take up a dead or unknown delivery again. An unknown one may reach its reader twice."""
    if not ask(config, data, {"do": "retry", "delivery": delivery}):
        fail(f"{delivery} is not a delivery that can be taken up again; see: ringback deliveries list", 1)
    typer.echo(f"{delivery}: taken up again")
