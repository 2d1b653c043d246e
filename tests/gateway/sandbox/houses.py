"""
A sandbox in this process, on a free port and fresh data.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

from gateway.sandbox import main
from tests.process import free_port

T = TypeVar("T")

PATIENCE = 20.0  # seconds for what must come soon


async def until(look: Callable[[], Awaitable[T]]) -> T:
    """Wait for what somebody else does, and give it."""
    async with asyncio.timeout(PATIENCE):
        while not (found := await look()):
            await asyncio.sleep(0.01)
    return found


@contextlib.asynccontextmanager
async def running(folder: Path, *, gateway: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    """Run a sandbox, and give a client of its server."""
    stop, port = asyncio.Event(), free_port()
    playing = asyncio.create_task(main.run(stop, port=port, data=folder, gateway=gateway))

    async def is_up() -> bool:
        return playing.done() or (folder / main.ENDPOINTS).exists()

    try:
        await until(is_up)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        stop.set()
        async with asyncio.timeout(PATIENCE):
            await playing


async def standing(client: httpx.AsyncClient) -> dict[str, Any]:
    """How the gateway stands, as the page is told first."""
    async with client.stream("GET", "/changes") as stream:
        lines = stream.aiter_lines()
        async for line in lines:
            if line == "event: state":
                state: dict[str, Any] = json.loads((await anext(lines)).removeprefix("data: "))
                return state
    raise AssertionError("the stream ended")
