"""
The embedded store's file: its folder locked, the file opened, its tables brought up to date.

Tables are made by numbered steps (`migrations/`), each applied once, in a transaction of its own.
"""

from __future__ import annotations

import fcntl
import sqlite3
from importlib import resources
from pathlib import Path
from typing import TextIO

from gateway.errors import Busy, Locked, SettingsError, TooNew, Unreadable
from gateway.store.sqlite_reader import BUSY, FILE, damaged
from gateway.store.sqlite_wal import LONGEST

PATIENCE = 50  # milliseconds that a write waits, and everybody with it, for another program to let go of the file


def lock(folder: Path) -> TextIO:
    """
    Take a data folder, made where there is none, until what is returned is closed or the process dies.

    Raises:
        SettingsError: Nothing can be written there.
        Locked: Another process has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        held = (folder / "lock").open("w")
    except (OSError, ValueError) as error:  # ValueError: what no path can hold
        reason = error.strerror if isinstance(error, OSError) else error
        remedy = f"cannot keep data there ({reason}); name a folder that can be written"
        raise SettingsError("server.data", str(folder), remedy) from error
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise Locked(Locked.__doc__) from None
    return held


def connect(folder: Path) -> sqlite3.Connection:
    """
    Open the file in a data folder to write: its tables up to date, with the settings that the store's promises rest on.

    It is looked through first, which takes about a second for each gigabyte: on a damaged file nothing is decided.

    Raises:
        TooNew: It was written by a newer version.
        Unreadable: It is damaged.
    """
    db = sqlite3.connect(folder / FILE, isolation_level=None, check_same_thread=False)
    try:
        db.execute(f"PRAGMA busy_timeout = {BUSY}")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute(f"PRAGMA wal_autocheckpoint = {LONGEST}")
        (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise Unreadable(damaged(found))
        migrate(db)
        db.execute(f"PRAGMA busy_timeout = {PATIENCE}")
    except BaseException:
        db.close()
        raise
    return db


def write_anew(db: sqlite3.Connection) -> None:
    """
    Write the whole file anew and empty the log beside it: what was deleted or replaced is in neither afterwards.

    Raises:
        Busy: Another program reads the file, so the log beside it cannot be emptied.
    """
    db.execute(f"PRAGMA busy_timeout = {BUSY}")
    try:
        db.execute("VACUUM")
        (held, *_) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.execute(f"PRAGMA busy_timeout = {PATIENCE}")
    if held:
        raise Busy("erased, but another program reads the store, so old text is in its files still; ask again")


def migrations() -> list[str]:
    """Give the steps from an empty file to today's tables, in order."""
    folder = resources.files("gateway.store") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return [file.read_text() for file in files]


def version_of(db: sqlite3.Connection) -> int:
    """
    Tell how many of the steps a file has been through.

    Raises:
        TooNew: More than there are: it was written by a newer version.
    """
    (version,) = db.execute("PRAGMA user_version").fetchone()
    if version > len(migrations()):
        raise TooNew(TooNew.__doc__)
    return int(version)


def migrate(db: sqlite3.Connection) -> None:
    """
    Bring the tables up to date.

    Raises:
        TooNew: They were made by a newer version.
    """
    version = version_of(db)
    for number, step in enumerate(migrations()[version:], start=version + 1):
        db.executescript(f"BEGIN IMMEDIATE; {step} PRAGMA user_version = {number}; COMMIT;")
