"""
The operator's door.
"""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from gateway import control
from gateway.control import Control
from gateway.errors import SettingsError
from tests.gateway.agents import World, echo
from tests.gateway.house import RITA, Make


async def test_a_command_is_carried_out_and_answered(make: Make, tmp_path: Path):
    """
    What the command line asks for is stored as a fact, and decided by the owner.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        door = asyncio.create_task(
            Control(
                house.store, house.outbox, house.world.directory, house.health, house.reloading, tmp_path, house.runtime
            ).run()
        )
        while not (tmp_path / control.SOCKET).exists():
            await asyncio.sleep(0)
        (row,) = await house.store.threads()
        acted = {"thread": row.id, "choice": "cancel", "by": "ben"}
        answer = await control.ask(tmp_path, {"do": "act", "conversation": row.conversation, "acted": acted})
        await house.runtime.settle()

        assert {"done": True} == answer
        assert [("ended", "cancelled")] == await house.status()
        assert {"done": False} == await control.ask(tmp_path, {"do": "retry", "delivery": "nothing"})
        for nonsense in ({"do": "act"}, {}, {"do": []}, {"do": "offer", "code": [], "person": "x"}, [], None, "\x00"):
            refused = await control.ask(tmp_path, nonsense)  # type: ignore[arg-type]
            assert refused is not None
            assert refused["error"].startswith(control.UNREAD)
        nowhere = await control.ask(tmp_path, {"do": "act", "conversation": "nowhere", "acted": acted})
        assert nowhere is not None
        assert "is no address" in nowhere["error"]
        assert 0o600 == stat.S_IMODE((tmp_path / control.SOCKET).stat().st_mode)
        door.cancel()
        await asyncio.gather(door, return_exceptions=True)


async def test_where_no_gateway_runs_there_is_no_answer(tmp_path: Path):
    """
    The command line can tell that it has to write by itself.
    """
    assert await control.ask(tmp_path, {"do": "retry", "delivery": "x"}) is None


async def test_a_path_too_long_for_a_socket_is_said_at_start(make: Make, tmp_path: Path):
    """
    The kernel's limit is a setting's error, not a traceback.
    """
    async with make(echo) as house:
        with pytest.raises(SettingsError, match="too long"):
            Control(
                house.store,
                house.outbox,
                house.world.directory,
                house.health,
                house.reloading,
                tmp_path / ("x" * 120),
                house.runtime,
            )
