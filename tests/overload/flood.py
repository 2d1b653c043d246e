"""
Slack's side gone wild: signed events, so many a second, whatever becomes of them.

A program of its own, so that neither the gateway nor whoever watches it shares its time:
`python -m tests.overload.flood` reads a `Wanted` as JSON from standard input and prints a `Told`. An event is due at
its time and not when an answer has come; where every connection still waits for an answer it goes out late, and what
it took is counted from when it was due.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import hmac
import itertools
import json
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field

from tests.bench.measure import quantile
from tests.process import ROOT

PLACES = 64  # channels over which the messages are spread
TICK = 0.002  # seconds between two looks at what is due
PATIENCE = 10.0  # seconds that the last answers are waited for
TEXT = "flood {:09d}"


@dataclass(frozen=True)
class Wanted:
    """What to send, and how much of it. Without a rate each connection sends as soon as it was answered."""

    port: int
    path: str
    secret: str
    team: str
    bot: str
    seconds: float
    connections: int
    rate: float = 0.0
    first: int = 0
    numbers: Sequence[int] | None = None  # just these, once each
    direct: bool = False  # to the bot, and not about nothing in channels


@dataclass
class Told:
    """What became of them: those that were taken and refused by number, latencies in seconds."""

    offered: int = 0
    wall: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    bare: int = 0  # refusals that do not say when to come again
    broken: int = 0  # connections that ended without an answer, or could not be opened
    unanswered: int = 0
    taken: list[int] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    taken_p50: float = 0.0
    taken_p99: float = 0.0
    refused_p50: float = 0.0
    refused_p99: float = 0.0


class Connection(asyncio.Protocol):
    """One connection, with one request under way at most."""

    def __init__(self, flood: Flood) -> None:
        self._flood = flood
        self._transport: asyncio.Transport | None = None
        self._got = b""
        self._number, self._due = -1, 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._flood.free.append(self)

    def send(self, number: int, due: float) -> None:
        assert self._transport is not None
        self._number, self._due = number, due
        self._transport.write(self._flood.request(number))

    def data_received(self, data: bytes) -> None:
        self._got += data
        head, found, body = self._got.partition(b"\r\n\r\n")
        if not found:
            return
        head = head.lower() + b"\r\n"
        length = int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0] or 0)
        if len(body) < length:
            return
        self._got = b""
        number, self._number = self._number, -1
        self._flood.answered(number, int(head[9:12]), b"\r\nretry-after: " in head, self._due)
        if b"\r\nconnection: close" not in head:
            self._flood.free.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        if self in self._flood.free:
            self._flood.free.remove(self)
        if self._number >= 0:
            self._flood.told.broken += 1
        self._flood.lost()


class Flood:
    """Sends them all."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.free: deque[Connection] = deque()
        self.told = Told()
        self._late: deque[tuple[int, float]] = deque()
        self._latencies: dict[bool, list[float]] = {True: [], False: []}
        self._numbers = itertools.count(wanted.first) if wanted.numbers is None else iter(wanted.numbers)
        self._over = False
        self._opening: set[asyncio.Task[None]] = set()
        where = (
            '"channel": "D%s", "channel_type": "im"'
            if wanted.direct
            else (
                '"channel": "C%s", "channel_type": "channel", "thread_ts": "1700000000.000001", "parent_user_id": "'
                + wanted.bot
                + '"'
            )
        )
        self._event = (
            f'{{"token": "x", "team_id": "{wanted.team}", "api_app_id": "A0FLOOD", "type": "event_callback", '
            f'"event_id": "EvFLOOD%s", "event_time": %s, "event": {{"type": "message", "user": "U%s", '
            f'"team": "{wanted.team}", "text": "flood %s", "ts": "%s", "event_ts": "%s", {where}}}, '
            f'"authorizations": [{{"team_id": "{wanted.team}", "user_id": "{wanted.bot}", "is_bot": true}}]}}'
        )
        self._head = (
            f"POST {wanted.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            "X-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: v0=%s\r\nContent-Length: %d\r\n\r\n"
        )

    def request(self, number: int) -> bytes:
        """An event as Slack signs it; the same for the same number, but for the time."""
        stamp, text = str(int(time.time())), f"{number:09d}"
        place = f"{number % PLACES:08d}"
        ts = (
            f"1700000001.{number % 1_000_000:06d}"
            if number < 1_000_000
            else f"{1700000001 + number // 1_000_000}.{number % 1_000_000:06d}"
        )
        body = (self._event % (text, stamp, place, text, ts, ts, place)).encode()
        signature = hmac.digest(
            self._wanted.secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256
        ).hex()
        return (self._head % (stamp, signature, len(body))).encode() + body

    def answered(self, number: int, status: int, again: bool, due: float) -> None:
        told = self.told
        told.statuses[status] = told.statuses.get(status, 0) + 1
        self._latencies[status == 200].append(time.perf_counter() - due)
        if status == 200:
            told.taken.append(number)
        else:
            told.refused.append(number)
            told.bare += not again

    def lost(self) -> None:
        """A connection is gone: another takes its place."""
        if not self._over:
            task = asyncio.create_task(self._open())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _open(self) -> None:
        try:
            await asyncio.get_running_loop().create_connection(lambda: Connection(self), "127.0.0.1", self._wanted.port)
        except OSError:
            self.told.broken += 1
            await asyncio.sleep(0.05)
            self.lost()

    async def run(self) -> Told:
        """Send, and wait for the answers."""
        wanted, told = self._wanted, self.told
        for _ in range(wanted.connections):
            await self._open()
        gc.collect()
        gc.disable()
        began = time.perf_counter()
        end = began + wanted.seconds if wanted.numbers is None else float("inf")
        exhausted = False
        while (now := time.perf_counter()) < end and not exhausted:
            due = int((now - began) * wanted.rate) - told.offered if wanted.rate else len(self.free)
            for _ in range(due):
                number = next(self._numbers, None)
                if number is None:
                    exhausted = True
                    break
                self._late.append((number, began + told.offered / wanted.rate if wanted.rate else now))
                told.offered += 1
            self._send()
            await asyncio.sleep(TICK if wanted.rate else 0)
        told.wall = time.perf_counter() - began
        last = time.perf_counter() + PATIENCE
        while sum(told.statuses.values()) + told.broken < told.offered and time.perf_counter() < last:
            self._send()
            await asyncio.sleep(TICK)
        self._over = True
        told.unanswered = told.offered - sum(told.statuses.values())
        for good, (half, most) in {True: ("taken_p50", "taken_p99"), False: ("refused_p50", "refused_p99")}.items():
            if self._latencies[good]:
                setattr(told, half, quantile(self._latencies[good], 0.5))
                setattr(told, most, quantile(self._latencies[good], 0.99))
        return told

    def _send(self) -> None:
        while self._late and self.free:
            self.free.popleft().send(*self._late.popleft())


async def flood(wanted: Wanted) -> Told:
    """Run one in a process of its own."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", __name__),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await process.communicate(json.dumps(asdict(wanted)).encode())
    assert process.returncode == 0
    told = Told(**json.loads(out))
    told.statuses = {int(status): count for status, count in told.statuses.items()}
    return told


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(Flood(Wanted(**json.load(sys.stdin))).run()))))
