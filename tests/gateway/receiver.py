"""
A client's web server, to which webhooks go: a real one on loopback, that answers as it is told.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OK = b"HTTP/1.1 204 No Content\r\n\r\n"


@dataclass
class Receiver:
    """What came, each with its headers and body; `answers` are used up one by one, the last one stays."""

    port: int = 0
    answers: list[bytes] = field(default_factory=lambda: [OK])
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    endless: bool = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?secret=of-the-receiver"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
            body = await reader.readexactly(int(headers.get("content-length", "0")))
            self.got.append((headers | {":request": head[0]}, body))
            writer.write(self.answers.pop(0) if len(self.answers) > 1 else self.answers[0])
            await writer.drain()
            while self.endless:
                writer.write(b"x" * 65_536)
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def receiver(
    port: int = 0, *answers: bytes, endless: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Run one."""
    one = Receiver(answers=list(answers) or [OK], endless=endless)
    server = await asyncio.start_server(one.serve, "127.0.0.1", port, ssl=tls)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()
        await server.wait_closed()
