"""
The emulated submission server takes mail as others do, and goes wrong as it is told.
"""

from __future__ import annotations

import base64
import json
import ssl
from pathlib import Path

import aiosmtplib
import pytest
import trustme

from adapters.email.emulator import Fault, Post, Server, serve
from tests.adapters.email.conftest import PEOPLE

MAIL = b"From: Ana <ana@example.com>\r\nTo: agent@example.com\r\nSubject: hi\r\n\r\nhello\r\n"


async def submit(
    mail: Server, *to: str, login: str = "ana@example.com", password: str = ""
) -> dict[str, tuple[int, str]]:
    """Hand in a mail of Ana's."""
    account = mail.post.state.accounts[login]
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1",
        port=mail.smtp_port,
        start_tls=False,
        username=account.address,
        password=password or account.password,
        timeout=5,
    )
    async with client:
        refused, _ = await client.sendmail("ana@example.com", list(to), MAIL)
        return refused


def inbox(mail: Server, address: str) -> list[bytes]:
    """What somebody has got."""
    return [message.octets for message in mail.post.state.accounts[address].mailboxes["INBOX"].messages]


async def test_mail_arrives_with_what_the_receiving_server_writes(mail: Server):
    """On top stand Return-Path, Delivered-To and Authentication-Results; the mail itself is untouched."""
    assert await submit(mail, "Agent+T0ken@EXAMPLE.com") == {}
    [raw] = inbox(mail, "agent@example.com")
    assert raw.endswith(MAIL)
    assert raw.startswith(b"Return-Path: <ana@example.com>\r\nDelivered-To: Agent+T0ken@EXAMPLE.com\r\n")
    assert b"dmarc=pass header.from=example.com" in raw


@pytest.mark.parametrize("login", ["rita@example.com", "agent@example.com"])
async def test_nobody_vouches_for_a_name_that_is_not_theirs(mail: Server, login: str):
    """Whoever hands in mail under somebody else's address fails the check."""
    await submit(mail, "agent@example.com", login=login)
    assert b"dmarc=fail" in inbox(mail, "agent@example.com")[0]


async def test_a_token_logs_in_and_another_one_does_not(mail: Server):
    """XOAUTH2 takes the account's token; whoever shows another one is told why first, and then that it does not."""
    account = mail.post.state.accounts["ana@example.com"]
    for token, code in ((account.token, 235), ("stale", 535), ("", 535)):
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=mail.smtp_port, start_tls=False, timeout=5)
        async with client:
            await client.ehlo()
            said = base64.b64encode(f"user={account.address}\1auth=Bearer {token}\1\1".encode())
            answer = await client.execute_command(b"AUTH", b"XOAUTH2", said)
            if code == 535:
                assert (answer.code, json.loads(base64.b64decode(answer.message))["status"]) == (334, "401")
                answer = await client.execute_command(b"")
            assert answer.code == code


async def test_refusals_name_their_recipient(mail: Server):
    """Of two recipients one is refused; the other gets the mail."""
    mail.faults.add(Fault(on="smtp", kind="greylist", address="rita@example.com"))
    refused = await submit(mail, "agent@example.com", "rita@example.com", "nobody@example.com")
    assert {name: answer.code for name, answer in refused.items()} == {
        "rita@example.com": 450,
        "nobody@example.com": 550,
    }
    assert len(inbox(mail, "agent@example.com")) == 1
    assert inbox(mail, "rita@example.com") == []


@pytest.mark.parametrize(("kind", "arrived"), [("vanish", 0), ("lose_answer", 1)])
async def test_the_fate_after_data_is_not_told(mail: Server, kind: str, arrived: int):
    """The connection ends after DATA, with the mail taken or not."""
    mail.faults.add(Fault.model_validate({"on": "smtp", "kind": kind}))
    with pytest.raises(aiosmtplib.SMTPException):
        await submit(mail, "agent@example.com")
    assert len(inbox(mail, "agent@example.com")) == arrived


async def test_who_is_not_known_hands_nothing_in(mail: Server):
    """A wrong password is 535; a busy server says 421 before anything else."""
    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await submit(mail, "agent@example.com", password="wrong")
    mail.faults.add(Fault(on="smtp", kind="busy"))
    with pytest.raises(aiosmtplib.SMTPConnectResponseError) as error:
        await submit(mail, "agent@example.com")
    assert error.value.code == 421


async def test_with_tls_nothing_is_said_before_it(tmp_path: Path):
    """STARTTLS is asked for where there is a certificate."""
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    async with await serve(Post.create(PEOPLE), tls=context) as mail:
        ana = mail.post.state.accounts["ana@example.com"]
        plain = aiosmtplib.SMTP(hostname="127.0.0.1", port=mail.smtp_port, start_tls=False)
        async with plain:
            with pytest.raises(aiosmtplib.SMTPException):
                await plain.login(ana.address, ana.password)
        secure = aiosmtplib.SMTP(hostname="127.0.0.1", port=mail.smtp_port, start_tls=True, tls_context=trusting)
        async with secure:
            await secure.login(ana.address, ana.password)
            await secure.sendmail(ana.address, ["agent@example.com"], MAIL)
        assert len(inbox(mail, "agent@example.com")) == 1


async def test_what_was_there_is_there_again(tmp_path: Path):
    """Mail, passwords and UIDs are kept in the state file."""
    file = tmp_path / "email.json"
    async with await serve(Post.create(PEOPLE, path=file)) as mail:
        await submit(mail, "agent@example.com")
        before = mail.post.state.model_dump()
    assert Post.create(PEOPLE, path=file).state.model_dump() == before
