"""
Slack behind the `Adapter` port.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.routing import BaseRoute

from adapters.base import Adapter, Capabilities, Clock, Gate, Outbound, Part, Receipt
from adapters.slack import limits, render
from adapters.slack.client import Client
from adapters.slack.config import Config
from adapters.slack.listen import Listener
from adapters.slack.parse import CHANNEL
from agent_core import addresses
from agent_core.addresses import ConversationKey
from agent_core.requests import Assurance


class Slack:
    """One workspace."""

    channel = CHANNEL

    def __init__(self, config: Config, clock: Clock) -> None:
        self.account = config.account
        self._client = Client(config, clock)
        self._listener = Listener(config, self._client, clock)

    def routes(self, gate: Gate) -> Sequence[BaseRoute]:
        return ()

    async def listen(self, gate: Gate) -> None:
        await self._listener.listen(gate)

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        direct = addresses.parse(conversation).place.startswith(("U", "W"))
        return Capabilities(
            buttons=limits.BUTTONS,
            forms=True,
            edits=True,
            whispers=not direct,
            direct=direct,
            assurance=Assurance.HIGH,
        )

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        return render.render(outbound, conversation)

    async def deliver(self, part: Part) -> Receipt:
        return await self._client.deliver(part)

    async def find(self, part: Part) -> Receipt | None:
        return await self._client.find(part)

    async def close(self) -> None:
        await self._client.close()


def build(config: Config, clock: Clock) -> Adapter:
    """Make the adapter of a `[[slack]]` table."""
    return Slack(config, clock)
