"""
The emulated mailboxes answer mail programs as Dovecot does.
"""

from __future__ import annotations

import asyncio
import imaplib
import re
import smtplib
from collections.abc import Callable
from typing import Any

import aioimaplib
import pytest

from adapters.email.emulator import Fault, Server
from tests.adapters.email import peers

MAIL = [
    f"From: Ana <ana@example.com>\r\nSubject: number {n}\r\nMessage-ID: <{n}@x>\r\n\r\nbody {n}\r\n".encode()
    for n in (1, 2, 3)
]


def talk(host: str, port: int, user: str, password: str) -> list[Any]:
    """Do what a mail program does, and write down the answers without what differs by design."""
    box, said = imaplib.IMAP4(host, port), []

    def note(answer: tuple[str, list[Any]]) -> None:
        said.append((answer[0], [_plain(part) for part in answer[1] if part not in (None, b"", b")")]))

    with pytest.raises(imaplib.IMAP4.error):
        box.login(user, "wrong")
    box.login(user, password)
    for capability in ("IDLE", "UIDPLUS", "MOVE", "LITERAL+"):
        assert capability in _capabilities(box), capability
    box.create("Archive") if user.endswith(peers.DOMAIN) else None
    for raw in MAIL:
        status, [answer] = box.append("INBOX", "", "", raw)
        said.append((status, bool(re.match(rb"\[APPENDUID \d+ \d+\]", answer))))
    note(box.select("INBOX"))
    note(box.uid("SEARCH", "ALL"))
    note(box.uid("SEARCH", "UNSEEN", "2:*"))
    note(box.uid("SEARCH", "HEADER", "Message-ID", '"<2@x>"'))
    note(box.uid("FETCH", "1:2", "(RFC822.SIZE FLAGS)"))
    note(box.uid("FETCH", "2", "(BODY.PEEK[])"))
    note(box.uid("FETCH", "2", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
    note(box.uid("FETCH", "2", "(BODY.PEEK[]<0.10>)"))
    note(box.uid("FETCH", "9:*", "(FLAGS)"))
    note(box.uid("STORE", "1", "+FLAGS", "(\\Seen)"))
    note(box.uid("SEARCH", "SEEN"))
    status, _ = box.uid("MOVE", "1", "Archive")
    said.append(status)
    note(box.uid("SEARCH", "ALL"))
    note(box.uid("STORE", "2", "+FLAGS.SILENT", "(\\Deleted)"))
    note(box.expunge())
    note(box.uid("SEARCH", "ALL"))
    note(box.select("Archive"))
    note(box.uid("SEARCH", "ALL"))
    said.append(box.select("Nowhere")[0])
    box.logout()
    return said


def _plain(part: Any) -> Any:
    if isinstance(part, tuple):
        return tuple(_plain(piece) for piece in part)
    return re.sub(rb" ?\\Recent", b"", part)


def _capabilities(box: imaplib.IMAP4) -> set[str]:
    return set(box.capability()[1][0].decode().upper().split())


async def test_a_mail_program_sees_what_dovecot_shows(mail: Server, real: peers.Peers):
    """Every answer of the emulator to a whole session of the standard library is that of Dovecot."""
    ours = mail.post.state.accounts["agent@example.com"]
    emulated = await asyncio.to_thread(talk, "127.0.0.1", mail.imap_port, ours.address, ours.password)
    dovecot = await asyncio.to_thread(talk, "127.0.0.1", real.dovecot.port, f"parity@{peers.DOMAIN}", peers.PASSWORD)
    assert emulated == dovecot


async def test_what_is_delivered_is_pushed(mail: Server):
    """Who idles hears of new mail at once, with aioimaplib as with others."""
    agent = mail.post.state.accounts["agent@example.com"]
    client = aioimaplib.IMAP4("127.0.0.1", mail.imap_port)
    await client.wait_hello_from_server()
    await client.login(agent.address, agent.password)
    await client.select("INBOX")
    idle = await client.idle_start(timeout=10)
    await asyncio.to_thread(submit, mail)
    assert b"1 EXISTS" in await client.wait_server_push()
    client.idle_done()
    await idle
    answer = await client.uid("fetch", "1", "(BODY.PEEK[])")
    raw = next(bytes(line) for line in answer.lines if isinstance(line, bytearray))
    assert raw.startswith(b"Return-Path: <ana@example.com>\r\nDelivered-To: agent+t@example.com\r\n")
    assert b"Authentication-Results: mx.example.com; spf=pass" in raw
    assert b"dmarc=pass header.from=example.com" in raw
    await client.logout()


async def test_a_token_logs_in(mail: Server):
    """XOAUTH2 with the account's token; another is refused after its error is shown."""
    agent = mail.post.state.accounts["agent@example.com"]

    def login(token: str) -> str:
        with imaplib.IMAP4("127.0.0.1", mail.imap_port) as box:
            given = f"user={agent.address}\1auth=Bearer {token}\1\1".encode()
            asked: list[bytes] = []

            def answer(challenge: bytes) -> bytes:
                asked.append(challenge)
                return given if len(asked) == 1 else b""

            try:
                box.authenticate("XOAUTH2", answer)
            except imaplib.IMAP4.error:
                return asked[-1].decode()
            return "in"

    assert await asyncio.to_thread(login, agent.token) == "in"
    assert "401" in await asyncio.to_thread(login, "stale")


async def test_other_uids_after_a_restore(mail: Server):
    """Another UIDVALIDITY comes with other UIDs."""
    agent = mail.post.state.accounts["agent@example.com"]
    before = agent.mailboxes["INBOX"].uidvalidity
    for raw in MAIL:
        mail.post.append(agent, "INBOX", raw)
    mail.post.renumber(agent)
    assert agent.mailboxes["INBOX"].uidvalidity != before
    assert [message.uid for message in agent.mailboxes["INBOX"].messages] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["refuse_login", "no", "cut", "bye"])
async def test_faults_strike_once(mail: Server, kind: Any):
    """Each fault is seen by a mail program once, and then all is as before."""
    agent = mail.post.state.accounts["agent@example.com"]
    mail.post.append(agent, "INBOX", MAIL[0])
    mail.faults.add(Fault(on="imap", kind=kind))

    def look() -> str:
        box = None
        try:
            box = imaplib.IMAP4("127.0.0.1", mail.imap_port)
            box.login(agent.address, agent.password)
            box.select()
            return box.uid("FETCH", "1", "(BODY.PEEK[])")[0]
        except (imaplib.IMAP4.error, OSError) as error:
            return type(error).__name__
        finally:
            if box is not None:
                box.shutdown()

    assert await asyncio.to_thread(look) in {"NO", "abort", "error"}
    assert await asyncio.to_thread(look) == "OK"


@pytest.mark.parametrize(
    "line",
    [
        b"a",
        b"a FETCH",
        b"a SELECT INBOX",
        b"a LOGIN {3}\r\nabc",
        b'a LOGIN "x',
        b"a NOOP )",
        b"\xff\xfe \x00",
        b"a UID",
    ],
)
async def test_what_cannot_be_read_is_refused(mail: Server, line: bytes):
    """Nonsense is answered BAD, and the connection goes on."""
    reader, writer = await asyncio.open_connection("127.0.0.1", mail.imap_port)
    await reader.readline()
    writer.write(line + b"\r\nb NOOP\r\n")
    async with asyncio.timeout(5):
        answers = [await reader.readline()]
        while not answers[-1].startswith(b"b "):
            answers.append(await reader.readline())
    assert any(b" BAD " in answer for answer in answers)
    assert answers[-1] == b"b OK done\r\n"
    writer.close()


def submit(mail: Server, to: str = "agent+t@example.com") -> Callable[[], None] | None:
    """Hand in a mail of Ana's."""
    ana = mail.post.state.accounts["ana@example.com"]
    with smtplib.SMTP("127.0.0.1", mail.smtp_port) as client:
        client.login(ana.address, ana.password)
        client.sendmail(ana.address, [to], MAIL[0])
    return None
