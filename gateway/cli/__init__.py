"""
The command line: a file for each noun. Heavy parts are imported by the command that needs them, so that `--help` is
quick.
"""

from __future__ import annotations

import sys

import typer

from gateway.cli import ask, backups, config, deliveries, requests, serving, threads
from gateway.cli.output import fail
from gateway.errors import EXIT_BROKEN, EXIT_SETTINGS, Broken, GatewayError, Locked, SettingsError, TooNew

app = typer.Typer(
    name="ringback",
    help="A human-in-the-loop gateway: agents ask people where they are, and wait durably for the answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command()(serving.serve)
app.command()(serving.sandbox)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(ask.ask)
app.add_typer(config.app, name="config")
app.add_typer(threads.app, name="threads")
app.add_typer(requests.app, name="requests")
app.add_typer(deliveries.app, name="deliveries")


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("ringback"))


def main() -> None:
    """Run, and say in one line what went wrong."""
    sys.path.insert(0, "")  # agents live in the folder where this is started
    try:
        app()
    except (SettingsError, Locked, TooNew) as error:
        fail(str(error), EXIT_SETTINGS)
    except Broken as error:
        fail(str(error), EXIT_BROKEN)
    except GatewayError as error:
        fail(str(error), 1)
