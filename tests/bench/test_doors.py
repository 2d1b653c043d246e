"""
What a gateway has no room for comes again, as from a vendor: a slow machine fails no benchmark.
"""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from adapters.base import OVERLOADED, Accepted, Inbound, Refused
from gateway.runtime import Runtime
from tests.bench import engine, loopback, slack_side
from tests.bench.slack_side import RequestUrl, Slack


class Full:
    """A gate that has no room at first."""

    def __init__(self, *answers: Accepted | Refused) -> None:
        self.answers = [*answers]

    async def append(self, inbound: Inbound) -> Accepted | Refused:
        return self.answers.pop(0)


async def test_in_process():
    """
    What is refused for now is handed over again until it is taken; what is refused for good is a failure.
    """
    channel = loopback.Loopback(loopback.Config(account=loopback.ACCOUNT), Runtime())
    later, never = Refused(OVERLOADED, retry=True), Refused("forged", retry=False)
    channel.gate = gate = Full(later, later, Accepted(1), never)  # type: ignore[assignment]
    door = engine.InProcess(channel)
    await door.hand(Slack().message("U1", "hello"))
    assert [never] == gate.answers
    with pytest.raises(AssertionError, match="forged"):
        await door.hand(Slack().message("U1", "hello"))


async def test_over_http():
    """
    A request that is answered 503 is sent again over the same connection.
    """
    answers = ["503 Service Unavailable", "503 Service Unavailable", "200 OK"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for answer in answers:
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].split()[0]))
            writer.write(f"HTTP/1.1 {answer}\r\ncontent-length: 0\r\n\r\n".encode())
        writer.close()
        served.set()

    served = asyncio.Event()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        door = RequestUrl(server.sockets[0].getsockname()[1], "/slack/events")
        await door.hand(Slack().message("U1", "hello"))
        await served.wait()
        door.close()


async def test_over_socket_mode(monkeypatch: pytest.MonkeyPatch):
    """
    An envelope that is not acknowledged comes again.
    """
    monkeypatch.setattr(slack_side, "UNHEARD", 0.01)
    async with (
        Slack() as slack,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{slack.port}/link") as link,
    ):
        await link.receive_json()
        handed = asyncio.ensure_future(slack.hand(slack.message("U1", "hello")))
        first, again = await link.receive_json(), await link.receive_json()
        await link.send_json({"envelope_id": again["envelope_id"]})
        await handed
    assert first == again
