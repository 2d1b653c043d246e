"""
A real gateway process over the emulator.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from adapters.slack.emulator import Emulator, Workspace, serve
from tests import warm

ROOT = Path(__file__).parent.parent
PATIENCE = 15.0  # seconds that a test waits for what another process must do

CONFIG = """
[server]
data = "{folder}/store"
port = 0
[[slack]]
account = "{team}"
bot_token = "env:BOT"
{door}
api = "{api}"
[[models]]
name = "main"
script = "gateway.sandbox.script:script"
[[agents]]
use = ["gateway.sandbox.deploybot:deploybot"]
listen = ["slack"]
model = "main"
[[people]]
id = "rita"
name = "Rita"
identities = ["slack:{team}/U0000RITA"]
[[people]]
id = "ana"
name = "Ana"
identities = ["slack:{team}/U00000ANA"]
roles = ["owner", "release"]
[[policy]]
tool = "deploy"
when = {{ environment = "production" }}
roles = ["release"]
exclude_requester = true
"""
DOORS = {"socket": 'app_token = "env:APP"', "http": 'mode = "http"\nsigning_secret = "env:SIGNING"'}


class Gateway:
    """
    A `ringback serve`, with Slack's side of it: over a socket, or over HTTP.

    Args:
        cold: Start it, and other commands beside it, as a person does: from nothing.
    """

    def __init__(self, folder: Path, emulator: Emulator, api: str, mode: str = "socket", *, cold: bool = False) -> None:
        self.folder, self.emulator, self.mode, self.cold = folder, emulator, mode, cold
        tokens, team = emulator.workspace.state.tokens, emulator.workspace.state.team_id
        secrets = {"BOT": tokens.bot, "APP": tokens.app, "SIGNING": tokens.signing_secret}
        self.environment = os.environ | secrets | {"PYTHONPATH": str(ROOT)}
        self.config = folder / "ringback.toml"
        self.config.write_text(CONFIG.format(folder=folder, team=team, api=api, door=DOORS[mode]))
        self.process: asyncio.subprocess.Process | warm.Process | None = None
        self.port = 0

    async def start(self, before: Callable[[], None] | None = None, *, connected: bool = True) -> None:
        """Start it, and wait until it answers and listens. `before` runs in the new process first; it starts cold."""
        log = self.folder / "gateway.log"
        known = len(log.read_text()) if log.exists() else 0
        serve = ("serve", "--config", str(self.config))
        with log.open("ab") as out:
            if self.cold or before is not None:
                self.process = await asyncio.create_subprocess_exec(
                    *command(*serve), cwd=self.folder, env=self.environment, stdout=out, stderr=out, preexec_fn=before
                )
            else:
                self.process = warm.Process(warm.start(serve, self.folder, self.environment, out, out)).watch()
        await until(lambda: re.search(r"running on port (\d+)", log.read_text()[known:]))
        found = re.search(r"running on port (\d+)", log.read_text()[known:])
        assert found
        self.port = int(found.group(1))
        if connected and self.mode == "http":
            self.emulator.deliver_to(f"http://127.0.0.1:{self.port}/slack/events")
            await until(lambda: self.emulator.state()["request_url"]["is_verified"])
            while (await self.readyz("?channels=all"))[0] != 200:
                await asyncio.sleep(0.02)
        elif connected:
            await until(lambda: self.emulator.state()["connections"])

    async def stop(self) -> int:
        """Ask it to stop; returns how it ended."""
        assert self.process is not None
        if self.process.returncode is None:
            self.process.terminate()
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def run(self, *arguments: str) -> tuple[int, str, str]:
        """Run another command beside it: exit code, standard output, standard error."""
        if not self.cold:
            return await asyncio.to_thread(warm.run, arguments, self.folder, self.environment)
        process = await asyncio.create_subprocess_exec(
            *command(*arguments),
            cwd=self.folder,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        return process.returncode or 0, out.decode(), err.decode()

    async def readyz(self, query: str = "") -> tuple[int, dict[str, Any]]:
        """Ask whether it is ready."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/readyz{query}") as answer,
        ):
            return answer.status, json.loads(await answer.text())

    async def metrics(self) -> str:
        """Read what is measured."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"http://127.0.0.1:{self.port}/metrics") as answer,
        ):
            assert answer.status == 200
            return await answer.text()

    def seen(self, person: str, channel: str = "dm") -> list[str]:
        """What a person reads."""
        return [message["text"] for message in self.emulator.screen(person, channel)["messages"]]

    def press(self, person: str, action: str) -> None:
        """A person presses the newest button of a kind."""
        for message in reversed(self.emulator.screen(person)["messages"]):
            names = {
                e["action_id"] for block in message["blocks"] if block["type"] == "actions" for e in block["elements"]
            }
            if action in names:
                self.emulator.people.click(person, "dm", message["ts"], action)
                return
        raise AssertionError(f"{person} sees no {action}")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def command(*arguments: str) -> list[str]:
    """The command line, as it is installed."""
    return [sys.executable, "-m", "gateway.cli", *arguments]


@asynccontextmanager
async def gateway(folder: Path, mode: str = "socket", *, cold: bool = False) -> AsyncIterator[Gateway]:
    """Slack's side, and a gateway that is not started yet; it is stopped at the end."""
    workspace = Workspace.create(["rita", "ana", "otto"], ["general"])
    async with await serve("127.0.0.1", 0, workspace, retry_delays=(0.2,) * 300, ack_timeout=1.0) as server:
        one = Gateway(folder, server.emulator, server.base_url, mode, cold=cold)
        try:
            yield one
        finally:
            if one.process is not None:
                await one.stop()


async def until(holds: Callable[[], Any]) -> None:
    """Wait for what another process must do."""
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.02)
