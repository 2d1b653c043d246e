"""
Whose a mail is, as far as our own receiving server vouches for it (RFC 8601, RFC 7489).

What counts is the topmost Authentication-Results, and only if our server wrote it; anybody can send others. It has to
say that the author's domain passed DMARC or, where that domain has no policy, that a signature of the same organisation
holds. Anything odd, such as several authors or two results of one kind, is nobody's mail.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

import tldextract

from adapters.email import addresses, mime

UNNAMED = "-"  # the authserv-id of a server that writes none, as Microsoft's do

_PIECE = re.compile(r"\"(?:[^\"\\]|\\.)*\"|;|[^\";]+|.", re.DOTALL)
_RESULT = re.compile(r"\s*(?P<method>[a-z][\w-]*)\s*(?:/\s*\d+\s*)?=\s*(?P<result>[a-z]+)(?![\w-])", re.IGNORECASE)
_PROPERTY = re.compile(
    r"(?<![\w.\"-])(?P<name>[a-z]+\s*\.\s*[a-z][\w-]*|reason)\s*=\s*"
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"(?:@[^\s;\"]+)?|[^\s;\"]*)",
    re.IGNORECASE,
)
_SERVER = re.compile(r"\s*(?P<name>\"[^\"]*\"|[^\s;=\"]+)(?:\s+\d+)?\s*$")


class Result(NamedTuple):
    """One result of a header: what was checked, how it ended, and of what."""

    method: str
    result: str
    properties: dict[str, str]


def authenticated(message: mime.Part, authserv_id: str) -> str | None:
    """
    Say who wrote a mail.

    Args:
        message: Its headers, in the order in which they came.
        authserv_id: The name under which our receiving server writes its results; `UNNAMED` where it writes none.

    Returns:
        The author's address, in lower case; None where nobody vouches for it, or it has not exactly one author.
    """
    authors = message.all("from")
    author = addresses.only(authors[0]) if len(authors) == 1 else ""
    results = _ours(message, authserv_id)
    if not author or results is None:
        return None
    domain = author.rpartition("@")[2]
    policies = [result for result in results if result.method == "dmarc"]
    if len(policies) > 1:
        return None
    if policies and policies[0].result != "none":
        passed = policies[0].result == "pass" and _same(policies[0].properties.get("header.from", ""), domain)
    else:
        passed = any(_signed(result, domain) for result in results)
    return author if passed else None


def _ours(message: mime.Part, authserv_id: str) -> list[Result] | None:
    """The results of the topmost header, or None if that is not our server's."""
    server, results = parse(next(iter(message.all("authentication-results")), ""))
    return results if server == authserv_id.lower() else None


def parse(header: str) -> tuple[str, list[Result]]:
    """
    Read an Authentication-Results header.

    Returns:
        The authserv-id in lower case, `UNNAMED` where there is none, and the results; what is none is left out.
    """
    pieces = _pieces(addresses.without_comments(header[: mime.VALUE]))
    server = _SERVER.match(pieces[0])
    if server is None:
        return UNNAMED, [result for piece in pieces if (result := _result(piece))]
    return server["name"].strip('"').lower(), [result for piece in pieces[1:] if (result := _result(piece))]


def _pieces(header: str) -> list[str]:
    """Split at semicolons outside of quotes."""
    pieces = [""]
    for match in _PIECE.finditer(header):
        if match[0] == ";":
            pieces.append("")
        else:
            pieces[-1] += match[0]
    return pieces


def _result(piece: str) -> Result | None:
    match = _RESULT.match(piece)
    if match is None:
        return None
    properties: dict[str, str] = {}
    for found in _PROPERTY.finditer(piece, match.end()):
        name = re.sub(r"\s", "", found["name"]).lower()
        if name in properties:  # said twice, it says nothing
            return Result(match["method"].lower(), "", {})
        properties[name] = found["value"].strip('"').lower()
    return Result(match["method"].lower(), match["result"].lower(), properties)


def _signed(result: Result, domain: str) -> bool:
    """Tell whether a signature holds and is of the same organisation as a domain: DKIM's relaxed alignment."""
    signer = result.properties.get("header.d") or result.properties.get("header.i", "").rpartition("@")[2]
    return (
        result.method == "dkim"
        and result.result == "pass"
        and bool(signer)
        and (_same(signer, domain) or (organisation(signer) == organisation(domain) != ""))
    )


def _same(one: str, other: str) -> bool:
    return _ascii(one) == _ascii(other) != ""


def organisation(domain: str) -> str:
    """
    Give the domain that somebody registered, of which this is a part; empty where it is a public suffix itself.

    By the Public Suffix List as tldextract brings it; nothing is fetched. Below an ending that stands not in it, the
    last two labels.
    """
    domain = _ascii(domain)
    found = _suffixes()(domain)
    if found.suffix:
        return f"{found.domain}.{found.suffix}" if found.domain else ""
    return ".".join(domain.split(".")[-2:]) if "." in domain else ""


def _ascii(domain: str) -> str:
    try:
        return domain.strip(". ").encode("idna").decode("ascii").lower()
    except UnicodeError:  # empty or overlong labels
        return ""


@lru_cache(maxsize=1)
def _suffixes() -> tldextract.TLDExtract:
    return tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)
