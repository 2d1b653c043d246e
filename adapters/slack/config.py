"""
The settings of one Slack workspace (or of an org-wide installation): a `[[slack]]` table.
"""

from __future__ import annotations

import re
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

GROUP = re.compile(r"(?:(?P<team>T[A-Z0-9]+)/)?(?P<group>S[A-Z0-9]+)", re.ASCII)
"""A user group as the settings name it: its id, in an organisation with the workspace that it belongs to."""


class Config(BaseModel):
    """One Slack workspace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str = Field(
        description="The workspace's team id, as in the address of the web client; E… where the app is org-wide.",
        examples=["T024BE7LD"],
    )
    mode: Literal["socket", "http"] = Field(
        default="socket", description="How Slack reaches us: a socket that we open, or requests to /slack/events."
    )
    bot_token: SecretStr = Field(
        description="The bot token (xoxb-…). Secrets come from the environment or a file, never from here.",
        examples=["env:SLACK_BOT_TOKEN"],
    )
    app_token: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="For mode socket: the app-level token (xapp-…) with connections:write.",
        examples=["env:SLACK_APP_TOKEN"],
    )
    signing_secret: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="For mode http: the app's signing secret, like env:SLACK_SIGNING_SECRET.",
    )
    previous_signing_secret: SecretStr | None = Field(
        default=None, description="For mode http: the signing secret before, while it is being replaced."
    )
    roles: dict[str, str] = Field(
        default={},
        description='User groups, each with the role that people have who are in it: { S0614TZR7 = "release" }.',
    )
    api: str = Field(
        default="https://slack.com/api/",
        description="Where Slack's Web API is. Only the sandbox and tests change it.",
    )

    @field_validator("bot_token", "app_token", "signing_secret", "previous_signing_secret")
    @classmethod
    def _says_something(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value():
            raise ValueError("is empty; an empty secret keeps nobody out")
        return value

    @field_validator("roles")
    @classmethod
    def _are_groups(cls, value: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        whole = str(info.data.get("account", "")).startswith("E")
        for group, role in value.items():
            written = GROUP.fullmatch(group)
            if written is None:
                raise ValueError(f"{group!r} is no user group's id; it begins with S, and stands in the group's link")
            if whole and not written["team"]:
                raise ValueError(f"write the workspace before {group}, as in T024BE7LD/{group}: the app is org-wide")
            if not role or set(role) & set(" :"):
                raise ValueError(f"{role!r} is no role; write a name without spaces, as in roles of [[people]]")
        return value

    @field_validator("app_token")
    @classmethod
    def _opens_the_socket(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("mode") == "socket":
            raise ValueError('is missing; Socket Mode needs the app-level token (or write mode = "http")')
        return value

    @field_validator("signing_secret")
    @classmethod
    def _proves_the_sender(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("mode") == "http":
            raise ValueError('is missing; without it nobody can tell who posts (or write mode = "socket")')
        return value

    @property
    def secrets(self) -> tuple[str, ...]:
        """The signing secrets that a request may be signed with."""
        given = (self.signing_secret, self.previous_signing_secret)
        return tuple(secret.get_secret_value() for secret in given if secret is not None)
