"""
From Slack to the disk: what comes in, until Slack is told that we have it.

The messages are ones that concern no agent (they stand in channels, under a message of ours that asks nothing), so that
they are stored and decided, and nothing follows from them: what is measured is the way in. They are spread over 64
channels.
"""

from __future__ import annotations

import itertools
import os
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

from tests.bench import gateway
from tests.bench.http import Connection
from tests.bench.measure import LOAD, Run, closed_loop, folder, row, server, size
from tests.bench.slack_side import Json, Slack, signed

CHANNELS = 64
WARM = 200  # messages before a run is timed; as many as are in flight where it is short
STORED = {"store/ringback.sqlite": "SELECT COUNT(*) FROM events", "floor.sqlite": "SELECT COUNT(*) FROM facts"}
MOST = {1: 20_000, 64: 60_000}  # messages a second that are made ready; more than any row here takes

One = Callable[[int], Awaitable[None]]


def messages(slack: Slack) -> Iterator[Json]:
    """Messages without end, each unlike any before."""
    number = 0
    while True:
        user, channel = gateway.user(number % gateway.PEOPLE), f"C{number % CHANNELS:08d}"
        yield slack.message(user, f"the build of {number} is through", channel, "1700000000.000001")
        number += 1


# Over HTTP -----------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def http_load(slack: Slack, port: int, path: str, in_flight: int, most: int) -> AsyncIterator[One]:
    """Requests signed beforehand, over kept connections. Where they run out they begin again, and nobody keeps them."""
    stream = messages(slack)
    ready = itertools.cycle([signed(next(stream), path) for _ in range(most)])
    connections = [await Connection.open(port) for _ in range(in_flight)]

    async def one(number: int) -> None:
        status = await connections[number].insist(next(ready))
        assert status == 200, f"the server answers {status}"

    yield one
    for connection in connections:
        connection.close()


def http_floor(kind: str) -> Any:
    """A floor behind a web server."""

    @asynccontextmanager
    async def start(place: Path, slack: Slack, in_flight: int, most: int) -> AsyncIterator[One]:
        async with (
            server(["tests.bench.floors", kind, str(place)], place) as port,
            http_load(slack, port, "/slack", in_flight, most) as one,
        ):
            yield one

    return start


@asynccontextmanager
async def http_ringback(place: Path, slack: Slack, in_flight: int, most: int) -> AsyncIterator[One]:
    """The gateway, with a request URL."""
    async with (
        gateway.running(place, slack, "http") as port,
        http_load(slack, port, gateway.REQUEST_URL, in_flight, most) as one,
    ):
        yield one


# Over Socket Mode ----------------------------------------------------------------------------------------------------


def socket_load(slack: Slack) -> One:
    """Envelopes, each until it is acknowledged."""
    stream = messages(slack)

    async def one(number: int) -> None:
        await slack.hand(next(stream))

    return one


def socket_floor(kind: str) -> Any:
    """A floor behind Bolt."""

    @asynccontextmanager
    async def start(place: Path, slack: Slack, in_flight: int, most: int) -> AsyncIterator[One]:
        async with server(["tests.bench.floors", kind, str(place), slack.api], place):
            await slack.connected.wait()
            yield socket_load(slack)

    return start


@asynccontextmanager
async def socket_ringback(place: Path, slack: Slack, in_flight: int, most: int) -> AsyncIterator[One]:
    """The gateway, with a connection that it holds."""
    async with gateway.running(place, slack, "socket"):
        yield socket_load(slack)


WEBHOOK = {
    "ringback": http_ringback,
    "floor: verify, no store": http_floor("verify"),
    "floor: verify, bare SQLite, shared commits": http_floor("commit"),
    "slack-bolt, stored before its 200": http_floor("bolt"),
    "the load itself: 200 to whatever comes": http_floor("answer"),
}
SOCKET = {
    "ringback": socket_ringback,
    "floor: Bolt, no store": socket_floor("socket-ack"),
    "floor: Bolt, bare SQLite, shared commits": socket_floor("socket-commit"),
}


async def measure(kinds: dict[str, Any], seconds: float, runs: int) -> list[dict[str, Any]]:
    """Run each kind in turn, and then all of them again."""
    os.sched_setaffinity(0, LOAD)
    rows = []
    for in_flight in MOST:
        taken: dict[str, list[Run]] = {kind: [] for kind in kinds}
        for _ in range(runs):
            for kind, start in kinds.items():
                taken[kind].append(await once(start, in_flight, seconds))
        rows += [row(kind, in_flight, several) for kind, several in taken.items()]
    return rows


async def once(start: Any, in_flight: int, seconds: float) -> Run:
    """One run of one kind, from a fresh start."""
    warm = size(WARM, seconds, few=in_flight)
    most = int(seconds * MOST[in_flight]) + warm
    with folder() as place:
        async with Slack() as slack, start(Path(place), slack, in_flight, most) as one:
            for number in range(warm):
                await one(number % in_flight)
            run = await closed_loop(one, in_flight, seconds)
        acknowledged, kept = warm + run.done, stored(Path(place))
        assert kept in (None, acknowledged), f"{acknowledged} were acknowledged, and {kept} are stored"
        return run


def stored(place: Path) -> int | None:
    """How many facts are on the disk when the server is gone; None where it keeps none."""
    for file, count in STORED.items():
        if (place / file).exists():
            with closing(sqlite3.connect(place / file)) as db:
                found: int = db.execute(count).fetchone()[0]
                return found
    return None
