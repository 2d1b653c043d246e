"""
A platform on which people and the gateway meet, outside of both: it lives on when the gateway dies.

Requests to it are lost, refused, slow, or taken while their answer is lost. What people do there is an event that it
brings to whoever listens, again and again until that is acknowledged, sometimes twice, in no sure order.
"""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any

from adapters.base import Accepted, Duplicate, Form, FormWanted, Gate, Inbound, NoForm, Part, Receipt
from adapters.errors import RateLimited, Rejected, Unknown, Unreachable
from gateway.errors import StoreError
from tests.gateway.loopback import Loopback, Shown
from tests.simulation.loop import Loop
from tests.simulation.weather import SLOWEST, Weather

RETRIES = (1.0, 3.0, 10.0, 60.0)  # seconds after which an event that is not acknowledged comes again
GRAIN = 0.000_01  # seconds between two things that the vendor's clock keeps apart


@dataclass(eq=False)
class Brought:
    """Something that people did, and whether the gateway has acknowledged it."""

    inbound: Inbound
    acknowledged: bool = False
    tries: int = 0


@dataclass
class Told:
    """
    Something that the vendor took from the gateway.

    `decided` is when that was decided, by the gateway's clock, and `at` when it was taken, by the vendor's.
    """

    part: Part
    shown: Shown
    decided: float
    at: float


@dataclass(kw_only=True)
class Vendor(Loopback):
    """
    One account.

    Args:
        outside: The context of the world, which no death of a process touches.
        claimed: Called before a part leaves the gateway.
        moment: Called where a call has just left, and where it has just been taken; a crash may fall there.
        coming: Called when a part has come to the vendor, who has not taken it yet.
        taken: Called when the vendor has taken a part.
        answered: Called when the gateway has acknowledged an event.
        work: Has the gateway that listens do something.
        cut: Tells whether the process that runs now is cut off from the world.
    """

    loop: Loop
    dice: random.Random
    weather: Weather
    outside: Context
    claimed: Callable[[Part], None]
    moment: Callable[[str], None]
    coming: Callable[[Vendor, Part], None]
    taken: Callable[[Vendor, Told], None]
    answered: Callable[[Brought], None]
    note: Callable[[str], None]
    work: Callable[[Gate, Coroutine[Any, Any, None]], None]
    cut: Callable[[], bool]
    told: list[Told] = field(default_factory=list)
    brought: list[Brought] = field(default_factory=list)
    takes: Counter[str] = field(default_factory=Counter)
    cards: dict[tuple[str, str], float] = field(default_factory=dict)
    listener: Gate | None = None
    _last: float = 0.0
    _broken: asyncio.Future[None] | None = None

    def time(self) -> float:
        """The vendor's clock: no two things happen at the same time."""
        self._last = max(self._last + GRAIN, self.now())
        return self._last

    def later(self, delay: float, work: Callable[..., object], *arguments: Any) -> None:
        """Do something outside of every process."""
        self.loop.call_later(delay, work, *arguments, context=self.outside)

    # The gateway's side ----------------------------------------------------------------------------------------------

    async def listen(self, gate: Gate) -> None:
        await asyncio.sleep(self.weather.latency(self.dice))
        if self.cut():
            await self.loop.create_future()
        self.listener, self._broken = gate, self.loop.create_future()
        try:
            gate.seen(self.channel, self.account)
            gate.caught_up(self.channel, self.account)
            await self._broken
        finally:
            if self.listener is gate:
                self.listener = None

    async def deliver(self, part: Part) -> Receipt:
        if self.cut():
            await self.loop.create_future()
        self.claimed(part)
        self.sent.append(part)
        answer: asyncio.Future[Receipt] = self.loop.create_future()
        self.later(self._travel(), self._receive, part, answer, self.loop.time() + SLOWEST)
        self.moment("after a call")
        return await answer

    def _travel(self) -> float:
        return min(SLOWEST, 0.001 + self.weather.latency(self.dice))

    def _receive(self, part: Part, answer: asyncio.Future[Receipt], latest: float) -> None:
        drawn, weather = self.dice.random(), self.weather
        if drawn < weather.refuse:
            self._fail(answer, self.dice.choice([
                RateLimited("slow down", retry_after=5.0 * self.dice.random()),
                Unreachable("no route"), Rejected("not now", permanent=False),
            ]))  # fmt: skip
        elif self.dice.random() < weather.reject:
            self._fail(answer, Rejected("never", permanent=True))
        elif self.dice.random() < weather.lose:
            kind = self.dice.choice(("request", "answer", "late"))
            if kind == "answer":
                self._accept(part)
            elif kind == "late":
                self.later(max(0.0, latest - self.loop.time()) * self.dice.random(), self._accept, part)
            self._fail(answer, Unknown("the connection broke"))
        else:
            receipt = self._accept(part)
            self.later(0.0, self.moment, "before an answer")
            if self.dice.random() >= weather.hang:
                self.later(self._travel(), self._answer, answer, receipt)

    def _accept(self, part: Part) -> Receipt:
        if not part.idempotent:
            self.takes[part.delivery] += 1
        self.coming(self, part)
        before = len(self.shown.get(part.conversation, ()))
        at = self.time()
        receipt = self._take(part).model_copy(update={"at": at})
        self.by_delivery[part.delivery] = receipt
        here = self.shown[part.conversation]
        shown = here[-1] if len(here) > before else next(m for m in here if m.id == receipt.message_id)
        if part.kind == "ask":
            rows = shown.card.rows if shown.card is not None else ()
            for request in (shown.request, *(row.request for row in rows)):
                self.cards.setdefault((part.conversation, request), at)
        told = Told(part, shown, part.since, at)
        self.told.append(told)
        self.note(f"vendor takes {part.kind} {part.delivery[:6]} in {part.conversation}: {shown.text[:60]!r}")
        self.taken(self, told)
        return receipt

    def hang_up(self) -> None:
        """Whoever listened is gone."""
        self.listener = self._broken = None

    def _answer(self, answer: asyncio.Future[Receipt], receipt: Receipt) -> None:
        if not answer.done():
            answer.set_result(receipt)

    def _fail(self, answer: asyncio.Future[Receipt], error: Exception) -> None:
        if not answer.done():
            self.note(f"vendor fails a call: {error!r}")
            answer.set_exception(error)

    async def find(self, part: Part) -> Receipt | None:
        if self.cut():
            await self.loop.create_future()
        await asyncio.sleep(self._travel())
        if self.dice.random() < self.weather.blind:
            raise self.dice.choice([Unknown("history may not be read"), Unreachable("no route")])
        return self.by_delivery.get(part.delivery)

    # People's side ---------------------------------------------------------------------------------------------------

    def bring(self, inbound: Inbound) -> None:
        """Something happened that the gateway is to hear of."""
        brought = Brought(inbound)
        self.brought.append(brought)
        self.later(self._travel(), self._try, brought)
        if self.dice.random() < self.weather.repeat:
            self.later(self._travel(), self._try, brought)

    def ask(self, wanted: FormWanted, answer: Callable[[Form | NoForm], None]) -> None:
        """Somebody wants a form; where nobody listens, they see that nothing comes."""
        if self.listener is not None:
            self.work(self.listener, self._asked(self.listener, wanted, answer))

    async def _asked(self, gate: Gate, wanted: FormWanted, answer: Callable[[Form | NoForm], None]) -> None:
        answer(await gate.query(wanted))

    def _try(self, brought: Brought) -> None:
        if self.dice.random() < self.weather.deafen and self._broken is not None and not self._broken.done():
            self._broken.set_exception(ConnectionError("the connection broke"))
        if not brought.acknowledged or brought.tries == 0:
            if self.listener is not None:
                self.work(self.listener, self.put_in(self.listener, brought))
            pause = RETRIES[min(brought.tries, len(RETRIES) - 1)]
            brought.tries += 1
            if not brought.acknowledged:
                self.later(pause, self._try, brought)

    async def put_in(self, gate: Gate, brought: Brought) -> None:
        """Inside the gateway: store an event, then acknowledge it."""
        try:
            answer = await gate.append(brought.inbound)
        except StoreError:
            return
        if not isinstance(answer, Accepted | Duplicate):
            return
        lost = self.dice.random() < self.weather.lose_ack
        if not lost:
            brought.acknowledged = True
            self.answered(brought)
