"""
A channel for benchmarks, without a vendor's client: what goes out is one line, what comes in is handed over in process
or posted, signed as Slack signs. It takes Slack's name, so that the gateway has words for it.

In process `said` is called with every part. With a `port` in its settings it writes a line for each to a connection.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters import registry
from adapters.base import Accepted, Ask, Capabilities, Clock, Gate, Inbound, Outbound, Part, Receipt, Refused, Settle
from agent_core import addresses, facts
from agent_core.addresses import ConversationKey
from agent_core.requests import Assurance, Decision
from tests.bench.http import NO_ROOM
from tests.bench.slack_side import SECRET

CHANNEL, ACCOUNT = "slack", "T0BENCH"
PATH = "/bench"
ACCOUNTS: list[Loopback] = []  # those of this process, the newest last

Json = dict[str, Any]


def enter() -> None:
    """Take Slack's place among the channels, in this process."""
    registry.CHANNELS[CHANNEL] = "tests.bench.loopback:build"
    registry.CONFIGS[CHANNEL] = "tests.bench.loopback:Config"


class Config(BaseModel):
    """A `[[slack]]` table. `port` is whom to tell what is said; 0: nobody but this process."""

    account: str
    port: int = 0


class Loopback:
    """The account."""

    channel = CHANNEL

    def __init__(self, config: Config, clock: Clock) -> None:
        self.account, self._port, self._clock = config.account, config.port, clock
        self.said: Callable[[str], None] = lambda line: None
        self.gate: Gate | None = None
        self.listens = asyncio.Event()
        self._numbers = itertools.count(1)

    def routes(self, gate: Gate) -> Sequence[BaseRoute]:
        async def post(request: Request) -> Response:
            stored = await gate.append(read(await request.body(), request.headers))
            if isinstance(stored, Refused) and stored.retry:
                return Response(status_code=NO_ROOM)
            return Response(status_code=200 if isinstance(stored, Accepted) else 500)

        return (Route(PATH, post, methods=["POST"]),)

    async def listen(self, gate: Gate) -> None:
        if self._port:
            _, out = await asyncio.open_connection("127.0.0.1", self._port)
            self.said = lambda line: out.write(f"{line}\n".encode())
        self.gate = gate
        gate.seen(self.channel, self.account)
        gate.caught_up(self.channel, self.account)
        self.listens.set()
        await asyncio.Event().wait()

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        return Capabilities(buttons=5, forms=True, edits=True, whispers=True, direct=False, assurance=Assurance.HIGH)

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        kind = type(outbound).__name__.lower()
        said: Json = {"root": getattr(outbound, "root", "")}
        if isinstance(outbound, Ask | Settle):
            said |= {"card": outbound.card.model_dump(mode="json", exclude_defaults=True), "request": outbound.request}
        else:
            said |= {"text": outbound.text}
        target = outbound.target if isinstance(outbound, Settle) else None
        return [Part(kind=kind, arguments=said, conversation=conversation, target=target, idempotent=kind == "settle")]

    async def deliver(self, part: Part) -> Receipt:
        place = addresses.parse(part.conversation).place
        self.said(f"{part.kind} {place} {part.arguments.get('request') or part.arguments['text']}")
        return Receipt(place=place, message_id=f"m{next(self._numbers)}", at=self._clock.now())

    async def find(self, part: Part) -> Receipt | None:
        return None

    async def close(self) -> None:
        return


def build(configs: Sequence[Config], clock: Clock) -> list[Loopback]:
    """Make the adapters; they are put into `ACCOUNTS`."""
    made = [Loopback(config, clock) for config in configs]
    ACCOUNTS.extend(made)
    return made


def read(body: bytes, headers: Any) -> Inbound:
    """Read what Slack would post: verified, then an event as JSON or a press as a form."""
    stamp = headers["x-slack-request-timestamp"]
    signed = b"v0:" + stamp.encode() + b":" + body
    expected = "v0=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    assert abs(time.time() - int(stamp)) < 300
    assert hmac.compare_digest(expected, headers["x-slack-signature"])
    if headers["content-type"] == "application/json":
        return inbound(json.loads(body), body)
    return inbound(json.loads(parse_qs(body.decode())["payload"][0]), body)


def inbound(payload: Json, raw: bytes) -> Inbound:
    """Turn a payload of Slack's into a fact."""
    if payload["type"] == "event_callback":
        event = payload["event"]
        fact: facts.ChannelFact = facts.MessageReceived(
            sender=addresses.identity(CHANNEL, ACCOUNT, event["user"]),
            assurance=Assurance.HIGH,
            root=event["ts"],
            message_id=event["ts"],
            sent_at=float(event["ts"]),
            text=event["text"],
            mentions_us=True,
        )
        place = addresses.conversation(CHANNEL, ACCOUNT, event["channel"])
        return Inbound(place, fact, (payload["event_id"],), raw)
    (button,) = payload["actions"]
    fact = facts.ActionTaken(
        sender=addresses.identity(CHANNEL, ACCOUNT, payload["user"]["id"]),
        assurance=Assurance.HIGH,
        sent_at=float(button["action_ts"]),
        request=button["value"],
        decision=Decision.APPROVE,
    )
    place = addresses.conversation(CHANNEL, ACCOUNT, payload["channel"]["id"])
    return Inbound(place, fact, (payload["trigger_id"],), raw)
