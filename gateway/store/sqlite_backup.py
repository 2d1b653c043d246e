"""
Backup and restore of the embedded store.

A backup is one file: a consistent copy, made beside a running gateway, checked before it gets its name.

A restored store is older than the world. What it holds as not yet sent may have been sent since, so that becomes
`unknown` and is looked for; what its runs were about to do may have been done since, so the time of the restore is
written down (`restores`), and the owner asks before such a run starts anything that may not be done twice. Numbers
jump: ids that were given out in the time that the backup does not hold are not given out again.

**What a crash leaves.** A backup without its name (`.partial`), to be made again. A restore is prepared whole under a
name of its own; from there on it is finished by whoever opens the folder next, this command or the gateway.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from gateway.errors import Declined, NotFound
from gateway.store.rows import ConversationState
from gateway.store.sqlite_file import lock, migrate, version_of
from gateway.store.sqlite_log import CODES_JUMP, JUMP
from gateway.store.sqlite_reader import BUSY, FILE, reading

PARTIAL = ".partial"  # the end of a file's name while it is being written
RESTORING = "restoring.sqlite"  # a restored store, whole, that only has to be put in place
ASIDE = "replaced"  # folders that hold what a restore replaced begin with this
BESIDE = ("", "-wal", "-shm")  # the store's files


def back_up(folder: Path, target: Path) -> int:
    """
    Copy the store of a data folder into a new file; a gateway may run beside it.

    Returns:
        The size of the copy, in bytes.

    Raises:
        NotFound: There is nothing in the folder yet.
        Declined: The target exists, or cannot be written.
        TooNew: The store was written by a newer version.
        Unreadable: The store is damaged.
    """
    if os.path.exists(target):  # unlike Path's, these take a name that no file can have for one that none has
        raise Declined(f"{target} is there already, and a backup never replaces a file; name a new one")
    if not os.path.exists(folder / FILE):
        raise NotFound(f"there is no data in {folder} yet")
    partial = target.with_name(target.name + PARTIAL)
    with _writing(target), reading():
        try:
            partial.unlink(missing_ok=True)
            partial.touch(mode=0o600)
            with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True, isolation_level=None)) as db:
                db.execute(f"PRAGMA busy_timeout = {BUSY}")
                version_of(db)
                db.execute("VACUUM INTO ?", (str(partial),))
            check(partial)
            _sync(partial)
            os.link(partial, target)  # unlike a rename, it refuses where somebody was faster
            _sync(target.parent)
        finally:
            partial.unlink(missing_ok=True)
    return target.stat().st_size


def check(file: Path) -> None:
    """
    Check that a file is a whole store that this version can read.

    Raises:
        Declined: It is damaged, or no store of ours.
        TooNew: It was written by a newer version.
    """
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)) as db:
            version = version_of(db)
            (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
            found = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    except sqlite3.DatabaseError as error:
        raise Declined(f"{file} is no backup of ringback, or it is damaged ({error})") from error
    if version == 0 or not {"conversations", "events", "deliveries"} <= found:
        raise Declined(f"{file} is no backup of ringback")
    if verdict != "ok":
        raise Declined(f"{file} is damaged ({' '.join(verdict.split())}); use another backup")


def restore(source: Path, folder: Path, now: float) -> Path | None:
    """
    Put a backup in the place of a folder's store, where no gateway runs.

    Args:
        now: When this is done, in seconds since the epoch.

    Returns:
        The folder in which what was replaced is kept; None where there was nothing.

    Raises:
        Declined: The file is no whole backup, or nothing can be written.
        Locked: A gateway runs on the folder.
        TooNew: It was written by a newer version.
    """
    if not os.path.isfile(source):
        raise Declined(f"{source} is no file that can be read")
    if Path(f"{source}-wal").exists():
        raise Declined(
            f"{source} is the file of a store in use, without what stands in {source}-wal; back it up instead"
        )
    check(source)
    prepared = folder / RESTORING
    partial = prepared.with_name(RESTORING + PARTIAL)
    with closing(lock(folder)), _writing(folder):
        finish(folder)
        partial.unlink(missing_ok=True)
        shutil.copyfile(source, partial)
        partial.chmod(0o600)
        with reading(), closing(sqlite3.connect(partial, isolation_level=None)) as db:
            migrate(db)
            _mark(db, now)
        _sync(partial)
        partial.rename(prepared)
        _sync(folder)
        return finish(folder)


def finish(folder: Path) -> Path | None:
    """
    Put a prepared store in place, where there is one. The caller holds the folder's lock.

    Returns:
        The folder in which what was replaced is kept; None where nothing was.
    """
    prepared = folder / RESTORING
    if not prepared.exists():
        return None
    aside = None
    if any((folder / f"{FILE}{end}").exists() for end in BESIDE):
        aside = _new_folder(folder)
        for end in BESIDE:
            file = folder / f"{FILE}{end}"
            if file.exists():
                file.rename(aside / file.name)
        _sync(aside)
        _sync(folder)
    prepared.rename(folder / FILE)
    _sync(folder)
    return aside


def _mark(db: sqlite3.Connection, now: float) -> None:
    """Note that the world is ahead of this store from now on, and what may have happened without it."""
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO restores (at) VALUES (?)", (now,))
    db.execute("DELETE FROM grants")  # they may have been revoked, or used, in the time that the backup does not hold
    for conversation, version, body in db.execute("SELECT id, version, state FROM conversations").fetchall():
        state = ConversationState.model_validate_json(body)
        jumped = state.model_copy(update={"sent": state.sent + JUMP, "codes": state.codes + CODES_JUMP})
        db.execute(
            "UPDATE conversations SET version = ?, state = ? WHERE id = ?",
            (version + JUMP, jumped.model_dump_json(exclude_defaults=True), conversation),
        )
    db.execute(
        "UPDATE deliveries SET status = 'unknown', due = ?1, refused_since = COALESCE(refused_since, ?1),"
        " reason = 'it may have been sent after the backup was made'"
        " WHERE status IN ('new', 'claimed') OR (status = 'unknown' AND due IS NOT NULL)",
        (now,),
    )
    db.execute("COMMIT")


def _new_folder(folder: Path) -> Path:
    number = 1
    while True:
        try:
            (made := folder / f"{ASIDE}-{number}").mkdir(mode=0o700)
        except FileExistsError:
            number += 1
        else:
            return made


@contextmanager
def _writing(where: Path) -> Iterator[None]:
    """
    Say in our own words that something cannot be written.

    Raises:
        Declined: The system says no.
    """
    try:
        yield
    except OSError as error:
        raise Declined(f"{where} cannot be written ({error.strerror})") from error


def _sync(path: Path) -> None:
    """See that a file, or the names in a folder, are on the disk."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
