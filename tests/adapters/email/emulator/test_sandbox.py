"""
Email as the sandbox plays it.
"""

from __future__ import annotations

import pathlib
from collections.abc import AsyncIterator

import aiosmtplib
import httpx
import pytest

from adapters.email.config import Config
from adapters.email.emulator import sandbox

BASE = "http://127.0.0.1:8700/email"


@pytest.fixture
async def mail(tmp_path: pathlib.Path) -> AsyncIterator[sandbox.EmailSandbox]:
    built = sandbox.build(tmp_path, {"ana": "Ana Lima"}, {"release": ["ana"]})
    await built.open()
    yield built
    built.close()


async def test_the_table_is_whole(mail: sandbox.EmailSandbox) -> None:
    """The settings take the table, with the secrets from the environment; both servers are where it says."""
    [table] = mail.accounts(BASE)
    known = mail.environment()
    assert {"env:SANDBOX_MAIL_PASSWORD", "env:SANDBOX_MAIL_SECRET"} == {f"env:{name}" for name in known}
    read = Config(**{name: known.get(str(value).removeprefix("env:"), value) for name, value in table.items()})

    client = aiosmtplib.SMTP(hostname=read.smtp_host, port=read.smtp_port, start_tls=False, timeout=5)
    assert read.password is not None
    async with client:
        await client.login(read.login, read.password.get_secret_value())
        await client.sendmail(read.account, ["ana@example.com"], b"Subject: hi\r\n\r\nhello\r\n")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(mail.app), base_url=BASE) as http:
        found = await http.get("http://x/human/mailbox", params={"person": mail.pane["people"]["ana"]})
    assert ["hi"] == [line["subject"] for line in found.json()["messages"]]


async def test_everybody_has_an_address(mail: sandbox.EmailSandbox) -> None:
    """People's identities hold their addresses; another client is told them with the passwords and the ports."""
    assert {"ana": "email:agent@example.com/ana@example.com"} == mail.identities
    told = mail.endpoints(BASE)
    assert ["agent@example.com", "ana@example.com"] == [person["address"] for person in told["people"]]
    assert {"human", "smtp_host", "smtp_port", "imap_host", "imap_port", "people"} == set(told)


async def test_it_is_as_it_was_left(mail: sandbox.EmailSandbox, tmp_path: pathlib.Path) -> None:
    """Built again in the same folder, it has the same secrets, and replies to what was sent before still count."""
    again = sandbox.build(tmp_path, {"ana": "Ana Lima"}, {})
    assert mail.environment() == again.environment()
    again.close()
