"""
Backup and restore: a whole copy beside a running gateway, put back without doing anything twice.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.base import Part
from adapters.errors import RateLimited
from agent_core.requests import Decision
from gateway.errors import Declined, Locked, NotFound, TooNew
from gateway.store import sqlite_backup
from gateway.store.base import Need
from gateway.store.sqlite import SqliteStore
from gateway.store.sqlite_backup import RESTORING, back_up, finish, restore
from gateway.store.sqlite_file import migrations
from gateway.store.sqlite_reader import FILE
from tests.contracts.rows import HERE, a_change, a_delivery, a_fact
from tests.gateway.agents import World
from tests.gateway.house import OPS, RITA, House, Make
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime


async def stored(folder: Path, runtime: HandRuntime, *texts: str) -> None:
    async with SqliteStore(folder, runtime) as store:
        for text in texts:
            await store.append(a_fact(text))


async def texts(folder: Path, runtime: HandRuntime) -> list[str]:
    async with SqliteStore(folder, runtime) as store:
        return [getattr(row.event, "text", "") for row in (await store.load(HERE, Need())).facts]


async def request_in(house: House) -> str:
    (row,) = await house.store.requests(status="open")
    return row.id


# The file ------------------------------------------------------------------------------------------------------------


async def test_a_backup_holds_what_was_acknowledged_before_it(tmp_path: Path, runtime: HandRuntime):
    """
    Made while the store is open, it holds everything that was acknowledged before, and nothing of what comes after.
    """
    async with SqliteStore(tmp_path / "data", runtime) as store:
        await store.append(a_fact("before"))
        size = back_up(tmp_path / "data", tmp_path / "copy")
        await store.append(a_fact("after"))
    restore(tmp_path / "copy", tmp_path / "other", runtime.now())

    assert size == (tmp_path / "copy").stat().st_size
    assert 0o600 == (tmp_path / "copy").stat().st_mode & 0o777
    assert ["before"] == await texts(tmp_path / "other", runtime)
    assert not (tmp_path / "copy.partial").exists()


async def test_a_backup_never_replaces_a_file(tmp_path: Path, runtime: HandRuntime):
    """
    Where a file has the name already, nothing is written; a half-written one of an earlier try is no hindrance.
    """
    await stored(tmp_path / "data", runtime, "a")
    (tmp_path / "copy").write_text("dear")
    (tmp_path / "new.partial").write_text("half")
    with pytest.raises(Declined, match="never replaces"):
        back_up(tmp_path / "data", tmp_path / "copy")
    assert "dear" == (tmp_path / "copy").read_text()
    assert back_up(tmp_path / "data", tmp_path / "new")


async def test_a_backup_that_cannot_be_written_is_one_sentence(tmp_path: Path, runtime: HandRuntime):
    """
    A folder that is not there, and data that is not there, are said.
    """
    await stored(tmp_path / "data", runtime, "a")
    with pytest.raises(Declined, match="cannot be written"):
        back_up(tmp_path / "data", tmp_path / "nowhere" / "copy")
    with pytest.raises(NotFound, match="no data"):
        back_up(tmp_path / "empty", tmp_path / "copy")


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"SQLite format 3\0" + b"\xff" * 5000], ids=["empty", "text", "bad"]
)
async def test_what_is_no_backup_is_not_restored(tmp_path: Path, runtime: HandRuntime, content: bytes):
    """
    A file that is none of ours leaves what is there as it is.
    """
    await stored(tmp_path / "data", runtime, "mine")
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Declined, match="no backup"):
        restore(tmp_path / "file", tmp_path / "data", runtime.now())
    with pytest.raises(Declined, match="no file"):
        restore(tmp_path / "nothing", tmp_path / "data", runtime.now())
    assert ["mine"] == await texts(tmp_path / "data", runtime)


async def test_a_damaged_backup_is_not_restored(tmp_path: Path, runtime: HandRuntime):
    """
    A page that was overwritten is found before anything is replaced.
    """
    await stored(tmp_path / "data", runtime, "mine", *("x" * 900 for _ in range(200)))
    back_up(tmp_path / "data", tmp_path / "copy")
    whole = bytearray((tmp_path / "copy").read_bytes())
    whole[40_000:60_000] = b"\x55" * 20_000
    (tmp_path / "copy").write_bytes(whole)
    with pytest.raises(Declined, match="damaged"):
        restore(tmp_path / "copy", tmp_path / "data", runtime.now())
    assert "mine" == (await texts(tmp_path / "data", runtime))[0]


async def test_a_newer_store_is_refused_everywhere(tmp_path: Path, runtime: HandRuntime):
    """
    What a newer version wrote is neither opened, nor backed up, nor restored; nothing of it is changed.
    """
    await stored(tmp_path / "data", runtime, "a")
    back_up(tmp_path / "data", tmp_path / "copy")
    for file in (tmp_path / "data" / FILE, tmp_path / "copy"):
        with closing(sqlite3.connect(file)) as db:
            db.execute(f"PRAGMA user_version = {len(migrations()) + 1}")
    with pytest.raises(TooNew):
        async with SqliteStore(tmp_path / "data", runtime):
            pass
    with pytest.raises(TooNew):
        back_up(tmp_path / "data", tmp_path / "again")
    with pytest.raises(TooNew):
        restore(tmp_path / "copy", tmp_path / "other", runtime.now())
    assert not (tmp_path / "again").exists()
    assert not (tmp_path / "other" / FILE).exists()


async def test_an_older_backup_is_migrated(tmp_path: Path, runtime: HandRuntime):
    """
    A backup that an older version made is brought up to date when it is put back, and the file itself stays as it was.
    """
    with closing(sqlite3.connect(tmp_path / "copy", isolation_level=None)) as db:
        db.executescript(f"BEGIN; {migrations()[0]} PRAGMA user_version = 1; COMMIT;")
    before = (tmp_path / "copy").read_bytes()
    restore(tmp_path / "copy", tmp_path / "data", runtime.now())

    async with SqliteStore(tmp_path / "data", runtime) as store:
        assert runtime.now() == await store.restored_at()
    assert before == (tmp_path / "copy").read_bytes()


async def test_restore_waits_for_no_gateway(tmp_path: Path, runtime: HandRuntime):
    """
    While a gateway has the folder, restoring is refused and changes nothing.
    """
    async with SqliteStore(tmp_path / "data", runtime) as store:
        back_up(tmp_path / "data", tmp_path / "copy")
        with pytest.raises(Locked):
            restore(tmp_path / "copy", tmp_path / "data", runtime.now())
        await store.append(a_fact("a"))
        assert await store.restored_at() is None


async def test_what_is_replaced_is_kept(tmp_path: Path, runtime: HandRuntime):
    """
    The replaced store stands aside whole, each time in a folder of its own, and can be opened.
    """
    await stored(tmp_path / "data", runtime, "old")
    back_up(tmp_path / "data", tmp_path / "copy")
    await stored(tmp_path / "data", runtime, "newer")
    aside = [restore(tmp_path / "copy", tmp_path / "data", runtime.now()) for _ in range(2)]

    assert [["old", "newer"], ["old"]] == [await texts(folder, runtime) for folder in aside if folder is not None]
    assert ["old"] == await texts(tmp_path / "data", runtime)


async def test_a_restore_that_was_interrupted_is_finished(
    tmp_path: Path, runtime: HandRuntime, monkeypatch: pytest.MonkeyPatch
):
    """
    Killed between preparing a restore and putting it in place, the next start puts it in place; nothing is lost.
    """
    await stored(tmp_path / "data", runtime, "old")
    back_up(tmp_path / "data", tmp_path / "copy")
    await stored(tmp_path / "data", runtime, "newer")
    steps: list[None] = []

    def dies(folder: Path) -> Path | None:
        steps.append(None)
        if len(steps) == 2:
            (tmp_path / "data" / FILE).rename(tmp_path / "data" / "elsewhere")  # as far as it had come
            raise KeyboardInterrupt
        return finish(folder)

    monkeypatch.setattr(sqlite_backup, "finish", dies)
    with pytest.raises(KeyboardInterrupt):
        restore(tmp_path / "copy", tmp_path / "data", runtime.now())
    monkeypatch.undo()
    assert (tmp_path / "data" / RESTORING).exists()

    assert ["old"] == await texts(tmp_path / "data", runtime)
    assert not (tmp_path / "data" / RESTORING).exists()


# The world is ahead of it --------------------------------------------------------------------------------------------


async def test_what_may_have_been_sent_is_looked_for_and_not_repeated(
    make: Make, tmp_path: Path, runtime: HandRuntime, channel: Loopback
):
    """
    A message that went out after the backup is found and not sent again; one that did not go out is sent (G6).
    """

    def busy(part: Part) -> None:
        raise RateLimited("slack", retry_after=5)

    world = World()
    async with make(world.deployer(world.deploy())) as house:
        channel.fault = busy
        await house.write(RITA, "go")
        back_up(tmp_path, tmp_path / "copy")
        channel.fault = lambda part: None
        await runtime.advance(60)
        before = {place: len(house.seen(place)) for place in channel.shown}
    assert before
    restore(tmp_path / "copy", tmp_path, runtime.now())
    async with make(world.deployer(world.deploy())) as house:
        await runtime.advance(60)
        deliveries = await house.store.deliveries()
        told = "This gateway was put back from a backup"

        assert {"sent"} == {row.status for row in deliveries}
        assert before == {place: len([m for m in house.seen(place) if not m.text.startswith(told)]) for place in before}
        assert 1 == len([text for text in house.texts("UBEN") if text.startswith(told)])


async def test_a_call_that_may_have_been_made_is_asked_about(make: Make, tmp_path: Path, runtime: HandRuntime):
    """
    Approved and run after the backup, then approved again after the restore: nothing runs until a person has said so
    (G5). The run then goes on.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        request = await request_in(house)
        back_up(tmp_path, tmp_path / "copy")
        await house.press("UANA", request, Decision.APPROVE)
        assert 1 == len(world.deployed)
    restore(tmp_path / "copy", tmp_path, runtime.now())
    async with make(world.deployer(world.deploy())) as house:
        await runtime.advance(10)
        assert request == await request_in(house)
        await house.press("UANA", request, Decision.APPROVE)
        await runtime.advance(10)
        assert 1 == len(world.deployed)
        doubt = await request_in(house)
        assert "put back from a backup" in house.card("UBEN").card.body  # type: ignore[union-attr]
        await house.press("UBEN", doubt, Decision.DID_RUN)
        await runtime.advance(10)

        assert 1 == len(world.deployed)
        assert [("ended", "done")] == await house.status()


async def test_run_again_runs_it_once(make: Make, tmp_path: Path, runtime: HandRuntime):
    """
    Where a person looks and says that it has not run, it runs, once, and nobody is asked a second time.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        back_up(tmp_path, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path, runtime.now())
    async with make(world.deployer(world.deploy())) as house:
        for _ in range(2):
            await house.press("UANA", await request_in(house), Decision.APPROVE)
            await runtime.advance(10)

        assert [2] == [attempt for *_, attempt in world.deployed]
        assert [("ended", "done")] == await house.status()


async def test_nothing_is_named_as_something_of_the_lost_time_was(make: Make, tmp_path: Path, runtime: HandRuntime):
    """
    Requests, deliveries, codes and starts of tools after a restore never have the ids of those that the backup does not
    hold, whose cards and messages still stand in the world: in a conversation of the backup, and in a new one.
    """
    world = World()

    async def names(house: House) -> set[str]:
        await house.write("UBEN", "start")
        await house.write(RITA, "go")
        await runtime.advance(1)
        requests, deliveries = await house.store.requests(), await house.store.deliveries()
        cards = [house.card(place).card for place in ("UANA", OPS)]
        return {row.id for row in (*requests, *deliveries)} | {card.code for card in cards if card is not None}

    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.act("cancel")
        await runtime.advance(60)
        back_up(tmp_path, tmp_path / "copy")
        known = {row.id for row in (*await house.store.requests(), *await house.store.deliveries())}
        lost = await names(house) - known
    restore(tmp_path / "copy", tmp_path, runtime.now())
    async with make(world.deployer(world.deploy())) as house:
        await runtime.advance(60)
        new = await names(house) - known

        assert len(lost) > 5
        assert len(new) > 5
        assert set() == lost & new


async def test_what_may_be_repeated_goes_on_by_itself(make: Make, tmp_path: Path, runtime: HandRuntime):
    """
    An idempotent tool of a run from before the restore is called without a question; so is any tool of a new run.
    """
    world = World()
    async with make(world.deployer(world.deploy(idempotent=True))) as house:
        await house.write(RITA, "go")
        back_up(tmp_path, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path, runtime.now())
    await runtime.advance(60)
    async with make(world.deployer(world.deploy(idempotent=True))) as house:
        await runtime.advance(60)
        await house.press("UANA", await request_in(house), Decision.APPROVE)
        assert 1 == len(world.deployed)
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.press("UANA", await request_in(house), Decision.APPROVE)

        assert 2 == len(world.deployed)
        assert [] == await house.store.requests(status="open")


async def test_deliveries_of_a_backup_are_unknown(tmp_path: Path, runtime: HandRuntime):
    """
    What the backup holds as not sent yet may have been sent since: after the restore nobody claims it before a look.
    """
    async with SqliteStore(tmp_path / "data", runtime) as store:
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a"), a_delivery("b")]))
        back_up(tmp_path / "data", tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "data", runtime.now())
    async with SqliteStore(tmp_path / "data", runtime) as store:
        assert {"unknown"} == {row.status for row in await store.deliveries()}
        assert ["a", "b"] == [delivery.id for delivery in await store.recover()]
