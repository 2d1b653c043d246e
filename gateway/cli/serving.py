"""
`ringback serve` and `ringback sandbox`: what runs until it is stopped.
"""

from __future__ import annotations

import asyncio
import signal
from enum import StrEnum
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data
from gateway.cli.output import document
from gateway.errors import SettingsError

SANDBOX = ("websockets", "slack_bolt", "aiohttp")  # what its emulators and the gateway behind them need


class Mode(StrEnum):
    """How what people do in the sandbox reaches its gateway."""

    SOCKET = "socket"
    HTTP = "http"


def serve(
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
    host: Annotated[str | None, typer.Option(help="The address to answer on.")] = None,
    port: Annotated[int | None, typer.Option(help="The port to answer on.", min=0, max=65_535)] = None,
) -> None:
    """Run the gateway."""
    from gateway import bootstrap, settings, telemetry

    load = partial(settings.load, config, server={"data": data, "host": host, "port": port})
    loaded = load()
    telemetry.configure(loaded.log.level, bootstrap.secrets(loaded))
    service = bootstrap.build(loaded, str(config), load=load)
    asyncio.run(until_signal(service.run, service.reload))


async def until_signal(run: Any, reload: Any = None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    if reload is not None:
        reloads = set[asyncio.Task[None]]()

        def again() -> None:
            task = asyncio.ensure_future(reload())
            reloads.add(task)
            task.add_done_callback(reloads.discard)

        loop.add_signal_handler(signal.SIGHUP, again)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await run(stop)


def sandbox(
    port: Annotated[int, typer.Option(help="The page's port.", min=1, max=65_535)] = 8700,
    data: Annotated[Path, typer.Option(help="Where the sandbox keeps everything.")] = Path("data/sandbox"),
    endpoints: Annotated[
        bool, typer.Option(help="Print addresses and tokens, of the emulators and of REST, and end.")
    ] = False,
    emulators_only: Annotated[bool, typer.Option(help="Run the emulators without the gateway.")] = False,
    mode: Annotated[Mode, typer.Option(help="How Slack reaches the gateway.")] = Mode.SOCKET,
    language: Annotated[str, typer.Option(help="What everybody reads in their direct messages.")] = "en",
    also: Annotated[list[str] | None, typer.Option("--with", help="A channel to play beside Slack: email.")] = None,
) -> None:
    """Try everything on this machine: emulated channels, people to play, and a real gateway. No account, no network."""
    missing = [library for library in SANDBOX if find_spec(library) is None]
    if missing:
        remedy = f"a library is missing ({', '.join(missing)}); install it with: pip install 'ringback[sandbox]'"
        raise SettingsError("sandbox", "pip", remedy)
    from agent_core.catalogue import known
    from gateway.sandbox import main as sandbox_main

    if endpoints:
        document(sandbox_main.endpoints(data))
        return
    try:
        spoken = known(language)
    except ValueError as error:
        raise SettingsError("--language", "command line", str(error)) from None
    over_http = mode is Mode.HTTP
    play = partial(sandbox_main.run, port=port, data=data, gateway=not emulators_only, over_http=over_http)
    asyncio.run(until_signal(partial(play, language=spoken, also=also or ())))
