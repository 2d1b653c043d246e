"""
A gateway's parts over a channel without a wire, and a store with as many paused threads as asked for, in seconds.

One conversation is driven to its pause by the gateway's own parts. The others are its rows again, with another place
and every id in them derived anew by the very steps that the gateway took: byte for byte what it would have written,
which a test holds, except that they were paused, and fall due, one after another.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

from adapters.base import Inbound, Part, Receipt
from agent_core import addresses, replies
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.policy import Person, Rule
from agent_core.requests import Decision, Where, Who
from gateway.perform import blob_of
from gateway.runtime import Runtime
from gateway.store import sqlite_audit
from gateway.store.sqlite import SqliteStore
from gateway.store.sqlite_file import connect
from gateway.store.sqlite_reader import FILE
from tests.bench import agent, gateway
from tests.bench.slack_side import TEAM
from tests.gateway.loopback import Loopback
from tests.gateway.parts import Parts

RITA, ANA = gateway.user(0), gateway.user(1)  # of the people in the gateway's settings
PEOPLE = [
    Person(id=Party(f"p{n}"), name=f"Person {n}", identities=(Identity(f"slack:{TEAM}/{user}"),), roles=("member",))
    for n, user in enumerate((RITA, ANA))
]
RULE = Rule(tool="act", who=Who(roles=("member",)), where=Where(targets=("origin",)))
TEXT = "please refund order 1234 " * 4  # with the call that it leads to, and the ask, about 350 bytes of payload
LATER = 1.0  # seconds by which a copy falls due after the one before it, and was paused before that
FALLS_DUE = {("requests", "due"): LATER, ("threads", "updated_at"): -LATER}
COUNTING = ("pulse", "sqlite_sequence")  # tables of one row for all
NUMBERED = {("deliveries", "number"), ("audit", "number")}
FIRST = 10_000_000  # the number of the first conversation; all have as many digits
NUMBERS = itertools.count(2 * FIRST)  # of what is pressed and said later
SEPARATOR = "\x1e"
BATCH = 5_000  # copies in one transaction


def place(number: int) -> ConversationKey:
    """The key of a conversation; in each, Rita has asked for something that Ana may approve."""
    return ConversationKey(f"slack:{TEAM}/C{number}")


class Quiet(Loopback):
    """A channel that tells of what it takes, and keeps none of it: copies were sent by nobody."""

    def _take(self, part: Part) -> Receipt:
        sent = Receipt(place=part.conversation, message_id=f"{self.now():.3f}.{len(self.sent)}", at=self.now())
        return part.receipt or sent


class Town(Parts):
    """Everything of one gateway process over a store, and who is waiting for what it sends."""

    def __init__(self, folder: Path, runtime: Runtime | None = None) -> None:
        self.runtime = runtime or Runtime()
        self.channel = Quiet(self.runtime.now, account=TEAM, fault=self._taken)
        store = SqliteStore(folder, self.runtime)
        super().__init__(
            store,
            self.runtime,
            [self.channel],
            [agent.worker],
            model=None,
            rules=[RULE],
            people=PEOPLE,
            start=["anyone"],
        )
        self._waiting: dict[tuple[str, str], asyncio.Future[Part]] = {}

    async def __aenter__(self) -> Town:
        await self.store.__aenter__()
        self.health.arrived(f"slack:{TEAM}")
        self._tasks = [
            asyncio.create_task(self.owner.run(self.health.caught_up)),
            asyncio.create_task(self.outbox.run()),
        ]
        return self

    async def __aexit__(self, *_: object) -> None:
        while (await self.store.counts()).deliveries:  # else the next start looks for them first
            await asyncio.sleep(0.005)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.store.__aexit__()
        self.runtime.close()

    def _taken(self, part: Part) -> None:
        waiting = self._waiting.pop((part.conversation, part.kind), None)
        if waiting is not None:
            waiting.set_result(part)

    def sent(self, key: str, kind: str) -> asyncio.Future[Part]:
        """Wait until something of a kind is sent to a conversation."""
        self._waiting[key, kind] = waiting = asyncio.get_running_loop().create_future()
        return waiting

    async def ask(self, number: int, said: int, root: str = "") -> str:
        """Rita asks, and Ana's card comes; gives the request's id."""
        key = place(number)
        shown = self.sent(key, "ask")
        await self.gate.append(message(self.channel, number, said, root))
        return (await shown).arguments["request"]

    async def press(self, key: ConversationKey, request: str) -> None:
        """Ana approves."""
        await self.gate.append(self.channel.press(key, ANA, request, Decision.APPROVE, next(NUMBERS)))


def message(channel: Loopback, number: int, said: int, root: str = "") -> Inbound:
    """What Rita writes in a conversation as its message number `said`, with a payload as large as one of Slack's."""
    inbound = channel.message(place(number), RITA, TEXT, said, root=root)
    raw = json.dumps({"channel": f"C{number}", "user": RITA, "text": TEXT, "ts": f"{said}", "else": "x" * 400})
    return replace(inbound, raw=raw.encode())


# Copies --------------------------------------------------------------------------------------------------------------


@contextmanager
def derivations() -> Iterator[dict[tuple[str, ...], str]]:
    """Note how ids are derived."""
    noted: dict[tuple[str, ...], str] = {}
    derive = addresses.derive

    def noting(*parts: object) -> str:
        noted[tuple(map(str, parts))] = found = derive(*parts)
        return found

    with mock.patch.object(addresses, "derive", noting):
        yield noted


class Original:
    """
    A conversation's rows, to be written for other ones.

    Args:
        file: The store that it is alone in.
        derived: How its ids were derived, in that order.
    """

    def __init__(self, file: Path, number: int, derived: Mapping[tuple[str, ...], str]) -> None:
        self._number, self._derived = number, derived
        self.rows: list[tuple[str, list[str], list[Any]]] = []
        self._raw: list[tuple[str, float]] = []
        with closing(sqlite3.connect(file)) as db:
            for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
                found = db.execute(f"SELECT * FROM {table}")
                columns = [column for column, *_ in found.description]
                if table == "blobs":
                    self._raw += [(zlib.decompress(body).decode(), expires) for _, body, expires in found]
                elif table not in COUNTING:
                    self.rows += [(table, columns, list(row)) for row in found]
        self._digests = [blob_of(text.encode(), None).digest for text, _ in self._raw]
        names = [*self._names(number), *derived.values(), *self._digests]
        self._name = re.compile("|".join(names))
        self._places = [(at, column) for at, column, _ in self._texts()]
        whole = SEPARATOR.join(text for *_, text in self._texts())
        self._between, self._named = self._name.split(whole), self._name.findall(whole)

    def _names(self, number: int) -> tuple[str, str]:
        return str(number), replies.code(place(number), 0)

    def _texts(self) -> Iterator[tuple[int, int, str]]:
        for at, (_, _, row) in enumerate(self.rows):
            for column, value in enumerate(row):
                if isinstance(value, str | bytes):
                    yield at, column, value if isinstance(value, str) else value.decode()

    def copy(self, number: int) -> list[tuple[str, list[Any]]]:
        """The rows, with their tables, as the gateway writes them for the conversation of another number."""
        renamed = dict(zip(self._names(self._number), self._names(number), strict=True))
        anew = lambda text: self._name.sub(lambda found: renamed[found.group()], text)  # noqa: E731
        made: list[tuple[str, list[Any]]] = []
        for digest, (text, expires) in zip(self._digests, self._raw, strict=True):
            body = anew(text).encode()
            renamed[digest] = blob_of(body, None).digest
            made.append(("blobs", [renamed[digest], zlib.compress(body, 6), expires]))
        for parts, result in self._derived.items():
            renamed[result] = addresses.derive(*map(anew, parts))
        names = [renamed[name] for name in self._named]
        whole = "".join(itertools.chain(*itertools.zip_longest(self._between, names, fillvalue="")))
        rows = [[*row] for _, _, row in self.rows]
        for (at, column), text in zip(self._places, whole.split(SEPARATOR), strict=True):
            rows[at][column] = text if isinstance(rows[at][column], str) else text.encode()
        after = number - self._number
        for (table, columns, _), row in zip(self.rows, rows, strict=True):
            for column, name in enumerate(columns):
                if name == "conversation" or (table, name) == ("conversations", "id"):
                    row[column] += after
                elif (table, name) in FALLS_DUE:
                    row[column] += after * FALLS_DUE[table, name]
                elif (table, name) in NUMBERED:
                    row[column] = None  # SQLite counts on
            made.append((table, row))
        return made


async def fill(folder: Path, count: int) -> None:
    """Make a store with so many paused threads in it; the first one is the gateway's own work."""
    with derivations() as derived:
        async with Town(folder) as town:
            await town.ask(FIRST, FIRST)
    original = Original(folder / FILE, FIRST, derived)
    with closing(connect(folder)) as db:
        db.execute("PRAGMA synchronous = OFF")
        db.execute("PRAGMA cache_size = -200000")
        for begin in range(FIRST + 1, FIRST + count, BATCH):
            several: dict[str, list[list[Any]]] = {}
            for number in range(begin, min(begin + BATCH, FIRST + count)):
                for table, row in original.copy(number):
                    several.setdefault(table, []).append(row)
            db.execute("BEGIN")
            for table, rows in several.items():
                db.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)
            while sqlite_audit.seal(db):  # as the gateway had long done, and would do while it is measured
                pass
            db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
