"""
`ringback requests`.
"""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import table
from gateway.cli.stored import read

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
