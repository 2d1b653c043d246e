"""
Evidence of a decision, for whoever makes the call and believes no agent.
"""

from __future__ import annotations

import json
from pathlib import Path

import jwt

from gateway.evidence import TYPE
from tests.cli.test_evidence import ringback
from tests.process import Gateway, until
from tests.rest.conftest import door
from tests.rest.test_operator import ANA, CALL, asked, reads


async def test_a_deploy_system_checks_a_token_without_the_gateway(house: Gateway, tmp_path: Path):
    """
    With a key in the settings every end of a client's request is signed, after a restart by the new key alone; whoever
    has the public keys in a file reads what was approved, and of a changed token that it does not hold.
    """
    where = ("--config", str(house.config))
    (tmp_path / "key.pem").write_text(ringback(tmp_path, "evidence", "new")[1])
    key = f'[evidence]\nkey = "file:{tmp_path}/key.pem"\nissuer = "https://ringback.example"\n'
    house.config.write_text(house.config.read_text() + key)
    await house.stop()
    await house.start()
    async with door(house) as client:
        request = await asked(client, "k1", requester="rita")
        await until(reads(house, ANA, "Approve deploy?"))
        house.press(ANA, "ringback.approve")
        ended = (await client.get(f"/requests/{request['id']}", params={"wait": 10})).json()
        served = (await client.get("/evidence/keys")).json()
    token = ended["settlement"]["evidence"]
    printed = json.loads((await house.run("evidence", "keys", *where))[1])
    (tmp_path / "keys.json").write_text(json.dumps(served))
    code, out, _ = ringback(tmp_path, "evidence", "verify", "--keys", "keys.json", said=f"{token}\n")
    said = json.loads(out)
    changed = jwt.encode({**said, "digest": "0" * 64}, (tmp_path / "key.pem").read_text(), "EdDSA", {"typ": TYPE})
    forged = ".".join((token.split(".")[0], changed.split(".")[1], token.split(".")[2]))

    assert served == printed
    assert (0, "https://ringback.example", request["digest"]) == (code, said["iss"], said["digest"])
    assert ("approved", "ana", CALL["tool"]) == (said["outcome"], said["by"], said["tool"])
    assert 0 == (await house.run("evidence", "verify", token, *where))[0]
    code, _, err = ringback(tmp_path, "evidence", "verify", forged, "--keys", "keys.json")
    assert (1, "ringback: it does not hold: signature verification failed\n") == (code, err)
