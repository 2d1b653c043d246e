"""
`/human`, `/app` and `/faults` over HTTP, as the sandbox page and the tests use them.
"""

from __future__ import annotations

import asyncio
import json
import pathlib
import re
from typing import Any

import aiohttp
import httpx
import pytest
from slack_sdk.web.async_client import AsyncWebClient
from starlette.routing import Route

from adapters.slack.emulator import Emulator, Server, Workspace
from adapters.slack.emulator.faults import KINDS
from adapters.slack.emulator.settings import Settings
from tests.adapters.slack.emulator.conftest import (
    ANA,
    BEN,
    BUTTONS,
    DM_ANA,
    FORM,
    GENERAL,
    OLGA,
    QUIET,
    Connect,
    Link,
    Wait,
)
from tests.adapters.slack.emulator.receiver import App


class Page:
    """What the page does."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self.http = http
        self.url = url

    async def ask(self, method: str, path: str, *, status: int = 200, **request: Any) -> Any:
        async with self.http.request(method, f"{self.url}{path}", **request) as response:
            answer = await response.json()
            assert response.status == status, answer
            return answer

    async def post(self, path: str, *, status: int = 200, **body: Any) -> Any:
        return await self.ask("POST", path, status=status, json=body)


@pytest.fixture
def page(http: aiohttp.ClientSession, server: Server) -> Page:
    return Page(http, server.url)


async def test_person_writes_edits_and_deletes(page: Page) -> None:
    """
    A person writes into the IM with the bot, changes the message and takes it away.
    """
    written = await page.post("/human/message", person=ANA, channel="dm", text="hello")
    assert written["channel"] == DM_ANA
    own = {"person": ANA, "channel": "dm", "ts": written["ts"]}

    assert await page.post("/human/edit", **own, text="hullo") == {}
    shown = (await page.ask("GET", f"/human/view?person={ANA}&channel=dm"))["messages"][0]
    assert (shown["text"], shown["is_edited"], shown["author"]["name"]) == ("hullo", True, "ana")
    assert await page.post("/human/delete", **own) == {}
    assert (await page.ask("GET", f"/human/view?person={ANA}"))["messages"] == []


async def test_thread_is_shown_under_its_root(page: Page, client: AsyncWebClient) -> None:
    """
    Replies stand under their root, and a broadcast one beside it too.
    """
    root = await page.post("/human/message", person=ANA, channel=GENERAL, text="root")
    await page.post("/human/message", person=BEN, channel=GENERAL, text="reply", thread_ts=root["ts"])
    await client.chat_postMessage(channel=GENERAL, text="all", thread_ts=root["ts"], reply_broadcast=True)

    view = await page.ask("GET", f"/human/view?person={ANA}&channel={GENERAL}")

    assert [message["text"] for message in view["messages"]] == ["root", "all"]
    assert [reply["text"] for reply in view["messages"][0]["replies"]] == ["reply", "all"]
    assert (view["channel"]["kind"], view["channel"]["name"]) == ("public", "general")


async def test_mentions_are_counted(page: Page, client: AsyncWebClient) -> None:
    """
    A view says whom each message notifies: by its blocks if it has some, never by plain text.
    """
    await client.chat_postMessage(channel=GENERAL, text=f"<!channel> <@{BEN}>")
    plain = {"type": "section", "text": {"type": "plain_text", "text": "<!channel>"}}
    marked = {"type": "section", "text": {"type": "mrkdwn", "text": f"<@{ANA}>"}}
    await client.chat_postMessage(channel=GENERAL, text="<!here>", blocks=[plain, marked])
    await page.post("/human/message", person=ANA, channel=GENERAL, text=f"<@{BEN}> see")

    view = await page.ask("GET", f"/human/view?person={ANA}&channel={GENERAL}")

    assert [message["mentions"] for message in view["messages"]] == [["channel", BEN], [ANA], [BEN]]


async def test_click_submit_and_close(page: Page, connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Over HTTP too a click reaches the app, a modal opens, is refused, and is cancelled.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=[*BUTTONS])
    await link.event()
    await page.post("/human/click", person=ANA, channel="dm", ts=posted["ts"], action_id="yes", value="r1")
    envelope = await link.frame()
    await link.ack(envelope)
    with_button = {**FORM, "blocks": [*FORM["blocks"], BUTTONS[1]]}
    await client.views_open(trigger_id=envelope["payload"]["trigger_id"], view=with_button)
    modal = (await page.ask("GET", f"/human/view?person={ANA}"))["modal"]
    assert modal["blocks"][0]["block_id"] == "why"

    await page.post("/human/click", person=ANA, view_id=modal["view_id"], action_id="no")
    assert (await link.frame())["payload"]["container"]["type"] == "view"
    refused = asyncio.create_task(
        page.post("/human/submit", person=ANA, view_id=modal["view_id"], values={"why": {"text": "x"}})
    )
    await link.ack(await link.frame(), {"response_action": "errors", "errors": {"why": "No."}})
    assert await refused == {"errors": {"why": "No."}}
    assert await page.post("/human/close", person=ANA, view_id=modal["view_id"]) == {}
    assert (await page.ask("GET", f"/human/view?person={ANA}"))["modal"] is None


async def test_command(page: Page, connect: Connect) -> None:
    """
    A slash command can be typed over HTTP.
    """
    link = await connect()
    await page.post("/human/command", person=ANA, channel="dm", command="/ringback", text="x")
    assert (await link.frame())["payload"]["command"] == "/ringback"


async def test_what_is_not_possible_is_a_sentence(page: Page, client: AsyncWebClient) -> None:
    """
    409 for what the person cannot do, 404 for what there is not, 400 for what cannot be read; always with a sentence.
    """
    own = (await client.chat_postMessage(channel=GENERAL, text="x", blocks=BUTTONS))["ts"]
    for status, path, body in [
        (409, "click", {"person": ANA, "channel": GENERAL, "ts": own, "action_id": "maybe"}),
        (409, "edit", {"person": ANA, "channel": GENERAL, "ts": own, "text": "x"}),
        (409, "message", {"person": OLGA, "channel": QUIET, "text": "x"}),
        (409, "message", {"person": ANA, "channel": GENERAL, "text": "x", "thread_ts": "1.000001"}),
        (409, "submit", {"person": ANA, "view_id": "V0"}),
        (404, "message", {"person": "U0NOBODY0", "channel": "dm", "text": "x"}),
        (404, "message", {"person": ANA, "channel": "C0NOWHERE", "text": "x"}),
        (400, "message", {"person": ANA, "channel": "dm"}),
        (400, "message", {"person": ANA, "channel": "dm", "text": " "}),
        (400, "click", {"person": ANA, "action_id": "yes"}),
        (400, "click", {"person": ANA, "channel": GENERAL, "ts": own, "action_id": "yes", "values": 1, "x": 1}),
        (400, "command", {"person": ANA, "channel": "dm", "command": "ask"}),
    ]:
        assert (await page.post(f"/human/{path}", status=status, **body))["error"], body


async def test_version_moves_with_each_change(page: Page) -> None:
    """
    The version of a view rises with a change and not by being looked at.
    """
    url = f"/human/view?person={ANA}"
    first = (await page.ask("GET", url))["version"]
    assert (await page.ask("GET", url))["version"] == first
    await page.post("/human/message", person=BEN, channel="dm", text="x")
    assert (await page.ask("GET", url))["version"] > first


async def test_changes_are_told(page: Page, server: Server, emulator: Emulator) -> None:
    """
    The stream begins with the version now and tells of each change; many at once are told as one.
    """
    async with page.http.get(f"{server.url}/human/changes") as stream:
        assert stream.content_type == "text/event-stream"

        async def version() -> int:
            assert await stream.content.readline() == b"event: change\n"
            told = json.loads((await stream.content.readline()).removeprefix(b"data: "))
            assert await stream.content.readline() == b"\n"
            return int(told["version"])

        assert await version() == emulator.workspace.state.version
        for number in range(5):
            emulator.people.message(ANA, "dm", f"m{number}")
        assert await version() == emulator.workspace.state.version
        emulator.people.message(ANA, "dm", "more")
        assert await version() == emulator.workspace.state.version


async def test_stream_shows_that_it_lives(page: Page, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """
    When nothing happens, a comment comes now and then.
    """
    monkeypatch.setattr("adapters.slack.emulator.changes.PING_INTERVAL", 0.01)
    async with page.http.get(f"{server.url}/human/changes") as stream:
        for _ in range(3):
            await stream.content.readline()
        assert await stream.content.readline() == b": ping\n"


async def test_state_for_checks(page: Page, connect: Connect, client: AsyncWebClient) -> None:
    """
    The whole state tells messages with metadata and history, calls, and every envelope with its attempts.
    """
    link = await connect()
    metadata = {"event_type": "ask", "event_payload": {"request": "r1"}}
    posted = await client.chat_postMessage(channel=ANA, text="one", metadata=metadata)
    await client.chat_update(channel=DM_ANA, ts=posted["ts"], text="two")
    await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="psst")
    for _ in range(2):
        await link.event()

    state = await page.ask("GET", "/human/state")

    message = state["messages"][0]
    assert (message["text"], message["metadata"], message["edits"][0]["text"]) == ("two", metadata, "one")
    assert state["ephemerals"][0]["visible_to"] == ANA
    assert [call["method"] for call in state["calls"]][-3:] == ["chat.postMessage", "chat.update", "chat.postEphemeral"]
    attempt = state["deliveries"][0]["attempts"][0]
    assert attempt["envelope_id"]
    assert state["connections"][0]["id"] == attempt["connection"]
    assert "tokens" not in state


async def test_faults_over_http(page: Page) -> None:
    """
    Faults are added, listed, removed one by one and all together; a wrong one is refused with a sentence.
    """
    added = await page.post(
        "/faults", status=201, on="chat.postMessage", kind="refuse", error="fatal_error", times=None
    )
    other = await page.post("/faults", status=201, id="mine", on="socket", kind="close")
    assert [fault["id"] for fault in await page.ask("GET", "/faults")] == [added["id"], "mine"]
    assert other["id"] == "mine"

    await page.ask("DELETE", "/faults/mine")
    await page.ask("DELETE", "/faults/mine", status=404)
    assert await page.ask("DELETE", "/faults") == []
    assert "is no method" in (await page.post("/faults", status=400, on="chat.post", kind="refuse"))["error"]
    assert "one of" in (await page.post("/faults", status=400, on="socket", kind="refuse"))["error"]


@pytest.mark.parametrize("path", ["/human/state", "/faults"])
async def test_only_this_machine_asks(workspace: Workspace, path: str) -> None:
    """
    A caller from elsewhere, or one that calls us by another name, is refused; unless the operator wants it so.
    """

    async def status(emulator: Emulator, caller: str, name: str) -> int:
        transport = httpx.ASGITransport(app=emulator.app, client=(caller, 1))
        async with httpx.AsyncClient(transport=transport, base_url=f"http://{name}") as client:
            return (await client.get(path)).status_code

    closed, wide_open = Emulator(workspace), Emulator(workspace, loopback_only=False)
    assert await status(closed, "10.0.0.5", "localhost") == 403
    assert await status(closed, "127.0.0.1", "evil.example") == 403
    assert await status(closed, "127.0.0.1", "localhost:8000") == 200
    assert await status(closed, "::1", "[::1]:8000") == 200
    assert await status(wide_open, "10.0.0.5", "box") == 200


async def test_other_pages_cannot_act(page: Page) -> None:
    """
    A body that a foreign web page could send without asking is not taken.
    """
    body = json.dumps({"person": ANA, "channel": "dm", "text": "x"})
    await page.ask("POST", "/human/message", status=415, data=body, headers={"content-type": "text/plain"})


async def test_link_is_typed_as_a_mention(page: Page, connect: Connect) -> None:
    """
    What a person types reaches the app as Slack writes it: mentions as they are, the rest escaped.
    """
    link: Link = await connect()
    await page.post("/human/message", person=ANA, channel="dm", text=f"<@{BEN}> & <b>")
    assert (await link.event())["text"] == f"<@{BEN}> &amp; &lt;b&gt;"


async def test_settings(page: Page, app: App, until: Wait) -> None:
    """
    An app's settings are shown and changed; what is not given stays.
    """
    before = await page.ask("GET", "/app")
    after = await page.post("/app", commands=["/deploy"], request_url=app.url, event_limit=5)

    assert before["request_url"] is None
    assert (after["commands"], after["event_limit"], after["scopes"]) == (["/deploy"], 5, before["scopes"])
    assert after["request_url"]["url"] == app.url
    await until(lambda: app.handshakes)
    await page.post("/human/command", person=ANA, channel="dm", command="/deploy")
    await until(lambda: app.seen)
    assert app.seen[0].form["command"] == "/deploy"
    assert (await page.post("/app", request_url=None))["request_url"] is None


@pytest.mark.parametrize("given", [{"request_url": "ftp://x"}, {"event_limit": -1}, {"colour": "red"}])
async def test_settings_that_cannot_be(given: dict[str, Any], page: Page) -> None:
    """
    A setting that Slack would not take is refused with a sentence, and nothing changes.
    """
    before = await page.ask("GET", "/app")
    refused = await page.post("/app", status=400, **given)

    assert next(iter(given)) in refused["error"]
    assert await page.ask("GET", "/app") == before


def test_the_page_about_the_emulator(emulator: Emulator) -> None:
    """
    The documentation names every address, every method, every setting and every kind of fault.
    """
    text = (pathlib.Path(__file__).parents[4] / "docs" / "slack-emulator.md").read_text()
    paths = {route.path.partition("/{")[0] for route in emulator.app.routes if isinstance(route, Route)}
    own = {path for path in paths if path.startswith(("/human", "/app", "/faults"))}
    kinds = {kind for kinds in KINDS.values() for kind in kinds}

    for name in own | kinds | set(KINDS) | set(Settings.model_fields) | emulator._web_api.names:
        assert re.search(rf"`(?:GET |POST )?{re.escape(name)}`", text), name
