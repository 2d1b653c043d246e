"""
The same with the gateway killed right after the tool's effect: nobody knows whether it ran, so somebody is asked.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.e2e.player import APPROVALS, Player
from tests.e2e.processes import Sandbox, until

ANSWERS = ("Run again", "It did run", "Stop")
CARD = "Did deploy run?"


def killed_after_effect(player: Player, sandbox: Sandbox, tag: str) -> None:
    """Have a deployment approved, kill the gateway as soon as the file has changed, and start it again."""
    before = len(sandbox.changes())
    player.ask_for(tag)
    player.be("Ana, approver")
    player.press(player.message(tag), "Approve")
    until(lambda: len(sandbox.changes()) > before)
    player.command("Kill gateway")
    expect(player.page.get_by_text("It was killed")).to_be_visible()
    player.command("Start gateway")
    for person, place in (("Ana, approver", APPROVALS), ("Ben, approver", "Direct message")):
        player.be(person, place)
        expect(player.message(tag, CARD)).to_be_visible()
        for answer in ANSWERS:
            expect(player.message(tag, CARD).get_by_role("button", name=answer)).to_be_visible()
    assert len(sandbox.changes()) == before + 1
    expect(player.log).to_contain_text("nobody knows whether it took effect. It is not run again by itself")


@pytest.mark.timeout(90)
def test_run_again_is_the_second_attempt_of_one_start(player: Player, sandbox: Sandbox):
    """
    After “Run again” the tool runs once more, as the second attempt of the same start.
    """
    tag = "v2.0.1"
    killed_after_effect(player, sandbox, tag)

    player.be("Ana, approver")
    player.press(player.message(tag, CARD), "Run again")

    expect(player.message(tag, CARD)).to_contain_text("Ana Lima says: run it again")
    player.be("Rita, requester")
    expect(player.message(f"{tag} is in production now")).to_be_visible()
    first, second = (change for change in sandbox.changes() if change["tag"] == tag)
    assert (first["attempt"], second["attempt"]) == (1, 2)
    assert first["start"] == second["start"]


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    ("answer", "tag", "on_card", "told"),
    [
        ("It did run", "v2.0.2", "Ben Okri says it did run", "Ben Okri says that it did run"),
        ("Stop", "v2.0.3", "Stopped by Ben Okri", "then stopped by Ben Okri"),
    ],
    ids=["did-run", "stop"],
)
def test_answer_is_told_to_the_agent(player: Player, sandbox: Sandbox, answer: str, tag: str, on_card: str, told: str):
    """
    After “It did run” and after “Stop” the tool does not run again, and the agent hears who said what.
    """
    killed_after_effect(player, sandbox, tag)

    player.be("Ben, approver")
    player.press(player.message(tag, CARD), answer)

    expect(player.message(tag, CARD)).to_contain_text(on_card)
    expect(player.context).to_contain_text(told)
    until(lambda: player.events()[-2:] == ["Replied", "RunEnded"])
    assert len([change for change in sandbox.changes() if change["tag"] == tag]) == 1
