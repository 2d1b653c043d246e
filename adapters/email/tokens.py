"""
What stands behind the plus sign of the addresses that people reply to.

A token says which conversation a reply belongs to, which mail of ours it answers, and proves by a MAC that we wrote it.
Where that mail asks somebody to decide, the MAC is also over their address: in anybody else's hands it is worth
nothing. It is lower-case base32, because mail servers change the case of what they deliver.

    d  mail 13  MAC 16             to a person, in the conversation with them
    t  thread 13  MAC 16           in a thread: a reply belongs to it, whoever sends it
    a  thread 13  mail 13  MAC 16  in a thread, to a person

A letter says which; the numbers are characters of 5 bits. With the longest account before it, all of it is 61
characters; a local part has 64 (RFC 5321 4.5.3.1.1).
"""

from __future__ import annotations

import hmac
from base64 import b32encode
from hashlib import sha256
from typing import Literal, NamedTuple

from agent_core import addresses

Kind = Literal["d", "t", "a"]

PART, MAC = 13, 16  # characters
LENGTHS: dict[str, tuple[bool, bool]] = {"d": (False, True), "t": (True, False), "a": (True, True)}
"""Of which parts each kind has: thread and mail."""


class Token(NamedTuple):
    """What a token says: the thread's place and the mail's short name, each empty where it is not in it."""

    kind: Kind
    thread: str = ""
    mail: str = ""


def thread_of(account: str, message_id: str) -> str:
    """Name the thread that begins with a mail."""
    return addresses.derive("mail", account, message_id)[:PART]


def mail_of(delivery: str) -> str:
    """Give the short name of a mail of ours."""
    return addresses.derive("mail", delivery)[:PART]


def write(token: Token, secret: str, account: str, person: str = "") -> str:
    """Write a token; `person` is the address of the one who may answer with it."""
    said = f"{token.kind}{token.thread}{token.mail}"
    return said + _mac(said, secret, account, person)


def read(text: str, secret: str, account: str, sender: str) -> tuple[Token, bool] | None:
    """
    Read a token, in any case.

    Returns:
        What it says, and whether it is the sender's to use; None where we did not write it. One that is somebody else's
        cannot be told from one that we did not write, so of its parts only a thread's place is worth anything.
    """
    said = text.strip().lower()
    kind = said[:1]
    if kind not in LENGTHS or not said.isascii():
        return None
    has_thread, has_mail = LENGTHS[kind]
    if len(said) != 1 + PART * (has_thread + has_mail) + MAC:
        return None
    body, mac = said[:-MAC], said[-MAC:]
    thread = body[1 : 1 + PART] if has_thread else ""
    mail = body[-PART:] if has_mail else ""
    token = Token(kind, thread, mail)  # type: ignore[arg-type]
    person = sender.lower() if has_mail else ""
    return token, hmac.compare_digest(mac.encode(), _mac(body, secret, account, person).encode())


def _mac(said: str, secret: str, account: str, person: str) -> str:
    digest = hmac.new(secret.encode(), "\0".join((account, person.lower(), said)).encode(), sha256).digest()
    return b32encode(digest[:10]).decode().lower()
