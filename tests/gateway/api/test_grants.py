"""
Standing grants over REST.
"""

from __future__ import annotations

from pydantic import SecretStr

from agent_core.policy import Rule
from agent_core.requests import Decision, Grantable, Scope, Where, Who
from tests.gateway.agents import echo
from tests.gateway.door import CI, OTHER, Enter, a_request, keyed
from tests.gateway.house import ANA, House, Make

TERMS = Grantable(scopes=(Scope(name="1h", seconds=3_600.0), Scope(name="until_revoked")), alike=("environment",))
RULE = Rule(tool="deploy", who=Who(roles=("release",)), where=Where(targets=("people",)), grantable=TERMS)
THEIRS = CI.model_copy(update={"name": "other", "token": SecretStr(OTHER)})
AUDITOR = THEIRS.model_copy(update={"name": "auditor", "scopes": ["requests:read", "requests:all"]})


async def granted(house: House, door, scope: str = "1h") -> str:
    """A client's request, approved for longer; gives its id."""
    name: str = (await door.post("/requests", json=a_request(), headers=keyed("k1"))).json()["id"]
    await house.runtime.settle()
    await house.press(ANA, name, Decision.APPROVE, value=scope)
    return name


async def test_a_client_sees_and_ends_what_covers_its_calls(make: Make, enter: Enter):
    """
    It reads who gave it, for what and for how long; ended, it is there no more, its card says so, and people are asked.
    """
    async with make(echo, rules=(RULE,)) as house, enter(house, CI, THEIRS) as door:
        name = await granted(house, door)
        (shown,) = (await door.get("/grants")).json()["grants"]
        assert (name, "ci", "deploy", ["environment"], "ana", "Ana", "1h", 10, 0) == tuple(
            shown[field] for field in ("id", "client", "tool", "alike", "by", "name", "scope", "uses", "used")
        )
        ended = await door.delete(f"/grants/{name}")
        await house.runtime.settle()

        assert (200, name) == (ended.status_code, ended.json()["id"])
        assert {"grants": []} == (await door.get("/grants")).json()
        assert "revoked by ci" in house.card(ANA).card.grant
        again = await door.post("/requests", json=a_request(), headers=keyed("k2"))
        assert "open" == again.json()["status"]
        assert 404 == (await door.delete(f"/grants/{name}")).status_code


async def test_others_neither_see_nor_end_it(make: Make, enter: Enter):
    """
    To another client it is not there; one that may read everything sees it, and cannot end it.
    """
    async with make(echo, rules=(RULE,)) as house, enter(house, CI, THEIRS) as door:
        name = await granted(house, door, "until_revoked")
        async with enter(house, CI, THEIRS, token=OTHER) as other:
            assert {"grants": []} == (await other.get("/grants")).json()
            assert 404 == (await other.delete(f"/grants/{name}")).status_code
        async with enter(house, CI, AUDITOR, token=OTHER) as auditor:
            (shown,) = (await auditor.get("/grants")).json()["grants"]
            assert (name, None) == (shown["id"], shown["until"])
            assert 403 == (await auditor.delete(f"/grants/{name}")).status_code

        assert 1 == len(await house.store.grants())


async def test_one_whose_time_is_over_is_not_listed(make: Make, enter: Enter):
    """
    From the second of its end on it is not there.
    """
    async with make(echo, rules=(RULE,)) as house, enter(house) as door:
        await granted(house, door)
        await house.runtime.advance(3_600)

        assert {"grants": []} == (await door.get("/grants")).json()
