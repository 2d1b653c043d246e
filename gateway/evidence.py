"""
Evidence of how requests of clients ended: a JWT that whoever makes a call can check by itself.

An agent that says "this was approved" may be wrong, or worse. Whoever makes its calls (a deploy system, a bank's
adapter) needs to believe no more than one public key: the token says in the gateway's name who approved which call, by
its digest. It is made whenever somebody reads how a request ended, from what the log says: Ed25519 signs the same
claims in the same way each time, so nothing of it is stored, and a key can be replaced.

RFC 7519 (JWT), RFC 8037 (Ed25519 in JOSE), RFC 7638 (`kid`).
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from jwt.algorithms import OKPAlgorithm

from agent_core import events
from agent_core.requests import APPROVING
from gateway.clients import Asked

ALGORITHM = "EdDSA"
TYPE = "ringback-decision+jwt"  # so that no other token of the same key is taken for one


class BadEvidence(Exception):
    """A token is no evidence of this gateway; the sentence says why."""


class Evidence:
    """
    Signs how requests ended.

    Args:
        issuer: What tokens name as their maker.
        key: An Ed25519 private key, PEM.
        previous: The key before, whose tokens are still to be believed.

    Raises:
        ValueError: One of the keys is none.
    """

    def __init__(self, issuer: str, key: str, previous: str | None = None) -> None:
        self._issuer, self._key = issuer, _private(key)
        self._public = [_public(self._key), *([_public(_private(previous))] if previous else [])]

    def keys(self) -> dict[str, Any]:
        """Give the public keys, as a JWK set (RFC 7517)."""
        return {"keys": self._public}

    def of(self, client: str, key: str, asked: Asked) -> str:
        """
        Give the evidence of how a client's request ended.

        Args:
            key: The Idempotency-Key under which it was created.

        Returns:
            The token; empty while the request has not ended.
        """
        request, ended = asked.request, asked.settlement
        if request is None or ended is None:
            return ""
        call = asked.wanted.call if asked.wanted is not None else None
        claims: dict[str, Any] = {
            "iss": self._issuer,
            "iat": int(ended.at),
            "jti": request.id,
            "client": client,
            "key": key,
            "kind": request.kind,
            "outcome": ended.outcome,
            "approved": ended.outcome in APPROVING,
            "votes": _votes(asked),
        }
        said = {name: getattr(ended, name) for name in ("by", "name", "grant", "answer", "choice", "values")}
        made = {
            "tool": request.tool,
            "version": call.version if call is not None else "",
            "digest": ended.digest or request.digest,
        }
        claims |= {name: value for name, value in (made | said).items() if value not in (None, "")}
        header = {"typ": TYPE, "kid": self._public[0]["kid"]}
        return jwt.encode(claims, self._key, ALGORITHM, header)

    def read(self, token: str) -> dict[str, Any]:
        """
        Give what a token says, as `verify` does.

        Raises:
            BadEvidence: It was not signed by this gateway, or is nothing of the kind.
        """
        return verify(token, self.keys(), self._issuer)


def verify(token: str, keys: dict[str, Any], issuer: str | None = None) -> dict[str, Any]:
    """
    Give what a token says.

    Args:
        keys: The gateway's public keys, a JWK set.
        issuer: Who has to have made it; None: whoever has such a key.

    Raises:
        BadEvidence: It was not signed with one of the keys, or is nothing of the kind.
    """
    try:
        header = jwt.get_unverified_header(token)
        known = {one["kid"]: one for one in keys["keys"]}
        if header.get("typ") != TYPE:
            raise BadEvidence(f"this is no evidence of a decision: its `typ` is not {TYPE}")
        if header.get("kid") not in known:
            raise BadEvidence("it was signed with a key that is none of these")
        return jwt.decode(token, jwt.PyJWK(known[header["kid"]], ALGORITHM), [ALGORITHM], issuer=issuer)
    except jwt.PyJWTError as error:
        raise BadEvidence(f"it does not hold: {str(error)[:1].lower()}{str(error)[1:]}") from None


def new() -> str:
    """Make a private key, PEM."""
    plain = serialization.NoEncryption()
    made = Ed25519PrivateKey.generate()
    return made.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain).decode()


def _private(pem: str) -> Ed25519PrivateKey:
    try:
        key = serialization.load_pem_private_key(pem.encode(), None)
    except (ValueError, TypeError):  # TypeError: it has a password
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError("is no Ed25519 private key in PEM without a password; make one with: ringback evidence new")
    return key


def _public(key: Ed25519PrivateKey) -> dict[str, Any]:
    made = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    thumb = json.dumps({name: made[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))
    kid = base64.urlsafe_b64encode(hashlib.sha256(thumb.encode()).digest()).decode().rstrip("=")
    return {"kty": made["kty"], "crv": made["crv"], "x": made["x"], "kid": kid, "alg": ALGORITHM, "use": "sig"}


def _votes(asked: Asked) -> list[dict[str, Any]]:
    """Give what each person said last of the call as it was decided on."""
    last: dict[str, dict[str, Any]] = {}
    for record in asked.said:
        match record.event:
            case events.RequestChanged():
                last = {}
            case events.ResponseGiven() as given if asked.request is not None and given.request == asked.request.id:
                said = {"by": given.party, "name": given.name, "account": given.identity, "decision": given.decision}
                last[given.party] = said | {"at": int(record.at)} | ({"stead": given.stead} if given.stead else {})
    return list(last.values())
