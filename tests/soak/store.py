"""
What a store must hold while a load goes on, read beside the gateway, a little at a time.

Only what is under way is remembered, so that it can go on for as long as anybody likes.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

from agent_core import events, facts, log
from agent_core.requests import Outcome
from gateway.store.sqlite_reader import FILE
from tests.guarantees import Violation

TELL = 60.0  # seconds after which what was stored is told to whoever sent it, or never


class Watched:
    """
    The log of a store, and what its vendor was told of it.

    An event of a vendor's has its time as its name, which comes once.

    Args:
        folder: Where the store is, or will be.
    """

    def __init__(self, folder: Path) -> None:
        self.counts: Counter[str] = Counter()
        self.size = 0  # bytes of the file that are in use
        self._file = folder / FILE
        self._acknowledged: set[float] = set()
        self._stored: dict[float, float] = {}  # and not acknowledged yet, since when
        self._read: dict[int, int] = {}  # of each conversation, up to where
        self._open: set[str] = set()  # approvals that are settled and not spent

    def acknowledged(self, name: float) -> None:
        """The vendor was told that it is stored."""
        self.counts["acknowledged"] += 1
        if self._stored.pop(name, None) is None:
            self._acknowledged.add(name)

    async def look(self, *, last: bool = False) -> None:
        """
        Read what is new.

        Args:
            last: Nothing is under way any more.

        Raises:
            Violation: Something acknowledged is not there, something is there twice, a tool started unapproved.
        """
        due, broken = set(self._acknowledged), []
        for event in await asyncio.to_thread(self._news):
            try:
                self._take(event)
            except Violation as violation:
                broken.append(violation)
        if broken:
            raise broken[0]
        lost = due & self._acknowledged
        if lost:
            self._acknowledged -= lost
            raise Violation("G1", f"{len(lost)} acknowledged events are not stored, {sorted(lost)[:3]} among them")
        patience = 0.0 if last else TELL
        late = [name for name, since in self._stored.items() if since <= time.monotonic() - patience]
        if late:
            raise Violation("G2", f"{len(late)} events are stored twice, or nobody was told: {late[:3]}")

    def _news(self) -> list[events.Event]:
        news = []
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)) as db:
            for conversation, newest in db.execute("SELECT id, version FROM conversations").fetchall():
                after = self._read.get(conversation, 0)
                if newest > after:
                    query = "SELECT seq, body FROM events WHERE conversation = ? AND seq > ? ORDER BY seq"
                    for seq, body in db.execute(query, (conversation, after)):
                        news.append(log.decode(body))
                        self._read[conversation] = seq
            pages, free, size = (
                db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "freelist_count", "page_size")
            )
        self.size = (pages - free) * size
        return news

    def _take(self, event: events.Event) -> None:
        self.counts["events"] += 1
        match event:
            case facts.MessageReceived(sent_at=name) | facts.ActionTaken(sent_at=name):
                if name in self._acknowledged:
                    self._acknowledged.remove(name)
                elif name in self._stored:
                    raise Violation("G2", f"{name} is stored twice")
                else:
                    self._stored[name] = time.monotonic()
            case events.RequestSettled(request=request, settlement=settlement):
                if settlement.outcome is Outcome.APPROVED:
                    self._open.add(request)
            case events.ToolStarted(approval=approval):
                self.counts["tools started"] += 1
                if approval is None or approval not in self._open:
                    raise Violation("G4", f"a tool started with {approval} as its approval")
                self._open.remove(approval)
