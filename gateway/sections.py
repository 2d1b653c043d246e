"""The tables of `ringback.toml`, each with what can be set in it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator

from agent_core import addresses, hours
from agent_core.addresses import Identity, Party
from agent_core.catalogue import known
from agent_core.policy import ROLE, Person, Rule, check_when
from agent_core.requests import (
    GRANT_USES,
    ORIGIN,
    PEOPLE,
    THREAD,
    UNTIL_REVOKED,
    Assurance,
    Grantable,
    Rung,
    Scope,
    Threshold,
    Where,
    Who,
)
from gateway import settings_check

UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
LONGEST = 366 * UNITS["d"]  # seconds that anybody is waited for
LONGEST_GATHER = UNITS["h"]  # seconds that a request waits for others like it
MOST_SCOPES = 5  # ways to approve for longer, each with a button
LONGEST_TEXTS = 10 * LONGEST  # seconds that texts are kept, unless for ever


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(Section):
    """Where the gateway keeps its data and answers."""

    data: Path = Field(default=Path("data"), description="The folder of the embedded store. One process uses it.")
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to answer on.")
    environment: str = Field(default="", description="What this gateway is for, like staging; rules can say where.")
    language: str = Field(
        default="en", description="What is said where many read, and to people who have set no language of their own."
    )
    port: int = Field(default=8080, ge=0, le=65_535, description="The port to answer on; 0 takes any free one.")

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, value: str) -> str:
        return known(value)


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


class PersonSettings(Section):
    """A human being, with the accounts that are theirs."""

    id: str = Field(description="A short name without spaces; it stands in the log for ever.", examples=["ana"])
    name: str = Field(description="What others read.", examples=["Ana Lima"])
    identities: list[str] = Field(
        default=[], description="Accounts, the one to reach them at first.", examples=[["slack:T024BE7LD/U0G9QF9C6"]]
    )
    roles: list[str] = Field(default=[], description="What they may decide.", examples=[["owner", "release"]])
    timezone: str = Field(default="UTC", description="In which times are written for them.")
    quiet: list[str] = Field(
        default=[],
        description='Quiet hours, by their own clock, in which nothing that can wait reaches them: ["22:00-07:00"].',
    )
    digest: list[str] = Field(
        default=[],
        description='When what can wait is shown in their own conversations, by their own clock: ["09:00", "16:00"].',
    )
    language: str | None = Field(
        default=None,
        description="What they read in their own conversations; without one, that of the gateway.",
        examples=["en"],
    )

    @field_validator("identities")
    @classmethod
    def _are_addresses(cls, value: list[str]) -> list[str]:
        for address in value:
            addresses.parse(address)
        return value

    @field_validator("timezone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"there is no time zone {value!r}; write one like Europe/Berlin")
        return value

    @field_validator("quiet")
    @classmethod
    def _come_to_an_end(cls, value: list[str], info: ValidationInfo) -> list[str]:
        if (
            "timezone" in info.data
            and hours.over([hours.parse(one, info.data["timezone"]) for one in value], 0) is None
        ):
            raise ValueError("they are never over, so this person could never be asked; leave some hours of the week")
        return value

    @field_validator("digest")
    @classmethod
    def _are_times(cls, value: list[str]) -> list[str]:
        for written in value:
            hours.time(written)
        return value

    @field_validator("language")
    @classmethod
    def _is_spoken(cls, value: str | None) -> str | None:
        return known(value) if value is not None else None

    def person(self) -> Person:
        """Give them as the policy has them."""
        return Person(
            id=Party(self.id),
            name=self.name,
            identities=tuple(map(Identity, self.identities)),
            roles=tuple(self.roles),
            timezone=self.timezone,
            quiet=tuple(hours.parse(written, self.timezone) for written in self.quiet),
            digest=tuple(hours.time(written, self.timezone) for written in self.digest),
            language=self.language or "",
        )


class ThresholdSettings(Section):
    """How many of whom it takes. Without people and roles all count who may approve."""

    people: list[str] = Field(default=[], description="Whose votes count: ids of people.")
    roles: list[str] = Field(default=[], description="Whose votes count: roles.")
    approve: int = Field(default=1, ge=1, description="How many of them approve it.")
    deny: int = Field(default=1, ge=1, description="How many of them deny it.")


class RungSettings(Section):
    """Whom to ask besides when nobody has decided for a while, and where."""

    after: str = Field(description="How long after the first copy was sent (s, m, h, d).")
    people: list[str] = Field(default=[], description="Who may decide from then on: ids of people.")
    roles: list[str] = Field(default=[], description="Who may decide from then on: roles.")
    targets: list[str] = Field(default=[PEOPLE], description="Where they are asked.")

    @field_validator("after")
    @classmethod
    def _is_duration(cls, value: str) -> str:
        seconds(value)
        return value

    @field_validator("targets")
    @classmethod
    def _are_places(cls, value: list[str]) -> list[str]:
        return _places(value)


class PolicySettings(Section):
    """A rule: which call needs whom. The first that fits holds."""

    tool: str = Field(description="The tool, with * and ?.", examples=["deploy"])
    agent: str = Field(default="*", description="The agent, with * and ?.")
    when: dict[str, Any] = Field(
        default={},
        description="Values of arguments; a list means any of them, a table compares.",
        examples=[{"environment": "production"}],
    )
    requester: list[str] = Field(default=[], description="Only where one of these asked: ids, role:NAME, or accounts.")
    environment: list[str] = Field(default=[], description="Only where [server] environment is one of these.")
    hours: list[str] = Field(default=[], description="Only within these hours, like Mon-Fri 09:00-17:00 Europe/Berlin.")
    effect: Literal["allow", "ask", "forbid"] = Field(default="ask", description="What the call needs.")
    people: list[str] = Field(default=[], description="Who may approve: ids of people.")
    roles: list[str] = Field(default=[], description="Who may approve: roles.", examples=[["release"]])
    quorum: int = Field(default=1, ge=1, description="How many people it takes to approve.")
    denials: int = Field(default=1, ge=1, description="How many people it takes to deny.")
    thresholds: list[ThresholdSettings] = Field(
        default=[],
        description='How many of whom it takes, in place of both: [{ roles = ["release"], approve = 2 }].',
    )
    need: Literal["any", "all"] = Field(
        default="any", description="Whether one threshold that is reached approves, or all have to be."
    )
    exclude_requester: bool = Field(default=False, description="Whoever asked for the call may not approve it.")
    assurance: Assurance = Field(default=Assurance.LOW, description="How sure the channel must be of who decides.")
    links: bool = Field(default=False, description="A mail may hold a link to a page that decides: low assurance.")
    targets: list[str] = Field(
        default=[],
        description="Where it is shown: `people` (each at their first account), `origin`, or conversations.",
        examples=[["people", "slack:T024BE7LD/C042"]],
    )
    deadline: str = Field(default="24h", description="How long it waits, from the first copy sent (s, m, h, d).")
    reminders: list[str] = Field(
        default=[], description="When who was asked is reminded, counted from the first copy sent, like 30m."
    )
    digest: list[str] = Field(
        default=[],
        description='When it is shown if it can wait, where nobody has times of their own: ["09:00 Europe/Berlin"].',
    )
    gather: str = Field(
        default="", description="How long it waits for others like it, to be shown on one card (s, m, h), like 30s."
    )
    ladder: list[RungSettings] = Field(
        default=[], description='Who is asked besides, and when: [{ after = "15m", roles = ["owner"] }].'
    )
    silence: Literal["halt", "go_on"] = Field(
        default="halt", description="When nobody answers: the run halts, or the agent is told so and goes on without."
    )
    urgency: Literal["", "low", "normal", "high"] = Field(
        default="", description="How urgent it is; high is confirmed once more. Empty: as whoever asks says."
    )
    reassign: list[str] = Field(
        default=[],
        description="To whom whoever is asked may hand it on: ids of people, role:NAME. Empty: to nobody.",
        examples=[["role:release"]],
    )
    reason: str = Field(default="", description="Why the rule is there; people read it.")
    grants: list[str] = Field(
        default=[],
        description="How long an approval may count for later calls too: `thread`, `until_revoked`, or times like 1h.",
        examples=[["1h", "thread", "until_revoked"]],
        max_length=MOST_SCOPES,
    )
    grant_by: list[str] = Field(
        default=[],
        description="Arguments that have to be equal in these calls; empty: all of them.",
        examples=[["environment"]],
    )
    grant_uses: int = Field(default=GRANT_USES, ge=1, description="How many calls such a grant approves at most.")

    @field_validator("deadline")
    @classmethod
    def _is_duration(cls, value: str) -> str:
        seconds(value)
        return value

    @field_validator("digest")
    @classmethod
    def _are_times(cls, value: list[str]) -> list[str]:
        for written in value:
            hours.time(written)
        return value

    @field_validator("gather")
    @classmethod
    def _is_short(cls, value: str) -> str:
        if value:
            seconds(value, LONGEST_GATHER, "an hour")
        return value

    @field_validator("when")
    @classmethod
    def _can_be_compared(cls, value: dict[str, Any]) -> dict[str, Any]:
        check_when(value)
        return value

    @field_validator("grants")
    @classmethod
    def _are_scopes(cls, value: list[str]) -> list[str]:
        for number, written in enumerate(value):
            if written in value[:number]:
                raise ValueError(f"{written!r} stands there twice")
            _scope(written)
        return value

    @field_validator("hours")
    @classmethod
    def _are_hours(cls, value: list[str]) -> list[str]:
        for written in value:
            hours.parse(written)
        return value

    @field_validator("targets")
    @classmethod
    def _are_places(cls, value: list[str]) -> list[str]:
        return _places(value)

    @field_validator("reminders")
    @classmethod
    def _are_durations(cls, value: list[str]) -> list[str]:
        for written in value:
            seconds(written)
        return value

    def rule(self) -> Rule:
        """Give it as the policy has it."""
        return Rule(
            effect=self.effect,
            agent=self.agent,
            tool=self.tool,
            when=self.when,
            requester=tuple(self.requester),
            environment=tuple(self.environment),
            hours=tuple(map(hours.parse, self.hours)),
            who=Who(
                people=tuple(map(Party, self.people)),
                roles=tuple(self.roles),
                quorum=self.quorum,
                denials=self.denials,
                thresholds=tuple(
                    Threshold(
                        people=tuple(map(Party, one.people)),
                        roles=tuple(one.roles),
                        approve=one.approve,
                        deny=one.deny,
                    )
                    for one in self.thresholds
                ),
                need=self.need,
                exclude_requester=self.exclude_requester,
                assurance=self.assurance,
            ),
            where=Where(
                targets=tuple(self.targets),
                ladder=tuple(
                    Rung(
                        after=seconds(rung.after),
                        targets=tuple(rung.targets),
                        people=tuple(map(Party, rung.people)),
                        roles=tuple(rung.roles),
                    )
                    for rung in self.ladder
                ),
                reminders=tuple(map(seconds, self.reminders)),
                gather=seconds(self.gather) if self.gather else 0.0,
                digest=tuple(self.digest),
                links=self.links,
            ),
            patience=seconds(self.deadline),
            go_on=self.silence == "go_on",
            urgency=self.urgency or None,
            reassign=_named(self.reassign) if self.reassign else None,
            reason=self.reason,
            grantable=Grantable(
                scopes=tuple(map(_scope, self.grants)), alike=tuple(self.grant_by), uses=self.grant_uses
            ),
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

    raw: str = Field(default="7d", description="Vendors' payloads (s, m, h, d).")
    contexts: str = Field(default="30d", description="The exact texts that models read.")
    texts: str = Field(
        default="", description="Everything else that people, models and tools said, once no run needs it; empty: kept."
    )

    @field_validator("raw", "contexts")
    @classmethod
    def _is_duration(cls, value: str) -> str:
        seconds(value)
        return value

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


def _named(entries: list[str]) -> Who:
    roles = tuple(entry.removeprefix(ROLE) for entry in entries if entry.startswith(ROLE))
    return Who(people=tuple(Party(entry) for entry in entries if not entry.startswith(ROLE)), roles=roles)


def _places(targets: list[str]) -> list[str]:
    for target in targets:
        if target not in (PEOPLE, ORIGIN):
            addresses.parse(target)
    return targets


def _scope(written: str) -> Scope:
    """Read for how long a standing grant counts."""
    if written in (THREAD, UNTIL_REVOKED):
        return Scope(name=written)
    try:
        return Scope(name=written, seconds=seconds(written))
    except ValueError as error:
        raise ValueError(f"{error}; or one of {THREAD}, {UNTIL_REVOKED}") from None


def seconds(duration: str, longest: float = LONGEST, words: str = "") -> float:
    """
    Read a duration such as 90s, 15m, 24h or 7d.

    Raises:
        ValueError: It is none, or too long.
    """
    number, unit = duration[:-1], duration[-1:]
    if unit not in UNITS or not number.isdecimal() or int(number) == 0:
        raise ValueError(f"{duration!r} is no duration; write a number and s, m, h or d, like 24h")
    if int(number) * UNITS[unit] > longest:
        limit = words or ("a year" if longest == LONGEST else "ten years")
        raise ValueError(f"{duration!r} is longer than {limit}")
    return int(number) * UNITS[unit]
