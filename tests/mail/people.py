"""
People with mail programs, played by the standard library: they read, reply with a quote, and write.
"""

from __future__ import annotations

import email
import email.policy
import imaplib
import re
import smtplib
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import make_msgid
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

PATIENCE = 40.0  # seconds until a mail must have come


class MailSystem(NamedTuple):
    """Where people's mail programs connect."""

    domain: str
    smtp_port: int
    imap_port: int
    logs_in: bool
    password: Callable[[str], str]


class Person:
    """Somebody with an address."""

    def __init__(self, system: MailSystem, name: str) -> None:
        self.system, self.name = system, name
        self.address = f"{name}@{system.domain}"
        self._read = 0

    def inbox(self) -> list[EmailMessage]:
        """Everything that came, the oldest first."""
        box = imaplib.IMAP4("127.0.0.1", self.system.imap_port)
        try:
            box.login(self.address, self.system.password(self.address))
            box.select("INBOX", readonly=True)
            uids = box.uid("SEARCH", "ALL")[1][0].split()
            found = [box.uid("FETCH", uid.decode(), "(BODY.PEEK[])")[1][0][1] for uid in uids]
        finally:
            box.shutdown()
        return [email.message_from_bytes(raw, policy=email.policy.default) for raw in found]  # type: ignore[misc]

    def next(self, holds: Callable[[EmailMessage], object] = lambda mail: True) -> EmailMessage:
        """Wait for the next mail that fits, and take everything up to it as read."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            mails = self.inbox()
            for number in range(self._read, len(mails)):
                if holds(mails[number]):
                    self._read = number + 1
                    return mails[number]
            time.sleep(0.05)
        subjects = [(mail["Subject"], text(mail)[:200]) for mail in self.inbox()]
        raise AssertionError(f"{self.name} waits for a mail; there are {subjects}")

    def write(self, to: str, subject: str, words: str, **headers: str) -> EmailMessage:
        """Write a mail of their own."""
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = f"{self.name.title()} <{self.address}>", to, subject
        mail["Message-ID"] = make_msgid(domain=self.system.domain)
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        mail.set_content(words)
        self.send(mail, [to, *[cc.strip() for cc in headers.get("Cc", "").split(",") if cc.strip()]])
        return mail

    def reply(self, mail: EmailMessage, words: str, *, quote: bool = True, **headers: str) -> EmailMessage:
        """Answer a mail as mail programs do: to its Reply-To, under its subject, above a quote."""
        to = mail["Reply-To"] or mail["From"]
        answer = EmailMessage()
        answer["From"], answer["To"] = f"{self.name.title()} <{self.address}>", str(to)
        subject = str(mail["Subject"])
        answer["Subject"] = subject if subject.lower().startswith("re:") else f"Re: {subject}"
        answer["Message-ID"] = make_msgid(domain=self.system.domain)
        answer["In-Reply-To"] = mail["Message-ID"]
        answer["References"] = f"{mail.get('References', '')} {mail['Message-ID']}".strip()
        for name, value in headers.items():
            del answer[name.replace("_", "-")]
            if value:
                answer[name.replace("_", "-")] = value
        quoted = "".join(f"> {line}\n" for line in text(mail).splitlines())
        who = "On Thu, 26 Nov 2026 at 14:02, Deploybot wrote:"
        answer.set_content(f"{words}\n\n{who}\n{quoted}" if quote else f"{words}\n")
        address = re.search(r"<([^>]+)>", str(answer["To"]))
        self.send(answer, [address[1] if address else str(answer["To"])])
        return answer

    def follow(self, link: str) -> EmailMessage:
        """Open a mailto: link and press Send."""
        parts = urlsplit(link)
        given = {name: values[0] for name, values in parse_qs(parts.query).items()}
        return self.write(unquote(parts.path), given.get("subject", ""), given.get("body", ""))

    def send(self, mail: EmailMessage, to: list[str], sender: str | None = None) -> None:
        """Hand a mail in."""
        with smtplib.SMTP("127.0.0.1", self.system.smtp_port) as client:
            if self.system.logs_in:
                client.login(self.address, self.system.password(self.address))
            client.sendmail(self.address if sender is None else sender, to, mail.as_bytes(policy=email.policy.SMTP))


def text(mail: EmailMessage) -> str:
    """What a mail says, as plain text."""
    body: Any = mail.get_body(("plain",))
    return str(body.get_content()).replace("\r\n", "\n") if body is not None else ""


def links(mail: EmailMessage) -> dict[str, str]:
    """The links of a mail's page, by their words."""
    body: Any = mail.get_body(("html",))
    found = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', body.get_content())
    return {label: link.replace("&amp;", "&") for link, label in found}
