"""
Everything the emulated mail system knows: people's addresses, their mailboxes, the mail in them, and how it gets there.

A mailbox keeps what RFC 9051 promises: UIDs only grow, and mean something only together with the UIDVALIDITY.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parseaddr
from pathlib import Path

import pydantic

DELIMITER = "+"  # what stands behind it in the local part is not looked at to find the mailbox


class Message(pydantic.BaseModel):
    """One mail in one mailbox. `raw` is latin-1: a byte a character."""

    uid: int
    raw: str
    at: float
    flags: list[str] = []

    @property
    def octets(self) -> bytes:
        return self.raw.encode("latin-1")


class Mailbox(pydantic.BaseModel):
    """A folder of an account."""

    uidvalidity: int
    uidnext: int = 1
    messages: list[Message] = []


class Account(pydantic.BaseModel):
    """Somebody with an address here; `token` is what XOAUTH2 asks for."""

    address: str
    name: str = ""
    password: str
    token: str
    mailboxes: dict[str, Mailbox]


class State(pydantic.BaseModel):
    """What is written to the state file."""

    host: str
    version: int = 0
    accounts: dict[str, Account]


class Post:
    """
    The mail system of one sandbox or test.

    Attributes:
        host: Its name: the authserv-id of what it says about senders.
        forging: Senders whose mail comes from elsewhere and fails every check, by address.
    """

    def __init__(self, state: State, path: Path | None, clock: Callable[[], float]) -> None:
        self.state, self._path, self._clock = state, path, clock
        self.host = state.host
        self.forging: set[str] = set()
        self._watchers: list[Callable[[], None]] = []
        self._arrivals: dict[tuple[str, str], list[Callable[[], None]]] = {}

    @classmethod
    def create(
        cls,
        people: Mapping[str, str],
        *,
        host: str = "mx.example.com",
        path: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> Post:
        """
        Give the mail system as it was left in a file, or a new one.

        Args:
            people: Addresses to names.
        """
        if path is not None and path.exists():
            return cls(State.model_validate_json(path.read_bytes()), path, clock)
        accounts = {
            address: Account(
                address=address,
                name=name,
                password=secrets.token_urlsafe(12),
                token=secrets.token_urlsafe(12),
                mailboxes={name: _mailbox(clock()) for name in ("INBOX", "Sent", "Archive")},
            )
            for address, name in people.items()
        }
        post = cls(State(host=host, accounts=accounts), path, clock)
        post.changed()
        return post

    def now(self) -> datetime:
        """What its clock says."""
        return datetime.fromtimestamp(self._clock(), UTC)

    def account(self, address: str) -> Account | None:
        """Find whose mail comes to an address, in any case and with any detail behind a plus sign."""
        local, _, domain = address.rpartition("@")
        return self.state.accounts.get(f"{local.partition(DELIMITER)[0]}@{domain}".lower())

    def deliver(self, raw: bytes, sender: str, recipients: Iterable[str], *, authenticated: str | None) -> None:
        """
        Put a mail into the mailboxes of its recipients, with the headers that a receiving server writes on top.

        Args:
            sender: The envelope's sender; empty for reports.
            authenticated: Who handed it in; None: it came from elsewhere, and nothing vouches for its sender.
        """
        for recipient in recipients:
            account = self.account(recipient)
            if account is not None:
                self.append(account, "INBOX", self._trace(recipient, sender, raw, authenticated) + raw)

    def append(self, account: Account, mailbox: str, raw: bytes, flags: Iterable[str] = ()) -> Message:
        """Add a mail to a mailbox, and tell whoever looks at it."""
        box = account.mailboxes[mailbox]
        message = Message(uid=box.uidnext, raw=raw.decode("latin-1"), at=self._clock(), flags=list(flags))
        box.uidnext += 1
        box.messages.append(message)
        self.changed()
        self.arrived(account, mailbox)
        return message

    def renumber(self, account: Account, mailbox: str = "INBOX") -> None:
        """Give a mailbox another UIDVALIDITY and its mail other UIDs, as a restored backup does."""
        box = account.mailboxes[mailbox]
        box.uidvalidity += 1
        for number, message in enumerate(box.messages, start=1):
            message.uid = number
        box.uidnext = len(box.messages) + 1
        self.changed()

    def watch_mailbox(self, account: Account, mailbox: str, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` after each change of one mailbox; the result ends that."""
        watchers = self._arrivals.setdefault((account.address, mailbox), [])
        watchers.append(tell)
        return lambda: watchers.remove(tell)

    def arrived(self, account: Account, mailbox: str) -> None:
        """Tell whoever looks at a mailbox that it is not what it was."""
        for tell in list(self._arrivals.get((account.address, mailbox), ())):
            tell()

    def watch(self, tell: Callable[[], None]) -> Callable[[], None]:
        """Call `tell` after each change of anything; the result ends that."""
        self._watchers.append(tell)
        return lambda: self._watchers.remove(tell)

    def changed(self) -> None:
        """Write the state, and tell."""
        self.state.version += 1
        if self._path is not None:
            new = self._path.with_suffix(".new")
            new.write_text(self.state.model_dump_json(), encoding="utf-8")
            os.replace(new, self._path)
        for tell in list(self._watchers):
            tell()

    def _trace(self, recipient: str, sender: str, raw: bytes, authenticated: str | None) -> bytes:
        return b"".join(f"{line}\r\n".encode() for line in self._trace_lines(recipient, sender, raw, authenticated))

    def _trace_lines(self, recipient: str, sender: str, raw: bytes, authenticated: str | None) -> Iterator[str]:
        """Write what RFC 5321 4.4 (trace) and RFC 8601 (Authentication-Results) have a receiving server write."""
        author = _author(raw)
        domain = author.rpartition("@")[2] or "invalid"
        passes = authenticated is not None and author not in self.forging and self._is_own(author, authenticated)
        verdict = "pass" if passes else "fail"
        envelope = sender.rpartition("@")[2] or self.host
        when = format_datetime(self.now())
        yield f"Return-Path: <{sender}>"
        yield f"Delivered-To: {recipient}"
        yield (
            f"Authentication-Results: {self.host}; spf={verdict} smtp.mailfrom={envelope};"
            f"\r\n dkim={verdict} header.d={domain}; dmarc={verdict} header.from={domain}"
        )
        yield f"Received: from {envelope} by {self.host} with ESMTPSA for <{recipient}>; {when}"

    def _is_own(self, author: str, authenticated: str) -> bool:
        """Tell whether whoever handed a mail in may write under the address in its From."""
        account = self.account(author)
        return account is not None and account.address == authenticated


def _mailbox(now: float) -> Mailbox:
    return Mailbox(uidvalidity=int(now))


def _author(raw: bytes) -> str:
    for line in raw.split(b"\r\n\r\n", 1)[0].split(b"\r\n"):
        if line.lower().startswith(b"from:"):
            return parseaddr(line[5:].decode("latin-1"))[1].lower()
    return ""
