"""
What the page is told, as it happens: one stream of server-sent events a page.

Two kinds of event: `channel` names a channel on which people see something new (its pane then asks the emulator), and
`state` carries how the gateway stands, what is deployed, and which threads there are. One stream for all of it, because
a browser keeps no more than six connections to a server, over all its tabs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.responses import StreamingResponse

from gateway.sandbox.records import Json

LOOK_INTERVAL = 0.3  # seconds between two looks at what the gateway has stored, while a page is open
PING_INTERVAL = 15.0  # seconds between comments on a quiet stream
STATE = "state"


class Stream:
    """What one page has not been told yet, and the state that it was told last."""

    def __init__(self, pending: set[str]) -> None:
        self.pending = pending
        self.told: Json | None = None
        self.news = asyncio.Event()
        self.news.set()


class Feed:
    """
    The open streams.

    Args:
        look: Gives the state.
        channels: The names of the channels.
    """

    def __init__(self, look: Callable[[], Awaitable[Json]], channels: tuple[str, ...]) -> None:
        self._look = look
        self._channels = channels
        self._streams: set[Stream] = set()
        self._state: Json = {}
        self._looking: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._is_closed = False

    def response(self) -> StreamingResponse:
        """One more stream."""
        return StreamingResponse(self._tell(), media_type="text/event-stream")

    def changed(self, channel: str) -> None:
        """Somebody sees something new on a channel."""
        for stream in self._streams:
            self._note(stream, channel)

    def look_now(self) -> None:
        """The state has changed; do not wait for the next look."""
        self._hurry.set()

    def close(self) -> None:
        """End all streams."""
        self._is_closed = True
        if self._looking is not None:
            self._looking.cancel()
        for stream in self._streams:
            stream.news.set()

    async def _tell(self) -> AsyncIterator[str]:
        if self._is_closed:
            return
        stream = Stream(set(self._channels))
        self._streams.add(stream)
        self._hurry.set()
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._keep_looking())
        try:
            while not self._is_closed:
                try:
                    await asyncio.wait_for(stream.news.wait(), PING_INTERVAL)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                stream.news.clear()
                pending, stream.pending = stream.pending, set()
                for name in sorted(pending - {STATE}):
                    yield _event("channel", {"name": name})
                if STATE in pending:
                    stream.told = self._state
                    yield _event(STATE, self._state)
        finally:
            self._streams.discard(stream)

    def _note(self, stream: Stream, name: str) -> None:
        stream.pending.add(name)
        stream.news.set()

    async def _keep_looking(self) -> None:
        while self._streams:
            self._hurry.clear()
            self._state = await self._look()
            for stream in self._streams:
                if stream.told != self._state:
                    self._note(stream, STATE)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hurry.wait(), LOOK_INTERVAL)


def _event(name: str, data: Json) -> str:
    return f"event: {name}\ndata: {json.dumps(data)}\n\n"
