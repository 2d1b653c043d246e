"""
A user group of Slack's gives Ana the right to release, as people see it.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.e2e.player import APPROVALS, Player
from tests.e2e.processes import Sandbox

GROUP = {"id": "S0RELEASE", "handle": "release"}


def ask(player: Player, tag: str) -> None:
    """Have Rita ask for a deployment, and Ana press Approve where everybody reads."""
    player.ask_for(tag)
    player.be("Ana, approver", APPROVALS)
    player.press(player.message(tag), "Approve")


def approved(player: Player, tag: str, by: str) -> None:
    """Wait until it has been approved and done."""
    expect(player.message(tag)).to_contain_text(f"Approved by {by}")
    player.be("Rita, requester")
    expect(player.message(f"{tag} is in production now")).to_be_visible()


def restart(player: Player, sandbox: Sandbox, **app: Any) -> None:
    """Change what Slack knows, with the gateway killed meanwhile: what it knew of the group is gone."""
    player.command("Kill gateway")
    expect(player.page.get_by_text("It was killed")).to_be_visible()
    sandbox.post("/slack/app", app)
    player.command("Start gateway")


@pytest.mark.timeout(120)
def test_a_user_group_gives_a_role(player: Player, sandbox: Sandbox):
    """
    In the group Ana approves; taken out of it she is told whose decision it is; where it cannot be seen who is in it
    she is told that, and somebody who has the role by the settings decides.
    """
    ask(player, "v2.0.0")
    approved(player, "v2.0.0", "Ana Lima")

    restart(player, sandbox, usergroups=[{**GROUP, "users": []}])
    ask(player, "v2.0.1")
    expect(player.message("Only Ben Okri can decide this")).to_contain_text("Only visible to you")
    player.be("Ben, approver", APPROVALS)
    player.press(player.message("v2.0.1"), "Approve")
    approved(player, "v2.0.1", "Ben Okri")

    scopes = [scope for scope in sandbox.get("/slack/app")["scopes"] if scope != "usergroups:read"]
    restart(player, sandbox, scopes=scopes)
    ask(player, "v2.0.2")
    expect(player.message("who is in the group that gives the role release")).to_contain_text("Only visible to you")
    player.be("Ben, approver", APPROVALS)
    player.press(player.message("v2.0.2"), "Approve")
    approved(player, "v2.0.2", "Ben Okri")
    assert ["v2.0.0", "v2.0.1", "v2.0.2"] == [change["tag"] for change in sandbox.changes()]
