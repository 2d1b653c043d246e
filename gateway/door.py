"""
HTTP connections: how many there may be, how long and how large the head of a request, and what is refused by it.

What one more connection costs is small and is paid before anybody knows who it is, so it is bounded. Above `MOST` a
connection hears 503, unless it asks how the gateway is; above twice as many it is closed unheard. The web server
itself waits for ever for the head of a request, and keeps as much of one as comes.

A request that there is no room for is answered here, before the web server makes a task of it: a refusal costs a third
so, and under a flood what refusals cost is what cannot be taken in.
"""

from __future__ import annotations

import asyncio
import functools
import json
import resource
from collections.abc import Callable, Sequence
from typing import Any

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.base import OVERLOADED, RETRY_AFTER

MOST = 2_000  # connections that are served; each costs about 20 KB, and a vendor needs far fewer
SLOWEST = 10.0  # seconds in which the head of a request has to be here, and all of one that is refused
LARGEST = 64 * 1024  # bytes of the head of a request
REFUSED = json.dumps({"error": OVERLOADED}).encode()
ANSWER = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
    b"retry-after: %d\r\ncontent-length: %d\r\n\r\n%b" % (RETRY_AFTER, len(REFUSED), REFUSED)
)
ALWAYS = ("/readyz", "/metrics")  # paths that are answered however many there are


class Connection(HttpToolsProtocol):
    """
    One connection to the gateway.

    Args:
        refuses: Say of a method, a path and headers whether there is no room for such a request.
    """

    def __init__(self, refuses: Callable[[bytes, bytes, Sequence[tuple[bytes, bytes]]], bool], **more: Any) -> None:
        super().__init__(**more)
        self._refuses = refuses
        self._alarm: asyncio.TimerHandle | None = None
        self._in_head, self._head = True, 0
        self._refused = False  # the request that is being read

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 2 * MOST:
            transport.abort()
        elif len(self.connections) > MOST:
            self.app = functools.partial(turn_away, self.app)
        self._alarm = self.loop.call_later(SLOWEST, transport.abort)

    def data_received(self, data: bytes) -> None:
        was_in_head = self._in_head
        super().data_received(data)
        self._head = self._head + len(data) if was_in_head and self._in_head else 0
        if self._head > LARGEST:
            self.send_400_response("The head of the request is too large.")
        elif not (self._in_head or self._refused):
            self._quiet()
        elif self._alarm is None:
            self._alarm = self.loop.call_later(SLOWEST, self.transport.abort)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        waits = self.cycle is not None and not self.cycle.response_complete  # for the answer to the one before it
        if waits or not self._refuses(self.parser.get_method(), self.url, self.headers):
            super().on_headers_complete()
            return
        self._refused = True
        self.transport.write(ANSWER)
        if self.flow.write_paused:  # many were refused, and nobody reads it
            self.transport.abort()

    def on_body(self, body: bytes) -> None:
        if not self._refused:
            super().on_body(body)

    def on_message_complete(self) -> None:
        if not self._refused:
            super().on_message_complete()
            return
        self._refused = False
        self._unset_keepalive_if_required()
        if self.parser.should_keep_alive():
            self.timeout_keep_alive_task = self.loop.call_later(
                self.timeout_keep_alive, self.timeout_keep_alive_handler
            )
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._quiet()
        super().connection_lost(exc)

    def _quiet(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None


async def turn_away(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer a connection too many, and close it."""
    if scope["path"] in ALWAYS:
        await app(scope, receive, send)
        return
    headers = {"retry-after": str(RETRY_AFTER), "connection": "close"}
    await Response(REFUSED, 503, headers, "application/json")(scope, receive, send)


def allow_connections() -> None:
    """Let the process have as many files open as it may; often it begins with 1,024, which connections would use up."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
