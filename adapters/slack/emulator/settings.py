"""
What an app's settings page at Slack holds, and what an administrator sets for a workspace.
"""

from __future__ import annotations

import pydantic

from adapters.slack.emulator import state
from adapters.slack.emulator.workspace import Workspace


class Settings(pydantic.BaseModel):
    """
    Only what is given changes.

    Attributes:
        request_url: Where the app hears us; null: Socket Mode.
        scopes: What the bot's token may do.
        commands: The app's slash commands, each with its slash.
        event_limit: Events in an hour before `app_rate_limited`.
        edit_window: Seconds in which a message may be changed; null: for ever.
        file_limit: Bytes of a file.
        unfurls: Whether links that people write get a preview.
        usergroups: The workspace's user groups, each with its `id`, `handle` and `users`.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    request_url: str | None = pydantic.Field(default=None, pattern="^https?://")
    scopes: list[str] = []
    commands: list[str] = []
    event_limit: int = pydantic.Field(default=0, ge=0)
    edit_window: float | None = pydantic.Field(default=None, ge=0)
    file_limit: int = pydantic.Field(default=0, ge=0)
    unfurls: bool = False
    usergroups: list[state.Usergroup] = []

    def apply(self, workspace: Workspace) -> None:
        """Change what the workspace keeps of them: all but the Request URL."""
        with workspace.change():
            for name in self.model_fields_set & STORED:
                setattr(workspace.state, name, getattr(self, name))


STORED = frozenset(Settings.model_fields) - {"request_url"}


def stored(workspace: Workspace) -> state.Json:
    """What the workspace keeps."""
    known = workspace.state.model_dump(mode="json", include=set(STORED))
    return {name: known[name] for name in sorted(STORED)}
