"""
The addresses of `/v1/requests`, as they stand in the OpenAPI document.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from gateway.api.problems import Problem, answers
from gateway.api.requests import LONGEST_WAIT, Requests, Scope
from gateway.api.values import AnswerIn, EscalationIn, RequestIn
from gateway.api.views import KeysOut, Page, RequestOut
from gateway.api.waits import unless_gone
from gateway.sections import ClientSettings

EVENT = {
    "type": "object",
    "properties": {"event": {"const": "request"}, "data": {"type": "string", "contentMediaType": "application/json"}},
    "required": ["event", "data"],
}
"""A server-sent event, as OpenAPI describes it."""


def needs(scope: Scope) -> Any:
    """Give the client that makes a request, if it may."""

    async def client(request: Request) -> ClientSettings:  # async, or it would be a thread's
        known: ClientSettings = request.state.client
        if scope not in known.scopes:
            detail = f"your token lacks the scope {scope}; an operator adds it to `scopes` in [[clients]]"
            raise Problem(403, "scope", detail)
        return known

    return Depends(client)


Reader = Annotated[ClientSettings, needs("requests:read")]
Writer = Annotated[ClientSettings, needs("requests:write")]
Key = Annotated[
    str | None,
    Header(
        description="Your name for it; sent again with it, nothing is said or done twice.",
        pattern=r"^[!-~]{1,100}$",
    ),
]


def install(app: FastAPI, requests: Requests) -> None:
    """Put the addresses into an application."""
    shown = {"model": RequestOut}

    @app.post(
        "/requests",
        status_code=201,
        operation_id="createRequest",
        responses={
            **answers(409),
            200: shown | {"description": "It was there already; this is how it stands."},
            201: shown | {"description": "People are asked, or the policy has answered."},
            202: shown | {"description": "It is stored, and nothing is decided on it yet; look again."},
        },
    )
    async def create(
        client: Writer,
        body: RequestIn,
        response: Response,
        idempotency_key: Annotated[
            str, Header(description="Your name for it; sent again with it, it is the same request.", max_length=100)
        ],
    ) -> RequestOut:
        """Have people asked."""
        response.status_code, stands = await requests.create(client, idempotency_key, body)
        response.headers["Location"] = f"/v1/requests/{stands.id}"
        return stands

    @app.get("/requests", operation_id="listRequests", responses=answers())
    async def page(
        reader: Reader,
        status: Annotated[Literal["open", "settled"] | None, Query(description="Only those that are so.")] = None,
        client: Annotated[str | None, Query(description="Only that client's; needs the scope requests:all.")] = None,
        limit: Annotated[int, Query(ge=1, le=100, description="How many, at most.")] = 50,
        cursor: Annotated[int | None, Query(ge=0, le=2**62, description="`next` of the page before.")] = None,
    ) -> Page:
        """List requests, the newest first."""
        is_open = None if status is None else status == "open"
        return await requests.page(reader, whose=client, is_open=is_open, before=cursor, most=limit)

    @app.get("/requests/{id}", operation_id="getRequest", responses=answers(404))
    async def get(
        request: Request,
        reader: Reader,
        id: str,  # noqa: A002
        wait: Annotated[
            int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for it to end before answering.")
        ] = 0,
    ) -> RequestOut:
        """Show how a request stands; with `wait`, as soon as it has ended."""
        stands = await unless_gone(request, requests.get(reader, id, wait)) if wait else None
        return stands or await requests.get(reader, id, 0)

    @app.get(
        "/requests/{id}/events",
        operation_id="followRequest",
        response_class=StreamingResponse,
        responses={
            **answers(404),
            200: {
                "description": "Events named `request`: how it stands, whenever that changes, until it has ended.",
                "content": {"text/event-stream": {"schema": EVENT}},
            },
        },
    )
    async def follow(reader: Reader, id: str) -> StreamingResponse:  # noqa: A002
        """Follow a request as server-sent events."""
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(await requests.stream(reader, id), media_type="text/event-stream", headers=headers)

    @app.get("/evidence/keys", operation_id="evidenceKeys", responses=answers())
    async def evidence_keys(reader: Reader) -> KeysOut:
        """Show the public keys by which `settlement.evidence` is checked: a JWK set."""
        return KeysOut.model_validate(requests.evidence_keys())

    @app.post(
        "/requests/{id}/cancel",
        operation_id="cancelRequest",
        responses={
            **answers(404, 409),
            202: shown | {"description": "It is stored that you want that, and nothing is decided on it yet."},
        },
    )
    async def cancel(client: Writer, id: str, response: Response) -> RequestOut:  # noqa: A002
        """Withdraw a request; its cards say so. One that has ended stays as it ended."""
        response.status_code, stands = await requests.cancel(client, id)
        return stands

    @app.post(
        "/requests/{id}/escalate",
        operation_id="escalateRequest",
        responses={
            **answers(404, 409),
            202: shown | {"description": "It is stored that you want that, and nothing is decided on it yet."},
        },
    )
    async def escalate(
        client: Writer,
        id: str,  # noqa: A002
        body: EscalationIn,
        response: Response,
        idempotency_key: Key = None,
    ) -> RequestOut:
        """Have the next step of its ladder taken now, as the policy says who that is."""
        response.status_code, stands = await requests.escalate(client, id, body.why, idempotency_key or "")
        return stands

    @app.post(
        "/requests/{id}/answer",
        operation_id="answerQuestion",
        responses={
            **answers(404, 409),
            202: shown | {"description": "It is stored, and nothing is decided on it yet."},
        },
    )
    async def answer(
        client: Writer,
        id: str,  # noqa: A002
        body: AnswerIn,
        response: Response,
        idempotency_key: Key = None,
    ) -> RequestOut:
        """Answer what somebody asked back, as `said` shows it; the request stays open."""
        response.status_code, stands = await requests.answer(client, id, body.text, idempotency_key or "")
        return stands
