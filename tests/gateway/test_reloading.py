"""
People and policy read again while the gateway runs.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from agent_core import facts
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.requests import Assurance, Decision
from agent_core.rulings import Response
from gateway import settings
from gateway.errors import SettingsError
from gateway.reloading import Reloading
from gateway.store.base import Fact
from gateway.store.rows import Link
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OPS, OTTO, RITA, Make

FILE = """
[[people]]
id = "rita"
name = "Rita"
identities = ["slack:T1/URITA"]

[[people]]
id = "ben"
name = "Ben"
identities = ["slack:T1/UBEN"]
roles = ["owner", "release"]
"""
RULE = '[[policy]]\ntool = "deploy"\nroles = ["release"]\ntargets = ["people"]\n'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "ringback.toml"


def write(file: Path, text: str) -> None:
    file.write_text(text)


def reloading(house, file: Path, running: str = FILE + RULE) -> Reloading:
    """What reads a file again, which held `running` at the start."""
    file.write_text(running)
    load = lambda: settings.load(file, {})  # noqa: E731
    return Reloading(load(), load, house.world.directory, house.world.rules, house.store)


async def test_who_was_removed_decides_nothing_any_more(make: Make, file: Path):
    """
    An open request asks the people of the new directory: who is gone changes nothing, who is there decides.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        assert [] == await reloading(house, file).reload()
        await house.press(ANA, request, Decision.APPROVE)
        assert [] == world.deployed
        assert "I do not know who you are on this channel" in house.texts(ANA)[-1]
        await house.press(BEN, request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_an_answer_on_its_way_counts_as_people_are_when_it_arrives(make: Make, file: Path):
    """
    Ana pressed while she might decide, and her answer came home after she was removed: it decides nothing (G9).
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        ana = house.world.directory.voter(Identity("slack:T1/UANA"), "Ana", Assurance.HIGH)
        assert ana.roles == ("release",)
        assert [] == await reloading(house, file).reload()
        sent = Response(
            request=request, voter=ana, decision=Decision.APPROVE, sent_at=house.runtime.now(), seen=True, via=OPS
        )
        home = ConversationKey("slack:T1/URITA")
        await house.store.append(Fact(home, facts.ResponseForwarded(response=sent), ("on its way",)))
        await house.runtime.settle()

        assert [] == world.deployed


async def test_the_new_policy_judges_the_next_call(make: Make, file: Path):
    """
    A rule that is gone from the file asks nobody any more.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        again = reloading(house, file)
        write(file, FILE)
        assert [] == await again.reload()
        await house.write(RITA, "go")

        assert [("production", "v1", 1)] == world.deployed


async def test_a_mistake_changes_nothing(make: Make, file: Path):
    """
    A file with a mistake is refused as a whole: people and policy stay as they were.
    """
    async with make(World().deployer(World().deploy())) as house:
        again = reloading(house, file)
        await again.reload()
        rules = list(house.world.rules)
        write(file, FILE.replace("Ben", "Benjamin") + RULE.replace("release", "nobody"))
        with pytest.raises(SettingsError, match="has the role 'nobody'"):
            await again.reload()

        assert ["Ben", "Rita"] == [person.name for person in house.world.directory.people()]
        assert rules == house.world.rules


async def test_linked_accounts_stay_linked(make: Make, file: Path):
    """
    What was linked by a command or a code is in the store, and counts in the new directory too.
    """
    async with make(World().deployer(World().deploy())) as house:
        await house.store.link(Link(Identity(f"slack:T1/{OTTO}"), Party("ben"), 0.0, "a code"))
        await reloading(house, file).reload()

        person = house.world.directory.person(Identity(f"slack:T1/{OTTO}"))
        assert person is not None
        assert "ben" == person.id


async def test_what_needs_a_restart_is_named(make: Make, file: Path):
    """
    Other tables are not taken over, and those that have changed are told.
    """
    async with make(World().deployer(World().deploy())) as house:
        again = reloading(house, file)
        write(file, FILE + RULE + "[server]\nport = 9000\n[limits]\nstarts_per_hour = 5\n")

        assert ["server", "limits"] == await again.reload()
