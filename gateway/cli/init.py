"""
`ringback init`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

NEXT = """\
It is yours to change. Next:{cd}
  python -m pytest                  plays the agent through, without a gateway or a key
  cp .env.example .env              and fill in the tokens of your Slack app
  set -a; . ./.env; set +a
  ringback config check             after replacing the ids in ringback.toml
  ringback doctor
  ringback serve"""


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to write into; made where there is none.")] = Path(),
) -> None:
    """Begin a project of your own: an agent, its tools, context, prompt and model, settings, and a test of them."""
    from gateway import scaffold

    for path in scaffold.write(folder):
        typer.echo(path)
    typer.echo(NEXT.format(cd="" if folder == Path() else f"\n  cd {folder}"))
