"""
What `ringback doctor` looks at in a data folder. Nothing is changed there.
"""

from __future__ import annotations

import fcntl
import sqlite3
import stat
import tempfile
from pathlib import Path

from adapters.base import Check
from gateway.errors import TooNew
from gateway.store.sqlite_file import migrations, version_of
from gateway.store.sqlite_reader import BUSY, FILE


def check(folder: Path) -> list[Check]:
    """Look at a data folder; a gateway may run on it."""
    if not folder.exists():
        return [Check("data folder", None, f"{folder} is not there yet; the first start makes it")]
    return [_folder(folder), _lock(folder), _schema(folder)]


def _folder(folder: Path) -> Check:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check("data folder", False, f"{folder}: {error.strerror}", "let ringback's user write there")
    mode = stat.S_IMODE(folder.stat().st_mode)
    if mode & 0o077:
        found = f"others on this machine may open {folder} ({mode:04o}), and act as its owner"
        return Check("data folder", False, found, f"chmod 700 {folder}")
    return Check("data folder", True, f"{folder} can be written")


def _lock(folder: Path) -> Check:
    try:
        with (folder / "lock").open() as held:
            fcntl.flock(held, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return Check("lock", True, "free; no gateway has run here")
    except BlockingIOError:
        return Check("lock", True, "held by a running gateway")
    except OSError as error:
        return Check("lock", None, str(error))
    return Check("lock", True, "free; no gateway runs")


def _schema(folder: Path) -> Check:
    if not (folder / FILE).exists():
        return Check("schema", None, "there is no store yet; the first start makes it")
    try:
        db = sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)
        try:
            db.execute(f"PRAGMA busy_timeout = {BUSY}")
            version = version_of(db)
        finally:
            db.close()
    except TooNew as error:
        return Check("schema", False, str(error))
    except sqlite3.Error as error:
        return Check("schema", False, f"cannot be read: {error}", "restore a backup with: ringback restore")
    newest = len(migrations())
    behind = "" if version == newest else f"; the next start brings it to {newest}"
    return Check("schema", True, f"version {version}{behind}")
