"""
From a mailbox to the disk: how much mail is stored a second, and what a mailbox with much old mail costs.

The mailbox is Dovecot's. Mail is put into it as files while nobody reads; what is timed begins when the first of it is
stored and ends with the last. The floor reads the same mail with the library, one by one, and keeps nothing.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import aioimaplib

from tests.adapters.email import peers
from tests.bench.measure import LOAD, figure, folder, rest, size
from tests.bench.process import Process
from tests.mail.gateway import CONFIG
from tests.process import free_port

FEWEST = 300  # mails of a run; a tenth where it is short
OLD = 50_000  # mails that lie in a mailbox already
USER = f"agent@{peers.DOMAIN}"
MAIL = """Authentication-Results: mx.x.test; dmarc=pass header.from=x.test
From: Otto <otto@x.test>
To: agent@x.test
Subject: the build {n} is through
Message-ID: <{n}@bench.x.test>
Date: Thu, 26 Nov 2026 02:00:00 +0000

It took {n} seconds, and nothing has to be done about it.

On Thu, 26 Nov 2026 at 01:00, Rita wrote:
> Tell us when it is through.
"""


async def measure(seconds: float, runs: int) -> list[dict[str, Any]]:
    """The floor and the gateway in turns; then a mailbox that is full."""
    os.sched_setaffinity(0, LOAD)
    took: dict[str, list[float]] = {}
    fewest = size(FEWEST, seconds, few=FEWEST // 10)
    number = max(fewest, round(1_000 * seconds))
    with tempfile.TemporaryDirectory(prefix="rb-mail-") as name:
        os.chmod(name, 0o755)
        dovecot = peers.Dovecot(Path(name))
        dovecot.start()
        try:
            for run in range(runs):
                await stored(dovecot, run, number, seconds, took)
            for old in (0, size(OLD, seconds, few=fewest)):
                await full(dovecot, old, seconds, took)
        finally:
            dovecot.kill()
    floor = figure("floor: the library alone, a mail at a time, kept nowhere", "mails/s", took["floor"])
    empty = figure("its memory at rest, over an empty mailbox", "MiB", took["empty"])
    return [
        floor,
        figure("ringback: from the mailbox to stored", "mails/s", took["ringback"], beside=floor),
        empty,
        figure(f"its memory over {OLD:,} old mails", "MiB", took["full"], beside=empty),
    ]


async def stored(dovecot: peers.Dovecot, run: int, number: int, seconds: float, took: dict[str, list[float]]) -> None:
    """Mail that came while nobody read."""
    dovecot.empty()
    with folder() as name:
        place = Path(name)
        process = start(place, dovecot)
        await process.ready()
        await rest(seconds)
        process.end()
        put(dovecot, number, first=run * number)
        took.setdefault("floor", []).append(number / await read_alone(dovecot.port))
        process = start(place, dovecot)
        try:
            while not (first := count(place)):
                await asyncio.sleep(0.005)
            began = time.perf_counter()
            while (last := count(place)) < number:
                await asyncio.sleep(0.005)
            took.setdefault("ringback", []).append((last - first + 1) / (time.perf_counter() - began))
        finally:
            process.end()


async def full(dovecot: peers.Dovecot, old: int, seconds: float, took: dict[str, list[float]]) -> None:
    """A mailbox that is read for the first time, with so much in it."""
    dovecot.empty()
    if old:
        put(dovecot, old, first=0)
    with folder() as name:
        process = start(Path(name), dovecot)
        try:
            await process.ready()
            await rest(seconds)
            took.setdefault("full" if old else "empty", []).append(process.resident())
        finally:
            process.end()


def start(place: Path, dovecot: peers.Dovecot) -> Process:
    """A gateway over that mailbox."""
    (place / "password").write_text(peers.PASSWORD)
    login = f'password = "file:{place}/password"\nsmtp_login = false'
    given = {
        "port": free_port(),
        "folder": place,
        "domain": peers.DOMAIN,
        "imap_port": dovecot.port,
        "smtp_port": 1,
        "login": login,
    }
    (place / "ringback.toml").write_text(CONFIG.format(authserv=f"mx.{peers.DOMAIN}", **given))
    return Process(place, {"MAIL_SECRET": "s" * 40, "LINK_SECRET": "l" * 40})


def put(dovecot: peers.Dovecot, number: int, *, first: int) -> None:
    """Have so much mail lie in the mailbox."""
    box = dovecot.folder / "dovecot" / "mail" / USER
    for part in ("cur", "new", "tmp"):
        (box / part).mkdir(parents=True, exist_ok=True)
    now = time.time()
    for n in range(first, first + number):
        file = box / "new" / f"{now:.0f}.{n:07}.bench"
        file.write_text(MAIL.format(n=n).replace("\n", "\r\n"))
        shutil.chown(file, "nobody")
    for path in (box, *box.iterdir()):
        shutil.chown(path, "nobody", "nogroup")


async def read_alone(port: int) -> float:
    """Read everything with the library; gives the seconds that took."""
    client = aioimaplib.IMAP4("127.0.0.1", port)
    await client.wait_hello_from_server()
    await client.login(USER, peers.PASSWORD)
    await client.select("INBOX")
    answer = await client.uid_search("ALL", charset=None)
    began = time.perf_counter()
    for uid in answer.lines[0].decode().split():
        await client.uid("fetch", uid, "(BODY.PEEK[])")
    took = time.perf_counter() - began
    await client.logout()
    return took


def count(place: Path) -> int:
    """How many facts are stored."""
    file = place / "store" / "ringback.sqlite"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT COUNT(*) FROM dedupe").fetchone()[0]) // 2  # two keys each
