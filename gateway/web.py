"""
What the gateway answers over HTTP: whether it is ready, and the channels' webhooks.

Webhooks are plain ASGI routes, outside FastAPI's dependency machinery, which costs several times what they do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.routing import BaseRoute

from gateway.errors import StoreError
from gateway.health import Health
from gateway.owner import Owner
from gateway.store.base import Store


def app(store: Store, owner: Owner, health: Health, webhooks: Iterable[BaseRoute]) -> FastAPI:
    """Make the application."""
    api = FastAPI(title="Ringback", openapi_url=None, docs_url=None, redoc_url=None)

    @api.get("/readyz")
    async def readyz(channels: Literal["all", "any"] = "any") -> JSONResponse:
        """Ready when the store can be written and an owner runs; with `channels=all`, when every channel is up too."""
        report: dict[str, Any] = {
            "store": await _writable(store),
            "owner": owner.running,
            "stuck": sorted(owner.stuck),
            "channels": health.report(),
            "refused": health.refusals(),
        }
        ready = report["store"] == "ok" and report["owner"]
        if channels == "all":
            ready = ready and all(map(health.ready, health.channels))
        return JSONResponse({"ready": ready} | report, 200 if ready else 503)

    api.router.routes.extend(webhooks)
    return api


async def _writable(store: Store) -> str:
    try:
        await store.ping()
    except StoreError as error:
        return str(error)
    return "ok"
