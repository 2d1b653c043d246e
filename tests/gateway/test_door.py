"""
The limits of a connection, with the real web server.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway import door
from gateway.service import listen, web_server


def full(method: bytes, path: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bool:
    """There is room for everything but what says otherwise."""
    return (b"x-room", b"no") in headers


@pytest.fixture
async def port() -> AsyncIterator[int]:
    """A web server that has two addresses."""

    async def answer(request: object) -> PlainTextResponse:
        return PlainTextResponse("here")

    app = Starlette(routes=[Route(path, answer, methods=["GET", "POST"]) for path in ("/readyz", "/slack/events")])
    server = uvicorn.Server(web_server(app, http=functools.partial(door.Connection, full)))
    socket = listen("127.0.0.1", 0)
    serving = asyncio.create_task(server.serve([socket]))
    yield socket.getsockname()[1]
    server.should_exit = True
    await serving


class Client:
    """One connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self.writer = reader, writer

    async def ask(self, path: str) -> bytes:
        """Give the head of the answer."""
        self.writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return await self.answer()

    async def answer(self) -> bytes:
        """Give the head of the next answer."""
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        await self._reader.readexactly(int(head.partition(b"content-length: ")[2].split(b"\r\n")[0]))
        return head

    async def write_without_end(self, data: bytes) -> None:
        """Write, and read nothing."""
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]
        while True:
            self.writer.write(data * 1_000)
            await self.writer.drain()

    async def rest(self) -> bytes:
        """Give what comes until the server closes it."""
        try:
            return await self._reader.read()
        except ConnectionError:
            return b""


@asynccontextmanager
async def clients(port: int, count: int) -> AsyncIterator[list[Client]]:
    """Several connections, closed at the end."""
    several = [Client(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(count)]
    yield several
    for client in several:
        client.writer.close()
    await asyncio.gather(*(client.writer.wait_closed() for client in several), return_exceptions=True)


async def test_a_connection_too_many_hears_when_to_come_again(port: int, monkeypatch: pytest.MonkeyPatch):
    """
    Above the limit a connection is answered 503 with Retry-After and closed, those below it are served as before, and
    how the gateway is can be asked all the same; above twice the limit it is closed unheard.
    """
    monkeypatch.setattr(door, "MOST", 2)
    async with clients(port, 5) as (first, second, third, fourth, fifth):
        assert b"" == await fifth.rest()
        assert (await first.ask("/slack/events")).startswith(b"http/1.1 200")
        assert (await fourth.ask("/readyz")).startswith(b"http/1.1 200")
        refused = await third.ask("/slack/events")
        assert b"" == await third.rest()
        assert (await second.ask("/slack/events")).startswith(b"http/1.1 200")

    assert refused.startswith(b"http/1.1 503")
    assert b"retry-after: 5\r\n" in refused


async def test_a_head_that_does_not_come_ends_its_connection(port: int, monkeypatch: pytest.MonkeyPatch):
    """
    Who says nothing, and who says it letter by letter, is not waited for; who was answered in time may ask again.
    """
    monkeypatch.setattr(door, "SLOWEST", 0.2)
    async with clients(port, 3) as (silent, slow, quick):
        slow.writer.write(b"POST /slack/events HTTP/1.1\r\nHos")
        assert (await quick.ask("/readyz")).startswith(b"http/1.1 200")

        assert (b"", b"") == (await silent.rest(), await slow.rest())
        assert (await quick.ask("/readyz")).startswith(b"http/1.1 200")


async def test_a_head_without_end_is_not_kept(port: int):
    """
    A head that is too large is answered 400, and its connection is closed.
    """
    async with clients(port, 1) as (client,):
        client.writer.write(b"POST /slack/events HTTP/1.1\r\n" + b"X-Much: more\r\n" * 8_000)

        assert (await client.rest()).startswith(b"HTTP/1.1 400")


async def test_what_there_is_no_room_for_is_refused_by_its_head(port: int):
    """
    The answer is there before the body is, the rest of which is thrown away; on the same connection it goes on.
    """
    async with clients(port, 1) as (client,):
        for _ in range(200):
            client.writer.write(b"POST /slack/events HTTP/1.1\r\nX-Room: no\r\nContent-Length: 1000\r\n\r\n")
            refused = await client.answer()
            client.writer.write(b"x" * 1000)
        taken = await client.ask("/slack/events")
        client.writer.write(b"POST /slack/events HTTP/1.0\r\nX-Room: no\r\n\r\n")
        last = await client.rest()

    assert refused.startswith(b"http/1.1 503")
    assert b"retry-after: 5\r\n" in refused
    assert taken.startswith(b"http/1.1 200")
    assert last.startswith(b"HTTP/1.1 503")


async def test_who_is_refused_and_does_not_listen_is_left(port: int, monkeypatch: pytest.MonkeyPatch):
    """
    A body that never comes, and answers that are never read, end their connection.
    """
    monkeypatch.setattr(door, "SLOWEST", 0.2)
    async with clients(port, 2) as (slow, deaf):
        slow.writer.write(b"POST /slack/events HTTP/1.1\r\nX-Room: no\r\nContent-Length: 1000\r\n\r\n")
        await slow.answer()
        assert b"" == await slow.rest()
        with pytest.raises(ConnectionError):
            await deaf.write_without_end(b"POST /slack/events HTTP/1.1\r\nX-Room: no\r\nContent-Length: 0\r\n\r\n")
