"""
The app's side of a Request URL: a real server that keeps what comes and answers as it is told.
"""

from __future__ import annotations

import asyncio
import json
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Seen:
    """A request, as it came in."""

    def __init__(self, headers: Mapping[str, str], body: bytes) -> None:
        self.headers, self.body = headers, body

    @property
    def json(self) -> dict[str, Any]:
        parsed: dict[str, Any] = json.loads(self.body)
        return parsed

    @property
    def form(self) -> dict[str, str]:
        return dict(urllib.parse.parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def retry(self) -> tuple[str, str]:
        return self.headers.get("X-Slack-Retry-Num", ""), self.headers.get("X-Slack-Retry-Reason", "")


class App:
    """The app's side: answers the handshake, keeps what comes, and answers as it is told."""

    def __init__(self) -> None:
        self.seen: list[Seen] = []
        self.handshakes: list[Seen] = []
        self.answer: Answer = self.fine
        self.url = ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        seen = Seen(request.headers.copy(), await request.read())
        if b"url_verification" in seen.body:
            self.handshakes.append(seen)
            return web.json_response({"challenge": seen.json["challenge"]})
        self.seen.append(seen)
        return await self.answer(request)

    async def fine(self, request: web.Request) -> web.StreamResponse:
        return web.Response()

    async def never(self, request: web.Request) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError


def saying(status: int = 200, text: str = "", **headers: str) -> Answer:
    async def answer(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(status=status, text=text, headers=named)

    return answer


@asynccontextmanager
async def receiving(handle: Answer, *, port: int = 0) -> AsyncIterator[str]:
    """Serve one handler, and give its address."""
    site = web.Application()
    site.router.add_post("/slack", handle)
    site.router.add_post("/hop/{left}", hop)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack"
    await runner.cleanup()


async def hop(request: web.Request) -> web.StreamResponse:
    """Redirect so many times, then to the app."""
    left = int(request.match_info["left"])
    raise web.HTTPTemporaryRedirect(f"/hop/{left - 1}" if left > 1 else "/slack")
