"""
What lies below the gateway misbehaves: files are damaged, a folder cannot be written, the process stands still.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import secrets
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from gateway.errors import Broken, StoreError, Unreadable
from gateway.runtime import Runtime
from gateway.store.base import Need
from gateway.store.sqlite import SqliteStore
from tests.process import Gateway, command, gateway, until

RITA, ANA = "U0000RITA", "U00000ANA"
PAGE = 4_096  # bytes
DAMAGES = 40  # of each kind
Log = dict[tuple[str, int], str]

FROZEN_AGENT = """
import asyncio
from pathlib import Path

from pydantic import BaseModel

from agent_core.run import Run, agent
from agent_core.tools import Start, tool


class Deploy(BaseModel):
    pass


@tool(name="deploy", limit=1)
async def deploy(arguments: Deploy, start: Start) -> str:
    Path("started").touch()
    await asyncio.sleep(0.2)
    with Path("effects").open("a") as effects:
        effects.write(f"{start.attempt}\\n")
    return "deployed"


@agent(version="1")
async def frozen(run: Run) -> None:
    result = await run.call(deploy, Deploy())
    await run.reply(f"it says: {result}")
"""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that is not started yet."""
    async with gateway(tmp_path) as one:
        yield one


@pytest.fixture
async def store(house: Gateway) -> Path:
    """What a gateway left that was killed: most of it in the write-ahead log, and some of it in the file itself."""
    await house.start()
    for n in range(3):
        house.emulator.people.message(RITA, "dm", f"list {n}")
        await until(lambda n=n: len(house.seen(RITA)) >= 2 * n + 2)  # type: ignore[misc]
    folder = house.folder / "store"
    db = sqlite3.connect(folder / "ringback.sqlite")
    db.execute("PRAGMA wal_checkpoint(PASSIVE)")
    db.close()
    house.emulator.people.message(RITA, "dm", "deploy v1.4.2 to production")
    await until(lambda: house.seen(ANA))
    assert house.process is not None
    house.process.kill()
    await house.process.wait()
    (folder / "control.sock").unlink()
    return folder


def log_of(folder: Path) -> Log:
    """Every event that a file holds."""
    db = sqlite3.connect(folder / "ringback.sqlite")
    query = "SELECT c.key, e.seq, e.body FROM events e JOIN conversations c ON c.id = e.conversation"
    found = {(key, seq): body for key, seq, body in db.execute(query)}
    db.close()
    return found


async def opened(folder: Path) -> bool:
    """Open a store and read all of it, as the gateway does; tells whether it lets itself be used."""
    try:
        async with SqliteStore(folder, Runtime()) as store:
            await store.own()
            for row in await store.threads():
                await store.load(row.conversation, Need(threads=(row.id,), running=True))
            await store.ping()
    except (Unreadable, Broken):
        return False
    return True


def damage_log(rng: random.Random, folder: Path) -> None:
    """The write-ahead log is cut short, overwritten somewhere, or gone."""
    file = folder / "ringback.sqlite-wal"
    body = bytearray(file.read_bytes())
    at = rng.randrange(len(body))
    match rng.choice(("cut", "overwritten", "gone")):
        case "cut":
            file.write_bytes(body[:at])
        case "overwritten":
            body[at : at + 64] = rng.randbytes(len(body[at : at + 64]))
            file.write_bytes(body)
        case _:
            file.unlink()


def damage_file(rng: random.Random, folder: Path) -> None:
    """A page of the file itself is zeroes or rubbish, or the file is cut short; all of it had been moved there."""
    db = sqlite3.connect(folder / "ringback.sqlite")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    file = folder / "ringback.sqlite"
    body = bytearray(file.read_bytes())
    at = rng.randrange(len(body) // PAGE) * PAGE
    match rng.choice(("zeroes", "rubbish", "cut")):
        case "zeroes":
            body[at : at + PAGE] = bytes(PAGE)
        case "rubbish":
            body[at : at + PAGE] = rng.randbytes(PAGE)
        case _:
            del body[max(at, 1) :]
    file.write_bytes(body)


@pytest.mark.parametrize("damage", [damage_log, damage_file])
async def test_damaged_files(store: Path, tmp_path: Path, damage: Callable[[random.Random, Path], None]):
    """
    A store whose files were damaged is refused, or it is what it was at an earlier commit: no gap, nothing altered.
    """
    before = log_of(shutil.copytree(store, tmp_path / "whole"))
    seed = secrets.randbelow(10**9)
    rng = random.Random(seed)
    print(f"\nseed {seed}")
    used = refused = 0
    for n in range(DAMAGES):
        folder = shutil.copytree(store, tmp_path / str(n))
        damage(rng, folder)
        if not await opened(folder):
            refused += 1
            continue
        used += 1
        after = log_of(folder)
        assert after.items() <= before.items(), f"seed {seed}, {n}"
        for key in {conversation for conversation, _ in after}:
            numbers = sorted(seq for conversation, seq in after if conversation == key)
            assert list(range(1, len(numbers) + 1)) == numbers, f"seed {seed}, {n}"
    print(f"{DAMAGES} damaged stores: {refused} refused, {used} at an earlier commit")
    assert used if damage is damage_log else refused


async def test_a_damaged_file_is_one_line(house: Gateway, store: Path):
    """
    The gateway refuses a damaged file in one line that says what to do, and leaves it as it is.
    """
    damage_file(random.Random(3), store)
    file = store / "ringback.sqlite"
    with file.open("r+b") as body:
        body.seek(PAGE)
        body.write(b"\xff" * PAGE)
    before = file.read_bytes()
    code, _, err = await house.run("serve", "--config", str(house.config))

    assert (1, 1) == (code, err.count("\n")), err
    assert "restore a backup" in err
    assert before == file.read_bytes()


async def test_damage_is_noticed_while_it_runs(store: Path):
    """
    A file that is damaged under a running gateway is not read on as if it were whole.
    """
    async with SqliteStore(store, Runtime()) as opened:
        (row, *_) = await opened.threads()
        ownership = await opened.own()
        (store / "ringback.sqlite-wal").write_bytes(b"")
        size = (store / "ringback.sqlite").stat().st_size
        with (store / "ringback.sqlite").open("r+b") as body:
            body.seek(PAGE)
            body.write(b"\xff" * (size - PAGE))
        with pytest.raises(StoreError):
            await opened.load(row.conversation, Need(threads=(row.id,)))
        with pytest.raises(StoreError):
            await opened.wait(ownership)


async def test_a_folder_that_cannot_be_written(house: Gateway):
    """
    On a read-only mount the gateway does not start, and says so in one line.
    """
    folder = house.folder / "store"
    folder.mkdir()
    private = ["unshare", "--map-root-user", "--mount"]
    if 0 != await (await asyncio.create_subprocess_exec(*private, "true")).wait():
        pytest.skip("no private mounts here: unshare --map-root-user --mount does not work")
    mounts = f"mount --bind {folder} {folder} && mount -o remount,bind,ro {folder}"
    process = await asyncio.create_subprocess_exec(
        *private,
        *("sh", "-c", f'{mounts} && exec "$@"', "sh"),
        *command("serve", "--config", str(house.config)),
        cwd=house.folder,
        env=house.environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, err = await process.communicate()

    assert (2, 1) == (process.returncode, err.decode().count("\n"))
    assert "Read-only file system" in err.decode()


async def test_standing_still_for_longer_than_a_tool_may_take(house: Gateway):
    """
    Stopped while a tool runs, for longer than its limit, and let go again: it has run once, nobody else has taken over,
    and whoever was asked whether it ran needs not answer any more.
    """
    (house.folder / "frozen.py").write_text(FROZEN_AGENT)
    text = house.config.read_text().replace("gateway.sandbox.deploybot:deploybot", "frozen:frozen")
    house.config.write_text(text.partition("[[policy]]")[0])
    await house.start()
    house.emulator.people.message(RITA, "dm", "go")
    await until((house.folder / "started").exists)
    assert house.process is not None
    os.kill(house.process.pid, signal.SIGSTOP)
    code, _, err = await house.run("serve", "--config", str(house.config))
    await asyncio.sleep(1.2)
    os.kill(house.process.pid, signal.SIGCONT)
    await until(lambda: "it says: Ok" in " ".join(house.seen(RITA)))

    assert 2 == code
    assert "Another ringback is using this data folder" in err
    assert "1\n" == (house.folder / "effects").read_text()
    _, listed, _ = await house.run("requests", "list", "--config", str(house.config), "--json")
    assert {"superseded"} >= {request["status"] for request in json.loads(listed)}
