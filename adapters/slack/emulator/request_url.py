"""
The app's Request URL: events, interactions and commands as signed HTTP requests.

One address stands for the three that Slack's settings have. It takes part once it has answered the handshake
(https://docs.slack.dev/reference/events/url_verification); until then we ask again each second, as somebody would who
presses "Retry" while their server starts.

Signature: https://docs.slack.dev/authentication/verifying-requests-from-slack
Failures and their names: https://docs.slack.dev/apis/events-api#retries
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import json
import secrets
import urllib.parse
from collections.abc import AsyncIterator, Coroutine
from typing import Protocol

import aiohttp

from adapters.slack.emulator import state
from adapters.slack.emulator.schedule import Clock, Schedule
from adapters.slack.emulator.workspace import Workspace

NUMBER = 0  # stands in an attempt where Socket Mode has the connection's
HANDSHAKE_INTERVAL = 1.0  # seconds
MOST_REDIRECTS = 2
USER_AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"


class Ears(Protocol):
    """Who hears what became of a request; `deliveries.Deliveries` is it."""

    def answered(self, envelope_id: str, answer: state.Json | str | None) -> None: ...
    def failed(self, envelope_id: str, outcome: state.Outcome, *, again: bool) -> None: ...
    def pump(self) -> None: ...


class RequestUrl:
    """
    An address that the app gave.

    Attributes:
        is_verified: Whether it has answered the handshake.
        problem: Why it has not, after an attempt.
    """

    number = NUMBER

    def __init__(
        self, url: str, ears: Ears, workspace: Workspace, schedule: Schedule, *, clock: Clock, timeout: float
    ) -> None:
        """
        Args:
            timeout: Seconds until an unanswered request is given up.
        """
        self.url = url
        self.is_verified = False
        self.problem: str | None = None
        self._ears = ears
        self._workspace = workspace
        self._schedule = schedule
        self._clock = clock
        self._timeout = timeout
        self._is_closed = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._shake_hands()

    def carry(self, delivery: state.Delivery, attempt: state.Attempt) -> None:
        """Send a delivery, and tell what became of it. Its time-out is not told: who waits has a clock as well."""
        kind, body = _body(delivery)
        headers = {"content-type": kind}
        if attempt.retry_attempt:
            headers["x-slack-retry-num"] = str(attempt.retry_attempt)
            headers["x-slack-retry-reason"] = attempt.retry_reason
        self._start(self._deliver(delivery, attempt.envelope_id, headers, body))

    def close(self) -> None:
        """Hang up on every request under way, and send no more."""
        self._is_closed = True
        for task in self._tasks:
            task.cancel()

    def describe(self) -> state.Json:
        """For `/human/state`."""
        return {"url": self.url, "is_verified": self.is_verified, "problem": self.problem}

    def _start(self, talk: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(talk)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self._schedule.at(self._clock() + self._timeout, lambda: task.cancel())

    def _shake_hands(self) -> None:
        if not self._is_closed:
            self._start(self._verify(secrets.token_urlsafe(32)))

    async def _verify(self, challenge: str) -> None:
        asked = {"token": self._workspace.state.tokens.verification, "challenge": challenge, "type": "url_verification"}
        try:
            async with self._post({"content-type": JSON}, json.dumps(asked).encode()) as response:
                self.is_verified = response.status == 200 and challenge == _challenge(await response.text())
                self.problem = None if self.is_verified else f"status {response.status}"
        except (aiohttp.ClientError, UnicodeDecodeError) as error:
            self.problem = type(error).__name__
        finally:
            if self.is_verified:
                self._ears.pump()
            else:
                self._schedule.at(self._clock() + HANDSHAKE_INTERVAL, self._shake_hands)

    async def _deliver(self, delivery: state.Delivery, envelope_id: str, headers: dict[str, str], body: bytes) -> None:
        try:
            async with self._post(headers, body) as response:
                if 200 <= response.status < 300:
                    self._ears.answered(envelope_id, _answer(delivery, await response.text(errors="replace")))
                else:
                    again = response.headers.get("x-slack-no-retry") != "1"
                    self._ears.failed(envelope_id, "http_error", again=again)
        except aiohttp.TooManyRedirects:
            self._ears.failed(envelope_id, "too_many_redirects", again=True)
        except aiohttp.ClientSSLError:
            self._ears.failed(envelope_id, "ssl_error", again=True)
        except aiohttp.ClientError:
            self._ears.failed(envelope_id, "connection_failed", again=True)

    @contextlib.asynccontextmanager
    async def _post(self, headers: dict[str, str], body: bytes) -> AsyncIterator[aiohttp.ClientResponse]:
        """Each request has a connection of its own, so that none overtakes another that waits for a free one."""
        signed = signature_headers(self._workspace.state.tokens.signing_secret, int(self._clock()), body)
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=None)) as session,
            session.post(
                self.url,
                data=body,
                headers={"user-agent": USER_AGENT, **headers, **signed},
                max_redirects=MOST_REDIRECTS + 1,  # aiohttp counts the one that it refuses
            ) as response,
        ):
            yield response


def signature_headers(secret: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What proves that a request comes from Slack."""
    digest = hmac.new(secret.encode(), b"v0:%d:%s" % (timestamp, body), hashlib.sha256).hexdigest()
    return {"x-slack-request-timestamp": str(timestamp), "x-slack-signature": f"v0={digest}"}


def _body(delivery: state.Delivery) -> tuple[str, bytes]:
    """Content type and body: JSON for events, a form with one field for interactions, a form for commands."""
    match delivery.type:
        case "events_api":
            return JSON, json.dumps(delivery.payload).encode()
        case "interactive":
            return FORM, urllib.parse.urlencode({"payload": json.dumps(delivery.payload)}).encode()
        case "slash_commands":
            return FORM, urllib.parse.urlencode(delivery.payload).encode()


def _answer(delivery: state.Delivery, text: str) -> state.Json | str | None:
    """What the app said: nothing to an event, an object where it sent one, else its words."""
    if delivery.type == "events_api" or not text.strip():
        return None
    with contextlib.suppress(ValueError):
        parsed = json.loads(text)
        if isinstance(parsed, dict):
            return parsed
    return text


def _challenge(text: str) -> str | None:
    """The challenge in an answer: as plain text, as a form, or as JSON."""
    with contextlib.suppress(ValueError):
        parsed = json.loads(text)
        return parsed.get("challenge") if isinstance(parsed, dict) else text
    return text.removeprefix("challenge=").strip()
