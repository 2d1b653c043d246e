"""
What every store must do. A store's test module subclasses `StoreContract` and says how it is opened.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from adapters.base import Accepted, Duplicate, Receipt
from agent_core import audit, events, facts
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.grants import Grant
from agent_core.requests import Assurance, Outcome, Scope, Settlement
from gateway.errors import Busy, Conflict, Lost, Needed
from gateway.runtime import Runtime
from gateway.store.base import DEDUPE_DAYS, Fact, Fate, GrantChange, Message, Need, Ready, Store
from gateway.store.lane import STEP_ASIDE
from gateway.store.rows import DAY, Blob, Link, Timer
from tests.contracts.rows import (
    HERE,
    SENDER,
    THERE,
    a_change,
    a_copy,
    a_delivery,
    a_fact,
    a_message,
    a_start,
    a_thread,
    an_opening,
)
from tests.runtime import NOON, HandRuntime

RECEIPT = Receipt(place="D1", message_id="1.2", at=NOON)


class StoreContract:
    """One suite for every store."""

    def open(self, folder: Path, runtime: Runtime) -> AbstractAsyncContextManager[Store]:
        """Open the store under test; opened again on the same folder it holds what it held."""
        raise NotImplementedError

    @pytest.fixture
    async def clock(self) -> AsyncIterator[HandRuntime]:
        runtime = HandRuntime()
        yield runtime
        runtime.close()

    @pytest.fixture
    async def store(self, tmp_path: Path, clock: HandRuntime) -> AsyncIterator[Store]:
        async with self.open(tmp_path, clock) as store:
            yield store

    # Appending -------------------------------------------------------------------------------------------------------

    async def test_what_is_wanted_only_beside_something_of_ours(self, store: Store):
        """
        Said at a root where a thread or a card of ours stands it is stored, and where what was said there is not
        decided yet; anywhere else it is not.
        """

        async def beside(root: str, to: ConversationKey = HERE) -> bool:
            return await store.append(a_fact(root, to=to)._replace(beside=root)) is not None

        assert not await beside("1.1")
        owner = await store.own()
        cards = [a_delivery("card", "ask", request="q"), a_delivery("note")]
        await store.commit(a_change(owner, 0, a_start(), threads=[a_thread(root="1.1")], deliveries=cards))
        await store.record(Fate("card", "sent", RECEIPT), pressing=True)
        assert [False, False] == [await beside("2.2"), await beside("1.1", THERE)]
        for root in ("1.1", RECEIPT.message_id):
            assert await beside(root)
            (version,) = {record.seq for record in (await store.load(HERE, Need())).facts}
            await store.commit(a_change(owner, version))
        await store.append(a_fact("something undecided"))

        assert await beside("2.2")

    async def test_facts_are_numbered_in_order(self, store: Store):
        """
        Facts of a conversation count from one, each conversation for itself.
        """
        assert [Accepted(1), Accepted(2)] == [await store.append(a_fact("a")), await store.append(a_fact("b"))]
        assert Accepted(1) == await store.append(a_fact("c", to=THERE))

    async def test_any_known_key_makes_a_duplicate(self, store: Store):
        """
        A fact that carries one key of an earlier one is not stored again, and is told where the first stands (G2).
        """
        await store.append(a_fact("a", "event/1", "message/1"))

        assert Duplicate(1) == await store.append(a_fact("a", "event/2", "message/1"))
        assert Accepted(2) == await store.append(a_fact("b", "event/2"))

    async def test_of_many_at_once_one_is_stored(self, store: Store):
        """
        The same fact delivered many times at the same moment is stored once.
        """
        answers = await asyncio.gather(*(store.append(a_fact("a", "event/1")) for _ in range(20)))

        assert [Accepted(1)] == [answer for answer in answers if isinstance(answer, Accepted)]

    async def test_keys_are_remembered_for_the_redelivery_window(self, store: Store, clock: HandRuntime):
        """
        A key is known for at least eight days, whatever is purged.
        """
        await store.append(a_fact("a", "event/1"))
        await clock.advance(8 * DAY)
        await store.purge(clock.now())

        assert isinstance(await store.append(a_fact("a", "event/1")), Duplicate)
        await clock.advance((DEDUPE_DAYS - 8) * DAY + 1)
        assert 1 == await store.purge(clock.now())

    async def test_keys_of_what_may_always_come_again_are_always_known(self, store: Store, clock: HandRuntime):
        """
        What a channel can show again years later is a duplicate then.
        """
        await store.append(a_fact("a", "mail/1")._replace(days=math.inf))
        await clock.advance(1_000 * DAY)
        await store.purge(clock.now())

        assert isinstance(await store.append(a_fact("a", "mail/1")), Duplicate)

    async def test_what_is_appended_is_handed_to_the_owner(self, store: Store):
        """
        An append wakes the owner, with the fact itself.
        """
        owner = await store.own()
        waiting = asyncio.ensure_future(store.wait(owner))
        await asyncio.sleep(0)
        assert not waiting.done()
        await store.append(a_fact("a"))
        (ready,) = await waiting

        assert (HERE, [1], "a") == (ready.conversation, [r.seq for r in ready.records], text_of(ready.records[0]))

    async def test_whoever_watches_a_log_hears_that_it_grew(self, store: Store):
        """
        A watcher behind is told at once, one that is up to date when a fact or a decision is stored, and no other.
        """
        owner = await store.own()
        await store.append(a_fact("a"))
        assert 1 == await store.watch(HERE, 0)
        watching, elsewhere = [asyncio.create_task(store.watch(place, 1)) for place in (HERE, THERE)]
        await store.commit(a_change(owner, 1, a_start()))
        assert 2 == await watching
        again = [asyncio.create_task(store.watch(HERE, 2)) for _ in range(2)]
        await store.append(a_fact("b"))
        assert [3, 3] == await asyncio.gather(*again)
        assert not elsewhere.done()
        elsewhere.cancel()

    async def test_all_survive_being_closed(self, tmp_path: Path, clock: HandRuntime):
        """
        What was acknowledged is there when the store is opened again (G1).
        """
        async with self.open(tmp_path, clock) as store:
            await store.append(a_fact("a", "event/1"))
        async with self.open(tmp_path, clock) as store:
            assert isinstance(await store.append(a_fact("a", "event/1")), Duplicate)
            assert [Ready(HERE)] == await store.wait(await store.own())
            assert ["a"] == [text_of(record) for record in (await store.load(HERE, Need())).facts]

    # Committing ------------------------------------------------------------------------------------------------------

    async def test_a_commit_advances_the_version_by_its_events(self, store: Store):
        """
        The new version counts the events, and the log holds them in order.
        """
        owner = await store.own()
        await store.append(a_fact("a"))
        change = a_change(owner, 1, a_start(), sleep(), threads=[a_thread()])
        committed = await store.commit(change)
        (thread,) = (await store.load(HERE, Need(threads=("t",)))).threads

        assert 3 == committed.version
        assert [(2, "RunStarted"), (3, "SleepStarted")] == [
            (record.seq, type(record.event).__name__) for record in thread.records
        ]

    async def test_a_stale_version_conflicts_and_leaves_nothing(self, store: Store):
        """
        Who has not seen the newest fact cannot commit, and nothing of the change is there afterwards.
        """
        owner = await store.own()
        await store.append(a_fact("a"))
        await store.append(a_fact("b"))
        change = a_change(owner, 1, a_start(), threads=[a_thread()], deliveries=[a_delivery("d")])
        with pytest.raises(Conflict):
            await store.commit(change)

        assert [] == await store.threads()
        assert [] == await store.deliveries()
        assert 2 == (await store.load(HERE, Need())).version

    async def test_a_former_owner_cannot_commit(self, store: Store):
        """
        Only the newest owner's decisions can be committed (G7).
        """
        former, _ = await store.own(), await store.own()
        await store.append(a_fact("a"))

        with pytest.raises(Lost):
            await store.commit(a_change(former, 1, a_start(), threads=[a_thread()]))
        with pytest.raises(Lost):
            await store.wait(former)
        assert [] == await store.threads()

    async def test_a_change_that_fails_harms_nobody_else(self, store: Store):
        """
        A change that cannot be stored leaves nothing behind, and those stored beside it are stored.
        """
        owner = await store.own()
        broken = a_change(owner, 0, a_start(), threads=[a_thread(status=object())])
        outcomes = await asyncio.gather(
            store.append(a_fact("before", to=THERE)),
            store.commit(broken),
            store.append(a_fact("after", to=THERE)),
            return_exceptions=True,
        )

        assert [Accepted(1), Accepted(2)] == [outcome for outcome in outcomes if isinstance(outcome, Accepted)]
        assert isinstance(outcomes[1], Exception)
        assert [] == await store.threads()
        assert 0 == (await store.load(HERE, Need())).version

    async def test_a_message_is_appended_elsewhere_once(self, store: Store):
        """
        What one conversation tells another is stored there with the change, and never twice by its id.
        """
        owner = await store.own()
        message = Message("m1", THERE, facts.NoteForwarded(text="hello"))
        await store.commit(a_change(owner, 0, messages=[message]))
        await store.commit(a_change(owner, 0, messages=[message]))
        there = await store.load(THERE, Need())

        assert ["hello"] == [text_of(record) for record in there.facts]
        assert THERE in [ready.conversation for ready in await store.wait(owner)]

    async def test_ready_until_unmarked(self, tmp_path: Path, clock: HandRuntime):
        """
        A conversation is given at every take-over until a commit says that nothing is left to do.
        """
        async with self.open(tmp_path, clock) as store:
            owner = await store.own()
            await store.append(a_fact("a"))
            await store.commit(a_change(owner, 1, ready=True))
            assert [HERE] == [ready.conversation for ready in await store.wait(await store.own())]
            owner = await store.own()
            await store.commit(a_change(owner, 1, ready=False))
        async with self.open(tmp_path, clock) as store:
            owner = await store.own()
            with contextlib.suppress(TimeoutError):
                assert [] == await asyncio.wait_for(store.wait(owner), 0.05)

    # Loading ---------------------------------------------------------------------------------------------------------

    async def test_a_thread_is_loaded_from_its_current_run(self, store: Store):
        """
        Older runs are never read; the messages that the current one names are.
        """
        owner = await store.own()
        await store.append(a_fact("old"))
        change = a_change(owner, 1, a_start(consumes=(1,)), end("r1"), threads=[a_thread()])
        await store.commit(change)
        await store.append(a_fact("new"))
        kept = events.MessageKept(thread="t", run="r4", fact=4, party="rita", name="Rita")
        await store.commit(a_change(owner, 4, a_start(run="r4", consumes=(1,)), kept, threads=[a_thread()]))
        (thread,) = (await store.load(HERE, Need(threads=("t",)))).threads

        assert [5, 6] == [record.seq for record in thread.records]
        assert {1: "old", 4: "new"} == {seq: fact.text for seq, fact in thread.facts.items()}

    async def test_threads_are_found_by_root_and_by_work(self, store: Store):
        """
        A message finds its thread by its root; a new owner finds those with work under way.
        """
        owner = await store.own()
        rows = [a_thread("t", root="1.1", status="running"), a_thread("s", root="2.2")]
        await store.commit(a_change(owner, 0, a_start("t"), a_start("s"), threads=rows))

        assert ["s"] == [t.id for t in (await store.load(HERE, Need(roots=("2.2",)))).threads]
        assert ["t"] == [t.id for t in (await store.load(HERE, Need(running=True))).threads]
        assert () == (await store.load(HERE, Need())).threads

    async def test_a_fork_begins_with_its_origins_events(self, store: Store):
        """
        A fork's log is its origin's up to where it left it, then its own.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, a_start(), sleep(), end("r1"), threads=[a_thread()]))
        fork = events.ThreadForked(thread="f", run="r1", origin="t", upto=2, by="rita", version="2", branch="what-if")
        await store.commit(a_change(owner, 3, fork, threads=[a_thread("f", branch="what-if")]))
        (thread,) = (await store.load(HERE, Need(threads=("f",)))).threads

        assert [1, 2, 4] == [record.seq for record in thread.records]

    async def test_a_fork_keeps_its_beginning_whatever_becomes_of_its_origin(self, store: Store):
        """
        A run that begins, is forked and begins anew, all in one commit, has a fork of what it was.
        """
        owner = await store.own()
        fork = events.ThreadForked(thread="f", run="r1", origin="t", upto=2, by="rita", version="2", branch="what-if")
        anew = (a_start(), sleep(), fork, end("r1"), a_start(run="r1.2"))
        threads = [a_thread(), a_thread("f", branch="what-if")]
        await store.commit(a_change(owner, 0, *anew, threads=threads))
        again = events.ThreadForked(thread="g", run="r1.2", origin="t", upto=5, by="rita", version="2", branch="again")
        threads = [a_thread(), a_thread("g", branch="again")]
        await store.commit(a_change(owner, 5, again, end("r1.2"), a_start(run="r1.3"), threads=threads))
        found = (await store.load(HERE, Need(threads=("f", "g")))).threads

        assert {"f": [1, 2, 3], "g": [5, 6]} == {t.id: [record.seq for record in t.records] for t in found}

    async def test_undecided_facts_are_loaded_and_deferred_ones_too(self, store: Store):
        """
        Facts after the mark are undecided; those set aside are given with them, in order.
        """
        owner = await store.own()
        for text in ("a", "b", "c"):
            await store.append(a_fact(text))
        state = a_change(owner, 3).state.model_copy(update={"applied": 2, "deferred": (1,)})
        await store.commit(a_change(owner, 3, state=state))

        assert ["a", "c"] == [text_of(record) for record in (await store.load(HERE, Need())).facts]

    async def test_a_request_is_found_with_its_opening(self, store: Store):
        """
        A request is found by its id, with what was asked and how it ended; an open one comes with its thread.
        """
        owner = await store.own()
        opened, row = an_opening()
        await store.commit(a_change(owner, 0, a_start(), opened, threads=[a_thread()], requests=[row]))
        assert ["q"] == [r.row.id for r in (await store.load(HERE, Need(threads=("t",)))).requests]
        settlement = Settlement(outcome=Outcome.DENIED, at=NOON, comment="no")
        ended = row.model_copy(update={"status": "denied", "settlement": settlement})
        await store.commit(a_change(owner, 2, requests=[ended]))
        (found,) = (await store.load(HERE, Need(requests=("q",)))).requests

        assert (opened, settlement) == (found.opened, found.row.settlement)
        assert () == (await store.load(HERE, Need(threads=("t",)))).requests
        assert ["q"] == [r.id for r in await store.requests(status="denied")]
        assert [] == await store.requests(status="open")

    async def test_a_list_comes_with_its_requests(self, store: Store, clock: HandRuntime):
        """
        A request that stands on a list brings the list, however long ago it ended, and the list's receipt is that of
        all on it: the deadline of each counts from there.
        """
        owner = await store.own()
        events_of, rows = zip(*(an_opening(name) for name in ("q1", "q2")), strict=True)
        copies = [a_copy(row.id, batch="list", settled_at=NOON - 9 * DAY) for row in rows]
        copies.append(a_copy("list", members=("q1", "q2"), settled_at=NOON - 9 * DAY))
        await store.commit(a_change(owner, 0, *events_of, threads=[a_thread()], requests=rows, copies=copies))
        loaded = await store.load(HERE, Need(requests=("q1",)))
        assert {"q1", "list"} == {copy.request for copy in loaded.copies}

        shown = [a_copy("list", members=("q1", "q2"))]
        card = a_delivery("d1", kind="ask", request="list")
        committed = await store.commit(a_change(owner, loaded.version, copies=shown, deliveries=[card]))
        await clock.advance(600)
        await store.record(Fate(committed.claimed[0].id, "sent", RECEIPT), pressing=True)
        found = (await store.load(HERE, Need(requests=("q1", "q2")))).requests
        assert [(NOON + 600, NOON + 4_200)] * 2 == [(one.row.first_sent, one.row.due) for one in found]

    async def test_copies_open_and_of_today_are_loaded(self, store: Store, clock: HandRuntime):
        """
        A settled copy is loaded for a day, since it makes a bare word ambiguous; later only by name.
        """
        owner = await store.own()
        copies = [a_copy("open"), a_copy("settled", settled_at=NOON)]
        await store.commit(a_change(owner, 0, copies=copies))
        assert {"open", "settled"} == {copy.request for copy in (await store.load(HERE, Need())).copies}
        await clock.advance(DAY + 1)

        assert {"open"} == {copy.request for copy in (await store.load(HERE, Need())).copies}
        named = await store.load(HERE, Need(requests=("settled",)))
        assert {"open", "settled"} == {copy.request for copy in named.copies}

    async def test_of_what_was_settled_today_the_newest_are_loaded(self, store: Store, clock: HandRuntime):
        """
        However much was asked and answered in a conversation today, a few of its settled copies are loaded, and all
        that are open; a settled one that is named is loaded too.
        """
        owner = await store.own()
        settled = [a_copy(f"settled {n}", settled_at=NOON + n) for n in range(100)]
        await store.commit(a_change(owner, 0, copies=[a_copy("open"), *settled, a_copy("open too")]))

        loaded = await store.load(HERE, Need(requests=("settled 0",)))
        names = {copy.request for copy in loaded.copies}
        assert {"open", "open too", "settled 0", "settled 99", "settled 98"} <= names
        assert len(names) < 30

    # Timers ----------------------------------------------------------------------------------------------------------

    async def test_timers_are_given_when_due_and_only_when_opened(self, store: Store, clock: HandRuntime):
        """
        A sleep ends at its time, not before, and not before timers are open.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, timers=[Timer("x", NOON + 60, "t", "sleep#1")]))
        waiting = asyncio.ensure_future(store.wait(owner))
        await clock.advance(61)
        assert not waiting.done()
        store.open_timers()
        (ready,) = await waiting

        assert ["x"] == [timer.id for timer in ready.timers]
        await store.commit(a_change(owner, 0, clear=["x"]))
        assert not await anything(store, owner, clock)

    async def test_a_deadline_moves_until_the_first_receipt(self, store: Store, clock: HandRuntime):
        """
        While no card has been sent, a decision may say anew when a request falls due; afterwards it may not.
        """
        owner = await store.own()
        opened, row = an_opening()
        cards = [a_delivery("one", "ask", request="q")]
        change = a_change(owner, 0, a_start(), opened, threads=[a_thread()], requests=[row], deliveries=cards)
        await store.commit(change)
        waits = {"waiting": {HERE: NOON + 600}, "reminders": {HERE: NOON + 700}, "due": NOON + 9_000}
        moved = row.model_copy(update=waits)
        await store.commit(a_change(owner, 2, requests=[moved]))
        (found,) = (await store.load(HERE, Need(requests=("q",)))).requests
        assert moved == found.row
        await store.record(Fate("one", "sent", RECEIPT), pressing=True)
        await store.commit(a_change(owner, 2, requests=[moved]))
        (found,) = (await store.load(HERE, Need(requests=("q",)))).requests

        assert NOON + 3_600 == found.row.due

    async def test_a_deadline_counts_from_the_first_receipt(self, store: Store, clock: HandRuntime):
        """
        A request falls due an hour after its first card was sent, not after it was opened; later ones change nothing.
        """
        owner = await store.own()
        store.open_timers()
        opened, row = an_opening()
        cards = [a_delivery("one", "ask", request="q"), a_delivery("two", "ask", request="q")]
        change = a_change(owner, 0, a_start(), opened, threads=[a_thread()], requests=[row], deliveries=cards)
        await store.commit(change)
        await clock.advance(600)
        await store.record(Fate("one", "sent", RECEIPT), pressing=True)
        await clock.advance(600)
        await store.record(Fate("two", "sent", RECEIPT), pressing=True)
        (found,) = (await store.load(HERE, Need(requests=("q",)))).requests

        assert (NOON + 600, NOON + 4_200) == (found.row.first_sent, found.row.due)
        assert not await anything(store, owner, clock)
        await clock.advance(3_001)
        assert [("q",)] == [tuple(t.request for t in ready.timers) for ready in await store.wait(owner)]

    async def test_a_first_receipt_before_its_time_has_the_timers_come(self, store: Store, clock: HandRuntime):
        """
        What is set for a request counts from when its card was to be sent: sent earlier, its timers are given at once,
        and may be set anew; one that is sent late, or another request's receipt, moves none.
        """
        owner = await store.own()
        store.open_timers()
        events_of, rows = zip(*(an_opening(name) for name in ("q", "q2")), strict=True)
        rows = [rows[0].model_copy(update={"due": NOON + 9_000}), rows[1]]
        cards = [a_delivery(name, "ask", request=name) for name in ("q", "q2")]
        timers = [Timer(f"{name}/rung/0", NOON + 6_000, key=name) for name in ("q", "q2")]
        await store.commit(
            a_change(owner, 0, *events_of, threads=[a_thread()], requests=rows, deliveries=cards, timers=timers)
        )
        for name in ("q", "q2"):
            await store.record(Fate(name, "sent", RECEIPT), pressing=True)

        (ready,) = await store.wait(owner)
        assert [Timer("q/rung/0", NOON, key="q")] == list(ready.timers)

    async def test_a_deadline_that_moved_after_it_was_given_is_given_again(self, store: Store, clock: HandRuntime):
        """
        A card is sent just after its request fell due: the new deadline is given too, though nothing else is decided.
        """
        owner = await store.own()
        store.open_timers()
        opened, row = an_opening()
        cards = [a_delivery("one", "ask", request="q")]
        change = a_change(owner, 0, a_start(), opened, threads=[a_thread()], requests=[row], deliveries=cards)
        await store.commit(change)
        await clock.advance(row.due - NOON + 1)
        await store.wait(owner)
        await store.record(Fate("one", "sent", RECEIPT), pressing=True)
        assert not await anything(store, owner, clock)

        await clock.advance(row.patience + 1)
        assert [("q",)] == [tuple(t.request for t in ready.timers) for ready in await store.wait(owner)]

    # The chain over decisions ----------------------------------------------------------------------------------------

    async def test_decisions_are_chained(self, store: Store):
        """
        Decisions are entered in the order of their commits, and sealed afterwards, each over the one before it.
        """
        owner = await store.own()
        opened, row = an_opening()
        change = a_change(owner, 0, a_start(), opened, threads=[a_thread()], requests=[row])
        await store.commit(change)
        await store.decided()
        settled = events.RequestSettled(
            thread="t", run="r1", request="q", key="k", settlement=Settlement(outcome=Outcome.DENIED, at=NOON)
        )
        await store.commit(a_change(owner, 2, settled))
        assert [None, None] == [entry.hash for entry in await store.audit()]
        assert 2 == await store.seal()
        assert 0 == await store.seal()

        first, second = await store.audit()
        wanted = audit.link(audit.BEGINNING, 1, HERE, 2, NOON, json.loads(first.body))
        assert (wanted, 2) == (first.hash, first.seq)
        assert audit.link(wanted, 2, HERE, 3, NOON, json.loads(second.body)) == second.hash
        assert [second] == await store.audit(after=1)

    # Deliveries ------------------------------------------------------------------------------------------------------

    async def test_what_a_client_asks_is_found_and_listed(self, store: Store):
        """
        From the moment it is stored: by its id, by its home, and by client, the newest first. A home has one, for ever.
        """
        asked = [Fact(ConversationKey(f"api:{c}/k{n}"), a_message(), (), request=f"{c}{n}") for n in "12" for c in "ab"]
        for fact in asked:
            assert Accepted(1) == await store.append(fact)
        assert Duplicate(1) == await store.append(asked[0]._replace(request="other"))
        owner = await store.own()
        opened, row = an_opening("a1")
        await store.commit(a_change(owner, 1, opened, conversation=asked[0].conversation, requests=[row]))

        assert ["b2", "a2", "b1", "a1"] == [one.id for one in await store.client_requests()]
        (newest, oldest) = await store.client_requests(client="a")
        assert (("a2", "a1"), "api:a/k2") == ((newest.id, oldest.id), newest.home)
        assert [oldest] == await store.client_requests(client="a", before=newest.number)
        assert [oldest] == await store.client_requests(is_open=True)
        assert [] == await store.client_requests(is_open=False)
        ended = row.model_copy(update={"status": "denied"})
        await store.commit(a_change(owner, 2, conversation=asked[0].conversation, requests=[ended]))
        assert [] == await store.client_requests(is_open=True) == await store.client_requests(client="b", is_open=False)
        assert [oldest] == await store.client_requests(client="a", is_open=False)
        assert oldest == await store.client_request("a1") == await store.client_request("api:a/k1")
        assert None is await store.client_request("other") is await store.client_request("api:a/k9")

    async def test_deliveries_go_one_at_a_time_in_order(self, store: Store):
        """
        The first is claimed by the commit that makes it, each next one by the record of the one before.
        """
        owner = await store.own()
        names = ("a", "b", "c")
        committed = await store.commit(a_change(owner, 0, deliveries=[a_delivery(n) for n in names]))
        sent = [delivery.id for delivery in committed.claimed]
        while len(sent) < 3:
            (following,) = await store.record(Fate(sent[-1], "sent", RECEIPT), pressing=True)
            sent.append(following.id)

        assert ["a", "b", "c"] == sent
        assert () == await store.record(Fate("c", "sent", RECEIPT), pressing=True)
        assert {"sent"} == {row.status for row in await store.deliveries()}

    async def test_while_one_is_claimed_none_is_claimed(self, store: Store, clock: HandRuntime):
        """
        A second commit, and the passing of time, claim nothing while a delivery is being sent.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a")]))
        committed = await store.commit(a_change(owner, 0, deliveries=[a_delivery("b")]))
        await clock.advance(60)

        assert () == committed.claimed
        assert [] == await store.due_deliveries(clock.now())

    async def test_conversations_do_not_wait_for_each_other(self, store: Store):
        """
        Each conversation has a lane of its own.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a")]))
        there = a_change(owner, 0, conversation=THERE, deliveries=[a_delivery("b", to=THERE)])

        assert ["b"] == [delivery.id for delivery in (await store.commit(there)).claimed]

    async def test_a_refused_one_waits_then_steps_aside(self, store: Store, clock: HandRuntime):
        """
        A refusal holds up those behind it for ten minutes, then they go on.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a"), a_delivery("b")]))
        assert () == await store.record(Fate("a", "new", reason="429", due=NOON + 30), pressing=True)
        assert NOON + 30 == await store.next_delivery(NOON)
        await clock.advance(31)
        assert ["a"] == [d.id for d in await store.due_deliveries(clock.now())]
        await clock.advance(STEP_ASIDE)
        refused = Fate("a", "new", reason="429", due=clock.now() + 30, attempt=2)
        (following,) = await store.record(refused, pressing=True)

        assert "b" == following.id

    async def test_nothing_overtakes_the_card_that_it_is_about(self, store: Store, clock: HandRuntime):
        """
        While a card is looked for, what is said of its request waits, however long that lasts; other things go on.
        """
        owner = await store.own()
        said = [a_delivery("word", request="q"), a_delivery("other", request="q2")]
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("card", "ask", request="q"), *said]))
        unknown = Fate("card", "unknown", reason="timed out", due=NOON + 2)
        assert () == await store.record(unknown, pressing=True)
        await clock.advance(STEP_ASIDE + 1)
        due = await store.due_deliveries(clock.now())
        assert [("card", "unknown"), ("other", "claimed")] == [(d.id, d.status) for d in due]
        assert () == await store.record(Fate("other", "sent", RECEIPT), pressing=True)
        (following,) = await store.record(Fate("card", "sent", RECEIPT), pressing=True)

        assert "word" == following.id

    async def test_one_that_holds_keeps_its_place(self, store: Store, clock: HandRuntime):
        """
        Where the vendor takes nothing from anybody, nothing overtakes what waits for it, however long that lasts.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a"), a_delivery("b")]))
        for attempt in range(1, 20):
            waits = Fate("a", "new", reason="down", due=clock.now() + 60, attempt=attempt, holds=True)
            assert () == await store.record(waits, pressing=True)
            await clock.advance(61)
            assert ["a"] == [d.id for d in await store.due_deliveries(clock.now())]

    async def test_what_was_holding_is_due_after_a_restart(self, store: Store, clock: HandRuntime):
        """
        A new start tries at once what the vendor took from nobody before; what was refused for itself waits on.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a")]))
        await store.commit(a_change(owner, 0, conversation=THERE, deliveries=[a_delivery("b", to=THERE)]))
        await store.record(Fate("a", "new", reason="down", due=NOON + 60, holds=True), pressing=True)
        await store.record(Fate("b", "new", reason="429", due=NOON + 60), pressing=True)

        assert [] == await store.recover()
        assert ["a"] == [delivery.id for delivery in await store.due_deliveries(NOON)]

    async def test_word_of_an_earlier_try_changes_nothing(self, store: Store, clock: HandRuntime):
        """
        What a slow look says of a try that another one has overtaken is not written down.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a")]))
        await store.record(Fate("a", "unknown", reason="broke", due=NOON + 2), pressing=True)
        (again,) = await store.record(Fate("a", "new", due=NOON), pressing=True)
        assert ("claimed", 2) == (again.status, again.attempts)

        assert () == await store.record(Fate("a", "new", due=NOON), pressing=True)
        assert ["claimed"] == [row.status for row in await store.deliveries()]

    async def test_card_of_a_settled_request_is_not_sent(self, store: Store, clock: HandRuntime):
        """
        A card that was refused while its request was settled is given up: nobody would take its buttons away.
        """
        owner = await store.own()
        card = a_delivery("card", "ask", request="q")
        version = (await store.commit(a_change(owner, 0, deliveries=[card], copies=[a_copy("q")]))).version
        await store.commit(a_change(owner, version, copies=[a_copy("q", settled_at=NOON)]))
        assert () == await store.record(Fate("card", "new", reason="429", due=NOON), pressing=True)

        assert [("dead", "withdrawn: its request is settled")] == [
            (row.status, row.reason) for row in await store.deliveries()
        ]

    async def test_a_whisper_overtakes_an_edit_that_waits(self, store: Store):
        """
        Who is waiting for a private word does not wait for an edit that is refused; a message does.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("card", "ask")]))
        (edit,) = await self.edit_behind(store, owner, "card")
        await store.record(Fate(edit, "new", reason="429", due=NOON + 30), pressing=True)
        said = await store.commit(a_change(owner, 0, deliveries=[a_delivery("said")]))
        whispered = await store.commit(a_change(owner, 0, deliveries=[a_delivery("whispered", "whisper")]))

        assert [(), ("whispered",)] == [tuple(d.id for d in c.claimed) for c in (said, whispered)]

    async def edit_behind(self, store: Store, owner: Any, target: str) -> tuple[str, ...]:
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("edit", "settle", target=target)]))
        return tuple(d.id for d in await store.record(Fate(target, "sent", RECEIPT), pressing=True))

    async def test_a_later_edit_replaces_one_not_yet_sent(self, store: Store):
        """
        Of several edits of one message that wait, the newest is sent and the others are dead, with the reason.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("card", "ask")]))
        for name in ("one", "two"):
            await store.commit(a_change(owner, 0, deliveries=[a_delivery(name, "settle", target="card")]))
        (following,) = await store.record(Fate("card", "sent", RECEIPT), pressing=True)

        assert ("two", RECEIPT) == (following.id, following.part.receipt)
        assert ["replaced by a later edit"] == [row.reason for row in await store.deliveries(status="dead")]

    @pytest.mark.parametrize("first", ["fails", "is followed"])
    async def test_a_later_edit_does_not_overtake_one_that_may_be_on_its_way(
        self, store: Store, clock: HandRuntime, first: str
    ):
        """
        An edit that failed may arrive late: the one that replaces it waits until that would have been tried again.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("card", "ask")]))
        await self.edit_behind(store, owner, "card")
        failed, later = Fate("edit", "new", reason="broke", due=NOON + 2), a_delivery("later", "settle", target="card")
        if first == "fails":
            assert () == await store.record(failed, pressing=True)
        assert () == (await store.commit(a_change(owner, 0, deliveries=[later]))).claimed
        if first == "is followed":
            assert () == await store.record(failed, pressing=True)
        assert [] == await store.due_deliveries(clock.now())
        await clock.advance(3)

        assert ["later"] == [delivery.id for delivery in await store.due_deliveries(clock.now())]
        assert "replaced by a later edit" == (await store.delivery("edit")).reason

    async def test_an_edit_in_doubt_is_not_sent_again_after_a_later_one(self, store: Store, clock: HandRuntime):
        """
        An edit that was being sent in a crash steps aside after a while; once a later one has arrived it is given up.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("card", "ask")]))
        await self.edit_behind(store, owner, "card")
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("later", "settle", target="card")]))
        assert ["edit"] == [lost.id for lost in await store.recover()]
        await clock.advance(STEP_ASIDE + 1)
        assert ["later"] == [d.id for d in await store.due_deliveries(clock.now()) if d.status == "claimed"]
        await store.record(Fate("later", "sent", RECEIPT), pressing=True)

        assert () == await store.record(Fate("edit", "new", reason="may be repeated", due=clock.now()), pressing=True)
        assert [] == await store.due_deliveries(clock.now())
        assert "replaced by a later edit" == (await store.delivery("edit")).reason

    async def test_what_was_not_sent_can_be_withdrawn(self, store: Store):
        """
        A card not yet sent is withdrawn when its request is settled; one being sent is not, and its edit follows.
        """
        owner = await store.own()
        cards = [a_delivery("sending", "ask"), a_delivery("waiting", "ask")]
        await store.commit(a_change(owner, 0, deliveries=cards))
        await store.commit(a_change(owner, 0, withdraw=["sending", "waiting"]))

        assert {"sending": "claimed", "waiting": "dead"} == {r.id: r.status for r in await store.deliveries()}

    async def test_an_edit_of_what_was_never_sent_is_dead(self, store: Store):
        """
        When a message turns out dead, what would have changed it is given up.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("card", "ask")]))
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("edit", "settle", target="card")]))
        assert () == await store.record(Fate("card", "dead", reason="gone"), pressing=True)

        assert {"card": "gone", "edit": "the message to change was never sent"} == {
            row.id: row.reason for row in await store.deliveries(status="dead")
        }

    async def test_what_was_being_sent_at_a_crash_is_unknown(self, tmp_path: Path, clock: HandRuntime):
        """
        After a crash a claimed delivery is one to look for, and a new one was surely never sent (G6).
        """
        async with self.open(tmp_path, clock) as store:
            owner = await store.own()
            await store.commit(a_change(owner, 0, deliveries=[a_delivery("a"), a_delivery("b")]))
        async with self.open(tmp_path, clock) as store:
            (lost,) = await store.recover()
            assert ("a", "unknown") == (lost.id, lost.status)
            assert {"a": "unknown", "b": "new"} == {row.id: row.status for row in await store.deliveries()}
        async with self.open(tmp_path, clock) as store:
            assert ["a"] == [lost.id for lost in await store.recover()]  # it died again before it had looked
            (following,) = await store.record(Fate("a", "sent", RECEIPT), pressing=True)
            assert "b" == following.id

    async def test_an_unknown_one_that_is_surely_not_there_goes_again(self, store: Store, clock: HandRuntime):
        """
        Looked for and not found, a delivery is sent again; unknown for good, it never is by itself.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a")]))
        await store.record(Fate("a", "unknown", reason="broke", due=NOON + 2), pressing=True)
        await clock.advance(3)
        (lost,) = await store.due_deliveries(clock.now())
        assert "unknown" == lost.status
        (again,) = await store.record(Fate("a", "new", due=clock.now()), pressing=True)
        assert ("a", "claimed", 2) == (again.id, again.status, again.attempts)
        await store.record(Fate("a", "unknown", reason="for good", attempt=2), pressing=True)
        await clock.advance(DAY)

        assert [] == await store.due_deliveries(clock.now())
        assert await store.retry("a")
        assert ["a"] == [delivery.id for delivery in await store.due_deliveries(clock.now())]
        assert not await store.retry("nothing")

    async def test_a_change_that_was_replaced_is_not_sent_any_more(self, store: Store):
        """
        A later change of the same message stands; an earlier one is not taken up again after it.
        """
        owner = await store.own()
        changes = [a_delivery(name, "settle", target="a") for name in ("early", "late")]
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a"), changes[0]]))
        await store.commit(a_change(owner, 0, deliveries=[changes[1]]))
        rows = {row.id: (row.status, row.reason) for row in await store.deliveries()}

        assert ("dead", "replaced by a later edit") == rows["early"]
        assert not await store.retry("early")

    async def test_a_fate_may_bring_a_fact(self, store: Store):
        """
        A delivery that ends without reaching anybody tells its conversation, in the same step.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a")]))
        fact = facts.DeliveryEnded(delivery="a", request=None, status="dead", reason="gone")
        await store.record(Fate("a", "dead", reason="gone", fact=fact), pressing=True)
        (ready,) = await store.wait(owner)

        assert [fact] == [record.event for record in ready.records]

    async def test_a_fate_that_is_not_pressing_rides_with_the_next_write(self, store: Store):
        """
        A receipt is stored with whatever is written next.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, deliveries=[a_delivery("a")]))
        riding = asyncio.ensure_future(store.record(Fate("a", "sent", RECEIPT), pressing=False))
        await asyncio.sleep(0)
        await store.append(a_fact("b"))
        await riding

        assert RECEIPT == await store.receipt("a")

    async def test_a_reply_finds_the_card_it_stands_under(self, store: Store):
        """
        The vendor's id of a card that was sent names its request.
        """
        owner = await store.own()
        card = a_delivery("a", "ask", request="q")
        version = (await store.commit(a_change(owner, 0, deliveries=[card], copies=[a_copy("q")]))).version
        await store.record(Fate("a", "sent", RECEIPT), pressing=True)
        await store.commit(a_change(owner, version, copies=[a_copy("q", settled_at=NOON - 9 * DAY)]))

        assert [] == [copy.request for copy in (await store.load(HERE, Need())).copies]
        assert ["q"] == [copy.request for copy in (await store.load(HERE, Need(messages=("1.2",)))).copies]

    # The rest --------------------------------------------------------------------------------------------------------

    async def test_blobs_are_kept_as_long_as_the_longest_says(self, store: Store, clock: HandRuntime):
        """
        The same content is kept once, for as long as whoever needs it longest.
        """
        short, long = Blob("d", b"body", 7), Blob("d", b"body", 30)
        await store.append(Fact(HERE, a_message(), (), (short,)))
        await store.append(Fact(HERE, a_message(), (), (long,)))
        await clock.advance(8 * DAY)
        await store.purge(clock.now())
        assert b"body" == await store.blob("d")
        await clock.advance(30 * DAY)
        await store.purge(clock.now())

        assert await store.blob("d") is None

    async def test_a_threads_log_holds_all_its_runs(self, store: Store):
        """
        The story of a thread is whole, with the messages that it names.
        """
        owner = await store.own()
        await store.append(a_fact("go"))
        await store.commit(a_change(owner, 1, a_start(consumes=(1,)), end("r1"), threads=[a_thread()]))
        await store.commit(a_change(owner, 3, a_start(run="r3"), threads=[a_thread()]))

        assert ["MessageReceived", "RunStarted", "RunEnded", "RunStarted"] == [
            type(record.event).__name__ for record in await store.log("t")
        ]

    async def test_what_somebody_said_is_erased_in_place(self, store: Store):
        """
        Their message and its run lose their texts and blobs, the log keeps its numbers, others' facts are untouched,
        and the conversation's owner is handed the fact that makes it load anew.
        """
        owner = await store.own()
        await store.append(Fact(HERE, a_message("secret", raw="d"), (), (Blob("d", b"raw", 7),)))
        await store.append(Fact(THERE, a_message("theirs", sender="slack:T1/U2"), ()))
        change = a_change(
            owner, 1, a_start(consumes=(1,), requester="rita"), end("r1"), threads=[a_thread(status="ended")]
        )
        await store.commit(change)
        await store.wait(owner)
        assert 1 == await store.forget(Party("rita"), [SENDER])  # the message; its run said nothing itself
        (ready,) = await store.wait(owner)

        assert (HERE, "TextsErased", 4) == (
            ready.conversation,
            type(ready.records[0].event).__name__,
            (await store.load(HERE, Need())).version,
        )
        assert ["[erased]"] == [text_of(r) for r in await store.log("t") if isinstance(r.event, facts.MessageReceived)]
        assert ["theirs"] == [text_of(record) for record in (await store.load(THERE, Need())).facts]
        assert await store.blob("d") is None
        assert 0 == await store.forget(Party("rita"), [SENDER])

    async def test_what_a_live_run_needs_is_not_erased(self, store: Store):
        """
        A run that has not ended keeps its texts, and is named; so does what is not decided yet.
        """
        owner = await store.own()
        await store.append(a_fact("secret"))
        with pytest.raises(Busy):
            await store.forget(Party("rita"), [SENDER])
        await store.commit(a_change(owner, 1, a_start(consumes=(1,), requester="rita"), threads=[a_thread()]))
        with pytest.raises(Needed) as needed:
            await store.forget(Party("rita"), [SENDER])

        assert ((HERE, "t"),) == needed.value.runs
        assert ["secret"] == [text_of(r) for r in await store.log("t") if isinstance(r.event, facts.MessageReceived)]

    async def test_what_another_conversation_is_about_to_show_is_not_erased(self, store: Store):
        """
        What was sent there of an erased run's request is decided first; else people would read that it was erased.
        """
        owner = await store.own()
        await store.append(a_fact("secret"))
        opened, row = an_opening()
        begun = a_start(consumes=(1,), requester="rita")
        ended = {"threads": [a_thread(status="ended")], "requests": [row.model_copy(update={"status": "denied"})]}
        told = facts.RulingForwarded(request="q", to=Identity("slack:T1/UBEN"), reason="late", text="too late")
        ruled = [Message("m", THERE, told)]
        await store.commit(a_change(owner, 0, conversation=THERE, copies=[a_copy("q", place=THERE, home=HERE)]))
        await store.commit(a_change(owner, 1, begun, opened, end("r1"), messages=ruled, **ended))
        with pytest.raises(Busy):
            await store.forget(Party("rita"), [SENDER])
        await store.commit(a_change(owner, 1, conversation=THERE))

        assert await store.forget(Party("rita"), [SENDER])

    async def test_beginnings_of_runs_are_listed_by_time(self, store: Store):
        """
        The runs that began since a time, and nothing else of their threads.
        """
        owner = await store.own()
        await store.commit(a_change(owner, 0, a_start("t"), sleep(), threads=[a_thread("t")]))
        await store.commit(a_change(owner, 2, a_start("s"), threads=[a_thread("s")]))

        assert ["t", "s"] == [record.event.thread for record in await store.starts(NOON - 1)]  # type: ignore[attr-defined]
        assert [] == await store.starts(NOON)

    async def test_texts_grow_old_and_what_a_live_run_needs_stays(self, store: Store, clock: HandRuntime):
        """
        A message of a run that has ended loses its text after its time, with the blobs that it names, once; one that a
        waiting run was started by keeps it until that run ends, and so does everything younger.
        """
        owner = await store.own()
        for text in ("old", "needed"):
            await store.append(Fact(HERE, a_message(text, blob=text), (), (Blob(text, b"whole", None),)))
        ended = a_change(owner, 2, a_start("e", consumes=(1,)), threads=[a_thread("e", status="ended")])
        await store.commit(ended)
        await store.commit(a_change(owner, 3, a_start("t", "r2", consumes=(2,)), threads=[a_thread("t", root="1.1")]))
        await clock.advance(10 * DAY)
        assert 0 == await store.purge(clock.now(), 20 * DAY)
        assert 1 == await store.purge(clock.now(), 5 * DAY)
        assert 0 == await store.purge(clock.now(), 5 * DAY)
        assert (["[erased]"], ["needed"]) == (await texts_of(store, "e"), await texts_of(store, "t"))
        assert (None, b"whole") == (await store.blob("old"), await store.blob("needed"))
        await store.append(a_fact("young"))
        await store.commit(a_change(owner, 5, threads=[a_thread("t", root="1.1", status="ended")]))
        assert 3 == await store.purge(clock.now(), 5 * DAY)

        assert ["[erased]"] == await texts_of(store, "t")

    async def test_what_is_under_way_is_counted(self, store: Store):
        """
        Threads that have not ended by status, open requests, and deliveries that wait; nothing that has ended.
        """
        owner = await store.own()
        opened, row = an_opening()
        threads = [a_thread(), a_thread("p", status="parked"), a_thread("e", status="ended")]
        starts = [a_start(thread) for thread in ("t", "p", "e")]
        deliveries = [a_delivery("a"), a_delivery("b")]
        change = a_change(owner, 0, *starts, opened, threads=threads, requests=[row], deliveries=deliveries)
        version = (await store.commit(change)).version
        assert ({"waiting": 1, "parked": 1}, 1, {"claimed": 1, "new": 1}) == await store.counts()
        await store.record(Fate("a", "sent", RECEIPT), pressing=True)
        await store.record(Fate("b", "unknown", reason="for good"), pressing=True)
        settled = row.model_copy(update={"status": "denied"})
        ended = [a_thread(status="ended"), a_thread("p", status="ended")]
        await store.commit(a_change(owner, version, requests=[settled], threads=ended))

        assert ({}, 0, {}) == await store.counts()

    async def test_accounts_are_linked_and_unlinked(self, store: Store):
        """
        A link stays until it is taken away; a later one of the same account takes its place.
        """
        one = Link(Identity("slack:T1/U9"), Party("ana"), NOON, "ben")
        other = one._replace(person=Party("rita"), at=NOON + 1)
        await store.link(one)
        await store.link(other)
        assert [other] == await store.links()

        assert await store.unlink(one.identity)
        assert not await store.unlink(one.identity)
        assert [] == await store.links()

    async def test_a_standing_grant_is_used_as_often_as_it_counts(self, store: Store):
        """
        What a decision in any conversation took a grant for is compared with what is stored, in its commit: of two that
        have the last use one is a conflict that leaves nothing, and so is a use after its end.
        """
        owner = await store.own()
        grant = Grant(
            id="g",
            tool="deploy",
            likeness="d",
            scope=Scope(name="1h", seconds=3_600),
            thread="t",
            party=Party("ana"),
            identity=Identity("slack:T1/U2"),
            assurance=Assurance.HIGH,
            at=NOON,
            uses=2,
            home=HERE,
        )
        used = grant.model_copy(update={"used": 1})
        last = GrantChange("g", used, None)
        await store.commit(a_change(owner, 0, grants=[GrantChange("g", None, grant)]))
        assert [grant] == await store.grants()
        await store.commit(a_change(owner, 0, conversation=THERE, grants=[GrantChange("g", grant, used)]))
        assert [used] == await store.grants()
        both = [
            store.commit(
                a_change(owner, 0, a_start(), threads=[a_thread(conversation=key)], conversation=key, grants=[last])
            )
            for key in (HERE, THERE)
        ]
        outcomes = await asyncio.gather(*both, return_exceptions=True)

        assert [Conflict] == [type(outcome) for outcome in outcomes if isinstance(outcome, Exception)]
        assert [] == await store.grants()
        assert 1 == len(await store.threads())
        for change in (GrantChange("g", used, None), GrantChange("g", grant, used)):
            with pytest.raises(Conflict, match="standing grant"):
                await store.commit(a_change(owner, 0, conversation=ConversationKey("slack:T1/C9"), grants=[change]))

    async def test_the_last_turn_of_everybody_is_kept(self, store: Store):
        """
        Whoever is asked in turn has the number of that turn, from the commit that asks them, and of earlier ones none.
        """
        owner = await store.own()
        assert {} == await store.turns()
        await store.commit(a_change(owner, 0, turns={Party("ana"): 1, Party("ben"): 2}))
        await store.commit(a_change(owner, 0, conversation=THERE, turns={Party("ana"): 3}))
        with pytest.raises(Conflict):
            await store.commit(a_change(owner, 7, turns={Party("ben"): 4}))

        assert {"ana": 3, "ben": 2} == await store.turns()

    async def test_a_code_counts_once_and_for_its_time(self, store: Store, clock: HandRuntime):
        """
        A code is found until it expires, a second one for the same person ends the first, and a commit that would
        spend one that is spent already conflicts and leaves nothing.
        """
        owner = await store.own()
        await store.offer("first", Party("ana"), NOON + 900)
        await store.offer("second", Party("ana"), NOON + 900)
        codes = Need(codes=("first", "second"))
        await store.commit(a_change(owner, 0))
        assert {"second": "ana"} == (await store.load(HERE, codes)).codes
        link = Link(Identity("slack:T1/U9"), Party("ana"), NOON, "a code", "second")
        await store.commit(a_change(owner, 0, links=[link]))
        with pytest.raises(Conflict):
            await store.commit(a_change(owner, 0, links=[link._replace(identity=Identity("slack:T1/U8"))]))

        assert [link._replace(code="")] == await store.links()
        assert {} == (await store.load(HERE, codes)).codes
        await store.offer("third", Party("ana"), NOON + 900)
        await clock.advance(901)
        assert {} == (await store.load(HERE, Need(codes=("third",)))).codes
        assert 1 == await store.purge(clock.now())

    async def test_a_store_that_was_never_restored_says_so(self, store: Store):
        """
        Only a restored store makes its owner ask about what may have happened without it.
        """
        assert await store.restored_at() is None

    async def test_a_mark_stands_until_the_next(self, store: Store):
        """
        How far an account was read is kept for each, and only the newest of it.
        """
        assert await store.marked("email:a@x.test") is None
        await store.mark("email:a@x.test", "7 1")
        await store.mark("email:b@x.test", "9 1")
        await store.mark("email:a@x.test", "7 2")

        assert ["7 2", "9 1"] == [await store.marked(f"email:{name}@x.test") for name in "ab"]

    async def test_it_can_be_asked_whether_it_can_be_written(self, store: Store):
        """
        `ping` returns where writing works.
        """
        await store.ping()


async def texts_of(store: Store, thread: str) -> list[str]:
    return [text_of(r) for r in await store.log(thread) if isinstance(r.event, facts.MessageReceived)]


def text_of(record: Any) -> str:
    return str(record.event.text)


def sleep() -> events.SleepStarted:
    return events.SleepStarted(thread="t", run="r1", key="sleep#1", until=NOON)


def end(run: str) -> events.RunEnded:
    return events.RunEnded(thread="t", run=run, outcome="done")


async def anything(store: Store, owner: Any, clock: HandRuntime) -> list[Ready]:
    """What there is to decide right now."""
    waiting = asyncio.ensure_future(store.wait(owner))
    await clock.settle()
    if waiting.done():
        return waiting.result()
    waiting.cancel()
    return []
