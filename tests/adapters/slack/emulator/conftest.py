"""
A clock to move by hand, an emulator on loopback, and the real client libraries pointed at it.
"""

from __future__ import annotations

import asyncio
import pathlib
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Channel, Emulator, Server, Workspace, serve
from tests import vendor
from tests.adapters.slack.emulator.receiver import App, receiving

NOON = 1_763_812_800.0
ANA, BEN, OLGA, BOT = "U00000ANA", "U00000BEN", "U0000OLGA", "URINGBACK"
DM_ANA = "D00000ANA"
GENERAL, DEPLOYS, QUIET, SECRET, OLD = "C0GENERAL", "C0DEPLOYS", "C000QUIET", "C00SECRET", "C00000OLD"
PATIENCE = 3.0  # seconds that a test waits for something that must come

BUTTONS: list[dict[str, Any]] = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "Deploy?"}},
    {
        "type": "actions",
        "block_id": "decide",
        "elements": [
            {"type": "button", "action_id": "yes", "text": {"type": "plain_text", "text": "Approve"}, "value": "r1"},
            {"type": "button", "action_id": "no", "text": {"type": "plain_text", "text": "Deny"}, "value": "r1"},
        ],
    },
]

FORM: dict[str, Any] = {
    "type": "modal",
    "callback_id": "form",
    "private_metadata": "r1",
    "title": {"type": "plain_text", "text": "Deploy"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input",
            "block_id": "why",
            "label": {"type": "plain_text", "text": "Why"},
            "element": {"type": "plain_text_input", "action_id": "text"},
        }
    ],
}


class Hand:
    """A clock that stands until somebody moves it."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


class Link:
    """A Socket Mode connection, frame by frame."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def frame(self) -> dict[str, Any]:
        """The next frame."""
        frame: dict[str, Any] = await self.socket.receive_json(timeout=PATIENCE)
        return frame

    async def ack(self, envelope: dict[str, Any], payload: dict[str, Any] | None = None) -> None:
        """Acknowledge an envelope."""
        await self.socket.send_json(
            {"envelope_id": envelope["envelope_id"]} | ({"payload": payload} if payload else {})
        )

    async def event(self) -> dict[str, Any]:
        """The event in the next envelope, which is acknowledged."""
        envelope = await self.frame()
        assert envelope["type"] == "events_api", envelope
        await self.ack(envelope)
        event: dict[str, Any] = envelope["payload"]["event"]
        return event


Connect = Callable[[], Awaitable[Link]]
Wait = Callable[[Callable[[], Any]], Awaitable[None]]


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def workspace() -> Workspace:
    everybody = [ANA, BEN]
    return Workspace.create(
        ["ana", "ben", "olga"],
        [
            "general",
            Channel(id=DEPLOYS, name="deploys", members=[BOT, *everybody]),
            Channel(id=QUIET, name="quiet", members=everybody),
            Channel(id=SECRET, name="secret", members=everybody, is_private=True),
            Channel(id=OLD, name="old", members=[BOT, *everybody], is_archived=True),
        ],
    )


@pytest.fixture
async def server(workspace: Workspace, clock: Hand) -> AsyncIterator[Server]:
    async with await serve("127.0.0.1", 0, workspace, clock=clock) as running:
        yield running


@pytest.fixture
def emulator(server: Server) -> Emulator:
    return server.emulator


@pytest.fixture
def client(server: Server, workspace: Workspace) -> AsyncWebClient:
    """The real client, without the handler that sends a post again after a lost connection."""
    return AsyncWebClient(token=workspace.state.tokens.bot, base_url=server.base_url, retry_handlers=[])


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def connect(server: Server, workspace: Workspace, http: aiohttp.ClientSession) -> AsyncIterator[Connect]:
    """Opens a connection and reads its hello."""
    asking = AsyncWebClient(base_url=server.base_url)
    links: list[Link] = []

    async def connect() -> Link:
        answer = await asking.apps_connections_open(app_token=workspace.state.tokens.app)
        link = Link(await http.ws_connect(answer["url"]))
        links.append(link)
        assert (await link.frame())["type"] == "hello"
        return link

    yield connect
    for link in links:
        await link.socket.close()


@pytest.fixture
def advance(clock: Hand, emulator: Emulator) -> Callable[[float], None]:
    """Moves the clock, and does what is due then."""

    def advance(seconds: float) -> None:
        clock.now += seconds
        emulator.tick()

    return advance


@pytest.fixture
def until() -> Wait:
    """Waits for what another task or process must do soon."""

    async def until(holds: Callable[[], Any]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not holds():
                await asyncio.sleep(0.002)

    return until


@pytest.fixture
def samples() -> pathlib.Path:
    """The folder of Slack's payload samples."""
    return vendor.folder("slack")


@pytest.fixture
async def app() -> AsyncIterator[App]:
    """The app's server, of which the emulator does not know yet."""
    app = App()
    async with receiving(app.handle) as app.url:
        yield app


@pytest.fixture
async def verified(app: App, emulator: Emulator, until: Wait) -> App:
    """The app's server, as the Request URL."""
    emulator.deliver_to(app.url)
    await until(lambda: emulator.state()["request_url"]["is_verified"])
    return app
