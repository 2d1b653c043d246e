"""
The only reader of the environment and of `ringback.toml`.

An explicit value (a command-line option) holds over an environment variable (`RINGBACK_SERVER_PORT` for `port` in
`[server]`), that over the file, and that over the default. Secrets stand in no file: a setting that holds one names
where it is, `env:NAME` (or the file that `NAME_FILE` names) or `file:/path`.
"""

from __future__ import annotations

import base64
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from adapters import registry
from agent_core import addresses, hours
from agent_core.addresses import Identity, Party
from agent_core.policy import Person, Rule, check_when
from agent_core.requests import ORIGIN, OWNER_ROLE, PEOPLE, Assurance, Rung, Threshold, Where, Who
from gateway import settings_check
from gateway.errors import SettingsError

UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
LONGEST = 366 * UNITS["d"]  # seconds that anybody is waited for
LONGEST_TEXTS = 10 * LONGEST  # seconds that texts are kept, unless for ever
SECTIONS = ("server", "log", "cli")  # whose settings the environment may set, one by one


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Server(Section):
    """Where the gateway keeps its data and answers."""

    data: Path = Field(default=Path("data"), description="The folder of the embedded store. One process uses it.")
    host: str = Field(default="127.0.0.1", min_length=1, description="The address to answer on.")
    environment: str = Field(default="", description="What this gateway is for, like staging; rules can say where.")
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


class PersonSettings(Section):
    """A human being, with the accounts that are theirs."""

    id: str = Field(description="A short name without spaces; it stands in the log for ever.", examples=["ana"])
    name: str = Field(description="What others read.", examples=["Ana Lima"])
    identities: list[str] = Field(
        default=[], description="Accounts, the one to reach them at first.", examples=[["slack:T024BE7LD/U0G9QF9C6"]]
    )
    roles: list[str] = Field(default=[], description="What they may decide.", examples=[["owner", "release"]])
    timezone: str = Field(default="UTC", description="In which times are written for them.")

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
    targets: list[str] = Field(
        default=[],
        description="Where it is shown: `people` (each at their first account), `origin`, or conversations.",
        examples=[["people", "slack:T024BE7LD/C042"]],
    )
    deadline: str = Field(default="24h", description="How long it waits, from the first copy sent (s, m, h, d).")
    reminders: list[str] = Field(
        default=[], description="When who was asked is reminded, counted from the first copy sent, like 30m."
    )
    ladder: list[RungSettings] = Field(
        default=[], description='Who is asked besides, and when: [{ after = "15m", roles = ["owner"] }].'
    )
    silence: Literal["halt", "go_on"] = Field(
        default="halt", description="When nobody answers: the run halts, or the agent is told so and goes on without."
    )
    reason: str = Field(default="", description="Why the rule is there; people read it.")

    @field_validator("deadline")
    @classmethod
    def _is_duration(cls, value: str) -> str:
        seconds(value)
        return value

    @field_validator("when")
    @classmethod
    def _can_be_compared(cls, value: dict[str, Any]) -> dict[str, Any]:
        check_when(value)
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


class Settings(Section):
    """Everything that can be set. `channels` are the accounts, by channel: a `[[slack]]` table each, and so on."""

    server: Server = Server()
    log: Log = Log()
    ops: Ops = Ops()
    metrics: MetricsSettings = MetricsSettings()
    limits: Limits = Limits()
    retention: Retention = Retention()
    cli: CommandLine = CommandLine()
    agents: list[AgentSettings] = Field(default=[], description="Agents.")
    models: list[ModelSettings] = Field(default=[], description="Models.")
    people: list[PersonSettings] = Field(default=[], description="The directory.")
    policy: list[PolicySettings] = Field(default=[], description="The policy.")
    clients: list[ClientSettings] = Field(default=[], description="Clients of the REST door.")
    sentences: dict[str, str] = Field(default={}, description="Your own wording of what people read, by key.")
    channels: dict[str, list[Any]] = Field(default={}, exclude=True)

    def directory(self) -> list[Person]:
        """Give the people."""
        return [
            Person(
                id=Party(person.id),
                name=person.name,
                identities=tuple(map(Identity, person.identities)),
                roles=tuple(person.roles),
                timezone=person.timezone,
            )
            for person in self.people
        ]

    def me(self) -> Party:
        """Say who sits at the command line."""
        return Party(self.cli.me or next(person.id for person in self.people if OWNER_ROLE in person.roles))

    def rules(self) -> list[Rule]:
        """Give the policy."""
        return [
            Rule(
                effect=rule.effect,
                agent=rule.agent,
                tool=rule.tool,
                when=rule.when,
                requester=tuple(rule.requester),
                environment=tuple(rule.environment),
                hours=tuple(map(hours.parse, rule.hours)),
                who=Who(
                    people=tuple(map(Party, rule.people)),
                    roles=tuple(rule.roles),
                    quorum=rule.quorum,
                    denials=rule.denials,
                    thresholds=tuple(
                        Threshold(
                            people=tuple(map(Party, one.people)),
                            roles=tuple(one.roles),
                            approve=one.approve,
                            deny=one.deny,
                        )
                        for one in rule.thresholds
                    ),
                    need=rule.need,
                    exclude_requester=rule.exclude_requester,
                    assurance=rule.assurance,
                ),
                where=Where(
                    targets=tuple(rule.targets),
                    ladder=tuple(
                        Rung(
                            after=seconds(rung.after),
                            targets=tuple(rung.targets),
                            people=tuple(map(Party, rung.people)),
                            roles=tuple(rung.roles),
                        )
                        for rung in rule.ladder
                    ),
                    reminders=tuple(map(seconds, rule.reminders)),
                ),
                patience=seconds(rule.deadline),
                go_on=rule.silence == "go_on",
                reason=rule.reason,
            )
            for rule in self.policy
        ]


def _places(targets: list[str]) -> list[str]:
    for target in targets:
        if target not in (PEOPLE, ORIGIN):
            addresses.parse(target)
    return targets


def seconds(duration: str, longest: float = LONGEST) -> float:
    """
    Read a duration such as 90s, 15m, 24h or 7d.

    Raises:
        ValueError: It is none, or too long.
    """
    number, unit = duration[:-1], duration[-1:]
    if unit not in UNITS or not number.isdecimal() or int(number) == 0:
        raise ValueError(f"{duration!r} is no duration; write a number and s, m, h or d, like 24h")
    if int(number) * UNITS[unit] > longest:
        raise ValueError(f"{duration!r} is longer than {'a year' if longest == LONGEST else 'ten years'}")
    return int(number) * UNITS[unit]


def load(
    file: Path | None, environment: Mapping[str, str] | None = None, *, secrets: bool = True, **explicit: Any
) -> Settings:
    """
    Read the settings.

    Args:
        file: The `ringback.toml`.
        secrets: Read them too; without them nothing can be sent, but all else can be looked at.
        explicit: Values that hold over everything else, by section: `server={"port": 0}`.

    Raises:
        SettingsError: One line: key, source, remedy.
    """
    environment = os.environ if environment is None else environment
    source = str(file) if file is not None else "ringback.toml"
    values = _read(file, source)
    channels = {name: values.pop(name) for name in registry.CONFIGS if name in values}
    if "channels" in values:
        raise SettingsError("channels", source, "there is no such table; write [[slack]] and the like")
    for section in SECTIONS:
        if not isinstance(values.get(section, {}), dict):
            raise SettingsError(section, source, f"write it with one bracket, [{section}]: there is one")
    _override(values, environment)
    for section, given in explicit.items():
        values[section] = values.get(section, {}) | {name: value for name, value in given.items() if value is not None}
    metrics = values.get("metrics")
    if isinstance(metrics, dict):
        values["metrics"] = _resolved(MetricsSettings, metrics, "metrics", source, environment if secrets else None)
    clients = values.get("clients", [])
    if not isinstance(clients, list):
        raise SettingsError("clients", source, "write it with two brackets, [[clients]]: there can be several")
    if clients:
        values["clients"] = [
            _resolved(ClientSettings, table, f"clients[{number}]", source, environment if secrets else None)
            for number, table in enumerate(clients)
        ]
    settings: Settings = _validate(Settings, values, "", source)
    accounts = {
        name: _accounts(name, tables, source, environment if secrets else None) for name, tables in channels.items()
    }
    settings = settings.model_copy(update={"channels": accounts})
    settings_check.check(settings, source)
    return settings


def _read(file: Path | None, source: str) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        return tomllib.loads(file.read_text())
    except FileNotFoundError:
        remedy = "there is no such file; make one with: ringback config example > ringback.toml"
        raise SettingsError("--config", source, remedy) from None
    except (ValueError, OSError) as error:  # of ValueError are bad TOML, bad UTF-8 and numbers without end
        raise SettingsError("--config", source, f"cannot be read: {error}") from None
    except RecursionError:
        raise SettingsError("--config", source, "cannot be read: it is nested too deeply") from None


def _override(values: dict[str, Any], environment: Mapping[str, str]) -> None:
    for section in SECTIONS:
        for name in Settings.model_fields[section].annotation.model_fields:  # type: ignore[union-attr]
            value = environment.get(f"RINGBACK_{section}_{name}".upper())
            if value is not None:
                values[section] = values.get(section, {}) | {name: value}


def _accounts(channel: str, tables: Any, source: str, environment: Mapping[str, str] | None) -> list[BaseModel]:
    if not isinstance(tables, list):
        raise SettingsError(channel, source, f"write it with two brackets, [[{channel}]]: there can be several")
    model: type[BaseModel] = registry.load(registry.CONFIGS[channel])
    found = []
    for number, table in enumerate(tables):
        where = f"{channel}[{number}]"
        if not isinstance(table, dict):
            raise SettingsError(where, source, f"write it as a table of its own, under [[{channel}]]")
        found.append(_validate(model, _resolved(model, table, where, source, environment), f"{where}.", source))
    return found


def _resolved(
    model: type[BaseModel], table: Mapping[str, Any], where: str, source: str, environment: Mapping[str, str] | None
) -> dict[str, Any]:
    """Give a table with its secrets read."""
    return {
        name: _secret(f"{where}.{name}", value, source, environment)
        if name in model.model_fields and model.model_fields[name].annotation in (SecretStr, SecretStr | None)
        else value
        for name, value in table.items()
    }


def _secret(key: str, value: Any, source: str, environment: Mapping[str, str] | None) -> str:
    if environment is None:
        return settings_check.UNREAD
    kind, _, name = str(value).partition(":")
    if kind == "env" and name:
        if name in environment:
            return environment[name].strip()
        if f"{name}_FILE" in environment:
            kind, name = "file", environment[f"{name}_FILE"]
        else:
            raise SettingsError(key, source, f"set the environment variable {name}, or {name}_FILE to a file's path")
    if kind == "file" and name:
        try:
            return Path(name).read_text().strip()
        except (OSError, ValueError) as error:
            raise SettingsError(key, source, f"the file cannot be read: {error}") from None
    raise SettingsError(key, source, "secrets do not stand in the file; write env:NAME or file:/path")


def _validate(model: type[Any], values: Mapping[str, Any], prefix: str, source: str) -> Any:
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in first["loc"]).lstrip(".")
        remedy = {
            "missing": "is missing; `ringback config example` shows what to write",
            "extra_forbidden": "there is no such setting; `ringback config example` shows all of them",
        }.get(first["type"], first["msg"].removeprefix("Value error, "))
        raise SettingsError(prefix + path, source, remedy) from None
