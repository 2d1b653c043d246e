"""
What the command line prints: tables, JSON, and one line for what went wrong.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NoReturn

import typer


def fail(message: str, code: int) -> NoReturn:
    """End with one line on standard error."""
    sys.stderr.write(f"ringback: {message}\n")
    sys.exit(code)


def table(rows: list[dict[str, Any]], columns: Iterable[str], as_json: bool) -> None:
    """Print rows under the names of their columns, or as JSON."""
    if as_json:
        document(rows)
        return
    shown = [{name: _cell(name, row.get(name)) for name in columns} for row in rows]
    widths = {name: max([len(name), *(len(row[name]) for row in shown)]) for name in columns}
    for row in ({name: name for name in widths}, *shown):
        typer.echo("  ".join(row[name].ljust(width) for name, width in widths.items()).rstrip())


def _cell(name: str, value: Any) -> str:
    if name in ("due", "updated_at") and value:
        return moment(value)
    return "" if value is None else str(value).partition("\n")[0]


def moment(at: float) -> str:
    """Write a time as the machine's clock on the wall shows it."""
    return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec="seconds")


def document(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
