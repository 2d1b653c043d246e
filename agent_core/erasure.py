"""
What of an event goes when people's words are erased, and what stays.

An event keeps its place, its type, ids, digests and outcomes: who asked whom for what kind of thing, when, and how it
ended. What people, models and tools said in it goes. Whatever is not listed as staying goes, so that a field which is
added later is erased until somebody decides that it need not be.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

ERASED = "[erased]"

INSIDE = frozenset({"response", "voter", "settlement", "request", "earlier", "card", "grant", "scope"})
"""Values that are looked into; `request` and `grant` are one, or only its id."""

GONE = frozenset(
    {
        "answer_schema",
        "arguments",
        "attachments",
        "blob",
        "carry",
        "choices",
        "facts",
        "input",
        "notes",
        "raw",
    }
) | frozenset({"buttons", "letter", "state", "value", "values"})
"""Fields of any shape, back at their defaults afterwards; a text that is not listed says `ERASED` instead."""

STAYS = frozenset(
    {"agent", "allowed", "approval", "assurance", "branch", "by", "callback", "choice", "context", "conversation"}
    | {"decision", "delivery", "digest", "home", "id", "idempotency_key", "identity", "key", "kind", "message_id"}
    | {
        "cause",
        "wish",
        "likeness",
        "model",
        "name",
        "operation",
        "origin",
        "outcome",
        "parent",
        "party",
        "passed_to",
        "place",
        "places",
        "consumes",
        "reminders",
        "replaced_by",
    }
    | {"reply_to", "request", "requester", "roles", "root", "run", "sender", "status", "thread", "to", "tool", "type"}
    | {"under", "urgency", "version", "via", "where", "who", "wish"}
)

STAYS_IN = frozenset(
    {("ResponseRefused", "reason"), ("RulingForwarded", "reason"), ("CopyFailed", "reason"), ("RunParked", "reason")}
    | {("DeliveryEnded", "reason"), ("OperatorActed", "note"), ("RequestSettled", "grant")}
    | {("DeliveryReported", "reason")}
)
"""Fields that hold a word of ours or of a vendor in one type of event, and people's words elsewhere."""

GOES_IN = frozenset({("CardForwarded", "under"), ("QuestionAnswered", "name")})
"""The other way round: something said, or a name that no id stands beside."""


def erased(body: Mapping[str, Any], whose: Collection[str] = ()) -> dict[str, Any]:
    """
    Give a stored event's JSON without what was said in it.

    Args:
        whose: Parties whose name goes too; under whose name others answered stays with their answer.
    """
    return _erased(body, str(body.get("type", "")), whose)


def _erased(body: Mapping[str, Any], kind: str, whose: Collection[str]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for name, value in body.items():
        if isinstance(value, Mapping) and name in INSIDE:
            kept[name] = _erased(value, kind, whose)
        elif (kind, name) in STAYS_IN or (name in STAYS and (kind, name) not in GOES_IN):
            kept[name] = value
        elif name in GONE:
            continue
        elif isinstance(value, str):
            kept[name] = ERASED if value else value
        elif isinstance(value, int | float | None):
            kept[name] = value
    if "name" in kept and {body.get("party"), body.get("by"), body.get("identity")} & set(whose):
        kept["name"] = ERASED
    return kept
