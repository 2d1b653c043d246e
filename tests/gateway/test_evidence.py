"""
Evidence of how requests of clients ended.
"""

from __future__ import annotations

from typing import Any

import jwt
import pytest

from agent_core.policy import Rule
from agent_core.requests import Decision, Where, Who
from gateway import evidence
from gateway.evidence import BadEvidence, Evidence
from tests.gateway.agents import echo
from tests.gateway.api.test_views import TAG, digest
from tests.gateway.door import Enter, a_request, keyed
from tests.gateway.house import ANA, BEN, Make
from tests.gateway.receiver import receiver
from tests.gateway.test_callbacks import arrived, told_at
from tests.gateway.test_editing import edit

KEY, OTHER = evidence.new(), evidence.new()
TWO = Rule(tool="deploy", who=Who(roles=("release",), quorum=2), where=Where(targets=("people",)))


def believed(token: str, keys: dict[str, Any]) -> dict[str, Any]:
    """What somebody reads who has the public keys, and another library than ours to check with."""
    (key,) = [one for one in jwt.PyJWKSet.from_dict(keys).keys if one.key_id == jwt.get_unverified_header(token)["kid"]]
    return dict(jwt.decode(token, key, algorithms=["EdDSA"], issuer="us"))


async def test_whoever_makes_the_call_believes_a_key_and_no_agent(make: Make, enter: Enter):
    """
    The token says which call was approved, by its digest after changes, and whose votes on that call it took; the same
    in the answer and in the webhook, however often it is read.
    """
    async with receiver() as there:
        client, signs = told_at(there.url), Evidence("us", KEY)
        how: dict[str, Any] = {"clients": [client], "rules": [TWO], "evidence": signs}
        async with make(echo, **how) as house, enter(house, client) as door:
            created = (await door.post("/requests", json=a_request(editable=TAG), headers=keyed())).json()
            await house.runtime.settle()
            await house.press(BEN, created["id"], Decision.APPROVE)
            await edit(house, ANA, created["id"], tag="v2")
            await house.press(BEN, created["id"], Decision.APPROVE)
            (told,) = await arrived(there)
            twice = [(await door.get(f"/requests/{created['id']}")).json()["settlement"]["evidence"] for _ in range(2)]
            keys = (await door.get("/evidence/keys")).json()

            said = believed(twice[0], keys)
            assert [told["data"]["settlement"]["evidence"]] * 2 == twice
            assert ("ci", "k1", created["id"]) == (said["client"], said["key"], said["jti"])
            assert ("approved_with_edits", True, "ben") == (said["outcome"], said["approved"], said["by"])
            assert ("deploy", "1", digest("v2")) == (said["tool"], said["version"], said["digest"])
            votes = [(one["by"], one["account"], one["decision"]) for one in said["votes"]]
            assert [("ana", f"slack:T1/{ANA}", "edit"), ("ben", f"slack:T1/{BEN}", "approve")] == votes
            assert said == signs.read(twice[0])


async def test_a_denial_approves_nothing_and_what_is_open_proves_nothing(make: Make, enter: Enter):
    """
    Every end is proved, as what it was; before, there is nothing to prove.
    """
    async with make(echo, evidence=Evidence("us", KEY)) as house, enter(house) as door:
        created = (await door.post("/requests", json=a_request(), headers=keyed())).json()
        await house.runtime.settle()
        await house.press(ANA, created["id"], Decision.DENY)
        ended = (await door.get(f"/requests/{created['id']}")).json()

        said = believed(ended["settlement"]["evidence"], (await door.get("/evidence/keys")).json())
        assert created["settlement"] is None
        assert ("denied", False) == (said["outcome"], said["approved"])


async def test_without_a_key_nothing_is_signed(make: Make, enter: Enter):
    """
    Then there is no token, and no key to believe.
    """
    async with make(echo) as house, enter(house) as door:
        created = (await door.post("/requests", json=a_request(), headers=keyed())).json()
        await house.runtime.settle()
        await house.press(ANA, created["id"], Decision.APPROVE)

        ended = (await door.get(f"/requests/{created['id']}")).json()
        assert "" == ended["settlement"]["evidence"]
        assert {"keys": []} == (await door.get("/evidence/keys")).json()


KID = Evidence("us", KEY).keys()["keys"][0]["kid"]


def signed(pem: str = KEY, typ: str = evidence.TYPE, issuer: str = "us", kid: str | None = None) -> str:
    """A token like ours, with something else in it."""
    kid = kid or Evidence("us", pem).keys()["keys"][0]["kid"]
    return jwt.encode({"iss": issuer, "approved": True}, pem, "EdDSA", {"typ": typ, "kid": kid})


def test_a_key_is_replaced():
    """
    Tokens of the key before are believed as long as that is named, and no longer.
    """
    before = signed(OTHER)

    assert Evidence("us", KEY, OTHER).read(before)["approved"]
    with pytest.raises(BadEvidence, match="none of these"):
        Evidence("us", KEY).read(before)


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("", "not enough segments"),
        ("a.b.c", "does not hold"),
        (signed()[:-8] + "AAAAAAAA", "signature"),
        (signed(OTHER, kid=KID), "signature"),
        (signed(OTHER), "none of these"),
        (signed(typ="JWT"), "`typ` is not"),
        (signed(issuer="them"), "issuer"),
        (jwt.encode({"iss": "us"}, None, "none", {"typ": evidence.TYPE, "kid": "x"}), "none of these"),
        (jwt.encode({"iss": "us"}, KID * 2, "HS256", {"typ": evidence.TYPE, "kid": KID}), "alg"),
    ],
)
def test_what_is_no_evidence_says_why(token: str, why: str):
    """
    Changed, signed by others or by nobody, of another kind, of another maker: nothing of it is believed.
    """
    with pytest.raises(BadEvidence, match=why):
        Evidence("us", KEY).read(token)


@pytest.mark.parametrize("key", ["", "x", KEY.replace("M", "N", 1), "RSA"])
def test_a_key_that_is_none_says_what_to_do(key: str):
    """
    The settings' reader learns how to make one.
    """
    if key == "RSA":
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa

        made = rsa.generate_private_key(65537, 2048)
        plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        key = made.private_bytes(*plain).decode()
    with pytest.raises(ValueError, match="ringback evidence new"):
        Evidence("us", key)
