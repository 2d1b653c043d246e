"""
The tables of `ringback.toml`, each with what can be set in it; those of people and policy have files of their own.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from agent_core import hours
from agent_core.catalogue import known
from gateway import settings_check
from gateway.durations import LONGEST, Duration, seconds

LONGEST_TEXTS = 10 * LONGEST  # seconds that texts are kept, unless for ever


def read_by(read: Callable[[str], object]) -> AfterValidator:
    """Give the validator of what stays as it is written, where it can be read."""

    def check(written: str) -> str:
        read(written)
        return written

    return AfterValidator(check)


Language = Annotated[str, AfterValidator(known)]
TimeOfDay = Annotated[str, read_by(hours.time)]


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(Section):
    """Where the gateway keeps its data and answers."""

    data: Path = Field(default=Path("data"), description="The folder of the embedded store. One process uses it.")
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to answer on.")
    environment: str = Field(default="", description="What this gateway is for, like staging; rules can say where.")
    language: Language = Field(
        default="en", description="What is said where many read, and to people who have set no language of their own."
    )
    port: int = Field(default=8080, ge=0, le=65_535, description="The port to answer on; 0 takes any free one.")


class Log(Section):
    """What is logged, as JSON lines on standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="The least level logged.")


class AgentSettings(Section):
    """An agent, and where it listens."""

    use: list[str] = Field(
        description="Where its versions are, `module:name` each: the first takes new runs, the others finish theirs.",
        examples=[["deploybot:agent"]],
        min_length=1,
    )
    listen: list[str] = Field(
        description="Channels, accounts (`slack:T1`) or conversations (`slack:T1/C042`) where it takes messages.",
        examples=[["slack:T024BE7LD"]],
    )
    start: list[str] = Field(
        default=["people"],
        description="Who may start it: `people` of the directory, `role:NAME`, a person's id, or `anyone`.",
    )
    hear: Literal["starters", "all"] = Field(
        default="starters", description="Whose messages reach a run: of those who may start it, or of all."
    )
    model: str | None = Field(default=None, description="The `[[models]]` entry that it asks.", examples=["main"])


class ModelSettings(Section):
    """A model."""

    name: str = Field(description="What agents call it.", examples=["main"])
    provider: Literal["scripted"] = Field(default="scripted", description="Who answers.")
    script: str | None = Field(
        default=None,
        description="For `scripted`: the function that answers, `module:name`; it may be async and ask any model.",
        examples=["deploybot:script"],
    )


class ClientSettings(Section):
    """Who may ask people over HTTP, at `/v1`: an agent or a script outside. Without any, that door is closed."""

    name: str = Field(
        description="A short name; with it stands what it asks: `api:ci/…`, and its calls in [[policy]] (`agent`).",
        examples=["ci"],
        pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$",
    )
    token: SecretStr = Field(
        description="Where its token is (`env:NAME`), at least 16 characters.",
        examples=["env:RINGBACK_CI_TOKEN"],
        min_length=16,
    )
    previous_token: SecretStr | None = Field(
        default=None, description="The token before, which counts as well while it is replaced.", min_length=16
    )
    scopes: list[Literal["requests:read", "requests:write", "requests:all"]] = Field(
        default=["requests:read", "requests:write"],
        description="What it may: read and write requests of its own, `requests:all` also reads those of others.",
    )
    ask: list[str] = Field(
        default=["people"],
        description="Whom it may name to be asked: `people` of the directory, `role:NAME`, or a person's id.",
    )
    places: list[str] = Field(
        default=[],
        description="Where it may have requests shown, besides people's own accounts: as for `listen` of `[[agents]]`.",
        examples=[["slack:T024BE7LD/C042"]],
    )
    to: list[str] = Field(
        default=["role:owner"], description="Who is asked where neither a request nor the policy names anybody."
    )
    per_minute: int = Field(default=600, ge=1, description="How many HTTP requests it may make in a minute.")
    webhook: str | None = Field(
        default=None,
        description="Where it is told how its requests ended, unless a request names another place.",
    )
    webhook_secret: SecretStr | None = Field(
        default=None,
        description="Where the secret is that webhooks are signed with: whsec_ and 24 to 64 bytes, base64.",
    )
    previous_webhook_secret: SecretStr | None = Field(
        default=None, description="The secret before, with which they are signed as well while it is replaced."
    )
    inside: bool = Field(
        default=False, description="Its webhooks may go to private and loopback addresses, and by plain http."
    )

    @field_validator("webhook_secret", "previous_webhook_secret")
    @classmethod
    def _is_secret(cls, value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value is not None else settings_check.UNREAD
        if text != settings_check.UNREAD:
            try:
                size = len(base64.b64decode(text.removeprefix(settings_check.PREFIX), validate=True))
            except ValueError:
                size = 0
            if not text.startswith(settings_check.PREFIX) or not 24 <= size <= 64:
                raise ValueError("it has to be whsec_ and 24 to 64 bytes in base64")
        return value


class MetricsSettings(Section):
    """Who may read `/metrics`."""

    token: SecretStr | None = Field(
        default=None,
        description="Where the token is (`env:NAME`) that readers show; without one, only this machine may read them.",
    )


class LinkSettings(Section):
    """Pages on which people answer what they were asked by mail, where a rule permits it."""

    url: str = Field(
        default="",
        description="Where people reach this gateway, like https://ringback.example.com; without it there are none.",
        pattern=r"^(https?://[^\s/?#]+(/[^\s?#]*)?)?$",
    )
    secret: SecretStr | None = Field(
        default=None,
        validate_default=True,
        description="Where at least 32 random characters are (`env:NAME`), by which a link proves that we wrote it.",
        min_length=32,
    )

    @field_validator("secret")
    @classmethod
    def _proves(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        if value is None and info.data.get("url"):
            raise ValueError("is missing; without it anybody could write links")
        return value


class EvidenceSettings(Section):
    """What proves to others how the requests of clients ended."""

    key: SecretStr | None = Field(
        default=None,
        description="Where the Ed25519 private key is that signs it, in PEM (`file:/path`); without one nothing is.",
    )
    previous_key: SecretStr | None = Field(
        default=None, description="The key before, whose tokens are still believed while it is replaced."
    )
    issuer: str = Field(default="ringback", min_length=1, description="Whom it names as its maker (`iss`).")


class Limits(Section):
    """What one person, and one run, may use before somebody has to look."""

    starts_per_hour: int = Field(
        default=60, ge=0, description="How often each person may start agents within an hour; 0: as often as they like."
    )
    tokens_per_run: int = Field(
        default=1_000_000, ge=0, description="Tokens after which a run's owner is asked whether it goes on; 0: never."
    )


class Retention(Section):
    """How long what was said is kept. Digests, outcomes and who decided stay for ever."""

    raw: Duration = Field(default="7d", description="Vendors' payloads (s, m, h, d).")
    contexts: Duration = Field(default="30d", description="The exact texts that models read.")
    texts: str = Field(
        default="", description="Everything else that people, models and tools said, once no run needs it; empty: kept."
    )

    @field_validator("texts")
    @classmethod
    def _is_long_duration(cls, value: str) -> str:
        if value:
            seconds(value, LONGEST_TEXTS)
        return value


class Ops(Section):
    """Where trouble is told."""

    conversation: str | None = Field(
        default=None, description="A conversation; without one, each person with the role owner is told."
    )


class CommandLine(Section):
    """Who sits at the command line."""

    me: str | None = Field(
        default=None,
        description="In whose name it asks, and whom `@me` means: a person's id. Without one, the first owner.",
        examples=["ana"],
    )
