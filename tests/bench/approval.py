"""
From the press of a button to the start of the tool that it approves, and the whole round trip around it.

Each person writes to the agent in their own direct messages, the agent's call needs an approval, its card comes, they
press Approve, the tool starts, and the agent says that it is done: five durable commits. The gateway is a real process,
with its real Slack client; what it posts goes to the process that makes the load. `click` is timed from before the
press is handed over until the tool's first line, by the clock that both processes share; `trip` from the message to the
agent's last word.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.bench import gateway
from tests.bench.floors import Disk
from tests.bench.measure import LOAD, SERVER, Run, closed_loop, folder, row, size
from tests.bench.slack_side import Door, Json, RequestUrl, Slack

WARM = 3  # trips of each person before a run is timed; one where it is short
TRIP, CLICK = 5, 2  # commits: of a trip, and between a press and the start of the tool
FLOOR = "floor: {} bare SQLite commits, shared"
ROW = b"x" * 300  # about as much as a fact is


class People:
    """They ask and approve, each one thing at a time."""

    def __init__(self, place: Path) -> None:
        self.slack = Slack(self._said)
        self.door: Door = self.slack
        self.clicks: list[float] = []
        self._waiting: dict[str, asyncio.Future[Json]] = {}
        self._started: dict[str, asyncio.Future[float]] = {}
        self._told = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._told.bind(str(place / "told"))
        self._count = 0
        asyncio.get_running_loop().add_reader(self._told, self._heard)

    def close(self) -> None:
        """Listen no more."""
        asyncio.get_running_loop().remove_reader(self._told)
        self._told.close()

    def _heard(self) -> None:
        what, at = self._told.recv(200).decode().split()
        self._started.pop(what).set_result(float(at))

    def _said(self, arguments: Json) -> None:
        waiting = self._waiting.pop(arguments["channel"], None)
        if waiting is not None and not waiting.done():
            waiting.set_result(arguments)

    def _next_post(self, channel: str) -> asyncio.Future[Json]:
        self._waiting[channel] = waiting = asyncio.get_running_loop().create_future()
        return waiting

    async def one(self, number: int) -> None:
        """A whole trip."""
        user = gateway.user(number)
        channel = f"D{user[1:]}"
        self._count += 1
        what = f"{number}-{self._count}"
        card = self._next_post(channel)
        await self.door.hand(self.slack.message(user, what))
        said = await card
        (button,) = (
            e for b in said["blocks"] for e in b.get("elements", ()) if e.get("action_id") == "ringback.approve"
        )
        self._started[what] = started = asyncio.get_running_loop().create_future()
        done = self._next_post(channel)
        pressed = time.monotonic()
        handed = asyncio.ensure_future(self.door.hand(self.slack.press(user, channel, said["ts"], button)))
        self.clicks.append(await started - pressed)
        last = await done
        assert last["text"] == "done", last["text"]
        await handed


@asynccontextmanager
async def over_socket_mode(people: People, place: Path) -> AsyncIterator[None]:
    """The gateway, with a connection that it holds."""
    async with gateway.running(place, people.slack, "socket"):
        yield


@asynccontextmanager
async def over_http(people: People, place: Path) -> AsyncIterator[None]:
    """The gateway, with a request URL."""
    async with gateway.running(place, people.slack, "http") as port:
        people.door = door = RequestUrl(port, gateway.REQUEST_URL)
        yield
        door.close()


WAYS = {"Socket Mode": over_socket_mode, "HTTP": over_http}


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """Run each way and the floors in turn, and then all of them again."""
    os.sched_setaffinity(0, LOAD)
    rows = []
    for in_flight in (1, 64):
        trips: dict[str, list[Run]] = {}
        clicks: dict[str, list[Run]] = {}
        for _ in range(runs):
            for way, start in WAYS.items():
                trip, click = await once(start, in_flight, seconds)
                trips.setdefault(f"ringback, {way}: the trip", []).append(trip)
                clicks.setdefault(f"ringback, {way}: press → tool started", []).append(click)
            trips.setdefault(FLOOR.format("five"), []).append(await floor(TRIP, in_flight, seconds))
            clicks.setdefault(FLOOR.format("two"), []).append(await floor(CLICK, in_flight, seconds))
        rows += [row(what, in_flight, several) for what, several in trips.items()]
        rows += [row(what, in_flight, several, timed=True) for what, several in clicks.items()]
    return rows


async def once(start: Any, in_flight: int, seconds: float) -> tuple[Run, Run]:
    """One run, from a fresh start: the whole trips, and the clicks in them."""
    with folder() as name:
        place = Path(name)
        people = People(place)
        try:
            async with people.slack, start(people, place):
                for _ in range(size(WARM, seconds, few=1)):
                    await asyncio.gather(*map(people.one, range(in_flight)))
                people.clicks.clear()
                trip = await closed_loop(people.one, in_flight, seconds)
                return trip, Run(len(people.clicks), trip.wall, people.clicks)
        finally:
            people.close()


async def floor(commits: int, in_flight: int, seconds: float) -> Run:
    """So many commits of one row, one after the other, on the server's core."""
    os.sched_setaffinity(0, SERVER)
    try:
        with folder() as place:
            disk, number = Disk(Path(place) / "floor.sqlite"), iter(range(10**9))

            async def one(_: int) -> None:
                for _ in range(commits):
                    await disk.put(str(next(number)), ROW)

            return await closed_loop(one, in_flight, seconds)
    finally:
        os.sched_setaffinity(0, LOAD)
