"""
The sandbox's page by itself: what is where, what follows what, and that everybody can use it.
"""

from __future__ import annotations

import re
import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.e2e.player import APPROVALS, Player
from tests.e2e.processes import ARTIFACTS, Sandbox, until

SIZES = {"desktop": {"width": 1280, "height": 900}, "phone": {"width": 375, "height": 800}}


def faults(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    found = Axe().run(page).response["violations"]
    return [f"{each['id']}: {node['target']} {node['failureSummary']}" for each in found for node in each["nodes"]]


def test_example_is_sent_by_pressing_it(player: Player):
    """
    An example is sent as the person you are, in their direct message, and what follows is counted for the others.
    """
    player.be("Rita, requester")
    player.command("deploy v1.4.2 to production")

    expect(player.message("deploy v1.4.2 to production")).to_contain_text("Rita Ray")
    expect(player.message("I have asked")).to_be_visible()
    expect(player.pane.get_by_role("radio", name="Ben, approver")).to_have_accessible_description("2 new")
    player.be("Ben, approver")
    expect(player.message("Asked by Rita Ray")).to_contain_text("Answer by tomorrow")
    player.be("Ben, approver", APPROVALS)
    expect(player.pane.get_by_role("radio", name="Ben, approver")).to_have_accessible_description("")
    player.press(player.message("Asked by Rita Ray"), "Deny")
    expect(player.message("Asked by Rita Ray")).to_contain_text("Denied by Ben Okri")


def test_text_is_never_markup(player: Player):
    """
    What somebody writes is shown as they wrote it, line breaks included, and kept out of the page's own markup.
    """
    text = "<b onclick=alert(1)>not bold</b> & *this*\n<!channel> &amp; `so`"
    player.be("Otto, outsider", APPROVALS)
    player.pane.get_by_label("Message on Slack").fill(text)
    player.pane.get_by_role("button", name="Send").click()

    expect(player.message("not bold").locator(".slack-text")).to_have_text(
        "<b onclick=alert(1)>not bold</b> & *this*\n@channel &amp; `so`"
    )
    expect(player.message("not bold").locator("b")).to_have_count(0)


def test_blocks_are_shown_as_slack_shows_them(player: Player, sandbox: Sandbox):
    """
    An app's blocks are laid out: markup where Slack has it and nowhere else, dates in the reader's time, choices that
    reach the app.
    """
    due = int(time.time())
    said = {
        "type": "mrkdwn",
        "text": f"*bold* <https://example.org/a_b_c|a link> <@U00000ANA> <!date^{due}^{{date_pretty}}|then>",
    }
    options = [{"text": {"type": "plain_text", "text": word}, "value": word.lower()} for word in ("One", "Two")]
    menu = {"type": "static_select", "action_id": "menu", "placeholder": {"type": "plain_text", "text": "Which?"}}
    blocks = [
        {"type": "section", "text": said, "accessory": menu | {"options": options}},
        {"type": "divider"},
        {"type": "section", "text": {"type": "plain_text", "text": "*stars* & <b>"}},
        {"type": "image", "image_url": "https://example.org/cat.png", "alt_text": "a cat"},
    ]
    sandbox.call("chat.postMessage", {"channel": "CAPPROVALS", "text": "blocks", "blocks": blocks})
    player.be("Ben, approver", APPROVALS)
    shown = player.message("bold")

    expect(shown.locator("strong").last).to_have_text("bold")
    expect(shown.get_by_role("link", name="a link")).to_have_attribute("href", "https://example.org/a_b_c")
    expect(shown).to_contain_text("@Ana Lima today")
    expect(shown).to_contain_text("*stars* & <b>")
    expect(shown).to_contain_text("(picture: a cat)")
    shown.get_by_role("combobox", name="Which?").select_option("Two")
    action = until(lambda: [each for each in sandbox.interactions() if each["actions"][0]["action_id"] == "menu"])[0]
    assert action["actions"][0]["selected_option"]["value"] == "two"
    assert action["user"]["id"] == "U00000BEN"


@pytest.mark.timeout(90)
def test_press_while_nobody_answers(player: Player):
    """
    While the gateway is down Slack says that the app did not respond; a message waits; started again, all goes on.
    """
    player.ask_for("v3.0.0")
    player.be("Ana, approver")
    expect(player.message("v3.0.0")).to_be_visible()
    player.command("Kill gateway")
    expect(player.page.get_by_text("It was killed")).to_be_visible()
    player.press(player.message("v3.0.0"), "Deny")
    expect(player.pane.get_by_text("did not respond")).to_be_visible()
    player.reply(player.message("v3.0.0"), "no")

    player.command("Start gateway")

    expect(player.message("v3.0.0")).to_contain_text("Denied by Ana Lima")


def test_context_is_exact(player: Player, sandbox: Sandbox):
    """
    The text shown is the one the model was given, byte for byte, and each earlier call can be chosen.
    """
    player.be("Ben, approver")
    player.write("list")
    expect(player.message("production:")).to_be_visible()
    until(lambda: player.events()[-1:] == ["RunEnded"])
    threads = player.page.get_by_role("combobox", name="Thread", exact=True)
    mine = threads.get_by_role("option", name=re.compile("^deploybot, Ben Okri")).get_attribute("value")
    threads.select_option(mine)
    first, *_, last = sandbox.get(f"/threads/{mine}")["calls"]

    expect(player.context).to_have_text(sandbox.get(f"/contexts/{last['context']}")["text"], use_inner_text=False)
    player.page.get_by_role("combobox", name="Call", exact=True).select_option(str(first["seq"]))

    expect(player.context).not_to_contain_text("<result")
    assert player.context.text_content() == sandbox.get(f"/contexts/{first['context']}")["text"]


@pytest.mark.parametrize(("size", "scheme", "tag"), [("desktop", "light", "v4.0.1"), ("phone", "dark", "v4.0.2")])
def test_everybody_can_use_it(browser: Browser, sandbox: Sandbox, size: str, scheme: str, tag: str):
    """
    On a desktop and on a phone nothing is cut off to the side, and axe finds nothing wrong: not at the start, not with
    a card, a thread and a form.
    """
    page = browser.new_page(viewport=SIZES[size], color_scheme=scheme)
    page.goto(sandbox.url)
    player = Player(page)
    assert faults(page) == []
    player.ask_for(tag)
    player.be("Ana, approver")
    player.reply(player.message(tag), "why now?")
    expect(player.message(tag)).to_contain_text("still open")
    page.screenshot(path=ARTIFACTS / f"sandbox-{size}-{scheme}.png")
    assert faults(page) == []
    player.close_thread()
    assert faults(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"]
    player.press(player.message(tag), "Deny with a reason")
    form = page.get_by_role("dialog", name="Deny this request")
    expect(form).to_be_visible()
    assert faults(page) == []

    form.get_by_role("button", name="Deny").click()
    expect(form).to_contain_text("Please complete this required field.")
    assert faults(page) == []
    page.keyboard.press("Escape")
    expect(form).to_be_hidden()
    player.press(player.message(tag), "Deny")
    expect(player.message(tag)).to_contain_text("Denied by Ana Lima")
    page.close()


def test_it_works_with_the_keyboard(player: Player):
    """
    Without a mouse one can become somebody else, write, answer in a thread, and press a card's button.
    """
    page, pane = player.page, player.pane
    player.ask_for("v5.0.0")
    pane.get_by_role("radio", name="Rita, requester").focus()
    page.keyboard.press("ArrowRight")
    expect(pane.get_by_role("radio", name="Ana, approver")).to_be_checked()
    expect(player.message("v5.0.0")).to_be_visible()

    pane.get_by_label("Message on Slack").focus()
    page.keyboard.type("one")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("two")
    page.keyboard.press("Enter")
    expect(player.message("one").first).to_contain_text("two")
    player.message("v5.0.0").get_by_role("button", name="Reply").focus()
    page.keyboard.press("Enter")
    page.keyboard.type("deny")
    page.keyboard.press("Enter")

    expect(player.message("v5.0.0")).to_contain_text("Denied by Ana Lima")
    expect(pane.get_by_label("Reply in this thread")).to_be_focused()
    page.keyboard.press("Escape")
    expect(player.thread()).to_be_hidden()
    expect(player.message("v5.0.0").get_by_role("button", name="1 reply")).to_be_focused()
