"""
The port to durable state.

A store keeps, per conversation, an append-only log and the rows that index it (`rows.py`): threads, requests, copies,
deliveries, timers. `append` takes facts from anywhere and reads nothing else; `commit` takes what the one owner
decided, all of it or none. Both hand what they stored to the owner at once: nothing polls.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from adapters.base import Accepted, Duplicate, Receipt
from agent_core import events
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.facts import DeliveryEnded, MessageReceived
from agent_core.grants import Grant
from agent_core.log import Record
from gateway.store.rows import (
    AuditRow,
    Blob,
    ClientRow,
    ConversationState,
    Copy,
    Delivery,
    DeliveryRow,
    DeliveryStatus,
    Link,
    RequestRow,
    ThreadRow,
    Timer,
)

DEDUPE_DAYS = 9  # a vendor's redelivery window is at least 8 days (G2)


class Fact(NamedTuple):
    """
    A fact to append.

    Any of `dedupe` that is known makes it a duplicate. With `beside` it is only wanted if something of ours stands at
    that root of the conversation, or may come to stand there: an agent's thread, a card, a fact that is not decided.
    With `request` it is what a client asks, found by that id from then on; a conversation has one such, for ever.
    `days` is for how long it may come again.
    """

    conversation: ConversationKey
    event: events.Event
    dedupe: tuple[str, ...]
    blobs: tuple[Blob, ...] = ()
    beside: str | None = None
    request: str | None = None
    days: float = DEDUPE_DAYS


class Ready(NamedTuple):
    """A conversation with something to decide: facts just appended, timers fallen due, or whatever its log holds."""

    conversation: ConversationKey
    records: tuple[Record, ...] = ()
    timers: tuple[Timer, ...] = ()


class Fate(NamedTuple):
    """
    What became of a try. `due` is when to try or look again; None where it has ended.

    `fact` is appended to the conversation in the same step, for its owner to decide what follows; `at` is when.
    `attempt` is the try that it is about, from 1: word of an earlier one changes nothing. `holds` where the vendor
    takes nothing from anybody just now: the delivery keeps its place before those behind it, however long that lasts.
    """

    delivery: str
    status: DeliveryStatus
    receipt: Receipt | None = None
    reason: str = ""
    due: float | None = None
    fact: DeliveryEnded | None = None
    at: float = 0.0
    attempt: int = 1
    holds: bool = False


class Message(NamedTuple):
    """A fact for another conversation, applied once by its id."""

    id: str
    to: ConversationKey
    event: events.Event


@dataclass(frozen=True)
class Need:
    """
    What to load of a conversation, besides its state, its undecided facts and the copies open there.

    `messages` are the vendor's ids of cards that somebody wrote under, `codes` digests of one-time codes; `running`
    asks for threads with work under way.
    """

    roots: tuple[str, ...] = ()
    threads: tuple[str, ...] = ()
    requests: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    running: bool = False

    def __bool__(self) -> bool:
        return bool(self.roots or self.threads or self.requests or self.messages or self.codes or self.running)


class StoredThread(NamedTuple):
    """A thread's events from its current run's start, and the messages that they name."""

    id: str
    records: tuple[Record, ...]
    facts: dict[int, MessageReceived]


class StoredRequest(NamedTuple):
    """A request of any run, with the event that opened it."""

    row: RequestRow
    opened: events.RequestOpened


@dataclass(frozen=True)
class Snapshot:
    """A conversation as stored. `asks` are the deliveries of the copies in it, `codes` whose a code is that counts."""

    version: int
    state: ConversationState
    facts: tuple[Record, ...] = ()
    threads: tuple[StoredThread, ...] = ()
    copies: tuple[Copy, ...] = ()
    requests: tuple[StoredRequest, ...] = ()
    asks: dict[str, DeliveryRow] = field(default_factory=dict)
    codes: dict[str, Party] = field(default_factory=dict)


class GrantChange(NamedTuple):
    """
    A standing grant that is given (`before` is None), used, or ended (`after` is None).

    `before` is what the decision took it for: where another one has changed it meanwhile, the change is a Conflict.
    """

    id: str
    before: Grant | None
    after: Grant | None


class Ownership(NamedTuple):
    """The right to commit; a token, compared for equality."""

    token: str


@dataclass
class Change:
    """
    Everything that one decision changes. It is true as a whole, or not at all.

    `turns` are people who are asked in turn, with the number of that turn.
    """

    conversation: ConversationKey
    ownership: Ownership
    version: int
    state: ConversationState
    ready: bool
    at: float
    events: Sequence[Record] = ()
    threads: Sequence[ThreadRow] = ()
    requests: Sequence[RequestRow] = ()
    copies: Sequence[Copy] = ()
    deliveries: Sequence[Delivery] = ()
    withdraw: Sequence[str] = ()
    timers: Sequence[Timer] = ()
    clear: Sequence[str] = ()
    messages: Sequence[Message] = ()
    blobs: Sequence[Blob] = ()
    links: Sequence[Link] = ()
    grants: Sequence[GrantChange] = ()
    turns: Mapping[Party, int] = field(default_factory=dict)


class Committed(NamedTuple):
    """The conversation's new version, and the delivery that this commit claimed for the one who made it."""

    version: int
    claimed: tuple[Delivery, ...]


class Counts(NamedTuple):
    """How many threads have not ended, requests are open, and deliveries wait: by status."""

    threads: dict[str, int]
    requests: int
    deliveries: dict[str, int]


class Lists(Protocol):
    """Durable state, to read. What is listed is committed."""

    async def blob(self, digest: str) -> bytes | None:
        """Give something that was too large for the log."""
        ...

    async def threads(self, *, status: str | None = None, most: int = 100) -> list[ThreadRow]:
        """List threads, the newest first."""
        ...

    async def thread(self, beginning: str) -> ThreadRow:
        """
        Find a thread by its id, or by a beginning of it that no other has.

        Raises:
            NotFound: There is none, or more than one.
        """
        ...

    async def requests(self, *, status: str | None = None, most: int = 100) -> list[RequestRow]:
        """List requests, the next due first."""
        ...

    async def request(self, beginning: str) -> RequestRow:
        """
        Find a request by its id, or by a beginning of it that no other has.

        Raises:
            NotFound: There is none, or more than one.
        """
        ...

    async def client_requests(
        self, *, client: str | None = None, is_open: bool | None = None, before: int | None = None, most: int = 100
    ) -> list[ClientRow]:
        """
        List what clients asked, the newest first.

        Args:
            is_open: Only what is open, or only what is settled.
            before: Only what came in before the one of this number.
        """
        ...

    async def client_request(self, name: str) -> ClientRow | None:
        """Find what a client asked, by its id or by its home."""
        ...

    async def deliveries(self, *, status: str | None = None, most: int = 100) -> list[DeliveryRow]:
        """List deliveries, the newest first."""
        ...

    async def delivery(self, beginning: str) -> DeliveryRow:
        """
        Find a delivery by its id, or by a beginning of it that no other has.

        Raises:
            NotFound: There is none, or more than one.
        """
        ...

    async def log(self, thread: str) -> list[Record]:
        """Give all events of a thread, of all its runs, with the messages that they name."""
        ...

    async def starts(self, since: float) -> list[Record]:
        """List the beginnings of runs since a time, the earliest first."""
        ...

    async def links(self) -> list[Link]:
        """List accounts that are somebody's besides those in the settings."""
        ...

    async def grants(self) -> list[Grant]:
        """List the standing grants that count, the oldest first; one whose time is over may still be among them."""
        ...

    async def turns(self) -> dict[Party, int]:
        """Give the last turn, by number, of everybody who was asked in turn."""
        ...

    async def audit(self, after: int = 0, most: int = 1_000) -> list[AuditRow]:
        """Give entries of the chain over decisions behind one of them, in order."""
        ...

    async def counts(self) -> Counts:
        """Count what is under way; cheap, however much has ended."""
        ...

    async def marked(self, account: str) -> str | None:
        """Tell how far an account was read, as `mark` was last told; None where it never was."""
        ...

    async def restored_at(self) -> float | None:
        """Tell when what is stored was put back from a backup: until then the world may have gone on without it."""
        ...


class Store(Lists, Protocol):
    """Durable state. Every write is durable when it returns, except `record` of a fate marked as not pressing."""

    async def append(self, fact: Fact) -> Accepted | Duplicate | None:
        """
        Store a fact, mark its conversation ready and wake its owner.

        Returns:
            None where it is not wanted, and not stored.

        Raises:
            Unwritable: Nothing was stored.
        """
        ...

    async def mark(self, account: str, value: str) -> None:
        """
        Keep how far an account was read; after what was read is stored.

        Raises:
            Unwritable: It is not kept.
        """
        ...

    async def own(self) -> Ownership:
        """Become the owner; whoever was it before gets Lost from now on."""
        ...

    async def wait(self, ownership: Ownership) -> list[Ready]:
        """Wait for something to decide. The first call gives everything that is marked ready."""
        ...

    async def watch(self, conversation: ConversationKey, version: int) -> int:
        """Wait until a conversation's log is longer than `version`; returns how long it is. Any process may wait."""
        ...

    def open_timers(self) -> None:
        """Let `wait` give timers that have fallen due, from now on."""
        ...

    def now(self) -> float:
        """Tell the store's time, in seconds since the epoch; it never goes back."""
        ...

    async def load(self, conversation: ConversationKey, need: Need) -> Snapshot:
        """Read a conversation; what does not exist yet is empty, at version 0."""
        ...

    async def commit(self, change: Change) -> Committed:
        """
        Make a decision true.

        Raises:
            Conflict: The conversation is not at `change.version` any more, or a one-time code was spent, or a standing
                grant used or ended, meanwhile.
            Lost: The ownership is not the newest.
            Unwritable: Nothing was stored.
        """
        ...

    async def record(self, fate: Fate, *, pressing: bool) -> tuple[Delivery, ...]:
        """
        Note what became of a delivery; returns the next one of its conversation, claimed.

        Args:
            pressing: Store it at once; else it may ride with the next write, within 50 ms.
        """
        ...

    async def due_deliveries(self, now: float) -> list[Delivery]:
        """Claim deliveries whose time to be tried again has come; unknown ones come as they are, to be looked for."""
        ...

    async def next_delivery(self, after: float) -> float | None:
        """Tell when a delivery falls due next after a time, in seconds since the epoch."""
        ...

    async def retry(self, delivery: str) -> bool:
        """
        Take a dead or unknown delivery up again.

        Returns:
            False where there is none, its card's request is settled, or a later change of the message has replaced it.
        """
        ...

    async def recover(self) -> list[Delivery]:
        """
        Give the deliveries that were being sent when the process died; nobody knows their fate.

        Those that were holding their places (`Fate.holds`) are due at once.
        """
        ...

    async def receipt(self, delivery: str) -> Receipt | None:
        """Give a delivery's receipt."""
        ...

    async def copy(self, place: ConversationKey, request: str) -> Copy | None:
        """Give a request as it stands at a place."""
        ...

    async def seal(self) -> int:
        """Add hashes to the chain over decisions, at most a hundred; returns how many were added."""
        ...

    async def decided(self) -> None:
        """Wait until there is something to seal."""
        ...

    async def purge(self, now: float, texts: float | None = None) -> int:
        """
        Delete what has outlived its retention; returns how many rows and texts went.

        Args:
            texts: Seconds after which texts are erased, unless a run that has not ended needs them; None: never.
        """
        ...

    async def link(self, link: Link) -> None:
        """Make an account somebody's; whose it was before by a link, it is no more."""
        ...

    async def unlink(self, identity: Identity) -> bool:
        """Make an account nobody's again; False where it was linked to nobody."""
        ...

    async def offer(self, code: str, person: Party, expires: float) -> None:
        """Let a one-time code count for a person until a time; an earlier one for them counts no more."""
        ...

    async def forget(self, party: Party, identities: Collection[Identity]) -> int:
        """
        Erase what somebody said, in place and for good: texts, payloads, contexts; returns how many events lost some.

        A run in which their words took part loses all of its texts. Ids, digests and outcomes stay. Doing it again
        changes nothing.

        Raises:
            Needed: Runs that have not ended need these texts; nothing was erased.
            Busy: Something of it is being decided, sent or read right now; ask again.
            Unwritable: Nothing can be written.
        """
        ...

    async def ping(self) -> None:
        """
        Check that the store can be written.

        Raises:
            Unwritable: It cannot.
        """
        ...
