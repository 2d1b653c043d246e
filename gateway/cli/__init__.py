"""
The command line: a file for each noun. Heavy parts are imported by the command that needs them, so that `--help` is
quick.
"""

from __future__ import annotations

import sys
from typing import Any, NoReturn

import typer
from typer.exceptions import TyperException

from gateway.cli import (
    ask,
    audit,
    backups,
    config,
    deliveries,
    doctor,
    evidence,
    grants,
    init,
    people,
    policy,
    requests,
    serving,
    threads,
)
from gateway.cli.output import fail
from gateway.errors import EXIT_BROKEN, EXIT_SETTINGS, Broken, GatewayError, Locked, SettingsError, TooNew

app = typer.Typer(
    name="ringback",
    help="A human-in-the-loop gateway: agents ask people where they are, and wait durably for the answer.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",  # so that paragraphs of help are filled again
)
app.command()(serving.serve)
app.command()(serving.sandbox)
app.command()(backups.backup)
app.command()(backups.restore)
app.command()(init.init)
app.command()(doctor.doctor)
app.command()(ask.ask)
app.add_typer(config.app, name="config")
app.add_typer(audit.app, name="audit")
app.add_typer(policy.app, name="policy")
app.add_typer(evidence.app, name="evidence")
app.add_typer(threads.app, name="threads")
app.add_typer(requests.app, name="requests")
app.add_typer(grants.app, name="grants")
app.add_typer(people.app, name="people")
app.add_typer(deliveries.app, name="deliveries")


@app.command()
def version() -> None:
    """Print the version."""
    from importlib.metadata import version as installed

    typer.echo(installed("ringback"))


def _misused(error: TyperException) -> NoReturn:
    """Say in one line what is wrong with a command, and where its options are explained."""
    context: Any = getattr(error, "ctx", None)
    said = error.format_message().replace("Value error, ", "")
    if not said:  # there was nothing but a noun, and the help is printed
        sys.exit(error.exit_code)
    help_of = context.command_path if context is not None else "ringback"
    fail(f"{said[:1].lower()}{said[1:].rstrip('.')}; see: {help_of} --help", error.exit_code)


def main() -> None:
    """Run, and say in one line what went wrong."""
    sys.path.insert(0, "")  # agents live in the folder where this is started
    try:
        sys.exit(app(prog_name="ringback", standalone_mode=False))
    except TyperException as error:
        _misused(error)
    except typer.Abort:
        fail("nothing was done", 1)
    except (SettingsError, Locked, TooNew) as error:
        fail(str(error), EXIT_SETTINGS)
    except Broken as error:
        fail(str(error), EXIT_BROKEN)
    except GatewayError as error:
        fail(str(error), 1)
