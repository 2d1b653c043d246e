"""
Who stands before the door: known by a token, not too often, with a body that is not too large.

Looked at before anything else is, and before a byte of a stranger's body is read.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Iterable
from hashlib import sha256

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.problems import Problem
from gateway.runtime import Runtime
from gateway.sections import ClientSettings

LARGEST_BODY = 128 * 1024  # bytes
BODY_LIMIT = 20.0  # seconds that a body may take to come in
MINUTE = 60.0  # seconds


class Allowance:
    """How many requests a client may make: so many a minute, of which it may use up to a minute's worth at once."""

    def __init__(self, per_minute: int, now: float) -> None:
        self._most = self._left = float(per_minute)
        self._at = now

    def take(self, now: float) -> float:
        """Take one; returns 0.0, or after how many seconds there is one again."""
        self._left = min(self._most, self._left + (now - self._at) * self._most / MINUTE)
        self._at = now
        if self._left < 1.0:
            return (1.0 - self._left) * MINUTE / self._most
        self._left -= 1.0
        return 0.0


class Guard:
    """Lets known clients in; `request.state.client` is who it is."""

    def __init__(self, app: ASGIApp, clients: Iterable[ClientSettings], runtime: Runtime) -> None:
        self._app, self._runtime = app, runtime
        self._tokens = [
            (_digest(token.get_secret_value()), client)
            for client in clients
            for token in (client.token, client.previous_token)
            if token is not None
        ]
        now = runtime.monotonic()
        self._allowances = {client.name: Allowance(client.per_minute, now) for _, client in self._tokens}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        try:
            client = self._known(Request(scope).headers.get("authorization", ""))
            wait = self._allowances[client.name].take(self._runtime.monotonic())
            if wait:
                detail = f"more than {client.per_minute} requests a minute; slow down"
                raise Problem(429, "too-many", detail, headers={"Retry-After": str(int(wait) + 1)})
            body = await self._body(scope, receive)
        except Problem as problem:
            await problem.response()(scope, receive, send)
            return
        known = {**scope, "state": {**scope.get("state", {}), "client": client}}
        await self._answer(known, _replay(body, receive), send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have it answered; as the web server stops, a stream ends, and who still waits is told to come again."""
        begun = False

        async def note(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, note)
        except asyncio.CancelledError:
            if begun:
                await send({"type": "http.response.body"})
                return
            await _stopping().response()(scope, receive, send)

    def _known(self, shown: str) -> ClientSettings:
        scheme, _, token = shown.partition(" ")
        digest, found = _digest(token.strip()), None
        for known, client in self._tokens:  # all of them, so that the time tells nothing
            if hmac.compare_digest(digest, known) and scheme.lower() == "bearer":
                found = client
        if found is None:
            detail = "show a client's token: Authorization: Bearer TOKEN"
            raise Problem(401, "unauthorized", detail, headers={"WWW-Authenticate": "Bearer"})
        return found

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        length = Request(scope).headers.get("content-length", "")
        if length.isascii() and length.isdecimal() and int(length[:20]) > LARGEST_BODY:
            raise _too_large()

        async def read() -> bytes:
            parts, size, more = [], 0, True
            while more:
                message = await receive()
                more = message["type"] == "http.request" and message.get("more_body", False)
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                if size > LARGEST_BODY:
                    raise _too_large()
            return b"".join(parts)

        try:
            return await self._runtime.limit(read(), BODY_LIMIT)
        except TimeoutError:
            detail = f"the body did not come in within {BODY_LIMIT:g} seconds"
            raise Problem(408, "too-slow", detail, headers={"Connection": "close"}) from None


def _digest(token: str) -> bytes:
    return sha256(token.encode(errors="replace")).digest()


def _too_large() -> Problem:
    detail = f"the body is larger than {LARGEST_BODY:,} bytes; people have to read it, so pass what is large by a link"
    return Problem(413, "too-large", detail, headers={"Connection": "close"})


def _stopping() -> Problem:
    detail = "the gateway is stopping, and may have taken this; in a moment, send it again with its key, or look"
    return Problem(503, "unavailable", detail, headers={"Retry-After": "1", "Connection": "close"})


def _replay(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already, then whatever comes after it."""
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return waiting.pop() if waiting else await receive()

    return again
