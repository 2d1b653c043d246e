"""
Which agents there are, in which versions, and where they listen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from adapters import registry
from agent_core import addresses
from agent_core.addresses import ConversationKey
from agent_core.run import Agent
from agent_core.texts import described
from gateway.errors import SettingsError
from gateway.sections import AgentSettings


@dataclass(frozen=True)
class Listening:
    """An agent where it listens. `current` takes new runs; older `versions` finish theirs."""

    settings: AgentSettings
    current: Agent
    versions: dict[str, Agent]


class Agents:
    """The agents of this process."""

    def __init__(self, listening: Iterable[Listening]) -> None:
        self.all = list(listening)
        self._by_name = {one.current.name: one for one in self.all}

    def at(self, conversation: ConversationKey) -> Listening | None:
        """Find the agent that takes messages in a conversation."""
        return next(
            (one for one in self.all if any(addresses.covers(p, conversation) for p in one.settings.listen)), None
        )

    def named(self, name: str) -> Listening | None:
        """Find an agent by its name."""
        return self._by_name.get(name)

    def version(self, name: str, version: str) -> Agent | None:
        """Find an agent in the version that a run began with."""
        one = self._by_name.get(name)
        return one.versions.get(version) if one is not None else None


def load(settings: Iterable[AgentSettings], source: str) -> Agents:
    """
    Import the agents that are configured.

    Raises:
        SettingsError: One cannot be imported, is no agent, or has the version of another.
    """
    loaded = []
    for number, one in enumerate(settings):
        key = f"agents[{number}].use"
        agents = [_import(target, key, source) for target in one.use]
        versions = {agent.version: agent for agent in agents}
        if len({agent.name for agent in agents}) > 1:
            raise SettingsError(key, source, "names several agents; list versions of one agent here")
        if len(versions) < len(agents):
            raise SettingsError(key, source, "names a version twice; give each its own with @agent(version=…)")
        loaded.append(Listening(one, agents[0], versions))
    if len({one.current.name for one in loaded}) < len(loaded):
        raise SettingsError("agents", source, "names an agent twice; list all places in one `listen`")
    return Agents(loaded)


def _import(target: str, key: str, source: str) -> Agent:
    try:
        found = registry.load(target)
    except Exception as error:  # whatever an owner's module does when it is imported
        raise SettingsError(key, source, f"{target} cannot be imported: {described(error)}") from error
    if not isinstance(found, Agent):
        raise SettingsError(key, source, f"{target} is no agent; decorate the function with @agent()")
    return found
