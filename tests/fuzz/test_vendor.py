"""
What Slack, or whatever stands in its place, answers: understood, or one of the channel's own errors.
"""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.base import Part, Say
from adapters.errors import ChannelError, DeliveryFailed
from adapters.slack.client import Client
from adapters.slack.config import Config
from adapters.slack.members import Members
from adapters.slack.receive import Receiver
from adapters.slack.render import render
from agent_core import facts
from agent_core.addresses import ConversationKey
from tests.contracts.test_slack_adapter import Clock
from tests.fuzz import examples
from tests.fuzz.shapes import HOWS, changed, paths, texts, values

TOKEN = "xoxb-very-secret"
FULL: dict[str, Any] = {
    "ok": True,
    "team_id": "T1",
    "user_id": "U1",
    "bot_id": "B1",
    "is_enterprise_install": False,
    "user": {"is_bot": False, "profile": {"display_name": "Ana"}, "name": "ana"},
    "channel": {"id": "D1"},
    "ts": "1700000000.000001",
    "upload_url": "http://files.invalid/x",
    "file_id": "F1",
    "messages": [{"ts": "1.2", "metadata": {"event_payload": {"delivery": "d"}}, "blocks": [{"block_id": "d"}]}],
    "has_more": True,
    "response_metadata": {"next_cursor": "x"},
    "error": "invalid_auth",
    "needed": "chat:write",
}
bodies = (
    st.sampled_from([(path, how) for path in paths(FULL) for how in HOWS]).map(lambda c: json.dumps(changed(FULL, *c)))
    | values.map(json.dumps)
    | texts.map(lambda text: text.encode("utf-8", "replace").decode())
)
answers = st.tuples(
    st.sampled_from([200, 200, 200, 200, 201, 204, 302, 400, 404, 429, 500, 503]),
    st.sampled_from(["application/json", "application/json", "text/html", "image/png", "application/octet-stream"]),
    bodies,
    st.sampled_from(["", "1", "-1", "nan", "x", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT", "//[", "https://x.test/"]),
)
Answer = tuple[int, str, str, str]


class Odd:
    """A server that answers everything with the same."""

    answer: Answer = (200, "application/json", "{}", "")
    url = ""

    async def handle(self, request: web.Request) -> web.Response:
        await request.read()
        status, kind, body, header = self.answer
        return web.Response(
            status=status, body=body.encode(), content_type=kind, headers={"Retry-After": header, "Location": header}
        )


@pytest.fixture
async def odd() -> AsyncIterator[Odd]:
    """It, on loopback."""
    one, site = Odd(), web.Application()
    site.router.add_route("*", "/{path:.*}", one.handle)
    runner = web.AppRunner(site, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    yield one
    await runner.cleanup()


def parts(place: str) -> list[Part]:
    """What is sent to a place, as the outbox hands it over."""
    where = ConversationKey(f"slack:T1/{place}")
    return [part.model_copy(update={"delivery": "d"}) for part in render(Say("hello"), where)]


@examples(60, shrink=False)
@given(answers)
@example((200, "application/json", "[]", ""))
@example((200, "application/json", '{"ok": true, "user": [1], "channel": [1], "messages": [1]}', ""))
@example((200, "application/json", '{"ok": true, "channel": {"id": "D1"}, "ts": "nan"}', ""))
async def test_answers_of_any_kind(odd: Odd, answer: Answer):
    """
    Whatever is answered, sending, looking and asking who somebody is end in a value, or in an error that says who acts.
    """
    odd.answer = answer
    config = Config.model_validate({"account": "T1", "bot_token": TOKEN, "app_token": TOKEN, "api": odd.url})
    client = Client(config, Clock())
    try:
        with contextlib.suppress(ChannelError):
            await Receiver(config, client, Clock()).identify()
        for part in (*parts("C1"), *parts("U1")):
            with contextlib.suppress(DeliveryFailed, ChannelError):
                receipt = await client.deliver(part)
                assert math.isfinite(receipt.at)
                receipt.model_dump_json().encode()
            with contextlib.suppress(ChannelError):
                await client.find(part)
        assert isinstance((await Members(client, Clock()).about("U1")).name, str)
    finally:
        await client.close()


@examples(40, shrink=False)
@given(
    answers,
    st.sampled_from(["", "f", "http://[", "https://files.slack.com:x/", "//x.test", "file:///etc/passwd"]) | texts,
)
async def test_files_of_any_kind(odd: Odd, answer: Answer, url: str):
    """
    Whatever address a file has, and whatever is found there, it is its bytes or an error; the token is in no message.
    """
    odd.answer = answer
    config = Config.model_validate({"account": "T1", "bot_token": TOKEN, "app_token": TOKEN, "api": odd.url})
    client = Client(config, Clock())
    address = f"{odd.url}{url}" if url == "f" else url
    try:
        await client.fetch(facts.Attachment(name="plan.csv", size=3, url=address))
    except ChannelError as error:
        assert TOKEN not in str(error)  # noqa: PT017
    finally:
        await client.close()
