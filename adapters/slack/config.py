"""
The settings of one Slack workspace: a `[[slack]]` table.
"""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class Config(BaseModel):
    """One Slack workspace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str = Field(
        description="The workspace's team id, as in the address of the web client.", examples=["T024BE7LD"]
    )
    bot_token: SecretStr = Field(
        description="The bot token (xoxb-…). Secrets come from the environment or a file, never from here.",
        examples=["env:SLACK_BOT_TOKEN"],
    )
    app_token: SecretStr = Field(
        description="The app-level token (xapp-…) with connections:write, for Socket Mode.",
        examples=["env:SLACK_APP_TOKEN"],
    )
    api: str = Field(
        default="https://slack.com/api/",
        description="Where Slack's Web API is. Only the sandbox and tests change it.",
    )
