"""
Slack's own library for Node works with the emulator, over Socket Mode and over HTTP, with only Slack's address changed.

Over HTTP it checks the emulator's signatures with its own code.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.emulator import Emulator, Workspace, serve
from tests.process import PATIENCE, until

ROOT = Path(__file__).parents[2]
APP = Path(__file__).parent / "app.cjs"
INSTALLED = ROOT / ".artifacts" / "node"
ANA, GENERAL = "U00000ANA", "C0GENERAL"


@pytest.fixture
def library() -> Path:
    """Where `.ci/node` has installed the library."""
    if not (INSTALLED / "installed.json").exists() or shutil.which("node") is None:
        reason = "Slack's library for Node is not installed: sh .ci/node"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return INSTALLED / "node_modules"


@asynccontextmanager
async def app(library: Path, mode: str, *, secret: str | None = None) -> AsyncIterator[Emulator]:
    """The app on that library, in a process of its own, and the emulator that it talks to."""
    workspace = Workspace.create(["ana"], ["general"])
    tokens = workspace.state.tokens
    async with await serve("127.0.0.1", 0, workspace) as server:
        told = {"MODE": mode, "API": server.base_url, "BOT_TOKEN": tokens.bot, "APP_TOKEN": tokens.app}
        told |= {"SIGNING_SECRET": secret or tokens.signing_secret, "NODE_PATH": str(library)}
        process = await asyncio.create_subprocess_exec(
            "node", str(APP), env=os.environ | told, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            assert process.stdout is not None
            port = await asyncio.wait_for(started(process.stdout), PATIENCE)
            if mode == "http":
                server.emulator.deliver_to(f"http://127.0.0.1:{port}/slack/events")
            yield server.emulator
        finally:
            process.terminate()
            await process.wait()


async def started(output: asyncio.StreamReader) -> int:
    """The port in the line that the app prints when it listens; its library's log stands around it."""
    while line := await output.readline():
        if line.startswith(b'{"port"'):
            return int(json.loads(line)["port"])
    raise AssertionError("the app ended")


def texts(emulator: Emulator) -> list[str]:
    return [message["text"] for message in emulator.screen(ANA, GENERAL)["messages"]]


def below(emulator: Emulator) -> list[dict[str, Any]]:
    replies: list[dict[str, Any]] = emulator.screen(ANA, GENERAL)["messages"][0]["replies"]
    return replies


def modal(emulator: Emulator) -> dict[str, Any] | None:
    shown: dict[str, Any] | None = emulator.screen(ANA, GENERAL)["modal"]
    return shown


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_message_button_and_modal(mode: str, library: Path):
    """
    A message, its answer with a button, the press, the modal with an error and without, and a message at the end.
    """
    async with app(library, mode) as emulator:
        emulator.people.message(ANA, GENERAL, "hello")
        await until(lambda: below(emulator))
        answer = below(emulator)[0]
        assert f"Hello <@{ANA}>" == answer["text"]

        emulator.people.click(ANA, GENERAL, answer["ts"], "open")
        await until(lambda: modal(emulator))
        shown = modal(emulator)
        assert shown is not None
        refused = await emulator.people.submit(ANA, shown["view_id"], {"why": {"text": "no"}})
        assert {"errors": {"why": "Say more."}} == refused
        assert {} == await emulator.people.submit(ANA, shown["view_id"], {"why": {"text": "it is time"}})
        assert modal(emulator) is None
        await until(lambda: texts(emulator)[1:])
        assert ["hello", "Because it is time"] == texts(emulator)


@pytest.mark.parametrize("mode", ["socket", "http"])
async def test_command_and_file(mode: str, library: Path):
    """
    A command is answered where it was typed, and a person's file is fetched and uploaded again.
    """
    async with app(library, mode) as emulator:
        await until(lambda: mode == "socket" or emulator.state()["request_url"]["is_verified"])
        emulator.people.command(ANA, GENERAL, "/ringback", "status")
        await until(lambda: texts(emulator))
        assert ["You said status"] == texts(emulator)

        emulator.people.message(ANA, GENERAL, "file", files=[("plan.txt", b"\x00one\r\n")])
        await until(lambda: texts(emulator)[2:])
        copy = emulator.screen(ANA, GENERAL)["messages"][2]
        assert "A copy of plan.txt" == copy["text"]
        assert [("copy.txt", 6)] == [(file["name"], file["size"]) for file in copy["files"]]


async def test_wrong_secret_is_refused(library: Path):
    """
    With another signing secret the library refuses even the handshake: its check of our signatures is a real one.
    """
    async with app(library, "http", secret="another") as emulator:
        await until(lambda: emulator.state()["request_url"]["problem"])

        assert "status 401" == emulator.state()["request_url"]["problem"]
        assert not emulator.state()["request_url"]["is_verified"]
