"""
Connections: tickets, hello, ten at most, turns, refreshes.
"""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator, Fault, Workspace
from tests.adapters.slack.emulator.conftest import ANA, BEN, Connect, Link, Wait

Advance = Callable[[float], None]


async def ticket(client: AsyncWebClient, workspace: Workspace) -> str:
    answer = await client.apps_connections_open(app_token=workspace.state.tokens.app)
    return str(answer["url"])


async def test_hello_counts_connections(
    connect: Connect, client: AsyncWebClient, workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    """
    The first frame says how many connections the app has now, and for which app.
    """
    await connect()
    async with http.ws_connect(await ticket(client, workspace)) as socket:
        hello = await Link(socket).frame()

    assert (hello["type"], hello["num_connections"]) == ("hello", 2)
    assert hello["connection_info"]["app_id"] == workspace.state.bot.app_id


async def test_ticket_opens_one_connection(
    client: AsyncWebClient, workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    """
    A ticket is good once; a second handshake with it, or one with no ticket, is refused.
    """
    url = await ticket(client, workspace)
    async with http.ws_connect(url) as socket:
        assert (await Link(socket).frame())["num_connections"] == 1
    for spent in (url, url.partition("?")[0]):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refusal:
            await http.ws_connect(spent)
        assert refusal.value.status == 403


async def test_eleventh_connection_is_sent_away(
    connect: Connect, client: AsyncWebClient, workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    """
    With ten connections open the next one hears `too_many_websockets` and is closed; the ten stay.
    """
    links = [await connect() for _ in range(10)]

    async with http.ws_connect(await ticket(client, workspace)) as socket:
        frame = await Link(socket).frame()
        assert (frame["type"], frame["reason"]) == ("disconnect", "too_many_websockets")
        assert (await socket.receive(timeout=1)).type == aiohttp.WSMsgType.CLOSE
    assert not any(link.socket.closed for link in links)


async def test_connections_take_turns(connect: Connect, emulator: Emulator) -> None:
    """
    Each event goes to exactly one connection, in turn.
    """
    links = [await connect(), await connect()]

    for number in range(4):
        emulator.people.message(ANA, "dm", f"m{number}")

    heard = [[(await link.event())["text"] for _ in range(2)] for link in links]
    assert sorted(heard[0] + heard[1]) == ["m0", "m1", "m2", "m3"]
    assert all(len(delivery["attempts"]) == 1 for delivery in emulator.state()["deliveries"])


async def test_ping_is_answered(connect: Connect) -> None:
    """
    A WebSocket ping gets its pong, with the same words.
    """
    link = await connect()
    await link.socket.ping(b"sdk-ping-pong:1")
    link.socket._autoping = False

    answer = await link.socket.receive(timeout=1)

    assert (answer.type, bytes(answer.data)) == (aiohttp.WSMsgType.PONG, b"sdk-ping-pong:1")


async def test_refresh_drains_a_connection(connect: Connect, emulator: Emulator, advance: Advance, until: Wait) -> None:
    """
    After `refresh_requested` nothing new comes through, what was sent can still be acknowledged, and then we close.
    """
    old = await connect()
    emulator.people.message(ANA, "dm", "before")
    envelope = await old.frame()

    emulator.add_fault(Fault(on="socket", kind="refresh"))
    assert (await old.frame())["reason"] == "refresh_requested"
    new = await connect()
    emulator.people.message(ANA, "dm", "after")
    await old.ack(envelope)

    assert (await new.event())["text"] == "after"
    await until(lambda: [each["status"] for each in emulator.state()["deliveries"]] == ["acked", "acked"])
    advance(10.0)
    assert (await old.socket.receive(timeout=1)).type == aiohttp.WSMsgType.CLOSE


async def test_warning_changes_nothing(connect: Connect, emulator: Emulator) -> None:
    """
    After a `warning` the connection goes on.
    """
    link = await connect()
    emulator.add_fault(Fault(on="socket", kind="refresh", reason="warning"))
    emulator.people.message(ANA, "dm", "on")

    assert (await link.frame())["reason"] == "warning"
    assert (await link.event())["text"] == "on"


async def test_disabled_link_is_closed_at_once(connect: Connect, emulator: Emulator) -> None:
    """
    `link_disabled` is the last frame.
    """
    link = await connect()
    emulator.add_fault(Fault(on="socket", kind="refresh", reason="link_disabled"))

    assert (await link.frame())["reason"] == "link_disabled"
    assert (await link.socket.receive(timeout=1)).type == aiohttp.WSMsgType.CLOSE


async def test_connection_is_refreshed_in_time(connect: Connect, advance: Advance) -> None:
    """
    After its time a connection is warned and ten seconds later told to refresh.
    """
    link = await connect()
    advance(18_050.0)
    assert (await link.frame())["reason"] == "warning"
    advance(10.0)
    assert (await link.frame())["reason"] == "refresh_requested"


async def test_debug_reconnects(
    client: AsyncWebClient, workspace: Workspace, http: aiohttp.ClientSession, advance: Advance
) -> None:
    """
    With `&debug_reconnects=true` a connection lasts 360 seconds.
    """
    async with http.ws_connect(f"{await ticket(client, workspace)}&debug_reconnects=true") as socket:
        hello = await Link(socket).frame()
        assert hello["debug_info"]["approximate_connection_time"] == 360
        advance(350.0)
        assert (await Link(socket).frame())["reason"] == "warning"


async def test_nonsense_from_the_app_is_ignored(connect: Connect, emulator: Emulator) -> None:
    """
    Frames that are no acknowledgement of anything do no harm.
    """
    link = await connect()
    for nonsense in ("{", "[1]", '{"envelope_id":"unknown"}', '{"type":"hi"}'):
        await link.socket.send_str(nonsense)
    emulator.people.message(BEN, "dm", "still here")

    assert (await link.event())["text"] == "still here"


async def test_closed_connection_is_forgotten(connect: Connect, emulator: Emulator, until: Wait) -> None:
    """
    A connection that the app closes is no longer there.
    """
    link = await connect()
    await link.socket.close()
    await until(lambda: emulator.state()["connections"] == [])
