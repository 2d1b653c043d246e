"""
`ringback evidence`.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config
from gateway.cli.output import document, fail

if TYPE_CHECKING:
    from gateway.evidence import Evidence

app = typer.Typer(help="Evidence: what proves to others how a client's request ended.", no_args_is_help=True)

Keys = Annotated[
    Path | None, typer.Option("--keys", help="The gateway's public keys in a file, for where its settings are not.")
]


@app.command("new")
def new() -> None:
    """Make a private key, in PEM, for `key` of [evidence]."""
    typer.echo(_library().new(), nl=False)


@app.command("keys")
def keys(config: Config = DEFAULT_CONFIG) -> None:
    """Print the public keys, a JWK set, for whoever checks evidence."""
    document(_configured(config).keys())


@app.command("verify")
def verify(
    text: Annotated[str, typer.Argument(metavar="TOKEN", help="- reads it from standard input.")] = "-",
    config: Config = DEFAULT_CONFIG,
    keys: Keys = None,
) -> None:
    """Say what a token proves: who decided on which call, by its digest."""
    library = _library()
    text = (typer.get_text_stream("stdin").read() if text == "-" else text).strip()
    try:
        said = library.verify(text, _read(keys)) if keys is not None else _configured(config).read(text)
    except library.BadEvidence as error:
        fail(str(error), 1)
    document(said)


def _library() -> ModuleType:
    try:
        return importlib.import_module("gateway.evidence")
    except ImportError as error:
        fail(f"a library is missing ({error.name}); install it with: pip install 'ringback[evidence]'", 2)


def _configured(config: Path) -> Evidence:
    from gateway import bootstrap, settings

    signs = bootstrap.evidence(settings.load(config), str(config))
    if signs is None:
        fail(f"evidence.key ({config}): nothing is signed; make a key with: ringback evidence new", 2)
    return signs


def _read(file: Path) -> dict[str, Any]:
    try:
        read = json.loads(file.read_text())
        if not all(isinstance(one["kid"], str) for one in read["keys"]):
            raise ValueError("a key has no `kid`")
    except (OSError, ValueError, LookupError, TypeError) as error:
        fail(f"--keys ({file}): is no JWK set, like what `ringback evidence keys` prints: {error}", 2)
    found: dict[str, Any] = read
    return found
