"""
The REST door of a gateway in a test, and a client that comes by it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from gateway.api.app import mount
from gateway.api.grants import Grants
from gateway.api.humanlayer import HumanLayer
from gateway.api.requests import Requests
from gateway.sections import ClientSettings
from tests.gateway.house import House

TOKEN = "a-token-of-the-test"
OTHER = "a-token-of-another"
CI = ClientSettings(name="ci", token=SecretStr(TOKEN), to=["role:release"])
READER = ClientSettings(
    name="reader", token=SecretStr(OTHER), previous_token=SecretStr(OTHER[::-1]), scopes=["requests:read"]
)

Enter = Callable[..., httpx.AsyncClient]


def enter_by(house: House, *known: ClientSettings, token: str = TOKEN) -> httpx.AsyncClient:
    """Come to a house's door, as one of its clients."""
    world = house.world
    requests = Requests(house.store, world.directory, house.admission, house.runtime, world.evidence)
    shape = HumanLayer(requests, house.world.directory, house.world.catalogues.own.say)
    grants = Grants(house.store, house.world.directory, house.runtime)
    routes = mount(requests, grants, shape, known or (CI, READER), house.runtime)
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=Starlette(routes=routes), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://door/v1", headers=headers)


def keyed(key: str = "k1") -> dict[str, str]:
    """The header that names a request."""
    return {"Idempotency-Key": key}


def a_request(**how: Any) -> dict[str, Any]:
    """A request for an approval of a call."""
    return {"tool": "deploy", "arguments": {"environment": "staging", "tag": "v1"}, **how}


class Client:
    """A client that goes in and out by it."""

    def __init__(self, house: House) -> None:
        self.house, self.door = house, enter_by(house)

    async def ask(self, key: str = "k1", **how: Any) -> str:
        """Ask for something; returns its id."""
        answer = await self.door.post("/requests", json=a_request(**how), headers=keyed(key))
        assert answer.status_code == 201, answer.text
        await self.house.runtime.settle()
        return str(answer.json()["id"])

    async def read(self, name: str) -> dict[str, Any]:
        """How it stands."""
        found: dict[str, Any] = (await self.door.get(f"/requests/{name}")).json()
        return found

    async def outcome(self, name: str) -> str | None:
        """How it ended; None where it is open."""
        ended = (await self.read(name))["settlement"]
        return str(ended["outcome"]) if ended else None
