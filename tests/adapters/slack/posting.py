"""
Slack's side of HTTP mode, in a test: requests as Slack signs them, written from its documents.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterable, Mapping
from typing import Any
from urllib.parse import urlencode

import httpx
from starlette.types import ASGIApp

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
PATH = "/slack/events"


class Poster:
    """Posts to an application, or to an address, signed with a secret."""

    def __init__(self, target: ASGIApp | str, now: float, secret: str = SECRET) -> None:
        self._target, self.now, self.secret = target, now, secret

    async def event(self, payload: Any, **headers: str) -> httpx.Response:
        """The Events API: JSON."""
        return await self.send(json.dumps(payload).encode(), "application/json", **headers)

    async def interact(self, payload: Any) -> httpx.Response:
        """Interactivity: JSON in a field of a form."""
        return await self.send(urlencode({"payload": json.dumps(payload)}).encode())

    async def command(self, fields: Mapping[str, Any]) -> httpx.Response:
        """A slash command: a form."""
        return await self.send(urlencode(fields).encode())

    async def bring(self, payload: Mapping[str, Any]) -> httpx.Response:
        """Whatever a payload is, as Slack would post it."""
        if "command" in payload and "type" not in payload:
            return await self.command(payload)
        if payload.get("type") in ("event_callback", "app_rate_limited", "url_verification"):
            return await self.event(payload)
        return await self.interact(payload)

    async def send(
        self, body: bytes, content_type: str = "application/x-www-form-urlencoded", **headers: str
    ) -> httpx.Response:
        """A body, signed."""
        stamp = f"{self.now:.0f}"
        signed = hmac.new(self.secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256).hexdigest()
        given = {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={signed}", "content-type": content_type}
        return await self.raw(body, given | {name.replace("_", "-"): value for name, value in headers.items()})

    async def raw(self, body: bytes | AsyncIterable[bytes], headers: Mapping[str, str]) -> httpx.Response:
        """Anything."""
        there = self._target
        transport = None if isinstance(there, str) else httpx.ASGITransport(there)
        url = f"{there}{PATH}" if isinstance(there, str) else f"http://gateway.test{PATH}"
        async with httpx.AsyncClient(transport=transport, timeout=20) as client:
            return await client.post(url, content=body, headers=dict(headers))
