"""
Calling a method: tokens, encodings, and Slack's way of saying no.
"""

from __future__ import annotations

from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator, Fault, Server, Workspace
from tests.adapters.slack.emulator.conftest import ANA, DM_ANA, GENERAL


async def call(http: aiohttp.ClientSession, url: str, **request: Any) -> dict[str, Any]:
    async with http.post(url, **request) as response:
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        return answer


async def test_client_is_who_it_says(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    The real client calls auth.test and learns the workspace and its bot, with the granted scopes in a header.
    """
    answer = await client.auth_test()

    assert answer["user_id"] == workspace.state.bot.user_id
    assert answer["team_id"] == workspace.state.team_id
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(
    ("token", "error"),
    [(None, "not_authed"), ("xoxb-somebody-else", "invalid_auth"), ("app", "not_allowed_token_type")],
)
async def test_token_decides(server: Server, workspace: Workspace, token: str | None, error: str) -> None:
    """
    No token, a wrong one and one of the wrong kind are three different errors.
    """
    shown = workspace.state.tokens.app if token == "app" else token
    client = AsyncWebClient(token=shown, base_url=server.base_url, retry_handlers=[])

    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=GENERAL, text="hi")

    assert refusal.value.response["error"] == error


async def test_bot_token_opens_no_connection(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    apps.connections.open takes the app's token only.
    """
    with pytest.raises(SlackApiError) as refusal:
        await client.apps_connections_open(app_token=workspace.state.tokens.bot)
    assert refusal.value.response["error"] == "not_allowed_token_type"


async def test_app_token_tells_the_app(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    auth.test with the app's token names the app and no user.
    """
    answer = await client.auth_test(token=workspace.state.tokens.app)

    assert answer["app_id"] == workspace.state.bot.app_id
    assert "user_id" not in answer.data


async def test_revoked_token(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A revoked token is refused until the fault is gone; the other token still works.
    """
    fault = emulator.add_fault(Fault(on="token", kind="revoke"))

    with pytest.raises(SlackApiError) as refusal:
        await client.auth_test()
    assert refusal.value.response["error"] == "token_revoked"
    assert (await client.apps_connections_open(app_token=emulator.workspace.state.tokens.app))["ok"]

    emulator.remove_fault(fault.id)
    assert (await client.auth_test())["ok"]


async def test_missing_scope(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    A method whose scope was not granted says which one, and which there are.
    """
    workspace.state.scopes = ["im:write"]

    with pytest.raises(SlackApiError) as refusal:
        await client.chat_postMessage(channel=GENERAL, text="hi")

    answer = refusal.value.response
    assert (answer["error"], answer["needed"], answer["provided"]) == ("missing_scope", "chat:write", "im:write")


@pytest.mark.parametrize(
    ("method", "arguments", "scope"),
    [
        ("chat.postMessage", {"channel": GENERAL, "text": "x"}, "chat:write"),
        ("chat.postEphemeral", {"channel": GENERAL, "text": "x", "user": ANA}, "chat:write"),
        ("chat.update", {"channel": GENERAL, "text": "x", "ts": "1.1"}, "chat:write"),
        ("chat.delete", {"channel": GENERAL, "ts": "1.1"}, "chat:write"),
        ("reactions.add", {"channel": GENERAL, "timestamp": "1.1", "name": "x"}, "reactions:write"),
        ("conversations.open", {"users": ANA}, "im:write"),
        ("conversations.info", {"channel": GENERAL}, "channels:read"),
        ("conversations.members", {"channel": DM_ANA}, "im:read"),
        ("conversations.history", {"channel": GENERAL}, "channels:history"),
        ("conversations.replies", {"channel": DM_ANA, "ts": "1.1"}, "im:history"),
        ("users.info", {"user": ANA}, "users:read"),
        ("users.lookupByEmail", {"email": "ana@example.com"}, "users:read.email"),
        ("team.info", {}, "team:read"),
        ("bots.info", {"bot": "BRINGBACK"}, "users:read"),
    ],
)
async def test_each_method_has_its_scope(
    client: AsyncWebClient, workspace: Workspace, method: str, arguments: dict[str, str], scope: str
) -> None:
    """
    Without its scope a method does nothing but say which one it needs.
    """
    workspace.state.scopes.remove(scope)

    with pytest.raises(SlackApiError) as refusal:
        await client.api_call(method, json=arguments)

    assert (refusal.value.response["error"], refusal.value.response["needed"]) == ("missing_scope", scope)


async def test_unknown_method(client: AsyncWebClient) -> None:
    """
    A method that does not exist is `unknown_method`.
    """
    with pytest.raises(SlackApiError) as refusal:
        await client.api_call("chat.postMessages")
    assert refusal.value.response["error"] == "unknown_method"


async def test_missing_argument_is_named(client: AsyncWebClient) -> None:
    """
    A missing argument is `invalid_arguments` with the name in response_metadata.
    """
    with pytest.raises(SlackApiError) as refusal:
        await client.api_call("conversations.info")
    assert refusal.value.response["error"] == "invalid_arguments"
    assert refusal.value.response["response_metadata"]["messages"] == ["[ERROR] missing required field: channel"]


@pytest.mark.parametrize("encoding", ["json", "form", "query"])
async def test_every_encoding_is_read(
    server: Server, workspace: Workspace, http: aiohttp.ClientSession, encoding: str
) -> None:
    """
    A method takes a JSON body, form fields (with structures as JSON strings) and query parameters.
    """
    url = f"{server.base_url}chat.postMessage"
    headers = {"authorization": f"Bearer {workspace.state.tokens.bot}"}
    blocks = '[{"type":"divider"}]'
    arguments = {"channel": ANA, "text": "hi", "blocks": blocks}
    if encoding == "json":
        given: dict[str, Any] = {"json": {**arguments, "blocks": [{"type": "divider"}]}}
    else:
        given = {"data": arguments} if encoding == "form" else {"params": arguments}

    answer = await call(http, url, headers=headers, **given)

    assert answer["channel"] == DM_ANA
    assert answer["message"]["blocks"][0]["type"] == "divider"


async def test_token_as_an_argument(server: Server, workspace: Workspace, http: aiohttp.ClientSession) -> None:
    """
    The token may stand among the arguments, and a method that reads may be called with GET.
    """
    token = workspace.state.tokens.bot
    assert (await call(http, f"{server.base_url}auth.test", data={"token": token}))["ok"]
    async with http.get(f"{server.base_url}auth.test", params={"token": token}) as response:
        assert (await response.json())["ok"]
    assert all("token" not in recorded.arguments for recorded in workspace.state.calls)


@pytest.mark.parametrize(
    ("body", "kind", "error"),
    [
        ("{", "application/json", "invalid_json"),
        ("[]", "application/json", "json_not_object"),
        ("x", "text/html", "invalid_post_type"),
    ],
)
async def test_unreadable_body(server: Server, http: aiohttp.ClientSession, body: str, kind: str, error: str) -> None:
    """
    A body that cannot be read is refused before anything else.
    """
    answer = await call(http, f"{server.base_url}auth.test", data=body, headers={"content-type": kind})
    assert answer == {"ok": False, "error": error}


async def test_connections_are_opened_with_post(
    server: Server, workspace: Workspace, http: aiohttp.ClientSession
) -> None:
    """
    apps.connections.open is no GET: `insecure_request`.
    """
    headers = {"authorization": f"Bearer {workspace.state.tokens.app}"}
    async with http.get(f"{server.base_url}apps.connections.open", headers=headers) as response:
        assert (await response.json())["error"] == "insecure_request"


async def test_calls_are_written_down(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Every call is recorded in order with its arguments and outcome, the refused ones too.
    """
    await client.chat_postMessage(channel=ANA, text="hi")
    with pytest.raises(SlackApiError):
        await client.chat_postMessage(channel="C0NOWHERE", text="hi")

    first, second = emulator.state()["calls"]
    assert first["method"] == "chat.postMessage"
    assert (first["arguments"]["text"], first["accepted"], first["error"]) == ("hi", True, None)
    assert (second["accepted"], second["error"], second["status"]) == (False, "channel_not_found", 200)
