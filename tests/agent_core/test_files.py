"""
Files: which may be sent, and how a model hears of them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from agent_core import context, events, log
from agent_core.addresses import Identity, Party
from agent_core.effects import Reply
from agent_core.facts import Attachment, MessageReceived
from agent_core.files import LARGEST, LONGEST_NAME, MOST, File, checked, measured
from agent_core.log import Record
from agent_core.run import Run, advance, agent
from agent_core.thread import Thread
from tests.agent_core.logs import NOON

HERE: Any = "slack:T1/U1"
PLAN = Attachment(name="plan.csv", media_type="text/csv", size=2_345, url="https://files.slack.com/secret-address")
NOTES = Attachment(name="notes.txt", size=7, url="https://files.slack.com/other")


def a_message(text: str, *attachments: Attachment) -> MessageReceived:
    return MessageReceived(sender=Identity("slack:T1/U1"), sent_at=NOON, text=text, attachments=attachments)


def a_thread() -> Thread:
    facts = {1: a_message("look at this", PLAN), 2: a_message("", NOTES), 3: a_message("of an earlier run", PLAN)}
    thread = Thread("t", HERE, facts)
    named = {"thread": "t", "run": "r1"}
    thread.apply(Record(4, NOON, events.RunStarted(**named, agent="bot", version="1", consumes=(1,))))
    thread.apply(Record(5, NOON, events.MessageKept(**named, fact=2, party=Party("rita"), name="Rita")))
    return thread


def test_a_model_is_told_of_a_file_and_not_where_it_is():
    """
    Name, kind and size stand with the message; the address, which a token opens, does not.
    """
    told = context.render(context.entries(a_thread()))

    assert "look at this\n[attached: plan.csv, text/csv, 2 KB]" in told
    assert ">[attached: notes.txt, ?, 7 bytes]<" in told
    assert "slack.com" not in told


def test_a_run_knows_the_files_of_its_own_messages():
    """
    Those that began it and those that came later, not those of other runs.
    """
    assert (PLAN, NOTES) == a_thread().attachments()


def test_a_reply_carries_its_files():
    """
    What is to be sent is part of the wish; the log names it and does not hold it.
    """

    @agent()
    async def bot(run: Run) -> None:
        await run.reply("here", files=[File("a.txt", "ä"), File("b.bin", b"\x00")])

    thread = Thread("t", HERE)
    thread.apply(Record(1, NOON, events.RunStarted(thread="t", run="r1", agent="bot", version="1")))
    (wish,) = advance(bot, thread).effects

    assert isinstance(wish, Reply)
    assert [("a.txt", b"\xc3\xa4"), ("b.bin", b"\x00")] == [(file.name, file.body) for file in wish.files]


def test_a_reply_of_before_there_were_files_is_read():
    """
    A log that was written earlier is lifted.
    """
    old = json.dumps({"type": "Replied", "thread": "t", "run": "r1", "key": "reply#1", "text": "hi"}).encode()

    assert events.Replied(thread="t", run="r1", key="reply#1", text="hi") == log.decode(old)


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([File("", "x")], "name"),
        ([File("a/b", "x")], "name"),
        ([File("a\nb", "x")], "name"),
        ([File("x" * (LONGEST_NAME + 1), "x")], "name"),
        ([File("a.txt", "")], "0 bytes"),
        ([File("a.txt", b"x" * (LARGEST + 1))], "a.txt has 8388609 bytes"),
        ([File("a.txt", "x")] * (MOST + 1), "11 files"),
        (["a.txt"], "takes files as File"),
        ([File("a.txt", 5)], "takes files as File"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_a_reason(files: list[Any], why: str):
    """
    The author hears at once which file, and what about it.
    """
    with pytest.raises((ValueError, TypeError), match=why):
        checked(files)


@pytest.mark.parametrize(
    ("size", "said"), [(1, "1 bytes"), (999, "999 bytes"), (1_500, "2 KB"), (2_500_000, "2.5 MB"), (0, "0 bytes")]
)
def test_sizes_are_written_for_people(size: int, said: str):
    """
    In the unit that fits.
    """
    assert said == measured(size)
