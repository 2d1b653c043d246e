"""
Who waits at the door: long polls and streams, of which each client may have only so many open.

Who has left is waited for no longer. Many HTTP clients give up after a few seconds and come again: each time somebody
would be left standing, until the client's own places were full of nobody.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from starlette.requests import Request

from gateway.api.problems import Problem
from gateway.sections import ClientSettings

T = TypeVar("T")

MOST = 500  # long polls and streams that one client may have open


class Waits:
    """How many long polls and streams each client has open."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def check(self, client: ClientSettings) -> None:
        """
        Refuse one more than a client may have; a stream does so before its answer begins, later it could not.

        Raises:
            Problem: It has as many open as it may.
        """
        if self._open[client.name] >= MOST:
            detail = f"{MOST} of your long polls and streams are open already; close some, or use a webhook"
            raise Problem(429, "too-many", detail, headers={"Retry-After": "5"})

    @contextmanager
    def one(self, client: ClientSettings) -> Iterator[None]:
        """Count one, for as long as it is open."""
        self._open[client.name] += 1
        try:
            yield
        finally:
            self._open[client.name] -= 1


async def unless_gone(request: Request, wanted: Coroutine[Any, Any, T]) -> T | None:
    """Give what somebody waits for; None where they have left before."""
    waits = asyncio.ensure_future(wanted), asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        return waits[0].result() if waits[0].done() else None
    finally:
        for one in waits:
            one.cancel()


async def _gone(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
