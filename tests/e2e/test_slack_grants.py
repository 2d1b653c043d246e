"""
Standing grants on Slack, in the sandbox: given, used, revoked.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.player import APPROVALS, Player


def test_an_hour_is_granted_used_and_revoked(player: Player):
    """
    Approved for an hour, the next deployment runs without a card and says by whose grant; revoked on any of its cards,
    the one after that is asked about again.
    """
    player.ask_for("v7.1.0")
    player.be("Ana, approver")
    card = player.message("v7.1.0")
    expect(card).to_contain_text("Approving for longer also covers calls of deploy with the same environment")
    player.press(card, "Approve for 1 hour")
    expect(card).to_contain_text("Standing grant by Ana Lima: calls of deploy with the same environment")
    expect(card).to_contain_text("Used 0 of 10 times.")

    player.be("Rita, requester")
    expect(player.message("v7.1.0 is in production now")).to_be_visible()
    player.write("deploy v7.1.1 to production")
    expect(player.message("deploy: approved by Ana Lima's standing grant of")).to_contain_text("1 of 10.")
    expect(player.message("v7.1.1 is in production now")).to_be_visible()
    expect(player.log).to_contain_text("approves it by Ana Lima’s standing grant, so nobody is asked.")
    player.be("Ana, approver")
    expect(player.message("v7.1.1")).to_have_count(0)
    expect(card).to_contain_text("Used 1 of 10 times.")

    player.be("Ben, approver", APPROVALS)
    player.press(player.message("v7.1.0"), "Revoke the grant")
    expect(player.message("v7.1.0")).to_contain_text("revoked by Ben Okri")
    player.be("Ana, approver")
    expect(card).to_contain_text("revoked by Ben Okri")
    expect(card.get_by_role("button", name="Revoke the grant")).to_have_count(0)
    player.ask_for("v7.1.2")
    player.be("Ana, approver")
    player.press(player.message("v7.1.2"), "Deny")
    expect(player.message("v7.1.2")).to_contain_text("Denied by Ana Lima")


@pytest.mark.timeout(90)
def test_a_grant_outlives_a_kill(player: Player):
    """
    Killed and started again, the gateway still knows the grant and how often it was used; its card says so.
    """
    player.ask_for("v7.2.0")
    player.be("Ana, approver")
    card = player.message("v7.2.0")
    player.press(card, "Approve until revoked")
    expect(card).to_contain_text("until it is revoked. Used 0 of 10 times.")
    player.be("Rita, requester")
    expect(player.message("v7.2.0 is in production now")).to_be_visible()
    player.command("Kill gateway")
    expect(player.page.get_by_text("It was killed")).to_be_visible()
    player.write("deploy v7.2.1 to production")
    player.command("Start gateway")

    expect(player.message("deploy: approved by Ana Lima's standing grant of")).to_contain_text("1 of 10.")
    expect(player.message("v7.2.1 is in production now")).to_be_visible()
    player.be("Ana, approver")
    expect(card).to_contain_text("Used 1 of 10 times.")
    player.write("revoke")
    expect(player.message("The standing grant for deploy is revoked.")).to_be_visible()
    expect(card).to_contain_text("revoked by Ana Lima")
