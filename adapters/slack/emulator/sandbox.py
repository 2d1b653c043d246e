"""
Slack as the sandbox plays it: one workspace, everybody's DM with the bot, #approvals, and its user groups.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp

from adapters.slack.emulator.app import Emulator
from adapters.slack.emulator.state import Json, Person, Usergroup
from adapters.slack.emulator.workspace import Workspace

FILE = "slack.json"
APPROVALS = "approvals"
BOT_TOKEN, APP_TOKEN = "SANDBOX_SLACK_BOT_TOKEN", "SANDBOX_SLACK_APP_TOKEN"
SIGNING_SECRET = "SANDBOX_SLACK_SIGNING_SECRET"  # noqa: S105 - a variable's name


class SlackSandbox:
    """
    The emulator, and what the sandbox needs to know about it.

    Attributes:
        app: To be mounted; the client libraries' base address is `api/` below it.
        identities: People's addresses, by the ids that the sandbox gave.
        approvals: The key of #approvals.
        pane: For the pane on the page: people's ids in Slack, and the channel.
    """

    def __init__(self, emulator: Emulator, people: Mapping[str, str]) -> None:
        self._emulator = emulator
        self._is_http = False
        known = emulator.workspace.state
        ids = {person.name: person.id for person in known.people.values() if person.name in people}
        channel = next(each for each in known.channels.values() if each.name == APPROVALS)
        self.app: ASGIApp = emulator.app
        self.identities: Mapping[str, str] = {name: f"slack:{known.team_id}/{ids[name]}" for name in ids}
        self.approvals: str | None = f"slack:{known.team_id}/{channel.id}"
        self.pane: Mapping[str, Any] = {
            "people": ids,
            "channel": {"id": channel.id, "name": channel.name},
            "bot": {"id": known.bot.user_id, "name": known.bot.name},
        }

    async def open(self) -> None:
        """Everything of it is in `app`."""

    def deliver_to(self, url: str | None) -> None:
        """Speak to the app at its Request URL from now on; with None, in Socket Mode."""
        self._is_http = url is not None
        self._emulator.deliver_to(url)

    def endpoints(self, base_url: str) -> Json:
        """What a client needs, and who is in the workspace."""
        known = self._emulator.workspace.state
        return {
            "api": f"{base_url}/api/",
            "bot_token": known.tokens.bot,
            "app_token": known.tokens.app,
            "signing_secret": known.tokens.signing_secret,
            "team": known.team_id,
            "people": [{"id": person.id, "name": person.real_name} for person in known.people.values()],
        }

    def accounts(self, base_url: str) -> list[dict[str, Any]]:
        """The one workspace; each of its user groups gives the role of its name."""
        self._emulator.workspace.base_url = base_url
        known = self._emulator.workspace.state
        table: dict[str, Any] = {"account": known.team_id, "api": f"{base_url}/api/"}
        table["roles"] = {group.id: group.handle for group in known.usergroups}
        table["bot_token"] = f"env:{BOT_TOKEN}"
        if self._is_http:
            return [table | {"mode": "http", "signing_secret": f"env:{SIGNING_SECRET}"}]
        return [table | {"app_token": f"env:{APP_TOKEN}"}]

    def environment(self) -> dict[str, str]:
        """The secrets; they open nothing but the emulator."""
        tokens = self._emulator.workspace.state.tokens
        return {BOT_TOKEN: tokens.bot, APP_TOKEN: tokens.app, SIGNING_SECRET: tokens.signing_secret}

    def watch(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` after each change; the result ends that."""
        return self._emulator.workspace.watch(tell)

    def close(self) -> None:
        """End connections, streams and timers."""
        self._emulator.close()


def build(folder: Path, people: Mapping[str, str], groups: Mapping[str, Sequence[str]]) -> SlackSandbox:
    """
    The workspace as it was left in the folder, or a new one.

    Args:
        people: Ids to full names. Everybody is a member of #approvals.
        groups: Handles of user groups, each with the people in it.
    """
    ids = {name: f"U{name.upper():0>8}" for name in people}
    members = [
        Person(id=ids[name], name=name, real_name=whole, email=f"{name}@example.com") for name, whole in people.items()
    ]
    wanted = [
        Usergroup(id=f"S{handle.upper():0>8}", handle=handle, users=[ids[name] for name in inside])
        for handle, inside in groups.items()
    ]
    workspace = Workspace.create(members, [APPROVALS], usergroups=wanted, path=folder / FILE)
    _add_groups(workspace, wanted)
    return SlackSandbox(Emulator(workspace), people)


def _add_groups(workspace: Workspace, wanted: Sequence[Usergroup]) -> None:
    """Add the user groups that a workspace which was left by an older sandbox lacks, and what it takes to read them."""
    known = workspace.state
    missing = [group for group in wanted if group.id not in {each.id for each in known.usergroups}]
    if missing:
        with workspace.change():
            known.usergroups += missing
            known.scopes = list(dict.fromkeys((*known.scopes, "usergroups:read")))
