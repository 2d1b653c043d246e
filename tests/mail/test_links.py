"""
A link in a mail opens a page; looking at it decides nothing, pressing there does, once.
"""

from __future__ import annotations

import re
import urllib.error
import urllib.parse
import urllib.request
from email.message import EmailMessage

import pytest
from playwright.sync_api import sync_playwright

from adapters.base import COMMENT
from tests.e2e.conftest import ARGUMENTS, CHROMIUM
from tests.mail.conftest import House
from tests.mail.people import links, text
from tests.mail.test_answers import asked, nothing_was_done


def page_of(mail: EmailMessage) -> str:
    """The link in a mail."""
    found = re.search(r"http://127\.0\.0\.1:\d+/answer/\S+", text(mail))
    assert found is not None, text(mail)
    return found[0]


def fetch(link: str, method: str = "GET", **posted: str) -> tuple[int, str]:
    """Ask for a page as a program does."""
    body = urllib.parse.urlencode(posted).encode() if posted else None
    try:
        with urllib.request.urlopen(urllib.request.Request(link, body, method=method)) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_scanner_that_opens_everything_decides_nothing(emulated: House):
    """Every link of the mail is opened several times, those to write a mail too: nothing has happened."""
    card = asked(emulated)
    for _ in range(3):
        for link in (page_of(card), *links(card).values()):
            if link.startswith("http"):
                assert fetch(link)[0] == 200
                assert fetch(link, "HEAD")[0] == 200
    nothing_was_done(emulated)


def test_a_person_approves_on_the_page(emulated: House):
    """Ana opens the link in a browser on her phone, reads what it is about, and presses Approve; it answers once."""
    card = asked(emulated)
    if CHROMIUM is None:
        pytest.skip("no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 390, "height": 844})
        page.goto(page_of(card))
        assert "v1.4.2" in page.inner_text("main")
        assert "Nothing has happened yet" in page.inner_text("main")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.get_by_role("button", name="Approve").click()
        assert "Your answer has arrived" in page.inner_text("main")
        emulated.gateway.deployed("v1.4.2")
        emulated.ana.next(lambda mail: "Approved by Ana" in text(mail))
        page.goto(page_of(card))
        assert "Approved by Ana" in page.inner_text("main")
        browser.close()
    assert len(emulated.gateway.changes()) == 1


def test_a_denial_has_its_reason(emulated: House):
    """What Ana writes on the page reaches Rita."""
    card = asked(emulated)
    assert fetch(page_of(card), "POST", press="deny", **{COMMENT: "we have a freeze"})[0] == 200
    emulated.rita.next(lambda mail: "we have a freeze" in text(mail))
    assert emulated.gateway.changes() == []


def test_an_approval_has_a_comment(emulated: House):
    """What Ana adds on the page stands in the mail that says how it ended."""
    card = asked(emulated)
    assert fetch(page_of(card), "POST", press="approve", **{COMMENT: "tell the shop"})[0] == 200
    emulated.gateway.deployed("v1.4.2")
    emulated.ana.next(lambda mail: "UTC: tell the shop" in text(mail))


@pytest.mark.parametrize("posted", [{}, {"press": "edit"}, {"press": "answer"}, {"press": "x" * 10_000}])
def test_what_is_not_offered_is_not_taken(emulated: House, posted: dict[str, str]):
    """Anything but a button of the page shows the page again."""
    card = asked(emulated)
    assert "Nothing has happened yet" in fetch(page_of(card), "POST", **posted, more="1")[1]
    nothing_was_done(emulated)


def test_a_link_that_was_changed_is_nobodys(emulated: House):
    """Another request, another person, a cut link, too much: none of it is taken."""
    link = page_of(asked(emulated))
    for broken in (link[:-1], link.replace("/0/", "/1/"), link[:-4] + "aaaa"):
        assert fetch(broken, "POST", press="approve")[0] == 404
    assert fetch(link, "POST", press="approve", more="x" * 100_000)[0] == 413
    assert fetch(link, "DELETE")[0] == 405
    nothing_was_done(emulated)


def test_a_link_answers_once(emulated: House):
    """A second press is told that there was a first; two at once count as one."""
    link = page_of(asked(emulated))
    assert "has arrived" in fetch(link, "POST", press="deny", reason="no")[1]
    again = fetch(link, "POST", press="approve")[1]
    assert "already" in again or "Denied by" in again
    nothing_was_done(emulated)


def test_a_call_is_changed_on_the_page(emulated: House):
    """Ana changes the tag; what is wrong stands at its field, and the changed call is what runs."""
    link = page_of(asked(emulated))
    status, shown = fetch(link, "POST", **{"press": "edit", "edit.environment": "production", "edit.tag": ""})
    assert (status, 'role="alert"' in shown) == (422, True)
    assert emulated.gateway.changes() == []
    fetch(link, "POST", **{"press": "edit", "edit.environment": "production", "edit.tag": "v1.4.3"})
    emulated.gateway.deployed("v1.4.3")
