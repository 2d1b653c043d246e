"""
Files, both ways: given to tools, sent with replies, kept beside the log.
"""

from __future__ import annotations

import asyncio

import pytest
from pydantic import BaseModel

from adapters.errors import Unreachable
from agent_core import events, facts, log
from agent_core.files import File
from agent_core.results import Failed, Ok
from agent_core.run import Run, agent
from agent_core.tools import Start, tool
from tests.gateway.house import RITA, Make
from tests.gateway.test_outbox import raising, statuses
from tests.runtime import HandRuntime

CSV = b"environment,tag\r\nproduction,v1\r\n"
PLAN = facts.Attachment(name="plan.csv", media_type="text/csv", size=len(CSV), url="vendor://1")


class Named(BaseModel):
    """Which file to read."""

    name: str = "plan.csv"


@agent(name="bot")
async def exporter(run: Run) -> None:
    """Sends a file."""
    await run.reply("This is what runs where.", files=[File("list.csv", CSV)])


async def test_a_file_is_sent_with_the_reply(make: Make):
    """
    People get it; the log names it, its size and where its content is kept, and does not hold it.
    """
    async with make(exporter) as house:
        await house.write(RITA, "export")
        (said,) = house.seen(RITA)
        replied = next(event for event in await house.log() if isinstance(event, events.Replied))

        assert ("This is what runs where.", {"list.csv": CSV}) == (said.text, said.files)
        (enclosure,) = replied.enclosures
        assert ("list.csv", len(CSV)) == (enclosure.name, enclosure.size)
        assert CSV == await house.store.blob(enclosure.blob)
        assert b"production" not in log.encode(replied)


async def test_a_file_survives_a_restart(make: Make, runtime: HandRuntime):
    """
    What could not be sent before the process died is sent after it, whole.
    """
    async with make(exporter) as house:
        house.channel.fault = raising(Unreachable("down"), times=99)
        await house.write(RITA, "export")
    async with make(exporter) as house:
        house.channel.fault = lambda part: None
        await runtime.advance(120)

        assert [{"list.csv": CSV}] == [said.files for said in house.seen(RITA)]


async def test_a_file_that_is_kept_no_more_ends_its_delivery(make: Make, runtime: HandRuntime):
    """
    A message is not sent without what it was to bring.
    """
    async with make(exporter) as house:
        house.channel.fault = raising(Unreachable("down"), times=1)

        async def gone(digest: str) -> None:
            return None

        await house.write(RITA, "export")
        house.store.blob = gone  # type: ignore[method-assign, assignment]
        await runtime.advance(10)

        assert ("say", "dead") in await statuses(house)
        assert [] == house.seen(RITA)


async def test_where_no_files_are_taken_the_words_say_so(make: Make):
    """
    A channel without files shows the text, and which file is missing.
    """
    async with make(exporter) as house:
        house.channel.files = False
        await house.write(RITA, "export")
        (text,) = house.texts(RITA)

        assert text.startswith("This is what runs where.\n")
        assert "list.csv" in text


async def test_a_file_that_cannot_be_sent_fails_the_run_with_its_name(make: Make):
    """
    Too large is the author's fault, and says how large and how much is taken.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.reply("here", files=[File("huge.bin", b"x" * 9_000_000)])

    async with make(bot) as house:
        await house.write(RITA, "export")
        ended = next(event for event in await house.log() if isinstance(event, events.RunEnded))

        assert "failed" == ended.outcome
        assert "huge.bin has 9000000 bytes; a file has at least 1 and at most 8388608" in ended.detail


async def test_a_tool_reads_a_file_that_came_with_a_message(make: Make):
    """
    The agent names it, the tool fetches it.
    """

    @tool(read_only=True)
    async def read(arguments: Named, start: Start) -> str:
        (file,) = [file for file in start.attachments if file.name == arguments.name]
        return (await start.fetch(file)).decode()

    results = []

    @agent(name="bot")
    async def bot(run: Run) -> None:
        results.append(await run.call(read, Named()))
        await run.receive()
        results.append(await run.call(read, Named(name="later.csv")))

    async with make(bot) as house:
        house.channel.kept = {"vendor://1": CSV, "vendor://2": b"more"}
        await house.write(RITA, "look", attachments=(PLAN,))
        later = PLAN.model_copy(update={"name": "later.csv", "url": "vendor://2"})
        await house.write(RITA, "and this", attachments=(later,))

    assert [Ok(CSV.decode()), Ok("more")] == results


@pytest.mark.parametrize(
    ("attachment", "why"),
    [
        (PLAN.model_copy(update={"url": "https://evil.test/"}), "not among the files of this run's messages"),
        (PLAN, "plan.csv is not there any more"),
    ],
)
async def test_only_what_people_sent_is_fetched(make: Make, attachment: facts.Attachment, why: str):
    """
    An address that a tool or a model made up is never asked; what the vendor says of the others is the tool's error.
    """

    @tool(read_only=True)
    async def read(arguments: Named, start: Start) -> str:
        return (await start.fetch(attachment)).decode()

    results = []

    @agent(name="bot")
    async def bot(run: Run) -> None:
        results.append(await run.call(read, Named()))

    async with make(bot) as house:
        house.channel.kept = {"https://evil.test/": b"secret"}
        await house.write(RITA, "look", attachments=(PLAN,))

    (failed,) = results
    assert isinstance(failed, Failed)
    assert why in failed.message


async def test_a_start_that_nobody_gave_a_channel_fetches_nothing():
    """
    In a test of a tool, files have to be given by hand.
    """
    with pytest.raises(LookupError, match=r"plan\.csv"):
        await asyncio.wait_for(Start("s", 1, None, (PLAN,)).fetch(PLAN), 1)
