"""
How IMAP commands are written: atoms, quoted strings, literals and lists (RFC 9051 §4 and §9).
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

LITERAL = re.compile(rb"\{(\d{1,9})(\+?)\}\r?\n$")
_ATOM = re.compile(rb'[^\s()"{\[]+(?:\[[^\]]*\][^\s()"]*)?')


class Malformed(Exception):
    """A command that cannot be read; its text is the answer."""


class Text(bytes):
    """A string that was written as one: quoted or as a literal. Atoms are plain bytes."""


Token: TypeAlias = "bytes | list[Token]"  # noqa: S105 - a type, and no secret


class Command(NamedTuple):
    """A command: its tag, its name in upper case, what follows."""

    tag: str
    name: str
    arguments: list[Token]


def parse(line: bytes) -> Command:
    """
    Read one whole command, its literals in place.

    Raises:
        Malformed: It is none.
    """
    tag, _, rest = line.removesuffix(b"\n").removesuffix(b"\r").partition(b" ")
    name, _, rest = rest.partition(b" ")
    if not tag or not name:
        raise Malformed("a command is a tag and a name")
    if name.upper() == b"UID":
        inner, _, rest = rest.partition(b" ")
        name = b"UID " + inner
    tokens, end = _tokens(rest, 0)
    if end != len(rest):
        raise Malformed("a parenthesis too many")
    return Command(tag.decode("latin-1"), name.upper().decode("latin-1"), tokens)


def _tokens(data: bytes, at: int) -> tuple[list[Token], int]:
    found: list[Token] = []
    while at < len(data):
        char = data[at : at + 1]
        if char.isspace():
            at += 1
        elif char == b"(":
            inner, at = _tokens(data, at + 1)
            if data[at : at + 1] != b")":
                raise Malformed("a parenthesis is missing")
            found.append(inner)
            at += 1
        elif char == b")":
            return found, at
        elif char == b'"':
            text, at = _quoted(data, at + 1)
            found.append(text)
        elif char == b"{":
            text, at = _literal(data, at)
            found.append(text)
        else:
            atom = _ATOM.match(data, at)
            if atom is None:
                raise Malformed("not readable")
            found.append(atom[0])
            at = atom.end()
    return found, at


def _quoted(data: bytes, at: int) -> tuple[Text, int]:
    text = bytearray()
    while at < len(data):
        char = data[at : at + 1]
        if char == b'"':
            return Text(bytes(text)), at + 1
        if char == b"\\":
            at += 1
            char = data[at : at + 1]
        text += char
        at += 1
    raise Malformed("a quotation mark is missing")


def _literal(data: bytes, at: int) -> tuple[Text, int]:
    end = data.find(b"\n", at)
    size = LITERAL.match(data[at : end + 1]) if end >= 0 else None
    if size is None:
        raise Malformed("a literal has no size")
    start = end + 1
    return Text(data[start : start + int(size[1])]), start + int(size[1])


def quoted(text: str) -> bytes:
    """Write a string in quotation marks."""
    return b'"' + text.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", "replace") + b'"'


def numbers(given: bytes, largest: int) -> list[range]:
    """
    Read a set such as `1:4,7,9:*`; a star is the largest number there is.

    Raises:
        Malformed: It is none.
    """
    found = []
    for part in given.split(b","):
        first, colon, last = part.partition(b":")
        ends = [
            largest if end == b"*" else int(end) if end.isdigit() else 0 for end in (first, last if colon else first)
        ]
        if min(ends) < 1 and largest:
            raise Malformed("not a set of numbers")
        found.append(range(min(ends), max(ends) + 1))
    return found
