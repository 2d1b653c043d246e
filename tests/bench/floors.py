"""
What the gateway is measured against: programs that do a part of its work and nothing else, under the same web server
and the same Slack library. Started by the benchmarks as `python -m tests.bench.floors KIND FOLDER [API]`.

- `answer`: answers whatever comes, unread, so what is measured is the load itself.
- `verify`: checks the signature, reads the JSON, answers 200. Nothing is kept.
- `commit`: the same, and a row on the disk before the 200: bare SQLite, WAL, synchronous=FULL, whoever waits shares a
  commit.
- `bolt`: the usual way to write a Slack app: slack-bolt, which stores the event, one commit each, before it answers.
- `socket-ack`, `socket-commit`: the first two over Socket Mode, through Bolt as the gateway uses it.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import logging
import queue
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pydantic_core
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.service import listen, web_server
from tests.bench.slack_side import BOT, SECRET, TEAM

Put = Callable[[str, bytes], Awaitable[Any]]
SCHEMA = "CREATE TABLE facts (seq INTEGER PRIMARY KEY, dedupe TEXT UNIQUE, body BLOB)"
PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA wal_autocheckpoint = 2000",
)  # the gateway's
BATCH = 512


class Disk:
    """A table that facts are put into, by a thread of its own. With `shared`, whoever waits shares one commit."""

    def __init__(self, file: Path, *, shared: bool = True) -> None:
        self._file, self._most = file, BATCH if shared else 1
        self._queue: queue.SimpleQueue[tuple[str, bytes, asyncio.Future[None]]] = queue.SimpleQueue()
        threading.Thread(target=self._write, daemon=True).start()

    def put(self, key: str, body: bytes) -> Awaitable[None]:
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put((key, body, waiting))
        return waiting

    def _write(self) -> None:
        db = sqlite3.connect(self._file, isolation_level=None)
        for statement in (*PRAGMAS, SCHEMA):
            db.execute(statement)
        while True:
            batch = [self._queue.get()]
            with contextlib.suppress(queue.Empty):
                while len(batch) < self._most:
                    batch.append(self._queue.get_nowait())
            db.execute("BEGIN IMMEDIATE")
            db.executemany("INSERT OR IGNORE INTO facts (dedupe, body) VALUES (?, ?)", [job[:2] for job in batch])
            db.execute("COMMIT")
            batch[0][2].get_loop().call_soon_threadsafe(_done, [waiting for _, _, waiting in batch])


def _done(waiting: list[asyncio.Future[None]]) -> None:
    for one in waiting:
        one.set_result(None)


async def nothing(key: str, body: bytes) -> None:
    """Keep nothing."""


def webhook(put: Put) -> Any:
    """Plain ASGI: verify, put, 200."""
    key = SECRET.encode()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        headers = dict(scope["headers"])
        stamp = headers[b"x-slack-request-timestamp"]
        expected = b"v0=" + hmac.new(key, b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest().encode()
        assert abs(time.time() - int(stamp)) < 300
        assert hmac.compare_digest(expected, headers[b"x-slack-signature"])
        await put(pydantic_core.from_json(body)["event_id"], body)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return app


async def authorize() -> Any:
    """What a cached auth.test would say."""
    from slack_bolt.authorization import AuthorizeResult

    return AuthorizeResult(enterprise_id=None, team_id=TEAM, bot_user_id=BOT, bot_id="B0RINGBACK", bot_token="xoxb-1")


def bolt(put: Put) -> Any:
    """As slack-bolt's guide has it, with `process_before_response`, so that the event is stored before the 200."""
    from slack_bolt.adapter.starlette.async_handler import AsyncSlackRequestHandler  # only the floors with Bolt load it
    from slack_bolt.app.async_app import AsyncApp

    app = AsyncApp(signing_secret=SECRET, authorize=authorize, process_before_response=True)

    @app.event("message")
    async def stored(body: dict[str, Any]) -> None:
        await put(body["event_id"], json.dumps(body).encode())

    handler = AsyncSlackRequestHandler(app)

    async def events(request: Request) -> Response:
        return await handler.handle(request)

    return Starlette(routes=[Route("/{path:path}", events, methods=["POST"])])


class Answer(asyncio.Protocol):
    """Says 200 to whatever comes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")


async def answering() -> None:
    """Serve without a web server."""
    server = await asyncio.get_running_loop().create_server(Answer, sock=_door())
    await server.serve_forever()


def _door() -> socket.socket:
    door = listen("127.0.0.1", 0)
    print(f"running on port {door.getsockname()[1]}", file=sys.stderr, flush=True)
    return door


async def over_http(app: Any) -> None:
    """Serve as the gateway does."""
    door = _door()
    await uvicorn.Server(web_server(app)).serve([door])


async def over_socket_mode(put: Put, api: str) -> None:
    """Listen as the gateway does: a global middleware, which runs before the acknowledgement."""
    from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
    from slack_bolt.app.async_app import AsyncApp
    from slack_bolt.response import BoltResponse
    from slack_sdk.web.async_client import AsyncWebClient

    app = AsyncApp(
        client=AsyncWebClient(base_url=api),
        authorize=authorize,
        ignoring_self_events_enabled=False,
        request_verification_enabled=False,
        logger=logging.getLogger("bolt"),
    )

    @app.middleware
    async def store_first(body: dict[str, Any]) -> BoltResponse:
        await put(body["event_id"], json.dumps(body).encode())
        return BoltResponse(status=200, body="")

    handler = AsyncSocketModeHandler(app, "xapp-1")
    await handler.connect_async()
    await asyncio.Event().wait()


def main() -> None:
    """Run one of them until it is killed."""
    kind, folder, *api = sys.argv[1:]
    file = Path(folder) / "floor.sqlite"
    match kind:
        case "answer":
            asyncio.run(answering())
        case "verify":
            asyncio.run(over_http(webhook(nothing)))
        case "commit":
            asyncio.run(over_http(webhook(Disk(file).put)))
        case "bolt":
            asyncio.run(over_http(bolt(Disk(file, shared=False).put)))
        case "socket-ack":
            asyncio.run(over_socket_mode(nothing, *api))
        case "socket-commit":
            asyncio.run(over_socket_mode(Disk(file).put, *api))


if __name__ == "__main__":
    main()
