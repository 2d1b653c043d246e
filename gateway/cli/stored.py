"""
What is stored, and the running gateway, for commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.errors import GatewayError

if TYPE_CHECKING:
    from gateway.store.base import Lists

T = TypeVar("T")


def folder(config: Path, data: Path | None) -> Path:
    """Tell where the data folder is."""
    from gateway import settings

    return data if data is not None else settings.load(config, secrets=False).server.data


def read(config: Path, data: Path | None, what: Callable[[Lists], Awaitable[T]]) -> T:
    """Read what is stored; the gateway may run beside it."""
    from gateway import bootstrap

    async def reading() -> T:
        async with bootstrap.lists(folder(config, data)) as lists:
            return await what(lists)

    return asyncio.run(reading())


def ask(config: Path, data: Path | None, asked: dict[str, Any]) -> int:
    """Ask the running gateway; where none runs, write into its store. Returns how many things that changed."""
    from gateway import bootstrap, control
    from gateway.runtime import Runtime

    async def asking() -> int:
        where = folder(config, data)
        answer = await control.ask(where, asked)
        if answer is None:
            async with bootstrap.store(where) as store:
                return await control.carry_out(store, asked, Runtime())
        if "error" in answer:
            raise GatewayError(answer["error"])
        return int(answer["done"])

    return asyncio.run(asking())
