"""
What a client is told when something cannot be done: problem details (RFC 9457), for every error there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match

from gateway.errors import StoreError

MEDIA_TYPE = "application/problem+json"
SAID = {
    "extra_forbidden": "there is no such thing; /v1/openapi.json shows all there are",
    "missing": "is missing",
}
"""What is told for some of pydantic's errors; the others' own words do."""
NO_OBJECT = "the body is no JSON object that can be read; send one, as Content-Type: application/json"
NO_KEY = "Idempotency-Key: write your own name for the request, up to 100 letters, digits or signs, without spaces"
RETRY = "5"  # seconds after which a client may try again what the store could not do


class Fault(BaseModel):
    """What is wrong at one place of a body."""

    pointer: str = Field(description="Where: a JSON pointer into the body, or the name of a parameter.")
    detail: str = Field(description="What is wrong there.")


class ProblemDetails(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(description="Which kind of problem, for programs; it never changes.")
    title: str = Field(description="The kind of problem, in a few words.")
    status: int = Field(description="The status of the answer.")
    detail: str = Field(description="What happened, and what to do.")
    errors: list[Fault] = Field(default=[], description="For a body that is not valid: what is wrong, and where.")
    request: dict[str, Any] | None = Field(default=None, description="Where it is about a request: how that stands.")


class Problem(Exception):
    """
    Something cannot be done.

    Args:
        name: The kind of problem, the end of its `type`.
        detail: What happened and what to do, in a sentence or two.
    """

    def __init__(
        self, status: int, name: str, detail: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(detail)
        self.status, self.name, self.detail, self.headers, self.more = status, name, detail, headers, more

    def response(self) -> JSONResponse:
        """Put it into an answer."""
        told = ProblemDetails(
            type=f"urn:ringback:problem:{self.name}",
            title=HTTPStatus(self.status).phrase,
            status=self.status,
            detail=self.detail,
            **self.more,
        )
        body = told.model_dump(mode="json", exclude_defaults=True)
        return JSONResponse(body, self.status, self.headers, media_type=MEDIA_TYPE)


async def refuse_unknown_parameters(request: Request) -> None:
    """
    Refuse parameters of an address that it does not have: a `wiat=60` that is passed over looks like an answer.

    Raises:
        Problem: It names the first one.
    """
    known = {one.alias for one in request.scope["route"].dependant.query_params}
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is not None:
        named = ", ".join(sorted(known)) or "none"
        detail = f"there is no parameter {unknown!r} at this address; there are: {named}"
        raise Problem(422, "invalid", detail, errors=[Fault(pointer=unknown, detail="there is no such parameter")])


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that a route may answer with, for the OpenAPI document."""
    always = (400, 401, 403, 408, 413, 422, 429, 500, 503)
    schema = {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}
    return {
        status: {"description": HTTPStatus(status).phrase, "content": {MEDIA_TYPE: schema}}
        for status in sorted({*always, *statuses})
    }


def install(app: FastAPI) -> None:
    """Have every error of an application answered as a problem."""

    async def told(request: Request, error: Exception) -> JSONResponse:
        problem = of(error)
        if problem.status == HTTPStatus.METHOD_NOT_ALLOWED:
            problem.headers = {"Allow": ", ".join(_methods(app, request))}
        return problem.response()

    for kind in (Problem, HTTPException, RequestValidationError, StoreError, Exception):
        app.add_exception_handler(kind, told)


def _methods(app: FastAPI, request: Request) -> list[str]:
    """List what an address takes, over all of its routes; the first one knows only of itself."""
    here = [route for route in app.routes if route.matches(request.scope)[0] is not Match.NONE]
    return sorted({method for route in here for method in getattr(route, "methods", ())})


def of(error: Exception) -> Problem:
    """Say what an exception is to a client."""
    match error:
        case Problem():
            return error
        case RequestValidationError():
            return _invalid(error)
        case HTTPException(status_code=404):
            return Problem(404, "not-found", "there is nothing at this address; see /v1/openapi.json")
        case HTTPException(status_code=405):
            return Problem(405, "not-allowed", "this address does not take that method; `Allow` has those it takes")
        case HTTPException(status_code=400):  # what FastAPI says of a body that it cannot decode
            return Problem(
                400, "no-json", f"{NO_OBJECT}, in UTF-8, not compressed, with no number of thousands of digits"
            )
        case HTTPException(status_code=status, detail=detail):
            return Problem(status, "invalid", str(detail))
        case StoreError():
            detail = "nothing can be stored just now, and nothing was; please try again"
            return Problem(503, "unavailable", detail, headers={"Retry-After": RETRY})
    return Problem(500, "internal", "something failed here that should not; the gateway's log says what")


def _invalid(error: RequestValidationError) -> Problem:
    faults = []
    for one in error.errors():
        where, *path = one["loc"] or ("body",)
        if one["type"] == "json_invalid" or (not path and one["type"] in ("missing", "model_attributes_type")):
            return Problem(400, "no-json", NO_OBJECT)
        if (where, *path) == ("header", "idempotency-key"):
            return Problem(400, "no-key", NO_KEY)
        pointer = _pointer(error.body, path, one["type"]) if where == "body" else str(path[0] if path else where)
        detail = SAID.get(one["type"], one["msg"].removeprefix("Value error, "))
        faults.append(Fault(pointer=pointer, detail=detail))
    said = "; ".join(f"{fault.pointer or 'the body'}: {fault.detail}" for fault in faults[:3])
    return Problem(422, "invalid", said, errors=faults)


def _pointer(body: Any, path: Sequence[str | int], kind: str) -> str:
    """Point into a body (RFC 6901); pydantic's path names besides which kind of value it tried."""
    pointer, inside = "", body
    for part in path:
        if isinstance(inside, list) and isinstance(part, int) and part < len(inside):
            inside = inside[part]
        elif isinstance(inside, dict) and (part in inside or (kind == "missing" and part == path[-1])):
            inside = inside.get(part)
        else:
            continue
        pointer += f"/{str(part).replace('~', '~0').replace('/', '~1')}"
    return pointer
