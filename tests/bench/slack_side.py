"""
Slack's side of a benchmark: as little of it as a gateway needs, so that what is measured is the gateway.

It shares a process with whoever makes the load, on the other core. What it says is as in Slack's documents; nothing is
checked here while it is measured, which is the emulator's work. At the end one call of each shape is held against
Slack's description.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import itertools
import json
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol
from urllib.parse import quote

from aiohttp import WSMsgType, web

from adapters.slack.emulator import state
from tests import slack_calls
from tests.bench.http import Connection, request

TEAM, BOT, APP = "T0BENCH", "U0RINGBACK", "A0BENCH"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
SCOPES = "chat:write,commands,im:history,im:write,users:read"
UNHEARD, TRIES = 3.0, 20  # seconds after which Slack sends again what is not acknowledged; how often at the most
PAGE = 15  # messages that are told of a channel, the newest

Json = dict[str, Any]


class Door(Protocol):
    """How Slack hands something to an app; `hand` returns when it was acknowledged."""

    async def hand(self, payload: Json) -> None: ...


class Slack:
    """
    The Web API and Socket Mode of one workspace.

    Args:
        said: Called with every message that the app posts, and its `ts`.
    """

    def __init__(self, said: Callable[[Json], None] = lambda arguments: None) -> None:
        self.said = said
        self.connected, self.identified = asyncio.Event(), asyncio.Event()
        self._numbers = itertools.count(1)
        self._began = time.time()
        self._socket: web.WebSocketResponse | None = None
        self._acks: dict[str, asyncio.Future[None]] = {}
        self._posted: dict[str, deque[Json]] = {}
        self._shapes: dict[tuple[str, ...], state.Call] = {}
        self.port = 0

    async def __aenter__(self) -> Slack:
        app = web.Application()
        app.router.add_post("/api/{method}", self._call)
        app.router.add_get("/link", self._link)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        slack_calls.check(self._shapes.values())

    @property
    def api(self) -> str:
        """The Web API's address."""
        return f"http://127.0.0.1:{self.port}/api/"

    # The Web API -----------------------------------------------------------------------------------------------------

    async def _call(self, asked: web.Request) -> web.Response:
        method = asked.match_info["method"]
        sent = await asked.read()
        arguments = json.loads(sent) if sent[:1] == b"{" else {**asked.query, **await asked.post()}
        shape = (method, *sorted(arguments))
        if shape not in self._shapes:
            self._shapes[shape] = state.Call(at=0, method=method, arguments=arguments, token="bot", accepted=True)
        answer: Json = {"ok": True}
        if method == "auth.test":
            asyncio.get_running_loop().call_later(0.1, self.identified.set)  # when the answer has arrived
            answer |= {"team_id": TEAM, "user_id": BOT, "bot_id": "B0RINGBACK", "team": "bench", "url": "https://b/"}
        elif method == "apps.connections.open":
            answer |= {"url": f"ws://127.0.0.1:{self.port}/link"}
        elif method == "users.info":
            user = arguments["user"]
            answer |= {"user": {"id": user, "name": user.lower(), "profile": {"display_name": f"Person {user}"}}}
        elif method == "conversations.open":
            answer |= {"channel": {"id": f"D{arguments['users'][1:]}"}}
        elif method == "conversations.history":
            answer |= {"messages": [*reversed(self._posted.get(arguments["channel"], ()))], "has_more": False}
        elif method.startswith("chat."):
            answer |= {"channel": arguments["channel"], "ts": arguments.get("ts") or self.ts()}
            if method == "chat.postMessage":
                self._posted.setdefault(answer["channel"], deque(maxlen=PAGE)).append(arguments | answer)
                asyncio.get_running_loop().call_soon(self.said, arguments | answer)
        return web.json_response(answer, headers={"x-oauth-scopes": SCOPES})

    def ts(self) -> str:
        """A message's id: Slack's clock, and never the same twice."""
        return f"{time.time():.0f}.{next(self._numbers):06d}"

    # Socket Mode -----------------------------------------------------------------------------------------------------

    async def _link(self, asked: web.Request) -> web.WebSocketResponse:
        self._socket = link = web.WebSocketResponse()
        await link.prepare(asked)
        info = {"host": "bench", "approximate_connection_time": 18060}
        await link.send_json(
            {"type": "hello", "num_connections": 1, "connection_info": {"app_id": APP}, "debug_info": info}
        )
        self.connected.set()
        async for frame in link:
            if frame.type is WSMsgType.TEXT and (name := json.loads(frame.data).get("envelope_id")):
                waiting = self._acks.pop(name, None)
                if waiting is not None and not waiting.done():
                    waiting.set_result(None)
        return link

    async def hand(self, payload: Json) -> None:
        """Send an envelope until the app acknowledges it; one that it has no room for comes again."""
        assert self._socket is not None
        kind = "events_api" if payload["type"] == "event_callback" else "interactive"
        name = f"envelope-{next(self._numbers)}"
        envelope = {"envelope_id": name, "payload": payload, "type": kind, "accepts_response_payload": True}
        for _ in range(TRIES):
            self._acks[name] = waiting = asyncio.get_running_loop().create_future()
            await self._socket.send_str(json.dumps(envelope))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(UNHEARD):
                    return await waiting
        raise AssertionError(f"the app does not acknowledge {name}")

    # What people do --------------------------------------------------------------------------------------------------

    def message(self, user: str, text: str, channel: str | None = None, thread: str | None = None) -> Json:
        """Somebody writes: to the bot, or in a thread of a channel."""
        ts = self.ts()
        event = {"type": "message", "user": user, "text": text, "ts": ts, "event_ts": ts, "team": TEAM}
        event |= {"channel": channel or f"D{user[1:]}", "channel_type": "channel" if channel else "im"}
        if thread is not None:
            event |= {"thread_ts": thread, "parent_user_id": BOT}
        authorized = {"enterprise_id": None, "team_id": TEAM, "user_id": BOT, "is_bot": True}
        return {
            "token": "verification-token",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{int(self._began)}{next(self._numbers):08d}",
            "event_time": int(time.time()),
            "authorizations": [authorized],
            "is_ext_shared_channel": False,
        }

    def press(self, user: str, channel: str, ts: str, button: Json) -> Json:
        """Somebody presses a button of a message."""
        return {
            "type": "block_actions",
            "user": {"id": user, "username": user.lower(), "name": user.lower(), "team_id": TEAM},
            "api_app_id": APP,
            "token": "verification-token",
            "team": {"id": TEAM, "domain": "bench"},
            "enterprise": None,
            "is_enterprise_install": False,
            "container": {"type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": False},
            "channel": {"id": channel, "name": "directmessage"},
            "trigger_id": f"{next(self._numbers)}.{self._began:.6f}.bench",
            "response_url": f"http://127.0.0.1:{self.port}/response",
            "actions": [
                {name: button[name] for name in ("type", "action_id", "text", "value")}
                | {"block_id": "b", "action_ts": self.ts()}
            ],
        }


class RequestUrl:
    """The other way to hand something over: signed requests to the app's address, over kept connections."""

    def __init__(self, port: int, path: str) -> None:
        self._port, self._path = port, path
        self._idle: list[Connection] = []

    async def hand(self, payload: Json) -> None:
        connection = self._idle.pop() if self._idle else await Connection.open(self._port)
        status = await connection.insist(signed(payload, self._path))
        assert status == 200, f"the app answers {status}"
        self._idle.append(connection)

    def close(self) -> None:
        for connection in self._idle:
            connection.close()


def signed(payload: Json, path: str) -> bytes:
    """A request as Slack sends it: JSON for an event, a form for an interaction (docs.slack.dev, signing requests)."""
    text, kind = json.dumps(payload), "application/json"
    if payload["type"] != "event_callback":
        text, kind = f"payload={quote(text)}", "application/x-www-form-urlencoded"
    stamp = str(int(time.time()))
    signature = hmac.new(SECRET.encode(), f"v0:{stamp}:{text}".encode(), hashlib.sha256).hexdigest()
    headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}
    return request(path, text.encode(), headers)
