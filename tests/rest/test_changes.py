"""
What changes while a request is open, seen by the client: its call, who may decide it, who they are.
"""

from __future__ import annotations

from agent_core import hours
from agent_core.addresses import Identity, Party
from agent_core.policy import Person
from agent_core.requests import Decision, Who
from tests.gateway.door import Client
from tests.gateway.house import ANA, BEN, OPS, PEOPLE
from tests.gateway.test_editing import edit
from tests.gateway.test_handing import hand
from tests.rest.conftest import RELEASE, Make

TAG = {"type": "object", "properties": {"tag": {"type": "string", "title": "Tag"}}, "required": ["tag"]}
CARLA = "UCARLA"
TEAM = (*PEOPLE, Person(id=Party("carla"), name="Carla", identities=(Identity(f"slack:T1/{CARLA}"),), roles=("ops",)))
TWO = RELEASE.model_copy(update={"quorum": 2})


async def test_nobody_approves_what_they_have_not_seen(make: Make):
    """Ana changes the call; Ben presses on the card as it was: it counts for nothing, and he reads what was changed."""
    async with make(TWO) as house:
        client = Client(house)
        name = await client.ask(editable=TAG)
        before = (await client.read(name))["digest"]
        assert await edit(house, ANA, name, tag="v2") == {}
        await house.press(BEN, name, Decision.APPROVE, revision=0)
        stands = await client.read(name)
        assert (stands["status"], stands["digest"] == before) == ("open", False)
        assert "Ana has changed this since the card that you answered: tag: v1 → v2." in house.texts(BEN)[-1]
        await house.press(BEN, name, Decision.APPROVE)
        stands = await client.read(name)
        assert stands["settlement"]["outcome"] == "approved_with_edits"
        assert stands["arguments"]["tag"] == "v2"


async def test_who_was_removed_decides_nothing(make: Make):
    """Ana is taken out of the settings while it is open: her vote falls, and her press changes nothing."""
    people = [person.model_copy(update={"roles": ("release",)}) for person in TEAM]
    async with make(TWO, people=people) as house:
        client = Client(house)
        name = await client.ask()
        await house.press(ANA, name, Decision.APPROVE)
        house.world.directory.replace([person for person in people if person.id != "ana"])
        await house.press(BEN, name, Decision.APPROVE)
        await house.press(ANA, name, Decision.APPROVE)
        assert await client.outcome(name) is None
        assert "I do not know who you are on this channel" in house.texts(ANA)[-1]
        await house.press(CARLA, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"


async def test_it_is_handed_to_whom_the_rule_permits(make: Make):
    """Ana may hand it to those of ops, and to nobody else; who is asked and decides then is who the client reads."""
    async with make(Who(people=(Party("ana"),)), people=TEAM, reassign=Who(roles=("ops",))) as house:
        client = Client(house)
        name = await client.ask()
        await hand(house, ANA, "rita")
        assert "You may hand it on to Carla" in house.texts(ANA)[-1]
        assert house.seen(CARLA) == []
        await hand(house, ANA, "carla")
        assert (await client.read(name))["asked"] == ["Carla"]
        await house.press(ANA, name, Decision.APPROVE)
        assert await client.outcome(name) is None
        await house.press(CARLA, name, Decision.APPROVE)
        assert (await client.read(name))["settlement"]["by"] == "carla"


async def test_who_decides_in_somebodys_stead_is_one_vote_with_them(make: Make):
    """It takes two: Ana and Carla, who may decide in her stead, are one of them."""
    async with make(TWO, people=TEAM, reassign=Who(roles=("ops",))) as house:
        client = Client(house)
        name = await client.ask()
        await hand(house, ANA, "carla", "delegate")
        for person in (ANA, CARLA):
            await house.press(person, name, Decision.APPROVE)
        assert await client.outcome(name) is None
        await house.press(BEN, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"


async def test_who_is_away_has_a_deputy(make: Make):
    """
    Ana is away, and Carla decides in her stead: she has the card, and the client reads whom it waits for no more. It is
    one vote; and where the rule hands nothing on to Carla, she is not asked.
    """
    gone = {"away": (hours.days("2023-11-10/2023-11-20", "UTC"),), "deputy": Party("carla")}
    people = [person.model_copy(update=gone if person.id == "ana" else {}) for person in TEAM]
    two = {"people": people, "targets": ("people",), "patience": 864_000.0}
    async with make(TWO, **two, reassign=Who(roles=("ops",))) as house:
        client = Client(house)
        name = await client.ask()
        assert [len(house.seen(who)) for who in (ANA, BEN, CARLA)] == [0, 1, 1]
        stands = await client.read(name)
        assert stands["asked"] == ["Ana", "Ben", "Carla"]
        assert stands["waiting"] == [{"name": "Ana", "until": "2023-11-21T00:00:00Z", "away": True}]
        for who in (CARLA, BEN):
            assert await client.outcome(name) is None
            await house.press(who, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"
        house.world.rules[0] = house.world.rules[0].model_copy(update={"reassign": None})
        later = await client.ask("later")
        await house.press(CARLA, later, Decision.APPROVE)
        assert (await client.read(later))["asked"] == ["Ana", "Ben"]
        assert len(house.seen(ANA)) == 0


async def test_a_press_approves_exactly_what_its_card_listed(make: Make):
    """Three come on one card, one of them is denied: *approve all* on the card as it was approves the other two."""
    async with make(targets=(OPS,), gather=30.0) as house:
        client = Client(house)
        names = [await client.ask(f"k{n}", arguments={"environment": "x", "tag": f"v{n}"}) for n in range(3)]
        await house.runtime.advance(31)
        before = house.card(OPS)
        assert before.card is not None
        assert [row.request for row in before.card.rows] == names
        await house.press(BEN, names[2], Decision.DENY, at=OPS)
        later = await client.ask("k3", arguments={"environment": "x", "tag": "v3"})
        listed = ",".join([*names, later])
        await house.press(ANA, before.request, Decision.APPROVE, at=OPS, value=listed)
        assert [await client.outcome(name) for name in names] == ["approved", "approved", "denied"]
        assert await client.outcome(later) is None
        assert "Already denied by Ben" in house.texts(OPS)[-1]
