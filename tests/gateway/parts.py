"""
The parts of a gateway, wired as `bootstrap` wires them, over any store, clock and channels.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType

from adapters.base import Adapter
from agent_core.addresses import ConversationKey
from agent_core.catalogue import Catalogues
from agent_core.policy import Person, Rule
from agent_core.run import Agent
from gateway import clients
from gateway.admission import Admission
from gateway.agents import Agents, Listening
from gateway.directory import Directory
from gateway.evidence import Evidence
from gateway.gate import Gate
from gateway.groups import GroupReader, Groups, Named
from gateway.health import Health
from gateway.holds import Holds
from gateway.limits import Starts
from gateway.models.base import Model
from gateway.notices import Notices
from gateway.outbox import Outbox
from gateway.owner import Owner
from gateway.perform import Performer
from gateway.reloading import Reloading
from gateway.runtime import Runtime
from gateway.sections import AgentSettings, ClientSettings
from gateway.settings import Settings
from gateway.store.sqlite import SqliteStore
from gateway.webhooks import Webhooks
from gateway.world import World
from tests.gateway.loopback import Loopback


class Parts:
    """Everything of one gateway process, and nothing is running yet."""

    def __init__(
        self,
        store: SqliteStore,
        runtime: Runtime,
        channels: Iterable[Loopback],
        agents: Iterable[Agent],
        *,
        model: Model | None,
        rules: Sequence[Rule],
        people: Sequence[Person],
        start: Sequence[str],
        hear: str = "starters",
        ops: ConversationKey | None = None,
        starts: Starts | None = None,
        tokens_per_run: int = 0,
        clients_of: Iterable[ClientSettings] = (),
        receivers: Mapping[str, Adapter] = MappingProxyType({}),
        load: Callable[[], Settings] = Settings,
        catalogues: Catalogues | None = None,
        groups: Named | None = None,
        environment: str = "",
        evidence: Evidence | None = None,
    ) -> None:
        self.store = store
        self.accounts = {f"{channel.channel}:{channel.account}": channel for channel in channels}
        webhooks = {f"api:{client.name}": Webhooks(client, runtime) for client in clients_of}
        reached: dict[str, Adapter] = {**self.accounts, **webhooks, **receivers}
        versions = list(agents)
        settings = AgentSettings.model_validate(
            {"use": ["x:y"], "listen": ["slack"], "start": list(start), "hear": hear}
        )
        listening = Listening(settings, versions[0], {agent.version: agent for agent in versions})
        self.groups = Groups(groups or {}, runtime)
        directory = Directory(people, self.accounts, self.groups)
        self.world = World(
            directory=directory,
            rules=list(rules),
            agents=Agents([listening, clients.LISTENING]),
            catalogues=catalogues or Catalogues(),
            adapter=lambda conversation: reached.get(conversation.partition("/")[0]),
            ops=ops,
            watch=lambda name: contextlib.nullcontext(),
            starts=starts or Starts(),
            tokens_per_run=tokens_per_run,
            environment=environment,
            evidence=evidence,
        )
        self.reloading = Reloading(Settings(), load, directory, self.world.rules, store)
        self.health = Health(self.accounts, runtime)
        self.admission = Admission(lambda: self.owner.undecided, runtime)
        self.gate = Gate(store, directory, self.world.catalogues, self.health, self.admission, runtime)
        self.notices = Notices(store, self.world.watchers, self.world.words)
        holds = Holds(self.health, self.notices, runtime)
        self.outbox = Outbox(store, self.world.adapter, runtime, holds, self.notices)
        self.reader = GroupReader(groups or {}, self.accounts, self.groups, self.health, self.notices, runtime)
        performer = Performer(lambda agent: model, runtime)
        self.owner = Owner(store, self.world, performer, self.outbox, self.notices, runtime)
