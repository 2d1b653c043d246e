"""
What the gateway has stored, for the page: threads, their logs, the contexts of their model calls.

The store may be missing, locked or half made, because the gateway beside us is started and killed at will: then there
is nothing to tell, and the page asks again a moment later.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from agent_core import context, events
from gateway import bootstrap
from gateway.errors import GatewayError
from gateway.sandbox.summaries import summary
from gateway.store.base import Lists, ThreadRow

T = TypeVar("T")
Json = dict[str, Any]

MOST_THREADS = 50


class Records:
    """
    Reads beside the gateway.

    Args:
        folder: Of the gateway's store.
        names: What people call a conversation, by its key; of a person's own, that is their identity.
    """

    def __init__(self, folder: Path, names: Mapping[str, str]) -> None:
        self._folder = folder
        self._names = names

    async def threads(self) -> list[Json]:
        """The newest threads, that with the newest event first."""
        rows = await self._read(lambda lists: lists.threads(most=MOST_THREADS))
        return [self._thread(row) for row in rows or ()]

    async def log(self, thread: str) -> Json | None:
        """All events of a thread, in order, and its model calls."""
        records = await self._read(lambda lists: lists.log(thread))
        if records is None:
            return None
        return {
            "events": [self._event(record) for record in records],
            "calls": [
                {"seq": record.seq, "at": record.at, "context": record.event.context, "answer": record.event.text}
                for record in records
                if isinstance(record.event, events.ModelAnswered | events.HistorySummarised)
            ],
        }

    async def context(self, digest: str) -> Json | None:
        """The exact text of a model call, and an estimate of its tokens."""
        body = await self._read(lambda lists: lists.blob(digest))
        if body is None:
            return None
        text = body.decode()
        return {"text": text, "tokens": context.tokens(text)}

    def _thread(self, row: ThreadRow) -> Json:
        where = self._names.get(row.conversation, row.conversation)
        standing = f"{row.status}, {row.note}" if row.note else row.status
        branch = "" if row.branch == "main" else f", branch {row.branch}"
        return {"id": row.id, "name": f"{row.agent}, {where}{branch}", "standing": standing, "at": row.updated_at}

    def _event(self, record: events.Record) -> Json:
        body = json.loads(events.encode(record.event))
        name = body.pop("type")
        told = summary(record.event, self._names)
        return {"seq": record.seq, "at": record.at, "type": name, "summary": told, "body": body}

    async def _read(self, what: Callable[[Lists], Awaitable[T]]) -> T | None:
        """Read in a thread: a wait for somebody's lock must not hold up the emulators, which share this loop."""

        async def read() -> T:
            async with bootstrap.lists(self._folder) as lists:
                return await what(lists)

        try:
            return await asyncio.to_thread(lambda: asyncio.run(read()))
        except GatewayError:
            return None
