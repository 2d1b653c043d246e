"""
Makes gateway processes that are up at once: everything is imported here, and each start is a fork.

One JSON object a line in (`config`, `cwd`, `log`, `settle`, `plan`), two out: `{"pid": …}` when it is started,
`{"status": …}` when it has died. A plan kills the process from inside at a commit's boundary: `before` the n-th commit
reaches the disk, or `after` it did and before anybody is told.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import adapters.slack.adapter  # so that a fork need not
import adapters.slack.listen
import tests.crashes.agent  # noqa: F401
from gateway import bootstrap, cli, settings, telemetry
from gateway.store.sqlite import SqliteStore


def main() -> None:
    """Fork for every line that comes in."""
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            serve(order)
        print(json.dumps({"pid": pid}), flush=True)
        _, status = os.waitpid(pid, 0)
        print(json.dumps({"status": status}), flush=True)


def serve(order: dict[str, Any]) -> None:
    """Be the gateway, as `ringback serve` is, until killed."""
    os.chdir(order["cwd"])
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, 1)
    os.dup2(log, 2)
    adapters.slack.listen.LOOK = 0.05  # the emulator sends what waited at once, and timers wait for that
    if order["plan"] is not None:
        arm(**order["plan"])
    config = Path(order["config"])
    loaded = settings.load(config)
    telemetry.configure("info", bootstrap.secrets(loaded))
    service = bootstrap.build(loaded, str(config), settle=order["settle"])
    try:
        asyncio.run(cli.until_signal(service.run))
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def arm(when: str, commit: int) -> None:
    """Die at a commit's boundary."""
    inner, count = SqliteStore._commit, [0]

    async def _commit(store: SqliteStore) -> None:
        count[0] += 1
        if count[0] == commit and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await inner(store)
        if count[0] == commit and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)

    SqliteStore._commit = _commit  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
