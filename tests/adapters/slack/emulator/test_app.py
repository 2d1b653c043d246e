"""
The emulator as a whole: mounted, served, and with the real Bolt app on its other end.
"""

from __future__ import annotations

import ast
import asyncio
import pathlib
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.response import SocketModeResponse
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Mount

from adapters.slack.emulator import Emulator, Fault, Server, Workspace, serve
from adapters.slack.emulator.server import run
from tests.adapters.slack.emulator.conftest import ANA, BOT, BUTTONS, FORM, GENERAL, Wait
from tests.vendor import ROOT


@pytest.fixture
async def server(workspace: Workspace) -> AsyncIterator[Server]:
    """Mounted under a prefix, with the real clock and little patience."""
    emulator = Emulator(workspace, retry_delays=(0.0, 0.05), ack_timeout=0.2)
    emulator.app = Starlette(routes=[Mount("/slack", app=emulator.app)])
    async with await run(emulator, "127.0.0.1", 0) as running:
        yield running


@pytest.fixture
def client(server: Server, workspace: Workspace) -> AsyncWebClient:
    token = workspace.state.tokens.bot
    return AsyncWebClient(token=token, base_url=f"{server.url}/slack/api/", retry_handlers=[])


@pytest.fixture
async def bolt(client: AsyncWebClient, workspace: Workspace) -> AsyncIterator[AsyncApp]:
    """A Bolt app, connected."""
    app = AsyncApp(client=client, signing_secret=workspace.state.tokens.signing_secret)
    handler = AsyncSocketModeHandler(app, workspace.state.tokens.app, ping_interval=1)
    await handler.connect_async()
    yield app
    await handler.close_async()


async def test_bolt_asks_and_hears_the_answer(bolt: AsyncApp, emulator: Emulator, until: Wait) -> None:
    """
    Under a mount prefix the real Bolt app hears a mention, posts buttons, is pressed, opens a modal, refuses and takes
    its submission, and answers through the response_url.
    """
    submitted: list[str] = []

    @bolt.event("app_mention")
    async def mentioned(event: dict[str, Any], say: Any) -> None:
        await say(text="Deploy?", blocks=BUTTONS, thread_ts=event["ts"])

    @bolt.event("message")
    async def message() -> None:
        pass

    @bolt.action("yes")
    async def pressed(ack: Any, body: dict[str, Any], client: AsyncWebClient, respond: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=FORM)
        await respond(text="Asked.", replace_original=True)

    @bolt.view("form")
    async def form(ack: Any, view: dict[str, Any]) -> None:
        words = view["state"]["values"]["why"]["text"]["value"]
        if words == "no":
            await ack(response_action="errors", errors={"why": "Why not?"})
        else:
            submitted.append(words)
            await ack()

    def thread() -> list[dict[str, Any]]:
        replies: list[dict[str, Any]] = emulator.screen(ANA, GENERAL)["messages"][0]["replies"]
        return replies

    emulator.people.message(ANA, GENERAL, f"<@{BOT}> deploy")
    await until(thread)
    emulator.people.click(ANA, GENERAL, thread()[0]["ts"], "yes")
    await until(lambda: emulator.screen(ANA)["modal"])
    await until(lambda: thread()[0]["text"] == "Asked.")
    view_id = emulator.screen(ANA)["modal"]["view_id"]

    assert await emulator.people.submit(ANA, view_id, {"why": {"text": "no"}}) == {"errors": {"why": "Why not?"}}
    assert await emulator.people.submit(ANA, view_id, {"why": {"text": "because"}}) == {}
    assert submitted == ["because"]
    assert emulator.screen(ANA)["modal"] is None


async def test_bolt_that_fails_hears_again(bolt: AsyncApp, emulator: Emulator, until: Wait) -> None:
    """
    When a middleware fails before the acknowledgement, the same event comes again, by the real clock.
    """
    seen: list[str] = []

    @bolt.middleware
    async def store(body: dict[str, Any], next_: Any) -> None:
        seen.append(body["event_id"])
        if len(seen) == 1:
            raise RuntimeError("the store is down")
        await next_()

    @bolt.event("message")
    async def message() -> None:
        pass

    emulator.people.message(ANA, "dm", "hello")
    await until(lambda: emulator.state()["deliveries"][0]["status"] == "acked")

    attempts = emulator.state()["deliveries"][0]["attempts"]
    assert [attempt["outcome"] for attempt in attempts] == ["timeout", "acked"]
    assert len(seen) == 2
    assert len(set(seen)) == 1


async def test_bolt_leaves_a_click_unanswered(
    bolt: AsyncApp, client: AsyncWebClient, emulator: Emulator, until: Wait
) -> None:
    """
    Bolt does not acknowledge what no listener takes: the person sees that the app did not respond.
    """
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    await until(lambda: emulator.screen(ANA)["notices"])
    assert emulator.screen(ANA)["notices"][0]["text"] == "ringback did not respond."


@pytest.mark.parametrize("kind", ["refresh", "close"])
async def test_client_comes_back(bolt: AsyncApp, emulator: Emulator, until: Wait, kind: str) -> None:
    """
    After a refresh or a lost connection the client library connects anew and hears on.
    """

    @bolt.event("message")
    async def message() -> None:
        pass

    await until(lambda: emulator.state()["connections"])
    emulator.add_fault(Fault(on="socket", kind=kind))
    await until(lambda: [each["id"] for each in emulator.state()["connections"] if not each["is_draining"]] == [2])
    emulator.people.message(ANA, "dm", "still there?")
    await until(lambda: emulator.state()["deliveries"][-1]["status"] == "acked")


async def test_socket_mode_client_of_the_sdk(emulator: Emulator, client: AsyncWebClient, until: Wait) -> None:
    """
    The SDK's own Socket Mode client hears an event and acknowledges it.
    """
    heard: list[dict[str, Any]] = []

    async def listen(socket: Any, request: Any) -> None:
        heard.append(request.payload)
        await socket.send_socket_mode_response(SocketModeResponse(envelope_id=request.envelope_id))

    socket = SocketModeClient(app_token=emulator.workspace.state.tokens.app, web_client=client)
    socket.socket_mode_request_listeners.append(listen)
    await socket.connect()
    emulator.people.message(ANA, "dm", "hello")
    await until(lambda: [each["status"] for each in emulator.state()["deliveries"]] == ["acked"])
    await socket.close()
    await until(lambda: not emulator.state()["connections"])

    assert heard[0]["event"]["text"] == "hello"


async def test_server_says_where_it_is() -> None:
    """
    A server on port 0 knows its port, and ends when it is closed.
    """
    server = await serve("127.0.0.1", 0, Workspace.create())
    assert server.port > 0
    with pytest.raises(SlackApiError, match="not_authed"):
        await AsyncWebClient(base_url=server.base_url).auth_test()
    waiting = asyncio.create_task(server.wait())
    await server.close()
    await waiting


async def test_close_ends_the_stream_of_changes(workspace: Workspace, http: Any) -> None:
    """
    Closing does not wait for the stream of changes: it ends it.
    """
    server = await serve("127.0.0.1", 0, workspace)
    stream = await http.get(f"{server.url}/human/changes")
    await stream.content.readline()
    begin = time.monotonic()
    await server.close()

    assert time.monotonic() - begin < 0.5
    assert (await stream.read()).count(b"data") == 1


async def test_close_ends_connections(workspace: Workspace, http: Any) -> None:
    """
    Closing does not wait for connections: it ends them.
    """
    server = await serve("127.0.0.1", 0, workspace)
    client = AsyncWebClient(base_url=server.base_url)
    answer = await client.apps_connections_open(app_token=workspace.state.tokens.app)
    socket = await http.ws_connect(answer["url"])
    begin = time.monotonic()
    await server.close()

    assert time.monotonic() - begin < 0.5
    await socket.close()


def test_emulator_shares_nothing_with_the_house() -> None:
    """
    The emulator imports neither the adapter beside it nor the gateway nor the core, so that no mistake is shared.
    """
    for file in (ROOT / "adapters" / "slack" / "emulator").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            for name in names:
                ours = name.split(".")[0] in ("adapters", "gateway", "agent_core", "slack_sdk", "slack_bolt")
                assert not ours or name.startswith("adapters.slack.emulator"), (pathlib.Path(file).name, name)
