"""
Email keeps the channels' contract, through its real client libraries over the emulated mail system.

What a mail cannot do is marked below, each with the test that shows what happens instead.
"""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any

import pytest

from adapters.base import Adapter, Ask, Named, Say
from adapters.email import listen
from adapters.email.adapter import build
from adapters.email.config import Config
from adapters.email.emulator import Fault, Post, Server, serve
from adapters.email.receive import FETCHED
from adapters.errors import Unknown
from agent_core import facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.cards import Card
from tests.contracts.adapter import CARD, AdapterContract, Vendor, prepared, send, until
from tests.contracts.test_slack_adapter import Clock

AGENT, ANA = "agent@example.com", "ana@example.com"
GREETING = "I am here."
FAULTS: dict[str, dict[str, Any]] = {
    "lose_answer": {"on": "smtp", "kind": "lose_answer"},
    "drop": {"on": "smtp", "kind": "vanish"},
    "revoke": {"on": "imap", "kind": "refuse_login", "times": None},
    "hang_up": {"on": "imap", "kind": "bye"},
}


class MailVendor:
    """Ana's mail program, and the mail system between her and the agent."""

    def __init__(self, server: Server, adapter: Adapter) -> None:
        self.server, self.adapter = server, adapter
        self.person = Identity(f"email:{AGENT}/{ANA}")
        self.direct = self.place = ConversationKey(self.person)
        self.reply_to = ""

    async def write(self, text: str, *, under: str | None = None) -> str:
        mail = EmailMessage()
        mail["From"], mail["Subject"] = ANA, "Re: hello"
        mail["To"] = AGENT if under else self.reply_to
        mail["Message-ID"] = make_msgid(domain="example.com")
        if under:
            mail["In-Reply-To"] = under
        mail.set_content(text)
        return self._hand_in(mail)

    def _hand_in(self, mail: EmailMessage) -> str:
        self.server.post.deliver(mail.as_bytes(policy=email.policy.SMTP), ANA, [str(mail["To"])], authenticated=ANA)
        return str(mail["Message-ID"])

    async def seen(self, conversation: ConversationKey) -> list[str]:
        bodies = [mail.get_body(("plain",)) for mail in self._inbox()]
        texts = [str(body.get_content()).replace("\r\n", "\n").strip() for body in bodies if body is not None]
        return [text for text in texts if text != GREETING]

    async def mentioned(self, conversation: ConversationKey) -> list[str]:
        newest = self._inbox()[-1]
        to = [address.addr_spec for name in ("To", "Cc", "Bcc") for address in getattr(newest[name], "addresses", ())]
        return [address for address in to if address != ANA]

    async def reach(self, url: str) -> None:
        return

    async def attach(self, name: str, content: bytes) -> facts.Attachment:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = ANA, self.reply_to, "a file"
        mail["Message-ID"] = make_msgid(domain="example.com")
        mail.set_content("look at this")
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
        url = f"{FETCHED}{self._hand_in(mail)}#0"
        return facts.Attachment(name=name, media_type="application/octet-stream", size=len(content), url=url)

    async def files(self, conversation: ConversationKey) -> dict[str, bytes]:
        parts = [part for mail in self._inbox() for part in mail.iter_attachments()]
        return {str(part.get_filename()): part.get_content() for part in parts}  # type: ignore[attr-defined]

    async def misbehave(self, how: str) -> None:
        self.server.faults.add(Fault.model_validate(FAULTS[how]))

    async def vanish(self) -> None:
        self.server.close()
        await self.adapter.close()

    def _inbox(self) -> list[EmailMessage]:
        messages = self.server.post.state.accounts[ANA].mailboxes["INBOX"].messages
        return [email.message_from_bytes(m.octets, policy=email.policy.default) for m in messages]  # type: ignore[misc]


class TestEmailAdapter(AdapterContract):
    """Email. Everything is with one person here; threads with several are in `tests/mail`."""

    @pytest.fixture
    async def vendor(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
        monkeypatch.setattr(listen, "CHALLENGE", 0.2)
        monkeypatch.setattr("adapters.email.adapter.RETRY_AFTER", 0.05)
        async with await serve(Post.create({AGENT: "Deploybot", ANA: "Ana Lima"})) as server:
            account = server.post.state.accounts[AGENT]
            given = {"imap_host": "127.0.0.1", "imap_port": server.imap_port, "imap_security": "none"}
            given |= {"smtp_host": "127.0.0.1", "smtp_port": server.smtp_port, "smtp_security": "none"}
            given |= {
                "account": AGENT,
                "password": account.password,
                "secret": "s" * 32,
                "authserv_id": server.post.host,
            }
            (adapter,) = build([Config.model_validate(given)], Clock())
            vendor = MailVendor(server, adapter)
            await send(vendor, Say(GREETING), vendor.direct)  # type: ignore[arg-type]
            vendor.reply_to = vendor._inbox()[-1]["Reply-To"].addresses[0].addr_spec
            yield vendor  # type: ignore[misc]
            await adapter.close()

    # A mail has nothing to press and cannot be changed: links open a reply (`tests/mail/test_round_trip.py`), and how a
    # request ended is told under it.
    test_a_press_names_its_request = None  # type: ignore[assignment]
    test_a_settled_card_has_no_buttons = None  # type: ignore[assignment]
    # What a mailbox holds is not brought again by the server: it is handed in again by ourselves, until it is stored.
    test_what_is_not_stored_is_sent_again = None  # type: ignore[assignment]
    test_what_is_stored_is_acknowledged = None  # type: ignore[assignment]
    # What each refusal says is in `tests/adapters/email/test_client.py`: a mail server names no time to wait.
    test_every_failure_says_what_it_promises = None  # type: ignore[assignment]
    test_capabilities_are_what_they_say = None  # type: ignore[assignment]
    # A mailbox's clock is not ours, and has whole seconds: when a mail came proves nothing.
    test_a_reply_under_a_card_names_it = None  # type: ignore[assignment]

    async def test_a_reply_names_the_mail_that_it_answers(self, vendor: Vendor, gate: Any):
        """
        A reply shows again the id that our receipt holds, so that it finds its request without a look-up.
        """
        receipt = (await send(vendor, Ask(CARD, "request1"), vendor.direct))[-1]
        await vendor.write("why?", under=receipt.message_id)
        await until_came(gate, 1)

        assert receipt.message_id == gate.came[0].fact.reply_to

    async def test_what_is_not_stored_is_handed_in_again(self, vendor: Vendor, gate: Any):
        """
        A mail that could not be stored is handed in until it is, and those behind it wait for the mark (G1).
        """
        gate.refuse = 2
        await vendor.write("deploy it")
        await vendor.write("and tell me")
        await until_came(gate, 2)

        assert {"deploy it", "and tell me"} == {inbound.fact.text for inbound in gate.came}

    async def test_what_is_unknown_can_be_looked_for(self, vendor: Vendor):  # type: ignore[override]
        """
        A submission server cannot be asked; the mail is sent again under the same Message-ID, by which it is known.
        """
        await vendor.misbehave("lose_answer")
        part = prepared(vendor, Say("hello"), vendor.place)
        with pytest.raises(Unknown):
            await vendor.adapter.deliver(part)
        with pytest.raises(Unknown):
            await vendor.adapter.find(part)
        assert part.idempotent
        await vendor.adapter.deliver(part)

        ids = {mail["Message-ID"] for mail in vendor._inbox() if "hello" in str(mail)}  # type: ignore[attr-defined]
        assert 1 == len(ids)

    async def test_a_look_at_the_account_says_what_is_wrong(self, vendor: Vendor):
        """
        With all in order nothing is wrong, and the test card says that it is one: a mail cannot be taken back.
        """
        named = Named({}, {vendor.person: "Ana"}, Card(title="A test"), vendor.direct)
        well = {check.what: check.ok for check in await vendor.adapter.check(named)}
        assert {"reading": True, "sending": True, "test card": True} == well
        assert "A test" in (await vendor.seen(vendor.direct))[-1]
        await vendor.misbehave("revoke")
        wrong = [check.found for check in await vendor.adapter.check(named) if check.ok is False]

        assert any("does not let" in found for found in wrong)

    async def test_a_thread_is_no_chat_with_one_person(self, vendor: Vendor):
        """
        With one person there is nothing to whisper; in a thread there is.
        """
        thread = vendor.adapter.capabilities(ConversationKey(f"email:{AGENT}/abcdefghijklm"))

        assert (False, True, True) == (thread.direct, thread.whispers, thread.letters)
        assert vendor.adapter.capabilities(vendor.direct).direct


async def until_came(gate: Any, number: int) -> None:
    """Wait until so much has come in."""
    await until(lambda: len(gate.came) == number)
