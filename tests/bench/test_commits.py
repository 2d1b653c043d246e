"""
What a round trip costs in commits: counts, which hold on any machine.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from agent_core.addresses import Identity, Party
from agent_core.policy import Person, Rule
from agent_core.requests import Decision, Where, Who
from gateway.sandbox import deploybot
from gateway.sandbox.script import script
from tests.gateway.agents import World, echo
from tests.gateway.door import a_request, enter_by, keyed
from tests.gateway.house import House
from tests.gateway.loopback import Loopback
from tests.gateway.receiver import receiver
from tests.gateway.test_callbacks import arrived, told_at
from tests.runtime import HandRuntime

MANY = 64
USERS = [f"UP{number}" for number in range(MANY)]
PEOPLE = [Person(id=Party(user), name=user, identities=(Identity(f"slack:T1/{user}"),)) for user in USERS]
RULE = Rule(tool="deploy", who=Who(people=tuple(Party(user) for user in USERS)), where=Where(targets=("origin",)))


class Commits:
    """Counts the transactions of a house's store as SQLite sees them: those that add to a log, and all."""

    def __init__(self, house: House) -> None:
        self.adding = self.all = 0
        self._adds = False
        house.store._db.set_trace_callback(self._traced)

    def _traced(self, statement: str) -> None:
        self._adds |= statement.startswith("INSERT INTO events")
        if statement == "COMMIT":
            self.adding, self.all, self._adds = self.adding + self._adds, self.all + 1, False


def house_of(world: World, folder: Path) -> House:
    """A gateway over a channel without a wire, where everybody approves what they ask for."""
    runtime = HandRuntime()
    agents = [world.deployer(world.deploy())]
    return House(folder, runtime, Loopback(runtime.now), agents, rules=(RULE,), people=PEOPLE)


async def trips(house: House, users: list[str], text: str = "go") -> None:
    """Everybody asks for something of their own and approves it, all at the same time."""
    await asyncio.gather(*(house.write(user, text, settle=False) for user in users))
    await house.runtime.settle()
    await asyncio.gather(*(house.press(user, house.card(user).request, Decision.APPROVE) for user in users))
    assert [("ended", "done")] * len(users) == await house.status()


async def test_one_round_trip_is_five_transactions(tmp_path: Path):
    """
    Inbound, pause and ask, answer, start, result and end: five transactions, in which receipts ride. Only the receipt
    that lets a further delivery of the same conversation go has one of its own.
    """
    world = World()
    async with house_of(world, tmp_path) as house:
        commits = Commits(house)
        await trips(house, USERS[:1])
        assert (5, 6) == (commits.adding, commits.all)
        assert 1 == len(world.deployed)


async def test_a_clients_round_trip_is_seven_transactions(tmp_path: Path):
    """
    Asked, opened, shown, answered, and settled with what comes of it; two more hold what was sent and what goes next.
    """
    runtime = HandRuntime()
    async with receiver() as there:
        client = told_at(there.url).model_copy(update={"to": ["UP1"]})
        known = {"people": PEOPLE, "clients": [client]}
        async with House(tmp_path, runtime, Loopback(runtime.now), [echo], **known) as house:
            commits = Commits(house)
            async with enter_by(house, client) as door:
                await door.post("/requests", json=a_request(), headers=keyed())
                await runtime.settle()
                await house.press("UP1", house.card("UP1").request, Decision.APPROVE)
                await arrived(there)
                await runtime.settle()
            assert (5, 7) == (commits.adding, commits.all)


async def test_each_step_of_a_model_after_a_tool_adds_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """
    The deploy bot's model is asked before its tool, which adds none, and after it: six transactions, with all receipts.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(deploybot, "ROLL_OUT", 0.0)
    runtime = HandRuntime()
    agents = [deploybot.deploybot]
    loopback = Loopback(runtime.now)
    async with House(tmp_path, runtime, loopback, agents, script=script, rules=(RULE,), people=PEOPLE) as house:
        commits = Commits(house)
        await trips(house, USERS[:1], "deploy v1.4.2 to production")
        assert (6, 6) == (commits.adding, commits.all)
        assert {"production": "v1.4.2"} == deploybot.read().running


async def test_many_at_once_share_their_transactions(tmp_path: Path):
    """
    Sixty-four round trips at the same time take fewer than four transactions in ten each.
    """
    world = World()
    async with house_of(world, tmp_path) as house:
        commits = Commits(house)
        await trips(house, USERS)
        assert commits.all <= 0.4 * MANY
        assert MANY == len(world.deployed)
