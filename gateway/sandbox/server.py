"""
The sandbox's server: the emulators, the page, and what the page asks for and does.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from gateway.sandbox import assets, deploybot
from gateway.sandbox.channel import Channel
from gateway.sandbox.child import Gateway
from gateway.sandbox.feed import Feed
from gateway.sandbox.guard import Guard
from gateway.sandbox.history import History
from gateway.sandbox.people import PEOPLE
from gateway.sandbox.records import Json, Records
from gateway.sandbox.settings_file import STORE

CLOSE = 1  # seconds that requests under way get at the end


class Site:
    """
    Everything behind the page.

    Args:
        folder: Where the sandbox keeps everything.
        gateway: None where it runs without one.
        over_http: How what people do reaches it, for the page to say.
    """

    def __init__(
        self, folder: Path, channels: Mapping[str, Channel], gateway: Gateway | None, *, over_http: bool = False
    ) -> None:
        self._gateway = gateway
        self._over_http = over_http
        self._deployments = folder / deploybot.FILE
        self._channels = channels
        self._records = Records(folder / STORE, _names(channels.values()))
        self._assets = assets.load(channels)
        self.feed = Feed(self.state, tuple(channels))
        self._unwatch = [channel.watch(self._teller(name)) for name, channel in channels.items()]
        self._history: History | None = None
        if gateway is not None:
            gateway.watch(self.feed.look_now)
            self._history = History(gateway, self._records.stock, self.feed.look_now)

    def app(self) -> Starlette:
        """The application."""
        routes: list[BaseRoute] = [
            *(Route(path, self._asset, methods=["GET"]) for path in self._assets),
            Route("/about", self.about, methods=["GET"]),
            Route("/changes", self.changes, methods=["GET"]),
            Route("/threads/{thread}", self.thread, methods=["GET"]),
            Route("/contexts/{digest}", self.context, methods=["GET"]),
            Route("/gateway/{what}", self.command, methods=["POST"]),
            *(Mount(f"/{name}", channel.app) for name, channel in self._channels.items()),
        ]
        return Starlette(routes=routes, middleware=[Middleware(Guard)])

    def close(self) -> None:
        """End all streams."""
        for unwatch in self._unwatch:
            unwatch()
        self.feed.close()
        for channel in self._channels.values():
            channel.close()

    async def state(self) -> Json:
        """How the gateway stands and stood, what is deployed, and which threads there are."""
        return {
            "gateway": self._standing(),
            "deployments": self._deployed(),
            "threads": await self._records.threads(),
        }

    async def about(self, request: Request) -> Response:
        """What stays the same: people, phrases, and what each pane needs."""
        people = [person._asdict() for person in PEOPLE]
        panes = {name: {**channel.pane, "base": f"/{name}"} for name, channel in self._channels.items()}
        return JSONResponse({"people": people, "panes": panes, "over_http": self._over_http})

    async def changes(self, request: Request) -> Response:
        """Server-sent events."""
        return self.feed.response()

    async def thread(self, request: Request) -> Response:
        """A thread's log."""
        return _found(await self._records.log(request.path_params["thread"]))

    async def context(self, request: Request) -> Response:
        """What a model was given to read."""
        return _found(await self._records.context(request.path_params["digest"]))

    async def command(self, request: Request) -> Response:
        """Kill the gateway, or start it."""
        does = {"kill": Gateway.kill, "start": Gateway.start}.get(request.path_params["what"])
        if does is None or self._gateway is None:
            return JSONResponse({"error": "There is no such thing here."}, 404)
        await does(self._gateway)
        return JSONResponse(self._gateway.standing._asdict())

    async def _asset(self, request: Request) -> Response:
        asset = self._assets[request.url.path]
        return Response(asset.text, media_type=asset.kind)

    def _standing(self) -> Json:
        if self._gateway is None or self._history is None:
            return {"phase": "none"}
        return self._gateway.standing._asdict() | {"history": [dict(turn) for turn in self._history.turns]}

    def _deployed(self) -> Json:
        try:
            return deploybot.read(self._deployments).model_dump()
        except (ValueError, OSError):
            return {"running": {}, "changes": [], "trouble": f"{self._deployments.name} cannot be read."}

    def _teller(self, name: str) -> Callable[[], None]:
        return lambda: self.feed.changed(name)


def _names(channels: Iterable[Channel]) -> dict[str, str]:
    """What people call a conversation, by its key."""
    names: dict[str, str] = {}
    for channel in channels:
        names |= {channel.identities[person.id]: person.name for person in PEOPLE}
        if channel.approvals is not None:
            names[channel.approvals] = "#approvals"
    return names


def _found(answer: Json | None) -> Response:
    return JSONResponse(answer) if answer is not None else JSONResponse({"error": "That is not here."}, 404)


class Server(uvicorn.Server):
    """uvicorn, leaving signals to the command line, and saying when it listens."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(
            uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=CLOSE)
        )
        self._listening = asyncio.Event()

    async def up(self, serving: asyncio.Task[None]) -> None:
        """Wait until it listens."""
        listening = asyncio.create_task(self._listening.wait())
        await asyncio.wait({listening, serving}, return_when=asyncio.FIRST_COMPLETED)
        if serving.done():
            listening.cancel()
            await serving

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._listening.set()
