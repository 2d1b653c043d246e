"""
What a store keeps besides the log: the rows that index it, and what grows too large for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from pydantic import Field

from adapters.base import Letterhead, Part, Receipt
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.cards import Card
from agent_core.requests import Frozen, Kind, Settlement, Who

DAY = 86_400.0
RAW_DAYS = 7
CONTEXT_DAYS = 30
FILE_DAYS = 30  # longer than a delivery is tried, so that a dead one can be taken up again

DeliveryKind = Literal["say", "ask", "settle", "whisper", "webhook"]
DeliveryStatus = Literal["new", "claimed", "sent", "dead", "unknown"]


class Blob(NamedTuple):
    """Something too large for the log. `digest` names it, `days` is how long it is kept; None: as long as the log."""

    digest: str
    body: bytes
    days: float | None


class Timer(NamedTuple):
    """
    Something that falls due.

    `request` is set for a deadline, `thread` and `key` for a sleep, `key` alone for a step of that request's ladder.
    """

    id: str
    due: float
    thread: str = ""
    key: str = ""
    request: str = ""


class ThreadRow(NamedTuple):
    """An index entry of a thread. `status` is running, waiting, stranded, parked or ended."""

    id: str
    conversation: ConversationKey
    root: str
    agent: str
    version: str
    branch: str
    status: str
    note: str
    updated_at: float


class RequestRow(Frozen):
    """
    An index entry of a request; the request itself is an event of its home's log.

    `failed` are places that could not show it, `added` those where it is shown besides those of the beginning. Those in
    `waiting` show it only when somebody's quiet hours are over, or, where they are in `away` too, when they are back;
    those in `reminders` are reminded then.
    """

    id: str
    home: ConversationKey
    thread: str
    title: str
    status: str = "open"
    due: float
    patience: float
    first_sent: float | None = None
    settlement: Settlement | None = None
    failed: tuple[ConversationKey, ...] = ()
    added: tuple[ConversationKey, ...] = ()
    waiting: Mapping[ConversationKey, float] = Field(default_factory=dict)
    reminders: Mapping[ConversationKey, float] = Field(default_factory=dict)
    away: tuple[ConversationKey, ...] = ()


class ClientRow(NamedTuple):
    """
    An index entry of what a client asked.

    `number` tells in which order these came in, `seq` where it stands in the log of its home.
    """

    number: int
    id: str
    client: str
    home: ConversationKey
    seq: int


class Copy(Frozen):
    """
    A request as it stands at a place.

    `deliveries` are the parts of its card, the last one with the buttons, or a letter to each of its `readers`;
    `reminders` is what was said of it later;
    `earlier` and `earlier_codes` are those of cards that show its call as it was before a change. `told` is when
    somebody was last told something about it, by person and reason, so that nobody is told twice in a row. Until
    `held_until` it waits for others like it, or for whatever else is `collected`. What stands on a list has the list's
    id in `batch`; a list is a copy of its own, with its `members`, and nobody's request. `patience` is seconds for
    which its card is tried.
    """

    request: str
    place: ConversationKey
    home: ConversationKey
    kind: Kind
    in_doubt: bool = False
    who: Who
    reassign: Who | None = None
    requester: Party | None = None
    card: Card
    root: str = ""
    code: str = ""
    opened_at: float
    settled_at: float | None = None
    patience: float = DAY
    held_until: float | None = None
    collected: bool = False
    batch: str = ""
    members: tuple[str, ...] = ()
    deliveries: tuple[str, ...] = ()
    readers: tuple[Identity, ...] = ()
    reminders: tuple[str, ...] = ()
    earlier: tuple[str, ...] = ()
    earlier_codes: tuple[str, ...] = ()
    told: Mapping[str, float] = Field(default_factory=dict)


class Delivery(Frozen):
    """
    One vendor call on one conversation. `due` is when it is to be tried; `deadline` when it is given up.

    `more` tells that others wait behind it. All times are seconds since the epoch.
    """

    id: str
    conversation: ConversationKey
    kind: DeliveryKind
    part: Part
    request: str | None = None
    status: DeliveryStatus = "new"
    attempts: int = 0
    due: float = 0.0
    deadline: float
    refused_since: float | None = None
    more: bool = False

    def row(self, status: DeliveryStatus, now: float) -> DeliveryRow:
        """Give its index entry, as it is when it was just decided."""
        return DeliveryRow(
            self.id, self.conversation, self.kind, status, self.request, self.attempts, self.due, None, "", now
        )


class DeliveryRow(NamedTuple):
    """An index entry of a delivery."""

    id: str
    conversation: ConversationKey
    kind: str
    status: DeliveryStatus
    request: str | None
    attempts: int
    due: float | None
    receipt: Receipt | None
    reason: str
    created_at: float


class AuditRow(NamedTuple):
    """An entry of the chain over decisions. `body` is its event's JSON; `hash` is None until it is sealed."""

    number: int
    conversation: ConversationKey
    seq: int
    at: float
    body: bytes
    hash: bytes | None


class ConversationState(Frozen):
    """
    What a conversation's owner remembers besides its rows.

    Facts up to `applied` are decided, except those in `deferred`. `codes` counts the codes given out, `sent` the
    deliveries and messages made; `told` is when an identity was last told something outside of a request, `link_tries`
    when wrong one-time codes were written. `head` is what the next letter begins with, where letters are written here.
    """

    applied: int = 0
    deferred: tuple[int, ...] = ()
    codes: int = 0
    sent: int = 0
    told: Mapping[str, float] = Field(default_factory=dict)
    link_tries: tuple[float, ...] = ()
    head: Letterhead | None = None


class Link(NamedTuple):
    """An account that is somebody's besides those in the settings. `code` is the digest of the code that it spends."""

    identity: Identity
    person: Party
    at: float
    by: str
    code: str = ""
