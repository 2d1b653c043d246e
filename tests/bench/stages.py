"""
What one webhook costs, stage by stage, in one process and without sockets: `python -m tests.bench.stages`.

Each stage is timed over 64 requests at a time, a hundred times, by what all threads of the process did on a processor;
the least is told, which is what it costs while everything that it needs is in the caches. Under a real load, with all
stages in turn, it is about twice as much.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
import zlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from uvicorn.server import ServerState

from adapters.base import Inbound
from adapters.slack import verify, webhook
from adapters.slack.accounts import Bot, account_of
from adapters.slack.parse import parse
from agent_core import log
from gateway.gate import _with_blobs
from gateway.runtime import Runtime
from gateway.service import web_server
from gateway.store import sqlite_file, sqlite_log
from gateway.store.base import Fact
from gateway.store.rows import RAW_DAYS
from gateway.store.sqlite import SqliteStore
from tests.bench.engine import in_process
from tests.bench.gateway import REQUEST_URL
from tests.bench.ingest import messages
from tests.bench.slack_side import BOT, SECRET, TEAM, Slack, signed

REQUESTS, CHUNK = 6_400, 64  # how many, where no other number is given; at a time
NOW = 1_800_000_000.0


class Wire:
    """A connection that only takes: as much of a transport as the web server asks of one."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return default

    def is_closing(self) -> bool:
        return False

    def write(self, data: bytes) -> None:
        pass

    pause_reading = resume_reading = set_write_buffer_limits = lambda self, *_, **__: None


async def ok(scope: Any, receive: Any, send: Any) -> None:
    """Read a request and answer it."""
    while (await receive()).get("more_body", False):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


def chunks(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """A few at a time."""
    return (values[at : at + CHUNK] for at in range(0, len(values), CHUNK))


async def least(work: Callable[[Sequence[Any]], Awaitable[Any]], values: Sequence[Any]) -> float:
    """Time some work on each few of the values; gives the least that one took, in microseconds."""
    best = float("inf")
    for few in chunks(values):
        began = time.process_time()
        await work(few)
        best = min(best, (time.process_time() - began) / len(few))
    return best * 1e6


async def each(function: Callable[..., Any], values: Sequence[Any]) -> float:
    """Time a function of one value."""

    async def work(few: Sequence[Any]) -> None:
        for value in few:
            function(*value)

    return await least(work, values)


async def served(requests: Sequence[bytes]) -> float:
    """Time the web server, from the bytes of a request to those of an answer."""
    config, state, loop = web_server(ok), ServerState(), asyncio.get_running_loop()
    config.load()
    connection: Any = config.http_protocol_class(config=config, server_state=state, app_state={}, _loop=loop)
    connection.connection_made(Wire())

    async def work(few: Sequence[bytes]) -> None:
        for one in few:
            connection.data_received(one)
            while not connection.cycle.response_complete:
                await asyncio.sleep(0)

    taken = await least(work, requests)
    connection.timeout_keep_alive_task.cancel()
    return taken


def appended(folder: Path, facts: Sequence[Fact]) -> float:
    """Time the statements that store a fact, without a commit."""
    db = sqlite_file.connect(folder)
    best = float("inf")
    for few in chunks(facts):
        db.execute("BEGIN IMMEDIATE")
        began = time.process_time()
        for fact in few:
            sqlite_log.append(db, fact, NOW)
        best = min(best, (time.process_time() - began) / len(few))
        db.execute("COMMIT")
    db.close()
    return best * 1e6


async def stored(folder: Path, facts: Sequence[Fact]) -> float:
    """Time the store with 64 facts at once: futures, statements, one commit in the disk's thread."""
    runtime = Runtime()
    async with SqliteStore(folder, runtime) as store:
        taken = await least(lambda few: asyncio.gather(*map(store.append, few)), facts)
    runtime.close()
    return taken


async def decided(inbounds: Sequence[Inbound]) -> float:
    """Time all that the gateway does with 64 facts at once, the owner's part and its commits too."""
    async with in_process() as people:
        gate: Any = people._door._channel.gate  # type: ignore[attr-defined]

        async def work(few: Sequence[Inbound]) -> None:
            await asyncio.gather(*map(gate.append, few))
            while gate._admission.undecided:
                await asyncio.sleep(0)

        return await least(work, inbounds)


async def profile(folder: Path, number: int) -> list[tuple[str, float]]:
    """Take so many webhooks apart."""
    bot, stream = Bot(TEAM, BOT, "B0RINGBACK", ""), messages(Slack())
    payloads = [next(stream) for _ in range(number)]
    requests = [signed(payload, REQUEST_URL) for payload in payloads]
    heads = [dict(line.split(": ", 1) for line in one.decode().split("\r\n")[1:-2]) for one in requests]
    bodies = [one.partition(b"\r\n\r\n")[2] for one in requests]
    seals = [(h["X-Slack-Request-Timestamp"], h["X-Slack-Signature"]) for h in heads]
    inbounds: Any = [parse(payload, bot, NOW) for payload in payloads]
    known = [replace(one, fact=named(one.fact)) for one in inbounds]
    kept = [_with_blobs(one, log.storable(one.fact), RAW_DAYS) for one in known]
    facts = [Fact(i.conversation, fact, i.dedupe, blobs) for i, (fact, blobs) in zip(known, kept, strict=True)]

    def check(body: bytes, stamp: str, signature: str) -> None:
        verify.verify(body, stamp, signature, secret=SECRET, now=float(stamp))

    return [
        ("the web server: a request read, a task, an answer written", await served(requests)),
        ("the signature", await each(check, [(b, *s) for b, s in zip(bodies, seals, strict=True)])),
        (
            "JSON read",
            await each(webhook._payload, [(body, {b"content-type": b"application/json"}) for body in bodies]),
        ),
        ("whose it is", await each(account_of, [(payload, {TEAM}) for payload in payloads])),
        ("payload → fact, and the payload written to be kept", await each(parse, [(p, bot, NOW) for p in payloads])),
        ("the author's name put in", await each(lambda i: replace(i, fact=named(i.fact)), [(i,) for i in inbounds])),
        ("that it can be stored, and the payload's digest", await each(_kept, [(i,) for i in known])),
        ("the fact as JSON", await each(log.encode, [(fact.event,) for fact in facts])),
        ("the payload compressed", await each(zlib.compress, [(fact.blobs[0].body, 6) for fact in facts])),
        ("the statements of SQLite, with the two above", appended(folder / "bare", facts)),
        ("the same through the store, 64 at once, with their commit", await stored(folder / "store", facts)),
        ("all from the fact on, 64 at once, until they are decided and that is committed", await decided(known)),
    ]


def named(fact: Any) -> Any:
    """Put in who wrote, as is done when Slack has told."""
    return fact.model_copy(update={"sender_name": "Ana", "outsider": False})


def _kept(inbound: Any) -> Any:
    return _with_blobs(inbound, log.storable(inbound.fact), RAW_DAYS)


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bare").mkdir()
        stages = asyncio.run(profile(Path(folder), int(sys.argv[1]) if sys.argv[1:] else REQUESTS))
    print("| stage | µs |\n|---|---|")
    for what, taken in stages:
        print(f"| {what} | {taken:.1f} |")


if __name__ == "__main__":
    main()
