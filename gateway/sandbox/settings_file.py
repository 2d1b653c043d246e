"""
The `ringback.toml` of the gateway that the sandbox runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from agent_core.catalogue import PLAIN
from agent_core.requests import PEOPLE as EACH
from gateway.sandbox.channel import Channel
from gateway.sandbox.door import Door
from gateway.sandbox.people import GROUPS, PEOPLE

FILE = "ringback.toml"
STORE = "store"  # the folder of the gateway's own data
HEAD = "# Written anew by `ringback sandbox` at each start: changes made here are lost.\n"
ZONES = "/usr/share/zoneinfo/"
GUARDED = ("deploy", "roll_back", "restart")
URGENT = ("roll_back",)
WAITING = ("restart",)  # what can wait in staging; its digest is due every five minutes, as nobody plays for hours
TIMES = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 24 * 60, 5)]


def write(folder: Path, channels: Mapping[str, Channel], base_url: str, door: Door, *, language: str = PLAIN) -> Path:
    """
    Write the settings file.

    Args:
        folder: Where the sandbox keeps everything.
        base_url: Where the sandbox's page is, without a slash at its end.
        door: Where the gateway answers, and who may ask there.
        language: What everybody reads in their own conversations; channels speak English.
    """
    file = folder / FILE
    file.write_text(HEAD + "\n".join(_tables(folder, channels, base_url, door, language)), encoding="utf-8")
    return file


def _tables(folder: Path, channels: Mapping[str, Channel], base_url: str, door: Door, language: str) -> Iterable[str]:
    yield _table("[server]", data=str(folder / STORE), host=door.host, port=door.port)
    yield _table("[[clients]]", **door.settings())
    for name, channel in channels.items():
        for account in channel.accounts(f"{base_url}/{name}"):
            yield _table(f"[[{name}]]", **account)
    yield _table("[[models]]", name="main", script="gateway.sandbox.script:script")
    use = ["gateway.sandbox.deploybot:deploybot"]
    yield _table("[[agents]]", use=use, listen=list(channels), start=["anyone"], model="main")
    reads = {"timezone": _zone(), "language": language}
    for person in PEOPLE:
        if person.roles is not None:
            known = [channel.identities[person.id] for channel in channels.values()]
            roles = [role for role in person.roles if person.id not in GROUPS.get(role, ())]
            yield _table("[[people]]", id=person.id, name=person.name, identities=known, roles=roles, **reads)
    targets = [EACH, *_everywhere(list(channels.values()))]
    for tool in GUARDED:
        when = {"environment": "production"}
        asked: dict[str, Any] = {"roles": ["release"], "exclude_requester": True, "targets": targets}
        asked["reassign"] = ["role:release"]
        if tool in URGENT:
            asked["urgency"] = "high"
        else:
            asked |= {"grants": ["1h", "until_revoked"], "grant_by": ["environment"]}
        yield _table("[[policy]]", tool=tool, when=when, **asked)
    for tool in WAITING:
        asked = {"roles": ["release"], "targets": targets, "urgency": "low", "digest": TIMES}
        yield _table("[[policy]]", tool=tool, when={"environment": "staging"}, **asked)


def _everywhere(channels: Sequence[Channel]) -> Iterable[str]:
    """Where a request is shown besides each approver's first account: where all see it, and their further accounts."""
    for channel in channels:
        if channel.approvals is not None:
            yield channel.approvals
    for person in PEOPLE:
        if "release" in (person.roles or ()):
            yield from (channel.identities[person.id] for channel in channels[1:])


def _table(head: str, **values: Any) -> str:
    return "\n".join([head, *(f"{name} = {_toml(value)}" for name, value in values.items()), ""])


def _toml(value: Any) -> str:
    """Write a value; what JSON does to a string, a list or a number is TOML as well."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)


def _zone() -> str:
    """This machine's time zone: whoever plays reads times in it, whomever they play."""
    zone = str(Path("/etc/localtime").resolve()).removeprefix(ZONES).removeprefix("Etc/")
    return zone if zone in available_timezones() else "UTC"
