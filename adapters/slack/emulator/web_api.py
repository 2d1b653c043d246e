"""
The Web API: who calls, what is wrong today, and what is written down about it.

Everything that can be answered is answered with HTTP 200, `ok` says the rest
(https://docs.slack.dev/apis/web-api/#responses); only rate limits have a status of their own, 429 with `Retry-After` in
whole seconds (https://docs.slack.dev/apis/web-api/rate-limits).
"""

from __future__ import annotations

import asyncio
import dataclasses
import email.utils
from collections.abc import Callable
from typing import Literal

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.slack.emulator import access, errors, state, transport
from adapters.slack.emulator.arguments import Arguments
from adapters.slack.emulator.faults import Fault, Faults
from adapters.slack.emulator.files import Files
from adapters.slack.emulator.response_urls import ResponseUrls
from adapters.slack.emulator.schedule import Clock
from adapters.slack.emulator.workspace import Workspace

TokenKind = Literal["bot", "app", "unknown", "none"]
Run = Callable[[Arguments], state.Json]

RESPONSE_URL, UPLOAD_URL, URL_PRIVATE = "response_url", "upload_url", "url_private"
OTHERS = (RESPONSE_URL, UPLOAD_URL, URL_PRIVATE)  # what an app calls and is no method
BAD_TOKEN = {"revoke": "token_revoked", "deactivate": "account_inactive", "invalidate": "invalid_auth"}
GONE = ("used_url", "expired_url")  # what a response_url answers with HTTP 404

listeners: list[Callable[[state.Call], None]] = []
"""Each hears of every call of every emulator in this process; the test run checks all calls that way."""


@dataclasses.dataclass(frozen=True)
class Method:
    """What a method does with each kind of token it takes."""

    bot: Run | None = None
    app: Run | None = None


class WebApi:
    """`/api/{method}`, and the addresses that the app was given: response_urls, upload_urls and files."""

    def __init__(
        self,
        workspace: Workspace,
        faults: Faults,
        ways_back: ResponseUrls,
        files: Files,
        methods: dict[str, Method],
        *,
        clock: Clock,
    ) -> None:
        self._workspace = workspace
        self._faults = faults
        self._ways_back = ways_back
        self._files = files
        self._methods = methods
        self._clock = clock

    @property
    def names(self) -> set[str]:
        """Every method there is, `response_url`, `upload_url` and `url_private`."""
        return {*self._methods, *OTHERS}

    async def call(self, request: Request) -> Response:
        """Answer a call of a method."""
        name = request.path_params["method"]
        record = self._record(name)
        try:
            arguments = await Arguments.read(request)
            record.arguments = arguments.shown()
            record.token = self._kind(_token(request, arguments))
            run = self._authorised(request, name, record.token)
        except errors.ApiError as error:
            return self._refuse(record, error)
        return await self._carry_out(record, lambda: run(arguments), channel=self._place_id(arguments))

    async def respond(self, request: Request) -> Response:
        """Take what an app sends to a response_url."""
        token = request.path_params["token"]
        record = self._record(RESPONSE_URL)
        try:
            record.arguments = (await Arguments.read(request)).given
        except errors.ApiError as error:
            return self._refuse(record, error)

        def run() -> state.Json:
            self._ways_back.respond(token, record.arguments)
            return {}

        return await self._carry_out(record, run, channel=self._ways_back.place_of(token))

    async def upload(self, request: Request) -> Response:
        """Take the bytes of a file."""
        record = self._record(UPLOAD_URL)
        taken = await self._files.take(request)
        return await self._carry_out(record, lambda: taken, channel=None)

    async def download(self, request: Request) -> Response:
        """Give the bytes of a file."""
        record = self._record(URL_PRIVATE)
        record.token = self._kind(_bearer(request))
        is_bot = record.token == "bot" and self._problem_with("bot") is None  # noqa: S105 - says which, is none
        return await self._carry_out(record, lambda: self._files.serve(request, is_bot=is_bot), channel=None)

    def _record(self, method: str) -> state.Call:
        return state.Call(at=self._clock(), method=method, arguments={}, token="none", accepted=False)  # noqa: S106

    async def _carry_out(
        self, record: state.Call, run: Callable[[], state.Json | Response], *, channel: str | None
    ) -> Response:
        fault = self._faults.strike(record.method, channel=channel)
        if fault is not None:
            record.fault = fault.kind
            response = await self._suffer(record, fault)
            if response is not None:
                return response
        try:
            with self._workspace.change():
                body = run()
                record.accepted = not isinstance(body, Response) or body.status_code == 200
                if record.fault == "drop_after_accept":
                    self._write_down(record)
                    return transport.Cut()
                record.status = body.status_code if isinstance(body, Response) else 200
                self._write_down(record)
        except errors.ApiError as error:
            return self._refuse(record, error)
        if isinstance(body, Response):
            return body
        return self._answer({"ok": True, **body})

    async def _suffer(self, record: state.Call, fault: Fault) -> Response | None:
        """What a fault does before the method runs; None if it then runs."""
        match fault.kind:
            case "delay":
                await asyncio.sleep(fault.seconds)
            case "refuse":
                return self._refuse(record, errors.ApiError(fault.error))
            case "rate_limit":
                record.error, record.status = "ratelimited", 429
                self._write_down(record)
                return self._answer(
                    {"ok": False, "error": "ratelimited"}, status=429, headers={"retry-after": str(fault.retry_after)}
                )
            case "status":
                record.status = fault.status
                self._write_down(record)
                return Response("", status_code=fault.status)
            case "drop_before_accept":
                self._write_down(record)
                return transport.Cut()
        return None

    def _refuse(self, record: state.Call, error: errors.ApiError) -> Response:
        record.error, record.status = error.name, 404 if error.name in GONE else 200
        self._write_down(record)
        return self._answer(error.answer(), status=record.status)

    def _answer(self, body: state.Json, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        date = email.utils.formatdate(self._clock(), usegmt=True)
        always = {"date": date, "x-oauth-scopes": ",".join(self._workspace.state.scopes)}
        return JSONResponse(body, status_code=status, headers={**always, **(headers or {})})

    def _write_down(self, record: state.Call) -> None:
        with self._workspace.change():
            self._workspace.state.calls.append(record)
        for hear in listeners:
            hear(record)

    def _kind(self, token: str | None) -> TokenKind:
        tokens = self._workspace.state.tokens
        known: dict[str | None, TokenKind] = {None: "none", tokens.bot: "bot", tokens.app: "app"}
        return known.get(token, "unknown")

    def _authorised(self, request: Request, name: str, token: TokenKind) -> Run:
        """
        What the method does for this token.

        Raises:
            ApiError: It is nobody's, revoked, or of the wrong kind; or there is no such method.
        """
        method = self._methods.get(name)
        if method is None:
            raise errors.ApiError("unknown_method")
        if token == "none":  # noqa: S105
            raise errors.ApiError("not_authed")
        if token == "unknown":  # noqa: S105
            raise errors.ApiError("invalid_auth")
        problem = self._problem_with(token)
        if problem is not None:
            raise errors.ApiError(problem)
        if name == "apps.connections.open" and request.method != "POST":
            raise errors.ApiError("insecure_request")
        run = method.bot if token == "bot" else method.app  # noqa: S105
        if run is None:
            raise errors.ApiError("not_allowed_token_type")
        return run

    def _problem_with(self, token: TokenKind) -> str | None:
        return next((BAD_TOKEN[each.kind] for each in self._faults if each.on == "token" and each.token == token), None)

    def _place_id(self, arguments: Arguments) -> str:
        """Where a call goes, for faults that concern one conversation: a person's id stands for the IM with them."""
        named = arguments.text("channel") or ""
        try:
            return access.find_place(self._workspace, named, loosely=True).id
        except errors.ApiError:
            return named


def _token(request: Request, arguments: Arguments) -> str | None:
    return _bearer(request) or arguments.text("token")


def _bearer(request: Request) -> str | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else None
