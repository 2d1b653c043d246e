"""
`ringback doctor`.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.options import DEFAULT_CONFIG, Config, Data, Json
from gateway.cli.output import document, fail, say
from gateway.errors import EXIT_SETTINGS

if TYPE_CHECKING:
    from adapters.base import Check
    from gateway.settings import Settings

WORDS = {True: "ok", False: "wrong", None: "not known"}
Findings = list[tuple[str, "Check"]]


def doctor(
    channel: Annotated[str, typer.Argument(help="A channel or an account, like slack or slack:T024BE7LD.")] = "",
    to: Annotated[str, typer.Option(help="Who gets the test card: a person's id, or an address.")] = "",
    config: Config = DEFAULT_CONFIG,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """
    Look at store, settings, tokens, scopes, people and channels, and show a test card that is taken away again.

    Without --to the card goes to the first owner. Ends with 0 where nothing is wrong, else with 1.
    """
    from gateway import settings

    loaded = settings.load(config, server={"data": data})
    accounts = {f"{name}:{one.account}" for name, several in loaded.channels.items() for one in several}
    chosen = {one for one in accounts if not channel or one == channel or one.startswith(f"{channel}:")}
    if not chosen:
        known = ", ".join(sorted(accounts)) or "none"
        fail(f"there is no account {channel!r}; there is {known}", EXIT_SETTINGS)
    findings = asyncio.run(_look(loaded, config, chosen, to))
    if as_json:
        document([{"about": about} | asdict(check) for about, check in findings])
    else:
        for about, check in findings:
            _tell(about, check)
    sys.exit(any(check.ok is False for _, check in findings))


async def _look(loaded: Settings, config: Path, chosen: set[str], to: str) -> Findings:
    from gateway import bootstrap, control
    from gateway import doctor as doctoring
    from gateway.runtime import Runtime

    folder = loaded.server.data
    world, unread = bootstrap.world(loaded, str(config))
    findings = [("store", check) for check in bootstrap.check_store(folder)]
    findings += [("settings", check) for check in doctoring.settings_checks(loaded, world, unread)]
    running = await control.ask(folder, {"do": "health"}) or {}
    for adapter in bootstrap.adapters(loaded, str(config), Runtime()):
        name = f"{adapter.channel}:{adapter.account}"
        if name in chosen:
            checks = await doctoring.account(loaded, world, adapter, to, running.get("channels", {}))
            findings += [(name, check) for check in checks]
    return findings


def _tell(about: str, check: Check) -> None:
    found = f"{check.what}: {check.found}" if check.found else check.what
    remedy = f"; {check.remedy}" if check.remedy else ""
    say(f"{WORDS[check.ok]:<11}{about:<18}{found}{remedy}")
