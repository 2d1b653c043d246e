"""
What a client's new request replaces, or asks again.
"""

from __future__ import annotations

import asyncio

import pytest
from pydantic import SecretStr

from agent_core.requests import Decision
from gateway.sections import ClientSettings
from tests.gateway.agents import echo
from tests.gateway.api.test_requests import create
from tests.gateway.door import CI, OTHER, Enter
from tests.gateway.house import ANA, BEN, Make
from tests.runtime import HandRuntime

ELSE = ClientSettings(name="else", token=SecretStr(OTHER), to=["role:release"])


async def test_a_request_replaces_another_of_its_client(make: Make, enter: Enter):
    """
    The old one ends as superseded and names the new one, on its cards and to its client; the same key changes nothing.
    """
    async with make(echo, clients=(CI,)) as house, enter(house) as door:
        old = (await create(door)).json()
        await house.runtime.settle()
        made = [await create(door, "k2", supersedes=old["id"]) for _ in range(2)]
        await house.runtime.settle()
        new, stands = made[0].json(), (await door.get(f"/requests/{old['id']}")).json()

        assert [201, 200] == [answer.status_code for answer in made]
        assert ("superseded", new["id"]) == tuple(stands["settlement"][name] for name in ("outcome", "replaced_by"))
        assert (old["id"], None, "open") == (new["supersedes"], new["after"], new["status"])
        assert "Approve deploy?; Replaced by a newer request, 22:13 UTC" == house.texts(ANA)[0]
        assert "This replaces an earlier request, which nobody has to decide any more." == house.card(ANA).card.again
        await house.press(ANA, old["id"], Decision.APPROVE)
        assert "This was replaced by a newer request at 22:13 UTC" in house.texts(ANA)[-1]
        await house.press(BEN, new["id"], Decision.APPROVE)
        assert (await door.get(f"/requests/{new['id']}")).json()["settlement"]["approved"]


async def test_what_ran_out_is_asked_again(make: Make, enter: Enter, runtime: HandRuntime):
    """
    A request that nobody answered is asked again by another one that names it, and the card says when it ran out.
    """
    async with make(echo, clients=(CI,)) as house, enter(house) as door:
        old = (await create(door, deadline="1m")).json()
        await runtime.settle()
        early = await create(door, "k2", after=old["id"])
        await runtime.advance(70)
        new = (await create(door, "k3", after=old["id"])).json()
        await runtime.settle()

        assert (409, "urn:ringback:problem:not-run-out") == (early.status_code, early.json()["type"])
        assert (None, old["id"]) == (new["supersedes"], new["after"])
        assert "Asked again: the first ran out at 22:14 UTC, and nobody had answered." == house.card(ANA).card.again


async def test_what_was_decided_is_not_replaced(make: Make, enter: Enter):
    """
    A request that has its outcome keeps it, and the client is told so; nobody is asked anything.
    """
    async with make(echo, clients=(CI,)) as house, enter(house) as door:
        old = (await create(door)).json()
        await house.runtime.settle()
        await house.press(ANA, old["id"], Decision.APPROVE)
        refused = await create(door, "k2", supersedes=old["id"])

        assert (409, "urn:ringback:problem:ended") == (refused.status_code, refused.json()["type"])
        assert "is approved already" in refused.json()["detail"]
        assert 404 == (await door.get("/requests/k2")).status_code
        assert 1 == len((await door.get("/requests")).json()["requests"])


@pytest.mark.parametrize("how", ["supersedes", "after"])
@pytest.mark.parametrize("name", ["nothing", "api:ci/k1", ""])
async def test_what_is_not_there_cannot_be_named(make: Make, enter: Enter, how: str, name: str):
    """
    An id that is none of the client's is refused, as one that does not exist.
    """
    async with make(echo, clients=(CI, ELSE)) as house, enter(house, CI, ELSE) as door:
        theirs = (await create(door)).json()
        refused = [await create(door, "k2", **{how: name})]
        door.headers["Authorization"] = f"Bearer {OTHER}"
        refused.append(await create(door, "k3", **{how: theirs["id"]}))

        assert [422, 422] == [answer.status_code for answer in refused]
        assert "you have no request" in refused[1].json()["detail"]


async def test_a_replacement_and_a_vote_at_once(make: Make, enter: Enter):
    """
    The first in the old one's log wins: it is approved or superseded, never both, and the new one is open.
    """
    async with make(echo, clients=(CI,)) as house, enter(house) as door:
        old = (await create(door)).json()
        await house.runtime.settle()
        replaced, _ = await asyncio.gather(
            create(door, "k2", supersedes=old["id"]), house.press(ANA, old["id"], Decision.APPROVE)
        )
        await house.runtime.settle()
        stands = (await door.get(f"/requests/{old['id']}")).json()["settlement"]

        assert stands["outcome"] in ("approved", "superseded")
        assert replaced.status_code in (201, 409)
        assert (stands["outcome"] == "superseded") == (stands["replaced_by"] is not None)
