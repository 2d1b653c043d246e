"""
A client's round trip: asked over HTTP, its card at Slack's, a press of Approve, the webhook that tells how it ended.

The gateway is a real process with its real Slack client; Slack's side, the client and its receiver share the other
core. Each of the people is asked one thing at a time, in their direct messages. Stores in which nothing else is open
stand beside stores with ten thousand and a hundred thousand requests open (`filled.py`). At last the gateway is killed
with 64 trips under way, and started again at once; what breaks off is sent again as it was, under its key or as the
same press, until somebody takes it. The floor is as many bare SQLite commits as such a trip takes.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.bench import approval, filled, gateway
from tests.bench.http import AGAIN, NO_ROOM, PATIENCE, Connection, request
from tests.bench.measure import LOAD, SERVER, closed_loop, figure, folder, quantile, size
from tests.bench.process import Process
from tests.bench.slack_side import Json, Slack, signed

SOME, MANY = 10_000, 100_000  # requests that are open besides; a thousandth of these where a run is short
MOST = gateway.PEOPLE  # in flight; eight where a run is short
WARM = 3  # trips of each person before a run is timed; one where it is short
COMMITS = 7  # of a trip alone, see test_commits.py
TOKEN, KEY = "a-token-of-the-benchmark", base64.b64encode(b"k" * 32).decode()
CLIENT = """
[[clients]]
name = "bench"
token = "env:BENCH_TOKEN"
per_minute = 10000000
webhook = "http://127.0.0.1:{port}/"
webhook_secret = "env:BENCH_WEBHOOK"
inside = true
"""


class Trip(NamedTuple):
    """When the client began to ask, the card was at Slack's and a person pressed, and the webhook was there."""

    asked: float
    pressed: float
    ended: float

    @property
    def whole(self) -> float:
        return self.ended - self.asked


class Client:
    """Asks, presses, and is told; `trips` are those that have ended."""

    def __init__(self) -> None:
        self.slack = Slack(self._said)
        self.port = 0
        self.trips: list[Trip] = []
        self._cards: dict[str, asyncio.Future[Json]] = {}
        self._ends: dict[str, asyncio.Future[None]] = {}
        self._idle: list[Connection] = []
        self._began, self._count = time.time_ns(), 0  # no two clients of a store use the same keys

    async def one(self, number: int) -> None:
        """A whole trip, with the person of a number."""
        self._count += 1
        key, user = f"{self._began}-{self._count}", gateway.user(number)
        loop = asyncio.get_running_loop()
        self._cards[key], self._ends[key] = card, ended = loop.create_future(), loop.create_future()
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._send(asking(key, number)))
            said = await card
            shown = time.perf_counter()
            (button,) = (
                e for b in said["blocks"] for e in b.get("elements", ()) if e.get("action_id") == "ringback.approve"
            )
            press = self.slack.press(user, said["channel"], said["ts"], button)
            group.create_task(self._send(signed(press, gateway.REQUEST_URL)))
            await ended
            self.trips.append(Trip(began, shown, time.perf_counter()))

    async def _send(self, data: bytes) -> None:
        """Send something until it is taken."""
        async with asyncio.timeout(PATIENCE):
            while (status := await self._status(data)) == NO_ROOM:
                await asyncio.sleep(AGAIN)
        assert 200 <= status < 300, f"the gateway answers {status}"

    async def _status(self, data: bytes) -> int:
        try:
            connection = self._idle.pop() if self._idle else await Connection.open(self.port)
            status = await connection.send(data)
        except OSError:
            return NO_ROOM
        self._idle.append(connection)
        return status

    def _said(self, arguments: Json) -> None:
        found = re.search(r"\bno\. (\d+-\d+)", arguments["text"])
        waiting = self._cards.pop(found.group(1), None) if found else None
        if waiting is not None:
            waiting.set_result(arguments)

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one webhook; a gateway that is killed breaks off."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        except asyncio.IncompleteReadError:
            writer.close()
            return
        length = re.search(r"content-length: (\d+)", head)
        assert length is not None
        told = json.loads(await reader.readexactly(int(length.group(1))))
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()
        writer.close()
        assert told["data"]["settlement"]["approved"], told
        waiting = self._ends.pop(told["data"]["key"], None)
        if waiting is not None:
            waiting.set_result(None)

    def hang_up(self) -> None:
        """Let go of what is connected to a gateway."""
        for connection in self._idle:
            connection.close()
        self._idle.clear()


def asking(key: str, number: int) -> bytes:
    """What the client sends."""
    call = {"tool": "release", "title": f"Release no. {key}?", "arguments": {"tag": "1.4.2"}, "to": [f"p{number}"]}
    headers = {"Authorization": f"Bearer {TOKEN}", "Idempotency-Key": key, "Content-Type": "application/json"}
    return request("/v1/requests", json.dumps(call).encode(), headers)


@asynccontextmanager
async def coming(place: Path) -> AsyncIterator[tuple[Client, dict[str, str]]]:
    """A client with its receiver, and the gateway's settings in a folder; gives its secrets."""
    client = Client()
    receiver = await asyncio.start_server(client.receive, "127.0.0.1", 0)
    async with client.slack:
        secrets = gateway.settings(place, client.slack, "http")
        port = receiver.sockets[0].getsockname()[1]
        with (place / "ringback.toml").open("a") as file:
            file.write(CLIENT.format(port=port))
        yield client, secrets | {"BENCH_TOKEN": TOKEN, "BENCH_WEBHOOK": f"whsec_{KEY}"}
    receiver.close()


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """Fill the stores, and measure them in turns."""
    os.sched_setaffinity(0, SERVER)
    some, many = (size(count, seconds, few=count // 1_000) for count in (SOME, MANY))
    with folder() as name:
        stores = {count: Path(name) / f"of-{count}" for count in (0, some, many)}
        for count, place in stores.items():
            (place / "store").mkdir(parents=True)
            if count:
                await filled.fill(place / "store", count)
        os.sched_setaffinity(0, LOAD)
        took: dict[tuple[int, int], list[list[Trip]]] = {}
        floors: list[list[float]] = []
        broken: list[list[Trip]] = []
        away: list[float] = []
        for _ in range(runs):
            floors.append(list((await approval.floor(COMMITS, 1, seconds)).latencies))
            for count, place in stores.items():
                for in_flight, trips in (await undisturbed(place, seconds)).items():
                    took.setdefault((in_flight, count), []).append(trips)
            trips, gone = await killed(stores[0], seconds)
            broken.append(trips)
            away.append(gone)
        floor = figure(f"floor: {COMMITS} bare SQLite commits", "ms p50", at(0.5, floors))
        return [floor, *told_of(took, floor), *told_of_kills(broken, away)]


async def undisturbed(place: Path, seconds: float) -> dict[int, list[Trip]]:
    """Trips over a store, one by one and then many at once."""
    async with coming(place) as (client, secrets):
        process = Process(place, secrets)
        try:
            await process.ready()
            client.port = process.port
            trips = {}
            for in_flight in (1, size(MOST, seconds, few=8)):
                for _ in range(size(WARM, seconds, few=1)):
                    await asyncio.gather(*map(client.one, range(in_flight)))
                client.trips.clear()
                await closed_loop(client.one, in_flight, seconds)
                trips[in_flight] = [*client.trips]
            return trips
        finally:
            client.hang_up()
            process.end()


async def killed(place: Path, seconds: float) -> tuple[list[Trip], float]:
    """Kill the gateway in the middle of many trips; gives those that this broke, and the seconds until it was ready."""
    async with coming(place) as (client, secrets):
        process = Process(place, secrets)
        try:
            await process.ready()
            client.port = process.port
            most = size(MOST, seconds, few=8)
            for _ in range(size(WARM, seconds, few=1)):
                await asyncio.gather(*map(client.one, range(most)))
            client.trips.clear()
            loop = asyncio.ensure_future(closed_loop(client.one, most, seconds))
            await asyncio.sleep(seconds / 2)
            process.end(signal.SIGKILL)
            died = time.perf_counter()
            client.hang_up()
            process = Process(place, secrets)
            away = await process.ready()
            client.port = process.port
            await loop
            return [trip for trip in client.trips if trip.asked < died < trip.ended], away
        finally:
            client.hang_up()
            process.end()


def at(share: float, runs: Sequence[Sequence[float]]) -> list[float]:
    """The quantile of each run, in milliseconds."""
    return [quantile(run, share) * 1e3 for run in runs]


def told_of(took: Mapping[tuple[int, int], list[list[Trip]]], floor: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of what was not disturbed: the parts of a trip, and the whole of it beside more and more that is open."""
    rows: list[dict[str, Any]] = []
    alone = took[1, 0]
    parts = {
        "asked → its card is at Slack's": [[trip.pressed - trip.asked for trip in run] for run in alone],
        "pressed → the webhook has arrived": [[trip.ended - trip.pressed for trip in run] for run in alone],
    }
    for what, runs in parts.items():
        rows += [figure(what, "ms p50", at(0.5, runs)), figure("the same", "ms p99", at(0.99, runs))]
    firsts: dict[int, list[dict[str, Any]]] = {}
    for (in_flight, count), several in sorted(took.items()):
        runs = [[trip.whole for trip in run] for run in several]
        many = "" if in_flight == 1 else f", {in_flight} in flight"
        what = f"asked → the webhook has arrived{many}, {f'{count:,} others' if count else 'nothing else'} open"
        beside = firsts.get(in_flight, [floor, None] if in_flight == 1 else [None, None])
        aim = "≤ 1.2 ×" if count else ""
        made = [
            figure(what, "ms p50", at(0.5, runs), beside=beside[0], aim=aim),
            figure("the same", "ms p99", at(0.99, runs), beside=beside[1]),
        ]
        firsts.setdefault(in_flight, [made[0], made[1] | {"what": what}])
        rows += made
    return rows


def told_of_kills(broken: list[list[Trip]], away: list[float]) -> list[dict[str, Any]]:
    """Rows of what was under way when the gateway was killed."""
    runs = [[trip.whole for trip in run] for run in broken]
    return [
        figure("kill -9 → the next one is ready", "ms", [gone * 1e3 for gone in away]),
        figure(f"asked → the webhook has arrived, of up to {MOST} that the kill broke", "ms p50", at(0.5, runs)),
        figure("the same", "ms p99", at(0.99, runs)),
    ]
