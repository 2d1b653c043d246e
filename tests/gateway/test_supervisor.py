"""
Channels are kept listening, and stopped where only an operator can help.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from adapters.base import Gate
from adapters.errors import Misconfigured, RateLimited
from agent_core.catalogue import Catalogues
from gateway.health import Health
from gateway.holds import RECHECK
from gateway.notices import Notices
from gateway.supervisor import PAUSES, STEADY, Supervisor
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime

ACCOUNT = "slack:T1"


class Channel(Loopback):
    """A channel whose listening a test writes."""

    def __init__(self, runtime: HandRuntime, listening: Callable[[int], Awaitable[None]]) -> None:
        super().__init__(runtime.now)
        self.tries = 0
        self.closed = False
        self._listening = listening

    async def listen(self, gate: Gate) -> None:
        self.tries += 1
        await self._listening(self.tries)

    async def close(self) -> None:
        self.closed = True


async def supervise(runtime: HandRuntime, channel: Channel) -> tuple[Health, asyncio.Task[None]]:
    health = Health([ACCOUNT], runtime)
    gate: Any = None
    notices = Notices(gate, list, Catalogues().of)
    task = asyncio.create_task(Supervisor([channel], gate, health, notices, runtime).run())
    await runtime.settle()
    return health, task


async def test_a_broken_channel_is_started_again_ever_more_slowly(runtime: HandRuntime):
    """
    Each failure in a row waits longer, up to half a minute.
    """

    async def broken(number: int) -> None:
        raise ConnectionError("reset")

    channel = Channel(runtime, broken)
    health, task = await supervise(runtime, channel)
    for number, pause in enumerate(PAUSES, start=1):
        assert number == channel.tries
        assert ("retrying", "ConnectionError: reset") == (
            health.channels[ACCOUNT].state,
            health.channels[ACCOUNT].problem,
        )
        await runtime.advance(pause)
    task.cancel()


async def test_after_a_steady_while_the_pauses_begin_anew(runtime: HandRuntime):
    """
    A channel that has listened well for a minute is started again quickly.
    """

    async def lasting(number: int) -> None:
        if number > 3:
            await runtime.sleep(STEADY + 1)
        raise ConnectionError

    channel = Channel(runtime, lasting)
    _, task = await supervise(runtime, channel)
    await runtime.advance(sum(PAUSES[:3]))
    assert 4 == channel.tries
    await runtime.advance(STEADY + 1 + PAUSES[0])

    assert 5 == channel.tries
    task.cancel()


async def test_a_misconfigured_channel_stops_and_says_why(runtime: HandRuntime):
    """
    A bad token's sentence is in the report, nobody waits for it to catch up, and it is looked at once a minute.
    """

    async def refused(number: int) -> None:
        raise Misconfigured("the token was revoked")

    channel = Channel(runtime, refused)
    health, task = await supervise(runtime, channel)
    await runtime.advance(RECHECK * 3 - 1)

    assert 3 == channel.tries
    report = health.report()[ACCOUNT]
    assert ("stopped", "the token was revoked", False) == (report["state"], report["problem"], report["ready"])
    assert health.caught_up.is_set()
    assert not task.done()
    task.cancel()


async def test_a_channel_that_was_mended_listens_again(runtime: HandRuntime):
    """
    An app that is installed again needs no restart of the gateway.
    """

    async def mended(number: int) -> None:
        if number == 1:
            raise Misconfigured("account_inactive")
        health.seen(ACCOUNT)
        await asyncio.Event().wait()

    channel = Channel(runtime, mended)
    health, task = await supervise(runtime, channel)
    assert not health.ready(ACCOUNT)
    await runtime.advance(RECHECK)

    assert health.ready(ACCOUNT)
    task.cancel()


async def test_a_channel_that_ends_is_started_again(runtime: HandRuntime):
    """
    Listening that comes to an end by itself is a failure too.
    """

    async def ending(number: int) -> None:
        return

    channel = Channel(runtime, ending)
    _, task = await supervise(runtime, channel)
    await runtime.advance(PAUSES[0])

    assert 2 == channel.tries
    task.cancel()


async def test_connections_are_closed_at_the_end(runtime: HandRuntime):
    """
    Stopping lets go of what adapters hold.
    """

    async def lasting(number: int) -> None:
        await asyncio.Event().wait()

    channel = Channel(runtime, lasting)
    _, task = await supervise(runtime, channel)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    assert channel.closed


async def test_a_vendor_that_asks_for_a_pause_gets_it(runtime: HandRuntime):
    """
    It is not asked again before its Retry-After is over.
    """

    async def limited(number: int) -> None:
        raise RateLimited("slow", retry_after=30)

    channel = Channel(runtime, limited)
    _, task = await supervise(runtime, channel)
    await runtime.advance(29)
    assert 1 == channel.tries
    await runtime.advance(2)
    assert 2 == channel.tries
    task.cancel()
