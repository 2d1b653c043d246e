"""
The gateway as a child process.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from gateway.sandbox.child import Gateway
from tests.gateway.sandbox.houses import until


async def ended(gateway: Gateway) -> None:
    async def has_ended() -> bool:
        return gateway.standing.phase == "ended"

    await until(has_ended)


async def test_own_end_is_told_with_its_last_words(folder: Path):
    """
    A gateway that ends by itself leaves its exit code and the end of what it wrote since it was started.
    """
    log = folder / "gateway.log"
    log.write_text("an older line\n")
    told: list[str] = []
    gateway = Gateway(folder / "missing.toml", {})
    gateway.watch(lambda: told.append(gateway.standing.phase))

    await gateway.start()
    await ended(gateway)

    assert ["running", "ended"] == told
    assert 2 == gateway.standing.code
    (line,) = gateway.standing.log
    assert "missing.toml" in line
    assert log.read_text().startswith("an older line\n")


async def test_it_can_be_started_again(folder: Path):
    """
    After an end of its own it can be started again; ending what has ended is nothing.
    """
    gateway = Gateway(folder / "missing.toml", {})
    await gateway.start()
    await ended(gateway)
    await gateway.kill()
    assert "ended" == gateway.standing.phase

    await gateway.start()

    assert "running" == gateway.standing.phase
    await ended(gateway)


async def test_killed_at_birth(folder: Path):
    """
    A kill right after the start ends it, and says that it was killed.
    """
    gateway = Gateway(folder / "missing.toml", {})
    await gateway.start()
    pid = gateway.standing.pid
    assert pid is not None

    await gateway.kill()

    assert "killed" == gateway.standing.phase
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_many_commands_at_once(folder: Path):
    """
    Commands that come together are carried out one after the other; two starts make one gateway.
    """
    gateway = Gateway(folder / "missing.toml", {})

    await asyncio.gather(gateway.start(), gateway.start(), gateway.kill(), gateway.stop())

    assert "killed" == gateway.standing.phase


async def test_real_settings_of_the_environment_stay_out(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """
    A variable that moves a real gateway's data does not move the sandbox's.
    """
    monkeypatch.setenv("RINGBACK_SERVER_DATA", "/precious")
    monkeypatch.setenv("RINGBACK_LOG_LEVEL", "debug")
    gateway = Gateway(folder / "ringback.toml", {"TOKEN": "t"})

    surroundings = gateway._surroundings()

    assert "RINGBACK_SERVER_DATA" not in surroundings
    assert ("debug", "t") == (surroundings["RINGBACK_LOG_LEVEL"], surroundings["TOKEN"])
