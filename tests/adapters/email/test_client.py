"""
Mail goes out whole, once, to the right people; and what went wrong is told exactly.
"""

from __future__ import annotations

import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import pytest
import trustme

from adapters.base import Ask, Letterhead, Outbound, Part, Receipt, Say, Whisper
from adapters.email import tokens
from adapters.email.client import Client
from adapters.email.compose import MARKER, message_id
from adapters.email.config import Config
from adapters.email.emulator import Fault, Post, Server, serve
from adapters.email.oauth import Tokens
from adapters.email.render import render
from adapters.errors import DeliveryFailed, Misconfigured, RateLimited, Rejected, Unknown, Unreachable
from agent_core.addresses import ConversationKey, Identity, derive
from agent_core.cards import Card
from agent_core.files import Enclosure
from agent_core.requests import Decision
from tests.adapters.email.conftest import PEOPLE
from tests.adapters.email.test_listen import AGENT, Clock, config

ANA, RITA = (Identity(f"email:{AGENT}/{name}@example.com") for name in ("ana", "rita"))
WITH_ANA = ConversationKey(ANA)
THREAD = ConversationKey(f"email:{AGENT}/{tokens.thread_of(AGENT, '<1@x>')}")
HEAD = Letterhead(to=(RITA,), copies=(ANA,), topic="Deploy v2", follows=("<0@x>", "<1@x>"))
CARD = Card(
    title="Approve deploy?",
    facts=(("environment", "production"), ("tag", "v2")),
    why="Rita asked for it.",
    asker="Asked by Rita Ray",
    by="Answer by 17:00.",
    silence="If nobody does, nothing happens.",
    how="Reply with approve or deny on the first line.",
    code="K7M",
    buttons=((Decision.APPROVE, "Approve"), (Decision.DENY, "Deny")),
)


def client_of(settings: Config) -> Client:
    """The way out of an account."""
    return Client(settings, Clock(), Tokens(settings, Clock()))


@pytest.fixture
async def client(mail: Server) -> AsyncIterator[Client]:
    client = client_of(config(mail, name="Deploybot"))
    yield client
    await client.close()


def parts(outbound: Outbound, conversation: ConversationKey = WITH_ANA, **how: Any) -> list[Part]:
    """What is sent, with its deliveries' ids."""
    found = render(outbound, conversation)
    return [part.model_copy(update={"delivery": derive("delivery", number)} | how) for number, part in enumerate(found)]


def inbox(mail: Server, name: str) -> list[EmailMessage]:
    """What somebody has got, as their mail program reads it."""
    messages = mail.post.state.accounts[f"{name}@example.com"].mailboxes["INBOX"].messages
    return [email.message_from_bytes(m.octets, policy=email.policy.default) for m in messages]  # type: ignore[misc]


async def test_an_ask_is_one_mail_to_one_person(mail: Server, client: Client):
    """It says everything that is decided on, what matters first, and where its reply goes with a token of theirs."""
    [part] = parts(Ask(CARD, "request", head=Letterhead(topic=CARD.topic, above="Write above this line.")))
    receipt = await client.deliver(part)
    [got] = inbox(mail, "ana")
    assert (got["From"], got["To"], got["Cc"]) == (f"Deploybot <{AGENT}>", "ana@example.com", None)
    assert got["Subject"] == "Approve deploy? [K7M]"
    assert got["Message-ID"] == receipt.message_id == message_id(client._config, part)
    assert (got["Auto-Submitted"], got["In-Reply-To"]) == ("auto-generated", None)
    plain = got.get_body(("plain",)).get_content().replace("\r\n", "\n")  # type: ignore[union-attr]
    above, _, said = plain.partition("\n\n")
    assert above == f"{MARKER} Write above this line."
    assert said.startswith("Approve deploy?\n\nenvironment: production\ntag: v2\n\nRita asked for it.")
    address = got["Reply-To"].addresses[0].username
    read = tokens.read(address.partition("+")[2], "s" * 32, AGENT, "ana@example.com")
    assert read == (tokens.Token("d", mail=tokens.mail_of(part.delivery)), True)


async def test_its_links_open_a_reply(mail: Server, client: Client):
    """Approve and Deny open a reply with the word in it, to the address with the token."""
    await client.deliver(parts(Ask(CARD, "request"))[0])
    [got] = inbox(mail, "ana")
    page = got.get_body(("html",)).get_content()  # type: ignore[union-attr]
    address = got["Reply-To"].addresses[0].addr_spec
    for word in ("approve", "deny"):
        assert f"mailto:{address.replace('+', '%2B')}?subject=".replace("@", "%40") in page
        assert f"body={word}" in page


async def test_in_a_thread_everybody_gets_a_mail_of_their_own(mail: Server, client: Client):
    """To and Cc show everybody; each has one recipient, follows what was said, and carries no token that decides."""
    for part in parts(Say("It is done.", head=HEAD), THREAD):
        await client.deliver(part)
    for name in ("ana", "rita"):
        [got] = inbox(mail, name)
        assert (got["To"], got["Cc"]) == ("rita@example.com", "ana@example.com")
        assert (got["Subject"], got["In-Reply-To"], got["References"]) == ("Re: Deploy v2", "<1@x>", "<0@x> <1@x>")
        token = got["Reply-To"].addresses[0].username.partition("+")[2]
        assert token.startswith("t")
    assert len({got["Message-ID"] for name in ("ana", "rita") for got in inbox(mail, name)}) == 2


async def test_what_is_for_one_goes_to_one(mail: Server, client: Client):
    """A whisper in a thread goes to nobody else, and names nobody else."""
    await client.deliver(parts(Whisper(ANA, "Only you", head=HEAD), THREAD)[0])
    assert inbox(mail, "rita") == []
    [got] = inbox(mail, "ana")
    assert (got["To"], got["Cc"]) == ("ana@example.com", None)


async def test_a_mail_under_another_follows_it(mail: Server, client: Client):
    """A reminder stands in the thread of the mail that asked."""
    under = Receipt(message_id="<ask@example.com>")
    part = parts(Say("Still open.", under="d1", head=Letterhead(topic="Approve deploy? [K7M]")), receipt=under)[0]
    await client.deliver(part)
    [got] = inbox(mail, "ana")
    assert (got["In-Reply-To"], got["Subject"]) == ("<ask@example.com>", "Re: Approve deploy? [K7M]")


async def test_no_text_becomes_a_header_or_markup(mail: Server, client: Client):
    """Line breaks in what models wrote add no header, and tags in it are no tags."""
    nasty = "x\r\nBcc: eve@x.test\r\n\r\n<script>alert(1)</script>\u2028<img src=x>"
    card = CARD.model_copy(update={"title": nasty, "facts": (("a\r\nX-Evil: 1", nasty),)})
    await client.deliver(parts(Ask(card, "request"))[0])
    [got] = inbox(mail, "ana")
    assert (got["Bcc"], got["X-Evil"]) == (None, None)
    page = got.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert "<script" not in page
    assert "<img" not in page


async def test_files_go_along(mail: Server, client: Client):
    """What a run hands out is attached."""
    file = Enclosure(name="list\r\n.csv", size=3, blob="b")
    part = parts(Say("Here", enclosures=(file,)))[0].model_copy(update={"contents": (b"a,b",)})
    await client.deliver(part)
    [attached] = inbox(mail, "ana")[0].iter_attachments()
    assert (attached.get_filename(), attached.get_content()) == ("list .csv", b"a,b")


@pytest.mark.parametrize(
    ("fault", "error", "permanent"),
    [
        ("greylist", RateLimited, None),
        ("full", RateLimited, None),
        ("refuse", Rejected, True),
        ("busy", Unreachable, None),
        ("vanish", Unknown, None),
        ("lose_answer", Unknown, None),
        ("refuse_login", Misconfigured, None),
    ],
)
async def test_what_goes_wrong_is_told_exactly(
    mail: Server, client: Client, fault: Any, error: type[DeliveryFailed], permanent: bool | None
):
    """4xx is for now, 5xx for good, a lost answer unknown; afterwards mail goes out again."""
    tries = 2 if fault == "refuse_login" else 1  # the library tries each mechanism
    mail.faults.add(Fault(on="smtp", kind=fault, times=tries))
    part = parts(Say("hello"))[0]
    with pytest.raises(error) as raised:
        await client.deliver(part)
    assert permanent is None or raised.value.permanent is permanent  # type: ignore[attr-defined]
    receipt = await client.deliver(part)
    assert {got["Message-ID"] for got in inbox(mail, "ana")} == {receipt.message_id}


async def test_a_server_that_closes_between_two_mails_costs_nothing(mail: Server, client: Client):
    """A kept connection that the server has closed loses no mail."""
    await client.deliver(parts(Say("one"))[0])
    assert client._smtp is not None
    client._smtp.close()
    await client.deliver(parts(Say("two"))[0])
    assert len(inbox(mail, "ana")) == 2


async def test_nothing_goes_out_in_the_clear(mail: Server):
    """A server without STARTTLS is a matter for the operator; nothing was said to it."""
    client = client_of(config(mail, smtp_security="starttls"))
    with pytest.raises(Misconfigured, match="smtp_security"):
        await client.deliver(parts(Say("secret"))[0])
    assert mail.handler.submitted == []


async def test_with_starttls_it_goes_out(monkeypatch: pytest.MonkeyPatch):
    """Behind STARTTLS, with a certificate that is looked at."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    async with await serve(Post.create(PEOPLE), tls=context) as mail:
        client = client_of(config(mail, smtp_security="starttls"))
        with pytest.raises(Unreachable, match="certificate"):
            await client.deliver(parts(Say("hello"))[0])
        authority.configure_trust(trusting)
        monkeypatch.setattr(ssl, "create_default_context", lambda *_: trusting)
        await client.deliver(parts(Say("hello"))[0])
        assert len(inbox(mail, "ana")) == 1
        await client.close()


async def test_what_is_no_address_is_refused(mail: Server, client: Client):
    """A reader that mail cannot be sent to is told, and nothing is sent."""
    part = parts(Say("hello"), ConversationKey(f"email:{AGENT}/a b\r\n@x"))[0]
    with pytest.raises(Rejected):
        await client.deliver(part)
    assert mail.handler.submitted == []
