"""
Decisions as data, gathered from the chain of real runs.
"""

from __future__ import annotations

import json
from typing import Any

from agent_core import events
from agent_core.addresses import Party
from agent_core.policy import Rule
from agent_core.requests import Decision, Rung, Where, Who
from gateway.decisions import Decisions, timed
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OTTO, RITA, House, Make
from tests.gateway.test_editing import BOTH, edit, editable


async def gathered(house: House) -> list[dict[str, Any]]:
    """The decisions of a house, as an export has them."""
    decisions, found = Decisions(), []
    for row in await house.store.audit():
        decision = decisions.add(json.loads(row.body), row.at)
        if decision is not None:
            found.append(timed(decision, (await house.store.request(decision["request"]["id"])).first_sent))
    return found


async def test_votes_and_changes_of_a_call(make: Make):
    """
    What each vote was about, how the call was changed and by whom, what was shown of it, and the seconds until the end.
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=[BOTH]) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.runtime.advance(5)
        await house.press(BEN, request, Decision.APPROVE)
        await edit(house, ANA, request, tag="v2")
        await house.press(OTTO, request, Decision.APPROVE, at=f"slack:T1/{BEN}")
        await house.runtime.advance(7)
        await house.press(BEN, request, Decision.APPROVE)

        (decision,) = await gathered(house)
        log = await house.log()
        (opened,) = [event.request for event in log if isinstance(event, events.RequestOpened)]
        (ended,) = [event.settlement for event in log if isinstance(event, events.RequestSettled)]
        said = [("ben", "approve", 0), ("ana", "edit", 1), ("ben", "approve", 1)]
        assert said == [(vote["party"], vote["decision"], vote["revision"]) for vote in decision["votes"]]
        (change,) = decision["changes"]
        assert ("ana", {"tag": {"from": "v1", "to": "v2"}}) == (change["party"], change["changes"])
        assert [opened.digest, ended.digest] == [shown["digest"] for shown in decision["shown"]]
        assert ["v1", "v2"] == [shown["arguments"]["tag"] for shown in decision["shown"]]
        assert 2 == len({shown["card_digest"] for shown in decision["shown"]})
        assert [("slack:T1/UOTTO", "unknown_person")] == [(one["party"], one["reason"]) for one in decision["refused"]]
        assert ("approved_with_edits", 12) == (decision["settlement"]["outcome"], round(decision["seconds"]))


async def test_steps_and_claims(make: Make):
    """
    Who was asked when nobody answered, who took it on, and how long it took from the first card.
    """
    world, rung = World(), Rung(after=600, people=(Party("ben"),))
    rule = Rule(tool="deploy", who=Who(people=(Party("ana"),)), where=Where(targets=("people",), ladder=(rung,)))
    async with make(world.deployer(world.deploy()), rules=[rule]) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(601)
        request = house.card(BEN).request
        await house.press(BEN, request, Decision.CLAIM)
        await house.press(BEN, request, Decision.DENY)

        (decision,) = await gathered(house)
        (step,) = decision["steps"]
        assert ("silence", ["slack:T1/UBEN"], ["ana", "ben"]) == (step["cause"], step["places"], step["who"]["people"])
        assert ["ben"] == [claim["party"] for claim in decision["claims"]]
        assert ("denied", 601.0) == (decision["settlement"]["outcome"], round(decision["seconds"]))


async def test_one_that_reached_nobody(make: Make):
    """
    Where no card ever arrived, the seconds count from the asking.
    """
    world = World()
    rule = Rule(tool="deploy", who=Who(people=(Party("nobody"),)), where=Where(targets=("people",)))
    async with make(world.deployer(world.deploy()), rules=[rule]) as house:
        await house.write(RITA, "go")

        (decision,) = await gathered(house)
        assert ("no_route", None, 0.0) == (
            *(decision["settlement"]["outcome"], decision["first_sent"], decision["seconds"]),
        )
