"""
The mailbox pane beside Slack: requests are asked in both places, and answered in either.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.e2e.player import Player
from tests.e2e.processes import Sandbox, running, until
from tests.e2e.test_everybody import faults

AGENT = "agent@example.com"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    """With mail; its gateway has looked into its mailbox, since it leaves alone what was there before."""
    with running("test_email_pane", "--with", "email") as started:
        log = started.data / "gateway.log"
        until(lambda: log.exists() and "is read from now on" in log.read_text())
        yield started


class Mail:
    """Plays the people, through the mailbox pane."""

    def __init__(self, page: Page) -> None:
        self.pane = page.get_by_test_id("pane-email")
        self.form = self.pane.get_by_role("form")
        self.open = self.pane.get_by_role("article")

    def be(self, person: str) -> None:
        """Switch to a person."""
        self.pane.get_by_role("radio", name=person).check()

    def line(self, text: str) -> Locator:
        """The newest mail in the mailbox that holds a text."""
        return self.pane.get_by_role("list", name="Mailbox").get_by_role("button").filter(has_text=text).first

    def read(self, text: str) -> None:
        """Open a mail."""
        self.line(text).click()
        expect(self.open).to_contain_text(text)

    def write(self, subject: str, text: str) -> None:
        """Write a mail to the agent."""
        self.pane.get_by_role("button", name="Write a mail").click()
        self.form.get_by_label("Subject").fill(subject)
        self.form.get_by_label("Text").fill(text)
        self.send()

    def send(self) -> None:
        """Send what stands in the form."""
        self.form.get_by_role("button", name="Send").click()
        expect(self.form).to_be_hidden()


@pytest.fixture
def mail(page: Page) -> Mail:
    return Mail(page)


@pytest.mark.timeout(90)
def test_asked_in_both_places_answered_by_mail(player: Player, mail: Mail, sandbox: Sandbox):
    """
    A request of Slack's comes by mail too. A reply above its quote decides it: the card on Slack settles, the other
    approver reads by mail how it ended, and it is done once.
    """
    player.ask_for("v1.4.2")
    mail.be("Ana, approver")
    mail.read("v1.4.2")
    mail.open.get_by_role("button", name="Reply").click()
    text = mail.form.get_by_label("Text")
    expect(text).to_be_focused()
    quoted = text.input_value()
    assert "Deploybot <agent@example.com> wrote:\n> " in quoted
    text.press_sequentially("approve")
    assert text.input_value() == "approve" + quoted
    mail.send()

    player.be("Ana, approver")
    expect(player.message("v1.4.2")).to_contain_text("Approved by Ana Lima")
    expect(player.message("v1.4.2")).to_contain_text("deploy done")
    expect(player.message("v1.4.2").get_by_role("button", name="Approve", exact=True)).to_have_count(0)
    mail.be("Ben, approver")
    mail.read("Approved by Ana Lima")
    assert ["v1.4.2"] == [change["tag"] for change in sandbox.changes()]


@pytest.mark.timeout(90)
def test_asked_by_mail_answered_on_slack(player: Player, mail: Mail, sandbox: Sandbox):
    """
    What Rita asks by mail is asked on Slack too; a press there settles it, and she and the approvers read it by mail.
    """
    mail.be("Rita, requester")
    mail.write("A deployment", "deploy v1.5.0 to production")
    player.be("Ben, approver")
    player.press(player.message("v1.5.0"), "Approve")
    expect(player.message("v1.5.0")).to_contain_text("Approved by Ben Okri")

    expect(mail.line("A deployment")).to_be_visible()
    mail.read("v1.5.0 is in production now")
    mail.be("Ana, approver")
    mail.read("Approved by Ben Okri")
    assert "v1.5.0" == sandbox.changes()[-1]["tag"]


@pytest.mark.timeout(90)
def test_a_link_opens_the_answer_and_does_not_send_it(player: Player, mail: Mail, sandbox: Sandbox):
    """A link of the mail fills the form in; only sending decides."""
    player.ask_for("v1.6.0")
    mail.be("Ben, approver")
    mail.read("v1.6.0")
    mail.open.get_by_role("link", name="Deny").click()
    expect(mail.form.get_by_label("Text")).to_have_value("deny")
    player.be("Ben, approver")
    expect(player.message("v1.6.0").get_by_role("button", name="Approve", exact=True)).to_be_visible()
    mail.send()
    expect(player.message("v1.6.0")).to_contain_text("Denied by Ben Okri")
    assert "v1.6.0" not in str(sandbox.changes())


@pytest.mark.timeout(90)
@pytest.mark.parametrize("size", ["desktop", "phone", "zoomed"])
def test_nothing_is_wrong_in_any_state(page: Page, mail: Mail, size: str):
    """
    Nothing is cut off and axe finds nothing wrong: with an empty mailbox, a list, a mail with its headers, a reply, and
    what could not be sent.
    """
    mail.be("Otto, outsider")
    mail.write(f"For {size}", "help")
    mail.be("Rita, requester")
    assert faults(page) == []
    mail.pane.get_by_role("button", name="Write a mail").click()
    mail.form.get_by_label("To").fill("rita@example.com")
    mail.form.get_by_label("Subject").fill(f"To myself, {size}")
    mail.send()
    expect(mail.line(f"To myself, {size}")).to_contain_text("unread")
    mail.read(f"To myself, {size}")
    expect(mail.line(f"To myself, {size}")).not_to_contain_text("unread")
    mail.open.get_by_text("Headers").click()
    expect(mail.open).to_contain_text("dmarc=pass")
    mail.open.get_by_role("button", name="Reply").click()
    mail.form.get_by_label("To").fill("nobody@example.com")
    mail.form.get_by_role("button", name="Send").click()
    expect(mail.pane.get_by_role("alert")).to_contain_text("There is no mailbox nobody@example.com here")
    assert faults(page) == []


@pytest.mark.timeout(60)
def test_it_works_with_the_keyboard(page: Page, mail: Mail):
    """Choose who you are, open a mail, answer it: without a mouse, and the focus goes along."""
    mail.be("Rita, requester")
    mail.write("Keys", "list")
    mail.line("Re: Keys").focus()
    page.keyboard.press("Enter")
    expect(mail.open).to_be_focused()
    mail.open.get_by_role("button", name="Reply").press("Enter")
    expect(mail.form.get_by_label("Text")).to_be_focused()
    page.keyboard.type("list")
    mail.form.get_by_role("button", name="Discard").press("Enter")
    expect(mail.open).to_be_focused()
