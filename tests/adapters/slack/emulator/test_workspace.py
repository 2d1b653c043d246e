"""
The state outlives the emulator, when it is given a file.
"""

from __future__ import annotations

import os
import pathlib
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Channel, Emulator, Fault, Person, Server, Workspace, serve
from adapters.slack.emulator.server import run
from tests.adapters.slack.emulator.conftest import ANA, BUTTONS, DM_ANA, FORM, Hand, Link, Wait

Start = Callable[[], Awaitable[Server]]


@pytest.fixture
def start(tmp_path: pathlib.Path, clock: Hand) -> Start:
    """Starts an emulator on the file."""

    async def start() -> Server:
        workspace = Workspace.create(["ana", "ben"], ["general"], path=tmp_path / "slack.json")
        return await serve("127.0.0.1", 0, workspace, clock=clock)

    return start


def client_of(server: Server) -> AsyncWebClient:
    tokens = server.emulator.workspace.state.tokens
    return AsyncWebClient(token=tokens.bot, base_url=server.base_url, retry_handlers=[])


async def connect(server: Server, http: aiohttp.ClientSession) -> Link:
    tokens = server.emulator.workspace.state.tokens
    answer = await client_of(server).apps_connections_open(app_token=tokens.app)
    link = Link(await http.ws_connect(answer["url"]))
    await link.frame()
    return link


async def test_messages_stay_and_ts_go_on(start: Start) -> None:
    """
    After a restart everything is there, and no ts comes twice though the clock stands still.
    """
    async with await start() as server:
        first = await client_of(server).chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
        server.emulator.people.message(ANA, "dm", "hm", thread_ts=first["ts"])
        before = server.emulator.screen(ANA)
    async with await start() as server:
        assert server.emulator.screen(ANA)["messages"] == before["messages"]
        again = await client_of(server).chat_update(channel=DM_ANA, ts=first["ts"], text="over")
        assert again["message"]["reply_count"] == 1
        second = await client_of(server).chat_postMessage(channel=ANA, text="next")

    assert second["ts"] > before["messages"][0]["replies"][0]["ts"]


async def test_unacknowledged_events_come_after_a_restart(
    start: Start, http: aiohttp.ClientSession, until: Wait
) -> None:
    """
    What was sent and not acknowledged, and what waited, comes again with the same event_ids; the rest does not.
    """
    async with await start() as server:
        link = await connect(server, http)
        for text in ("acknowledged", "sent"):
            server.emulator.people.message(ANA, "dm", text)
        await link.event()
        sent = (await link.frame())["payload"]["event_id"]
        await until(lambda: server.emulator.state()["deliveries"][0]["status"] == "acked")
    async with await start() as server:
        server.emulator.people.message(ANA, "dm", "new")
        link = await connect(server, http)
        envelopes = [await link.frame(), await link.frame()]
        await link.socket.close()

    assert envelopes[0]["payload"]["event_id"] == sent
    assert [envelope["payload"]["event"]["text"] for envelope in envelopes] == ["sent", "new"]
    assert envelopes[0]["retry_attempt"] == 1
    assert envelopes[1]["payload"]["event_id"] != sent


async def test_redelivery_does_not_wait_for_its_time_after_a_restart(
    start: Start, http: aiohttp.ClientSession, clock: Hand
) -> None:
    """
    An event that was waiting for its next redelivery comes with the first connection after a restart.
    """
    async with await start() as server:
        link = await connect(server, http)
        server.emulator.people.message(ANA, "dm", "hello?")
        for _ in range(2):
            await link.frame()
            clock.now += 3.0
            server.emulator.tick()
    async with await start() as server:
        link = await connect(server, http)
        assert (await link.frame())["retry_attempt"] == 2
        await link.socket.close()


async def test_interactions_do_not_come_after_a_restart(start: Start, http: aiohttp.ClientSession) -> None:
    """
    A click that was under way is not repeated by a restart.
    """
    async with await start() as server:
        link = await connect(server, http)
        posted = await client_of(server).chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
        await link.event()
        server.emulator.people.click(ANA, "dm", posted["ts"], "yes")
        await link.frame()
    async with await start() as server:
        link = await connect(server, http)
        server.emulator.people.message(ANA, "dm", "marker")
        assert (await link.event())["text"] == "marker"
        await link.socket.close()
        assert server.emulator.state()["deliveries"][1]["status"] == "failed"


async def test_modal_and_way_back_stay(start: Start, http: aiohttp.ClientSession) -> None:
    """
    An open modal, and a response_url, work on after a restart.
    """
    async with await start() as server:
        link = await connect(server, http)
        posted = await client_of(server).chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
        await link.event()
        server.emulator.people.click(ANA, "dm", posted["ts"], "yes")
        payload = (await link.frame())["payload"]
        await client_of(server).views_open(trigger_id=payload["trigger_id"], view=FORM)
    async with await start() as server:
        view_id = server.emulator.screen(ANA)["modal"]["view_id"]
        assert (await client_of(server).views_update(view_id=view_id, view=FORM))["ok"]
        url = f"{server.url}/actions/{payload['response_url'].rpartition('/')[2]}"
        async with http.post(url, json={"text": "done", "replace_original": True}) as response:
            assert response.status == 200
        assert server.emulator.screen(ANA)["messages"][0]["text"] == "done"


async def test_answer_comes_after_the_file(start: Start, tmp_path: pathlib.Path) -> None:
    """
    When an answer is out, its effect is in the file, which is always whole; no draft is left over.
    """
    async with await start() as server:
        await client_of(server).chat_postMessage(channel=ANA, text="kept")
        copied = Workspace.create(path=tmp_path / "slack.json")

    assert [message.text for message in copied.messages(DM_ANA)] == ["kept"]
    assert os.listdir(tmp_path) == ["slack.json"]


async def test_file_keeps_what_a_restart_needs(
    start: Start, tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """
    Of calls and finished deliveries the file has the newest; what is not finished it has always.
    """
    monkeypatch.setattr("adapters.slack.emulator.workspace.KEPT_IN_FILE", 2)
    async with await start() as server:
        posts = [await client_of(server).chat_postMessage(channel=ANA, text="x", blocks=BUTTONS) for _ in range(4)]
        for post in posts:
            server.emulator.people.click(ANA, "dm", post["ts"], "yes")
        copied = Workspace.create(path=tmp_path / "slack.json").state
        in_memory = server.emulator.workspace.state

    assert (len(copied.calls), len(in_memory.calls)) == (2, 4)
    assert copied.calls == in_memory.calls[-2:]
    statuses = [delivery.status for delivery in copied.deliveries.values()]
    assert (statuses.count("waiting"), statuses.count("failed")) == (4, 2)


def test_file_wins_over_arguments(tmp_path: pathlib.Path) -> None:
    """
    A workspace from a file is the one in the file.
    """
    Workspace.create(["zoe"], path=tmp_path / "w.json")
    assert list(Workspace.create(["ana"], path=tmp_path / "w.json").state.people) == ["U00000ZOE"]


def test_ids_are_the_same_each_time() -> None:
    """
    The same names give the same ids, so that a configuration written for one emulator fits the next.
    """
    first, second = Workspace.create(), Workspace.create()

    assert first.state.people == second.state.people
    assert first.state.tokens == second.state.tokens
    assert first.state.tokens.bot.startswith("xoxb-")
    assert first.state.tokens.app.startswith("xapp-")


def test_people_and_channels_can_be_given_whole() -> None:
    """
    Instead of a name a whole person or channel can be given; two with one id are refused.
    """
    zoe = Person(id="U0ZOE", name="zoe", real_name="Zoé", email="z@example.org")
    room = Channel(id="C0ROOM", name="room", members=["U0ZOE"])
    workspace = Workspace.create([zoe], [room])

    assert workspace.state.ims["D0ZOE"].person == "U0ZOE"
    assert not workspace.has_bot(workspace.state.channels["C0ROOM"])
    with pytest.raises(ValueError, match="one id"):
        Workspace.create(["ana", "Ana"])


async def test_emulator_on_a_used_workspace(workspace: Workspace) -> None:
    """
    A workspace in memory can serve one emulator after another, as if the first had been killed.
    """
    Emulator(workspace).people.message(ANA, "dm", "hello")
    second = Emulator(workspace)
    second.add_fault(Fault(on="envelope", kind="duplicate"))

    async with aiohttp.ClientSession() as http, await run(second, "127.0.0.1", 0) as server:
        link = await connect(server, http)
        assert [(await link.event())["text"] for _ in range(2)] == ["hello", "hello"]
        await link.socket.close()
