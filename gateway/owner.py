"""
Owns conversations: loads them, decides, commits, and has done what became true.

**One task a conversation.** Whatever happens to a conversation (a fact appended, a timer due, a tool's result, a card's
fate) is put into its inbox; its task takes all of it in, decides once, and commits once. So there is one decider, in
log order, and no lock.

**Commit first.** Tools start, and deliveries go out, only after the commit that decided them. The one exception is a
model call, which the world does not see: a run that has only begun asks its model before anything is committed, and the
answer is committed with what follows from it.

**When a commit is refused.** Conflict: something was appended meanwhile. The conversation is thrown away, its
coroutines too, and decided again from what is stored; results of what was already done are kept. Unwritable: the same,
after a while. Lost or Broken: this owner stops.

**When deciding fails** (a fault of ours), that conversation is set aside as it is stored, still marked ready, its owner
is told, and the log and `/readyz` name it; the others go on. It is tried again, with the timers that had fallen due,
when something happens to it, and at the next start.

**After a crash** the next owner finds every conversation marked ready that had work under way. What was being sent is
looked for first, so that newer facts of that conversation are decided on what people really saw. A tool that was
started and has no result is in doubt at once: the lock on the store proves that the old process is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any

from agent_core import addresses, events, facts
from agent_core.addresses import ConversationKey
from agent_core.catalogue import Sentence
from agent_core.log import Record
from agent_core.texts import described
from agent_core.tools import Start
from gateway import decide, files
from gateway.conversation import UNLOADED, Conversation
from gateway.draft import Draft
from gateway.errors import Broken, Conflict, Lost, Unwritable
from gateway.limits import HOUR, started_by
from gateway.notices import Notices
from gateway.ongoing import Ongoing, Operation, Result
from gateway.outbox import Outbox
from gateway.perform import Performer
from gateway.presence import Presence
from gateway.runtime import Runtime
from gateway.store.base import Fate, Need, Ownership, Ready, Snapshot, Store
from gateway.store.rows import DAY, Delivery
from gateway.world import World

log = logging.getLogger("ringback.owner")

HOT = 64  # conversations kept in memory though nothing is under way in them
WARM = 8  # coroutines that such a conversation keeps; and ...
LARGE = 64  # ... threads and cards, more than which it is not kept
CATCH_UP = 60.0  # seconds for which due timers wait for the channels to bring what was missed
BACK_OFF = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds between tries to write to a store that refuses


@dataclass
class Inbox:
    """What has come in for a conversation and is not taken in yet."""

    ready: list[Ready] = field(default_factory=list)
    results: list[Result] = field(default_factory=list)
    fates: list[tuple[Delivery, Fate]] = field(default_factory=list)

    @property
    def facts(self) -> int:
        """How many facts are in it."""
        return sum(len(ready.records) for ready in self.ready)


class Owner:
    """The one decider of every conversation in its store."""

    def __init__(
        self, store: Store, world: World, performer: Performer, outbox: Outbox, notices: Notices, runtime: Runtime
    ) -> None:
        self._store, self._world, self._runtime = store, world, runtime
        self._performer, self._outbox, self._notices = performer, outbox, notices
        self._presence = Presence(world.adapter, world.words, runtime)
        self._inboxes: dict[ConversationKey, Inbox] = {}
        self._tasks: dict[ConversationKey, asyncio.Task[None]] = {}
        self._performing: set[asyncio.Task[None]] = set()
        self._hot: dict[ConversationKey, Conversation] = {}
        self._idle: OrderedDict[ConversationKey, None] = OrderedDict()  # of these, where nothing is under way
        self._ongoing: dict[ConversationKey, Ongoing] = {}
        self._looked: set[ConversationKey] = set()
        self._ownership = Ownership("")
        self._stopped: asyncio.Future[None] | None = None
        self.stuck: dict[ConversationKey, list[Ready]] = {}
        self.undecided = 0
        """How many facts it was given and has not decided; those of conversations that are set aside do not count."""
        self.decided: Callable[[Record, str, events.RequestOpened | None], None] = lambda record, agent, opened: None
        outbox.told = self._fate

    @property
    def running(self) -> bool:
        """It owns its store and takes in what comes."""
        return self._stopped is not None and not self._stopped.done()

    async def run(self, caught_up: asyncio.Event) -> None:
        """
        Own the store and decide, until cancelled.

        Args:
            caught_up: Set when the channels have brought what was missed; due timers wait for it, for a minute at most.

        Raises:
            Lost: Somebody else owns the store now.
            Broken: The store's state is open; leave.
        """
        self._stopped = asyncio.get_running_loop().create_future()
        self._ownership = await self._store.own()
        await self._learn_of_restore()
        for start in await self._store.starts(self._store.now() - HOUR):
            if (party := started_by(start.event)) is not None:
                self._world.starts.begun(party, start.at)
        for link in await self._store.links():
            if not self._world.directory.link(link.identity, link.person):
                log.warning("%s is linked to %s, who is nobody, or it is somebody else's", link.identity, link.person)
        self._world.grants.learn(await self._store.grants())
        self._world.turns.learn(await self._store.turns())
        helpers = [asyncio.create_task(self._open_timers(caught_up)), asyncio.create_task(self._take())]
        try:
            await self._stopped
        finally:
            for task in (*helpers, *self._performing, *self._tasks.values()):
                task.cancel()
            await asyncio.gather(*helpers, *self._performing, *self._tasks.values(), return_exceptions=True)
            self._tasks.clear()  # one that was cancelled before it began has not taken itself out
            for here in self._hot.values():
                here.drop()
            self._hot.clear()
            self._idle.clear()

    async def _learn_of_restore(self) -> None:
        at = await self._store.restored_at()
        if at is None:
            return
        self._world = replace(self._world, restored_at=at)
        if self._store.now() - at < DAY:
            await self._notices.tell("restored.owner", f"restored {at}", at=at)

    async def drain(self, seconds: float) -> None:
        """Let tools and models that are under way end, and their results be stored."""
        try:
            await self._runtime.limit(self._until_idle(), seconds)
        except TimeoutError:
            log.warning("stopping with %d operations under way; the next start asks about them", len(self._performing))

    async def _until_idle(self) -> None:
        while self._performing or self._tasks:
            await asyncio.wait({*self._performing, *self._tasks.values()}, return_when=asyncio.FIRST_COMPLETED)

    async def _open_timers(self, caught_up: asyncio.Event) -> None:
        try:
            await self._runtime.limit(caught_up.wait(), CATCH_UP)
        except TimeoutError:
            log.warning("channels have not caught up in %g s; timers go on", CATCH_UP)
        self._store.open_timers()

    async def _take(self) -> None:
        try:
            while True:
                for ready in await self._store.wait(self._ownership):
                    self._inbox(ready.conversation).ready.append(ready)
                    self.undecided += len(ready.records)
        except Exception as error:  # Lost, Broken, or a store that cannot be read: nothing more is taken in
            self._fail(error)

    def _inbox(self, key: ConversationKey) -> Inbox:
        """Give a conversation's inbox, and see that somebody takes it in."""
        if key not in self._tasks:
            task = asyncio.create_task(self._work(key), name=f"conversation {key}")
            self._tasks[key] = task
        return self._inboxes.setdefault(key, Inbox())

    def _fail(self, error: BaseException) -> None:
        if self._stopped is not None and not self._stopped.done():
            self._stopped.set_exception(error)

    def _fate(self, delivery: Delivery, fate: Fate) -> None:
        if delivery.kind == "ask":
            self._inbox(delivery.conversation).fates.append((delivery, fate))

    # One conversation ------------------------------------------------------------------------------------------------

    async def _work(self, key: ConversationKey) -> None:
        tries = 0
        try:
            while key in self._inboxes:
                inbox = self._inboxes.pop(key)
                inbox.ready[:0] = self.stuck.get(key, ())
                try:
                    await self._turn(key, inbox)
                    self.undecided -= inbox.facts
                    tries = 0
                except (Conflict, Unwritable) as refused:
                    self._inboxes.setdefault(key, Inbox()).ready[:0] = inbox.ready
                    if isinstance(refused, Unwritable):
                        log.error("cannot write, trying again: %s", refused)
                        await self._runtime.sleep(BACK_OFF[min(tries, len(BACK_OFF) - 1)])
                        tries += 1
        except (Lost, Broken) as error:
            self._fail(error)
        except Exception:
            log.exception("deciding failed; the conversation is set aside", extra={"conversation": key})
            self.undecided -= inbox.facts
            await self._set_aside(key, inbox)
        finally:
            del self._tasks[key]

    async def _set_aside(self, key: ConversationKey, inbox: Inbox) -> None:
        known = key in self.stuck
        self.stuck[key] = [Ready(key, (), ready.timers) for ready in inbox.ready if ready.timers]
        if not known:
            await self._notices.tell("stuck.owner", f"stuck {key}", besides=key, conversation=key)

    async def _turn(self, key: ConversationKey, inbox: Inbox) -> None:
        ongoing = self._ongoing.setdefault(key, Ongoing())
        here = self._hot.pop(key, None)
        self._idle.pop(key, None)
        if here is not None and not self._follows(here, inbox):
            here.drop()
            here = None
        here = here or Conversation(key, self._world, ongoing)
        try:
            await self._take_in(here, inbox)
            decide.decide(here, self._store.now())
            await self._make_true(here)
        except BaseException:
            here.drop()
            raise
        self.stuck.pop(key, None)
        self._hot[key] = here
        self._evict(here)

    def _follows(self, here: Conversation, inbox: Inbox) -> bool:
        """
        Take in the facts that have come; False where what is in memory is of no use any more.

        Then it is what was erased, or facts before these are missing. What it holds and has not committed goes with
        it, and is decided again from what is stored.
        """
        erased = any(_erases(ready) for ready in inbox.ready)
        return not erased and here.follow([record for ready in inbox.ready for record in ready.records])

    async def _take_in(self, here: Conversation, inbox: Inbox) -> None:
        for result in inbox.results:
            here.ongoing.results[result.operation] = result
            here.ongoing.running.discard(result.operation)
        if here.version == UNLOADED:
            here.begin(await self._load(here.key))
        for delivery, fate in inbox.fates:
            here.sent(delivery, fate)
        here.timers = [timer for ready in inbox.ready for timer in ready.timers]
        need = decide.needs(here, self._store.now())
        if need:
            here.learn(await self._store.load(here.key, need))

    async def _load(self, key: ConversationKey) -> Snapshot:
        if key not in self._looked:
            self._looked.add(key)
            await self._outbox.looked_for(key)
        return await self._store.load(key, Need(running=True))

    async def _make_true(self, here: Conversation) -> None:
        if here.changed and not here.holds:
            async with self._world.directory.linking if here.draft.links else contextlib.nullcontext():
                committed = await self._store.commit(here.change(self._ownership))
                draft = here.committed(committed.version, committed.claimed)
                for link in draft.links:
                    self._world.directory.link(link.identity, link.person)
            self._measure(here, draft)
            for change in draft.grants.values():
                self._world.grants.changed(change)
            for delivery in committed.claimed:
                self._outbox.send(delivery)
            self._start_tools(here, draft)
        for operation, wish in here.models.items():
            if operation not in here.ongoing.running:
                agent = here.threads[operation.thread].state.agent
                self._perform(here, operation, self._performer.model(operation, wish, agent))

    def _measure(self, here: Conversation, draft: Draft) -> None:
        for record in draft.events:
            if (party := started_by(record.event)) is not None:
                self._world.starts.begun(party, record.at)
            if isinstance(record.event, events.ThreadEvent):
                settled = record.event.request if isinstance(record.event, events.RequestSettled) else ""
                self.decided(record, here.threads[record.event.thread].state.agent, here.opened.get(settled))

    def _start_tools(self, here: Conversation, draft: Draft) -> None:
        for operation, (call, approval) in draft.starts.items():
            if approval is not None:
                here.ongoing.approvals[operation] = approval
            late = lambda result: self._inbox(here.key).results.append(result)  # noqa: E731
            self._perform(here, operation, self._performer.tool(operation, call, self._start(here, operation), late))

    def _start(self, here: Conversation, operation: Operation) -> Start:
        """Say what a tool is told about its start."""
        thread = here.threads[operation.thread]
        key = addresses.derive("start", operation.thread, operation.run, operation.key)
        fetch = files.fetcher(thread, self._world.adapter(here.key))
        return Start(key, operation.attempt, thread.state.requester, thread.attachments(), fetch)

    def _perform(self, here: Conversation, operation: Operation, work: Coroutine[Any, Any, Result]) -> None:
        thread = here.threads[operation.thread]

        async def perform() -> None:
            try:
                with self._presence.during(thread):
                    result = await work
            except Exception as error:  # a fault of ours
                log.exception("performing failed", extra={"conversation": here.key, "thread_id": operation.thread})
                doubt = Sentence(key="card.in_doubt.body") if operation.attempt else None
                result = Result(operation, doubt=doubt, failed=described(error))
            self._inbox(here.key).results.append(result)

        here.ongoing.running.add(operation)
        task = asyncio.create_task(perform(), name=f"{operation.thread}/{operation.key}")
        self._performing.add(task)
        task.add_done_callback(self._performing.discard)

    def _evict(self, here: Conversation) -> None:
        """
        Keep in memory what is under way, and of the rest only a little: a paused thread is rows in the store.

        Args:
            here: The conversation that was just decided; no other one has come to rest.
        """
        if not (here.ongoing.running or here.models):
            self._idle[here.key] = None
            if len(here.drives) > WARM:
                here.drop()
            if here.size > LARGE:
                self._let_go(here.key)
        while self._idle and len(self._hot) > HOT:
            self._let_go(next(iter(self._idle)))

    def _let_go(self, key: ConversationKey) -> None:
        del self._idle[key]
        self._hot.pop(key).drop()
        self._ongoing.pop(key, None)


def _erases(ready: Ready) -> bool:
    return any(isinstance(record.event, facts.TextsErased) for record in ready.records)
