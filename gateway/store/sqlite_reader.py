"""
Lists and look-ups in SQLite, through a connection of their own that sees only what is committed.

Any process may read beside the one that writes; the command line and the sandbox's page do.
"""

from __future__ import annotations

import os
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent_core.addresses import Party
from agent_core.grants import Grant
from agent_core.log import Record
from gateway.errors import NotFound, Unreadable
from gateway.store import sqlite_audit, sqlite_grants
from gateway.store.base import Counts
from gateway.store.rows import AuditRow, ClientRow, DeliveryRow, Link, RequestRow, ThreadRow
from gateway.store.sqlite_lanes import ROW, row_of
from gateway.store.sqlite_log import REQUEST, messages_of, record_of, request_row

FILE = "ringback.sqlite"
BUSY = 5_000  # milliseconds to wait for somebody else's lock
DISK_FULL = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN}
DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR}

_THREAD = (
    "SELECT t.id, c.key, t.root, t.agent, t.version, t.branch, t.status, t.note, t.updated_at"
    " FROM threads t JOIN conversations c ON c.id = t.conversation"
)
_CLIENT = (
    "SELECT a.number, a.id, a.client, c.key, a.seq FROM client_requests a JOIN conversations c ON c.id = a.conversation"
)


class SqliteReader:
    """
    What is stored in a folder, to read.

    Raises:
        NotFound: There is nothing in the folder yet.
        Unreadable: The file is damaged, or locked by another program.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __aenter__(self) -> SqliteReader:
        self._open()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.close()

    def _open(self) -> None:
        if not os.path.exists(self._folder / FILE):  # Path's own raises where a name is too long to be one
            raise NotFound(f"there is no data in {self._folder} yet; start the gateway first")
        with reading():
            self._reader = sqlite3.connect(f"file:{self._folder / FILE}?mode=ro", uri=True, isolation_level=None)
            self._reader.execute(f"PRAGMA busy_timeout = {BUSY}")

    async def threads(self, *, status: str | None = None, most: int = 100) -> list[ThreadRow]:
        only, named = ("WHERE t.status = ?", (status,)) if status is not None else ("", ())
        query = f"{_THREAD} {only} ORDER BY t.updated_at DESC LIMIT ?"
        with reading():
            return [ThreadRow(*row) for row in self._reader.execute(query, (*named, most))]

    async def thread(self, beginning: str) -> ThreadRow:
        query = f"{_THREAD} WHERE t.id >= ?1 AND t.id < ?1 || '~' LIMIT 2"
        with reading():
            rows = self._reader.execute(query, (beginning,)).fetchall()
        return ThreadRow(*_only(rows, "thread", "threads", beginning))

    async def requests(self, *, status: str | None = None, most: int = 100) -> list[RequestRow]:
        rows: list[Any] = []
        with reading():
            if status in (None, "open"):
                query = f"{REQUEST} WHERE r.status = 'open' ORDER BY r.due LIMIT ?"
                rows = self._reader.execute(query, (most,)).fetchall()
            if status != "open" and len(rows) < most:
                query = (
                    f"{REQUEST} WHERE r.status != 'open' AND r.status = COALESCE(?, r.status) ORDER BY r.due LIMIT ?"
                )
                rows += self._reader.execute(query, (status, most - len(rows))).fetchall()
        return list(map(request_row, rows))

    async def request(self, beginning: str) -> RequestRow:
        query = f"{REQUEST} WHERE r.id >= ?1 AND r.id < ?1 || '~' LIMIT 2"
        with reading():
            rows = self._reader.execute(query, (beginning,)).fetchall()
        return request_row(_only(rows, "request", "requests", beginning))

    async def client_requests(
        self, *, client: str | None = None, is_open: bool | None = None, before: int | None = None, most: int = 100
    ) -> list[ClientRow]:
        wanted = {"a.client = ?": client, "a.is_open = ?": is_open, "a.number < ?": before}
        given = {condition: value for condition, value in wanted.items() if value is not None}
        where = f" WHERE {' AND '.join(given)}" if given else ""  # only what is asked, or no index would be taken
        with reading():
            rows = self._reader.execute(f"{_CLIENT}{where} ORDER BY a.number DESC LIMIT ?", (*given.values(), most))
            return [ClientRow(*row) for row in rows]

    async def client_request(self, name: str) -> ClientRow | None:
        with reading():
            by = " WHERE c.key = ?" if ":" in name else " WHERE a.id = ?"
            row = self._reader.execute(_CLIENT + by, (name,)).fetchone()
        return ClientRow(*row) if row is not None else None

    async def deliveries(self, *, status: str | None = None, most: int = 100) -> list[DeliveryRow]:
        query = f"{ROW} WHERE ?1 IS NULL OR d.status = ?1 ORDER BY d.number DESC LIMIT ?2"
        with reading():
            return [row_of(row) for row in self._reader.execute(query, (status, most))]

    async def delivery(self, beginning: str) -> DeliveryRow:
        query = f"{ROW} WHERE d.id >= ?1 AND d.id < ?1 || '~' LIMIT 2"
        with reading():
            rows = self._reader.execute(query, (beginning,)).fetchall()
        return row_of(_only(rows, "delivery", "deliveries", beginning))

    async def log(self, thread: str) -> list[Record]:
        with reading():
            rows = self._reader.execute(
                "SELECT seq, at, body, conversation FROM events WHERE thread = ? ORDER BY seq", (thread,)
            ).fetchall()
            records = [record_of(row[:3]) for row in rows]
            conversation = rows[0][3] if rows else 0
            for seq in messages_of(self._reader, conversation, records):
                row = self._reader.execute(
                    "SELECT seq, at, body FROM events WHERE conversation = ? AND seq = ?", (conversation, seq)
                ).fetchone()
                records.append(record_of(row))
        return sorted(records, key=lambda record: record.seq)

    async def starts(self, since: float) -> list[Record]:
        query = (
            "SELECT e.seq, e.at, e.body FROM threads t CROSS JOIN events e ON e.thread = t.id AND e.at > ?1"
            " WHERE t.updated_at > ?1 AND instr(e.body, ?2) ORDER BY e.at, e.seq"
        )
        with reading():
            rows = self._reader.execute(query, (since, b'"RunStarted"')).fetchall()
        return [record for row in rows if (record := _readable(row)) is not None]

    async def links(self) -> list[Link]:
        with reading():
            rows = self._reader.execute("SELECT identity, person, at, by FROM links ORDER BY at").fetchall()
        return [Link(*row) for row in rows]

    async def grants(self) -> list[Grant]:
        with reading():
            return sqlite_grants.listed(self._reader)

    async def turns(self) -> dict[Party, int]:
        with reading():
            return dict(self._reader.execute("SELECT person, number FROM turns").fetchall())

    async def audit(self, after: int = 0, most: int = 1_000) -> list[AuditRow]:
        with reading():
            return sqlite_audit.entries(self._reader, after, most)

    async def counts(self) -> Counts:
        with reading():
            threads = self._reader.execute(
                "SELECT status, COUNT(*) FROM threads WHERE status != 'ended' GROUP BY status"
            ).fetchall()
            (requests,) = self._reader.execute("SELECT COUNT(*) FROM requests WHERE status = 'open'").fetchone()
            deliveries = self._reader.execute(
                "SELECT status, COUNT(*) FROM deliveries"
                " WHERE status IN ('new', 'claimed', 'unknown') AND due IS NOT NULL GROUP BY status"
            ).fetchall()
        return Counts(dict(threads), requests, dict(deliveries))

    async def marked(self, account: str) -> str | None:
        with reading():
            row = self._reader.execute("SELECT value FROM marks WHERE account = ?", (account,)).fetchone()
        return row[0] if row else None

    async def restored_at(self) -> float | None:
        with reading():
            found: float | None = self._reader.execute("SELECT MAX(at) FROM restores").fetchone()[0]
        return found

    async def blob(self, digest: str) -> bytes | None:
        with reading():
            row = self._reader.execute("SELECT body FROM blobs WHERE digest = ?", (digest,)).fetchone()
        return zlib.decompress(row[0]) if row else None


def _only(rows: list[Any], one: str, several: str, beginning: str) -> Any:
    if len(rows) != 1:
        found = f"more than one {one} begins" if rows else f"no {one} begins"
        raise NotFound(f"{found} with {beginning!r}; see: ringback {several} list")
    return rows[0]


def _readable(row: tuple[int, float, bytes]) -> Record | None:
    """Make a record of a row; None where it is no event: that stops its own conversation, and not what only counts."""
    try:
        return record_of(row)
    except ValueError:
        return None


@contextmanager
def reading() -> Iterator[None]:
    """
    Say in our own words that something cannot be read.

    Raises:
        Unreadable: SQLite says no.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise Unreadable(damaged(error) if is_damage(error) else f"{Unreadable.__doc__} ({error})") from error


def code_of(error: Exception) -> int:
    """Give SQLite's own code; errors of Python's module around it have none, which is 0."""
    return getattr(error, "sqlite_errorcode", None) or 0


def is_damage(error: Exception) -> bool:
    """Tell whether the file is damaged, or the disk under it: the low byte of a code is its kind."""
    return code_of(error) not in DISK_FULL and code_of(error) & 0xFF in DAMAGED


def damaged(detail: object) -> str:
    """Say that the file is damaged, and what to do."""
    return f"{FILE} is damaged, or its disk is ({detail}); put the data folder aside and restore a backup"
