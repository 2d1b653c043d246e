"""
Slack's side gone wild: signed events, so many a second, whatever becomes of them.

A program of its own, so that neither the gateway nor whoever watches it shares its time: `python -m
tests.overload.flood` reads a `Wanted` as JSON from standard input and prints a `Told`. An event is due at its time and
not when an answer has come; where every connection waits for an answer it goes out late. The events are messages in
channels, under a message of the app's that asks nothing: they are stored and decided, and nothing follows from them.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import itertools
import json
import re
import sqlite3
import sys
import time
from collections import Counter, deque
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.bench.http import request
from tests.bench.measure import quantile
from tests.process import ROOT

PLACES = 64  # channels over which the messages are spread
TICK = 0.002  # seconds between two looks at what is due
LAST = 15.0  # seconds that the last answers are waited for
EVENT = (
    '{"type": "event_callback", "team_id": "%(team)s", "api_app_id": "A0FLOOD", "event_id": "EvFLOOD%(number)s", '
    '"event_time": 1700000000, "event": {"type": "message", "channel": "C%(place)08d", "channel_type": "channel", '
    '"user": "%(user)s", "team": "%(team)s", "text": "flood %(number)s", "ts": "17%(number)s.000002", '
    '"event_ts": "17%(number)s.000002", "thread_ts": "1700000000.000001", "parent_user_id": "%(bot)s"}, '
    '"authorizations": [{"team_id": "%(team)s", "user_id": "%(bot)s", "is_bot": true}]}'
)


@dataclass(frozen=True)
class Wanted:
    """What to send. Without a rate each connection sends as soon as it was answered; with `numbers` just those."""

    port: int
    secret: str
    team: str
    bot: str
    user: str
    seconds: float = 0.0
    connections: int = 64
    rate: float = 0.0
    first: int = 0
    numbers: Sequence[int] | None = None


@dataclass
class Told:
    """What became of them: by number what was taken and refused, and in seconds how long that took at p50 and p99."""

    sent: int = 0
    wall: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    bare: int = 0  # refusals that do not say when to come again
    broken: int = 0  # connections that ended without an answer, or could not be opened
    unanswered: int = 0
    taken: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    taking: tuple[float, float] = (0.0, 0.0)
    refusing: tuple[float, float] = (0.0, 0.0)


class Connection(asyncio.Protocol):
    """One connection, with one request under way at most."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._transport: asyncio.Transport | None = None
        self._got, self._number, self._at = b"", -1, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._flood.free.append(self)

    def send(self, number: int) -> None:
        """Send an event."""
        assert self._transport is not None
        self._number, self._at = number, time.perf_counter()
        self._transport.write(self._flood.event(number))

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.lower().partition(b"\r\n\r\n")
        if found and len(body) >= int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0):
            number, self._number, self._got = self._number, -1, b""
            self._flood.answered(number, head, time.perf_counter() - self._at)
            if b"connection: close" not in head:
                self._flood.free.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._flood.lost(self, answered=self._number < 0)


class Flood:
    """Sends them all."""

    def __init__(self, wanted: Wanted) -> None:
        self.free: deque[Connection] = deque()
        self._wanted, self._told = wanted, Told()
        self._statuses: Counter[str] = Counter()
        self._took: dict[bool, list[float]] = {True: [], False: []}
        self._numbers = iter(wanted.numbers) if wanted.numbers is not None else itertools.count(wanted.first)
        self._over = False

    def event(self, number: int) -> bytes:
        """An event as Slack signs it; of one number always the same, but for the time of its signature."""
        wanted, stamp = self._wanted, str(int(time.time()))
        known = {"team": wanted.team, "bot": wanted.bot, "user": wanted.user}
        body = EVENT % (known | {"number": f"{number:08d}", "place": number % PLACES})
        signature = hmac.digest(wanted.secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hex()
        headers = {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={signature}"}
        return request("/slack/events", body.encode(), headers | {"Content-Type": "application/json"})

    def answered(self, number: int, head: bytes, seconds: float) -> None:
        """An answer has come."""
        status, told = head[9:12].decode(), self._told
        self._statuses[status] += 1
        self._took[status == "200"].append(seconds)
        (told.taken if status == "200" else told.refused).append(number)
        told.bare += status != "200" and b"retry-after: " not in head

    def lost(self, connection: Connection, *, answered: bool) -> None:
        """A connection is gone, and another takes its place."""
        if connection in self.free:
            self.free.remove(connection)
        if not self._over:
            self._told.broken += not answered
            asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: Connection(self), "127.0.0.1", self._wanted.port)
        except OSError:
            self._told.broken += 1

    async def run(self) -> Told:
        """Send, and wait for the answers."""
        wanted, told = self._wanted, self._told
        for _ in range(wanted.connections):
            await self._open()
        gc.disable()
        began = time.perf_counter()
        for number in self._numbers:
            while not self.free or (wanted.rate and told.sent >= (time.perf_counter() - began) * wanted.rate):
                await asyncio.sleep(TICK if wanted.rate else 0)
            if wanted.numbers is None and time.perf_counter() - began >= wanted.seconds:
                break
            self.free.popleft().send(number)
            told.sent += 1
            if not wanted.rate:
                await asyncio.sleep(0)
        told.wall = time.perf_counter() - began
        until = time.perf_counter() + LAST
        while self._statuses.total() + told.broken < told.sent and time.perf_counter() < until:
            await asyncio.sleep(TICK)
        self._over = True
        told.statuses, told.unanswered = dict(self._statuses), told.sent - self._statuses.total()
        told.taking, told.refusing = [
            (quantile(took, 0.5), quantile(took, 0.99)) if took else (0.0, 0.0) for took in self._took.values()
        ]
        return told


async def flood(wanted: Wanted) -> Told:
    """Run one in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__), cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate(json.dumps(asdict(wanted)).encode())
    assert process.returncode == 0
    return Told(**json.loads(out))


def stored(folder: Path) -> Counter[int]:
    """How often each event of a flood is in the log of a gateway that has ended."""
    with closing(sqlite3.connect(folder / "store" / "ringback.sqlite")) as db:
        bodies = db.execute("SELECT body FROM events WHERE instr(body, 'flood ')")
        return Counter(int(number) for (body,) in bodies for number in re.findall(rb'"flood (\d+)"', body))


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(Flood(Wanted(**json.load(sys.stdin))).run()))))
