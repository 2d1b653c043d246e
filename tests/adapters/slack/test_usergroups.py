"""
Who is in a user group, asked with the real client.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.errors import ChannelError, Misconfigured, RateLimited, Rejected, Unknown
from adapters.slack.adapter import Slack, build
from adapters.slack.config import Config
from adapters.slack.doctor import Doctor
from adapters.slack.emulator import Fault, Server, Workspace, serve, state
from tests.contracts.test_slack_adapter import Clock

ONCALL = state.Usergroup(id="S0ONCALL", handle="oncall", users=["U00000ANA", "W00000BEN"])
EMPTY = state.Usergroup(id="S00EMPTY", handle="empty", users=[])
OFF = state.Usergroup(id="S000OFF", handle="off", users=["U00000ANA"], is_disabled=True)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """A workspace with user groups."""
    workspace = Workspace.create(["ana", "ben"], ["general"], usergroups=[ONCALL, EMPTY, OFF])
    async with await serve("127.0.0.1", 0, workspace) as one:
        yield one


def account(server: Server, **how: object) -> Slack:
    known = server.emulator.workspace.state
    given = {"account": known.team_id, "bot_token": known.tokens.bot, "app_token": known.tokens.app}
    (built,) = build([Config.model_validate(given | {"api": server.base_url} | how)], Clock())
    assert isinstance(built, Slack)
    return built


@pytest.fixture
async def slack(server: Server) -> AsyncIterator[Slack]:
    """Our side of it."""
    one = account(server)
    yield one
    await one.close()


async def test_members_are_identities_of_the_account(slack: Slack):
    """
    Everybody in the group, as they are known elsewhere; a group without anybody has nobody.
    """
    assert {f"slack:{slack.account}/U00000ANA", f"slack:{slack.account}/W00000BEN"} == await slack.members("S0ONCALL")
    assert set() == await slack.members("S00EMPTY")


@pytest.mark.parametrize("group", ["S0NOWHERE", "S000OFF", "oncall", "S0ONCALL\nX", ""])
async def test_a_group_that_is_not_there(slack: Slack, group: str):
    """
    None with that id, one that is disabled, and what is no id at all: refused for good, and not taken for empty.
    """
    with pytest.raises(Rejected) as refused:
        await slack.members(group)
    assert refused.value.permanent


async def test_without_the_scope(server: Server, slack: Slack):
    """
    The refusal names the scope.
    """
    server.emulator.workspace.state.scopes.remove("usergroups:read")
    with pytest.raises(Misconfigured, match="usergroups:read") as refused:
        await slack.members("S0ONCALL")
    assert "usergroups:read" == refused.value.missing


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        ({"kind": "rate_limit", "retry_after": 7}, RateLimited),
        ({"kind": "drop_after_accept"}, Unknown),
        ({"kind": "refuse", "error": "plan_upgrade_required"}, Misconfigured),
        ({"kind": "refuse", "error": "internal_error"}, Unknown),
    ],
)
async def test_what_else_slack_may_answer(
    server: Server, slack: Slack, fault: dict[str, object], kind: type[ChannelError]
):
    """
    Each is the error that says who has to act, and none of them is an empty group.
    """
    server.emulator.add_fault(Fault.model_validate({"on": "usergroups.users.list"} | fault))
    with pytest.raises(kind):
        await slack.members("S0ONCALL")


async def test_in_an_organisation_the_workspace_is_named(server: Server):
    """
    A token of a whole organisation reads the group of the workspace that stands before it, and no other.
    """
    known = server.emulator.workspace.state
    known.enterprise = state.Enterprise(id="E0ACME", name="Acme", has_app=True)
    slack = account(server, account="E0ACME")
    try:
        assert "slack:E0ACME/U00000ANA" in await slack.members(f"{known.team_id}/S0ONCALL")
        with pytest.raises(ChannelError):
            await slack.members("S0ONCALL")
        with pytest.raises(ChannelError):
            await slack.members("T0OTHER/S0ONCALL")
    finally:
        await slack.close()


@pytest.mark.parametrize(
    ("group", "ok", "words"),
    [
        ("S0ONCALL", True, "2 accounts are in it"),
        ("S000OFF", False, "nobody has the role release by it: "),
        ("S0NOWHERE", False, "there is no such user group, or it is disabled"),
    ],
)
async def test_the_doctor_reads_each(server: Server, group: str, ok: bool, words: str):
    """
    It says how many are in it, or that nobody has the role by it and why.
    """
    slack = account(server, roles={group: "release"})
    try:
        check = await Doctor(slack._receiver, Clock())._group(group, "release")
    finally:
        await slack.close()

    assert (ok, True) == (check.ok, words in check.found)
