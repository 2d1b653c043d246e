"""
Names, guests and robots: what Slack knows of those who write.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Inbound
from adapters.slack import members
from adapters.slack.emulator import Fault, Server, Workspace, serve
from adapters.slack.receive import DONE, Receiver
from tests.adapters.slack.test_receive import Still, receiver
from tests.contracts.adapter import Gate, until

MESSAGE = json.loads((Path(__file__).parent / "payloads" / "message_in_dm.json").read_text())
RITA = "U0000RITA"


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Slack's Web API."""
    async with await serve("127.0.0.1", 0, Workspace.create(["ana", "rita"], ["general"])) as one:
        yield one


@pytest.fixture
async def slack(server: Server) -> AsyncIterator[Receiver]:
    """An account that knows who it is."""
    one = await receiver(server)
    yield one
    await one.close()
    await one.client.close()


async def written(slack: Receiver, user: str = RITA, number: int = 1) -> Inbound:
    """What is stored of a message."""
    gate = Gate()
    event: dict[str, Any] = MESSAGE["event"] | {"user": user, "ts": f"1700000000.{number:06}"}
    assert DONE == await slack.take(MESSAGE | {"event": event}, gate)
    return gate.came[0]


def asked(server: Server) -> int:
    return sum(call["method"] == "users.info" for call in server.emulator.state()["calls"])


async def test_who_writes_has_a_name(slack: Receiver, server: Server):
    """
    A message carries an id; the fact carries the name besides, and Slack is asked once.
    """
    facts = [(await written(slack, number=number)).fact for number in (1, 2)]

    assert ["rita", "rita"] == [fact.sender_name for fact in facts]
    assert [False, False] == [fact.outsider for fact in facts]
    assert 1 == asked(server)


async def test_two_at_once_are_one_question(slack: Receiver, server: Server):
    """
    Messages that come while Slack is being asked wait for the same answer.
    """
    await asyncio.gather(*(written(slack, number=number) for number in range(5)))

    assert 1 == asked(server)


@pytest.mark.parametrize("flag", ["is_restricted", "deleted"])
async def test_guests_and_the_departed_are_outsiders(slack: Receiver, server: Server, flag: str):
    """
    A guest, or somebody whose account was closed while their message was on its way, is no member.
    """
    setattr(server.emulator.workspace.state.people[RITA], flag, True)

    assert (await written(slack)).fact.outsider


async def test_a_robot_is_not_heard(slack: Receiver, server: Server):
    """
    A bot that writes without saying so is dropped: robots never talk in circles.
    """
    gate, bot = Gate(), server.emulator.workspace.state.bot.user_id
    assert slack._bot is not None
    slack._bot = slack._bot._replace(user="USOMEBODY")  # so that it is another bot's
    event = MESSAGE["event"] | {"user": bot}

    assert DONE == await slack.take(MESSAGE | {"event": event}, gate)
    assert [] == gate.came


async def test_the_acknowledgement_does_not_depend_on_it(
    slack: Receiver, server: Server, monkeypatch: pytest.MonkeyPatch
):
    """
    While Slack does not answer the message is stored without a name; the next one has it.
    """
    monkeypatch.setattr(members, "PATIENCE", 0.05)
    server.emulator.add_fault(Fault(on="users.info", kind="delay", seconds=0.3))
    first = await asyncio.wait_for(written(slack), 0.25)
    await until(lambda: slack._members._known)
    second = await written(slack, number=2)

    assert ["", "rita"] == [first.fact.sender_name, second.fact.sender_name]


@pytest.mark.parametrize("error", ["missing_scope", "user_not_found", "fatal_error"])
async def test_without_an_answer_there_is_no_name(
    slack: Receiver, server: Server, monkeypatch: pytest.MonkeyPatch, error: str
):
    """
    An app without the scope, somebody whom Slack does not show, a bad moment: the message counts all the same, and
    Slack is asked again after a while.
    """
    fault = server.emulator.add_fault(Fault(on="users.info", kind="refuse", error=error, times=None))

    assert ("", False) == ((fact := (await written(slack)).fact).sender_name, fact.outsider)
    await written(slack, number=2)
    assert 1 == asked(server)
    server.emulator.remove_fault(fault.id)
    monkeypatch.setattr(Still, "now", lambda clock: 1_700_000_000.0 + members.AGAIN)
    assert "rita" == (await written(slack, number=3)).fact.sender_name


async def test_few_are_remembered_at_a_time(slack: Receiver, server: Server, monkeypatch: pytest.MonkeyPatch):
    """
    Memory is bounded: the one known longest is asked about again.
    """
    monkeypatch.setattr(members, "MOST", 1)
    for number, user in enumerate((RITA, "U00000ANA", RITA)):
        await written(slack, user, number)

    assert 3 == asked(server)


@pytest.mark.parametrize("user", [None, [], [1], "x", 7, {"profile": [1]}, {"profile": {"display_name": ""}}])
def test_who_is_described_oddly_is_somebody_without_a_name(user: Any):
    """
    What is no description of a user says nothing of them, and keeps no message from being stored.
    """
    assert members.Member() == members._member(user)
