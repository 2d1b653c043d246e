"""
What a mail program does with a mail: show it, begin an answer to it, and write one.
"""

from __future__ import annotations

import email
import html
import re
from collections.abc import Iterator
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, make_msgid
from html.parser import HTMLParser
from typing import Any

from adapters.email.emulator.post import Account, Message

Json = dict[str, Any]
SHOWN = (
    *("From", "To", "Cc", "Reply-To", "Subject", "Date", "Message-ID"),
    *("In-Reply-To", "References", "Authentication-Results"),
)
PREVIEW = 90  # characters of the text that stand in a list
_TAG = re.compile(r"<[^>]*>")
SEEN = "\\Seen"
POLICY = SMTP.clone(max_line_length=998)  # RFC 5322, 2.1.1; what is folded sooner would break long ids


def parse(message: Message) -> EmailMessage:
    """Read a mail."""
    return email.message_from_bytes(message.octets, policy=POLICY)


def line(message: Message) -> Json:
    """A mail in a list of mail."""
    mail = parse(message)
    ((name, address), *_) = getaddresses([_header(mail, "From")]) or [("", "")]
    return {
        "uid": message.uid,
        "from": name or address,
        "subject": _header(mail, "Subject"),
        "preview": _preview(mail),
        "at": message.at,
        "seen": SEEN in message.flags,
    }


def _preview(mail: EmailMessage) -> str:
    """The first words of its page, or of its text; programs show those that a page hides there too."""
    page = _part(mail, "html")
    words = html.unescape(_TAG.sub(" ", page)) if page else _part(mail, "plain")
    return " ".join(words.split())[:PREVIEW]


def opened(message: Message) -> Json:
    """A mail with its headers, its text, the links of its page, and the answer that a program begins with."""
    mail = parse(message)
    text, page = _part(mail, "plain"), _part(mail, "html")
    headers = [(name, _header(mail, name)) for name in SHOWN if name in mail]
    return line(message) | {
        "headers": headers,
        "text": text,
        "links": [{"label": label, "href": href} for label, href in _links(page)],
        "files": [part.get_filename("") for part in mail.iter_attachments()],
        "reply": _reply(mail, text),
    }


def write(
    author: Account, now: datetime, *, to: str, cc: str, subject: str, text: str, in_reply_to: str, references: str
) -> tuple[bytes, list[str]]:
    """
    Write a mail.

    Returns:
        The mail, and the addresses that it goes to.

    Raises:
        ValueError: An address is none, or a header has a line break in it.
    """
    mail = EmailMessage(policy=POLICY)
    mail["From"] = Address(author.name, addr_spec=author.address)
    receivers = {"To": _addresses(to), "Cc": _addresses(cc)}
    for name, addresses in receivers.items():
        if addresses:
            mail[name] = addresses
    given = {"Subject": subject, "In-Reply-To": in_reply_to, "References": references}
    for name, value in given.items():
        if value:
            mail[name] = value
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=author.address.rpartition("@")[2])
    mail.set_content(text)
    return mail.as_bytes(), [address.addr_spec for addresses in receivers.values() for address in addresses]


def _header(mail: EmailMessage, name: str) -> str:
    return " ".join(str(mail.get(name, "")).split())


def _part(mail: EmailMessage, subtype: str) -> str:
    body = mail.get_body((subtype,))
    if body is None:
        return ""
    try:
        content = body.get_content()
    except LookupError:  # a character set that nobody knows
        octets = body.get_payload(decode=True)
        content = octets.decode("ascii", "replace") if isinstance(octets, bytes) else ""
    return str(content).replace("\r\n", "\n").strip("\n")


def _reply(mail: EmailMessage, text: str) -> Json:
    """Begin an answer: to the Reply-To (RFC 5322, 3.6.2), under the subject, above the quote, following the mail."""
    subject, own = _header(mail, "Subject"), _header(mail, "Message-ID")
    written = mail["Date"].datetime if "Date" in mail else None
    when = f"On {written:%a, %d %b %Y at %H:%M}, " if written is not None else ""
    quoted = "\n".join(f"> {each}".rstrip() for each in text.split("\n"))
    return {
        "to": _header(mail, "Reply-To") or _header(mail, "From"),
        "subject": subject if subject.lower().startswith("re:") else f"Re: {subject}",
        "text": f"\n\n{when}{_header(mail, 'From')} wrote:\n{quoted}\n",
        "in_reply_to": own,
        "references": f"{_header(mail, 'References')} {own}".strip(),
    }


def _addresses(given: str) -> list[Address]:
    return [Address(name, addr_spec=address) for name, address in getaddresses([given]) if name or address]


def _links(page: str) -> Iterator[tuple[str, str]]:
    reader = _Links()
    reader.feed(page)
    reader.close()
    return iter(reader.found)


class _Links(HTMLParser):
    """The links of a page, with their words."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []
        self._href: str | None = None
        self._words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self._href, self._words = dict(attrs).get("href"), ""

    def handle_data(self, data: str) -> None:
        self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._href:
            self.found.append((" ".join(self._words.split()), self._href))
            self._href = None
