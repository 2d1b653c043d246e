"""
Files through a real gateway process, both ways.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from adapters.slack.emulator import payloads
from tests.process import Gateway, gateway, until

RITA = "U0000RITA"


def files(house: Gateway) -> list[dict[str, Any]]:
    """The files that the agent has sent to Rita."""
    shown = house.emulator.screen(RITA, "dm")["messages"]
    return [file for message in shown if message["author"]["is_bot"] for file in message["files"]]


async def content(house: Gateway, file: dict[str, Any]) -> str:
    """What is in a file, read as Slack gives it to who may read it."""
    workspace = house.emulator.workspace
    address = payloads.file(workspace, workspace.state.files[file["id"]])["url_private"]
    async with httpx.AsyncClient() as reader:
        token = {"Authorization": f"Bearer {workspace.state.tokens.bot}"}
        return (await reader.get(address, headers=token)).text


async def test_a_list_is_exported_and_a_plan_is_read(tmp_path: Path):
    """
    Asked for an export, the agent sends a table; sent a file, it says what is in it.
    """
    async with gateway(tmp_path) as house:
        await house.start()
        house.emulator.people.message(RITA, "dm", "export the list as a file")
        await until(lambda: files(house))
        (table,) = files(house)
        assert "deployments.csv" == table["name"]
        assert "environment,tag\r\nstaging,\r\nproduction,\r\n" == await content(house, table)

        plan = b"v1.4.2 on Monday\nv1.5.0 on Tuesday\n"
        house.emulator.people.message(RITA, "dm", "what is in this?", files=[("plan.txt", plan)])
        await until(lambda: any("plan.txt has 2 lines" in text for text in house.seen(RITA)))
        assert any("It begins: v1.4.2 on Monday\nv1.5.0 on Tuesday" in text for text in house.seen(RITA))
