"""
One connection, without a network.
"""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.slack.emulator.connection import Connection


class Wire:
    """The ASGI side of a connection: what comes in, and what went out."""

    def __init__(self, *incoming: dict[str, Any]) -> None:
        self.incoming = list(incoming)
        self.sent: list[Any] = []
        self.is_gone = False

    async def receive(self) -> Any:
        if self.incoming:
            return self.incoming.pop(0)
        return await asyncio.Event().wait()

    async def send(self, message: Any) -> None:
        if self.is_gone:
            raise OSError("gone")
        self.sent.append(message)


async def test_hanging_up_without_a_transport() -> None:
    """
    Where the transport cannot be reached, a cut is an unexplained close.
    """

    async def receive() -> Any:
        return await asyncio.Event().wait()

    wire = Wire()
    connection = Connection(1, 0.0)
    connection.send({"type": "hello"})
    connection.cut()
    await connection.run(receive, wire.send, lambda frame: None)

    assert [message["type"] for message in wire.sent] == ["websocket.send", "websocket.close"]
    assert wire.sent[1]["code"] == 1011


async def test_client_that_is_gone_ends_the_connection() -> None:
    """
    When the client is gone in the middle of a frame, the connection just ends.
    """
    wire = Wire()
    wire.is_gone = True
    connection = Connection(1, 0.0)
    connection.send({"type": "hello"})
    await connection.run(wire.receive, wire.send, lambda frame: None)


async def test_mistake_in_here_is_not_hidden() -> None:
    """
    An error in what listens to the app surfaces.
    """

    def heard(frame: Any) -> None:
        raise LookupError("a bug")

    wire = Wire({"type": "websocket.receive", "text": "{}"})
    with pytest.raises(LookupError):
        await Connection(1, 0.0).run(wire.receive, wire.send, heard)
