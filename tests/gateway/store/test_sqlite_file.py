"""
The file: locked, and brought up to date from whatever version wrote it.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.errors import Locked, SettingsError, TooNew
from gateway.store.sqlite_file import connect, lock, migrate, migrations

LAST = len(migrations())


def at_version(version: int) -> sqlite3.Connection:
    """An empty store as a version of ours made it."""
    db = sqlite3.connect(":memory:", isolation_level=None)
    for number, step in enumerate(migrations()[:version], start=1):
        db.executescript(f"BEGIN; {step} PRAGMA user_version = {number}; COMMIT;")
    return db


def tables(db: sqlite3.Connection) -> list[tuple[str, ...]]:
    """Everything that is declared in a file, columns in their order."""
    names = [name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")]
    columns = [(name, *map(str, row)) for name in names for row in db.execute(f"PRAGMA table_info({name})")]
    return (
        columns + db.execute("SELECT type, name, sql FROM sqlite_schema WHERE type = 'index' ORDER BY name").fetchall()
    )


@pytest.mark.parametrize("version", range(LAST + 1))
def test_every_version_becomes_the_newest(version: int):
    """
    A store of any earlier version, and none at all, lead to the same tables, and migrating once more changes nothing.
    """
    with closing(at_version(version)) as db, closing(at_version(LAST)) as newest:
        migrate(db)
        assert tables(newest) == tables(db)
        assert (LAST,) == db.execute("PRAGMA user_version").fetchone()
        migrate(db)
        assert tables(newest) == tables(db)


def test_a_step_that_fails_leaves_the_version_before_it(monkeypatch: pytest.MonkeyPatch):
    """
    Killed or refused in the middle of a step, the store is as it was, and can be opened by the version that wrote it.
    """
    with closing(at_version(LAST)) as db:
        before = tables(db)
        broken = [*migrations(), "CREATE TABLE half (a); CREATE TABLE half (a);"]
        monkeypatch.setattr("gateway.store.sqlite_file.migrations", lambda: broken)
        with pytest.raises(sqlite3.OperationalError):
            migrate(db)
        db.execute("ROLLBACK")

        assert (LAST,) == db.execute("PRAGMA user_version").fetchone()
        assert before == tables(db)


def test_a_newer_version_is_not_touched(tmp_path: Path):
    """
    What a newer version wrote is refused, and its tables are as they were.
    """
    connect(tmp_path).close()
    with closing(sqlite3.connect(tmp_path / "ringback.sqlite")) as db:
        db.execute(f"PRAGMA user_version = {LAST + 1}")
        before = tables(db)
    with pytest.raises(TooNew, match="newer version"):
        connect(tmp_path)
    with closing(sqlite3.connect(tmp_path / "ringback.sqlite")) as db:
        assert before == tables(db)


def test_a_folder_has_one_owner(tmp_path: Path):
    """
    A second one is refused until the first lets go.
    """
    held = lock(tmp_path / "new")
    with pytest.raises(Locked):
        lock(tmp_path / "new")
    held.close()
    lock(tmp_path / "new").close()


@pytest.mark.parametrize("name", ["x" * 300, "x\0", "/dev/null"])
def test_a_folder_that_there_cannot_be_is_one_line(name: str):
    """
    A path that is too long, or holds what none can, is a setting's error.
    """
    with pytest.raises(SettingsError, match="cannot keep data there"):
        lock(Path(name))
