"""
HTTP mode: Slack posts events, presses and commands to one address of ours.

One plain ASGI route for all accounts in this mode, because an app has one address for every workspace that it is in.
Which secret signed a request says which app it is from, and so for which accounts it may speak; the payload says for
which of them. What there is no room for is refused by its head alone. What Slack did not sign is refused before it is
read, as far as its headers show it, and answered in one line; what is too large is refused while it is read. Only what
is stored is answered 200.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import pydantic_core
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from adapters.base import OVERLOADED, RETRY_AFTER, Clock, Gate
from adapters.errors import InvalidSignature
from adapters.slack import verify
from adapters.slack.limits import BODY
from adapters.slack.parse import CHANNEL
from adapters.slack.receive import DONE, LATER, Answer, Receiver, take

log = logging.getLogger("ringback.slack")

PATH = "/slack/events"
SLOWEST = 10.0  # seconds in which a body has to be here; Slack itself gives up after three
BODIES = 64 * 1024 * 1024  # bytes of all bodies that are being read; nobody has shown yet that Slack signed them
FIELDS = 100  # fields of a form that are read; Slack's commands have about twenty
CHECK = 60.0  # seconds between two looks whether our token still holds
MISSED = 60.0  # seconds in which Slack sends again what it could not bring (docs.slack.dev/apis/events-api#retries)
REFUSALS = {"unsigned": 401, "stale": 401, "bad_signature": 401, "malformed": 400, "too_slow": 408, "too_large": 413}
REFUSALS |= {OVERLOADED: 503}
HOPELESS = frozenset({"malformed", "too_large"})  # refusals that are the same when Slack sends it again
AGAIN = {"retry-after": str(RETRY_AFTER)}
EMPTY = {
    DONE.status: Response(status_code=DONE.status),
    LATER.status: Response(status_code=LATER.status, headers=AGAIN),
}

Headers = Mapping[bytes, bytes]


class Refusal(Exception):
    """A request that is not taken in; the reason is a key of `REFUSALS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Webhook:
    """The address that Slack posts to."""

    def __init__(self, receivers: Iterable[Receiver], gate: Gate, clock: Clock) -> None:
        self._gate, self._clock = gate, clock
        self._by_secret: dict[str, dict[str, Receiver]] = {}
        self._reading = 0  # bytes of bodies that are being read
        for receiver in receivers:
            for secret in receiver.config.secrets:
                self._by_secret.setdefault(secret, {})[receiver.config.account] = receiver

    def routes(self) -> list[Route]:
        """Give the route."""
        return [Route(PATH, self, methods=["POST"])]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request of Slack's."""
        response = await self._answer(dict(scope["headers"]), receive)
        await response(scope, receive, send)

    def refuses(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """
        Tell whether there is no room for a request, and count it.

        An event is JSON, and comes again; what people press, fill in and command comes as a form, and once.
        """
        full = self._gate.overloaded(once=False)
        refused = full and (_is_json(dict(headers)) or self._gate.overloaded(once=True))
        if refused:
            self._gate.refused(CHANNEL, "", OVERLOADED)
        else:
            self._gate.expect()
        return refused

    async def _answer(self, headers: Headers, receive: Receive) -> Response:
        try:
            receivers, payload = await self._read(headers, receive)
        except (InvalidSignature, Refusal) as refused:
            log.debug("a request is refused: %s", refused.reason)
            self._gate.refused(CHANNEL, "", refused.reason)
            return REFUSED[refused.reason]
        except ClientDisconnect:
            return Response(status_code=400)  # nobody reads it
        if payload.get("type") == "url_verification":
            return _json({"challenge": str(payload.get("challenge") or "")})
        return _respond(await take(payload, receivers, self._gate) if payload else DONE)

    async def _read(self, headers: Headers, receive: Receive) -> tuple[Mapping[str, Receiver], Mapping[str, Any]]:
        """
        Read a request that Slack signed.

        Returns:
            Whom it may be for, and what it says; empty where Slack only tries whether somebody answers.

        Raises:
            InvalidSignature: Slack did not sign it, or not now.
            Refusal: It cannot be read.
        """
        stamp = headers.get(b"x-slack-request-timestamp", b"").decode("latin-1")
        signature = headers.get(b"x-slack-signature", b"").decode("latin-1")
        verify.check_headers(stamp, signature, self._clock.now())
        try:
            async with asyncio.timeout(SLOWEST):
                body = await self._body(headers, receive)
        except TimeoutError:
            raise Refusal("too_slow") from None
        receivers: dict[str, Receiver] = {}
        for secret, accounts in self._by_secret.items():
            try:
                verify.verify(body, stamp, signature, secret=secret, now=self._clock.now())
            except InvalidSignature:
                continue
            receivers |= accounts
        if not receivers:
            raise InvalidSignature("bad_signature")
        return receivers, _payload(body, headers)

    async def _body(self, headers: Headers, receive: Receive) -> bytes:
        length = headers.get(b"content-length", b"")
        if length.isdigit() and (len(length) > 12 or int(length) > BODY):
            raise Refusal("too_large")
        body, more = bytearray(), True
        try:
            while more:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                chunk = message.get("body", b"")
                body += chunk
                self._reading += len(chunk)
                if len(body) > BODY:
                    raise Refusal("too_large")
                if self._reading > BODIES:
                    raise Refusal(OVERLOADED)
                more = message.get("more_body", False)
        finally:
            self._reading -= len(body)
        return bytes(body)


def _is_json(headers: Headers) -> bool:
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower() == b"application/json"


def _payload(body: bytes, headers: Headers) -> Mapping[str, Any]:
    """Read events (JSON), presses and forms (JSON in the field `payload`), or commands (fields)."""
    try:
        if _is_json(headers):
            payload = _read_json(body)
        else:
            fields = dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=FIELDS))
            payload = _read_json(fields["payload"].encode()) if "payload" in fields else fields
    except (ValueError, RecursionError):  # of ValueError are UnicodeDecodeError and numbers that are too long
        raise Refusal("malformed") from None
    if not isinstance(payload, dict):
        raise Refusal("malformed")
    if payload.get("ssl_check") == "1":
        return {}
    if "type" not in payload and "command" not in payload:
        raise Refusal("malformed")
    return payload


def _read_json(text: bytes) -> Any:
    """Read JSON; half of an emoji and nesting that the fast reader refuses are read the slow way."""
    try:
        return pydantic_core.from_json(text)
    except ValueError:
        return json.loads(text.decode())


def _respond(answer: Answer) -> Response:
    if answer.body is None:
        return EMPTY[answer.status]
    return _json(answer.body, answer.status)


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return Response(json.dumps(body), status, media_type="application/json")  # ASCII, so half an emoji can be repeated


def _refusal(reason: str) -> Response:
    # Slack is not to send again what can never be taken in. What is wrong with a signature may be our secret or our
    # clock, and mended when it comes again. The rest of a body that is too large is thrown away as it comes, so that
    # its sender hears why; one that does not come ends its connection.
    headers = {"x-slack-no-retry": "1"} if reason in HOPELESS else {}
    headers |= {"connection": "close"} if reason == "too_slow" else {}
    headers |= AGAIN if reason == OVERLOADED else {}
    return JSONResponse({"error": reason}, REFUSALS[reason], headers)


REFUSED = {reason: _refusal(reason) for reason in REFUSALS}
"""Made once: a flood is refused at what one costs."""


async def attend(receiver: Receiver, gate: Gate, clock: Clock) -> None:
    """
    Look after an account that Slack posts to, until cancelled.

    A webhook that is quiet is not deaf: the sign of life is that Slack answers, and still takes our token.

    Raises:
        Misconfigured: The token is refused, or belongs to another workspace.
        DeliveryFailed: Slack cannot be reached.
    """
    account, began, arrived = receiver.config.account, clock.now(), False
    while True:
        await receiver.identify()
        gate.seen(CHANNEL, account)
        if not arrived and clock.now() - began >= MISSED:
            arrived = True
            gate.caught_up(CHANNEL, account)
        await clock.sleep(CHECK)
