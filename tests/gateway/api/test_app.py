"""
The door's description of itself.
"""

from __future__ import annotations

import json

from gateway.api import app
from gateway.api.grants import Grants
from gateway.api.requests import Requests
from tests.gateway.agents import echo
from tests.gateway.door import Enter
from tests.gateway.house import Make
from tests.process import ROOT

KEPT = ROOT / "docs" / "openapi.json"


async def test_the_document_is_served_and_kept(make: Make, enter: Enter):
    """
    The OpenAPI document that clients read is the one in docs/: `python -m tests.gateway.api.test_app` writes it anew.
    """
    async with make(echo) as house, enter(house) as door:
        served = (await door.get("/openapi.json")).json()

        assert "3.1.0" == served["openapi"]
        assert json.loads(KEPT.read_text()) == served


async def test_every_route_describes_its_problems(make: Make, enter: Enter):
    """
    Each operation has a name, and says with which problems it may answer.
    """
    async with make(echo) as house, enter(house) as door:
        paths = (await door.get("/openapi.json")).json()["paths"]

        operations = [operation for methods in paths.values() for operation in methods.values()]
        assert 11 == len({operation["operationId"] for operation in operations})
        for operation in operations:
            for status, answer in operation["responses"].items():
                assert status < "400" or ["application/problem+json"] == list(answer["content"])


if __name__ == "__main__":
    made = app.document(app.application(Requests(None, None, None, None), Grants(None, None, None)))  # type: ignore[arg-type]
    KEPT.write_text(json.dumps(made, indent=2, ensure_ascii=False) + "\n")
