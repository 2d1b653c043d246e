"""
That everybody can use the page: in a small window, at 200 %, with a keyboard alone, with a screen reader.
"""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.e2e.player import Player
from tests.e2e.processes import ARTIFACTS

CUT_OFF = """() => [...document.querySelectorAll("button, label, a, p, h1, h2, li, td, pre, select, textarea, summary")]
    .filter((node) => node.checkVisibility() && !node.closest(".unseen"))
    .filter((node) => {
        const { left, right, width } = node.getBoundingClientRect();
        const clips = getComputedStyle(node).overflowX !== "visible" && node.tagName !== "SELECT";
        return width && (left < -1 || right > innerWidth + 1 || (clips && node.scrollWidth > node.clientWidth + 1));
    })
    .map((node) => `${node.tagName} ${node.id} ${node.textContent.slice(0, 40)}`)"""


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands, and what is cut off or sticks out to the side."""
    found = Axe().run(page).response["violations"]
    violations = [
        f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]
    ]
    cut = [f"cut off: {each}" for each in page.evaluate(CUT_OFF)]
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return violations + cut + ([f"{wide} pixels stick out"] if wide > 0 else [])


@pytest.mark.timeout(90)
@pytest.mark.parametrize(
    ("size", "scheme", "tag"),
    [("desktop", "light", "v4.0.1"), ("phone", "dark", "v4.0.2"), ("zoomed", "light", "v4.0.3")],
)
def test_nothing_is_wrong_in_any_state(player: Player, size: str, scheme: str, tag: str):
    """
    On a desktop, on a phone and at 200 % nothing is cut off, and axe finds nothing wrong: at the start, with a card, a
    thread, a form, its error, an event's content, and with the gateway killed.
    """
    page = player.page
    assert faults(page) == []
    player.ask_for(tag)
    assert faults(page) == []
    player.be("Ana, approver")
    player.reply(player.message(tag), "why now?")
    expect(player.thread()).to_contain_text("still open")
    assert faults(page) == []
    page.screenshot(path=ARTIFACTS / f"thread-{size}-{scheme}.png", full_page=True)
    player.close_thread()
    player.press(player.message(tag), "Deny with a reason")
    form = page.get_by_role("dialog", name="Deny this request")
    expect(form).to_be_visible()
    assert faults(page) == []
    form.get_by_role("button", name="Deny").click()
    expect(form).to_contain_text("Please complete this required field.")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    player.log.get_by_text("RequestOpened").last.click()
    expect(player.log.get_by_text('"kind": "question"').last).to_be_visible()
    player.command("Kill gateway")
    expect(page.get_by_text("In its store:").first).to_be_visible()
    assert faults(page) == []
    page.screenshot(path=ARTIFACTS / f"killed-{size}-{scheme}.png", full_page=True)
    player.command("Start gateway")
    player.reply(player.message(tag), "deny")
    expect(player.thread()).to_contain_text("Denied by Ana Lima")


def test_it_works_with_the_keyboard(player: Player):
    """
    Without a mouse one can become somebody else, write, answer in a thread, and come back to where it was opened.
    """
    page, pane = player.page, player.pane
    player.ask_for("v5.0.0")
    pane.get_by_role("radio", name="Rita, requester").focus()
    page.keyboard.press("ArrowRight")
    expect(pane.get_by_role("radio", name="Ana, approver")).to_be_checked()
    expect(player.message("v5.0.0")).to_be_visible()

    pane.get_by_label("Message on Slack").focus()
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")
    expect(player.message("first line").first).to_contain_text("second line")
    player.message("v5.0.0").get_by_role("button", name="Reply").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("deny")
    page.keyboard.press("Enter")

    expect(player.message("v5.0.0")).to_contain_text("Denied by Ana Lima")
    expect(pane.get_by_label("Reply in this thread")).to_be_focused()
    page.keyboard.press("Escape")
    expect(player.thread()).to_be_hidden()
    expect(player.message("v5.0.0").get_by_role("button", name="1 reply")).to_be_focused()


def test_form_keeps_the_focus_and_gives_it_back(player: Player):
    """
    A form takes the focus to its first field, and closing it gives it back to the button that opened it.
    """
    page, tag = player.page, "v5.0.1"
    player.ask_for(tag)
    player.be("Ana, approver")
    opener = player.message(tag).get_by_role("button", name="Deny with a reason")
    opener.focus()
    page.keyboard.press("Enter")
    form = page.get_by_role("dialog", name="Deny this request")
    expect(form.get_by_label("Reason")).to_be_focused()
    expect(form.get_by_label("Reason")).to_have_accessible_description("The requester and the agent will read this.")

    page.keyboard.press("Escape")

    expect(form).to_be_hidden()
    expect(opener).to_be_focused()
    player.press(player.message(tag), "Deny")
    expect(player.message(tag)).to_contain_text("Denied by Ana Lima")


def test_nothing_moves_for_those_who_asked_for_that(player: Player):
    """
    With `prefers-reduced-motion` nothing is animated and nothing scrolls smoothly; what comes in is told politely.
    """
    page = player.page

    assert (
        page.evaluate("matchMedia('(prefers-reduced-motion: reduce)').matches && document.getAnimations().length") == 0
    )
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
    player.be("Ben, approver")
    player.write("list")
    expect(player.message("production:")).to_be_visible()
    expect(player.pane.get_by_role("log", name="Messages")).to_have_attribute("aria-live", "polite")
