"""
`/human` and `/faults` over HTTP, as the sandbox page and the tests use them.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import httpx
import pytest

from adapters.email.emulator import Faults, Post
from adapters.email.emulator.human_api import HumanApi
from tests.adapters.email.conftest import PEOPLE

ANA, RITA, AGENT = "ana@example.com", "rita@example.com", "agent@example.com"


class Page:
    """What the page does."""

    def __init__(self, http: httpx.AsyncClient, post: Post) -> None:
        self.http, self.post = http, post

    async def ask(self, method: str, path: str, *, status: int = 200, **request: Any) -> Any:
        answer = await self.http.request(method, path, **request)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def mailbox(self, person: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ask("GET", "/human/mailbox", params={"person": person}))["messages"]
        return found

    async def open(self, person: str, uid: int) -> Any:
        return await self.ask("GET", "/human/message", params={"person": person, "uid": uid})

    async def send(self, person: str, *, status: int = 200, **mail: str) -> Any:
        return await self.ask("POST", "/human/send", status=status, json={"person": person, **mail})


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    post = Post.create(PEOPLE)
    transport = httpx.ASGITransport(HumanApi(post, Faults()).app())
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        yield Page(http, post)


def card() -> EmailMessage:
    """A mail of the agent's, with a page and links."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Deploybot <agent@example.com>", ANA, "Deploy v1? [ABCD]"
    mail["Reply-To"], mail["Message-ID"] = "Deploybot <agent+t0ken@example.com>", f"<{'i' * 80}@example.com>"
    mail["Date"] = "Thu, 26 Nov 2026 14:02:00 +0000"
    mail.set_content("Deploy v1?\n\nReply: approve\n")
    mail.add_alternative(
        '<p>Deploy v1?</p><a href="mailto:agent%2Bt0ken@example.com?subject=S&amp;body=approve">Yes, <b>approve</b></a>'
        "<a>no link</a>",
        subtype="html",
    )
    return mail


async def test_a_mail_goes_to_everybody_named(page: Page) -> None:
    """To and Cc get it, from whom it is, and our server vouches for them; the newest is first and unread."""
    await page.send(RITA, to="Agent <agent+x@example.com>", cc=ANA, subject="Grüße", text="first")
    await page.send(RITA, to=ANA, subject="two")

    assert [("Rita Ray", "two", False), ("Rita Ray", "Grüße", False)] == [
        (line["from"], line["subject"], line["seen"]) for line in await page.mailbox(ANA)
    ]
    [line] = await page.mailbox(AGENT)
    assert "first" == line["preview"]
    mail = await page.open(AGENT, line["uid"])
    headers = dict(mail["headers"])
    assert ("Rita Ray <rita@example.com>", "Agent <agent+x@example.com>", ANA) == (
        headers["From"],
        headers["To"],
        headers["Cc"],
    )
    assert "dmarc=pass header.from=example.com" in headers["Authentication-Results"]
    assert "first" == mail["text"]
    assert await page.mailbox(RITA) == []


async def test_an_answer_begins_as_mail_programs_begin_it(page: Page) -> None:
    """It goes to the Reply-To, under the subject, above the quoted text, and follows the mail, whose id stays whole."""
    page.post.deliver(card().as_bytes(), AGENT, [ANA], authenticated=AGENT)
    mail = await page.open(ANA, 1)
    draft = mail["reply"]

    assert "Deploybot <agent+t0ken@example.com>" == draft["to"]
    assert "Re: Deploy v1? [ABCD]" == draft["subject"]
    assert draft["text"] == (
        "\n\nOn Thu, 26 Nov 2026 at 14:02, Deploybot <agent@example.com> wrote:\n> Deploy v1?\n>\n> Reply: approve\n"
    )
    await page.send(ANA, **draft | {"text": "approve" + draft["text"]})
    answer = await page.open(AGENT, 1)
    headers = dict(answer["headers"])
    assert f"<{'i' * 80}@example.com>" == headers["In-Reply-To"] == headers["References"]
    assert answer["text"].startswith("approve\n\nOn Thu, 26 Nov 2026")
    assert "Re: Deploy v1? [ABCD]" == answer["reply"]["subject"]


async def test_links_have_their_words(page: Page) -> None:
    """The links of a mail's page are told with where they lead; what leads nowhere is none."""
    page.post.deliver(card().as_bytes(), AGENT, [ANA], authenticated=AGENT)
    mail = await page.open(ANA, 1)
    assert mail["links"] == [
        {"label": "Yes, approve", "href": "mailto:agent%2Bt0ken@example.com?subject=S&body=approve"}
    ]


async def test_a_mail_without_a_page_date_or_subject_is_shown(page: Page) -> None:
    """What a mail lacks is empty, and files are named."""
    mail = EmailMessage()
    mail["From"] = AGENT
    mail.set_content("the list")
    mail.add_attachment(b"1,2", maintype="text", subtype="csv", filename="list.csv")
    page.post.deliver(mail.as_bytes(), AGENT, [ANA], authenticated=AGENT)
    shown = await page.open(ANA, 1)
    assert ("", "the list", [], ["list.csv"]) == (shown["subject"], shown["text"], shown["links"], shown["files"])
    assert shown["reply"]["text"].startswith("\n\nagent@example.com wrote:\n> the list")


async def test_an_unknown_character_set_hides_nothing(page: Page) -> None:
    """What can be read of such a mail is shown, in the list too."""
    raw = b"From: a\r\nDate: soon\r\nContent-Type: text/plain; charset=klingon\r\n\r\nqap\xffla\r\n"
    page.post.deliver(raw, AGENT, [ANA], authenticated=AGENT)
    [line] = await page.mailbox(ANA)
    assert "qap\ufffdla" == line["preview"] == (await page.open(ANA, 1))["text"]


async def test_a_mail_is_read_once_it_was_marked(page: Page) -> None:
    """Looking marks nothing; marking is told to whoever watches, once."""
    await page.send(RITA, to=ANA, subject="one")
    told: list[str] = []
    page.post.watch(lambda: told.append("change"))
    await page.open(ANA, 1)
    assert not (await page.mailbox(ANA))[0]["seen"]
    for _ in range(2):
        await page.ask("POST", "/human/seen", json={"person": ANA, "uid": 1})
    assert (await page.mailbox(ANA))[0]["seen"]
    assert ["change"] == told


@pytest.mark.parametrize(
    ("mail", "says"),
    [
        ({"to": ""}, "Say to whom"),
        ({"to": "zoe@example.com, ana@example.com"}, "no mailbox zoe@example.com here"),
        ({"to": "not an address"}, "cannot be sent"),
        ({"to": ANA, "subject": "a\nBcc: zoe@example.com"}, "cannot be sent"),
        ({"to": ANA, "in_reply_to": "<a@b>\r\nX: y"}, "cannot be sent"),
        ({"to": ANA, "bcc": AGENT}, "bcc: Extra inputs"),
        ({}, "to: Field required"),
    ],
)
async def test_what_cannot_be_sent_reaches_nobody(page: Page, mail: dict[str, str], says: str) -> None:
    """One sentence says why, and no mailbox has it."""
    assert says in (await page.send(RITA, status=400, **mail))["error"]
    assert all(not account.mailboxes["INBOX"].messages for account in page.post.state.accounts.values())


async def test_what_is_not_there_is_said(page: Page) -> None:
    """Nobody of that name, no such mail, no such fault; and only JSON is taken."""
    await page.ask("GET", "/human/mailbox", status=404, params={"person": "zoe@example.com"})
    await page.send("zoe@example.com", status=404, to=ANA)
    for uid in ("1", "0", "x", "9" * 99, "²"):
        await page.ask("GET", "/human/message", status=404, params={"person": ANA, "uid": uid})
    await page.ask("POST", "/human/seen", status=404, json={"person": ANA, "uid": 1})
    await page.ask("DELETE", "/faults/F9", status=404)
    await page.ask("POST", "/human/send", status=415, content=b"{}", headers={"content-type": "text/plain"})


async def test_faults_are_added_and_removed(page: Page) -> None:
    """One by one, and all at once."""
    first = await page.ask("POST", "/faults", status=201, json={"on": "smtp", "kind": "greylist"})
    await page.ask("POST", "/faults", status=201, json={"on": "imap", "kind": "bye"})
    await page.ask("POST", "/faults", status=400, json={"on": "imap", "kind": "boredom"})
    assert {} == await page.ask("DELETE", f"/faults/{first['id']}")
    assert ["bye"] == [fault["kind"] for fault in await page.ask("GET", "/faults")]
    assert [] == await page.ask("DELETE", "/faults")
