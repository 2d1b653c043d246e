"""
What the gateway has stored, for the page.
"""

from __future__ import annotations

from pathlib import Path

from gateway.sandbox.records import Records


async def test_missing_store_is_nothing(folder: Path):
    """
    Before the gateway was ever started there are no threads, no log and no context, and nothing fails.
    """
    records = Records(folder / "store", {})

    assert [] == await records.threads()
    assert await records.log("t") is None
    assert await records.context("d") is None


async def test_broken_store_is_nothing(folder: Path):
    """
    A store that cannot be read is like one that is not there yet.
    """
    (folder / "ringback.sqlite").write_text("no database at all")

    assert [] == await Records(folder, {}).threads()
