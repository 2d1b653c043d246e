"""
Keeps the channels listening: starts each again when it breaks, stops one that is misconfigured, and says so.

A stopped one is looked at again now and then: an app that was installed again works without a restart of the gateway.

Start-up never waits for a vendor: channels run in the background, and `/readyz` tells how they are.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from adapters.base import Adapter, Gate
from adapters.errors import Misconfigured, RateLimited
from gateway.health import Health
from gateway.holds import RECHECK
from gateway.notices import Notices
from gateway.runtime import Runtime
from gateway.store.rows import DAY

log = logging.getLogger("ringback.supervisor")

PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)  # seconds before a broken channel is started again, growing
STEADY = 60.0  # seconds of listening after which a channel counts as well again


class Supervisor:
    """Runs every account's listening."""

    def __init__(
        self,
        adapters: Iterable[Adapter],
        gate: Gate,
        health: Health,
        notices: Notices,
        runtime: Runtime,
    ) -> None:
        self._adapters, self._gate = list(adapters), gate
        self._health, self._runtime = health, runtime
        self._notices = notices

    async def run(self) -> None:
        """Listen on all accounts, until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                for adapter in self._adapters:
                    group.create_task(self._keep(adapter))
                group.create_task(_for_ever())  # the gateway runs on when its last channel has stopped
        finally:
            await asyncio.gather(*(adapter.close() for adapter in self._adapters), return_exceptions=True)

    async def _keep(self, adapter: Adapter) -> None:
        account = f"{adapter.channel}:{adapter.account}"
        failures = 0
        while True:
            began, asked = self._runtime.monotonic(), 0.0
            try:
                await adapter.listen(self._gate)
                problem = "it ended by itself"
            except Misconfigured as wrong:
                await self._stop(account, str(wrong))
                continue
            except RateLimited as limited:
                problem, asked = str(limited), limited.retry_after
            except Exception as error:
                problem = f"{type(error).__name__}: {error}"
            if self._runtime.monotonic() - began > STEADY:
                failures = 0
            pause = max(asked, self._runtime.jitter(PAUSES[min(failures, len(PAUSES) - 1)]))
            failures += 1
            log.warning("%s broke (%s); listening again in %.1f s", account, problem, pause)
            self._health.retrying(account, problem)
            await self._runtime.sleep(pause)

    async def _stop(self, account: str, problem: str) -> None:
        if self._health.channels[account].problem != problem:
            log.error("%s stopped: %s", account, problem)
            once = f"stopped {account} {problem} {self._runtime.now() // DAY:.0f}"
            await self._notices.tell("stopped.owner", once, besides=account, account=account, problem=problem)
        self._health.stopped(account, problem)
        await self._runtime.sleep(RECHECK)


async def _for_ever() -> None:
    await asyncio.Event().wait()
