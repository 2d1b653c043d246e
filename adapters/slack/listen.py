"""
Socket Mode: a held connection through Bolt.

Bolt acknowledges an envelope when its middleware returns 200, and not at all otherwise; ours returns 200 when the fact
is stored. What it does not know, it acknowledges too, or Slack would send it again for ever.

Two measured traps of the library are fenced here. `connect` never raises on a bad token and retries for ever, so the
tokens are tried first, by hand. And after a failed first connection it retries with the same single-use address, so a
connection without a hello, or without a sign of life, is thrown away whole and built again (by the supervisor).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.response import BoltResponse

from adapters.base import Clock, Gate, Inbound, NoForm, Refused
from adapters.errors import ChannelError, Misconfigured
from adapters.slack import render
from adapters.slack.client import Client
from adapters.slack.config import Config
from adapters.slack.parse import CHANNEL, Bot, FormClick, Ignored, parse

log = logging.getLogger("ringback.slack")
bolt_log = logging.getLogger("ringback.slack.bolt")
bolt_log.setLevel(logging.ERROR)  # it warns of reconnections, which are routine, and of variables that we do not read

LOST = 10.0  # seconds without an open connection after which the library is taken to retry in vain
HELLO = 20.0  # seconds in which a new connection has to say hello
DEAF = 60.0  # seconds without a frame or a pong after which a connection counts as deaf
PING = 5.0  # seconds between two pings
LOOK = 2.0  # seconds between two looks at a connection; Slack sends what waited within this time after the hello
RETRY_LATER = BoltResponse(status=503, body="")
DONE = BoltResponse(status=200, body="")


class Listener:
    """One workspace's connection."""

    def __init__(self, config: Config, client: Client, clock: Clock) -> None:
        self._config, self._client, self._clock = config, client, clock
        self._forms: set[asyncio.Task[None]] = set()
        self._last = 0.0
        self._greeted = asyncio.Event()

    async def listen(self, gate: Gate) -> None:
        """
        Hold the connection until it breaks or we are cancelled.

        Raises:
            Misconfigured: A token is refused, or belongs to another workspace.
            ConnectionError: It broke.
        """
        bot = await self._who_are_we()
        await self._client.call("apps.connections.open", {}, token=self._config.app_token.get_secret_value())
        self._greeted = asyncio.Event()
        handler = AsyncSocketModeHandler(
            self._app(bot, gate), self._config.app_token.get_secret_value(), ping_interval=PING
        )
        handler.client.on_message_listeners.append(self._heard(gate))
        connecting = asyncio.create_task(handler.connect_async())
        try:
            await self._watch(handler, gate)
        finally:
            connecting.cancel()
            for task in (*self._forms, connecting):
                task.cancel()
            await handler.close_async()
            await asyncio.gather(connecting, *self._forms, return_exceptions=True)

    async def _who_are_we(self) -> Bot:
        answer = await self._client.call("auth.test", {})
        if answer.get("team_id") != self._config.account:
            raise Misconfigured(
                f"the bot token belongs to workspace {answer.get('team_id')}, but `account` says "
                f"{self._config.account}; set the one or the other right"
            )
        return Bot(self._config.account, str(answer["user_id"]), str(answer.get("bot_id") or ""))

    async def _watch(self, handler: AsyncSocketModeHandler, gate: Gate) -> None:
        began = self._clock.now()
        pong: float | None = None
        arrived = False
        connected = began
        while True:
            await self._clock.sleep(LOOK)
            now = self._clock.now()
            if handler.client.last_ping_pong_time != pong:
                pong, self._last = handler.client.last_ping_pong_time, now
                if self._greeted.is_set():
                    gate.seen(CHANNEL, self._config.account)
            if self._greeted.is_set() and not arrived:
                arrived = True
                gate.caught_up(CHANNEL, self._config.account)
            session = handler.client.current_session
            if session is not None and not session.closed:
                connected = now
            if self._greeted.is_set() and now - connected > LOST:
                raise ConnectionError(f"the connection closed, and no new one came about within {LOST:g} seconds")
            if not self._greeted.is_set() and now - began > HELLO:
                raise ConnectionError(f"no hello from Slack within {HELLO:g} seconds")
            if self._greeted.is_set() and now - self._last > DEAF:
                raise ConnectionError(f"no sign of life from Slack for {DEAF:g} seconds")

    def _heard(self, gate: Gate) -> Callable[[Any], Awaitable[None]]:
        async def heard(message: Any) -> None:
            self._last = self._clock.now()
            if isinstance(message.data, str) and '"hello"' in message.data[:200]:
                self._greeted.set()
            if self._greeted.is_set():
                gate.seen(CHANNEL, self._config.account)

        return heard

    # What comes in ---------------------------------------------------------------------------------------------------

    def _app(self, bot: Bot, gate: Gate) -> AsyncApp:
        async def authorize() -> AuthorizeResult:
            return AuthorizeResult(
                enterprise_id=None,
                team_id=bot.account,
                bot_token=self._config.bot_token.get_secret_value(),
                bot_id=bot.bot,
                bot_user_id=bot.user,
            )

        app = AsyncApp(
            client=self._client.web(token=False),
            authorize=authorize,
            ignoring_self_events_enabled=False,
            request_verification_enabled=False,
            logger=bolt_log,
        )

        @app.middleware  # a global one: it runs before the acknowledgement
        async def store_first(body: dict[str, Any]) -> BoltResponse:
            return await self.take(body, bot, gate)

        return app

    async def take(self, payload: dict[str, Any], bot: Bot, gate: Gate) -> BoltResponse:
        """Store what a payload says; the answer says whether it may be acknowledged."""
        match parse(payload, bot, self._clock.now()):
            case Inbound() as inbound:
                stored = await gate.append(inbound)
                if isinstance(stored, Refused) and stored.retry:
                    return RETRY_LATER
            case FormClick() as click:
                self._open_form(click, gate)
            case Ignored(why=why, odd=odd):
                log.log(logging.WARNING if odd else logging.DEBUG, "not for us: %s", why)
        return DONE

    def _open_form(self, click: FormClick, gate: Gate) -> None:
        """Open a form after the acknowledgement, within the three seconds that its trigger lives."""

        async def open_form() -> None:
            answer = await gate.query(click.wanted)
            try:
                if isinstance(answer, NoForm):
                    await self._whisper(click, answer.text)
                    return
                view = render.form(answer, click.wanted.request, click.wanted.conversation)
                try:
                    await self._client.call("views.open", {"trigger_id": click.trigger, "view": view})
                except ChannelError as error:
                    log.warning("a form could not be opened: %s", error)
                    await self._whisper(click, answer.failed)
            except ChannelError as error:
                log.warning("somebody who pressed for a form could not be told why there is none: %s", error)

        task = asyncio.create_task(open_form())
        self._forms.add(task)
        task.add_done_callback(self._forms.discard)

    async def _whisper(self, click: FormClick, text: str) -> None:
        user = click.wanted.sender.rpartition("/")[2]
        await self._client.call("chat.postEphemeral", {"channel": click.channel} | render.whisper(text, user))
