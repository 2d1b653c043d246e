"""
A client that costs next to nothing: kept connections, requests made before they are timed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

NO_ROOM = 503  # what a server answers that takes it later
AGAIN = 0.02  # seconds until what was refused, or broke off, is sent again
PATIENCE = 60.0  # seconds in which it must be taken


def request(path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
    """The bytes of a POST."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection(asyncio.Protocol):
    """One connection, with one request under way at most. It reads as much of an answer as it takes to see its end."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._waiting: asyncio.Future[int] | None = None

    @classmethod
    async def open(cls, port: int) -> Connection:
        """Connect to a port of this machine."""
        _, connection = await asyncio.get_running_loop().create_connection(cls, "127.0.0.1", port)
        return connection

    def send(self, data: bytes) -> asyncio.Future[int]:
        """Send a request; gives the answer's status."""
        assert self._transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        if self._transport.is_closing():
            self.connection_lost(None)
        self._transport.write(data)
        return self._waiting

    async def insist(self, data: bytes) -> int:
        """Send a request until there is room for it, as a vendor does; gives the answer's status."""
        status = await self.send(data)
        if status == NO_ROOM:
            async with asyncio.timeout(PATIENCE):
                while status == NO_ROOM:
                    await asyncio.sleep(AGAIN)
                    status = await self.send(data)
        return status

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        fields = head.lower().split(b"\r\n")
        length = next((int(f.partition(b":")[2]) for f in fields if f.startswith(b"content-length:")), 0)
        if len(body) >= length and self._waiting is not None:
            waiting, self._waiting, self._got = self._waiting, None, b""
            waiting.set_result(int(fields[0].split()[1]))

    def connection_lost(self, error: Exception | None) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(ConnectionError("the server hung up"))
