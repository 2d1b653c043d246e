"""
The page's files: those of the page itself, and each channel's pane from that channel's own folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import NamedTuple

KINDS = {".css": "text/css", ".html": "text/html", ".js": "text/javascript", ".svg": "image/svg+xml"}
PAGE = "page.html"
PANES = "<!-- panes -->"  # where they go in the page
PANE = "pane.html"


class Asset(NamedTuple):
    """A file as it is served."""

    kind: str
    text: str


def load(channels: Iterable[str]) -> dict[str, Asset]:
    """Read every file that the page is made of, by its path on the server. The page itself is at `/`."""
    found = {f"/static/{file.name}": _read(file) for file in (files("gateway.sandbox") / "page").iterdir()}
    page = found.pop(f"/static/{PAGE}")
    panes = []
    for channel in channels:
        folder = files(f"adapters.{channel}")
        panes.append((folder / PANE).read_text(encoding="utf-8"))
        found |= {f"/panes/{channel}/{file.name}": _read(file) for file in folder.iterdir() if _is_pane(file)}
    return {"/": Asset(page.kind, page.text.replace(PANES, "\n".join(panes)))} | found


def _is_pane(file: Traversable) -> bool:
    return file.name.startswith("pane") and _suffix(file) in (".css", ".js")


def _read(file: Traversable) -> Asset:
    return Asset(KINDS[_suffix(file)], file.read_text(encoding="utf-8"))


def _suffix(file: Traversable) -> str:
    return file.name[file.name.rfind(".") :]
