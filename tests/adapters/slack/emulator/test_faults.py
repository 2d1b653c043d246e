"""
Faults: what goes wrong on demand, and that it goes right again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import aiohttp
import pydantic
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.slack.emulator import Emulator, Fault, Refused, Server, Workspace
from adapters.slack.emulator.faults import Faults
from adapters.slack.emulator.server import run
from tests.adapters.slack.emulator.conftest import ANA, BEN, BUTTONS, DM_ANA, GENERAL, Connect, Wait

Advance = Callable[[float], None]


def texts(emulator: Emulator) -> list[str]:
    return [message["text"] for message in emulator.state()["messages"]]


async def test_refusal(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    `refuse` answers with that error, once, and nothing is posted.
    """
    emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", error="restricted_action"))

    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=ANA, text="hi")

    assert refusal.value.response["error"] == "restricted_action"
    assert texts(emulator) == []
    assert (await client.chat_postMessage(channel=ANA, text="hi"))["ok"]


async def test_rate_limit(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    `rate_limit` is HTTP 429 with whole seconds in Retry-After, and nothing is posted.
    """
    emulator.add_fault(Fault(on="chat.postMessage", kind="rate_limit", retry_after=30))

    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=ANA, text="hi")

    answer = refusal.value.response
    assert (answer.status_code, answer["error"], answer.headers["retry-after"]) == (429, "ratelimited", "30")
    assert texts(emulator) == []


async def test_rate_limit_handler_of_the_client(server: Server, emulator: Emulator) -> None:
    """
    The client's own handler understands the answer: it waits and sends again.
    """
    emulator.add_fault(Fault(on="chat.postMessage", kind="rate_limit", retry_after=0))
    client = AsyncWebClient(
        token=emulator.workspace.state.tokens.bot,
        base_url=server.base_url,
        retry_handlers=[AsyncRateLimitErrorRetryHandler(max_retry_count=1)],
    )
    await client.chat_postMessage(channel=ANA, text="hi")

    assert [call["status"] for call in emulator.state()["calls"]] == [429, 200]


async def test_server_error(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    `status` answers with that HTTP status, and nothing is posted.
    """
    emulator.add_fault(Fault(on="chat.postMessage", kind="status", status=503))

    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=ANA, text="hi")

    assert refusal.value.response.status_code == 503
    assert texts(emulator) == []


@pytest.mark.parametrize(("kind", "posted"), [("drop_before_accept", []), ("drop_after_accept", ["hi"])])
async def test_dropped_connection(client: AsyncWebClient, emulator: Emulator, kind: str, posted: list[str]) -> None:
    """
    A dropped connection gives no answer at all; whether the message was posted is another question.
    """
    emulator.add_fault(Fault(on="chat.postMessage", kind=kind))

    with pytest.raises(aiohttp.ServerDisconnectedError):
        await client.chat_postMessage(channel=ANA, text="hi")

    assert texts(emulator) == posted
    record = emulator.state()["calls"][0]
    assert (record["accepted"], record["status"], record["fault"]) == (bool(posted), None, kind)
    assert (await client.auth_test())["ok"]


async def test_default_client_posts_twice(server: Server, emulator: Emulator) -> None:
    """
    The client's default handler sends again after a drop, so that the message stands there twice.
    """
    emulator.add_fault(Fault(on="chat.postMessage", kind="drop_after_accept"))
    client = AsyncWebClient(token=emulator.workspace.state.tokens.bot, base_url=server.base_url)

    await client.chat_postMessage(channel=ANA, text="hi")

    assert texts(emulator) == ["hi", "hi"]


async def test_dropped_connection_without_the_transport(workspace: Workspace) -> None:
    """
    Where the transport cannot be reached, the answer breaks off in the middle instead.
    """
    emulator = Emulator(workspace)

    class Between:
        """Something that wraps `receive`, as a middleware may."""

        def __init__(self, app: ASGIApp) -> None:
            self.app = app

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            async def wrapped() -> Any:
                return await receive()

            await self.app(scope, wrapped, send)

    emulator.app = Starlette(routes=[Mount("/", app=Between(emulator.app))])
    emulator.add_fault(Fault(on="auth.test", kind="drop_after_accept"))
    async with await run(emulator, "127.0.0.1", 0) as server:
        client = AsyncWebClient(token=workspace.state.tokens.bot, base_url=server.base_url, retry_handlers=[])
        with pytest.raises(aiohttp.ClientPayloadError):
            await client.auth_test()


async def test_slow_answer(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    `delay` answers late, but as usual.
    """
    emulator.add_fault(Fault(on="auth.test", kind="delay", seconds=0.05))
    loop = asyncio.get_running_loop()
    begin = loop.time()
    assert (await client.auth_test())["ok"]
    assert loop.time() - begin >= 0.05


async def test_fault_for_one_conversation(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A fault with a channel strikes there only, also when the person's id names the IM, in the call or in the fault.
    """
    emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", channel=DM_ANA))
    emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", channel=ANA))

    await client.chat_postMessage(channel=GENERAL, text="elsewhere")
    await client.chat_postMessage(channel=BEN, text="elsewhere")
    for named in (ANA, DM_ANA):
        with pytest.raises(SlackApiError):
            await client.chat_postMessage(channel=named, text="here")
    with pytest.raises(Refused):
        emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", channel="C0NOWHERE"))


async def test_how_often(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A fault strikes as often as it says, or until it is removed.
    """
    emulator.add_fault(Fault(on="auth.test", kind="refuse", times=2))
    lasting = emulator.add_fault(Fault(on="team.info", kind="refuse", times=None))
    for _ in range(2):
        with pytest.raises(SlackApiError):
            await client.auth_test()
    assert (await client.auth_test())["ok"]
    for _ in range(3):
        with pytest.raises(SlackApiError):
            await client.team_info()
    assert emulator.remove_fault(lasting.id)
    assert not emulator.remove_fault(lasting.id)
    assert (await client.team_info())["ok"]


async def test_response_url_can_fail(
    connect: Connect, client: AsyncWebClient, emulator: Emulator, http: aiohttp.ClientSession
) -> None:
    """
    A response_url is a place for faults like a method.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    await link.event()
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    url = (await link.frame())["payload"]["response_url"]
    emulator.add_fault(Fault(on="response_url", kind="status", status=500, channel=DM_ANA))

    async with http.post(url, json={"text": "x"}) as response:
        assert response.status == 500
    async with http.post(url, json={"text": "x"}) as response:
        assert response.status == 200


async def test_closed_socket(connect: Connect, emulator: Emulator, until: Wait) -> None:
    """
    `close` cuts a connection without a closing handshake, one for each use, the oldest first.
    """
    first, second = await connect(), await connect()
    emulator.add_fault(Fault(on="socket", kind="close"))

    answer = await first.socket.receive(timeout=1)

    assert answer.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
    assert first.socket.close_code == aiohttp.WSCloseCode.ABNORMAL_CLOSURE
    await until(lambda: len(emulator.state()["connections"]) == 1)
    emulator.people.message(ANA, "dm", "still")
    assert (await second.event())["text"] == "still"


async def test_socket_fault_waits_for_a_connection(connect: Connect, emulator: Emulator) -> None:
    """
    A socket fault that finds no connection strikes the next one.
    """
    emulator.add_fault(Fault(on="socket", kind="refresh"))
    assert (await (await connect()).frame())["reason"] == "refresh_requested"
    assert emulator.faults == []


async def test_deaf_connection(connect: Connect, emulator: Emulator, advance: Advance) -> None:
    """
    Through a deaf connection nothing comes, though it answers pings; when it hears again it gets what has waited.
    """
    link = await connect()
    fault = emulator.add_fault(Fault(on="socket", kind="deaf"))
    emulator.people.message(ANA, "dm", "waiting")
    link.socket._autoping = False
    await link.socket.ping(b"x")
    assert (await link.socket.receive(timeout=1)).type == aiohttp.WSMsgType.PONG
    link.socket._autoping = True
    advance(1000.0)

    assert emulator.state()["connections"][0]["is_deaf"]
    assert emulator.state()["deliveries"][0]["status"] == "waiting"
    emulator.remove_fault(fault.id)
    assert (await link.event())["text"] == "waiting"


async def test_deaf_connection_is_replaced(connect: Connect, emulator: Emulator) -> None:
    """
    When the app gives up a deaf connection, the next one hears, and the fault is used up.
    """
    deaf = await connect()
    emulator.add_fault(Fault(on="socket", kind="deaf"))
    emulator.people.message(ANA, "dm", "waiting")
    hearing = await connect()
    await deaf.socket.close()

    assert (await hearing.event())["text"] == "waiting"
    assert emulator.faults == []


async def test_click_on_a_deaf_connection(
    connect: Connect, client: AsyncWebClient, emulator: Emulator, advance: Advance, until: Wait
) -> None:
    """
    A click that meets a deaf connection ends in a warning.
    """
    await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    emulator.add_fault(Fault(on="socket", kind="deaf"))
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    advance(3.0)
    await until(lambda: emulator.screen(ANA)["notices"])


async def test_refused_handshake(connect: Connect, emulator: Emulator) -> None:
    """
    `refuse_connect` refuses one handshake and spends its ticket; the next ticket works.
    """
    emulator.add_fault(Fault(on="socket", kind="refuse_connect"))
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await connect()
    await connect()


def test_fault_must_make_sense() -> None:
    """
    A kind that does not belong to its place, and an unknown field, are refused.
    """
    with pytest.raises(pydantic.ValidationError, match="a fault on socket is one of"):
        Fault(on="socket", kind="refuse")
    with pytest.raises(pydantic.ValidationError):
        Fault(on="chat.postMessage", kind="refuse", eror="x")  # type: ignore[call-arg]


def test_fault_on_nothing(workspace: Workspace) -> None:
    """
    A fault on a method that does not exist is refused, so that a slip of the pen is seen.
    """
    for nothing in ("chat.postMesage", "method"):
        with pytest.raises(Refused):
            Emulator(workspace).add_fault(Fault(on=nothing, kind="refuse"))


def test_first_fault_strikes_first() -> None:
    """
    Of two faults on one method the older strikes until it is used up.
    """
    faults = Faults()
    for error in ("one", "two"):
        faults.add(Fault(on="auth.test", kind="refuse", error=error))

    struck = [faults.strike("auth.test") for _ in range(3)]

    assert [fault.error if fault else None for fault in struck] == ["one", "two", None]


@pytest.mark.parametrize(
    ("kind", "error"), [("revoke", "token_revoked"), ("deactivate", "account_inactive"), ("invalidate", "invalid_auth")]
)
async def test_bad_tokens(kind: str, error: str, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A token goes bad in mid-flight, in one of three ways, and is good again after another installation.
    """
    await client.auth_test()
    fault = emulator.add_fault(Fault(on="token", kind=kind))
    for _ in range(2):
        with pytest.raises(SlackApiError) as refusal:
            await client.auth_test()
        assert refusal.value.response["error"] == error
    emulator.remove_fault(fault.id)

    await client.auth_test()
