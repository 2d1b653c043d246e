"""
`/human`, `/app` and `/faults`: what the sandbox page and the tests use. None of it is Slack's.

It acts for anybody without asking who calls, so it is for this machine only: by the caller's address, and by the name
under which it calls us (a web page elsewhere whose name points here could otherwise reach us through the browser).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import pydantic
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.slack.emulator import errors
from adapters.slack.emulator.changes import Changes
from adapters.slack.emulator.faults import Fault
from adapters.slack.emulator.people import People
from adapters.slack.emulator.settings import Settings
from adapters.slack.emulator.state import Json

_Model = TypeVar("_Model", bound=pydantic.BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


class Emulator(Protocol):
    """What the routes need; `app.Emulator` is it."""

    people: People

    @property
    def faults(self) -> list[Fault]: ...
    def add_fault(self, fault: Fault) -> Fault: ...
    def remove_fault(self, fault_id: str) -> bool: ...
    def clear_faults(self) -> None: ...
    @property
    def settings(self) -> Json: ...
    def configure(self, given: Settings) -> None: ...
    def screen(self, person: str, channel: str) -> Json: ...
    def state(self) -> Json: ...


class _Given(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    person: str


class _File(pydantic.BaseModel):
    """Its `content` is base64."""

    model_config = pydantic.ConfigDict(extra="forbid")

    name: str
    content: pydantic.Base64Bytes


class _Written(_Given):
    channel: str
    text: str
    thread_ts: str | None = None
    files: list[_File] = []


class _Clicked(_Given):
    channel: str = "dm"
    ts: str | None = None
    view_id: str | None = None
    action_id: str
    value: Any = None
    values: Any = None
    confirmed: bool = False


class _Submitted(_Given):
    view_id: str
    values: Any = None


class _Closed(_Given):
    view_id: str
    everything: bool = False


class _Changed(_Given):
    channel: str
    ts: str
    text: str


class _Deleted(_Given):
    channel: str
    ts: str


class _Commanded(_Given):
    channel: str
    command: str
    text: str = ""


class HumanApi:
    """The routes."""

    def __init__(self, emulator: Emulator, changes: Changes, *, loopback_only: bool) -> None:
        self._emulator = emulator
        self._changes = changes
        self._loopback_only = loopback_only

    def routes(self) -> list[Route]:
        """All of them."""
        posts = (self.message, self.click, self.submit, self.close, self.edit, self.delete, self.command)
        gets = (self.view, self.file, self.changes, self.state)
        return [
            *(Route(f"/human/{does.__name__}", self._guarded(does), methods=["POST"]) for does in posts),
            *(Route(f"/human/{does.__name__}", self._guarded(does), methods=["GET"]) for does in gets),
            Route("/app", self._guarded(self.app), methods=["GET", "POST"]),
            Route("/faults", self._guarded(self.all_faults), methods=["GET", "POST", "DELETE"]),
            Route("/faults/{fault}", self._guarded(self.one_fault), methods=["DELETE"]),
        ]

    async def message(self, request: Request) -> Response:
        """Write."""
        given = await _read(request, _Written)
        files = [(file.name, file.content) for file in given.files]
        return JSONResponse(
            self._emulator.people.message(
                given.person, given.channel, given.text, thread_ts=given.thread_ts, files=files
            )
        )

    async def click(self, request: Request) -> Response:
        """Press or choose, in a message or a modal."""
        given = await _read(request, _Clicked)
        people = self._emulator.people
        if given.view_id is not None:
            done = people.click_in_view(
                given.person, given.view_id, given.action_id, value=given.value, confirmed=given.confirmed
            )
        elif given.ts is not None:
            done = people.click(
                given.person,
                given.channel,
                given.ts,
                given.action_id,
                value=given.value,
                values=given.values,
                confirmed=given.confirmed,
            )
        else:
            raise errors.Refused("A click needs the ts of a message or a view_id.", status=400)
        return JSONResponse(done)

    async def submit(self, request: Request) -> Response:
        """Submit a modal."""
        given = await _read(request, _Submitted)
        return JSONResponse(await self._emulator.people.submit(given.person, given.view_id, given.values))

    async def close(self, request: Request) -> Response:
        """Cancel a modal."""
        given = await _read(request, _Closed)
        self._emulator.people.close(given.person, given.view_id, everything=given.everything)
        return JSONResponse({})

    async def edit(self, request: Request) -> Response:
        """Change one's message."""
        given = await _read(request, _Changed)
        self._emulator.people.edit(given.person, given.channel, given.ts, given.text)
        return JSONResponse({})

    async def delete(self, request: Request) -> Response:
        """Delete one's message."""
        given = await _read(request, _Deleted)
        self._emulator.people.delete(given.person, given.channel, given.ts)
        return JSONResponse({})

    async def command(self, request: Request) -> Response:
        """Type a slash command."""
        given = await _read(request, _Commanded)
        return JSONResponse(self._emulator.people.command(given.person, given.channel, given.command, given.text))

    async def view(self, request: Request) -> Response:
        """What a person sees."""
        query = request.query_params
        return JSONResponse(self._emulator.screen(query.get("person", ""), query.get("channel", "dm")))

    async def file(self, request: Request) -> Response:
        """A file, to keep and never to show: a person's page of HTML would speak for the sandbox's own."""
        query = request.query_params
        name, content = self._emulator.people.file(
            query.get("person", ""), query.get("channel", "dm"), query.get("file", "")
        )
        kept = {"content-disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
        return Response(content, media_type="application/octet-stream", headers=kept)

    async def changes(self, request: Request) -> Response:
        """Server-sent events."""
        return self._changes.response()

    async def state(self, request: Request) -> Response:
        """Everything."""
        return JSONResponse(self._emulator.state())

    async def app(self, request: Request) -> Response:
        """The app's settings, as they are or changed."""
        if request.method == "POST":
            self._emulator.configure(await _read(request, Settings))
        return JSONResponse(self._emulator.settings)

    async def all_faults(self, request: Request) -> Response:
        """List, add, or remove all."""
        if request.method == "POST":
            fault = self._emulator.add_fault(await _read(request, Fault))
            return JSONResponse(fault.model_dump(), status_code=201)
        if request.method == "DELETE":
            self._emulator.clear_faults()
        return JSONResponse([fault.model_dump() for fault in self._emulator.faults])

    async def one_fault(self, request: Request) -> Response:
        """Remove one."""
        if not self._emulator.remove_fault(request.path_params["fault"]):
            raise errors.Refused("There is no such fault.", status=404)
        return JSONResponse({})

    def _guarded(self, does: Endpoint) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            try:
                if self._loopback_only and not _is_local(request):
                    raise errors.Refused("This is for callers on this machine.", status=403)
                return await does(request)
            except errors.Refused as refused:
                return JSONResponse({"error": refused.sentence}, status_code=refused.status)

        return endpoint


async def _read(request: Request, form: type[_Model]) -> _Model:
    """
    Raises:
        Refused: It is not JSON (a web page elsewhere could send anything else without asking), or not of that form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise errors.Refused("Send application/json.", status=415)
    try:
        return form.model_validate_json(await request.body())
    except pydantic.ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()]
        raise errors.Refused("; ".join(problems), status=400) from None


def _is_local(request: Request) -> bool:
    client = request.client.host if request.client is not None else ""
    return _is_loopback(client) and _is_loopback(request.url.hostname or "")


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
