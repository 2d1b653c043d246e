"""
A folder for a sandbox.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not pytest's own: the path of the gateway's socket has to stay short."""
    with tempfile.TemporaryDirectory(prefix="ringback-") as made:
        yield Path(made)
