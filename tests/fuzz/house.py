"""
A whole gateway in this process, over the emulated Slack, and what it logged.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from adapters.slack.emulator import Emulator, Workspace, serve
from gateway import bootstrap, settings
from gateway.service import Service
from gateway.store.sqlite_reader import FILE
from tests.process import CONFIG, DOORS

RITA, ANA, OTTO = "U0000RITA", "U00000ANA", "U0000OTTO"
FORM = "application/x-www-form-urlencoded"
PATIENCE = 20.0  # seconds that a gateway gets to decide on everything that came


class Complaints(logging.Handler):
    """What was logged that says a fault is ours."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.ERROR:
            self.said.append(self.format(record))


class Answered(NamedTuple):
    """What a request was answered."""

    status: int
    body: bytes


class House:
    """A gateway that runs, in HTTP mode."""

    def __init__(self, folder: Path, service: Service, emulator: Emulator, complaints: Complaints) -> None:
        self.folder, self.service, self.emulator, self._complaints = folder, service, emulator, complaints
        state = emulator.workspace.state
        self.team, self.bot, self.secret = state.team_id, state.bot.user_id, state.tokens.signing_secret

    # Slack's side ----------------------------------------------------------------------------------------------------

    async def ask(
        self, method: str, path: str, headers: Iterable[tuple[bytes, bytes]], chunks: Iterable[bytes]
    ) -> Answered:
        """Make a request of the gateway's own application; what it raises is raised here."""
        pieces = list(chunks)
        came = [
            {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
            for number, piece in enumerate(pieces, start=1)
        ] or [{"type": "http.request", "body": b"", "more_body": False}]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return came.pop(0) if came else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode("utf-8", "replace"),
            "query_string": b"",
            "root_path": "",
            "headers": list(headers),
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", self.service.port),
        }
        await self.service._app(scope, receive, send)
        return Answered(sent[0]["status"], b"".join(message.get("body", b"") for message in sent))

    def signature(self, body: bytes) -> list[tuple[bytes, bytes]]:
        """Sign a body as Slack does, now."""
        stamp = f"{time.time():.0f}".encode()
        signed = hmac.new(self.secret.encode(), b"v0:" + stamp + b":" + body, hashlib.sha256).hexdigest()
        return [(b"x-slack-request-timestamp", stamp), (b"x-slack-signature", f"v0={signed}".encode())]

    async def post(self, body: bytes, content_type: str = "application/json") -> Answered:
        """Post what Slack has signed."""
        headers = [*self.signature(body), (b"content-type", content_type.encode())]
        return await self.ask("POST", "/slack/events", headers, [body])

    async def bring(self, payload: Any) -> Answered:
        """Post a payload the way that Slack posts its kind."""
        if isinstance(payload, dict) and payload.get("type") in ("block_actions", "view_submission"):
            return await self.post(urlencode({"payload": json.dumps(payload)}).encode(), FORM)
        return await self.post(json.dumps(payload).encode())

    # What came of it -------------------------------------------------------------------------------------------------

    @property
    def complaints(self) -> list[str]:
        """What it logged as errors since the last look: faults of ours."""
        said, self._complaints.said = self._complaints.said, []
        return said

    async def decided(self) -> list[str]:
        """Wait until everything that came is decided; returns the conversations that are stuck."""
        async with asyncio.timeout(PATIENCE):
            await self.service._owner.drain(PATIENCE)
        return sorted(self.service._owner.stuck)

    def stored(self) -> list[tuple[int, str, bytes]]:
        """Every event that is stored: its number, its conversation, its bytes."""
        db = sqlite3.connect(f"file:{self.folder / 'store' / FILE}?mode=ro", uri=True)
        try:
            return db.execute(
                "SELECT e.seq, c.key, e.body FROM events e JOIN conversations c ON c.id = e.conversation"
            ).fetchall()
        finally:
            db.close()


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[House]:
    """A gateway in HTTP mode, and Slack's side of it."""
    complaints = Complaints()
    async with await serve("127.0.0.1", 0, Workspace.create(["rita", "ana", "otto"], ["general"])) as server:
        state = server.emulator.workspace.state
        config = CONFIG.replace('listen = ["slack"]', 'listen = ["slack"]\nstart = ["anyone"]')
        file = folder / "ringback.toml"
        file.write_text(config.format(folder=folder, team=state.team_id, api=server.base_url, door=DOORS["http"]))
        secrets = {"BOT": state.tokens.bot, "SIGNING": state.tokens.signing_secret}
        service = bootstrap.build(settings.load(file, secrets), str(file))
        stop = asyncio.Event()
        running = asyncio.create_task(service.run(stop))
        started = asyncio.create_task(service.started.wait())
        await asyncio.wait({running, started}, return_when=asyncio.FIRST_COMPLETED)
        logging.getLogger().addHandler(complaints)
        try:
            while not service._health.ready(f"slack:{state.team_id}"):
                await asyncio.sleep(0.01)
            yield House(folder, service, server.emulator, complaints)
        finally:
            logging.getLogger().removeHandler(complaints)
            stop.set()
            await running
