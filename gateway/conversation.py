"""
One conversation in its owner's hands: what is stored of it, and what the current decision adds.

Nothing here does anything in the world. The owner loads a conversation, lets the deciding functions (`inbound`,
`places`, `home`, `runs`) work on it, and commits `change()`. When the commit is refused, or the process dies, this
object is thrown away and everything is decided again from what is stored: its state and its draft are one thing, so
there is nothing to undo.

`ongoing` is the exception: what the world is doing or has done already (a tool ran, a model answered). It outlives the
conversation in memory, and is taken in again after a reload.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from adapters.base import NO_HEAD, Ask, Capabilities, Letterhead, Outbound, Part, Say, Settle, Whisper
from agent_core import addresses, effects, events, facts
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.catalogue import Catalogue, Sentence
from agent_core.drive import Drive
from agent_core.files import Enclosure
from agent_core.grants import Grant
from agent_core.log import Record
from agent_core.requests import Assurance, Request
from agent_core.thread import Thread
from gateway.draft import Draft, Listing
from gateway.limits import started_by
from gateway.ongoing import Ongoing, Operation, Result
from gateway.store.base import Change, Fate, GrantChange, Message, Ownership, Snapshot
from gateway.store.rows import (
    DAY,
    ConversationState,
    Copy,
    Delivery,
    DeliveryKind,
    DeliveryRow,
    RequestRow,
    ThreadRow,
    Timer,
)
from gateway.world import Reader, World

KINDS: Mapping[type[Outbound], DeliveryKind] = {Say: "say", Ask: "ask", Settle: "settle", Whisper: "whisper"}
UNSENT = DAY  # seconds that a delivery without a deadline of its own is tried
BEGINNING = (events.RunStarted, events.MessageKept, events.MessageTaken)
UNLOADED = -1  # the version of a conversation that nothing was read of yet
QUIET = 60.0  # seconds in which somebody is not told the same thing twice
FORGET_TOLD = 3_600.0  # seconds after which it is forgotten that somebody was told something


class Conversation:
    """One conversation, loaded."""

    def __init__(self, key: ConversationKey, world: World, ongoing: Ongoing) -> None:
        self.key, self.world, self.ongoing = key, world, ongoing
        self.now = 0.0
        self.version = UNLOADED
        self.ready = True
        self.state = self.stored = ConversationState()
        self.facts: list[Record] = []
        self.timers: list[Timer] = []
        self.threads: dict[str, Thread] = {}
        self.drives: dict[str, Drive] = {}
        self.copies: dict[str, Copy] = {}
        self.requests: dict[str, RequestRow] = {}
        self.opened: dict[str, events.RequestOpened] = {}
        self.asks: dict[str, DeliveryRow] = {}
        self.link_codes: dict[str, Party] = {}
        self.draft = Draft()
        self.touched: dict[str, None] = {}
        self.models: dict[Operation, effects.CallModel] = {}
        self.taken: list[Operation] = []
        self.local: list[events.Event] = []
        self.listing = Listing()
        self.known_roots: set[str] = set()
        self.known_messages: set[str] = set()
        self._handed_over: Counter[str] = Counter()

    # Loading ---------------------------------------------------------------------------------------------------------

    def learn(self, snapshot: Snapshot) -> None:
        """Take in rows; what is here already is newer."""
        for stored in snapshot.threads:
            if stored.id not in self.threads:
                thread = Thread(stored.id, self.key, dict(stored.facts))
                for record in stored.records:
                    thread.apply(record)
                self.threads[stored.id] = thread
                self.touched[stored.id] = None
        for copy in snapshot.copies:
            self.copies.setdefault(copy.request, copy)
        for request in snapshot.requests:
            self.opened[request.row.id] = request.opened
            if request.row.id not in self.draft.requests:
                self.requests[request.row.id] = request.row
        self.asks.update(snapshot.asks)
        self.link_codes.update(snapshot.codes)

    def drop(self) -> None:
        """Let go of the coroutines."""
        for name, drive in self.drives.items():
            with self.world.watch(self.threads[name].state.agent):
                drive.close()
        self.drives.clear()

    @property
    def size(self) -> int:
        """Count the threads and cards that are held in memory."""
        return len(self.threads) + len(self.copies)

    def begin(self, snapshot: Snapshot) -> None:
        """Take in a conversation as stored, from the start."""
        self.version, self.state, self.stored = snapshot.version, snapshot.state, snapshot.state
        self.facts = list(snapshot.facts)
        self.learn(snapshot)

    def follow(self, records: Sequence[Record]) -> bool:
        """
        Take in facts just appended.

        Returns:
            False where some before them are missing, or nothing is loaded: it has to be loaded.
        """
        if self.version == UNLOADED:
            return False
        for record in records:
            if record.seq > self.version + 1:
                return False
            if record.seq == self.version + 1:
                self.version = record.seq
                self.facts.append(record)
        return True

    def sent(self, delivery: Delivery, fate: Fate) -> None:
        """Take in what became of a card of this conversation."""
        row = self.asks.get(delivery.id)
        if row is not None:
            self.asks[delivery.id] = row._replace(status=fate.status, receipt=fate.receipt or row.receipt, due=fate.due)
        copy = self.copies.get(delivery.request or "")
        for name in copy.members or (copy.request,) if copy is not None else (delivery.request or "",):
            request = self.requests.get(name)
            if fate.status == "sent" and request is not None and request.first_sent is None:
                update = {"first_sent": fate.at, "due": fate.at + request.patience}
                self.requests[request.id] = request.model_copy(update=update)

    # Deciding --------------------------------------------------------------------------------------------------------

    @property
    def reader(self) -> Reader:
        """Whoever alone reads the letters here, else the place itself: one person's, or that of many."""
        head = self.state.head
        readers = (*head.to, *head.copies) if head is not None else ()
        return readers[0] if len(readers) == 1 else self.key

    def words(self, reader: Reader | None = None) -> Catalogue:
        """Give the sentences in the language of a reader; without one, of those who read here."""
        return self.world.words(self.reader if reader in (None, self.key) else reader)

    def say(self, key: str, /, **names: object) -> str:
        """Word a sentence for those who read here."""
        return self.words().say(key, **names)

    def worded(self, sentence: Sentence, reader: Reader | None = None) -> str:
        """Word a stored sentence for a reader; without one, for those who read here."""
        words = self.words(reader)
        numbers = {name: number for name, number in sentence.names.items() if isinstance(number, float)}
        written = {name: self.clock(n, reader) if name == "time" else words.number(n) for name, n in numbers.items()}
        return words.say(sentence.key, **sentence.names | written)

    def add(self, event: events.ThreadEvent) -> None:
        """Decide that something happened: it is folded in, and the agent moves on."""
        record = Record(0, self.now, event)
        self.draft.events.append(record)
        thread = self.threads[event.thread]
        drive = self.drives.get(thread.id)
        with self.world.watch(thread.state.agent):
            if drive is not None and not isinstance(event, events.RunStarted | events.RunEnded):
                drive.take(record)
            else:
                thread.apply(record)
                if drive is not None:
                    self.drives.pop(thread.id).close()
        self.draft.threads[thread.id] = None
        self.touched[thread.id] = None

    def drive(self, thread: Thread) -> Drive | None:
        """Give the thread's agent, standing where its log says; None where no worker has its version."""
        if thread.id not in self.drives:
            agent = self.world.agents.version(thread.state.agent, thread.state.version)
            if agent is None:
                return None
            with self.world.watch(agent.name):
                self.drives[thread.id] = agent.drive(thread)
        return self.drives[thread.id]

    def forget(self, thread: Thread) -> None:
        """Let go of a thread's coroutine."""
        drive = self.drives.pop(thread.id, None)
        if drive is not None:
            with self.world.watch(thread.state.agent):
                drive.close()

    def begun_by(self, party: Party) -> int:
        """Count the runs that somebody starts by this decision."""
        return sum(started_by(record.event) == party for record in self.draft.events)

    def hands_over(self, thread: str) -> int:
        """Count how often a thread's runs have handed over since the last commit, this time included."""
        self._handed_over[thread] += 1
        return self._handed_over[thread]

    def has_result(self, operation: Operation) -> bool:
        """Tell whether something came of an operation that is not taken in yet."""
        return operation in self.ongoing.results and operation not in self.taken

    def take(self, result: Result) -> None:
        """Take in what the world did; it is kept until the decision that holds it is true."""
        self.taken.append(result.operation)
        self.draft.blobs += result.blobs

    def tell(self, place: ConversationKey, event: events.Event) -> None:
        """Tell a conversation something; where it is this one, in the same decision."""
        if place == self.key:
            self.local.append(event)
        else:
            self.draft.messages.append(Message(self._number("message"), place, event))

    def send_later(self, event: events.Event) -> None:
        """Tell this conversation something in a decision of its own, for which what it is about is loaded."""
        self.draft.messages.append(Message(self._number("message"), self.key, event))

    def tell_owner(self, told: Callable[[ConversationKey], str]) -> None:
        """Tell the people who look after this gateway, each place in the words of those who read there."""
        for place in self.world.watchers():
            self.tell(place, facts.NoteForwarded(text=told(place)))

    def send(self, outbound: Outbound, *, request: str | None = None, deadline: float | None = None) -> list[str]:
        """
        Decide that something is said here.

        Returns:
            The ids of its deliveries, in order; none where the channel is not configured any more, or nothing is said.
        """
        adapter = self.world.adapter(self.key)
        if adapter is None or (isinstance(outbound, Say | Whisper) and not outbound.text.strip()):
            return []  # no channel takes an empty message
        if adapter.capabilities(self.key).letters and not isinstance(outbound, Settle):
            outbound = replace(outbound, head=self._head(outbound))
        parts = adapter.render(outbound, self.key)
        return [self.post(part, KINDS[type(outbound)], request=request, deadline=deadline) for part in parts]

    def _head(self, outbound: Say | Ask | Whisper) -> Letterhead:
        """Say to whom a letter goes, about what, and what it follows: the last one here, unless it says so itself."""
        given, last = outbound.head, self.state.head or NO_HEAD
        if isinstance(outbound, Ask):
            above = self.say("letter.above")
            if self.capabilities().direct:
                return Letterhead(topic=outbound.card.topic, above=above)  # a thread of its own
            return last.model_copy(update={"to": given.to, "copies": (), "above": above})
        return last if given == NO_HEAD else given

    def post(self, part: Part, kind: DeliveryKind, *, request: str | None, deadline: float | None = None) -> str:
        """Decide that a part is sent; returns the id of its delivery."""
        delivery = Delivery(
            id=self._number("delivery"),
            conversation=self.key,
            kind=kind,
            part=part,
            request=request,
            due=self.now,
            deadline=deadline if deadline is not None else self.now + UNSENT,
        )
        self.draft.deliveries.append(delivery)
        return delivery.id

    def whisper(self, to: Identity, text: str, root: str = "") -> None:
        """Tell one person something; where everybody is that person, just say it."""
        if self.capabilities().whispers:
            self.send(Whisper(to, text, root))
        else:
            self.send(Say(text, root))

    def reply(self, thread: Thread, text: str, enclosures: tuple[Enclosure, ...] = ()) -> None:
        """Say something where a thread's run was asked; a fork says nothing."""
        if thread.state.suppressed:
            return
        names = ", ".join(enclosure.name for enclosure in enclosures)
        if enclosures and not self.capabilities().files:
            text, enclosures = f"{text}\n{self.say('files.not_here', names=names)}", ()
        self.send(Say(text.strip() or names, thread.state.root, enclosures=enclosures))

    def copies_lately(self) -> list[Copy]:
        """Give the requests that stood open here at some time of the last 24 hours."""
        requests = [copy for copy in self.copies.values() if not copy.members]
        return [c for c in requests if c.settled_at is None or self.now - c.settled_at < DAY]

    def capabilities(self) -> Capabilities:
        """Say what can be done here."""
        adapter = self.world.adapter(self.key)
        if adapter is None:
            return Capabilities(
                buttons=0, forms=False, edits=False, whispers=False, direct=False, assurance=Assurance.NONE
            )
        return adapter.capabilities(self.key)

    def told_lately(self, what: str, quiet: float = QUIET) -> bool:
        """Tell whether somebody was told this within so many seconds, and note that they are being told now."""
        told = {key: at for key, at in self.state.told.items() if self.now - at < FORGET_TOLD}
        lately = self.now - told.get(what, 0.0) < quiet
        if not lately:
            told[what] = self.now
        self.state = self.state.model_copy(update={"told": told})
        return lately

    def clock(self, at: float, reader: Reader | None = None) -> str:
        """Write a time as a reader would; without one, as those who read here."""
        reader = self.reader if reader in (None, self.key) else reader
        return self.world.words(reader).clock(at, self.now, self.world.directory.timezone(reader))

    def put(self, copy: Copy) -> None:
        """Change how a request stands here."""
        self.copies[copy.request] = self.draft.copies[copy.request] = copy

    def put_request(self, row: RequestRow) -> None:
        """Change a request's index entry."""
        self.requests[row.id] = self.draft.requests[row.id] = row

    def grant(self, name: str) -> Grant | None:
        """Find a standing grant as it is by this decision; None where it does not count any more."""
        change = self.draft.grants.get(name)
        return self.world.grants.get(name) if change is None else change.after

    def put_grant(self, name: str, after: Grant | None) -> None:
        """Give a standing grant, count a use of it, or end it."""
        change = self.draft.grants.get(name)
        before = self.world.grants.get(name) if change is None else change.before
        self.draft.grants[name] = GrantChange(name, before, after)

    def take_turns(self, request: Request, places: Iterable[ConversationKey]) -> None:
        """Count that whoever a request asks at some places has had their turn, where it is asked in turn."""
        people = [self.world.directory.person(Identity(place)) for place in places if request.where.in_turn]
        for person in filter(None, people):
            self.draft.turns[person.id] = self.world.turns.took(person.id)

    def seq(self, record: Record) -> int:
        """Tell under which number an event stands in the log, or will when this decision is true."""
        if record.seq:
            return record.seq
        return self.version + 1 + next(n for n, added in enumerate(self.draft.events) if added is record)

    def _number(self, kind: str) -> str:
        self.state = self.state.model_copy(update={"sent": self.state.sent + 1})
        return addresses.derive(kind, self.key, self.state.sent)

    # Committing ------------------------------------------------------------------------------------------------------

    def change(self, ownership: Ownership) -> Change:
        """Everything that was decided, to be made true."""
        draft = self.draft
        return Change(
            conversation=self.key,
            ownership=ownership,
            version=self.version,
            state=self.state,
            ready=self._has_work(),
            at=self.now,
            events=draft.events,
            threads=[self._row(self.threads[name]) for name in draft.threads],
            requests=list(draft.requests.values()),
            copies=list(draft.copies.values()),
            deliveries=draft.deliveries,
            withdraw=draft.withdraw,
            timers=draft.timers,
            clear=draft.clear,
            messages=draft.messages,
            blobs=draft.blobs,
            links=draft.links,
            grants=list(draft.grants.values()),
            turns=draft.turns,
        )

    def _has_work(self) -> bool:
        waits_for_us = self.ongoing.running or self.models or self.draft.starts or self.state.deferred
        return bool(waits_for_us) or any(map(self._is_stranded, self.threads.values()))

    def _is_stranded(self, thread: Thread) -> bool:
        """A run is under way whose version of the agent's code is not here; it is looked at again at every start."""
        state = thread.state
        known = self.world.agents.version(state.agent, state.version) is not None
        return state.active and state.parked is None and not known

    @property
    def holds(self) -> bool:
        """A run has only begun and asks its model: nothing of that needs to be true before the answer is."""
        draft = self.draft
        other = (
            draft.requests or draft.copies or draft.deliveries or draft.withdraw or draft.timers or draft.clear
        ) or (draft.messages or draft.blobs or draft.links or draft.grants or draft.starts)
        return bool(self.models) and not other and all(isinstance(record.event, BEGINNING) for record in draft.events)

    @property
    def changed(self) -> bool:
        """There is something to commit: a decision, facts that are decided now, or the work that is done."""
        return self.draft != Draft() or self.state != self.stored or self.ready != self._has_work()

    def committed(self, version: int, claimed: Sequence[Delivery]) -> Draft:
        """It is true now; returns what was decided."""
        self.stored, self.ready = self.state, self._has_work()
        decided, self.draft = self.draft, Draft()
        self._handed_over.clear()
        for operation in self.taken:
            result = self.ongoing.results.pop(operation, None)
            if result is not None and not result.doubt:
                self.ongoing.approvals.pop(operation, None)
        self.taken = []
        for delivery in decided.deliveries:
            if delivery.kind == "ask":
                self.asks[delivery.id] = delivery.row("new", self.now)
        for delivery in claimed:
            if delivery.kind == "ask":
                self.asks[delivery.id] = delivery.row("claimed", self.now)
        first = version - len(decided.events) + 1
        stored = {id(record): first + place for place, record in enumerate(decided.events)}
        for thread in map(self.threads.__getitem__, decided.threads):
            thread.records = [
                record._replace(seq=stored[id(record)]) if id(record) in stored else record for record in thread.records
            ]
        self.version = version
        return decided

    def _row(self, thread: Thread) -> ThreadRow:
        state = thread.state
        status, note = self._status(thread)
        return ThreadRow(
            thread.id, self.key, state.root, state.agent, state.version, state.branch, status, note, self.now
        )

    def _status(self, thread: Thread) -> tuple[str, str]:
        state = thread.state
        if state.ended is not None:
            return "ended", state.ended.outcome
        if state.parked is not None:
            return "parked", state.parked.reason
        if self._is_stranded(thread):
            return "stranded", f"no worker has version {state.version} of {state.agent}"
        if any(operation.running for operation in state.pending.values()) or self._thinking(thread):
            return "running", ""
        return "waiting", ", ".join(standing.request.title for standing in state.open_requests())

    def _thinking(self, thread: Thread) -> bool:
        """Its model is to be asked, or is being asked."""
        return any(operation.thread == thread.id for operation in (*self.models, *self.ongoing.running))
