"""
What is stored, and the running gateway, for commands.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from gateway.errors import GatewayError

if TYPE_CHECKING:
    from agent_core.policy import Person
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


def ask(config: Path, data: Path | None, asked: dict[str, Any], people: Iterable[Person] = ()) -> int:
    """
    Ask the running gateway; where none runs, write into its store.

    Args:
        people: Those in the settings, for what is about them.

    Returns:
        How many things that changed.
    """
    from gateway import bootstrap, commands, control
    from gateway.directory import Directory
    from gateway.runtime import Runtime

    async def asking() -> int:
        where = folder(config, data)
        answer = await control.ask(where, asked)
        if answer is None:
            async with bootstrap.store(where) as store:
                directory = Directory(people, ())
                for link in await store.links():
                    directory.link(link.identity, link.person)
                return await commands.carry_out(store, directory, asked, Runtime())
        if "error" in answer:
            raise GatewayError(answer["error"])
        return int(answer["done"])

    return asyncio.run(asking())
