"""
The gateway as a child process: started, killed, ended, and watched for ending by itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

LOG = "gateway.log"
GRACE = 3.0  # seconds the gateway gets to end when the sandbox does; a kill loses nothing
TAIL_BYTES = 16_384
TAIL_LINES = 8
OVERRIDES = "RINGBACK_SERVER_"  # of a real gateway's environment: the sandbox never touches that one's data

Phase = Literal["running", "killed", "ended", "stopped"]


class Standing(NamedTuple):
    """How the gateway is. `code` and `log` (its last lines) are there when it ended by itself."""

    phase: Phase
    pid: int | None = None
    code: int | None = None
    log: tuple[str, ...] = ()


class Gateway:
    """
    `ringback serve` in a process of its own.

    Args:
        config: Its settings file; it runs in the folder where that lies, and logs into `gateway.log` there.
        environment: Variables that it needs besides ours.
    """

    def __init__(self, config: Path, environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._log = config.parent / LOG
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self._wanted: Phase = "running"
        self._turn = asyncio.Lock()
        self._watchers: list[Callable[[], None]] = []
        self.standing = Standing("stopped")

    def watch(self, tell: Callable[[], None]) -> None:
        """Call `tell` after each change of how it stands."""
        self._watchers.append(tell)

    async def start(self) -> None:
        """Start it, unless it runs."""
        async with self._turn:
            if self._process is not None:
                return
            with self._log.open("ab") as log:
                began = log.tell()
                serve = (sys.executable, "-m", "gateway.cli", "serve", "--config", str(self._config))
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "gateway.sandbox.leash", str(os.getpid()), *serve),
                    cwd=self._config.parent,
                    env=self._surroundings(),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    process_group=0,  # Ctrl-C in the terminal is for us; we pass it on in order
                )
            self._wanted = "running"
            self._stand(Standing("running", self._process.pid))
            self._watching = asyncio.create_task(self._watch(self._process, began))

    async def kill(self) -> None:
        """Kill it as a power cut would."""
        async with self._turn:
            await self._end("killed", lambda process: process.kill())

    async def stop(self) -> None:
        """End it in order, or kill it where that takes too long."""
        async with self._turn:
            await self._end("stopped", lambda process: process.terminate())

    async def _end(self, wanted: Phase, how: Callable[[asyncio.subprocess.Process], None]) -> None:
        process, watching = self._process, self._watching
        if process is None or watching is None:
            return
        if process.returncode is None:
            self._wanted = wanted
            how(process)
        try:
            await asyncio.wait_for(asyncio.shield(watching), GRACE)
        except TimeoutError:
            process.kill()
            await watching

    async def _watch(self, process: asyncio.subprocess.Process, began: int) -> None:
        code = await process.wait()
        self._process = None
        if self._wanted == "running":
            self._stand(Standing("ended", code=code, log=self._last_lines(began)))
        else:
            self._stand(Standing(self._wanted))

    def _stand(self, standing: Standing) -> None:
        self.standing = standing
        for tell in self._watchers:
            tell()

    def _surroundings(self) -> dict[str, str]:
        ours = {name: value for name, value in os.environ.items() if not name.startswith(OVERRIDES)}
        return {**ours, **self._environment}

    def _last_lines(self, began: int) -> tuple[str, ...]:
        """The end of what it wrote since it was started."""
        with self._log.open("rb") as log:
            size = log.seek(0, os.SEEK_END)
            log.seek(max(began, size - TAIL_BYTES))
            return tuple(log.read().decode(errors="replace").splitlines()[-TAIL_LINES:])
