"""
The sandbox as a whole.
"""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.errors import Locked, SettingsError
from gateway.sandbox import main
from tests.gateway.sandbox.houses import running, standing, until


async def threads(client: httpx.AsyncClient) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await standing(client))["threads"]
    return found


def test_no_sandbox_no_endpoints(folder: Path):
    """
    Where no sandbox runs, asking for endpoints is one sentence that says what to do.
    """
    with pytest.raises(SettingsError, match="start a sandbox there first"):
        main.endpoints(folder)


async def test_endpoints_stand_in_a_file_while_it_runs(folder: Path, capsys: pytest.CaptureFixture[str]):
    """
    While the sandbox runs, `endpoints.json` says where its emulators are, and a client can use them; then it goes.
    """
    async with running(folder) as client:
        told = main.endpoints(folder)
        assert json.loads((folder / "endpoints.json").read_text()) == told
        assert f"{client.base_url}/slack/api/" == told["slack"]["api"]
        headers = {"authorization": f"Bearer {told['slack']['bot_token']}"}
        answer = (await client.post(f"{told['slack']['api']}auth.test", headers=headers)).json()
        assert (True, told["slack"]["team"]) == (answer["ok"], answer["team_id"])

    assert not (folder / "endpoints.json").exists()
    assert "rest" not in told  # there is no gateway
    where, how = capsys.readouterr().out.splitlines()
    assert f"{client.base_url}/" in where
    assert "Ctrl-C" in how


async def test_emulators_only(folder: Path):
    """
    Without the gateway nothing listens to Slack, and the page says so.
    """
    async with running(folder) as client:
        assert {"phase": "none"} == (await standing(client))["gateway"]
    assert not (folder / "gateway.log").exists()


async def test_one_sandbox_a_folder(folder: Path):
    """
    A second sandbox on the same data is refused, and the first one's endpoints stay.
    """
    async with running(folder):
        with pytest.raises(Locked, match="Another ringback"):
            await main.run(asyncio.Event(), port=0, data=folder, gateway=False)
        assert main.endpoints(folder)


async def test_busy_port_is_one_sentence(folder: Path):
    """
    A port that is taken is said in a sentence, before anything is written.
    """
    async with running(folder / "one") as client:
        with pytest.raises(SettingsError, match="choose another with --port"):
            await main.run(asyncio.Event(), port=client.base_url.port or 0, data=folder / "two", gateway=False)
    assert [main.LOCK] == [file.name for file in (folder / "two").iterdir()]


async def test_folder_that_cannot_be_made_is_one_sentence(folder: Path):
    """
    A folder inside a file is refused with its name.
    """
    (folder / "file").write_text("")

    with pytest.raises(SettingsError, match="cannot be made"):
        await main.run(asyncio.Event(), port=0, data=folder / "file" / "data", gateway=False)


async def test_it_ends_with_a_page_open(folder: Path):
    """
    Asked to stop, it ends within a few seconds, although a page holds its stream open.
    """
    async with asyncio.timeout(10), httpx.AsyncClient() as page:
        async with running(folder) as client:
            request = page.build_request("GET", f"{client.base_url}/changes")
            response = await page.send(request, stream=True)
            began = time.monotonic()
        assert time.monotonic() - began < 3
        await response.aclose()


@pytest.mark.timeout(90)
async def test_gateway_is_killed_and_started(folder: Path):
    """
    The gateway answers people; killed, it answers no more; started again, it answers what was written meanwhile, and
    after a restart of everything all is still there.
    """
    rita = "U0000RITA"

    async def say(client: httpx.AsyncClient, text: str) -> None:
        body = {"person": rita, "channel": "dm", "text": text}
        assert 200 == (await client.post("/slack/human/message", json=body)).status_code

    async def screen(client: httpx.AsyncClient) -> list[str]:
        view = await client.get("/slack/human/view", params={"person": rita})
        return [message["text"] for message in view.json()["messages"]]

    async with running(folder, gateway=True) as client:

        async def replies(number: int) -> bool:
            return sum(text.startswith("staging:") for text in await screen(client)) == number

        async def is_killed() -> bool:
            return (await standing(client))["gateway"]["phase"] == "killed"

        await say(client, "list")
        await until(lambda: replies(1))
        (thread,) = await threads(client)
        log = (await client.get(f"/threads/{thread['id']}")).json()
        assert "RunEnded" == log["events"][-1]["type"]
        digest = log["calls"][0]["context"]
        assert "list</message>" in (await client.get(f"/contexts/{digest}")).json()["text"]

        killed = (await client.post("/gateway/kill")).json()
        assert "killed" == killed["phase"]
        await until(is_killed)
        await say(client, "list")
        assert "running" == (await client.post("/gateway/start")).json()["phase"]
        await until(lambda: replies(2))
        before = await screen(client)

    async with running(folder) as client:
        assert before == await screen(client)
        assert [thread["id"]] == [each["id"] for each in await threads(client)]
