"""
Everybody reads their own language in their direct messages, and answers in it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.e2e.player import APPROVALS, Player
from tests.e2e.processes import Sandbox, running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """People who read German in their direct messages, behind a gateway that speaks English."""
    with running("test_languages", "--language", "de") as started:
        yield started


@pytest.mark.timeout(90)
def test_a_german_card_is_approved_with_ja(player: Player, sandbox: Sandbox):
    """
    Rita is told in German, Ana's card is German down to its buttons and its window, the channel's is English; "ja"
    approves, and each place says so in its own words.
    """
    player.be("Rita, requester")
    player.write("deploy v1.4.2 to production")
    expect(player.message("Ich habe Ana Lima oder Ben Okri gefragt.")).to_contain_text(
        "Zum Abbrechen schreib: abbrechen"
    )

    player.be("Ana, approver")
    card = player.message("Anfrage von Rita Ray", "v1.4.2")
    expect(card).to_contain_text("deploy genehmigen?")
    expect(card).to_contain_text("Antwort bis")
    expect(card).to_contain_text("antworte hier: genehmigen, ablehnen oder „ändern“")
    for label in ("Genehmigen", "Ablehnen", "Mit Begründung ablehnen"):
        expect(card.get_by_role("button", name=label, exact=True)).to_be_visible()
    player.press(card, "Mit Begründung ablehnen")
    window = player.page.get_by_role("dialog")
    expect(window).to_contain_text("Anfrage ablehnen")
    window.get_by_role("button", name="Zurück").click()
    player.be("Ana, approver", APPROVALS)
    expect(player.message("v1.4.2")).to_contain_text("Approve deploy?")
    assert sandbox.changes() == []

    player.be("Ana, approver")
    player.reply(card, "ja")

    expect(card).to_contain_text("Genehmigt von Ana Lima")
    expect(card).to_contain_text("deploy erledigt")
    player.be("Ana, approver", APPROVALS)
    expect(player.message("v1.4.2")).to_contain_text("Approved by Ana Lima")
    assert [change["tag"] for change in sandbox.changes()] == ["v1.4.2"]
