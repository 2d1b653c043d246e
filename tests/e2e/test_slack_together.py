"""
Several people and one request, as they see it on Slack: votes, changes, claims, steps of a ladder, forms.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.player import APPROVALS, Player
from tests.e2e.processes import Sandbox, running, until
from tests.process import ROOT, command

RULES = """
[[policy]]
tool = "deploy"
when = { environment = "production", tag = { like = "v2.*" } }
roles = ["release"]
quorum = 2
targets = ["people"]
[[policy]]
tool = "deploy"
when = { environment = "production", tag = { like = "v3.*" } }
people = ["ana"]
targets = ["people"]
ladder = [{ after = "2s", people = ["ben"] }]
[[policy]]
tool = "deploy"
when = { environment = "production", tag = { like = "v5.*" } }
people = ["ana"]
targets = ["people"]
deadline = "2s"
silence = "go_on"
[[policy]]
tool = "deploy"
when = { environment = "production", tag = { like = "v6.*" } }
people = ["ana"]
targets = ["people"]
grants = ["thread"]
grant_by = ["environment"]
"""
ANA, BEN, RITA = "Ana, approver", "Ben, approver", "Rita, requester"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """Its gateway takes two rules more, which stand before its own, without a restart."""
    with running("test_slack_together") as started:
        file = started.data / "ringback.toml"
        text = file.read_text()
        file.write_text(text.replace("[[policy]]", f"{RULES}\n[[policy]]", 1))
        reload = command("config", "reload", "--config", str(file))
        until(lambda: subprocess.run(reload, cwd=ROOT, capture_output=True).returncode == 0)  # once it runs
        yield started


def deployed(sandbox: Sandbox) -> list[str]:
    """The versions that came into production, in their order."""
    return [change["tag"] for change in sandbox.changes()]


@pytest.mark.timeout(90)
def test_a_quorum_and_a_change_that_voids_a_vote(player: Player, sandbox: Sandbox):
    """
    Cards say what it takes and who has voted. One approver changes the call: the other's vote falls, they are told, and
    a new card takes the place of each; their approval of that one is the second, and the changed call is what runs.
    """
    player.ask_for("v2.0")
    player.be(ANA)
    expect(player.message("v2.0")).to_contain_text("It takes 2 approvals of Ana Lima or Ben Okri.")
    player.press(player.message("v2.0"), "Approve")
    expect(player.message("v2.0")).to_contain_text("Approved so far by Ana Lima.")

    player.be(BEN)
    expect(player.message("v2.0")).to_contain_text("Still needed: one approval")
    player.press(player.message("v2.0"), "Change and approve")
    player.pane.get_by_role("dialog").get_by_label("Tag").fill("v2.1")
    player.pane.get_by_role("dialog").get_by_role("button", name="Approve", exact=True).click()
    expect(player.message("Approved so far by Ben Okri.")).to_contain_text("tag: v2.0 → v2.1")
    assert deployed(sandbox) == []

    player.be(ANA)
    expect(player.message("Your vote was about the call as it was before")).to_be_visible()
    expect(
        player.message("A new card below shows the call as it is now.").get_by_role(
            "button", name="Approve", exact=True
        )
    ).to_have_count(0)
    card = player.message("Still needed: one approval")
    expect(card).to_contain_text("Changed by Ben Okri: tag: v2.0 → v2.1")
    player.press(card, "Approve")
    expect(player.message("Approved with changes by Ben Okri and Ana Lima")).to_contain_text("deploy done")
    assert deployed(sandbox) == ["v2.1"]


@pytest.mark.timeout(90)
def test_a_step_of_the_ladder_and_a_claim(player: Player, sandbox: Sandbox):
    """
    When Ana has not decided for a while, Ben is asked too; he says that he is on it, her card shows it, and he decides.
    """
    player.ask_for("v3.0")
    player.be(ANA)
    expect(player.message("v3.0").get_by_role("button", name="I am on it")).to_be_visible()
    player.be(RITA)
    expect(player.message("Nobody has decided")).to_contain_text("so I am asking Ben Okri too")

    player.be(BEN)
    player.press(player.message("v3.0"), "I am on it")
    expect(player.message("v3.0")).to_contain_text("Ben Okri is on it")
    player.be(ANA)
    expect(player.message("v3.0")).to_contain_text("Ben Okri is on it")
    player.be(BEN)
    player.press(player.message("v3.0"), "Approve")
    expect(player.message("v3.0")).to_contain_text("deploy done")
    assert deployed(sandbox)[-1] == "v3.0"


@pytest.mark.timeout(90)
def test_an_edit_in_the_modal_and_in_words(player: Player, sandbox: Sandbox):
    """
    One approver changes a call and approves it at once, in the modal, where what is wrong stands at its field, or by a
    reply, where nothing is guessed; the model reads what was changed.
    """
    player.ask_for("v1.0")
    player.be(ANA)
    player.press(player.message("v1.0"), "Change and approve")
    modal = player.pane.get_by_role("dialog")
    modal.get_by_label("Tag").fill("latest")
    modal.get_by_role("button", name="Approve", exact=True).click()
    expect(modal).to_contain_text("This is not in the form that is needed.")
    modal.get_by_label("Tag").fill("v1.0.1")
    modal.get_by_label("Comment").fill("v1.0 has the old key")
    modal.get_by_role("button", name="Approve", exact=True).click()
    expect(player.message("v1.0")).to_contain_text("Approved with changes by Ana Lima")
    expect(player.message("v1.0")).to_contain_text("They add: v1.0 has the old key")
    player.be(RITA)
    expect(player.message("v1.0.1 is in production now")).to_be_visible()
    expect(player.context).to_contain_text("Approved by Ana Lima with changes; the changed call is what ran.")
    expect(player.context).to_contain_text("Changed: tag: v1.0 → v1.0.1")
    expect(player.context).to_contain_text("They add: v1.0 has the old key")

    player.ask_for("v1.1")
    player.be(ANA)
    player.reply(player.message("v1.1"), "edit\ncolour: red")
    expect(player.thread()).to_contain_text("I could not read that as a change")
    player.close_thread()
    assert deployed(sandbox)[-1] == "v1.0.1"
    player.reply(player.message("v1.1"), "approve with tag: v1.1.1")
    expect(player.message("v1.1")).to_contain_text("tag: v1.1 → v1.1.1")
    expect(player.message("v1.1")).to_contain_text("deploy done")
    assert deployed(sandbox)[-2:] == ["v1.0.1", "v1.1.1"]


@pytest.mark.timeout(90)
def test_a_form_is_filled_in_the_modal(player: Player, sandbox: Sandbox):
    """
    The agent asks several things at once; what is wrong stands at its field, and what was filled in is what it goes by.
    """
    player.be(RITA)
    player.write("plan a release")
    player.press(player.message("What should be released?"), "Fill in")
    modal = player.pane.get_by_role("dialog")
    modal.get_by_label("Where to").select_option("staging")
    modal.get_by_label("Version").fill("one")
    modal.get_by_role("button", name="Send").click()
    expect(modal).to_contain_text("This is not in the form that is needed. Such as v1.4.2.")
    modal.get_by_label("Version").fill("v4.0")
    modal.get_by_role("button", name="Send").click()
    expect(player.message("v4.0 is in staging now")).to_be_visible()
    assert sandbox.changes()[-1]["environment"] == "staging"


@pytest.mark.timeout(90)
def test_silence_that_the_agent_is_told(player: Player, sandbox: Sandbox):
    """
    When nobody has answered in time, the agent is told and nothing runs. What Ana writes then changes nothing, which
    she is told.
    """
    player.ask_for("v5.0")
    player.be(ANA)
    expect(player.message("v5.0")).to_contain_text("Expired")
    player.be(RITA)
    expect(player.context).to_contain_text("Nobody answered in time")
    player.be(ANA)
    player.reply(player.message("v5.0"), "use v5.1 instead")
    expect(player.thread()).to_contain_text("Already expired at")
    expect(player.thread()).to_contain_text("Your answer changed nothing.")
    assert "v5.0" not in deployed(sandbox)


@pytest.mark.timeout(90)
def test_who_asked_drops_it(player: Player, sandbox: Sandbox):
    """
    Rita takes it back in a word: Ana's card has no buttons any more and says so, and nothing runs.
    """
    player.ask_for("v1.9")
    player.write("drop")
    expect(player.message("Dropped. Nothing more will happen here.")).to_be_visible()
    player.be(ANA)
    expect(player.message("v1.9")).to_contain_text("Cancelled by Rita Ray")
    expect(player.message("v1.9").get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    assert "v1.9" not in deployed(sandbox)


@pytest.mark.timeout(90)
def test_a_conversation_is_granted_and_no_other(player: Player, sandbox: Sandbox):
    """
    Approved in the conversation where it was asked, the next deployment there runs without a card; asked for elsewhere
    it is asked about.
    """
    player.ask_for("v6.0")
    player.be(ANA)
    player.press(player.message("v6.0"), "Approve in this conversation")
    expect(player.message("v6.0")).to_contain_text("in the conversation where it was asked")
    player.be(RITA)
    expect(player.message("v6.0 is in production now")).to_be_visible()
    player.write("deploy v6.1 to production")
    expect(player.message("v6.1 is in production now")).to_be_visible()

    player.be(RITA, APPROVALS)
    player.write(f"<@{sandbox.call('auth.test', {})['user_id']}> deploy v6.2 to production")
    player.be(ANA)
    player.press(player.message("v6.2"), "Deny")
    expect(player.message("v6.2")).to_contain_text("Denied by Ana Lima")
    assert deployed(sandbox)[-2:] == ["v6.0", "v6.1"]
