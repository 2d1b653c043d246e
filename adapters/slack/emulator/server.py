"""
The emulator as a server of its own, for those who do not mount it.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import Iterator, Sequence
from types import TracebackType

import uvicorn

from adapters.slack.emulator import app
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace

GRACE = 1.0  # seconds for requests under way when we stop


class Server:
    """
    A running emulator.

    Attributes:
        port: The port it is bound to.
        url: Where it is; the client libraries' base address is `base_url`.
    """

    def __init__(
        self, emulator: app.Emulator, listener: socket.socket, task: asyncio.Task[None], runner: _Runner
    ) -> None:
        self.emulator = emulator
        host, self.port = listener.getsockname()[:2]
        self.url = f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"
        self.base_url = f"{self.url}/api/"
        emulator.workspace.base_url = self.url
        self._task = task
        self._runner = runner

    async def wait(self) -> None:
        """Until it has been closed."""
        await asyncio.shield(self._task)

    async def close(self) -> None:
        """Close every connection and stop."""
        self.emulator.close()
        self._runner.stop.set()
        await self._task

    async def __aenter__(self) -> Server:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


class _Runner(uvicorn.Server):
    """
    uvicorn, without taking the process's signals.

    It starts and stops when told, where uvicorn looks every tenth of a second: a test wants a fresh emulator each time.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.stop = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def main_loop(self) -> None:
        await self.stop.wait()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        if self.server_state.tasks:
            _, late = await asyncio.wait(set(self.server_state.tasks), timeout=GRACE)
            for task in late:
                task.cancel()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while self.server_state.connections:  # noqa: ASYNC110 - one turn of the loop closes what is idle
                    await asyncio.sleep(0)


async def serve(
    host: str,
    port: int,
    workspace: Workspace,
    *,
    clock: Clock = time.time,
    retry_delays: Sequence[float] = app.RETRY_DELAYS,
    ack_timeout: float = app.ACK_TIMEOUT,
    connection_time: float = app.CONNECTION_TIME,
    loopback_only: bool = True,
) -> Server:
    """
    Start an emulator and return once it accepts connections.

    Args:
        port: 0 for any free one, which is then in `Server.port`.
    """
    emulator = app.Emulator(
        workspace,
        clock=clock,
        retry_delays=retry_delays,
        ack_timeout=ack_timeout,
        connection_time=connection_time,
        loopback_only=loopback_only,
    )
    return await run(emulator, host, port)


async def run(emulator: app.Emulator, host: str, port: int) -> Server:
    """Serve an emulator that is there already."""
    listener = _listen(host, port)
    config = uvicorn.Config(
        emulator.app,
        lifespan="off",
        log_level="warning",
        access_log=False,
        date_header=False,
    )
    runner = _Runner(config)
    task = asyncio.create_task(runner.serve(sockets=[listener]))
    ready = asyncio.create_task(runner.ready.wait())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    if not ready.done():
        ready.cancel()
        listener.close()
        await task
    return Server(emulator, listener, task, runner)


def _listen(host: str, port: int) -> socket.socket:
    """
    A socket bound there.

    It names its protocol, because asyncio switches Nagle's algorithm off only where it sees TCP: without that each
    answer on a kept connection takes 40 ms.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener
