"""
The one way out: sends deliveries, one at a time a conversation, and notes what became of each.

A delivery comes here claimed: that is on the disk, so whatever happens from now on, nobody will take it for unsent.

- The vendor took it: *sent*, with its receipt.
- The vendor surely did not take it (429, refused, not reached): *new* again, due later; after its deadline *dead*.
  One that is refused steps aside after a while; where the vendor takes nothing from anybody, all keep their places.
- The vendor refuses our credentials: the whole account waits (`holds.py`).
- Nobody knows (the connection broke after the request left, or we died): *unknown*. Calls that may be repeated
  are. Everything else is looked for after a settling delay, in which a slow vendor may still take it: found is
  sent, surely not there is new again. Where it cannot be told, it stays unknown, visibly, and is never repeated
  blindly; a card is shown again as a new delivery that says so, which its conversation's owner decides (G6).
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Literal

from adapters import errors
from adapters.base import Adapter
from agent_core import facts
from agent_core.addresses import ConversationKey
from agent_core.texts import described
from gateway import files
from gateway.errors import Broken, Unwritable
from gateway.holds import RECHECK, Holds
from gateway.notices import Notices
from gateway.runtime import Runtime
from gateway.store.base import Fate, Store
from gateway.store.rows import DAY, Delivery

log = logging.getLogger("ringback.outbox")

SEND_LIMIT = 30.0  # seconds that one vendor call may take
FILES_LIMIT = 150.0  # seconds for one that brings files
SETTLE = 2.0  # seconds before something of unknown fate is looked for
LOOK_AGAIN = 30.0  # seconds between two looks while the vendor cannot be reached
LOOK_LONGEST = 600.0  # seconds after which looking that is only refused for its rate is given up
LOOK_FIRST = 10.0  # seconds that a conversation waits for the fate of what was being sent when the process died
LONGEST_PAUSE = 60.0  # seconds between two tries
LONGEST_PAUSE_OF_WEBHOOK = 3_600.0  # seconds, for what is tried for days
RECORD_PAUSE = 1.0  # seconds between tries to note a fate in a store that refuses


class Outbox:
    """
    Sends what was decided.

    Args:
        told: Called with every fate once it is noted.
    """

    def __init__(
        self,
        store: Store,
        adapter: Callable[[ConversationKey], Adapter | None],
        runtime: Runtime,
        holds: Holds,
        notices: Notices,
        *,
        settle: float = SETTLE,
    ) -> None:
        self._store, self._adapter, self._runtime, self._settle = store, adapter, runtime, settle
        self._holds, self._notices = holds, notices
        self._wake = asyncio.Event()
        self._sending: set[asyncio.Task[None]] = set()
        self._lost: dict[ConversationKey, set[str]] = {}
        self._settled: dict[str, float] = {}
        self._found = asyncio.Condition()
        self._recovered = asyncio.Event()
        self.tried: Callable[[Delivery, Fate, float | None], None] = lambda delivery, fate, seconds: None
        self.told: Callable[[Delivery, Fate], None] = lambda delivery, fate: None

    async def run(self) -> None:
        """Look for what was being sent when the process died, then send what falls due, until cancelled."""
        try:
            for delivery in await self._recover():
                self._lost.setdefault(delivery.conversation, set()).add(delivery.id)
                self._settled[delivery.id] = self._runtime.monotonic() + self._settle
                self._spawn(self._look(delivery))
            self._recovered.set()
            while True:
                self._wake.clear()
                now = self._store.now()
                try:
                    due = await self._store.due_deliveries(now)
                except Unwritable as refused:
                    log.error("cannot claim what is due: %s", refused)
                    await self._runtime.sleep(RECORD_PAUSE)
                    continue
                for delivery in due:
                    self._take_up(delivery)
                await self._until_due(await self._store.next_delivery(now))
        finally:
            for task in self._sending:
                task.cancel()
            await asyncio.gather(*self._sending, return_exceptions=True)

    async def _recover(self) -> list[Delivery]:
        while True:
            try:
                return await self._store.recover()
            except Unwritable as refused:
                log.error("cannot look up what was being sent: %s", refused)
                await self._runtime.sleep(RECORD_PAUSE)

    def _take_up(self, delivery: Delivery) -> None:
        if delivery.status == "unknown":
            self._spawn(self._look(delivery))
        else:
            self.told(delivery, Fate(delivery.id, "claimed"))
            self.send(delivery)

    def send(self, delivery: Delivery) -> None:
        """Send a claimed delivery."""
        self._spawn(self._send(delivery))

    def wake(self) -> None:
        """Look again for what is due."""
        self._wake.set()

    async def looked_for(self, conversation: ConversationKey) -> None:
        """
        Wait until the fate of what was being sent there is known, or a while has passed.

        Nothing is decided before it is known what was being sent: what the first decisions claim is not lost.
        """
        await self._recovered.wait()
        if not self._lost.get(conversation):
            return

        async def until_found() -> None:
            async with self._found:
                await self._found.wait_for(lambda: not self._lost.get(conversation))

        try:
            await self._runtime.limit(until_found(), LOOK_FIRST)
        except TimeoutError:
            log.warning("the fate of a delivery is still unknown; going on", extra={"conversation": conversation})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._sending.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._sending.discard(task)
        error = task.exception() if not task.cancelled() else None
        if error is not None and not isinstance(error, Broken):  # then the owner says so, and the process leaves
            log.error("sending failed in a way it should not", exc_info=error)

    async def _until_due(self, due: float | None) -> None:
        waits: list[asyncio.Future[Any]] = [asyncio.ensure_future(self._wake.wait())]
        if due is not None:
            waits.append(asyncio.ensure_future(self._runtime.sleep(max(0.0, due - self._store.now()))))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    # One delivery ----------------------------------------------------------------------------------------------------

    async def _send(self, delivery: Delivery) -> None:
        if delivery.part.idempotent and (edited := self._settled.pop(delivery.part.target or delivery.id, None)):
            await self._runtime.sleep(edited - self._runtime.monotonic())  # what may be on its way arrives before it
        began = self._runtime.monotonic()
        fate = await self._try(delivery)
        self.tried(delivery, fate, self._runtime.monotonic() - began)
        if delivery.kind == "webhook" and fate.status == "dead":
            await self._tell_of(delivery, fate.reason)
        await self._note(delivery, fate)

    async def _try(self, delivery: Delivery) -> Fate:
        adapter, now = self._adapter(delivery.conversation), self._store.now()
        if adapter is None:
            return self._dead(delivery, "its channel is not configured any more")
        if now > delivery.deadline:
            return self._dead(delivery, "its time was up before it could be sent")
        account = _account(delivery)
        if (hold := self._holds.wait(account)) is not None:
            return self._kept(delivery, hold.problem, max(1.0, hold.until - self._runtime.monotonic()))
        part = await files.filled(self._store, delivery.part)
        if part is None:
            return self._dead(delivery, "what it was to bring is not kept any more")
        try:
            limit = FILES_LIMIT if part.enclosures else SEND_LIMIT
            receipt = await self._runtime.limit(adapter.deliver(part), limit)
        except errors.Misconfigured as wrong:
            await self._holds.refused(account, str(wrong))
            return self._kept(delivery, str(wrong), RECHECK)
        except errors.RateLimited as limited:
            return self._later(delivery, str(limited), limited.retry_after)
        except errors.Rejected as rejected:
            self._holds.taken(account)
            if rejected.permanent:
                return self._dead(delivery, str(rejected))
            await self._tell_of(delivery, str(rejected))
            return self._later(delivery, str(rejected), self._pause(delivery))
        except errors.Unreachable as unsent:
            return self._kept(delivery, str(unsent), self._pause(delivery))
        except (errors.Unknown, TimeoutError) as unknown:
            reason = str(unknown) or f"no answer within {SEND_LIMIT:g} seconds"
            if delivery.part.idempotent:  # an edit holds up nothing but a later edit, which it must not undo
                self._settled[delivery.part.target or delivery.id] = self._runtime.monotonic() + self._settle
                return self._later(delivery, reason, max(self._settle, self._pause(delivery)))
            return self._unsure(delivery, reason, self._settle)
        except Exception as error:  # the adapter's fault: nobody knows how far it got
            log.exception("an adapter failed to deliver", extra={"delivery": delivery.id})
            return self._unsure(delivery, described(error), self._pause(delivery))
        self._holds.taken(account)
        return Fate(delivery.id, "sent", receipt=receipt)

    async def _tell_of(self, delivery: Delivery, reason: str) -> None:
        """
        Tell the operator of a refusal that somebody could do something about, once a day for each place.

        A client has a conversation for each request, so for webhooks the place is the client.
        """
        webhook = delivery.kind == "webhook"
        place = _account(delivery) if webhook else delivery.conversation
        once = f"waits {place} {reason} {self._runtime.now() // DAY:.0f}"
        key, besides = "waits.webhook.owner" if webhook else "waits.owner", delivery.conversation
        await self._notices.tell(key, once, besides=besides, delivery=delivery.id, reason=reason)

    async def _look(self, delivery: Delivery) -> None:
        await self._runtime.sleep(self._settled.get(delivery.id, 0.0) - self._runtime.monotonic())
        fate = await self._find(delivery)
        self.tried(delivery, fate, None)
        await self._note(delivery, fate)

    async def _find(self, delivery: Delivery) -> Fate:
        adapter = self._adapter(delivery.conversation)
        if adapter is None:
            return self._dead(delivery, "its channel is not configured any more")
        if delivery.part.idempotent:
            return Fate(delivery.id, "new", due=self._store.now(), reason="may be repeated")
        try:
            receipt = await self._runtime.limit(adapter.find(delivery.part), SEND_LIMIT)
        except errors.Unknown as unknown:
            return self._unknown(delivery, str(unknown))
        except Exception as error:  # it could not be looked for now
            return await self._look_again(delivery, error)
        if receipt is not None:
            return Fate(delivery.id, "sent", receipt=receipt)
        return Fate(delivery.id, "new", due=self._store.now(), reason="looked for, and surely not sent")

    async def _look_again(self, delivery: Delivery, error: Exception) -> Fate:
        if not isinstance(error, errors.ChannelError | TimeoutError):
            log.exception("an adapter failed to look", extra={"delivery": delivery.id})
        if isinstance(error, errors.Misconfigured):
            await self._holds.refused(_account(delivery), str(error))
        now, pause, patient = self._store.now(), self._pause_of_look(delivery), True
        away = isinstance(error, errors.Unreachable | errors.Misconfigured)
        if away:
            pause = self._runtime.jitter(LOOK_AGAIN)
        elif isinstance(error, errors.RateLimited):
            pause = max(pause, error.retry_after)
            patient = now - (delivery.refused_since or now) < LOOK_LONGEST
        if now > delivery.deadline or not patient:
            return self._unknown(delivery, described(error))
        return Fate(delivery.id, "unknown", reason=described(error), due=now + pause, holds=away)

    async def _note(self, delivery: Delivery, fate: Fate) -> None:
        fate = fate._replace(at=self._store.now(), attempt=delivery.attempts)
        level = logging.DEBUG if fate.status == "sent" else logging.WARNING
        log.log(level, "delivery is %s %s", fate.status, fate.reason, extra={"delivery": delivery.id})
        while True:
            try:
                following = await self._store.record(fate, pressing=delivery.more or fate.status != "sent")
                break
            except Unwritable as refused:
                log.error("cannot note the fate of a delivery: %s", refused, extra={"delivery": delivery.id})
                await self._runtime.sleep(RECORD_PAUSE)
        if fate.status != "unknown":
            self._settled.pop(delivery.id, None)
        self.told(delivery, fate)
        for claimed in following:
            self.told(claimed, Fate(claimed.id, "claimed"))
            self.send(claimed)
        if fate.due is not None:
            self._wake.set()
        lost = self._lost.get(delivery.conversation)
        if lost:
            async with self._found:
                lost.discard(delivery.id)
                self._found.notify_all()

    def _later(self, delivery: Delivery, reason: str, pause: float) -> Fate:
        due = self._store.now() + pause
        if due > delivery.deadline:
            return self._dead(delivery, f"given up after its deadline: {reason}")
        return Fate(delivery.id, "new", reason=reason, due=due)

    def _kept(self, delivery: Delivery, reason: str, pause: float) -> Fate:
        """Try again later, before everything behind it."""
        return self._later(delivery, reason, pause)._replace(holds=True)

    def _unsure(self, delivery: Delivery, reason: str, pause: float) -> Fate:
        """Look for it after a while, and not before the settling delay is over by a clock that does not jump."""
        self._settled[delivery.id] = self._runtime.monotonic() + self._settle
        return Fate(delivery.id, "unknown", reason=reason, due=self._store.now() + pause)

    def _pause(self, delivery: Delivery) -> float:
        longest = LONGEST_PAUSE_OF_WEBHOOK if delivery.kind == "webhook" else LONGEST_PAUSE
        return self._runtime.jitter(min(longest, 2.0 ** min(delivery.attempts, 12)))

    def _pause_of_look(self, delivery: Delivery) -> float:
        """As long again as it has been unknown, so that looks become rarer."""
        since = delivery.refused_since or self._store.now()
        return self._runtime.jitter(min(LONGEST_PAUSE, max(2.0, self._store.now() - since)))

    def _dead(self, delivery: Delivery, reason: str) -> Fate:
        return Fate(delivery.id, "dead", reason=reason, fact=_ended(delivery, "dead", reason))

    def _unknown(self, delivery: Delivery, reason: str) -> Fate:
        return Fate(delivery.id, "unknown", reason=reason, fact=_ended(delivery, "unknown", reason))


def _account(delivery: Delivery) -> str:
    return delivery.conversation.partition("/")[0]


def _ended(delivery: Delivery, status: Literal["dead", "unknown"], reason: str) -> facts.DeliveryEnded:
    return facts.DeliveryEnded(
        delivery=delivery.id, request=delivery.request, kind=delivery.kind, status=status, reason=reason
    )
