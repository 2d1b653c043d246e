"""
What a rule says of a client's request, seen by the client: whom it is about, how sure it has to be, whom it wakes.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from agent_core import hours
from agent_core.addresses import Identity, Party
from agent_core.policy import Person, Rule
from agent_core.requests import Assurance, Decision, Rung, Who
from tests.gateway.door import Client
from tests.gateway.house import ANA, BEN, PEOPLE
from tests.gateway.test_ladder import refuse
from tests.rest.conftest import Make

NIGHT = (hours.parse("22:00-07:00"),)  # it is 22:13 UTC when a client asks
MORNING = 31_601.0  # seconds until 07:00
ONE = Who(people=(Party("ana"),))
SECOND = "UANA2"


def asleep(*ids: str) -> list[Person]:
    return [person.model_copy(update={"quiet": NIGHT}) if person.id in ids else person for person in PEOPLE]


@pytest.mark.parametrize(
    ("rule", "how", "status"),
    [
        ({"requester": ("role:release",)}, {"requester": "ana"}, "settled"),
        ({"requester": ("role:release",)}, {"requester": "rita"}, "open"),
        ({"environment": ("staging",)}, {}, "settled"),
        ({"environment": ("production",)}, {}, "open"),
        ({"hours": (hours.parse("22:00-23:00"),)}, {}, "settled"),
        ({"hours": (hours.parse("09:00-17:00"),)}, {}, "open"),
    ],
    ids=["their role", "another's", "that environment", "another", "that hour", "another hour"],
)
async def test_who_asks_where_and_when(make: Make, rule: dict[str, object], how: dict[str, object], status: str):
    """A rule allows a call of some people, in some environment, at some hour; whatever it is not about asks people."""
    allowed = Rule.model_validate({"tool": "deploy", "effect": "allow", **rule})
    async with make(rules=(allowed,), environment="staging") as house:
        client = Client(house)
        assert (await client.read(await client.ask(**how)))["status"] == status


async def test_how_sure_a_channel_has_to_be(make: Make):
    """What a channel cannot vouch for does not decide where the rule wants more, and the same press in earnest does."""
    async with make(ONE.model_copy(update={"assurance": Assurance.HIGH})) as house:
        client = Client(house)
        name = await client.ask()
        press = house.channel.press(f"slack:T1/{ANA}", ANA, name, Decision.APPROVE, house.channel.next_number())
        unsure = press.fact.model_copy(update={"assurance": Assurance.LOW})
        await house.gate.append(replace(press, fact=unsure))
        await house.runtime.settle()
        assert await client.outcome(name) is None
        assert "I cannot be sure enough here who you are" in house.texts(ANA)[-1]
        await house.press(ANA, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"


async def test_a_step_whose_people_sleep_costs_no_patience(make: Make):
    """Ana and the first step sleep, so the second is asked at once; they are asked in the morning, if it is open."""
    ladder = (Rung(after=900.0, people=(Party("rita"),)), Rung(after=1_800.0, people=(Party("ben"),)))
    async with make(ONE, people=asleep("ana", "rita"), targets=("people",), ladder=ladder, patience=86_400.0) as house:
        client = Client(house)
        name = await client.ask()
        assert ([len(house.seen(who)) for who in (ANA, "URITA", BEN)]) == [0, 0, 1]
        assert [one["name"] for one in (await client.read(name))["waiting"]] == ["Ana", "Rita"]
        await house.runtime.advance(MORNING)
        assert ([len(house.seen(who)) for who in (ANA, "URITA", BEN)]) == [1, 1, 1]
        await house.press(BEN, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"


async def test_the_next_account_comes_before_the_next_step(make: Make):
    """Ana's first account cannot be reached: her second one is asked at once, and Ben not before his time."""
    accounts = tuple(Identity(f"slack:T1/{user}") for user in (ANA, SECOND))
    people = [p.model_copy(update={"identities": accounts}) if p.id == "ana" else p for p in PEOPLE]
    ladder = (Rung(after=900.0, people=(Party("ben"),)),)
    async with make(ONE, people=people, targets=("people",), ladder=ladder) as house:
        house.channel.fault = refuse(ANA)
        client = Client(house)
        name = await client.ask()
        assert (len(house.seen(SECOND)), house.seen(BEN)) == (1, [])
        await house.runtime.advance(901)
        assert len(house.seen(BEN)) == 1
        await house.press(SECOND, name, Decision.APPROVE)
        assert (await client.read(name))["settlement"]["by"] == "ana"


async def test_of_a_role_one_at_a_time_in_turn(make: Make):
    """Of release one is asked at a time, in turn; another may decide, and takes over whom a card does not reach."""
    async with make(targets=("people",), in_turn=True) as house:
        client = Client(house)
        names = [await client.ask(f"k{number}") for number in range(3)]
        assert [(await client.read(name))["asked"] for name in names] == [["Ana"], ["Ben"], ["Ana"]]
        assert ([len(house.seen(who)) for who in (ANA, BEN)]) == [2, 1]
        house.channel.fault = refuse(BEN)
        names.append(await client.ask("k3"))
        assert (await client.read(names[3]))["asked"] == ["Ana", "Ben"]
        assert len(house.seen(ANA)) == 3
        await house.write(BEN, "hello")
        await house.press(ANA, names[1], Decision.APPROVE, at=f"slack:T1/{BEN}")
        assert (await client.read(names[1]))["settlement"]["by"] == "ana"
