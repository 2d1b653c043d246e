"""
`ringback backup` and `ringback restore`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data
from gateway.cli.stored import folder

AFTER = """\
The store is as it was when the backup was made; the world has gone on since. Before you start the gateway, look at
  ringback requests list --status open      people may have answered these already, and will have to again
  ringback deliveries list --status unknown  these may have gone out; they are looked for at the start, before anything
  ringback threads list --status running    these were in the middle of something
Runs of that time ask people before they do anything that must not be done twice."""


def backup(
    file: Annotated[Path, typer.Argument(help="The file to make; one that exists is never replaced.")],
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
) -> None:
    """Copy the store into one file, checked. The gateway may run meanwhile."""
    from gateway import bootstrap

    size = bootstrap.back_up(folder(config, data), file)
    typer.echo(f"{file}: {size} bytes, whole")


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `ringback backup` made.")],
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
) -> None:
    """Put a backup in the place of the store; what it replaces is kept aside. No gateway may run meanwhile."""
    from gateway import bootstrap

    aside = bootstrap.restore(file, folder(config, data))
    if aside is not None:
        typer.echo(f"What was there is kept in {aside}")
    typer.echo(AFTER)
