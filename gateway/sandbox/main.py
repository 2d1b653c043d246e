"""
The sandbox: emulated channels and one web page in this process, a real gateway in a child process.

Everything is kept in one folder: what each emulator knows, the gateway's settings, store and log, and the file that the
example agent changes. Ended or killed at any moment, it goes on where it was.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import typer

from agent_core.catalogue import PLAIN
from gateway import service
from gateway.errors import Locked, SettingsError
from gateway.sandbox import channel, settings_file
from gateway.sandbox import door as rest
from gateway.sandbox.channel import Channel
from gateway.sandbox.child import Gateway, Standing
from gateway.sandbox.door import Door
from gateway.sandbox.server import Server, Site

HOST = "127.0.0.1"
ENDPOINTS = "endpoints.json"
LOCK = "sandbox.lock"


def endpoints(data: Path) -> Any:
    """
    Give the addresses and tokens of the emulators, and of the gateway's REST door.

    Raises:
        SettingsError: No sandbox runs there.
    """
    file = data / ENDPOINTS
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        remedy = f"there is no such file; start a sandbox there first, with: ringback sandbox --data {data}"
        raise SettingsError("--endpoints", str(file), remedy) from None


async def run(
    stop: asyncio.Event,
    *,
    port: int,
    data: Path,
    gateway: bool,
    over_http: bool = False,
    language: str = PLAIN,
    also: Collection[str] = (),
) -> None:
    """
    Run until asked to stop.

    Args:
        gateway: Whether to run one; without it the emulators are there for other clients.
        over_http: Whether what people do is posted to the gateway; else it comes over connections that this one opens.
        language: What everybody reads in their own conversations.
        also: Channels that are played besides the first.

    Raises:
        SettingsError: The port is taken, or the folder cannot be used.
        Locked: Another sandbox uses the folder.
    """
    folder = _folder(data)
    with _locked(folder), service.listen(HOST, port) as own:
        # Inherited by each connection: otherwise every second small answer on a kept one waits 40 ms for its turn.
        own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        (folder / ENDPOINTS).unlink(missing_ok=True)  # of a sandbox that was killed
        channels = channel.build_all(folder, also)
        number = own.getsockname()[1]
        base_url, door = f"http://{HOST}:{number}", rest.make(folder, HOST, number)
        for name, each in channels.items():
            await each.open()
            each.deliver_to(f"http://{HOST}:{door.port}/{name}/events" if over_http else None)
        config = settings_file.write(folder, channels, base_url, door, language=language)
        child = Gateway(config, _environment(channels) | door.environment()) if gateway else None
        site = Site(folder, channels, child, over_http=over_http)
        server = Server(site.app())
        serving = asyncio.create_task(server.serve([own]))
        try:
            await server.up(serving)
            with _endpoints(folder, channels, base_url, door if gateway else None):
                typer.echo(f"The sandbox is at {base_url}/ and keeps everything in {folder}.")
                if gateway:
                    typer.echo(
                        f"Agents elsewhere ask at {door.endpoints()['url']}/v1; the token stands in {rest.FILE} there."
                    )
                typer.echo("Press Ctrl-C to stop it.")
                await _play(stop, child)
        finally:
            site.close()
            server.should_exit = True
            await serving


async def _play(stop: asyncio.Event, child: Gateway | None) -> None:
    if child is None:
        await stop.wait()
        return
    child.watch(lambda: _complain(child.standing))
    await child.start()
    try:
        await stop.wait()
    finally:
        await child.stop()


def _complain(standing: Standing) -> None:
    if standing.phase == "ended":
        said = f": {standing.log[-1]}" if standing.log else "."
        typer.echo(f"The gateway ended by itself, with exit code {standing.code}{said}", err=True)


def _folder(data: Path) -> Path:
    folder = data.absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingsError("--data", str(data), f"cannot be made: {error.strerror}") from None
    return folder


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with (folder / LOCK).open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Locked(Locked.__doc__) from None
        yield


@contextmanager
def _endpoints(folder: Path, channels: Mapping[str, Channel], base_url: str, door: Door | None) -> Iterator[None]:
    """Say where the emulators are, and where agents ask, as long as they are there."""
    file = folder / ENDPOINTS
    told: dict[str, Any] = {name: channel.endpoints(f"{base_url}/{name}") for name, channel in channels.items()}
    told |= {"rest": door.endpoints()} if door is not None else {}
    new = file.with_suffix(".new")
    new.touch(0o600)
    new.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    os.replace(new, file)
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _environment(channels: Mapping[str, Channel]) -> dict[str, str]:
    return {name: value for channel in channels.values() for name, value in channel.environment().items()}
