"""
The only reader of the environment and of `ringback.toml`.

An explicit value (a command-line option) holds over an environment variable (`RINGBACK_SERVER_PORT` for `port` in
`[server]`), that over the file, and that over the default. Secrets stand in no file: a setting that holds one names
where it is, `env:NAME` (or the file that `NAME_FILE` names) or `file:/path`.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, SecretStr, ValidationError

from adapters import registry
from agent_core.addresses import Party
from agent_core.catalogue import Catalogues, known
from agent_core.policy import ROLE, Person, Rule
from agent_core.requests import OWNER_ROLE, in_the_end
from gateway import settings_check
from gateway.errors import SettingsError
from gateway.sections import (
    AgentSettings,
    ClientSettings,
    CommandLine,
    EvidenceSettings,
    Limits,
    LinkSettings,
    Log,
    MetricsSettings,
    ModelSettings,
    Ops,
    Retention,
    Section,
    Server,
)
from gateway.settings_people import PersonSettings
from gateway.settings_policy import PolicySettings

SECRET = (("metrics", MetricsSettings), ("links", LinkSettings), ("evidence", EvidenceSettings))
SECTIONS = ("server", "log", "cli")  # whose settings the environment may set, one by one


class Settings(Section):
    """Everything that can be set. `channels` are the accounts, by channel: a `[[slack]]` table each, and so on."""

    server: Server = Server()
    log: Log = Log()
    ops: Ops = Ops()
    metrics: MetricsSettings = MetricsSettings()
    links: LinkSettings = LinkSettings()
    evidence: EvidenceSettings = EvidenceSettings()
    limits: Limits = Limits()
    retention: Retention = Retention()
    cli: CommandLine = CommandLine()
    agents: list[AgentSettings] = Field(default=[], description="Agents.")
    models: list[ModelSettings] = Field(default=[], description="Models.")
    people: list[PersonSettings] = Field(default=[], description="The directory.")
    policy: list[PolicySettings] = Field(default=[], description="The policy.")
    clients: list[ClientSettings] = Field(default=[], description="Clients of the REST door.")
    sentences: dict[str, str | dict[str, str]] = Field(
        default={},
        description="Your own wording of what people read, by key; of another language in a table of its own.",
    )
    channels: dict[str, list[Any]] = Field(default={}, exclude=True)

    def directory(self) -> list[Person]:
        """Give the people."""
        return [person.person() for person in self.people]

    def catalogues(self) -> Catalogues:
        """
        Give the sentences of every language, with your own wording.

        Raises:
            ValueError: It names what there is not.
        """
        own = {key: text for key, text in self.sentences.items() if isinstance(text, str)}
        others = {language: texts for language, texts in self.sentences.items() if not isinstance(texts, str)}
        for language in others:
            known(language)
        language = self.server.language
        return Catalogues(language, others | {language: own | others.get(language, {})})

    def me(self) -> Party:
        """Say who sits at the command line."""
        return Party(self.cli.me or next(person.id for person in self.people if OWNER_ROLE in person.roles))

    def groups(self) -> dict[str, Mapping[str, str]]:
        """Give the groups of each account, each with the role of who is in it."""
        accounts = ((channel, one) for channel, several in self.channels.items() for one in several)
        return {f"{channel}:{one.account}": getattr(one, "roles", {}) for channel, one in accounts}

    def roles(self) -> set[str]:
        """Give the roles that somebody has, or may have by a group."""
        by_group = {role for groups in self.groups().values() for role in groups.values()}
        return by_group.union(*(person.roles for person in self.people))

    def unused_groups(self) -> list[tuple[str, str, str]]:
        """Give the groups, each with its account and role, whose role nothing else in the settings is about."""
        entries = [entry for agent in self.agents for entry in agent.start]
        entries += [entry for rule in self.policy for entry in rule.requester]
        entries += [entry for client in self.clients for entry in (*client.ask, *client.to)]
        named = {entry.removeprefix(ROLE) for entry in entries if entry.startswith(ROLE)}
        named = named.union(*(person.roles for person in self.people))
        named = named.union(*(in_the_end(rule.who, rule.where).all_roles for rule in self.rules()))
        given = ((account, group, role) for account, roles in self.groups().items() for group, role in roles.items())
        return [one for one in given if one[2] not in named]

    def rules(self) -> list[Rule]:
        """Give the policy."""
        return [rule.rule() for rule in self.policy]


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
    for section, model in SECRET:
        if isinstance(table := values.get(section), dict):
            values[section] = _resolved(model, table, section, source, environment if secrets else None)
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
