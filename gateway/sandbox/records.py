"""
What the gateway has stored, for the page: threads, their logs, the contexts of their model calls.

The store may be missing, locked or half made, because the gateway beside us is started and killed at will: then there
is nothing to tell, and the page asks again a moment later.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from agent_core import context, events, log
from agent_core.log import Record
from gateway import bootstrap
from gateway.errors import GatewayError
from gateway.sandbox.story import Story
from gateway.store.base import Lists
from gateway.store.rows import ThreadRow

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
        self._tokens: dict[str, int] = {}  # by digest: a context never changes

    async def threads(self) -> list[Json]:
        """The newest threads, that with the newest event first."""
        rows = await self._read(lambda lists: lists.threads(most=MOST_THREADS))
        return [self._thread(row) for row in rows or ()]

    async def stock(self) -> Json:
        """How many runs are under way, how many wait, and how many requests are open."""

        async def read(lists: Lists) -> Json:
            return {
                "running": len(await lists.threads(status="running")),
                "waiting": len(await lists.threads(status="waiting")),
                "open": len(await lists.requests(status="open")),
            }

        return await self._read(read) or {"running": 0, "waiting": 0, "open": 0}

    async def log(self, thread: str) -> Json | None:
        """All events of a thread in order, told as a story; its model calls; whom it waits for, if it does."""

        async def read(lists: Lists) -> list[Record]:
            records = await lists.log(thread)
            for call in _calls(records):
                if call["context"] not in self._tokens and (body := await lists.blob(call["context"])) is not None:
                    self._tokens[call["context"]] = context.tokens(body.decode())
            return records

        records = await self._read(read)
        if records is None:
            return None
        story = Story(self._names)
        waits = story.waiting(records)
        size = sum(len(log.encode(record.event)) for record in records)
        return {
            "events": self._told(story, records),
            "calls": [call | {"tokens": self._tokens.get(call["context"])} for call in _calls(records)],
            "waits": {"for": waits, "rows": len(records), "bytes": size} if waits else None,
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

    def _told(self, story: Story, records: Sequence[Record]) -> list[Json]:
        lines: list[Json] = []
        for record in records:
            body = json.loads(log.encode(record.event))
            line = {"seq": record.seq, "at": record.at, "type": body.pop("type"), "run": body.get("run"), "body": body}
            lines.append(line | story.tell(record.event)._asdict())
        run = None
        for line in reversed(lines):  # a message belongs to the run that took it up, which says so after it
            run = line["run"] = line["run"] or run
        return lines

    async def _read(self, what: Callable[[Lists], Awaitable[T]]) -> T | None:
        """Read in a thread: a wait for somebody's lock must not hold up the emulators, which share this loop."""

        async def read() -> T:
            async with bootstrap.lists(self._folder) as lists:
                return await what(lists)

        try:
            return await asyncio.to_thread(lambda: asyncio.run(read()))
        except GatewayError:
            return None


def _calls(records: Sequence[Record]) -> list[Json]:
    return [
        {"seq": record.seq, "at": record.at, "context": record.event.context, "answer": record.event.text}
        for record in records
        if isinstance(record.event, events.ModelAnswered | events.HistorySummarised)
    ]
