"""
Forgetting somebody: their words are nowhere in the files, what was decided still is.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from adapters.base import Part
from adapters.errors import RateLimited
from agent_core import context, events, facts
from agent_core.addresses import Identity, Party
from agent_core.erasure import ERASED
from agent_core.files import File
from agent_core.requests import Decision
from agent_core.run import Agent, Run, agent
from agent_core.wanted import Question
from gateway.commands import carry_out
from gateway.errors import Busy, Needed
from gateway.store.rows import DAY
from gateway.store.sqlite_reader import SqliteReader
from tests.gateway.agents import Target, World, asker, echo
from tests.gateway.house import OPS, PEOPLE, RITA, House, Make
from tests.gateway.loopback import Loopback
from tests.gateway.test_quiet import asleep

RITAS, ANAS = "mangosteen", "persimmon"
WHO = (Party("rita"), [Identity("slack:T1/URITA")])
ANA = (Party("ana"), [Identity("slack:T1/UANA")])


class Step(BaseModel):
    """What the model decides."""

    tag: str


def repeats(world: World) -> Agent:
    """An agent whose model, tool, card and reply all repeat what it was told."""
    deploy = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        step = await run.next_step(Step, context=lambda thread: context.render(context.entries(thread)))
        result = await run.call(deploy, Target(tag=step.tag), why=f"because of {step.tag}")
        await run.reply(f"{run.asked}: {result}")

    return bot


def says(text: str, schema: dict[str, Any]) -> str:
    return Step(tag=f"the {RITAS} tag").model_dump_json()


def holds(folder: Path, word: str) -> list[str]:
    """The files of a folder in which a word stands, as `grep -a` would find it."""
    return [file.name for file in sorted(folder.iterdir()) if file.is_file() and word.encode() in file.read_bytes()]


async def forget(house: House, who: tuple[Party, list[Identity]]) -> int:
    count = await house.store.forget(*who)
    await house.runtime.settle()
    return count


async def decided(house: House, word: str) -> None:
    """Rita asks, saying a word; Ana denies, saying another."""
    await house.write(RITA, f"deploy the {word} tag")
    (row,) = await house.store.requests(status="open")
    await house.deny("UANA", row.id, f"not the {ANAS}")
    await house.runtime.advance(60)


async def test_nothing_that_they_said_is_left_in_the_files(make: Make, tmp_path: Path):
    """
    After a requester was forgotten, neither the database nor its log holds a word of theirs, nor what a model, a tool,
    a card or an approver repeated of it: beside a running gateway, and when it has stopped.
    """
    async with make(repeats(World()), script=says) as house:
        await decided(house, RITAS)
        raw = {
            r.event.raw for r in await house.store.log((await house.store.threads())[0].id) if hasattr(r.event, "raw")
        }
        contexts = [e.context for e in await house.log() if isinstance(e, events.ModelAnswered)]
        assert holds(tmp_path, RITAS)
        assert await forget(house, WHO) > 5

        assert [] == holds(tmp_path, RITAS) == holds(tmp_path, ANAS)
        assert [None] * (len(raw) + len(contexts)) == [await house.store.blob(str(d)) for d in (*raw, *contexts)]
    assert [] == holds(tmp_path, RITAS) == holds(tmp_path, ANAS)


async def test_outcomes_digests_and_who_decided_are_left(make: Make, tmp_path: Path):
    """
    The log still says that a call of this digest was asked for by Rita and denied by Ana, and when.
    """
    async with make(repeats(World()), script=says) as house:
        await decided(house, RITAS)
        before = await house.log()
        await forget(house, WHO)
        after = await house.log()
        (opened,) = [e for e in after if isinstance(e, events.RequestOpened)]
        (settled,) = [e for e in after if isinstance(e, events.RequestSettled)]

        assert [type(e) for e in before] == [type(e) for e in after]
        assert [e.request.digest for e in before if isinstance(e, events.RequestOpened)] == [opened.request.digest]
        assert ("denied", "ana", "Ana", ERASED) == (
            settled.settlement.outcome,
            settled.settlement.by,
            settled.settlement.name,
            settled.settlement.comment,
        )
        assert ("rita", ERASED, {}) == (opened.request.requester, opened.request.title, opened.request.arguments)


async def test_doing_it_again_changes_nothing(make: Make):
    """
    Asked twice, as after an interruption, the second time finds nothing to erase and adds nothing to the log.
    """
    async with make(repeats(World()), script=says) as house:
        await decided(house, RITAS)
        await forget(house, WHO)
        versions = list(house.store._reader.execute("SELECT key, version FROM conversations"))

        assert 0 == await forget(house, WHO)
        assert versions == list(house.store._reader.execute("SELECT key, version FROM conversations"))


async def test_an_approvers_words_go_and_other_runs_stay(make: Make, tmp_path: Path):
    """
    Forgetting an approver erases the run that they answered in words, and no other run of the same thread.
    """
    async with make(repeats(World()), script=says) as house:
        await decided(house, RITAS)
        await house.write(RITA, "deploy the rambutan tag")
        (row,) = await house.store.requests(status="open")
        await house.press("UANA", row.id, Decision.APPROVE)
        await forget(house, ANA)

        assert [] == holds(tmp_path, ANAS)
        assert holds(tmp_path, "rambutan")
        answers = [e for e in await house.log() if isinstance(e, events.ResponseGiven)]
        assert [("ana", "deny", ERASED), ("ana", "approve", "Ana")] == [(e.party, e.decision, e.name) for e in answers]


async def test_what_was_told_where_nothing_was_shown_goes_as_well(make: Make, tmp_path: Path):
    """
    A place that waited for somebody to wake, and never showed the card, was told how it ended all the same.
    """
    async with make(repeats(World()), script=says, people=asleep("ben", of=PEOPLE)) as house:
        await decided(house, RITAS)
        assert [] == house.seen("UBEN")
        await forget(house, ANA)

        assert [] == holds(tmp_path, ANAS)


async def test_what_came_too_late_goes_as_well(make: Make, tmp_path: Path):
    """
    Words that decided nothing any more are gone with the run that they were kept with.
    """
    async with make(repeats(World()), script=says) as house:
        await house.write(RITA, "deploy it")
        (row,) = await house.store.requests(status="open")
        await house.press("UBEN", row.id, Decision.APPROVE)
        await house.deny("UANA", row.id, f"not the {ANAS}")
        assert holds(tmp_path, ANAS)
        await house.runtime.advance(60)
        await forget(house, ANA)

        assert [] == holds(tmp_path, ANAS)


async def test_a_run_that_needs_the_texts_has_to_end_first(make: Make, tmp_path: Path):
    """
    While a run waits that is rebuilt from their words, nothing is erased, its thread is named, and the run goes on.
    """
    world = World()
    async with make(repeats(world), script=says) as house:
        await house.write(RITA, f"deploy the {RITAS} tag")
        (thread,) = await house.store.threads()
        with pytest.raises(Needed, match=thread.id):
            await forget(house, WHO)
        assert holds(tmp_path, RITAS)
    async with make(repeats(world), script=says) as house:
        await house.runtime.advance(60)
        (row,) = await house.store.requests(status="open")
        await house.press("UANA", row.id, Decision.APPROVE)

        assert [("production", f"the {RITAS} tag", 1)] == world.deployed
        assert [("ended", "done")] == await house.status()


async def test_with_end_the_run_is_cancelled_then_erased(make: Make, tmp_path: Path):
    """
    Told to end what is needed, the gateway drops the run, its card says so, and then the words go.
    """
    world = World()
    async with make(repeats(world), script=says) as house:
        await house.write(RITA, f"deploy the {RITAS} tag")
        asked = {"do": "forget", "party": "rita", "identities": ["slack:T1/URITA"], "end": True}
        forgetting = asyncio.ensure_future(carry_out(house.store, house.world.directory, asked, house.runtime))
        await house.runtime.advance(60)

        assert await forgetting > 5
        assert [("ended", "cancelled")] == await house.status()
        assert "Cancelled" in house.texts("UANA")[-1]
        assert [] == holds(tmp_path, RITAS)
        assert [] == world.deployed


async def test_what_is_in_memory_does_not_come_back(make: Make, tmp_path: Path):
    """
    The next run of the same thread, in the same process, is handed none of the lines that were erased.
    """
    async with make(repeats(World()), script=lambda text, schema: Step(tag="v2").model_dump_json()) as house:
        await decided(house, RITAS)
        await forget(house, WHO)
        await decided(house, "second")
        contexts = [e.context for e in await house.log() if isinstance(e, events.ModelAnswered)]

        assert [] == holds(tmp_path, RITAS)
        assert 2 == len(contexts)
        assert RITAS.encode() not in (await house.store.blob(contexts[1]) or b"")


async def test_what_is_not_sent_yet_is_given_up(make: Make, tmp_path: Path, channel: Loopback):
    """
    A message to them that the channel has not taken yet is dead, with the reason, and cannot be taken up again.
    """

    def busy(part: Part) -> None:
        raise RateLimited("slack", retry_after=600)

    @agent(name="bot")
    async def parrot(run: Run) -> None:
        await run.reply(run.asked)

    async with make(parrot) as house:
        channel.fault = busy
        await house.write(RITA, RITAS)
        (refused,) = await house.store.deliveries(status="new")
        await forget(house, WHO)
        channel.fault = lambda part: None
        await house.runtime.advance(1_200)

        assert [("dead", "erased")] == [(row.status, row.reason) for row in await house.store.deliveries()]
        assert not await house.store.retry(refused.id)
        assert [] == house.seen(RITA)
        assert [] == holds(tmp_path, RITAS)


async def test_while_a_message_is_being_sent_it_is_busy(make: Make, tmp_path: Path, channel: Loopback):
    """
    Nothing is erased under a call to the vendor; a moment later it is.
    """
    async with make(echo) as house:
        going = asyncio.Event()
        deliver = channel.deliver

        async def slow(part: Part) -> Any:
            await going.wait()
            return await deliver(part)

        channel.deliver = slow  # type: ignore[method-assign]
        await house.write(RITA, "start")
        await house.write(RITA, RITAS)
        await house.write(RITA, "bye")
        with pytest.raises(Busy, match="being sent"):
            await forget(house, WHO)
        going.set()
        await house.runtime.advance(1)
        await forget(house, WHO)

        assert [] == holds(tmp_path, RITAS)


async def test_another_reader_keeps_old_text_and_that_is_said(make: Make, tmp_path: Path):
    """
    While another program reads, the log beside the database cannot be emptied: that is said, and asking again works.
    """
    async with make(repeats(World()), script=says) as house, SqliteReader(tmp_path) as other:
        await decided(house, RITAS)
        other._reader.execute("BEGIN")
        other._reader.execute("SELECT * FROM events").fetchone()
        with pytest.raises(Busy, match="another program reads"):
            await forget(house, WHO)
        other._reader.execute("ROLLBACK")
        assert 0 == await forget(house, WHO)

        assert [] == holds(tmp_path, RITAS)


async def test_texts_that_have_grown_old_are_gone_everywhere(make: Make, tmp_path: Path):
    """
    After its time nothing that was said in a run that has ended can be read in any log, card or list; how it ended can.
    """
    async with make(repeats(World()), script=says) as house:
        await decided(house, RITAS)
        await house.runtime.advance(30 * DAY)
        assert await house.store.purge(house.store.now(), 20 * DAY) > 5
        rows = "SELECT CAST(body AS TEXT) FROM events UNION ALL SELECT CAST(body AS TEXT) FROM requests UNION ALL"
        stored = house.store._reader.execute(f"{rows} SELECT CAST(body AS TEXT) FROM copies").fetchall()
        (settled,) = [e for e in await house.log() if isinstance(e, events.RequestSettled)]

        assert stored
        assert [] == [body for (body,) in stored if RITAS in body or ANAS in body]
        assert ("denied", "ana", "Ana") == (settled.settlement.outcome, settled.settlement.by, settled.settlement.name)


async def test_texts_of_others_in_the_same_places_stay(make: Make, tmp_path: Path):
    """
    What other people said in conversations that lost something is as it was.
    """
    async with make(asker(Question("How so?"))) as house:
        await house.write("UBEN", "durian", at=OPS)
        await house.runtime.advance(1)
        await house.write(RITA, RITAS)
        await house.runtime.advance(1)
        await house.write(RITA, "an answer")
        await house.runtime.advance(60)
        await forget(house, WHO)

        assert holds(tmp_path, "durian")
        assert [] == holds(tmp_path, RITAS)


async def test_files_go_as_well(make: Make, tmp_path: Path):
    """
    What a person attached is not named any more, and what their run sent them is not kept.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.reply("here", files=[File(f"{RITAS}.csv", b"harmless\n" * 9)])

    async with make(bot) as house:
        file = facts.Attachment(name=f"{RITAS}.txt", size=5, url=f"https://files.slack.com/{RITAS}")
        await house.write(RITA, "look", attachments=(file,))
        (sent,) = [e for event in await house.log() if isinstance(event, events.Replied) for e in event.enclosures]
        assert await house.store.blob(sent.blob) is not None
        await house.runtime.advance(60)
        await forget(house, WHO)

        assert [] == holds(tmp_path, RITAS)
        assert await house.store.blob(sent.blob) is None
