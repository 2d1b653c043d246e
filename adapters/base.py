"""
The port that every channel implements, and the neutral values on both sides of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from starlette.routing import Route

from agent_core import facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.cards import Card
from agent_core.files import Enclosure
from agent_core.forms import Field
from agent_core.requests import Assurance, Decision, Frozen

OVERLOADED = "overloaded"  # the reason of what is refused because too much comes
COMMENT = "ringback.comment"  # the field of a form in which somebody says why, or something besides
TO, HOW = "to", "how"  # the fields of the form behind "Hand on"
RETRY_AFTER = 5  # seconds after which it is to be sent again, as far as a vendor listens

# In ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Inbound:
    """
    Something that happened on a channel.

    `dedupe` are keys under which the vendor may send it again; one that is known already makes it a duplicate.
    `raw` is the vendor's payload, kept for a short time. `passing` is talk among people that concerns us only if
    something of ours stands at its root; otherwise it is refused, and not kept. With `lasting` it may come again as
    long as its conversation lasts, not only within the days in which vendors redeliver.
    """

    conversation: ConversationKey
    fact: facts.ChannelFact
    dedupe: tuple[str, ...]
    raw: bytes = b""
    passing: bool = False
    lasting: bool = False


@dataclass(frozen=True)
class Accepted:
    """Stored; it may be acknowledged. `seq` is its number in the conversation's log."""

    seq: int


@dataclass(frozen=True)
class Duplicate:
    """Stored before; it may be acknowledged. `seq` is its number in the conversation's log."""

    seq: int


@dataclass(frozen=True)
class Refused:
    """Not stored. Where `retry` is set, not to be acknowledged: the vendor shall send it again."""

    reason: str
    retry: bool


@dataclass(frozen=True)
class FormWanted:
    """
    Somebody pressed a button that only opens a form; not logged, not retried.

    `choice` is one of `Card.denials`; `edit` says that it was the button of `Card.edit`, `hand` that of `Card.hand`;
    `revision` is the card's.
    """

    request: str
    conversation: ConversationKey
    sender: Identity
    sender_name: str
    assurance: Assurance
    choice: str = ""
    edit: bool = False
    revision: int = 0
    hand: bool = False


@dataclass(frozen=True)
class Form:
    """
    A form to open: `fields` to fill in, which come back as a `FormSubmitted` with this decision, choice and revision.

    `failed` is what to tell the one who pressed where it cannot be opened.
    """

    decision: Decision
    title: str
    fields: tuple[Field, ...]
    submit: str
    close: str
    failed: str
    choice: str = ""
    revision: int = 0


@dataclass(frozen=True)
class NoForm:
    """What to tell, in private, the one who pressed; empty where there is nothing to say in time."""

    text: str


class Gate(Protocol):
    """The one way in."""

    async def append(self, inbound: Inbound) -> Accepted | Duplicate | Refused:
        """Store a fact. Nothing is acknowledged to a vendor before this returns."""
        ...

    def overloaded(self, *, once: bool) -> bool:
        """
        Tell whether there is no room for more: then what comes is refused as `OVERLOADED`, best before it is read.

        Args:
            once: For what the vendor does not bring again, for which there is room for longer.
        """
        ...

    def expect(self) -> None:
        """Keep room for something that was let in and will be appended as soon as its task runs."""
        ...

    def confirm(self, command: str, sender: Identity, *, empty: bool) -> str:
        """Word what whoever typed a command is told at once; `empty` where they wrote nothing after it."""
        ...

    async def query(self, wanted: FormWanted) -> Form | NoForm:
        """Answer what cannot wait for the log, within 1.5 seconds."""
        ...

    async def faults(self, conversation: ConversationKey, sent: facts.FormSubmitted) -> Mapping[str, str]:
        """
        Say what is wrong with a form, by field, within 1.5 seconds; one with something wrong is not appended.

        Nothing is wrong with what cannot be looked at in time: whether it counts is decided later, and told.
        """
        ...

    def seen(self, channel: str, account: str) -> None:
        """Note that the vendor's side showed a sign of life."""
        ...

    def caught_up(self, channel: str, account: str) -> None:
        """Note that what was missed while nobody listened has come in, as far as the vendor tells."""
        ...

    async def marked(self, channel: str, account: str) -> str | None:
        """Tell how far an account was read, as `mark` was last told; None where it never was."""
        ...

    async def mark(self, channel: str, account: str, value: str) -> None:
        """Keep how far an account was read, after what was read is stored. It stands until the next one."""
        ...

    def refused(self, channel: str, account: str, reason: str) -> None:
        """
        Count something that came to a channel's door and was not taken in.

        Args:
            account: Empty where it does not show which it was for.
            reason: One of the few words that the channel has for it; it names a counter.
        """
        ...

    def warned(self, channel: str, account: str, warning: str) -> None:
        """Note what an operator should look at while an account works on; empty where all is well again."""
        ...


@runtime_checkable
class Refusing(Protocol):
    """What a webhook is that refuses by a request's head alone, which costs a tenth of what taking it in does."""

    def refuses(self, headers: Sequence[tuple[bytes, bytes]]) -> bool:
        """
        Tell whether there is no room for a request, and count it; then it is answered 503 with `RETRY_AFTER`, unread.

        Args:
            headers: Names in lower case, and values.
        """
        ...


# Out -----------------------------------------------------------------------------------------------------------------


class Letterhead(Frozen):
    """
    What a letter needs where its place does not say it: who reads it, what it is about, which messages it follows.

    `to` are those it is for, `copies` those who read along, `follows` the vendor's ids of what it answers, the oldest
    first. `above` asks whoever answers to write above it.
    """

    to: tuple[Identity, ...] = ()
    copies: tuple[Identity, ...] = ()
    topic: str = ""
    follows: tuple[str, ...] = ()
    above: str = ""


NO_HEAD = Letterhead()


@dataclass(frozen=True)
class Say:
    """Say something: in the thread `root`, else under the message that delivery `under` sent, else to all there."""

    text: str
    root: str = ""
    under: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    head: Letterhead = NO_HEAD


@dataclass(frozen=True)
class Ask:
    """Show a request's card."""

    card: Card
    request: str
    root: str = ""
    head: Letterhead = NO_HEAD


@dataclass(frozen=True)
class Settle:
    """Change the card that delivery `target` sent."""

    card: Card
    request: str
    target: str


@dataclass(frozen=True)
class Whisper:
    """Say something that only one person sees."""

    to: Identity
    text: str
    root: str = ""
    head: Letterhead = NO_HEAD


Outbound = Say | Ask | Settle | Whisper


class Receipt(Frozen):
    """What the vendor said it sent: where, under which id, and when by its own clock (seconds since the epoch)."""

    place: str = ""
    message_id: str = ""
    at: float = 0.0


class Part(Frozen):
    """
    One vendor call to one recipient: the unit that is sent, or is not.

    `idempotent` ones may be repeated. `target` is the delivery whose receipt the call needs; before it is sent, the
    gateway puts that into `receipt`, its own id of this part into `delivery`, and what is in the `enclosures` into
    `contents`. `since` is when it was first tried.
    """

    kind: str
    arguments: Mapping[str, Any]
    conversation: ConversationKey
    idempotent: bool = False
    target: str | None = None
    enclosures: tuple[Enclosure, ...] = ()
    contents: tuple[bytes, ...] = ()
    receipt: Receipt | None = None
    delivery: str = ""
    since: float = 0.0


@dataclass(frozen=True)
class Capabilities:
    """
    What a channel can do in one conversation; what it cannot, the gateway replaces.

    `confirms`: a button can ask once more before its press counts (`Card.confirm`).
    `letters` says that what is said there has a head and a first line, and is answered the same way.
    """

    buttons: int
    forms: bool
    edits: bool
    whispers: bool
    direct: bool
    assurance: Assurance
    files: bool = False
    typing: bool = False
    confirms: bool = False
    letters: bool = False


# Looking after an account ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Check:
    """
    One thing that was looked at.

    `ok` is None where it cannot be known; `found` is what was seen, `remedy` what to do about it.
    """

    what: str
    ok: bool | None
    found: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Named:
    """
    What the settings name of an account: `places` with the setting that names them, `people` with their names.

    `card` is shown at `to`, and taken away again; without `to` it is not.
    """

    places: Mapping[ConversationKey, str]
    people: Mapping[Identity, str]
    card: Card
    to: ConversationKey | None = None


class Adapter(Protocol):
    """A channel's account, behind neutral values."""

    channel: str
    account: str

    def routes(self, gate: Gate) -> Sequence[Route]:
        """Give the webhooks of this account, as plain ASGI routes."""
        ...

    async def listen(self, gate: Gate) -> None:
        """
        Hold a connection and put in what comes, until cancelled.

        Raises:
            Misconfigured: The vendor refuses us for good; the operator must act.
            Exception: Anything else: the supervisor starts it again, after a while.
        """
        ...

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        """Say what can be done there."""
        ...

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        """Lay an outbound out as parts; the last one carries the buttons."""
        ...

    async def deliver(self, part: Part) -> Receipt:
        """
        Send one part.

        Raises:
            DeliveryFailed: See `adapters/errors.py` for what each kind promises.
            Misconfigured: The vendor refuses us until the operator acts; nothing was sent.
        """
        ...

    async def find(self, part: Part) -> Receipt | None:
        """
        Look for a part whose fate is unknown.

        Returns:
            Its receipt, or None where it was surely not sent.

        Raises:
            Unknown: It cannot be told.
        """
        ...

    async def fetch(self, attachment: facts.Attachment) -> bytes:
        """
        Give what is in a file that somebody sent. Credentials go to the vendor's own hosts only.

        Raises:
            DeliveryFailed: It is too large, not ours to read, or cannot be reached; the message says which.
        """
        ...

    async def members(self, group: str) -> frozenset[Identity]:
        """
        Say who is in one of the vendor's groups of people, as the vendor names it.

        Raises:
            ChannelError: It cannot be read, or there is none.
        """
        ...

    async def typing(self, conversation: ConversationKey, root: str, text: str) -> None:
        """
        Show for a moment that something is being done there; where `Capabilities.typing` says that this can be.

        Raises:
            ChannelError: It cannot be shown; nobody tries again.
        """
        ...

    async def check(self, named: Named) -> list[Check]:
        """Look at the account as an operator would: what it may, whether what is named of it is there. Never raises."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Clock(Protocol):
    """The gateway's time, for adapters."""

    def now(self) -> float:
        """Tell the time, in seconds since the epoch."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...
