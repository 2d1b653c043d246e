"""
`ringback …` in processes that are up at once: everything is imported already, and each start is a fork.

To start Python and import a gateway takes most of a second, and a fork some milliseconds; the tests start several
hundred. What runs is the command line's `main`, in a process of its own, with the folder, the environment and the
output that it is given. That it comes up from nothing is shown by those that run `tests.process.command`.

`python -m tests.warm SOCKET` listens until its standard input is closed, and then kills whatever it has started. One
message a connection: a JSON object (`arguments`, `cwd`, `environment`) with the files for standard output and standard
error; two come back, `{"pid": …}` and `{"code": …}`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

ROOT = Path(__file__).parent.parent
PATIENCE = 30.0  # seconds that a command may take
LONGEST = 128 * 1024  # bytes of a message
IMPORTED = (
    *("adapters.email.adapter", "adapters.slack.adapter", "adapters.slack.listen", "gateway.api.app"),
    *("gateway.api.humanlayer", "gateway.bootstrap", "gateway.commands", "gateway.control", "gateway.decisions"),
    *("gateway.doctor", "gateway.explain", "gateway.metrics", "gateway.pages", "gateway.sandbox.deploybot"),
    *("gateway.sandbox.script", "gateway.scaffold", "gateway.service", "gateway.settings_example"),
    *("gateway.supervisor", "gateway.telemetry", "gateway.web", "gateway.webhooks"),
)
"""What the command line imports when it needs it."""


class Process:
    """A command that runs, as `asyncio.subprocess.Process` shows it."""

    def __init__(self, connection: socket.socket) -> None:
        self.pid: int = json.loads(connection.recv(LONGEST))["pid"]
        self.returncode: int | None = None
        self._connection = connection
        self._ended: asyncio.Task[int] | None = None

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def watch(self) -> Process:
        """Notice when it ends."""
        self._connection.setblocking(False)
        self._ended = asyncio.ensure_future(self._end())
        return self

    async def wait(self) -> int:
        """Wait until it ends; gives its exit code."""
        assert self._ended is not None
        return await asyncio.shield(self._ended)

    async def _end(self) -> int:
        with self._connection as connection:
            told = await asyncio.get_running_loop().sock_recv(connection, LONGEST)
        self.returncode = code = json.loads(told)["code"]
        return int(code)


def start(
    arguments: Sequence[str], cwd: Path, environment: Mapping[str, str], out: IO[bytes], err: IO[bytes]
) -> socket.socket:
    """Start a command; gives the connection that says its process id and, later, its exit code."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(str(_nursery()))
    order = {"arguments": arguments, "cwd": str(cwd), "environment": dict(environment)}
    socket.send_fds(connection, [json.dumps(order).encode()], [out.fileno(), err.fileno()])
    return connection


def run(arguments: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a command to its end: exit code, standard output, standard error."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        with start(arguments, cwd, environment, out, err) as connection:
            connection.settimeout(PATIENCE)
            connection.recv(LONGEST)
            code = json.loads(connection.recv(LONGEST))["code"]
        said = [file.seek(0) or file.read().decode() for file in (out, err)]
        return code, *said


@functools.cache
def _nursery() -> Path:
    """Start what forks, once; gives its socket."""
    folder = tempfile.TemporaryDirectory(prefix="rb-")
    door = Path(folder.name) / "door"
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.warm", str(door)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline() == b"ready\n"

    def end(stdin: IO[bytes]) -> None:
        stdin.close()
        process.wait()
        folder.cleanup()

    atexit.register(end, process.stdin)
    return door


# In the process that forks --------------------------------------------------------------------------------------------


def main() -> None:
    """Fork for everybody who comes in."""
    up()
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
        door.bind(sys.argv[1])
        door.listen(64)
        print("ready", flush=True)
        while door in select.select([door, sys.stdin], [], [])[0]:
            connection, _ = door.accept()
            if os.fork() == 0:
                door.close()
                attend(connection)
                return
            connection.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
    os.killpg(0, signal.SIGKILL)  # and what a test that failed, or was killed, has left running


def up() -> None:
    """Import everything, so that a fork need not; it stays shared."""
    for name in IMPORTED:
        importlib.import_module(name)
    gc.freeze()


def attend(connection: socket.socket) -> None:
    """Start what is asked for, and tell how it ended."""
    message, files, _, _ = socket.recv_fds(connection, LONGEST, 2)
    pid = os.fork()
    if pid == 0:
        connection.close()
        be(json.loads(message), *files)
        return
    connection.send(json.dumps({"pid": pid}).encode())
    _, status = os.waitpid(pid, 0)
    connection.send(json.dumps({"code": os.waitstatus_to_exitcode(status)}).encode())
    os._exit(0)


def be(order: dict[str, Any], out: int, err: int) -> None:
    """Be the command, until it ends."""
    from gateway import cli

    for file, number in ((os.open(os.devnull, os.O_RDONLY), 0), (out, 1), (err, 2)):
        os.dup2(file, number)
        os.close(file)
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    sys.argv = ["ringback", *order["arguments"]]
    gc.unfreeze()
    cli.main()


if __name__ == "__main__":
    main()
