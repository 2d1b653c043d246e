"""
The sandbox's page by itself: what is where, what follows what, and that everybody can use it.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.player import APPROVALS, Player
from tests.e2e.processes import Sandbox, until
from tests.process import ROOT


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


@pytest.mark.parametrize("size", ["phone"])
def test_a_long_card_is_read_from_its_beginning(player: Player, size: str):
    """
    Who comes to a card that is taller than their screen has room for sees first what it is about.
    """
    player.ask_for("v6.6.6")
    player.be("Ana, approver")
    expect(player.message("v6.6.6").get_by_text("Approve deploy?")).to_be_in_viewport()
    player.press(player.message("v6.6.6"), "Deny")
    expect(player.message("v6.6.6")).to_contain_text("Denied by Ana Lima")


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
def test_what_is_urgent_is_confirmed(player: Player, sandbox: Sandbox):
    """
    A roll-back is urgent: a bare word approves nothing, and Slack asks once more and names it. Going back changes
    nothing; confirmed, it is approved.
    """
    player.be("Rita, requester")
    player.write("roll back production")
    expect(player.message("I have asked")).to_be_visible()
    player.be("Ana, approver")
    card = player.message("Approve roll_back?")
    player.reply(card, "approve")
    expect(player.thread()).to_contain_text("a word alone does not approve it")
    player.close_thread()

    player.press(card, "Approve")
    dialog = player.page.get_by_role("dialog", name="Approve exactly this?")
    expect(dialog).to_contain_text("environment: production")
    dialog.get_by_role("button", name="Back").click()
    expect(dialog).to_be_hidden()
    player.press(card, "Approve")
    player.page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(card.get_by_role("button", name="Approve", exact=True)).to_be_visible()

    player.press(card, "Approve")
    dialog.get_by_role("button", name="Approve", exact=True).click()
    expect(card).to_contain_text("Approved by Ana Lima")


@pytest.mark.timeout(90)
def test_equal_requests_are_decided_together(player: Player, sandbox: Sandbox):
    """
    Three restarts stand on one card: one is denied from its menu, one press approves the others, and each copy says so.
    """
    player.be("Rita, requester")
    player.write("restart api, web and worker in production")
    player.be("Ben, approver", APPROVALS)
    card = player.message("Approve restart? (3 requests)")
    expect(card).to_contain_text("environment: production, service: worker")
    card.get_by_role("combobox", name="Decide this one").nth(1).select_option("Deny")
    expect(card).to_contain_text("Denied by Ben Okri")
    expect(card.get_by_role("combobox")).to_have_count(2)

    player.be("Ana, approver")
    card = player.message("Approve restart? (3 requests)")
    player.press(card, "Approve all 2")
    expect(card).to_contain_text("Approved by Ana Lima")
    expect(card.get_by_role("button", name=re.compile("Approve|Deny"))).to_have_count(0)
    expect(card.get_by_role("combobox")).to_have_count(0)
    player.be("Rita, requester")
    expect(player.message("Restarted: api, worker.")).to_be_visible()
    restarted = [change["tag"] for change in sandbox.changes() if change["what"] == "restart"]
    assert ["api", "worker"] == sorted(restarted)


def test_an_agent_elsewhere_asks(player: Player, sandbox: Sandbox, tmp_path: Path):
    """
    The lines of the README that ask over REST put a card before Ana, wait for her, and print what she says.
    """
    (lines,) = re.findall(r"<<'END'\n(.*?)\nEND\n", (ROOT / "README.md").read_text(), re.DOTALL)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "sandbox").symlink_to(sandbox.data)
    until(lambda: sandbox.get("/about"))
    how = {"cwd": tmp_path, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-"], env={"PYTHONPATH": str(ROOT)}, **how) as agent:  # type: ignore[call-overload]
        agent.stdin.write(lines)
        agent.stdin.close()
        player.be("Ana, approver")
        expect(player.message("the fix for #1234")).to_contain_text("Asked by Rita Ray")
        player.press(player.message("the fix for #1234"), "Approve")
        assert "approved by Ana Lima\n" == agent.stdout.read()


def test_what_can_wait_is_held(player: Player):
    """
    A restart in staging can wait: who asks reads when it will be asked, and nobody is shown it before; dropped, it is
    never shown.
    """
    player.be("Rita, requester")
    player.write("restart cache and queue in staging")
    expect(player.message("This can wait")).to_contain_text("Ana Lima is asked at")
    player.write("drop")
    expect(player.message("Dropped. Nothing more will happen here.")).to_be_visible()
    player.be("Ana, approver")
    expect(player.message("cache")).to_have_count(0)


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
    expect(player.page.get_by_text("killed. In its store: 1 run waiting, 1 request open.")).to_be_visible()
    expect(player.log).to_contain_text("The gateway was killed.")
    expect(player.page.get_by_text("Paused, waiting for Ana Lima or Ben Okri. That costs nothing")).to_be_visible()
    player.press(player.message("v3.0.0"), "Deny")
    expect(player.pane.get_by_text("did not respond")).to_be_visible()
    player.reply(player.message("v3.0.0"), "no")

    player.command("Start gateway")

    expect(player.message("v3.0.0")).to_contain_text("Denied by Ana Lima")
    expect(player.page.get_by_text("started. 1 run still waiting, 1 request open as before.")).to_be_visible()
    expect(player.log).to_contain_text("The gateway was started, and read this log.")
    expect(player.page.get_by_text("Paused, waiting")).to_be_hidden()


def test_context_is_exact(player: Player, sandbox: Sandbox):
    """
    The text shown is the one the model was given, byte for byte; each call's is one press from its line in the log,
    with its size and its answer, and one press leads back.
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
    opener = player.log.get_by_role("button", name="What it read").first
    opener.click()

    expect(player.context).not_to_contain_text("<result")
    text = sandbox.get(f"/contexts/{first['context']}")
    assert player.context.text_content() == text["text"]
    expect(opener).to_contain_text(f"{text['tokens']} tokens")
    expect(player.page.get_by_text(f"about {text['tokens']} tokens")).to_be_visible()
    expect(player.page.get_by_role("group", name="Answer")).to_contain_text('"intent": "list_deployments"')
    expect(player.page.get_by_role("heading", name="What the model read")).to_be_focused()
    player.command("Back to the log")
    expect(opener).to_be_focused()


def test_choices_are_pressed(player: Player, sandbox: Sandbox):
    """
    A question with choices has a button for each, and the one that is pressed is the answer.
    """
    player.be("Ben, approver")
    player.write("deploy to staging")
    card = player.message("Which version should go to staging?")
    expect(card.get_by_role("button", name="v1.4.2")).to_be_visible()

    player.press(card, "v1.5.0")

    expect(card).to_contain_text("Answered by Ben Okri")
    expect(card.get_by_role("button", name="v1.4.2")).to_have_count(0)
    expect(player.message("v1.5.0 is in staging now")).to_be_visible()
    assert [change["tag"] for change in sandbox.changes() if change["environment"] == "staging"] == ["v1.5.0"]


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_files_go_both_ways(player: Player, sandbox: Sandbox, size: str):
    """
    A file that somebody attaches and one that the app sends stand at their messages, and come down as they were.
    """
    name, content = f"notes-{size}.txt", b"five past five\n" * 100
    player.be("Otto, outsider", APPROVALS)
    player.pane.get_by_label("Attach").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    expect(player.pane.get_by_text(name)).to_be_visible()
    player.write("see this")
    assert downloaded(player, name) == content

    offered = sandbox.call("files.getUploadURLExternal", {"filename": f"app-{name}", "length": len(content)})
    sandbox.upload(offered["upload_url"], content)
    shared = {"files": [{"id": offered["file_id"]}], "channel_id": "CAPPROVALS", "initial_comment": "Here."}
    sandbox.call("files.completeUploadExternal", shared)
    assert downloaded(player, f"app-{name}") == content


def downloaded(player: Player, name: str) -> bytes:
    """What comes down from a file's link."""
    with player.page.expect_download() as coming:
        player.message(name).get_by_role("link", name=name).click()
    return coming.value.path().read_bytes()


def test_command_is_typed(player: Player):
    """
    A slash command reaches the app; one that it does not have is Slack's to refuse, to its writer alone.
    """
    player.be("Ben, approver", APPROVALS)
    player.write("/nonsense list")
    expect(player.pane.get_by_text("/nonsense is not a valid command")).to_be_visible()

    player.write("/ringback list")

    player.be("Ben, approver")
    expect(player.message("production:")).to_be_visible()


def test_status_is_shown_while_the_app_works(player: Player, sandbox: Sandbox):
    """
    What the app says that it is doing stands above the box in which one writes, until it writes.
    """
    player.be("Otto, outsider", APPROVALS)
    ts = sandbox.call("chat.postMessage", {"channel": "CAPPROVALS", "text": "wait"})["ts"]
    said = {"channel_id": "CAPPROVALS", "thread_ts": ts, "status": "is thinking"}

    sandbox.call("assistant.threads.setStatus", said)

    expect(player.pane.get_by_text("ringback is thinking")).to_be_visible()
    sandbox.call("assistant.threads.setStatus", said | {"status": ""})
    expect(player.pane.get_by_text("ringback is thinking")).to_be_hidden()
