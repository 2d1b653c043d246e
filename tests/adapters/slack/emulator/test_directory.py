"""
Who is who, as the real client asks.
"""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Workspace, state
from tests.adapters.slack.emulator.conftest import ANA, BOT, GENERAL


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refusal:
        await call
    return str(refusal.value.response["error"])


async def test_people(client: AsyncWebClient) -> None:
    """
    A person is found by id and by address, and the bot is a user too.
    """
    ana = (await client.users_info(user=ANA))["user"]
    assert (ana["name"], ana["is_bot"], ana["profile"]["email"]) == ("ana", False, "ana@example.com")
    assert (await client.users_lookupByEmail(email="ANA@example.com"))["user"]["id"] == ANA
    assert (await client.users_info(user=BOT))["user"]["is_bot"]
    assert await error_of(client.users_info(user="U0NOBODY0")) == "user_not_found"
    assert await error_of(client.users_lookupByEmail(email="nobody@example.com")) == "users_not_found"


async def test_address_needs_its_scope(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    Without users:read.email there is no address in a profile, and none can be looked up.
    """
    workspace.state.scopes.remove("users:read.email")

    assert "email" not in (await client.users_info(user=ANA))["user"]["profile"]
    assert await error_of(client.users_lookupByEmail(email="ana@example.com")) == "missing_scope"


async def test_team_and_bot(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    The workspace and the bot can be asked about; others are not found.
    """
    assert (await client.team_info())["team"]["id"] == workspace.state.team_id
    assert (await client.bots_info(bot=workspace.state.bot.bot_id))["bot"]["user_id"] == BOT
    assert await error_of(client.team_info(team="T0ELSE")) == "team_not_found"
    assert await error_of(client.bots_info(bot="B0ELSE")) == "bot_not_found"


async def test_guests(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    A guest is restricted; a guest of a single channel is ultra-restricted as well.
    """
    ana = workspace.state.people[ANA]
    seen = []
    for ana.is_restricted, ana.is_ultra_restricted in [(False, False), (True, False), (False, True)]:
        user = (await client.users_info(user=ANA))["user"]
        seen.append((user["is_restricted"], user["is_ultra_restricted"]))

    assert seen == [(False, False), (True, False), (True, True)]


async def test_people_of_other_workspaces(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    Somebody of another workspace has their own team's id, and is a stranger where no channel is shared with the bot.
    """
    workspace.state.people[ANA].team_id = "T0PARTNER"
    ana = (await client.users_info(user=ANA))["user"]
    assert (ana["team_id"], ana["profile"]["team"], "is_stranger" in ana) == ("T0PARTNER", "T0PARTNER", False)
    assert (await client.conversations_info(channel=GENERAL))["channel"]["is_ext_shared"] is True
    for channel in workspace.state.channels.values():
        channel.members = [member for member in channel.members if member != ANA]

    assert (await client.users_info(user=ANA))["user"]["is_stranger"] is True
    assert (await client.conversations_info(channel=GENERAL))["channel"]["is_ext_shared"] is False


async def test_enterprise(client: AsyncWebClient, workspace: Workspace) -> None:
    """
    In an organisation auth.test names it.
    """
    assert "enterprise_id" not in (await client.auth_test()).data
    workspace.state.enterprise = state.Enterprise(id="E0ACME", name="Acme")

    assert (await client.auth_test())["enterprise_id"] == "E0ACME"
