"""
The REST door as one ASGI application, to be put under `/v1`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi import Depends, FastAPI, Security
from fastapi.openapi.utils import get_openapi
from fastapi.security import HTTPBearer
from starlette.routing import Mount
from starlette.types import ASGIApp

from gateway.api import grants, humanlayer, problems
from gateway.api.grants import Grants
from gateway.api.guard import Guard
from gateway.api.humanlayer import HumanLayer
from gateway.api.problems import ProblemDetails, answers
from gateway.api.requests import Requests
from gateway.api.routes import install
from gateway.runtime import Runtime
from gateway.sections import ClientSettings

ROOT = "/v1"
ABOUT = (
    "Have people asked on their channels, and wait for what they say. Every error is a problem (RFC 9457), also where "
    "a body is not valid."
)


def mount(
    requests: Requests, standing: Grants, shape: HumanLayer, clients: Sequence[ClientSettings], runtime: Runtime
) -> tuple[Mount, Mount]:
    """Give the door's routes: its own, and those that HumanLayer's SDK calls."""
    return (
        Door(ROOT, app=Guard(application(requests, standing), clients, runtime)),
        Door(humanlayer.ROOT, app=Guard(humanlayer.application(shape, requests), clients, runtime)),
    )


class Door(Mount):
    """Everything below an address; Starlette's own leaves out paths with a line break, which nobody would answer."""

    def __init__(self, path: str, app: ASGIApp) -> None:
        super().__init__(path, app)
        self.path_regex = re.compile(self.path_regex.pattern, re.DOTALL)


def application(requests: Requests, standing: Grants) -> FastAPI:
    """Make what is behind the door."""
    app = FastAPI(
        title="Ringback",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[
            Security(HTTPBearer(auto_error=False, description="A client's token.")),
            Depends(problems.refuse_unknown_parameters),
        ],
    )
    problems.install(app)
    install(app, requests)
    grants.install(app, standing)

    @app.get("/openapi.json", operation_id="describe", responses=answers())
    async def describe() -> dict[str, Any]:
        """Describe this door, as an OpenAPI document."""
        return document(app)

    return app


def document(app: FastAPI) -> dict[str, Any]:
    """Make the OpenAPI document (3.1)."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title,
            version=version("ringback"),
            description=ABOUT,
            routes=app.routes,
            servers=[{"url": ROOT}],
        )
        schemas = made["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        described = ProblemDetails.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= described.pop("$defs") | {"ProblemDetails": described}
        app.openapi_schema = made
    return app.openapi_schema
