"""
What the tests of the command line share.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.process import Gateway, gateway, until

RITA, ANA = "U0000RITA", "U00000ANA"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway with a run that waits for an approval."""
    async with gateway(tmp_path) as one:
        await one.start()
        one.emulator.people.message(RITA, "dm", "deploy v1.4.2 to production")
        await until(lambda: one.seen(ANA))
        yield one
