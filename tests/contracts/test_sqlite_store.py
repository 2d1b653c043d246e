"""
SQLite keeps the store's contract.
"""

from __future__ import annotations

from pathlib import Path

from gateway.runtime import Runtime
from gateway.store.sqlite import SqliteStore
from tests.contracts.store import StoreContract


class TestSqliteStore(StoreContract):
    """The embedded store."""

    def open(self, folder: Path, runtime: Runtime) -> SqliteStore:
        return SqliteStore(folder, runtime)
