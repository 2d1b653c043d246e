"""
Socket Mode: a held connection through Bolt.

Bolt acknowledges an envelope when its middleware returns 200, and not at all otherwise; ours returns 200 when the fact
is stored. What it does not know, it acknowledges too, or Slack would send it again for ever.

Two measured traps of the library are fenced here. `connect` never raises on a bad token and retries for ever, so the
tokens are tried first, by hand. And after a failed first connection it retries with the same single-use address, so a
connection without a hello, or without a sign of life, is thrown away whole and built again (by the supervisor). One
that answers pings and brings nothing cannot be told from a quiet workspace, so it is made anew now and then.

The library reads as much as comes, and begins with all of it at once. So while much is under way its reading is held
up: the rest waits on Slack's side, which sends again what waits too long.

Slack gives each message to any one of an app's sockets, whoever holds it and for whichever workspace it is. So each of
ours takes in for all accounts of its app, and a socket that is not ours is warned of: it eats messages.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.middleware.async_middleware import AsyncMiddleware
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from adapters.base import Clock, Gate
from adapters.errors import Misconfigured
from adapters.slack import receive
from adapters.slack.parse import CHANNEL
from adapters.slack.receive import Receiver

log = logging.getLogger("ringback.slack")
bolt_log = logging.getLogger("ringback.slack.bolt")
bolt_log.setLevel(logging.ERROR)  # it warns of reconnections, which are routine, and of variables that we do not read

LOST = 10.0  # seconds without an open connection after which the library is taken to retry in vain
HELLO = 20.0  # seconds in which a new connection has to say hello
DEAF = 60.0  # seconds without a frame or a pong after which a connection counts as deaf
QUIET = 900.0  # seconds without a frame after which a connection is made anew though it answers: it may hear nothing
PING = 5.0  # seconds between two pings
AT_ONCE = 128  # envelopes under way, above which no more are read; 64 are enough for the most that it takes
LOOK = 2.0  # seconds between two looks at a connection; Slack sends what waited within this time after the hello
NOTICE = 2_000  # characters of Slack's longest word about the connection itself; what people do is longer
CROWDED = (
    "Slack counts {count} sockets of this app and this gateway has {ours}; whatever holds the others takes messages "
    "that do not come here. Look for another process with the same app token."
)


class Listener:
    """
    One account's connection.

    Args:
        receivers: All accounts of the same app, by name; this one among them.
    """

    def __init__(self, receiver: Receiver, receivers: Mapping[str, Receiver], token: str, clock: Clock) -> None:
        self._receiver, self._receivers = receiver, receivers
        self._token, self._clock = token, clock
        self._account = receiver.config.account
        self._last = self._frame = 0.0
        self._greeted = asyncio.Event()
        self._over: Exception | None = None
        self._room = Room()

    async def listen(self, gate: Gate) -> None:
        """
        Hold the connection until it breaks or we are cancelled.

        Raises:
            Misconfigured: A token is refused, or belongs to another workspace, or Socket Mode is off.
            ConnectionError: It broke.
        """
        await self._receiver.identify()
        await self._receiver.client.call("apps.connections.open", {}, token=self._token)
        self._greeted, self._over = asyncio.Event(), None
        handler = AsyncSocketModeHandler(self._app(gate), self._token, ping_interval=PING)
        handler.client.on_message_listeners.append(self._heard(gate))
        connecting = asyncio.create_task(handler.connect_async())
        try:
            await self._watch(handler, gate)
        finally:
            connecting.cancel()
            await handler.close_async()
            await asyncio.gather(connecting, return_exceptions=True)

    async def _watch(self, handler: AsyncSocketModeHandler, gate: Gate) -> None:
        began = self._clock.now()
        pong: float | None = None
        arrived = False
        connected = began
        while True:
            await self._clock.sleep(LOOK)
            now = self._clock.now()
            if self._over is not None:
                raise self._over
            if handler.client.last_ping_pong_time != pong:
                pong, self._last = handler.client.last_ping_pong_time, now
                if self._greeted.is_set():
                    gate.seen(CHANNEL, self._account)
            if self._greeted.is_set() and not arrived:
                arrived = True
                gate.caught_up(CHANNEL, self._account)
            session = handler.client.current_session
            if session is not None and not session.closed:
                connected = now
            if self._greeted.is_set() and now - connected > LOST:
                raise ConnectionError(f"the connection closed, and no new one came about within {LOST:g} seconds")
            if not self._greeted.is_set() and now - began > HELLO:
                raise ConnectionError(f"no hello from Slack within {HELLO:g} seconds")
            if self._greeted.is_set() and now - self._last > DEAF:
                raise ConnectionError(f"no sign of life from Slack for {DEAF:g} seconds")
            if self._greeted.is_set() and now - self._frame > QUIET:
                self._frame = now
                await handler.client.connect_to_new_endpoint(force=True)

    def _heard(self, gate: Gate) -> Callable[[Any], Awaitable[None]]:
        async def heard(message: Any) -> None:
            self._last = self._frame = self._clock.now()
            if isinstance(message.data, str) and len(message.data) < NOTICE:
                self._notice(_frame(message.data), gate)
            if self._greeted.is_set():
                gate.seen(CHANNEL, self._account)
            await self._room.wait()

        return heard

    def _notice(self, frame: Mapping[str, Any], gate: Gate) -> None:
        """
        Read what Slack says about the connection itself (docs.slack.dev/apis/events-api/using-socket-mode).

        Of the reasons for a disconnect `warning` and `refresh_requested` are routine, and the library's business.
        """
        told, ours = frame.get("num_connections"), len(self._receivers)
        count = told if isinstance(told, int) else 0
        match frame.get("type"), frame.get("reason"):
            case "hello", _:
                if count <= ours:
                    gate.warned(CHANNEL, self._account, "")
                elif count > ours + self._greeted.is_set():  # at a refresh the one that we just left may still count
                    self._warn(count, gate)
                self._greeted.set()
            case "disconnect", "too_many_websockets":
                self._warn(count, gate)
                self._over = ConnectionError("Slack opens no more sockets for this app")
            case "disconnect", "link_disabled":
                self._over = Misconfigured('Socket Mode is off for this app; switch it on, or write mode = "http"')

    def _warn(self, count: int, gate: Gate) -> None:
        warning = CROWDED.format(count=count, ours=len(self._receivers))
        log.warning("%s", warning)
        gate.warned(CHANNEL, self._account, warning)

    def _app(self, gate: Gate) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(enterprise_id=None, team_id=self._account)

        app = AsyncApp(
            client=self._receiver.client.web(token=False),
            authorize=authorize,
            ignoring_self_events_enabled=False,
            request_verification_enabled=False,
            logger=bolt_log,
        )

        app.middleware(_StoreFirst(self._receivers, gate, self._room))
        return app


class Room:
    """What is under way of a connection, and whether there is room for more."""

    def __init__(self) -> None:
        self._under_way = 0
        self._free = asyncio.Event()
        self._free.set()

    async def wait(self) -> None:
        """Wait until there is room."""
        await self._free.wait()

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take room while something is under way."""
        self._under_way += 1
        if self._under_way >= AT_ONCE:
            self._free.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if self._under_way < AT_ONCE:
                self._free.set()


def _frame(data: str) -> Mapping[str, Any]:
    """Read a frame; what is no object says nothing about the connection."""
    try:
        frame = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return frame if isinstance(frame, dict) else {}


class _StoreFirst(AsyncMiddleware):
    """
    Takes every payload in before it is acknowledged.

    A class, because for a function the library first guesses what a payload holds, and stumbles over some.
    """

    def __init__(self, receivers: Mapping[str, Receiver], gate: Gate, room: Room) -> None:
        self._receivers, self._gate, self._room = receivers, gate, room

    async def async_process(self, *, req: AsyncBoltRequest, **_: Any) -> BoltResponse:
        with self._room.taken():
            answer = await receive.take(req.body, self._receivers, self._gate)
        return BoltResponse(status=answer.status, body=dict(answer.body) if answer.body is not None else "")
