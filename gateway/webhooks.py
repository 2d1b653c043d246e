"""
Webhooks to clients: how their requests ended, signed as Standard Webhooks says.

A webhook is a delivery like any other, on a client's account (`api:ci`): claimed, tried, visible until it has ended. It
may be repeated, always under the same `webhook-id`. Any 2xx ends it, 410 gives it up, all else is tried again for three
days. Redirects are not followed, and nothing of an answer's body is read.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit

import httpcore
from starlette.routing import Route

from adapters.base import Capabilities, Check, Clock, Gate, Named, Outbound, Part, Receipt
from adapters.errors import RateLimited, Rejected, Unknown, Unreachable
from agent_core import facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Assurance
from gateway import receivers
from gateway.clients import CHANNEL
from gateway.sections import ClientSettings
from gateway.settings_check import PREFIX

CONNECT, READ = 5.0, 15.0  # seconds to connect, and then for the answer's head
LONGEST_ASKED = 3_600.0  # seconds of a receiver's Retry-After that are heeded
GONE = 410

Resolve = Callable[[str, int], Awaitable[list[str]]]


async def resolved(host: str, port: int) -> list[str]:
    """Give the addresses that a name stands for."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Inside(Exception):
    """The receiver's name stands for an address inside."""


class Network(httpcore.AsyncNetworkBackend):
    """Looks a name up once, and connects to what was looked at; TLS still asks for the name."""

    def __init__(self, resolve: Resolve, *, inside: bool) -> None:
        self._resolve, self._inside, self._wire = resolve, inside, httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._resolve(host, port)
        except OSError as error:
            raise httpcore.ConnectError(f"its name is not known ({error.strerror or error})") from error
        if not self._inside and not all(receivers.is_public(ip_address(one.partition("%")[0])) for one in addresses):
            raise Inside
        problem: Exception = httpcore.ConnectError("its name stands for no address")
        for address in addresses:
            try:
                return await self._wire.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
        raise problem


class Webhooks:
    """The webhooks of one client, as an account to which deliveries go."""

    channel = CHANNEL

    def __init__(
        self,
        client: ClientSettings,
        clock: Clock,
        resolve: Resolve = resolved,
        tls: Callable[[], ssl.SSLContext] = httpcore.default_ssl_context,
    ) -> None:
        self.account, self._client, self._clock, self._make_tls = client.name, client, clock, tls
        self._network = Network(resolve, inside=client.inside)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._make_tls()

    async def deliver(self, part: Part) -> Receipt:
        url, body = str(part.arguments["url"]), str(part.arguments["body"]).encode()
        whose = urlsplit(url).netloc  # what comes after it may be a secret
        try:
            receivers.check(url, inside=self._client.inside)
            async with (
                httpcore.AsyncConnectionPool(ssl_context=self._tls, network_backend=self._network) as pool,
                pool.stream(
                    "POST",
                    url,
                    headers=self._headers(part.delivery, body),
                    content=body,
                    extensions={"timeout": {"connect": CONNECT, "pool": CONNECT, "write": READ, "read": READ}},
                ) as answer,
            ):
                return self._judge(whose, part, answer)
        except (Inside, ValueError) as refused:
            reason = str(refused) or "it leads inside; only an operator can allow that, by `inside` in [[clients]]"
            raise Rejected(f"{whose}: {reason}", permanent=True) from refused
        except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
            raise Unreachable(f"{whose} could not be reached: {error or 'it did not answer'}") from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise Unknown(f"{whose} did not answer as a web server does: {type(error).__name__}") from error

    def _headers(self, name: str, body: bytes) -> dict[bytes | str, bytes | str]:
        stamp = str(int(self._clock.now()))
        signed = f"{name}.{stamp}.".encode() + body
        secrets = (self._client.webhook_secret, self._client.previous_webhook_secret)
        signatures = [
            "v1," + base64.b64encode(hmac.new(key(one.get_secret_value()), signed, hashlib.sha256).digest()).decode()
            for one in secrets
            if one is not None
        ]
        return {
            "content-type": "application/json",
            "user-agent": "ringback",
            "webhook-id": name,
            "webhook-timestamp": stamp,
            "webhook-signature": " ".join(signatures),
        }

    def _judge(self, whose: str, part: Part, answer: httpcore.Response) -> Receipt:
        status = answer.status
        if 200 <= status < 300:
            return Receipt(place=whose, message_id=part.delivery, at=self._clock.now())
        if status == GONE:
            raise Rejected(f"{whose} says that it is gone for good (410)", permanent=True)
        if 300 <= status < 400:
            raise Rejected(f"{whose} answered {status}; redirects are not followed", permanent=False)
        asked = next((value for name, value in answer.headers if name.lower() == b"retry-after"), b"")
        if asked.isdigit():
            wait = min(LONGEST_ASKED, float(asked[:9]))
            raise RateLimited(f"{whose} answered {status}, and asks for {wait:g} seconds", retry_after=wait)
        raise Rejected(f"{whose} answered {status}", permanent=False)

    # What an account is besides ---------------------------------------------------------------------------------------

    def routes(self, gate: Gate) -> Sequence[Route]:
        return ()

    async def listen(self, gate: Gate) -> None:
        """Nothing comes in by webhooks that go out."""

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        return Capabilities(buttons=0, forms=False, edits=False, whispers=False, direct=False, assurance=Assurance.NONE)

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        """Nobody reads there; what a client is told is made where it is decided."""
        return []

    async def find(self, part: Part) -> Receipt | None:
        raise Unknown("a webhook leaves no trace; it may be repeated")

    async def fetch(self, attachment: facts.Attachment) -> bytes:
        raise Rejected("clients attach no files", permanent=True)

    async def members(self, group: str) -> frozenset[Identity]:
        raise Rejected("clients have no groups", permanent=True)

    async def typing(self, conversation: ConversationKey, root: str, text: str) -> None:
        """Nobody would see it."""

    async def check(self, named: Named) -> list[Check]:
        return []

    async def close(self) -> None:
        """Connections are not kept."""


def key(secret: str) -> bytes:
    """Give the bytes to sign with."""
    return base64.b64decode(secret.removeprefix(PREFIX))
