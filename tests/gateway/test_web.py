"""
What the gateway answers over HTTP: webhooks take the short way, and everything else is as it is.
"""

from __future__ import annotations

import httpx
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway import web
from gateway.metrics import Metrics
from tests.gateway.agents import echo
from tests.gateway.house import Make


class Echo:
    """A webhook that answers with what it is told of the way that a request took."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("by the router" if "app" in scope else "straight")(scope, receive, send)


async def test_a_webhook_is_reached_straight(make: Make):
    """
    A webhook's request meets none of the layers around the other routes; a wrong method or path is refused as ever.
    """
    async with make(echo) as house:
        metrics = Metrics(house.health, house.admission, lambda: ())
        routes = [Route("/in", Echo(), methods=["POST"])]
        app = web.app(house.store, house.owner, house.health, house.admission, metrics, None, routes)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test") as client:
            posted = await client.post("/in")
            got, elsewhere, ready = await client.get("/in"), await client.post("/out"), await client.get("/readyz")
            unknown = await client.get("/readyz?channels=most")

    assert (200, "straight") == (posted.status_code, posted.text)
    assert [405, 404, 200, 422] == [answer.status_code for answer in (got, elsewhere, ready, unknown)]
