"""
Standing grants on a client's calls, seen by the client: what they cover, how often, and how they end.
"""

from __future__ import annotations

import asyncio

import pytest

from agent_core.policy import Rule
from agent_core.requests import UNTIL_REVOKED, Decision, Grantable, Scope, Where, Who
from tests.gateway.door import Client, a_request, keyed
from tests.gateway.house import ANA, BEN, House
from tests.rest.conftest import Make

HOUR = Scope(name="1h", seconds=3_600.0)
TERMS = Grantable(scopes=(HOUR, Scope(name=UNTIL_REVOKED)), alike=("environment",), uses=2)


async def granted(house: House, client: Client, scope: str = "1h") -> str:
    """The first request, approved for longer by Ana; gives its id."""
    name = await client.ask("first")
    await house.press(ANA, name, Decision.APPROVE, value=scope)
    return name


async def test_an_hour_ends_and_the_other_does_not(make: Make):
    """Within the hour the next one is settled at once, after it somebody is asked; until revoked it goes on."""
    async with make(grantable=TERMS) as house:
        client = Client(house)
        await granted(house, client)
        assert await client.outcome(await client.ask("k2")) == "approved"
        await house.runtime.advance(3_601)
        name = await client.ask("k3")
        assert await client.outcome(name) is None
        await house.press(ANA, name, Decision.APPROVE, value="until_revoked")
        await house.runtime.advance(86_400)
        assert await client.outcome(await client.ask("k4")) == "approved"


async def test_two_cannot_have_the_last_use(make: Make):
    """Five are asked at the same instant and two uses are left: two are settled by the grant, three ask somebody."""
    async with make(grantable=TERMS) as house:
        client = Client(house)
        await granted(house, client)
        names = await asyncio.gather(*(client.ask(f"k{n}") for n in range(5)))
        assert sorted([str(await client.outcome(name)) for name in names]) == ["None"] * 3 + ["approved"] * 2


async def test_one_word_ends_it(make: Make):
    """Ana writes *revoke* to the bot; the next one asks somebody."""
    async with make(grantable=TERMS) as house:
        client = Client(house)
        await granted(house, client, "until_revoked")
        await house.runtime.advance(60)
        await house.write(ANA, "revoke")
        assert "The standing grant for deploy is revoked" in house.texts(ANA)[-1]
        assert await client.outcome(await client.ask("k2")) is None
        assert (await client.door.get("/grants")).json() == {"grants": []}


@pytest.mark.parametrize(
    ("who", "terms"),
    [
        (Who(roles=("release",)), Grantable()),
        (Who(roles=("owner",)), TERMS),
        (Who(roles=("release",), quorum=2), TERMS),
    ],
    ids=["no such grant", "others", "more of them"],
)
async def test_it_gets_past_no_rule_of_now(make: Make, who: Who, terms: Grantable):
    """The policy has changed since, and asks whom it asks now; what it forbids is refused."""
    async with make(grantable=TERMS) as house:
        client = Client(house)
        await granted(house, client)
        house.world.rules[:] = [Rule(tool="deploy", who=who, where=Where(targets=("people",)), grantable=terms)]
        assert await client.outcome(await client.ask("k2")) is None
        assert len([shown for shown in house.seen(BEN) if shown.kind == "ask"]) == 2
        house.world.rules[:] = [Rule(tool="deploy", effect="forbid", reason="Frozen.")]
        refused = await client.door.post("/requests", json=a_request(), headers=keyed("k3"))
        assert (refused.status_code, refused.json()["detail"]) == (403, "Frozen.")
