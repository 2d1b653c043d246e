"""
What an operator does with the requests of a client, at the command line beside a real gateway.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from tests.process import PATIENCE, Gateway, until
from tests.rest.conftest import door

ANA, OTTO = "U00000ANA", "U0000OTTO"
CALL = {"tool": "deploy", "arguments": {"environment": "production", "tag": "v1"}}


async def asked(client: httpx.AsyncClient, key: str, **how: Any) -> dict[str, Any]:
    """Ask for a deployment; gives what comes back."""
    answer = await client.post("/requests", json={**CALL, **how}, headers={"Idempotency-Key": key})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


def reads(house: Gateway, person: str, text: str) -> Any:
    """Somebody sees this."""
    return lambda: text in str(house.emulator.screen(person, "dm")["messages"])


async def test_it_is_handed_on_decided_and_on_record(house: Gateway):
    """
    Of Ana, who is away, a client's request is handed to Otto, who approves it; the audit chain holds, and what it says
    of the decision is who was asked and shown what, who handed it on, who decided, and after how long.
    """
    where = ("--config", str(house.config))
    team = house.emulator.workspace.state.team_id
    otto = f'[[people]]\nid = "otto"\nname = "Otto"\nidentities = ["slack:{team}/{OTTO}"]\nroles = ["deputy"]\n'
    settings = house.config.read_text().replace("[[policy]]", f"{otto}[[policy]]", 1)
    house.config.write_text(settings.replace("exclude_requester", 'reassign = ["role:deputy"]\nexclude_requester', 1))
    code, _, err = await house.run("config", "reload", *where)
    assert (code, err) == (0, "")
    async with door(house) as client:
        request = await asked(client, "k1", requester="rita")
        await until(reads(house, ANA, "Hand on"))
        code, out, _ = await house.run("requests", "reassign", request["id"], "otto", "--from", "ana", *where)
        assert (code, out) == (0, f"{request['id']}: otto is asked instead of ana\n")
        await until(reads(house, OTTO, "by an operator"))
        house.press(OTTO, "ringback.approve")
        stands = (await client.get(f"/requests/{request['id']}", params={"wait": 10})).json()
    assert (stands["settlement"]["by"], stands["digest"]) == ("otto", request["digest"])

    async with asyncio.timeout(PATIENCE):
        while (found := json.loads((await house.run("audit", "verify", "--json", *where))[1]))["unsealed"]:
            pass
    assert (found["broken"], found["expected"]) == (None, None)
    lines = [json.loads(line) for line in (await house.run("audit", "export", *where))[1].splitlines()]
    (decision,) = [line["decision"] for line in lines if "decision" in line]
    assert decision["request"]["id"] == request["id"]
    assert [shown["digest"] for shown in decision["shown"]] == [request["digest"]]
    assert [(vote["party"], vote["decision"]) for vote in decision["votes"]] == [("otto", "approve")]
    assert decision["settlement"]["outcome"] == "approved"
    assert decision["seconds"] >= 0


async def test_a_grant_on_a_clients_calls_is_listed_rehearsed_and_ended(house: Gateway):
    """
    Given by a press, it is in the list and in what the policy says of the client's next call; once it is ended at the
    command line, the next one asks somebody.
    """
    where = ("--config", str(house.config))
    house.config.write_text(
        house.config.read_text().replace(
            "exclude_requester", 'grants = ["1h"]\ngrant_by = ["environment"]\nexclude_requester', 1
        )
    )
    assert (await house.run("config", "reload", *where))[0] == 0
    async with door(house) as client:
        first = await asked(client, "k1", requester="rita")
        await until(reads(house, ANA, "Approve for 1 hour"))
        house.press(ANA, "ringback.approve#1")
        await client.get(f"/requests/{first['id']}", params={"wait": 10})
        assert (await asked(client, "k2", requester="rita"))["settlement"]["grant"] == first["id"]

        (grant,) = json.loads((await house.run("grants", "list", "--json", *where))[1])
        assert (grant["id"], grant["tool"], grant["party"]) == (first["id"], "deploy", "ana")
        call = ("--agent", "api:ci", "--tool", "deploy", "--args", json.dumps(CALL["arguments"]), "--as", "rita")
        said = (await house.run("policy", "explain", *call, *where))[1]
        assert "by Ana's standing grant of" in said, said
        code, out, _ = await house.run("grants", "revoke", grant["id"], *where)
        assert (code, out) == (0, f"{grant['id']}: revoked\n")
        assert (await asked(client, "k3", requester="rita"))["status"] != "settled"
