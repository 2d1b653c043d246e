"""
Files that a run hands to people.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agent_core.requests import Frozen

LARGEST = 8 * 1024 * 1024  # bytes of one file
MOST = 10  # files of one reply
LONGEST_NAME = 200  # characters


@dataclass(frozen=True)
class File:
    """A file to send with `run.reply`. Text is written in UTF-8."""

    name: str
    content: bytes | str

    @property
    def body(self) -> bytes:
        """What is in it."""
        return self.content if isinstance(self.content, bytes) else self.content.encode("utf-8", "replace")


class Enclosure(Frozen):
    """A file that a run hands out; `size` in bytes, its content stands in `blob` for as long as it may be sent."""

    name: str
    size: int
    blob: str


def checked(files: Sequence[File]) -> tuple[File, ...]:
    """
    Look whether files can be sent.

    Raises:
        TypeError: Something among them is no file.
        ValueError: One is empty, too large or has no usable name, or they are too many.
    """
    for file in files:
        if not isinstance(file, File) or not isinstance(file.content, bytes | str):
            raise TypeError(f"run.reply takes files as File(name, content), not {file!r:.100}")
        if not file.name.strip() or len(file.name) > LONGEST_NAME or not file.name.isprintable() or "/" in file.name:
            raise ValueError(f"a file's name is 1 to {LONGEST_NAME} printable characters without /: {file.name[:50]!r}")
        size = len(file.body)
        if not 0 < size <= LARGEST:
            raise ValueError(f"{file.name} has {size} bytes; a file has at least 1 and at most {LARGEST}")
    if len(files) > MOST:
        raise ValueError(f"{len(files)} files are too many for one reply; at most {MOST} are taken")
    return tuple(files)


def measured(size: int) -> str:
    """Write a size in bytes as people read it."""
    if size < 1_000:
        return f"{size} bytes"
    return f"{size / 1_000:.0f} KB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"
