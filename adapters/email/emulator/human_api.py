"""
`/human` and `/faults`: what the sandbox page and the tests use, as JSON. None of it is a mail server's.

It acts for anybody without asking who calls: whoever mounts it lets only callers on this machine in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import pydantic
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.email.emulator import program
from adapters.email.emulator.faults import Fault, Faults
from adapters.email.emulator.post import Account, Message, Post

INBOX = "INBOX"
_Model = TypeVar("_Model", bound=pydantic.BaseModel)
Endpoint = Callable[[Request], Awaitable[Response]]


class Refused(Exception):
    """It cannot be done; `sentence` says why."""

    def __init__(self, sentence: str, *, status: int = 400) -> None:
        super().__init__(sentence)
        self.sentence, self.status = sentence, status


class _Given(pydantic.BaseModel):
    """`person` is an address."""

    model_config = pydantic.ConfigDict(extra="forbid")

    person: str


class _Seen(_Given):
    uid: int


class _Sent(_Given):
    to: str
    cc: str = ""
    subject: str = ""
    text: str = ""
    in_reply_to: str = ""
    references: str = ""


class HumanApi:
    """The routes."""

    def __init__(self, post: Post, faults: Faults) -> None:
        self._post, self._faults = post, faults

    def app(self) -> Starlette:
        """The application."""
        gets, posts = (self.mailbox, self.message), (self.seen, self.send)
        return Starlette(
            routes=[
                *(Route(f"/human/{does.__name__}", _told(does), methods=["GET"]) for does in gets),
                *(Route(f"/human/{does.__name__}", _told(does), methods=["POST"]) for does in posts),
                Route("/faults", _told(self.all_faults), methods=["GET", "POST", "DELETE"]),
                Route("/faults/{fault}", _told(self.one_fault), methods=["DELETE"]),
            ]
        )

    async def mailbox(self, request: Request) -> Response:
        """A person's mail, the newest first."""
        account = self._account(request.query_params.get("person", ""))
        messages = account.mailboxes[INBOX].messages
        return JSONResponse({"messages": [program.line(message) for message in reversed(messages)]})

    async def message(self, request: Request) -> Response:
        """One mail, as a mail program shows it."""
        query = request.query_params
        uid = query.get("uid", "")
        number = int(uid) if uid.isascii() and uid.isdecimal() and len(uid) < 10 else 0  # no mail has the number 0
        return JSONResponse(program.opened(self._message(self._account(query.get("person", "")), number)))

    async def seen(self, request: Request) -> Response:
        """Mark a mail as read."""
        given = await _read(request, _Seen)
        message = self._message(self._account(given.person), given.uid)
        if program.SEEN not in message.flags:
            message.flags.append(program.SEEN)
            self._post.changed()
        return JSONResponse({})

    async def send(self, request: Request) -> Response:
        """Send a mail as somebody; the servers vouch for them."""
        given = await _read(request, _Sent)
        author = self._account(given.person)
        try:
            raw, receivers = program.write(author, self._post.now(), **given.model_dump(exclude={"person"}))
        except ValueError as error:
            raise Refused(f"This cannot be sent: {error}.") from None
        if not receivers:
            raise Refused("Say to whom it goes.")
        strangers = [receiver for receiver in receivers if self._post.account(receiver) is None]
        if strangers:
            raise Refused(f"There is no mailbox {' or '.join(strangers)} here.")
        self._post.deliver(raw, author.address, receivers, authenticated=author.address)
        return JSONResponse({})

    async def all_faults(self, request: Request) -> Response:
        """List, add, or remove all."""
        if request.method == "POST":
            return JSONResponse(self._faults.add(await _read(request, Fault)).model_dump(), status_code=201)
        if request.method == "DELETE":
            self._faults.all.clear()
        return JSONResponse([fault.model_dump() for fault in self._faults.all])

    async def one_fault(self, request: Request) -> Response:
        """Remove one."""
        if not self._faults.remove(request.path_params["fault"]):
            raise Refused("There is no such fault.", status=404)
        return JSONResponse({})

    def _account(self, address: str) -> Account:
        account = self._post.account(address)
        if account is None:
            raise Refused("There is nobody with that address.", status=404)
        return account

    def _message(self, account: Account, uid: int) -> Message:
        for message in account.mailboxes[INBOX].messages:
            if message.uid == uid:
                return message
        raise Refused("That mail is not there.", status=404)


def _told(does: Endpoint) -> Endpoint:
    """Answer a refusal with its sentence."""

    async def endpoint(request: Request) -> Response:
        try:
            return await does(request)
        except Refused as refused:
            return JSONResponse({"error": refused.sentence}, status_code=refused.status)

    return endpoint


async def _read(request: Request, form: type[_Model]) -> _Model:
    """
    Raises:
        Refused: It is not JSON (a web page elsewhere could send anything else without asking), or not of that form.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused("Send application/json.", status=415)
    try:
        return form.model_validate_json(await request.body())
    except pydantic.ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors()]
        raise Refused("; ".join(problems)) from None
