"""
The operator's door: a socket in the data folder, for the command line.

Only who may read the folder can open it (the folder is 0700, the socket 0600), so file permissions are its
authentication. One JSON object a line in; one out, or several for a request that is waited for. Where no gateway runs,
the command line writes into the store itself; what it wrote is decided at the next start.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from agent_core.texts import described
from gateway import clients, commands
from gateway.directory import Directory
from gateway.errors import Declined, GatewayError, SettingsError
from gateway.health import Health
from gateway.outbox import Outbox
from gateway.reloading import Reloading
from gateway.runtime import Runtime
from gateway.store.base import Store

log = logging.getLogger("ringback.control")

SOCKET = "control.sock"
ASK_LIMIT = 5.0  # seconds that the command line has to say what it wants
LONGEST_LINE = 1024 * 1024  # bytes of JSON: an answer in words can have 64 Ki characters, written as six bytes each
WORDS = ("client", "code", "conversation", "delivery", "identity", "key", "me", "party", "person", "to")  # texts
UNREAD = "the gateway does not know this command; it may be of another version than the command line"
LONGEST_PATH = 100  # bytes; the kernel takes 107


class Control:
    """Answers the command line while the gateway runs."""

    def __init__(
        self,
        store: Store,
        outbox: Outbox,
        directory: Directory,
        health: Health,
        reloading: Reloading,
        folder: Path,
        runtime: Runtime,
    ) -> None:
        self._store, self._outbox, self._directory, self._health = store, outbox, directory, health
        self._reloading = reloading
        self._runtime, self._path = runtime, folder / SOCKET
        self._open: set[asyncio.StreamWriter] = set()
        if len(str(self._path.absolute()).encode()) > LONGEST_PATH:
            raise SettingsError("server.data", str(folder), "the path is too long for a socket; choose a shorter one")

    async def run(self) -> None:
        """Answer, until cancelled."""
        self._path.unlink(missing_ok=True)
        server = await asyncio.start_unix_server(self._answer, self._path, limit=LONGEST_LINE)
        self._path.chmod(0o600)
        try:
            async with server:
                try:
                    await server.serve_forever()
                finally:
                    for writer in self._open:
                        writer.close()  # or the server would wait for whoever holds one
        finally:
            self._path.unlink(missing_ok=True)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            asked = _command(await self._runtime.limit(reader.readline(), ASK_LIMIT))
            if asked["do"] == "ask":
                await self._follow(asked, reader, writer)
            else:
                await _tell(writer, await self._done(asked))
        except (Declined, SettingsError) as declined:
            await _tell(writer, {"error": str(declined)})
        except (AttributeError, KeyError, TypeError, ValueError) as odd:
            log.warning("a command cannot be read: %s", described(odd))
            await _tell(writer, {"error": f"{UNREAD} ({described(odd)})"})
        except Exception as error:
            log.exception("a command failed")
            await _tell(writer, {"error": str(error)})
        finally:
            self._open.discard(writer)
            writer.close()

    async def _done(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked["do"] == "health":
            return {"done": True, "channels": self._health.report()}
        if asked["do"] == "reload":
            return {"done": True, "restart": await self._reloading.reload()}
        done = await commands.carry_out(self._store, self._directory, asked, self._runtime)
        self._outbox.wake()
        return {"done": done}

    async def _follow(self, asked: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Tell how a request stands, until it has ended or nobody listens any more."""

        async def tell() -> None:
            try:
                async for stands in clients.follow(self._store, self._directory, asked):
                    await _tell(writer, stands)
            except GatewayError as refused:
                await _tell(writer, {"error": str(refused)})

        telling, gone = asyncio.create_task(tell()), asyncio.create_task(reader.read())
        try:
            await asyncio.wait({telling, gone}, return_when=asyncio.FIRST_COMPLETED)
            if telling.done():
                telling.result()
        finally:
            for task in (telling, gone):
                task.cancel()
            await asyncio.gather(telling, gone, return_exceptions=True)


def _command(line: bytes) -> dict[str, Any]:
    """
    Read a command.

    Raises:
        ValueError, TypeError: It is none.
    """
    asked: dict[str, Any] = json.loads(line)
    for name in {"do", *WORDS} & {*asked}:
        if not isinstance(asked[name], str):
            raise TypeError(f"{name} is no text")
    return asked


async def _tell(writer: asyncio.StreamWriter, answer: dict[str, Any]) -> None:
    try:
        writer.write(_line(answer))
        await writer.drain()
    except ConnectionError:
        log.info("somebody did not wait for the answer to a command")


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"


async def follow(folder: Path, asked: dict[str, Any]) -> AsyncGenerator[dict[str, Any], None]:
    """
    Ask the running gateway, and give its answers until it has no more, or has gone away.

    Raises:
        GatewayError: None runs.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(folder / SOCKET, limit=LONGEST_LINE)
    except (FileNotFoundError, ConnectionRefusedError):
        raise GatewayError(f"no gateway is running on {folder}; start it with: ringback serve") from None
    try:
        writer.write(_line(asked))
        while line := await reader.readline():
            yield json.loads(line)
    except (ConnectionError, ValueError):
        return
    finally:
        writer.close()


async def ask(folder: Path, asked: dict[str, Any]) -> dict[str, Any] | None:
    """
    Ask the running gateway.

    Returns:
        Its answer, or None where none runs.

    Raises:
        GatewayError: It went away before it answered.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(folder / SOCKET, limit=LONGEST_LINE)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    try:
        writer.write(_line(asked))
        answer: dict[str, Any] = json.loads(await reader.readline())
    except (ConnectionError, ValueError):
        raise GatewayError("the gateway went away before it answered; look how things stand, and ask again") from None
    finally:
        writer.close()
    return answer
