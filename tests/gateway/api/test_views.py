"""
What a client reads of a call of its own that people change before they approve it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agent_core import tools
from agent_core.policy import Rule
from agent_core.requests import Decision, Where, Who
from tests.gateway.agents import echo
from tests.gateway.door import Enter, a_request, keyed
from tests.gateway.house import ANA, BEN, Make
from tests.gateway.receiver import receiver
from tests.gateway.test_callbacks import arrived, told_at
from tests.gateway.test_editing import edit

TAG = {"type": "object", "properties": {"tag": {"type": "string", "pattern": "^v[0-9]+$"}}}
TWO = Rule(tool="deploy", who=Who(roles=("release",), quorum=2), where=Where(targets=("people",)))
FROZEN = Rule(tool="deploy", when={"tag": "v9"}, effect="forbid", reason="v9 is withdrawn.")


def digest(tag: str) -> str:
    whole: dict[str, Any] = {"tool": "deploy", "version": "1", "arguments": {"environment": "staging", "tag": tag}}
    return tools.digest(whole)


async def test_an_edit_voids_earlier_votes_and_the_new_digest_comes_back(make: Make, enter: Enter):
    """
    The changed arguments and their digest stand in the result and in the webhook; who had voted has to vote again.
    """
    async with receiver() as there:
        client = told_at(there.url)
        async with make(echo, clients=[client], rules=[TWO]) as house, enter(house, client) as door:
            created = (await door.post("/requests", json=a_request(editable=TAG), headers=keyed())).json()
            await house.runtime.settle()
            path = f"/requests/{created['id']}"
            await house.press(BEN, created["id"], Decision.APPROVE)
            assert {} == await edit(house, ANA, created["id"], tag="v2")
            between = (await door.get(path)).json()
            await house.press(BEN, created["id"], Decision.APPROVE)
            (told,) = await arrived(there)
            stands = (await door.get(path)).json()

            assert (digest("v1"), {}) == (created["digest"], created["changes"])
            assert ("open", digest("v2"), {"tag": "v2"}) == tuple(between[n] for n in ("status", "digest", "changes"))
            assert ("approved_with_edits", True) == tuple(stands["settlement"][n] for n in ("outcome", "approved"))
            assert ({"environment": "staging", "tag": "v2"}, digest("v2")) == (stands["arguments"], stands["digest"])
            assert stands == told["data"]
            said = [("vote", "Ben"), ("change", "Ana"), ("vote", "Ana"), ("vote", "Ben")]
            assert said == [(one["kind"], one["name"]) for one in stands["said"]]
            assert "tag: v1 → v2" == stands["said"][1]["text"]


async def test_one_approver_changes_and_approves(make: Make, enter: Enter):
    """
    Where one is enough it ends at once; a long poll brings the changed call.
    """
    async with make(echo) as house, enter(house) as door:
        created = (await door.post("/requests", json=a_request(editable=TAG), headers=keyed())).json()
        await house.runtime.settle()
        waiting = asyncio.create_task(door.get(f"/requests/{created['id']}?wait=60"))
        await house.write(ANA, "edit\ntag: v3", under=house.card(ANA).id)
        stands = (await waiting).json()

        assert ("approved_with_edits", digest("v3")) == (stands["settlement"]["outcome"], stands["digest"])


async def test_a_changed_call_of_a_client_is_judged_anew(make: Make, enter: Enter):
    """
    What the schema refuses stands at its field, and what a rule forbids is told; nothing is changed by either.
    """
    async with make(echo, rules=[FROZEN]) as house, enter(house) as door:
        created = (await door.post("/requests", json=a_request(editable=TAG), headers=keyed())).json()
        await house.runtime.settle()
        faults = await edit(house, ANA, created["id"], tag="latest")
        await edit(house, ANA, created["id"], tag="v9")
        stands = (await door.get(f"/requests/{created['id']}")).json()

        assert ["tag"] == list(faults)
        assert "v9 is withdrawn." in house.texts(ANA)[-1]
        assert ("open", digest("v1")) == (stands["status"], stands["digest"])


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ({"sensitive": ["environment"]}, "exclude each other"),
        ({"tool": None, "arguments": {}, "title": "t"}, "there is no call to change"),
        ({"arguments": {"environment": "staging"}}, "there is no argument 'tag' to change"),
        ({"arguments": {"tag": "latest"}}, "'tag' is not what the schema says"),
        ({"editable": {"type": "object", "properties": {"tag": {"type": "object"}}}}, "is of type 'object'"),
        (
            {"editable": {"type": "object", "properties": {"tag": {"type": "string", "description": "x" * 20_000}}}},
            "most",
        ),
    ],
)
async def test_what_cannot_be_edited_is_refused(make: Make, enter: Enter, how: dict[str, Any], told: str):
    """
    A schema that no channel could show, or that the arguments do not fit, is refused with what to change.
    """
    async with make(echo) as house, enter(house) as door:
        refused = await door.post("/requests", json=a_request(**({"editable": TAG} | how)), headers=keyed())

        assert 422 == refused.status_code
        assert told in json.dumps(refused.json(), ensure_ascii=False)
