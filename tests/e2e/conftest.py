"""
One Chromium and one sandbox a module, one fresh page a test.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

from tests.e2e.player import Player
from tests.e2e.processes import ARTIFACTS, PATIENCE, Sandbox, running

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
SIZES: dict[str, ViewportSize] = {
    "desktop": {"width": 1280, "height": 900},
    "phone": {"width": 375, "height": 800},
    "zoomed": {"width": 640, "height": 450},  # what a desktop has left at 200 %
}

expect.set_options(timeout=PATIENCE * 1000)


@pytest.fixture(scope="module")  # no longer: Playwright's loop would be in the way of asynchronous tests
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("no Chromium")
        pytest.skip("no Chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with running(request.module.__name__.rpartition(".")[2]) as started:
        yield started


@pytest.fixture
def size() -> str:
    """How large the window is; a test that is parametrised says otherwise."""
    return "desktop"


@pytest.fixture
def scheme() -> Literal["light", "dark"]:
    """Which colours are wanted; likewise."""
    return "light"


@pytest.fixture
def page(
    browser: Browser, sandbox: Sandbox, size: str, scheme: Literal["light", "dark"], request: pytest.FixtureRequest
) -> Iterator[Page]:
    """
    A page on the sandbox.

    What it last showed is kept in `.artifacts`. An error in its scripts fails the test, and so does a request to
    anywhere else.
    """
    opened = browser.new_page(viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce")
    opened.set_default_timeout(PATIENCE * 1000)
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda said: problems.append(said.text) if "Security Policy" in said.text else None)
    opened.on("request", lambda sent: problems.append(sent.url) if not sent.url.startswith(sandbox.url) else None)
    opened.goto(sandbox.url)
    yield opened
    ARTIFACTS.mkdir(exist_ok=True)
    opened.screenshot(path=ARTIFACTS / f"{request.node.name}.png")
    opened.close()
    assert problems == []


@pytest.fixture
def player(page: Page) -> Player:
    return Player(page)
