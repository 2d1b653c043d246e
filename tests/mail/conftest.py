"""
The round trip over the emulated mail system, and over Dovecot with Postfix.
"""

from __future__ import annotations

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.email.emulator import Post, Server, serve
from tests.adapters.email import peers
from tests.mail.gateway import Gateway, running
from tests.mail.people import MailSystem, Person

NAMES = ("agent", "rita", "ana", "ben", "otto")


class House(NamedTuple):
    """A gateway, the mail system, and everybody."""

    gateway: Gateway
    system: MailSystem
    agent: str
    rita: Person
    ana: Person
    ben: Person
    otto: Person
    emulator: Server | None
    real: peers.Peers | None


@pytest.fixture(scope="session")
def dovecot() -> Iterator[peers.Peers]:
    """Dovecot and Postfix."""
    if not peers.can_run():
        pytest.skip(peers.MISSING)
    with peers.running() as found:
        yield found


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own: the path of the gateway's socket has to stay short."""
    with tempfile.TemporaryDirectory(prefix="ringback-") as name:
        yield Path(name)


@pytest.fixture
def emulated(folder: Path) -> Iterator[House]:
    """Over the emulator, which lives in a loop of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    people = {f"{name}@example.com": name.title() for name in NAMES}
    server = asyncio.run_coroutine_threadsafe(serve(Post.create(people)), loop).result()
    accounts = server.post.state.accounts
    system = MailSystem(
        "example.com", server.smtp_port, server.imap_port, True, lambda address: accounts[address].password
    )
    try:
        with running(
            folder,
            domain="example.com",
            smtp_port=server.smtp_port,
            imap_port=server.imap_port,
            authserv=server.post.host,
            password=accounts["agent@example.com"].password,
            logs_in=True,
        ) as gateway:
            yield _house(gateway, system, server, None)
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: Server) -> None:
    """Close it, and let nothing of it outlive its loop."""
    server.close()
    left = asyncio.all_tasks() - {asyncio.current_task()}
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


@pytest.fixture
def real(folder: Path, dovecot: peers.Peers) -> Iterator[House]:
    """Over Dovecot and Postfix, with mailboxes of their own for each test."""
    dovecot.dovecot.empty()
    system = MailSystem(peers.DOMAIN, dovecot.postfix.port, dovecot.dovecot.port, False, lambda address: peers.PASSWORD)
    with running(
        folder,
        domain=peers.DOMAIN,
        smtp_port=dovecot.postfix.port,
        imap_port=dovecot.dovecot.port,
        authserv=f"mx.{peers.DOMAIN}",
        password=peers.PASSWORD,
        logs_in=False,
    ) as gateway:
        yield _house(gateway, system, None, dovecot)


@pytest.fixture(params=["emulated", "real"])
def house(request: pytest.FixtureRequest) -> House:
    """Over each of them."""
    found: House = request.getfixturevalue(request.param)
    return found


def _house(gateway: Gateway, system: MailSystem, emulator: Server | None, real: peers.Peers | None) -> House:
    rita, ana, ben, otto = (Person(system, name) for name in ("rita", "ana", "ben", "otto"))
    return House(gateway, system, f"agent@{system.domain}", rita, ana, ben, otto, emulator, real)
