"""
Makes the pictures at the top of the README anew: `make screenshots`.

They show what really happens: a sandbox is started, people are played, and the page is photographed.
"""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, expect, sync_playwright

from tests.e2e.conftest import ARGUMENTS, CHROMIUM, SIZES
from tests.e2e.player import APPROVALS, Player
from tests.e2e.processes import Sandbox, running
from tests.process import ROOT

FOLDER = ROOT / "docs" / "images"
MOST = 200_000  # bytes of a picture
COLOURS = 128
TAG = "v1.4.2"


def desktop(browser: Browser, sandbox: Sandbox) -> Path:
    """Rita has asked, Otto was refused, Ana has asked back and got her answer; the run waits."""
    page = browser.new_page(viewport=SIZES["desktop"], reduced_motion="reduce")
    page.goto(sandbox.url)
    player = Player(page)
    player.ask_for(TAG)
    player.be("Otto, outsider", APPROVALS)
    player.press(player.message(TAG), "Approve")
    expect(player.message("I do not know who you are")).to_be_visible()
    player.be("Ana, approver")
    player.reply(player.message(TAG), "yes, but not before five")
    player.be("Rita, requester")
    expect(player.message("yes, but not before five")).to_be_visible()
    player.write("five is fine")
    player.be("Ana, approver")
    expect(player.message(TAG)).to_contain_text("five is fine")
    player.press(player.message(TAG), "Reply")
    expect(player.thread()).to_contain_text("five is fine")
    expect(player.log).to_contain_text("It stands under the card now")
    return _taken(player, "sandbox-desktop.png")


def phone(browser: Browser, sandbox: Sandbox) -> Path:
    """The same request, as Ben sees it on a phone."""
    page = browser.new_page(viewport=SIZES["phone"], color_scheme="dark", reduced_motion="reduce")
    page.goto(sandbox.url)
    player = Player(page)
    player.be("Ben, approver")
    expect(player.message(TAG)).to_be_visible()
    player.pane.evaluate("pane => pane.scrollIntoView()")
    return _taken(player, "sandbox-phone.png")


def _taken(player: Player, name: str) -> Path:
    path = FOLDER / name
    player.page.mouse.move(0, 0)
    picture = Image.open(BytesIO(player.page.screenshot()))
    picture.quantize(COLOURS).save(path, optimize=True)
    return path


def main() -> None:
    """Make both."""
    FOLDER.mkdir(exist_ok=True)
    with running("screenshots") as sandbox, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        for made in (desktop(browser, sandbox), phone(browser, sandbox)):
            size = made.stat().st_size
            assert size <= MOST, f"{made} has {size} bytes"
            print(f"{made.relative_to(ROOT)}: {size} bytes")
        browser.close()


if __name__ == "__main__":
    main()
