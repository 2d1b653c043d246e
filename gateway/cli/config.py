"""
`ringback config`.
"""

from __future__ import annotations

import asyncio

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import document, fail
from gateway.errors import EXIT_SETTINGS

app = typer.Typer(help="The settings file.", no_args_is_help=True)


@app.command("example")
def example() -> None:
    """Print a commented settings file."""
    from gateway import settings_example

    typer.echo(settings_example.example())


@app.command("reload")
def reload(config: Config = DEFAULT_CONFIG, data: Data = None, as_json: Json = False) -> None:
    """Have the running gateway read people and policy again, all of it or none; SIGHUP does the same."""
    from gateway import control, settings

    folder = settings.load(config, secrets=False, server={"data": data}).server.data
    answer = asyncio.run(control.ask(folder, {"do": "reload"}))
    if answer is None:
        fail(f"no gateway is running on {folder}; it reads its settings when it starts", 1)
    if "error" in answer:
        fail(answer["error"], EXIT_SETTINGS)
    if as_json:
        document({"reloaded": ["people", "policy"], "restart": answer["restart"]})
        return
    typer.echo("people and policy are read again")
    if answer["restart"]:
        typer.echo(f"these have changed and need a restart: {', '.join(answer['restart'])}")


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
