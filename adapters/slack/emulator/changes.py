"""
The stream of changes: server-sent events that say the version has moved.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from adapters.slack.emulator.workspace import Workspace

PING_INTERVAL = 15.0  # seconds between comments, so that proxies and pages know the stream is alive


class Changes:
    """The open streams."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._streams: set[asyncio.Event] = set()
        self._is_closed = False

    def response(self) -> StreamingResponse:
        """One more stream."""
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers={"cache-control": "no-store"})

    def close(self) -> None:
        """End them all."""
        self._is_closed = True
        for stream in self._streams:
            stream.set()

    async def _stream(self) -> AsyncIterator[str]:
        """The version now, then at each change; changes that come faster than they are read become one."""
        changed = asyncio.Event()
        changed.set()
        self._streams.add(changed)
        unwatch = self._workspace.watch(changed.set)
        try:
            while not self._is_closed:
                try:
                    await asyncio.wait_for(changed.wait(), PING_INTERVAL)
                except TimeoutError:
                    yield ": ping\n\n"
                    continue
                changed.clear()
                if not self._is_closed:
                    yield f"event: change\ndata: {json.dumps({'version': self._workspace.state.version})}\n\n"
        finally:
            unwatch()
            self._streams.discard(changed)
