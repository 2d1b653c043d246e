"""
Settings → a wired service. The only file of the gateway that names concrete parts.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, nullcontext
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, SecretStr

from adapters import registry
from adapters.base import Adapter, Check
from agent_core.addresses import ConversationKey
from agent_core.catalogue import PLAIN
from agent_core.texts import described
from gateway import agents, clients
from gateway.admission import Admission
from gateway.directory import Directory
from gateway.durations import seconds
from gateway.errors import SettingsError
from gateway.gate import Gate
from gateway.groups import GroupReader, Groups
from gateway.health import Health
from gateway.holds import Holds
from gateway.limits import Starts
from gateway.models.base import Model
from gateway.models.scripted import Scripted
from gateway.notices import Notices
from gateway.outbox import SETTLE, Outbox
from gateway.owner import Owner
from gateway.page_links import PageLinks
from gateway.perform import Performer
from gateway.runtime import Runtime, Watchdog
from gateway.sections import LONGEST_TEXTS, LinkSettings
from gateway.settings import Settings
from gateway.store import sqlite_backup, sqlite_check
from gateway.store.base import Lists, Store
from gateway.store.rows import DAY
from gateway.store.sqlite import SqliteStore
from gateway.store.sqlite_reader import SqliteReader
from gateway.world import World

if TYPE_CHECKING:
    from starlette.routing import Mount

    from gateway.evidence import Evidence
    from gateway.service import Service

log = logging.getLogger("ringback")


def build(
    settings: Settings,
    source: str,
    *,
    load: Callable[[], Settings] | None = None,
    runtime: Runtime | None = None,
    settle: float = SETTLE,
) -> Service:
    """
    Join the parts. Nothing is opened yet.

    Args:
        source: The settings' file, for error messages.
        load: Reads that file again; without it everything stays as it is.
        settle: Seconds before a delivery of unknown fate is looked for.

    Raises:
        SettingsError: An agent, a model or a channel's library cannot be imported.
    """
    from gateway import web  # what only a gateway that runs needs; commands that read what is stored start sooner
    from gateway.control import Control
    from gateway.metrics import Metrics
    from gateway.reloading import Reloading
    from gateway.service import Service
    from gateway.supervisor import Supervisor

    runtime = runtime or Runtime()
    opened = SqliteStore(settings.server.data, runtime)
    accounts = {f"{one.channel}:{one.account}": one for one in adapters(settings, source, runtime)}
    watchdog = Watchdog(_spinning)
    known = agents.Agents([*agents.load(settings.agents, source).all, clients.LISTENING])
    for account, group, role in settings.unused_groups():
        log.warning(
            "%s: its group %s gives the role %r, which nothing else in the settings names", account, group, role
        )
    groups = Groups(settings.groups(), runtime)
    signs = evidence(settings, source)
    world = _world(settings, accounts, known, watchdog.watch, groups, _webhooks(settings, runtime), signs)
    directory, adapter = world.directory, world.adapter
    health = Health(accounts, runtime)
    kept = settings.retention
    admission = Admission(lambda: owner.undecided, runtime)
    gate = Gate(opened, directory, world.catalogues, health, admission, runtime, raw_days=seconds(kept.raw) / DAY)
    notices = Notices(opened, world.watchers, world.words)
    holds = Holds(health, notices, runtime)
    outbox = Outbox(opened, adapter, runtime, holds, notices, settle=settle)
    days = seconds(kept.contexts) / DAY
    performer = Performer(_models(settings, known, source).get, runtime, context_days=days)
    owner = Owner(opened, world, performer, outbox, notices, runtime)
    metrics = Metrics(health, admission, lambda: owner.stuck)
    opened.committed, outbox.tried, owner.decided = metrics.committed, metrics.tried, metrics.decided
    reloading = Reloading(settings, load or (lambda: settings), directory, world.rules, opened)
    token = settings.metrics.token.get_secret_value() if settings.metrics.token is not None else None
    routes = [route for one in accounts.values() for route in one.routes(gate)]
    if world.links is not None:
        from gateway.pages import Pages  # only what is configured is imported

        routes += Pages(world.links, opened, gate, directory, world.catalogues, runtime).routes()
    doors: list[Mount] = []
    if settings.clients:
        from gateway.api import app as api  # only what is configured is imported
        from gateway.api.grants import Grants
        from gateway.api.humanlayer import HumanLayer
        from gateway.api.requests import Requests

        requests = Requests(opened, directory, admission, runtime, signs)
        shape = HumanLayer(requests, directory, world.catalogues.of(PLAIN).say)
        doors += api.mount(requests, Grants(opened, directory, runtime), shape, settings.clients, runtime)
    return Service(
        store=opened,
        owner=owner,
        outbox=outbox,
        supervisor=Supervisor(accounts.values(), gate, health, notices, runtime),
        control=Control(opened, outbox, directory, health, reloading, settings.server.data, runtime),
        reloading=reloading,
        health=health,
        groups=GroupReader(settings.groups(), accounts, groups, health, notices, runtime),
        watchdog=watchdog,
        runtime=runtime,
        app=web.app(opened, owner, health, admission, metrics, token, routes, doors),
        address=(settings.server.host, settings.server.port),
        texts=seconds(kept.texts, LONGEST_TEXTS) if kept.texts else None,
    )


def world(settings: Settings, source: str) -> tuple[World, str]:
    """
    Join what deciding looks at, to look at it; nothing is opened.

    Returns:
        It, and why an agent or a model cannot be imported; without its agents, where it is one of them.
    """
    runtime = Runtime()
    accounts = {f"{one.channel}:{one.account}": one for one in adapters(settings, source, runtime)}
    unread = ""
    try:
        known = agents.load(settings.agents, source)
    except SettingsError as error:
        known, unread = agents.Agents([]), str(error)
    try:
        _models(settings, known, source)
    except SettingsError as error:
        unread = unread or str(error)
    groups = Groups(settings.groups(), runtime)
    return _world(settings, accounts, known, lambda _: nullcontext(), groups), unread


def _world(
    settings: Settings,
    accounts: Mapping[str, Adapter],
    known: agents.Agents,
    watch: Callable[[str], AbstractContextManager[None]],
    groups: Groups,
    webhooks: Mapping[str, Adapter] = MappingProxyType({}),
    signs: Evidence | None = None,
) -> World:
    reached = {**accounts, **webhooks}
    return World(
        directory=Directory(settings.directory(), accounts, groups),
        rules=settings.rules(),
        agents=known,
        catalogues=settings.catalogues(),
        adapter=lambda conversation: reached.get(conversation.partition("/")[0]),
        ops=ConversationKey(settings.ops.conversation) if settings.ops.conversation else None,
        watch=watch,
        starts=Starts(settings.limits.starts_per_hour),
        tokens_per_run=settings.limits.tokens_per_run,
        environment=settings.server.environment,
        links=_links(settings.links),
        evidence=signs,
    )


def _links(settings: LinkSettings) -> PageLinks | None:
    return PageLinks(settings.url, settings.secret.get_secret_value()) if settings.url and settings.secret else None


def evidence(settings: Settings, source: str) -> Evidence | None:
    """
    Make what signs how requests of clients ended, where there is a key.

    Raises:
        SettingsError: It is none, or a library is missing.
    """
    key, previous = settings.evidence.key, settings.evidence.previous_key
    if key is None:
        return None
    try:
        from gateway.evidence import Evidence  # only what is configured is imported

        before = previous.get_secret_value() if previous is not None else None
        return Evidence(settings.evidence.issuer, key.get_secret_value(), before)
    except ImportError as error:
        remedy = f"a library is missing ({error.name or error}); install it with: pip install 'ringback[evidence]'"
        raise SettingsError("evidence", source, remedy) from error
    except ValueError as error:
        raise SettingsError("evidence", source, str(error)) from error


def lists(folder: Path) -> AbstractAsyncContextManager[Lists]:
    """Open what is stored in a folder, to read; the gateway may run beside it."""
    return SqliteReader(folder)


@asynccontextmanager
async def store(folder: Path) -> AsyncIterator[Store]:
    """Open the store in a folder, where no gateway runs."""
    runtime = Runtime()
    async with SqliteStore(folder, runtime) as opened:
        yield opened
    runtime.close()


def check_store(folder: Path) -> list[Check]:
    """Look at a data folder; the gateway may run beside it."""
    return sqlite_check.check(folder)


def back_up(folder: Path, target: Path) -> int:
    """Copy what is stored in a folder into a new file; the gateway may run beside it. Returns its size in bytes."""
    return sqlite_backup.back_up(folder, target)


def restore(source: Path, folder: Path) -> Path | None:
    """Put a backup in the place of what is stored, where no gateway runs. Returns where the replaced data is kept."""
    return sqlite_backup.restore(source, folder, Runtime().now())


def secrets(settings: Settings) -> list[str]:
    """Give every secret that the settings hold, for the log to black out."""
    accounts: Iterable[BaseModel] = (account for several in settings.channels.values() for account in several)
    values = [value for table in (settings.metrics, settings.links, *settings.clients, *accounts) for _, value in table]
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def _spinning(agent: str, seconds: float) -> None:
    log.critical("agent %s has held the event loop for %.0f s; everything else waits for it", agent or "?", seconds)


def adapters(settings: Settings, source: str, runtime: Runtime) -> list[Adapter]:
    """Make the adapters of all accounts; nothing is opened."""
    built = []
    for channel, accounts in settings.channels.items():
        try:
            build_all: Any = registry.load(registry.CHANNELS[channel])
        except ImportError as error:
            remedy = f"a library is missing ({error.name or error}); install it with: pip install 'ringback[{channel}]'"
            raise SettingsError(channel, source, remedy) from error
        built += build_all(accounts, runtime)
    return built


def _webhooks(settings: Settings, runtime: Runtime) -> dict[str, Adapter]:
    """Make what clients are told by, by account."""
    if not settings.clients:
        return {}
    from gateway.webhooks import Webhooks  # only what is configured is imported

    return {f"{Webhooks.channel}:{client.name}": Webhooks(client, runtime) for client in settings.clients}


def _models(settings: Settings, loaded: agents.Agents, source: str) -> dict[str, Model]:
    """Give each agent's model, by the agent's name."""
    by_name: dict[str, Model] = {}
    for number, one in enumerate(settings.models):
        key = f"models[{number}].script"
        if one.script is None:
            raise SettingsError(key, source, "is missing: the function that answers, module:name")
        try:
            by_name[one.name] = Scripted(one.name, registry.load(one.script))
        except Exception as error:  # whatever an owner's module does when it is imported
            raise SettingsError(key, source, f"{one.script} cannot be imported: {described(error)}") from error
    return {
        one.current.name: by_name[one.settings.model]
        for one in loaded.all
        if one.settings.model is not None and one.settings.model in by_name
    }
