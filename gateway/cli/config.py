"""
`ringback config`.
"""

from __future__ import annotations

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Json
from gateway.cli.output import document

app = typer.Typer(help="The settings file.", no_args_is_help=True)


@app.command("example")
def example() -> None:
    """Print a commented settings file."""
    from gateway import settings_example

    typer.echo(settings_example.example())


@app.command("check")
def check(config: Config = DEFAULT_CONFIG, as_json: Json = False) -> None:
    """Say what is missing or wrong, without starting anything."""
    from gateway import bootstrap, settings

    loaded = settings.load(config)
    bootstrap.build(loaded, str(config))
    if as_json:
        counts = {"agents": len(loaded.agents), "people": len(loaded.people), "rules": len(loaded.policy)}
        document({"file": str(config)} | counts)
        return
    typer.echo(f"{config}: {len(loaded.agents)} agents, {len(loaded.people)} people, {len(loaded.policy)} rules: fine")
