"""
Somebody at the sandbox's page, doing only what a user can do there.
"""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

DM = "Direct message"
APPROVALS = "#approvals"


class Player:
    """Plays the people, through the Slack pane."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pane = page.get_by_test_id("pane-slack")
        self.log = page.get_by_test_id("thread-log")
        self.context = page.get_by_test_id("context")
        self.deployments = page.get_by_test_id("deployments")

    def be(self, person: str, place: str = DM) -> None:
        """Switch to a person and a place."""
        self.pane.get_by_role("radio", name=person).check()
        self.pane.get_by_role("radio", name=place).check()

    def write(self, text: str) -> None:
        """Send a message where we are."""
        self.pane.get_by_label("Message on Slack").fill(text)
        self.pane.get_by_label("Message on Slack").press("Enter")

    def ask_for(self, tag: str) -> None:
        """As Rita, ask for a deployment, and wait until she is told who was asked. A tag of its own tells its cards."""
        self.be("Rita, requester")
        self.write(f"deploy {tag} to production")
        expect(self.message()).to_contain_text("I have asked")

    def message(self, *texts: str) -> Locator:
        """The newest message (with its thread) that holds all these texts."""
        found = self.pane.get_by_role("log", name="Messages").locator("> ol > .slack-message")
        for text in texts:
            found = found.filter(has_text=text)
        return found.last

    def events(self) -> list[str]:
        """The names in the thread's log, in order."""
        return self.log.locator("summary code").all_text_contents()

    def press(self, message: Locator, label: str) -> None:
        """Press a button of a message."""
        message.get_by_role("button", name=label, exact=True).click()

    def reply(self, message: Locator, text: str) -> None:
        """Write in the thread under a message, which stays open."""
        self.press(message, "Reply")
        self.pane.get_by_label("Reply in this thread").fill(text)
        self.pane.get_by_label("Reply in this thread").press("Enter")
        expect(self.thread()).to_contain_text(text)

    def close_thread(self) -> None:
        """Close the open thread."""
        self.pane.get_by_role("button", name="Close the thread").click()

    def thread(self) -> Locator:
        """The messages of the open thread."""
        return self.pane.get_by_role("log", name="Thread")

    def command(self, label: str) -> None:
        """Press a button outside of Slack."""
        self.page.get_by_role("button", name=label, exact=True).click()
