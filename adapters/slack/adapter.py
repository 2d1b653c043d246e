"""
Slack behind the `Adapter` port.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from starlette.routing import Route

from adapters.base import Adapter, Capabilities, Check, Clock, Gate, Named, Outbound, Part, Receipt
from adapters.slack import limits, render, usergroups
from adapters.slack.client import Client
from adapters.slack.config import Config
from adapters.slack.doctor import Doctor
from adapters.slack.parse import CHANNEL
from adapters.slack.receive import Receiver
from adapters.slack.webhook import Webhook, attend
from agent_core import addresses, facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Assurance


class Slack:
    """One workspace."""

    channel = CHANNEL

    def __init__(self, receiver: Receiver, receivers: Mapping[str, Receiver], clock: Clock) -> None:
        self.account = receiver.config.account
        self._receiver, self._receivers, self._clock = receiver, receivers, clock
        self._client = receiver.client

    def routes(self, gate: Gate) -> Sequence[Route]:
        posted = [one for one in self._receivers.values() if one.config.mode == "http"]
        if not posted or posted[0] is not self._receiver:
            return ()  # the first account in HTTP mode has the address for all of them
        return Webhook(posted, gate, self._clock).routes()

    async def listen(self, gate: Gate) -> None:
        token = self._receiver.config.app_token
        if self._receiver.config.mode == "http" or token is None:
            await attend(self._receiver, gate, self._clock)
            return
        from adapters.slack.listen import Listener  # and Bolt with it, which only a socket needs

        same_app = {
            account: one
            for account, one in self._receivers.items()
            if one.config.mode == "socket" and one.config.app_token == token
        }
        await Listener(self._receiver, same_app, token.get_secret_value(), self._clock).listen(gate)

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        direct = addresses.parse(conversation).place.startswith(("U", "W"))
        return Capabilities(
            buttons=limits.BUTTONS,
            forms=True,
            edits=True,
            whispers=not direct,
            direct=direct,
            assurance=Assurance.HIGH,
            files=True,
            confirms=True,
            typing=not direct,  # it belongs to a thread, and direct messages are answered outside of one
        )

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        return render.render(outbound, conversation)

    async def deliver(self, part: Part) -> Receipt:
        return await self._client.deliver(part)

    async def find(self, part: Part) -> Receipt | None:
        return await self._client.find(part)

    async def fetch(self, attachment: facts.Attachment) -> bytes:
        return await self._client.fetch(attachment)

    async def members(self, group: str) -> frozenset[Identity]:
        return await usergroups.members(self._client, self.account, group)

    async def typing(self, conversation: ConversationKey, root: str, text: str) -> None:
        await self._client.typing(conversation, root, text)

    async def check(self, named: Named) -> list[Check]:
        return await Doctor(self._receiver, self._clock).check(named)

    async def close(self) -> None:
        await self._receiver.close()
        await self._client.close()


def build(configs: Sequence[Config], clock: Clock) -> list[Adapter]:
    """Make the adapters of all `[[slack]]` tables: through one account's door Slack may bring what is for another."""
    receivers = {config.account: Receiver(config, Client(config, clock), clock) for config in configs}
    return [Slack(receiver, receivers, clock) for receiver in receivers.values()]
