"""
A small server that speaks Slack's wire protocol on loopback.

It is written from Slack's documents and from saved payloads, and shares no code with the adapter beside it. The real,
unmodified client libraries talk to it with only their base address changed; people are played through `/human`.

    async with await serve("127.0.0.1", 0, Workspace.create()) as server:
        client = AsyncWebClient(token=server.emulator.workspace.state.tokens.bot, base_url=server.base_url)
"""

from adapters.slack.emulator.app import Emulator
from adapters.slack.emulator.errors import Refused
from adapters.slack.emulator.faults import Fault
from adapters.slack.emulator.server import Server, serve
from adapters.slack.emulator.state import Channel, Person
from adapters.slack.emulator.workspace import Workspace

__all__ = ["Channel", "Emulator", "Fault", "Person", "Refused", "Server", "Workspace", "serve"]
