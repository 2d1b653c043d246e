"""
Mail systems: the emulated one, and Dovecot with Postfix.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from adapters.email.emulator import Post, Server, serve
from tests.adapters.email import peers

PEOPLE = {"agent@example.com": "Deploybot", "ana@example.com": "Ana Lima", "rita@example.com": "Rita Ray"}


@pytest.fixture
async def mail() -> AsyncIterator[Server]:
    """An emulated mail system with Deploybot, Ana and Rita in it."""
    async with await serve(Post.create(PEOPLE)) as server:
        yield server


@pytest.fixture(scope="session")
def real() -> Iterator[peers.Peers]:
    """Dovecot and Postfix."""
    if not peers.can_run():
        pytest.skip(peers.MISSING)
    with peers.running() as running:
        yield running
