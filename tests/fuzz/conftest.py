"""
What the fuzz tests share.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fuzz.house import House, running


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A whole gateway in HTTP mode, for all examples of a test."""
    async with running(tmp_path) as one:
        yield one
