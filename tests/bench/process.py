"""
A real `ringback serve` that is started to see how long that takes, what it holds, and what comes of killing it.
"""

from __future__ import annotations

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from tests.bench.http import Connection
from tests.bench.measure import PATIENCE, SERVER
from tests.process import ROOT


class Process:
    """One of them, over a folder with its settings, on the server's core."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._log, self.began, self.port = folder / "log", time.monotonic(), 0
        with self._log.open("wb") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "gateway.cli", "serve"],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stdout=out,
                stderr=out,
                preexec_fn=lambda: os.sched_setaffinity(0, SERVER),
            )

    async def ready(self) -> float:
        """Wait until `/readyz` says that it is; gives the seconds since it was started."""
        async with asyncio.timeout(PATIENCE):
            while not self.port:
                await self._pause()
                found = re.search(r"running on port (\d+)", self._log.read_text())
                self.port = int(found.group(1)) if found else 0
            connection = await Connection.open(self.port)
            while await connection.send(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n") != 200:
                await self._pause()
        connection.close()
        return time.monotonic() - self.began

    async def _pause(self) -> None:
        assert self._process.poll() is None, self._log.read_text()
        await asyncio.sleep(0.005)

    def resident(self) -> float:
        """How much memory it holds, in MiB."""
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found.group(1)) / 1024

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop or kill it."""
        self._process.send_signal(how)
        self._process.wait()
