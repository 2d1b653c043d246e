"""
Third-party test data: official descriptions, real payloads, corpora. Found through RINGBACK_TEST_DATA.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DEFAULT = ROOT / ".." / "shared" / "vendor"


def data() -> Path:
    """The folder of all test data, which need not be there."""
    return Path(os.environ.get("RINGBACK_TEST_DATA", DEFAULT))


def folder(name: str) -> Path:
    """
    Find a set of test data. Without it a test is left out, by name; where CI=true it fails.
    """
    if not (data() / name).is_dir():
        reason = f"RINGBACK_TEST_DATA not found: {data()}"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return data() / name
