"""
What the gateway answers over HTTP: whether it is ready, the channels' webhooks, and doors for clients.

Webhooks are plain ASGI routes, and a request for one of them goes straight there: the layers that Starlette puts
around every route cost more than all that is done with a webhook.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Sequence
from ipaddress import ip_address
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.base import Refusing
from gateway.admission import Admission
from gateway.errors import StoreError
from gateway.health import Health
from gateway.metrics import Metrics
from gateway.owner import Owner
from gateway.store.base import Store

FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


def app(
    store: Store,
    owner: Owner,
    health: Health,
    admission: Admission,
    metrics: Metrics,
    token: str | None,
    webhooks: Iterable[Route],
    doors: Iterable[Mount] = (),
) -> Front:
    """
    Make the application.

    Args:
        token: What whoever reads the metrics shows; None: only this machine may read them.
        doors: Applications of their own, such as the REST door.
    """

    async def readyz(request: Request) -> JSONResponse:
        """Ready when the store can be written and an owner runs; with `channels=all`, when every channel is up too."""
        channels = request.query_params.get("channels", "any")
        if channels not in ("all", "any"):
            return JSONResponse({"error": "channels is all or any"}, 422)
        report: dict[str, Any] = {
            "store": await _writable(store),
            "owner": owner.running,
            "stuck": sorted(owner.stuck),
            "channels": health.report(),
            "refused": health.refusals(),
            "overloaded": admission.overloaded,
            "waiting": {"disk": admission.waiting, "decision": admission.undecided},
        }
        ready = report["store"] == "ok" and report["owner"]
        if channels == "all":
            ready = ready and all(map(health.ready, health.channels))
        return JSONResponse({"ready": ready} | report, 200 if ready else 503)

    async def measured(request: Request) -> Response:
        """What is measured, in Prometheus' text format."""
        if (refusal := _refuse(request, token)) is not None:
            return refusal
        return Response(metrics.exposition(await store.counts()), media_type=CONTENT_TYPE_LATEST)

    api = Starlette(routes=[Route("/readyz", readyz), Route("/metrics", measured), *doors])
    return Front(api, [route for route in webhooks if isinstance(route, Route)])


class Front:
    """The application, with its webhooks before everything else."""

    def __init__(self, api: Starlette, webhooks: Iterable[Route]) -> None:
        self._api = api
        self._straight: dict[tuple[str, str], ASGIApp] = {}
        self._refusing: dict[tuple[bytes, bytes], Refusing] = {}
        for route in webhooks:
            api.router.routes.append(route)  # a wrong method is refused there
            for method in route.methods or ():
                self._straight[method, route.path] = route.app
                if isinstance(route.app, Refusing):
                    self._refusing[method.encode(), route.path.encode()] = route.app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        await self._straight.get((scope.get("method", ""), scope.get("path", "")), self._api)(scope, receive, send)

    def refuses(self, method: bytes, path: bytes, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """Tell whether a request is for a webhook that has no room for it."""
        webhook = self._refusing.get((method, path))
        return webhook is not None and webhook.refuses(headers)


def _refuse(request: Request, token: str | None) -> Response | None:
    """Refuse who may not read the metrics: without a token, whoever is not on this machine, or comes by a proxy."""
    if token is not None:
        shown = request.headers.get("authorization", "").encode()
        if hmac.compare_digest(shown, f"Bearer {token}".encode()):
            return None
        return PlainTextResponse("show the token of [metrics]\n", 401, {"WWW-Authenticate": "Bearer"})
    local = request.client is not None and ip_address(request.client.host).is_loopback
    if local and not any(name in request.headers for name in FORWARDED):
        return None
    return PlainTextResponse("only this machine may read these; set token in [metrics] for others\n", 403)


async def _writable(store: Store) -> str:
    try:
        await store.ping()
    except StoreError as error:
        return str(error)
    return "ok"
