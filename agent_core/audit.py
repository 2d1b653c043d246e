"""
The chain over decisions: what was asked, who said what, how it ended, what was started for it.

Each entry's hash is over the hash before it and over what `KEPT` names of its event: ids, people, digests, outcomes,
times, and no words. So nothing can be changed, taken out or put in between without every later hash being another one,
and erasing what somebody said breaks nothing. A chain that is cut off at its end is whole in itself: note its last hash
elsewhere from time to time, and have it looked for.

`KEPT` is part of what was hashed: what stands in it never changes. An event that has more to keep is a new entry; a
field that no event had before can be added.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import rfc8785

BEGINNING = bytes(32)
"""What stands in the place of a hash before the first entry."""

_REQUEST = (
    *("id", "kind", "attempt", "parent", "tool", "digest", "allowed", "in_doubt", "requester", "who", "places"),
    *("patience", "opened_at"),
)
_GRANT = ("tool", "likeness", "scope", "thread", "party", "identity", "assurance", "at", "until", "uses")
KEPT: Mapping[str, tuple[str | tuple[str, tuple[str, ...]], ...]] = {
    "RequestOpened": ("key", ("request", _REQUEST)),
    "ResponseGiven": ("request", "fact", "party", "identity", "roles", "decision", "via"),
    "ResponseRefused": ("request", "fact", "party", "decision", "reason"),
    "RequestChanged": ("request", "fact", "party", "identity", "via", "digest", "who", "places"),
    "RequestClaimed": ("request", "fact", "party", "identity", "via"),
    "RequestReassigned": (
        *("request", "fact", "party", "identity", "via", "to", "delegated", "by", "until", "who", "places"),
    ),
    "RequestEscalated": ("request", "rung", "cause", "who", "places"),
    "RequestSettled": ("request", "key", ("settlement", ("outcome", "at", "by", "via", "grant"))),
    "GrantGiven": ("request", "fact", ("grant", _GRANT)),
    "GrantRevoked": ("request", "fact", "party", "identity", "via"),
    "OperationRefused": ("key", "digest", "outcome"),
    "ToolStarted": ("key", "tool", "version", "digest", "attempt", "approval"),
    "ToolFinished": ("key", "attempt", "ok"),
    "RunResumed": ("key", "choice", "by", "outcome"),
    "ThreadForked": ("origin", "branch", "by"),
    "ThreadAttached": ("by",),
}
"""Of each type of event that is a decision, the fields that are hashed; of some fields, only those named inside."""


def link(previous: bytes, number: int, conversation: str, seq: int, at: float, body: Mapping[str, Any]) -> bytes:
    """
    Give the hash of an entry: SHA-256 over the one before it and the entry in the JSON of RFC 8785.

    Args:
        previous: The hash of the entry before it, or `BEGINNING`.
        number: Its place in the chain, from 1.
        seq: The event's place in the log of its conversation; `at` is when it was stored, `body` its JSON.
    """
    kept = _kept(body, ("type", "thread", "run", *KEPT[body["type"]]))
    return sha256(previous + rfc8785.dumps([number, conversation, seq, at, kept])).digest()


def _kept(body: Mapping[str, Any], fields: tuple[Any, ...]) -> dict[str, Any]:
    kept = {name: body[name] for name in fields if isinstance(name, str) and name in body}
    inside = {name: _kept(body[name], inner) for name, inner in (f for f in fields if not isinstance(f, str))}
    return kept | inside
