"""
The gateway as one running thing: owns the task group of its parts.

The order of start is the order of need: the store, then who decides and who sends, then the doors, then the channels.
At the end the channels stop first, so that nothing new comes in, tools under way get a moment to end, and the store is
closed last.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import socket
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from typing import Any

import uvicorn

from gateway import door
from gateway.control import Control
from gateway.errors import SettingsError, Unwritable
from gateway.groups import GroupReader
from gateway.health import Health
from gateway.outbox import Outbox
from gateway.owner import Owner
from gateway.reloading import Reloading
from gateway.runtime import Runtime, Watchdog
from gateway.store.base import Store
from gateway.supervisor import Supervisor
from gateway.web import Front

log = logging.getLogger("ringback.service")

GRACE = 10.0  # seconds that tools under way get to end when the gateway is asked to stop
PURGE_INTERVAL = 3_600.0  # seconds between two deletions of what has outlived its retention
SEAL_DELAY = 1.0  # seconds that decisions wait for others to be sealed with
CLOSE = 3  # seconds that open HTTP requests get to end
# For gc.set_threshold. Little of ours is in cycles, and by default a twentieth of the time goes into looking for them;
# but closed connections are, and after a flood they have to go within minutes.
COLLECT = (20_000, 5, 5)


class Service:
    """Everything, wired."""

    def __init__(
        self,
        *,
        store: AbstractAsyncContextManager[Store],
        owner: Owner,
        outbox: Outbox,
        supervisor: Supervisor,
        control: Control,
        reloading: Reloading,
        health: Health,
        watchdog: Watchdog,
        runtime: Runtime,
        app: Front,
        groups: GroupReader,
        address: tuple[str, int],
        texts: float | None,
    ) -> None:
        self._store, self._owner, self._outbox = store, owner, outbox
        self._supervisor, self._control, self._health = supervisor, control, health
        self._watchdog, self._runtime, self._app, self._address = watchdog, runtime, app, address
        self._texts = texts
        self._reloading, self._groups = reloading, groups
        self.started = asyncio.Event()
        self.port = 0

    async def run(self, stop: asyncio.Event) -> None:
        """
        Run until asked to stop.

        Raises:
            Locked: Another process owns the data.
            TooNew: The data was written by a newer version.
            Broken: A commit's fate is open; start again.
        """
        door.allow_connections()
        port = listen(*self._address)
        self.port = port.getsockname()[1]
        async with self._store as store:
            self._watchdog.start()
            connection = functools.partial(door.Connection, self._app.refuses)
            server = _Server(web_server(self._app, http=connection, timeout_graceful_shutdown=CLOSE))
            parts = {
                "owner": self._decide(),
                "outbox": self._outbox.run(),
                "web": server.serve([port]),
                "control": self._control.run(),
                "channels": self._supervisor.run(),
                "groups": self._groups.run(),
                "purge": self._purge(store),
                "audit": self._seal(store),
            }
            tasks = {name: asyncio.create_task(part, name=name) for name, part in parts.items()}
            stopping = asyncio.create_task(stop.wait())
            gc.collect()
            gc.freeze()
            gc.set_threshold(*COLLECT)
            log.info("ringback is running on port %d", self.port)
            self.started.set()
            try:
                await asyncio.wait({*tasks.values(), stopping}, return_when=asyncio.FIRST_COMPLETED)
                if stopping.done():
                    await self._wind_down(tasks["channels"], tasks["groups"])
            finally:
                stopping.cancel()
                await self._end(tasks, server)
        self._watchdog.stop()
        self._runtime.close()

    async def reload(self) -> None:
        """Read people and policy again, once everything runs; the log says what came of it."""
        await self.started.wait()
        with contextlib.suppress(SettingsError):
            await self._reloading.reload()

    async def _decide(self) -> None:
        await self._groups.tried()
        await self._owner.run(self._health.caught_up)

    async def _wind_down(self, *listening: asyncio.Task[None]) -> None:
        for part in listening:
            part.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
        await self._owner.drain(GRACE)

    async def _end(self, tasks: dict[str, asyncio.Task[None]], server: uvicorn.Server) -> None:
        failed = next((t.exception() for t in tasks.values() if t.done() and not t.cancelled() and t.exception()), None)
        server.should_exit = True
        for name, task in tasks.items():
            if name != "web":
                task.cancel()
        await asyncio.gather(*tasks.values(), return_exceptions=True)
        if failed is not None:
            raise failed

    async def _purge(self, store: Store) -> None:
        while True:
            try:
                gone = await store.purge(self._runtime.now(), self._texts)
            except Unwritable as refused:
                log.error("cannot delete what has outlived its retention: %s", refused)
            else:
                log.info("%d rows and texts have outlived their retention and are deleted", gone)
            await self._runtime.sleep(PURGE_INTERVAL)

    async def _seal(self, store: Store) -> None:
        """Chain decisions by their hashes, a moment after they were made, many at a time."""
        while True:
            await store.decided()
            await self._runtime.sleep(SEAL_DELAY)
            try:
                while await store.seal():
                    pass
            except Unwritable as refused:
                log.error("cannot seal decisions; they are sealed later: %s", refused)


def web_server(app: Any, **more: Any) -> uvicorn.Config:
    """Configure the web server: it writes no log of its own, and believes no header about who asks."""
    return uvicorn.Config(app, log_config=None, access_log=False, lifespan="off", proxy_headers=False, **more)


class _Server(uvicorn.Server):
    """Leaves signals to the command line."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(host: str, port: int) -> socket.socket:
    """
    Open the port to answer on.

    Raises:
        SettingsError: It is taken, or not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol named, asyncio switches off Nagle's delay, which costs 40 ms an answer on kept connections.
    door = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
        door.listen()  # who connects before the web server runs waits for it
    except (OSError, OverflowError, TypeError) as error:  # TypeError: what no name of a host can hold
        door.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        remedy = f"cannot be opened on {host} ({reason}); choose another with --port or PORT="
        raise SettingsError(f"port {port}", "server.port", remedy) from None
    door.set_inheritable(False)
    return door
