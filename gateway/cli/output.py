"""
What the command line prints: tables, JSON, and one line for what went wrong.
"""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NoReturn
from unicodedata import combining, east_asian_width

import typer

GAP = "  "  # between two columns
LEAST = 8  # columns of a terminal below which no cell is cut


def fail(message: str, code: int) -> NoReturn:
    """End with one line on standard error."""
    sys.stderr.write(f"ringback: {message}\n")
    sys.exit(code)


def say(text: str, *, err: bool = False) -> None:
    """Print a text that people or models wrote, so that it cannot steer the terminal."""
    from agent_core.texts import legible

    typer.echo(legible(text), err=err)


def table(rows: list[dict[str, Any]], columns: Sequence[str], as_json: bool) -> None:
    """Print rows under the names of their columns, as wide as the terminal, or as JSON."""
    if as_json:
        document(rows)
        return
    room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines(rows, columns, room):
        typer.echo(line)


def lines(rows: list[dict[str, Any]], columns: Sequence[str], room: int | None) -> list[str]:
    """
    Lay rows out under the names of their columns.

    Args:
        room: How wide a line may be, in columns of a terminal; what is longer is cut, except an id.
    """
    shown = [
        {name: name for name in columns},
        *({name: _cell(name, row.get(name)) for name in columns} for row in rows),
    ]
    widths = {name: max(_width(row[name]) for row in shown) for name in columns}
    while room is not None and sum(widths.values()) + len(GAP) * (len(columns) - 1) > room:
        widest = max((name for name in columns if name != "id"), key=lambda name: widths[name])
        if widths[widest] <= LEAST:
            break
        widths[widest] -= 1
    return [GAP.join(_fitted(row[name], widths[name]) for name in columns).rstrip() for row in shown]


def _cell(name: str, value: Any) -> str:
    from agent_core.texts import exact

    if name in ("due", "updated_at", "until") and value:
        return moment(value)
    return "" if value is None else exact(str(value).partition("\n")[0].replace("\t", " "))


def _fitted(text: str, width: int) -> str:
    """Fill a text up to a width, or cut it there."""
    if _width(text) > width:
        while _width(text) >= width:
            text = text[:-1]
        text += "…"
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Tell how many columns of a terminal a text takes."""
    return sum(2 if east_asian_width(c) in "WF" else 0 if combining(c) else 1 for c in text)


def moment(at: float) -> str:
    """Write a time as the machine's clock on the wall shows it."""
    return datetime.fromtimestamp(at).astimezone().isoformat(sep=" ", timespec="seconds")


def document(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))
