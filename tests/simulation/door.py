"""
A client at the door of REST: it asks under a key, and again when it has heard nothing; sometimes with something else in
its hands. It withdraws what it asked, has others asked too, and asks one thing in place of another.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from adapters.base import Capabilities, Outbound, Part
from agent_core.addresses import ConversationKey
from agent_core.requests import Assurance, Outcome
from gateway import clients
from gateway.api.problems import Problem
from gateway.api.values import RequestIn
from gateway.api.views import RequestOut
from gateway.errors import StoreError
from gateway.sections import ClientSettings
from tests.simulation.process import Process
from tests.simulation.vendor import Told, Vendor
from tests.simulation.visitor import Visitor

HOOK = f"whsec_{'A' * 43}="
CLIENT = ClientSettings.model_validate(
    {
        "name": "ci",
        "token": "t" * 40,
        "ask": ["people"],
        "to": ["role:release"],
        "webhook": "https://ci.example/hook",
        "webhook_secret": HOOK,
    }
)
ACCOUNT = "api:ci"
EDITABLE = {"type": "object", "properties": {"tag": {"type": "string"}}, "required": ["tag"]}
AGAIN = (1.0, 30.0, 300.0)  # seconds after which a client that has heard nothing asks again
WHOM = (["role:release"], ["ben"], ["ana", "dora"], ["vera"], [])


class Receiver(Vendor):
    """Where the client's webhooks arrive; it shows nothing to anybody."""

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        return Capabilities(buttons=0, forms=False, edits=False, whispers=False, direct=False, assurance=Assurance.NONE)

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        return []


@dataclass
class Door(Visitor):
    """All that comes through it."""

    wishes: int = 0
    bodies: dict[str, RequestIn] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    """The requests that the client has heard of, by key."""
    created: set[str] = field(default_factory=set)

    def begin(self) -> None:
        """It begins to want things, where it does at all."""
        self.come(self.busy * 4, self.weather.knock, self._want)

    def _want(self) -> None:
        drawn = self.dice.random()
        if self.known and drawn < 0.3:
            key = self.dice.choice(list(self.known)[-4:])
            self._do(self._withdraw if drawn < 0.15 else self._hurry, key)
            return
        self.wishes += 1
        key = f"r{self.wishes}"
        self.bodies[key] = self._body()
        self._ask(key)

    def _body(self) -> RequestIn:
        body: dict[str, Any] = {"title": f"Shall we {self.wishes}?", "to": self.dice.choice(WHOM), "deadline": "30m"}
        drawn = self.dice.random()
        if drawn < 0.4:
            body |= {"tool": "ship", "arguments": {"n": self.wishes, "tag": "v1"}, "to": [], "editable": EDITABLE}
        elif drawn < 0.6:
            body |= {"quorum": 2, "to": ["role:release"]}
        elif drawn < 0.8:
            body |= {"kind": "question"}
        if self.known and self.dice.random() < 0.3:
            body[self.dice.choice(("supersedes", "after"))] = self.dice.choice(list(self.known.values())[-4:])
        return RequestIn.model_validate(body | {"requester": self.dice.choice(("rita", "ana", None))})

    def _ask(self, key: str) -> None:
        """Ask, and ask again until it is heard what came of it, or that it is not asked."""
        self._do(self._create, key)
        if key not in self.known and key in self.bodies and not self.quiet:
            self.later(self.dice.choice(AGAIN), self._ask, key)

    def _do(self, work: Callable[..., Any], key: str) -> None:
        if (process := self.running()) is not None:
            self.note(f"the client: {work.__name__.strip('_')} {key}")
            process.spawn(self._unless_it_fails(process, work(process, key)))

    async def _unless_it_fails(self, process: Process, work: Any) -> None:
        process.visitors += 1
        try:
            with contextlib.suppress(StoreError):
                await work
        finally:
            process.visitors -= 1

    async def _create(self, process: Process, key: str) -> None:
        body = self.bodies.get(key)
        if body is None:
            return
        try:
            status, stands = await process.requests.create(CLIENT, key, body)
        except Problem as problem:
            self.note(f"the client hears of {key}: {problem.name}")
            if problem.status != 503:
                self.bodies.pop(key, None)  # it is not asked
            return
        self.note(f"the client hears of {key}: {status} {stands.status}")
        self._hear(process, key, status, stands)
        if status == 200 and self.dice.random() < 0.5:
            await self._ask_otherwise(process, key, body)

    def _hear(self, process: Process, key: str, status: int, stands: RequestOut) -> None:
        """The same key is the same request; it is asked, and was created once."""
        self.watch.look(process.store._reader)
        first = self.known.setdefault(key, stands.id)
        self.watch.hold("key", first == stands.id, f"{key} is {stands.id}, and was {first}")
        asked = status == 202 or stands.id in self.watch.requests
        self.watch.hold("key", asked, f"{stands.id} is {status}, and nobody is asked")
        again = status == 201 and key in self.created
        self.watch.hold("key", not again, f"{key} is created again")
        self.created |= {key} if status == 201 else set()
        if stands.settlement is not None:
            self._is_so(stands)

    def _is_so(self, stands: RequestOut) -> None:
        """It is told how it ended; of a run that an operator began anew, how what was asked again has, under its id."""
        told = stands.settlement.outcome if stands.settlement is not None else None
        first = self.watch.requests.get(stands.id)
        asked = [r for r in self.watch.requests.values() if first and r.thread == first.thread and r.parent is None]
        ended = {r.id: self.watch.settled[r.id].outcome for r in asked if r.id in self.watch.settled}
        self.watch.hold("G3", told in ended.values(), f"{stands.id} is told as {told}, and ended as {ended}")

    async def _ask_otherwise(self, process: Process, key: str, body: RequestIn) -> None:
        """Another body under a known key is refused, unless the first one was erased."""
        try:
            await process.requests.create(CLIENT, key, body.model_copy(update={"title": f"{body.title} Really?"}))
        except Problem as problem:
            self.watch.hold("key", problem.name == "other-body", f"{key} with another body: {problem.name}")
        else:
            known = await clients.look(process.store, clients.conversation(CLIENT.name, key))
            self.watch.hold("key", known.wanted is None, f"{key} with another body was taken")

    async def _withdraw(self, process: Process, key: str) -> None:
        try:
            status, stands = await process.requests.cancel(CLIENT, self.known[key])
        except Problem as problem:
            self.note(f"the client hears of {key}: {problem.name}")
            return
        self.watch.look(process.store._reader)
        cancelled = stands.settlement is None or stands.settlement.outcome == Outcome.CANCELLED
        self.watch.hold("key", status == 202 or cancelled, f"{key} was withdrawn, and is {stands.settlement}")
        if stands.settlement is not None:
            self._is_so(stands)

    async def _hurry(self, process: Process, key: str) -> None:
        with contextlib.suppress(Problem):
            await process.requests.escalate(CLIENT, self.known[key], "it is late")

    # At the end ------------------------------------------------------------------------------------------------------

    def heard(self, told: list[Told], lost: set[str]) -> None:
        """
        Look at what the webhooks have told: how each request ended, and that to the end.

        Args:
            lost: Requests of which a webhook could not be delivered.
        """
        outcomes: dict[str, set[str]] = {}
        for one in told:
            body = json.loads(str(one.part.arguments["body"]))
            settlement = body["data"]["settlement"]
            if settlement is not None:
                outcomes.setdefault(body["data"]["id"], set()).add(settlement["outcome"])
        for request in self.watch.requests.values():
            own = clients.is_home(request.home) and request.home.startswith(ACCOUNT) and request.parent is None
            if own and not self.watch.restarted(request.home) and request.thread not in self.watch.branches:
                ended = {self.watch.settled[request.id].outcome.value}
                same = outcomes.get(request.id, set()) == ended or request.id in lost
                self.watch.hold(
                    "G6", same, f"{request.id} ended as {ended}; the client heard {outcomes.get(request.id)}"
                )
