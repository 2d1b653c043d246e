"""
Decisions as data: what was asked and shown, every vote, change, hand-over and step, and how it ended.

They are gathered from the entries of the chain, in their order, and given where a request is settled. Where somebody's
words were erased meanwhile, those are missing here too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_core import tools

WHO = ("party", "name", "identity", "via")  # of whoever said something
READ = ("title", "body", "why")  # what people read of a request besides its arguments

Json = dict[str, Any]


class Decisions:
    """Gathers what belongs to each request that is open."""

    def __init__(self) -> None:
        self._open: dict[str, Json] = {}

    def add(self, event: Mapping[str, Any], at: float) -> Json | None:
        """
        Take in an entry.

        Args:
            event: Its JSON.
            at: When it was stored, in seconds since the epoch.

        Returns:
            The decision, where this settles a request.
        """
        match event:
            case {"type": "RequestOpened", "request": request}:
                first = _shown(request, 0, at, request.get("arguments", {}), request.get("digest", ""))
                lists: Json = {name: [] for name in ("changes", "votes", "refused", "claims", "hands", "steps")}
                self._open[request["id"]] = {"request": request, "asked_at": at, "shown": [first], **lists}
            case {"type": "RequestSettled", "request": str(name), "settlement": settlement} if name in self._open:
                return self._open.pop(name) | {"settlement": settlement, "settled_at": at}
            case {"request": str(name)} if name in self._open:
                _gather(self._open[name], event, at)
        return None


def timed(decision: Json, first_sent: float | None) -> Json:
    """Add when the first copy had arrived, and the seconds from then on; from the asking, where none ever did."""
    since = decision["asked_at"] if first_sent is None else first_sent
    return decision | {"first_sent": first_sent, "seconds": round(decision["settled_at"] - since, 3)}


def _gather(decision: Json, event: Mapping[str, Any], at: float) -> None:
    shown, request = decision["shown"], decision["request"]
    who = {name: event[name] for name in WHO if name in event} | {"at": at}
    match event["type"]:
        case "ResponseGiven":
            cast = {"decision": event["decision"], "roles": event.get("roles", []), "revision": shown[-1]["revision"]}
            cast |= {name: event[name] for name in ("comment", "stead") if event.get(name)}
            decision["votes"].append(who | cast)
        case "ResponseRefused":
            decision["refused"].append(who | {"decision": event["decision"], "reason": event["reason"]})
        case "RequestClaimed":
            decision["claims"].append(who)
        case "RequestChanged":
            before, arguments = shown[-1]["arguments"], request.get("arguments", {}) | event.get("changes", {})
            differs = [name for name in arguments if name not in before or before[name] != arguments[name]]
            changes = {name: {"from": before.get(name), "to": arguments[name]} for name in differs}
            decision["changes"].append(who | {"changes": changes, "digest": event["digest"], "who": event["who"]})
            shown.append(_shown(request, shown[-1]["revision"] + 1, at, arguments, event["digest"]))
        case "RequestReassigned":
            how = {"to": event["to"], "delegated": event.get("delegated", False)}
            decision["hands"].append(who | how | {name: event[name] for name in ("by", "until") if name in event})
        case "RequestEscalated":
            step = {name: event.get(name) for name in ("rung", "cause", "who", "places")}
            decision["steps"].append(step | {"at": at})


def _shown(request: Json, revision: int, at: float, arguments: Json, digest: str) -> Json:
    """Say what people were shown: the arguments as they could read them, and a digest over these and the words."""
    read = {name: request.get(name, "") for name in READ} | {"arguments": arguments}
    shown = {"revision": revision, "at": at, "arguments": arguments, "digest": digest}
    return shown | {"card_digest": tools.digest(read)}
