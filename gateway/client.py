"""
A client of the REST door for Python, with nothing but httpx: `Client`, and `AsyncClient` with the same methods.

    ringback = Client("https://ringback.example", token)
    verdict = ringback.ask("release-1.4.2", tool="deploy", arguments={"tag": "1.4.2"}, why="the fix for #1234")
    if verdict.approved:
        deploy("1.4.2")

The key (`release-1.4.2`) is your own name for what you ask. Whatever breaks in between, this process included: called
again with the same key it is the same request, and nobody is asked twice. Connections that break, and a gateway that
restarts or is busy, are waited for.

Both clients run the same steps; what differs is only how they send and how they pause.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Generator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, TypeVar

import httpx

WAIT = 25  # seconds of one long poll; many proxies cut a connection on which nothing comes for 30
TIMEOUT = httpx.Timeout(10.0, read=WAIT + 20.0)
PATIENCE = 300.0  # seconds for which a gateway that cannot be reached, or is busy, is tried again
PAUSES = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds between two tries, growing
BUSY = frozenset({408, 429, 502, 503, 504})

T = TypeVar("T")


class Problem(Exception):
    """
    The gateway refuses: `detail` says what to do, `type` is for programs, `body` is all of it (RFC 9457).

    See docs/api.md for the types.
    """

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status}: {body.get('detail') or body.get('title') or 'refused'}")
        self.status, self.body = status, body
        self.type = str(body.get("type", "")).rpartition(":")[2]
        self.detail = str(body.get("detail", ""))


@dataclass(frozen=True)
class Asked:
    """
    A request, as it stood when it was read; `body` is all of it.

    `status` is received, open, settled or refused; `outcome` is how a settled one ended. Only `approved` says that
    somebody, or the policy, said yes. `arguments` and `digest` are those of the call that was approved: what was asked,
    with the `changes` that people made where you let them. `evidence` proves it to others.
    """

    id: str
    status: str
    outcome: str | None
    approved: bool
    by: str | None
    name: str
    comment: str
    answer: str
    choice: str
    values: dict[str, Any] | None
    arguments: dict[str, Any]
    changes: dict[str, Any]
    digest: str
    evidence: str
    refused: str
    body: dict[str, Any]

    @property
    def ended(self) -> bool:
        """Nothing about it will change any more."""
        return self.status in ("settled", "refused")


@dataclass(frozen=True)
class Send:
    """One HTTP request."""

    method: str
    path: str
    how: dict[str, Any]


@dataclass(frozen=True)
class Pause:
    """Some seconds in which nothing is sent."""

    seconds: float


Steps = Generator[Send | Pause, httpx.Response | httpx.TransportError | None, T]


def _read(body: dict[str, Any]) -> Asked:
    ended = body.get("settlement") or {}
    return Asked(
        id=body["id"],
        status=body["status"],
        outcome=ended.get("outcome"),
        approved=ended.get("approved", False),
        by=ended.get("by"),
        name=ended.get("name", ""),
        comment=ended.get("comment", ""),
        answer=ended.get("answer", ""),
        choice=ended.get("choice", ""),
        values=ended.get("values"),
        arguments=body.get("arguments", {}),
        changes=body.get("changes", {}),
        digest=body.get("digest", ""),
        evidence=ended.get("evidence", ""),
        refused=body.get("refused", ""),
        body=body,
    )


def _send(method: str, path: str, **how: Any) -> Steps[dict[str, Any]]:
    """Send something until it is answered, for what may be sent twice."""
    waited, tries = 0.0, 0
    while True:
        answer = yield Send(method, path, how)
        if isinstance(answer, httpx.Response) and answer.status_code not in BUSY:
            return _body(answer)
        pause = PAUSES[min(tries, len(PAUSES) - 1)]
        if isinstance(answer, httpx.Response):
            asked = answer.headers.get("retry-after", "")
            pause = max(pause, float(asked)) if asked.isdecimal() else pause
        if waited + pause > PATIENCE:
            if isinstance(answer, httpx.Response):
                return _body(answer)
            raise answer or httpx.TransportError("nothing was sent")
        tries, waited = tries + 1, waited + pause
        yield Pause(pause)


def _body(answer: httpx.Response) -> dict[str, Any]:
    try:
        body = answer.json()
    except ValueError:
        body = {"detail": answer.text[:200]}
    if answer.is_success and isinstance(body, dict):
        return body
    raise Problem(answer.status_code, body if isinstance(body, dict) else {})


def _create(key: str, wanted: dict[str, Any]) -> Steps[Asked]:
    return _read((yield from _send("POST", "/requests", json=wanted, headers={"Idempotency-Key": key})))


def _get(name: str, wait: float = 0) -> Steps[Asked]:
    return _read((yield from _send("GET", f"/requests/{name}", params={"wait": int(wait)})))


def _wait(asked: Asked, timeout: float | None) -> Steps[Asked]:
    left = timeout
    while not asked.ended and (left is None or left > 0):
        now = WAIT if left is None else min(WAIT, max(1, round(left)))
        asked = yield from _get(asked.id, now)
        left = None if left is None else left - now
    return asked


def _ask(key: str, timeout: float | None, wanted: dict[str, Any]) -> Steps[Asked]:
    return (yield from _wait((yield from _create(key, wanted)), timeout))


def _cancel(name: str) -> Steps[Asked]:
    try:
        return _read((yield from _send("POST", f"/requests/{name}/cancel")))
    except Problem as problem:
        if problem.type != "ended":
            raise
        return _read(problem.body["request"])


def _say(name: str, wish: str, key: str | None, **said: str) -> Steps[Asked]:
    """Say something to a request, once for a key; without one it has one of its own, as it may be sent twice."""
    headers = {"Idempotency-Key": key or uuid.uuid4().hex}
    return _read((yield from _send("POST", f"/requests/{name}/{wish}", json=said, headers=headers)))


def _list(query: dict[str, Any]) -> Steps[list[Asked]]:
    found: list[Asked] = []
    while True:
        page = yield from _send("GET", "/requests", params=query)
        found += map(_read, page["requests"])
        if page["next"] is None:
            return found
        query = {**query, "cursor": page["next"]}


class Client:
    """
    Asks people through a gateway.

    Args:
        url: Where the gateway is, without `/v1`.
        token: Of a client in its settings.
        http: Sends instead of a client made here, for a proxy or certificates of your own.
    """

    def __init__(self, url: str, token: str, *, http: httpx.Client | None = None) -> None:
        self._http = http or httpx.Client(timeout=TIMEOUT)
        self._root, self._headers = f"{url.rstrip('/')}/v1", {"Authorization": f"Bearer {token}"}

    def ask(self, key: str, *, timeout: float | None = None, **wanted: Any) -> Asked:
        """
        Have people asked, and wait until that has ended.

        Args:
            key: Your own name for it; again with the same one it is the same request.
            timeout: Seconds to wait; then it is returned as it stands. None: as long as it takes.
            wanted: What to send; see docs/api.md.

        Raises:
            Problem: It cannot be asked.
            httpx.TransportError: The gateway could not be reached for five minutes.
        """
        return self._run(_ask(key, timeout, wanted))

    def create(self, key: str, **wanted: Any) -> Asked:
        """Have people asked, and do not wait."""
        return self._run(_create(key, wanted))

    def get(self, name: str) -> Asked:
        """Look how a request stands."""
        return self._run(_get(name))

    def wait(self, asked: Asked, timeout: float | None = None) -> Asked:
        """Wait until a request has ended, or for so many seconds."""
        return self._run(_wait(asked, timeout))

    def cancel(self, name: str) -> Asked:
        """Withdraw a request. Where somebody was faster it is returned as they decided."""
        return self._run(_cancel(name))

    def escalate(self, name: str, why: str = "", *, key: str | None = None) -> Asked:
        """
        Have the next step of its ladder taken now.

        Args:
            why: People read it under the card.
            key: Your own name for it, where you may call this again after a crash: it is one step.

        Raises:
            Problem: It has ended, or there is nobody else to ask.
            httpx.TransportError: The gateway could not be reached for five minutes.
        """
        return self._run(_say(name, "escalate", key, why=why))

    def answer(self, name: str, text: str, *, key: str | None = None) -> Asked:
        """
        Answer what somebody asked back, as `body["said"]` shows it; the request is still open.

        Args:
            text: People read it under the card.
            key: Your own name for it, where you may call this again after a crash: it is said once.

        Raises:
            Problem: It has ended, or nobody has asked anything; or the key was used for another answer.
            httpx.TransportError: The gateway could not be reached for five minutes.
        """
        return self._run(_say(name, "answer", key, text=text))

    def list(self, **query: Any) -> list[Asked]:
        """List your requests, the newest first; `status="open"` or `"settled"`."""
        return self._run(_list(query))

    def close(self) -> None:
        """Let go of connections."""
        self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self, steps: Steps[T]) -> T:
        got: httpx.Response | httpx.TransportError | None = None
        try:
            while True:
                step = steps.send(got)
                if isinstance(step, Pause):
                    time.sleep(step.seconds)
                    got = None
                    continue
                try:
                    got = self._http.request(step.method, self._root + step.path, **_merged(step.how, self._headers))
                except httpx.TransportError as error:
                    got = error
        except StopIteration as ended:
            value: T = ended.value
            return value


class AsyncClient:
    """Asks people through a gateway, as `Client` does, for code that awaits."""

    def __init__(self, url: str, token: str, *, http: httpx.AsyncClient | None = None) -> None:
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)
        self._root, self._headers = f"{url.rstrip('/')}/v1", {"Authorization": f"Bearer {token}"}

    async def ask(self, key: str, *, timeout: float | None = None, **wanted: Any) -> Asked:
        """See `Client.ask`."""
        return await self._run(_ask(key, timeout, wanted))

    async def create(self, key: str, **wanted: Any) -> Asked:
        """See `Client.create`."""
        return await self._run(_create(key, wanted))

    async def get(self, name: str) -> Asked:
        """See `Client.get`."""
        return await self._run(_get(name))

    async def wait(self, asked: Asked, timeout: float | None = None) -> Asked:
        """See `Client.wait`."""
        return await self._run(_wait(asked, timeout))

    async def cancel(self, name: str) -> Asked:
        """See `Client.cancel`."""
        return await self._run(_cancel(name))

    async def escalate(self, name: str, why: str = "", *, key: str | None = None) -> Asked:
        """See `Client.escalate`."""
        return await self._run(_say(name, "escalate", key, why=why))

    async def answer(self, name: str, text: str, *, key: str | None = None) -> Asked:
        """See `Client.answer`."""
        return await self._run(_say(name, "answer", key, text=text))

    async def list(self, **query: Any) -> list[Asked]:
        """See `Client.list`."""
        return await self._run(_list(query))

    async def close(self) -> None:
        """Let go of connections."""
        await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _run(self, steps: Steps[T]) -> T:
        got: httpx.Response | httpx.TransportError | None = None
        try:
            while True:
                step = steps.send(got)
                if isinstance(step, Pause):
                    await asyncio.sleep(step.seconds)
                    got = None
                    continue
                try:
                    got = await self._http.request(
                        step.method, self._root + step.path, **_merged(step.how, self._headers)
                    )
                except httpx.TransportError as error:
                    got = error
        except StopIteration as ended:
            value: T = ended.value
            return value


def _merged(how: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    return how | {"headers": headers | how.get("headers", {})}
