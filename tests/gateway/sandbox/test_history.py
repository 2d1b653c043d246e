"""
What became of the gateway.
"""

from __future__ import annotations

from pathlib import Path

from tests.gateway.sandbox.houses import running, standing, until


async def test_kill_and_start_are_told_with_what_the_store_held(folder: Path):
    """
    A kill and a start are noted with their time and with what was unfinished in the store.
    """
    async with running(folder, gateway=True) as client:

        async def history():
            return (await standing(client))["gateway"]["history"]

        await client.post("/gateway/kill")
        await client.post("/gateway/start")
        first, killed, started = await until(_counted(history))

    assert ["running", "killed", "running"] == [turn["phase"] for turn in (first, killed, started)]
    assert first["at"] < killed["at"] < started["at"]
    assert {"running": 0, "waiting": 0, "open": 0} == killed["held"] == started["held"]


def _counted(history):
    async def look():
        turns = await history()
        return turns if len(turns) == 3 and all("held" in turn for turn in turns) else None

    return look
