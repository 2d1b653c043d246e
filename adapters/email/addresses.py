"""
Addresses in headers (RFC 5322, section 3.4), read as strictly as what is decided by them.

Names are only shown; an address counts only where a reader of headers could not take it for another one.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from adapters.email import mime

MOST = 200  # addresses of a header that are read

_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|[^\"(),:;<>]+|.", re.DOTALL)
_ANGLE = re.compile(r"(?P<name>(?:\"(?:[^\"\\]|\\.)*\"|[^<\"])*)<(?P<address>[^<>]*)>(?P<rest>.*)", re.DOTALL)
_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\]\\\x00-\x1f\x7f]{1,64}$")
_QUOTED_LOCAL = re.compile(r"\"[^\"\\\x00-\x1f\x7f<>@]{1,62}\"$")
_DOMAIN = re.compile(r"(?=.{1,253}$)[^\W_](?:[\w-]{0,61}[^\W_])?(?:\.[^\W_](?:[\w-]{0,61}[^\W_])?)*$")
_ODD = re.compile(r"[^\S ]|[\u202a-\u202e\u2066-\u2069\ufffd]")


class Contact(NamedTuple):
    """Who stands in a header: a name to show, and an address in lower case, empty where there is none that holds."""

    name: str
    address: str


def parse(value: str) -> list[Contact]:
    """
    Read the addresses of a raw header; those of groups stand with the others.

    Never raises; what cannot be read gives a contact without an address.
    """
    return [contact for contact, _ in _contacts(value)]


def only(value: str) -> str:
    """
    Give the address of a header that names exactly one, in the plainest way; else nothing.

    Comments, groups, routes, and anything beside a name and an address make it nothing: programs read those
    differently.
    """
    contacts = _contacts(value)
    return contacts[0][0].address if len(contacts) == 1 and contacts[0][1] else ""


def valid(address: str) -> str:
    """Give an address in lower case, or nothing where it is none."""
    local, at, domain = address.rpartition("@")
    domain = domain.rstrip(".") if domain.count(".") else domain
    if not at or _ODD.search(address) or not (_LOCAL.match(local) or _QUOTED_LOCAL.match(local)):
        return ""
    if not _DOMAIN.match(domain) or local.startswith(".") or local.endswith(".") or ".." in local:
        return ""
    return address.removesuffix(".").lower()


def _contacts(value: str) -> list[tuple[Contact, bool]]:
    """Returns the contacts of a header, each with whether it stands there in the plainest way."""
    value = value[: mime.VALUE].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    bare = without_comments(value)
    plain = bare == value
    found: list[tuple[Contact, bool]] = []
    start, angle = 0, False
    for token in _TOKEN.finditer(f"{bare},"):
        mark = token[0]
        angle = mark == "<" or (angle and mark != ">")
        if mark not in ("," if angle else (",", ";", ":")):
            continue
        plain = plain and mark == ","
        piece = bare[start : token.start()].strip()
        start, angle = token.end(), False
        if piece and mark != ":":  # which ends the name of a group
            found.append(_contact(piece, plain))
        if len(found) == MOST:
            break
    return found if plain else [(contact, False) for contact, _ in found]


def _contact(piece: str, plain: bool) -> tuple[Contact, bool]:
    match = _ANGLE.match(piece)
    if match is None:
        address = valid(piece)
        return Contact("" if address else _name(piece), address), plain and bool(address)
    return Contact(_name(match["name"].strip()), valid(match["address"].strip())), plain and not match["rest"].strip()


def without_comments(value: str) -> str:
    """Take away what stands in parentheses outside of quotes, at any depth."""
    if "(" not in value:
        return value
    kept: list[str] = []
    depth, quoted, at = 0, False, 0
    while at < len(value):
        step = value[at : at + 2] if value[at] == "\\" else value[at]
        quoted = quoted != (step == '"' and not depth)
        if step == "(" and not quoted:
            depth += 1
        elif step == ")" and depth and not quoted:
            depth -= 1
        elif not depth:
            kept.append(step)
        at += len(step)
    return "".join(kept)


def _name(raw: str) -> str:
    """A display name, out of its quotes and encoded words."""
    text = re.sub(r"\\(.)", r"\1", raw[1:-1]) if len(raw) > 1 and raw[0] == raw[-1] == '"' else raw
    return mime.decoded(text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))[:200]
