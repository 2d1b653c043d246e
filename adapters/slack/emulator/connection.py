"""
One Socket Mode connection: a queue of frames going out, and a reader of acknowledgements coming in.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable

from starlette.types import Receive, Send

from adapters.slack.emulator import state, transport


class Cut:
    """In the queue: hang up."""


class Connection:
    """A WebSocket that the app holds open."""

    def __init__(self, number: int, opened_at: float) -> None:
        self.number = number
        self.opened_at = opened_at
        self.is_draining = False
        self.deaf_by: str | None = None
        self.struck_by: set[str] = set()
        self._outgoing: asyncio.Queue[state.Json | int | Cut] = asyncio.Queue()

    def send(self, frame: state.Json) -> None:
        """Send a frame, in turn."""
        self._outgoing.put_nowait(frame)

    def carry(self, delivery: state.Delivery, attempt: state.Attempt) -> None:
        """Send a delivery, unless this connection is deaf: then it is lost on the way."""
        if self.deaf_by is None:
            self.send(_envelope(delivery, attempt))

    def close(self, code: int = 1000) -> None:
        """Close, after what was sent before."""
        self._outgoing.put_nowait(code)

    def cut(self) -> None:
        """Hang up, after what was sent before."""
        self._outgoing.put_nowait(Cut())

    async def run(self, receive: Receive, send: Send, heard: Callable[[state.Json], None]) -> None:
        """Carry frames both ways until one side ends it."""
        tasks = [asyncio.create_task(self._read(receive, heard)), asyncio.create_task(self._write(receive, send))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result

    async def _read(self, receive: Receive, heard: Callable[[state.Json], None]) -> None:
        while True:
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            frame = _parse(message.get("text") or "")
            if frame is not None:
                heard(frame)

    async def _write(self, receive: Receive, send: Send) -> None:
        while True:
            item = await self._outgoing.get()
            try:
                if isinstance(item, Cut):
                    # Without the transport the nearest thing is a close without a handshake's reason.
                    if not transport.abort(receive):
                        await send({"type": "websocket.close", "code": 1011})
                    return
                if isinstance(item, int):
                    await send({"type": "websocket.close", "code": item})
                    return
                await send({"type": "websocket.send", "text": json.dumps(item)})
            except OSError:  # uvicorn's word for a client that is gone
                return


def _parse(text: str) -> state.Json | None:
    try:
        frame = json.loads(text)
    except ValueError:
        return None
    return frame if isinstance(frame, dict) else None


def _envelope(delivery: state.Delivery, attempt: state.Attempt) -> state.Json:
    """The frame: https://docs.slack.dev/apis/events-api/using-socket-mode#events."""
    frame: state.Json = {
        "envelope_id": attempt.envelope_id,
        "payload": delivery.payload,
        "type": delivery.type,
        "accepts_response_payload": delivery.type == "slash_commands" or delivery.payload["type"] == "view_submission",
    }
    if delivery.type == "events_api":
        frame |= {"retry_attempt": attempt.retry_attempt, "retry_reason": attempt.retry_reason}
    return frame
