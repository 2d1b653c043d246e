"""
Cutting a connection, as a network does.

ASGI has no word for that: an application can answer, or close a WebSocket politely, but not hang up. Under uvicorn the
`receive` that reaches us is a method of the object that holds the transport, because Starlette and mounts replace
`send` only. Where something else stands in between there is a second-best: promise a body and never send it, so that
the server has to close the connection in the middle of an answer.
"""

from __future__ import annotations

import asyncio
from typing import cast

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


def abort(receive: Receive) -> bool:
    """Hang up without another byte, if the transport can be reached."""
    transport = getattr(getattr(receive, "__self__", None), "transport", None)
    if not hasattr(transport, "abort"):
        return False
    cast(asyncio.WriteTransport, transport).abort()
    return True


class Cut(Response):
    """A response that never comes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if abort(receive):
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        headers = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
