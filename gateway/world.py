"""
What deciding knows of the world besides the conversation that is decided.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from adapters.base import Adapter
from agent_core.addresses import ConversationKey, Identity
from agent_core.catalogue import PLAIN, Catalogue, Catalogues
from agent_core.policy import Rule
from gateway.agents import Agents
from gateway.directory import Directory
from gateway.grants import Grants
from gateway.limits import Starts
from gateway.page_links import PageLinks
from gateway.turns import Turns

if TYPE_CHECKING:
    from gateway.evidence import Evidence  # only what is configured is imported

Reader = ConversationKey | Identity


@dataclass(frozen=True)
class World:
    """What deciding needs to know. `restored_at`: until then the world may be ahead of what is stored."""

    directory: Directory
    rules: list[Rule]
    agents: Agents
    catalogues: Catalogues
    adapter: Callable[[ConversationKey], Adapter | None]
    ops: ConversationKey | None
    watch: Callable[[str], AbstractContextManager[None]]
    restored_at: float = 0.0
    starts: Starts = field(default_factory=Starts)
    grants: Grants = field(default_factory=Grants)
    turns: Turns = field(default_factory=Turns)
    tokens_per_run: int = 0
    environment: str = ""
    links: PageLinks | None = None
    evidence: Evidence | None = None

    def words(self, reader: Reader) -> Catalogue:
        """Give the sentences in the language of somebody, or of those who read at a place."""
        return self.catalogues.of(self.directory.language(reader))

    def languages(self, writer: Identity) -> tuple[str, ...]:
        """Say in which languages somebody's words are read: English, the gateway's own, and theirs."""
        return tuple(dict.fromkeys((PLAIN, self.catalogues.own.language, self.words(writer).language)))

    def watchers(self) -> list[ConversationKey]:
        """Say where those who look after this gateway are told of trouble."""
        return [self.ops] if self.ops is not None else self.directory.owners()
