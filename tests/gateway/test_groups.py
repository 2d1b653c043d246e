"""
Roles by a channel's own groups. Ana has `oncall` by the group S1 alone.
"""

from __future__ import annotations

import asyncio

import pytest

from adapters.base import FormWanted, NoForm
from adapters.errors import Misconfigured, RateLimited, Unreachable
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.events import ResponseGiven, ResponseRefused
from agent_core.policy import Rule
from agent_core.requests import Assurance, Decision, Where, Who
from gateway import groups
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OPS, OTTO, PEOPLE, RITA, House, Make
from tests.runtime import HandRuntime

NAMED = {"slack:T1": {"S1": "oncall"}}
RULE = Rule(tool="deploy", who=Who(roles=("oncall",)), where=Where(targets=("people", OPS)), patience=86_400.0)
EITHER = RULE.model_copy(update={"who": Who(roles=("oncall", "owner"))})
UNREAD = (
    "I cannot see just now who is in the group that gives the role oncall, so nobody decides by it, and your answer "
    "changed nothing. The request is still open; please try again in a few minutes."
)


def house_of(make: Make, world: World, rule: Rule = RULE) -> House:
    return make(world.deployer(world.deploy()), rules=(rule,), groups=NAMED)


async def refusals(house: House) -> list[str]:
    return [event.reason for event in await house.log() if isinstance(event, ResponseRefused)]


async def test_who_is_in_the_group_decides(make: Make, channel):
    """
    A member is asked and decides, and the role stands with the vote; who is not in it is told whose decision it is.
    """
    world = World()
    channel.groups["S1"] = [ANA, OTTO]
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        assert [] == house.seen(BEN)
        await house.press(BEN, request, Decision.APPROVE, at=OPS)
        assert "Only Ana can decide this" in house.texts(OPS)[-1]
        await house.press(ANA, request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed
        (given,) = [event for event in await house.log() if isinstance(event, ResponseGiven)]
        assert (Party("ana"), ("release", "oncall")) == (given.party, given.roles)


async def test_an_account_that_is_nobodys_has_no_role(make: Make, channel):
    """
    Otto is in the group and not in the directory: the group says what people may do, and not who they are.
    """
    world = World()
    channel.groups["S1"] = [ANA, OTTO]
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        await house.press(OTTO, house.card(OPS).request, Decision.APPROVE, at=OPS)

        assert ([], ["not_asked"]) == (world.deployed, await refusals(house))


async def test_whoever_is_taken_out_decides_nothing_any_more(make: Make, channel):
    """
    From the next reading on, and a vote of theirs falls; whoever is put in decides then.
    """
    world = World()
    two = RULE.model_copy(update={"who": Who(roles=("oncall",), quorum=2)})
    channel.groups["S1"] = [ANA, BEN]
    async with house_of(make, world, two) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.APPROVE)
        channel.groups["S1"] = [BEN, RITA]
        await house.runtime.advance(groups.INTERVAL + 1)
        await house.press(BEN, request, Decision.APPROVE)
        assert [] == world.deployed
        await house.press(ANA, request, Decision.APPROVE)
        assert ["not_asked"] == await refusals(house)
        await house.press(RITA, house.card(OPS).request, Decision.APPROVE, at=OPS)

        assert [("production", "v1", 1)] == world.deployed


async def test_what_is_too_old_counts_for_nothing(make: Make, channel):
    """
    While the vendor cannot be reached a reading counts for five minutes; then the answer is refused in words, the
    operator is told once, and once it can be read again the same press decides.
    """
    world = World()
    channel.groups["S1"] = [ANA]
    async with house_of(make, world, EITHER) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        channel.group_fault = Unreachable("Slack cannot be reached")
        await house.runtime.advance(groups.INTERVAL + 1)
        assert "S1 (oncall): Slack cannot be reached" == house.health.report()["slack:T1"]["groups"]
        await house.runtime.advance(groups.OLDEST - groups.INTERVAL + groups.AGAIN)
        await house.press(ANA, request, Decision.APPROVE)
        assert ([], UNREAD, ["group_unread"]) == (world.deployed, house.texts(ANA)[-1], await refusals(house))
        told = "Who is in the group S1 of slack:T1 cannot be read, so nobody has the role oncall by it until it can: "
        assert [f"{told}Slack cannot be reached"] == [text for text in house.texts(BEN) if text.startswith("Who is in")]
        channel.group_fault = None
        await house.runtime.advance(groups.AGAIN)
        assert "" == house.health.report()["slack:T1"]["groups"]
        await house.press(ANA, request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_a_reading_counts_as_long_as_it_says(make: Make, channel):
    """
    Shortly before five minutes are over a member still decides.
    """
    world = World()
    channel.groups["S1"] = [ANA]
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        channel.group_fault = RateLimited("slow down", retry_after=3_600)
        await house.runtime.advance(groups.OLDEST - 10)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_more_groups_than_may_be_read_at_once_take_turns(make: Make, channel, monkeypatch: pytest.MonkeyPatch):
    """
    Where the vendor asks for a pause the others are read after it, so that each is read again in time, and nobody is
    told of trouble that is none.
    """
    world, reads = World(), list[str]()
    whole = channel.members

    async def members(group: str) -> frozenset[Identity]:
        if len(reads) % 3 == 2:
            reads.append("pause")
            raise RateLimited("slow down", retry_after=20)
        reads.append(group)
        return frozenset(await whole(group))

    monkeypatch.setattr(channel, "members", members)
    named = {"slack:T1": {f"S{number}": "oncall" for number in range(1, 7)}}
    channel.groups |= {f"S{number}": [] for number in range(1, 6)} | {"S6": [ANA]}
    async with make(world.deployer(world.deploy()), rules=(RULE,), groups=named) as house:
        await house.runtime.advance(41)
        assert [f"S{number}" for number in range(1, 7)] == [one for one in reads if one != "pause"]
        for _ in range(20):
            await house.runtime.advance(20)
            assert frozenset() == house.groups.unread()
        assert ("", []) == (house.health.report()["slack:T1"]["groups"], house.texts(BEN))


async def test_what_the_vendor_refuses_counts_at_once(make: Make, channel):
    """
    Without the scope, or when the group is gone, what was read before counts no more; others decide.
    """
    world = World()
    channel.groups["S1"] = [ANA]
    async with house_of(make, world, EITHER) as house:
        await house.write(RITA, "go")
        channel.group_fault = Misconfigured("it needs usergroups:read", missing="usergroups:read")
        await house.runtime.advance(groups.INTERVAL + 1)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert ([], ["group_unread"]) == (world.deployed, await refusals(house))
        channel.group_fault = None
        del channel.groups["S1"]
        await house.runtime.advance(groups.INTERVAL + 1)
        assert "S1 (oncall): there is no group S1" == house.health.report()["slack:T1"]["groups"]
        await house.press(BEN, house.card(BEN).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_nobody_is_asked_by_a_group_that_was_never_read(make: Make, channel):
    """
    It fails closed from the start: the run is on hold until somebody looks, and goes on once the group can be read.
    """
    world = World()
    channel.group_fault = Unreachable("Slack cannot be reached")
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        assert [("parked", "no_route")] == await house.status()
        channel.group_fault, channel.groups["S1"] = None, [ANA]
        await house.runtime.advance(groups.INTERVAL + 1)
        await house.act("ask_again")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed


async def test_a_form_is_not_opened_for_nobody(make: Make, channel):
    """
    A press that only opens a form is answered with the same sentence.
    """
    world = World()
    channel.groups["S1"] = [ANA]
    async with house_of(make, world) as house:
        await house.write(RITA, "go")
        channel.group_fault = Misconfigured("it needs usergroups:read", missing="usergroups:read")
        await house.runtime.advance(groups.INTERVAL + 1)
        place, ana = ConversationKey(f"slack:T1/{ANA}"), Identity(f"slack:T1/{ANA}")
        answer = await house.gate.query(FormWanted(house.card(ANA).request, place, ana, "Ana", Assurance.HIGH))

        assert NoForm(UNREAD) == answer


async def test_deciding_waits_for_the_first_reading(make: Make, channel, runtime):
    """
    At a start nothing is decided before the groups were tried once, and no longer than a few seconds.
    """
    world = World()
    async with house_of(make, world) as house:
        assert not await waits(house.reader, runtime, 0.0)
        without = groups.GroupReader({}, {}, house.groups, house.health, house.notices, runtime)
        assert not await waits(without, runtime, 0.0)
        unheard = groups.GroupReader(NAMED, {}, house.groups, house.health, house.notices, runtime)
        assert await waits(unheard, runtime, groups.FIRST - 1)
        assert not await waits(unheard, runtime, groups.FIRST + 1)


async def waits(reader: groups.GroupReader, runtime: HandRuntime, seconds: float) -> bool:
    """Tell whether deciding still waits after so many seconds."""
    waiting = asyncio.create_task(reader.tried())
    await runtime.advance(seconds)
    waiting.cancel()
    return not waiting.done()


async def test_people_have_what_the_settings_say_besides(make: Make, channel):
    """
    A role of the settings does not depend on any group, and a person read anew keeps those by groups.
    """
    channel.groups["S1"] = [ANA]
    world = World()
    async with house_of(make, world) as house:
        directory = house.world.directory
        assert ("release", "oncall") == directory.roles(Party("ana"))
        directory.replace(PEOPLE)
        assert ("release", "oncall") == directory.roles(Party("ana"))
        channel.groups["S1"] = []
        await house.runtime.advance(groups.INTERVAL + 1)
        assert (("release",), []) == (directory.roles(Party("ana")), directory.unread(RULE.who))
