"""
The whole trip of an approval through the gateway, without a vendor's client: first in process, then over HTTP.

Somebody writes, the agent's model (a script) wants a refund, which needs an approval; its card goes out, somebody
presses Approve, the tool starts and ends, and the agent says that it is done: five durable commits. Each trip is in a
conversation of its own. Everything is wired as `ringback serve` wires it; only the channel is another.

`python -m tests.bench.engine` runs that gateway over the folder it stands in.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

from adapters.base import Accepted, Refused
from gateway import bootstrap, settings, telemetry
from gateway.cli.serving import until_signal
from tests.bench import floor_trip, loopback
from tests.bench.http import AGAIN, PATIENCE
from tests.bench.measure import LOAD, SERVER, SHORT, Run, closed_loop, folder, row, server
from tests.bench.slack_side import RequestUrl, Slack

PEOPLE = [f"U{number:08d}" for number in range(8)]  # all of them may approve, also what they asked for
TEXT = "please refund order 1234 " * 4
IN_FLIGHT = (1, 64, 1_000)  # the last of these not where a run is short
AT_ONCE = 200  # things handed over at the same time; of more some would be refused, and come again

CONFIG = """
[limits]
starts_per_hour = 0
[server]
data = "store"
port = 0
[[slack]]
account = "{account}"
port = {port}
[[models]]
name = "script"
script = "tests.bench.refund:script"
[[agents]]
use = ["tests.bench.refund:clerk"]
model = "script"
listen = ["slack"]
[[policy]]
tool = "refund"
roles = ["member"]
targets = ["origin"]
"""
PERSON = """
[[people]]
id = "{user}"
name = "{user}"
identities = ["slack:{account}/{user}"]
roles = ["member", "owner"]
"""


class Door(Protocol):
    """How something is handed to the gateway; `hand` returns when it is stored."""

    async def hand(self, payload: loopback.Json) -> None: ...


class InProcess:
    """Hands over what Slack would post, read already."""

    def __init__(self, channel: loopback.Loopback) -> None:
        self._channel = channel

    async def hand(self, payload: loopback.Json) -> None:
        stored = await self._store(payload)
        if isinstance(stored, Refused) and stored.retry:
            async with asyncio.timeout(PATIENCE):
                while isinstance(stored, Refused) and stored.retry:  # a vendor brings it again
                    await asyncio.sleep(AGAIN)
                    stored = await self._store(payload)
        assert isinstance(stored, Accepted), stored

    async def _store(self, payload: loopback.Json) -> object:
        assert self._channel.gate is not None
        return await self._channel.gate.append(loopback.inbound(payload, json.dumps(payload).encode()))


class People:
    """They ask and approve, each trip in a conversation of its own."""

    def __init__(self, door: Door) -> None:
        self._door, self._slack, self._numbers = door, Slack(), itertools.count(1)
        self._waiting: dict[tuple[str, str], asyncio.Future[str]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)

    def hear(self, line: str) -> None:
        """What the gateway says: the kind, the place, and the request of a card or a text."""
        kind, place, what = line.split(maxsplit=2)
        waiting = self._waiting.pop((kind, place), None)
        if waiting is not None:
            waiting.set_result(what)

    def _next(self, kind: str, place: str) -> asyncio.Future[str]:
        self._waiting[kind, place] = waiting = asyncio.get_running_loop().create_future()
        return waiting

    async def one(self, number: int) -> None:
        """A whole trip."""
        user, place = PEOPLE[number % len(PEOPLE)], f"C{next(self._numbers):08d}"
        card, done = self._next("ask", place), self._next("say", place)
        await self._hand(self._slack.message(user, TEXT, place))
        button = {"type": "button", "action_id": "approve", "text": {"type": "plain_text", "text": "Approve"}}
        await self._hand(self._slack.press(user, place, "1.1", button | {"value": await card}))
        assert await done == "done", await done

    async def _hand(self, payload: loopback.Json) -> None:
        async with self._turns:
            await self._door.hand(payload)


def configure(place: Path, port: int = 0) -> settings.Settings:
    """Write the settings into a folder, and read them."""
    loopback.enter()
    people = "".join(PERSON.format(user=user, account=loopback.ACCOUNT) for user in PEOPLE)
    (place / "ringback.toml").write_text(CONFIG.format(account=loopback.ACCOUNT, port=port) + people)
    return settings.load(place / "ringback.toml", server={"data": str(place / "store")})


@asynccontextmanager
async def in_process() -> AsyncIterator[People]:
    """The gateway in this process, with all its parts, and nothing comes through its port."""
    with folder() as name:
        service, stop = bootstrap.build(configure(Path(name)), name), asyncio.Event()
        channel = loopback.ACCOUNTS.pop()
        people = People(InProcess(channel))
        channel.said = people.hear
        running = asyncio.create_task(service.run(stop))
        await channel.listens.wait()
        yield people
        stop.set()
        await running


@asynccontextmanager
async def over_http(program: Callable[[Path, int], list[str]]) -> AsyncIterator[People]:
    """A program on the server's core, which answers signed requests and says what it says over one connection."""
    with folder() as name:
        people: list[People] = []

        async def heard(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            connected.set()
            while line := await reader.readline():
                people[0].hear(line.decode().strip())
            writer.close()

        connected = asyncio.Event()
        async with await asyncio.start_server(heard, "127.0.0.1", 0) as listening:
            out = listening.sockets[0].getsockname()[1]
            async with server(program(Path(name), out), Path(name)) as port:
                await connected.wait()
                door = RequestUrl(port, loopback.PATH)
                people.append(People(door))
                yield people[0]
                door.close()


def ours(place: Path, out: int) -> list[str]:
    configure(place, out)
    return ["tests.bench.engine", "serve"]


async def once(start: Callable[[], Any], in_flight: int, seconds: float, **how: Any) -> Run:
    """One run, from a fresh start."""
    async with start() as people:
        await asyncio.gather(*map(people.one, range(min(in_flight, 64))))
        return await closed_loop(people.one, in_flight, seconds, **how)


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """In process, the gateway and the floor in turn."""
    os.sched_setaffinity(0, SERVER)
    logging.getLogger("ringback").setLevel(logging.WARNING)
    kinds = {"ringback": in_process, floor_trip.ROWS: floor_trip.rows}
    return await _in_turn(kinds, seconds, runs, collect=True)


async def measure_http(seconds: float, runs: int) -> list[dict[str, Any]]:
    """Over HTTP, the gateway and the floor in turn."""
    os.sched_setaffinity(0, LOAD)
    kinds = {"ringback": lambda: over_http(ours), floor_trip.HTTP: lambda: over_http(floor_trip.program)}
    return await _in_turn(kinds, seconds, runs)


async def _in_turn(kinds: dict[str, Callable[[], Any]], seconds: float, runs: int, **how: Any) -> list[dict[str, Any]]:
    rows = []
    for in_flight in IN_FLIGHT if seconds >= SHORT else IN_FLIGHT[:2]:
        several: dict[str, list[Run]] = {kind: [] for kind in kinds}
        for _ in range(runs):
            for kind, start in kinds.items():
                several[kind].append(await once(start, in_flight, seconds, **how))
        rows += [row(kind, in_flight, done) for kind, done in several.items()]
    return rows


def main() -> None:
    """Run the gateway, as `ringback serve` does."""
    loopback.enter()
    loaded = settings.load(Path("ringback.toml"))
    telemetry.configure(loaded.log.level, bootstrap.secrets(loaded))
    asyncio.run(until_signal(bootstrap.build(loaded, "ringback.toml").run))


if __name__ == "__main__":
    main()
