"""
The limits of an HTTP connection: how many there may be, and how long and how large the head of a request.

What one more connection costs is small and is paid before anybody knows who it is, so it is bounded. Above `MOST` a
connection hears 503, unless it asks how the gateway is; above twice as many it is closed unheard. The web server
itself waits for ever for the head of a request, and keeps as much of one as comes.
"""

from __future__ import annotations

import asyncio
import functools
import resource

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from adapters.base import RETRY_AFTER

MOST = 1_000  # connections that are served; each costs about 20 KB, and a vendor needs far fewer
HEAD = 10.0  # seconds in which the head of a request has to be here
LARGEST = 64 * 1024  # bytes of the head of a request
ALWAYS = ("/readyz", "/metrics")  # paths that are answered however many there are


class Connection(HttpToolsProtocol):
    """One connection to the gateway."""

    _alarm: asyncio.TimerHandle | None = None
    _in_head, _head = True, 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > 2 * MOST:
            transport.abort()
        elif len(self.connections) > MOST:
            self.app = functools.partial(turn_away, self.app)
        self._alarm = self.loop.call_later(HEAD, transport.abort)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if not self._in_head:
            self._head = 0
            self._quiet()
            return
        self._head += len(data)
        if self._head > LARGEST:
            self.send_400_response("The head of the request is too large.")
        elif self._alarm is None:
            self._alarm = self.loop.call_later(HEAD, self.transport.abort)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head = True

    def on_headers_complete(self) -> None:
        self._in_head = False
        super().on_headers_complete()

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
    await JSONResponse({"error": "overloaded"}, 503, headers)(scope, receive, send)


def allow_connections() -> None:
    """Let the process have as many files open as it may; often it begins with 1,024, which connections would use up."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
