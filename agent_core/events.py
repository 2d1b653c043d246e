"""
What can happen: facts, past tense, frozen, appended to a conversation's log and never changed.

Three families. *Inbound* facts come from channels, the gateway's own parts and other conversations; they carry no
decision and belong to no thread. *Thread* events are what the conversation's owner decided; together with the inbound
facts that they name by sequence number they are all that a run is rebuilt from. Every type carries its version `v`;
`LIFTS` turns stored events of older versions into today's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypeVar, get_args

import pydantic_core
from pydantic import Field, TypeAdapter

from agent_core import forms
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.grants import Grant
from agent_core.requests import (
    Assurance,
    Choice,
    Decision,
    Earlier,
    Frozen,
    Kind,
    Outcome,
    Request,
    Settlement,
    Urgency,
    Where,
    Who,
)
from agent_core.rulings import Response
from agent_core.texts import mended
from agent_core.wanted import OutsideCall


class Event(Frozen):
    """Something that happened."""

    v: int = 1


# Inbound facts: from channels ----------------------------------------------------------------------------------------


class Attachment(Frozen):
    """A file somebody sent; `size` in bytes."""

    name: str
    media_type: str = ""
    size: int = 0
    url: str = ""


class Enclosure(Frozen):
    """A file that a run hands out; `size` in bytes, its content stands in `blob` for as long as it may be sent."""

    name: str
    size: int
    blob: str


class ChannelFact(Event):
    """
    What all facts from a channel share.

    `root` is the thread inside the place (empty in a one-to-one chat), `message_id` the vendor's id of this message,
    `sent_at` the vendor's clock in seconds since the epoch; `raw` names its payload, kept for a short time.
    """

    sender: Identity
    sender_name: str = ""
    assurance: Assurance = Assurance.NONE
    outsider: bool = False
    direct: bool = False
    root: str = ""
    message_id: str = ""
    sent_at: float
    raw: str | None = None


class Letter(Frozen):
    """
    The head of a mail: what it is about, the vendor's ids of what it follows (the oldest first), and who else reads it.

    `trouble` is why nothing in it may be acted on, where that is so: nobody vouches for its sender, it answers what
    somebody else was asked, or it is too large to be read.
    """

    topic: str = ""
    follows: tuple[str, ...] = ()
    readers: tuple[Identity, ...] = ()
    trouble: Literal["", "unproven", "not_yours", "too_large"] = ""


class MessageReceived(ChannelFact):
    """
    Somebody wrote. `reply_to` is the message it stands under; a text cut for its length is whole in `blob`.

    `letter` is the head of what came as a mail; of its text only what they newly wrote stands here.
    """

    type: Literal["MessageReceived"] = "MessageReceived"
    text: str
    reply_to: str | None = None
    mentions_us: bool = False
    attachments: tuple[Attachment, ...] = ()
    blob: str | None = None
    letter: Letter | None = None


class DeliveryReported(ChannelFact):
    """
    A mail system said, later, what became of a message of ours: nobody got it, it is still on its way, or somebody's
    mailbox answered by itself that they are away. `message_id` is ours.
    """

    type: Literal["DeliveryReported"] = "DeliveryReported"
    status: Literal["failed", "delayed", "away"]
    reason: str = ""


class ActionTaken(ChannelFact):
    """
    Somebody pressed a button of a request's card, or picked one of its choices (`value`).

    `revision` is that of the call as the card showed it. On the button of a list, `request` is the list and `value`
    names the requests that were open on it, with commas.
    """

    type: Literal["ActionTaken"] = "ActionTaken"
    request: str
    decision: Decision
    value: str = ""
    revision: int = 0


class FormSubmitted(ChannelFact):
    """
    Somebody sent in the form that belongs to a request's card; `choice` names the button that opened it.

    `revision` is that of the call as the card showed it.
    """

    type: Literal["FormSubmitted"] = "FormSubmitted"
    request: str
    decision: Decision
    choice: str = ""
    values: forms.Values = Field(default_factory=dict)
    revision: int = 0


class MessageEdited(ChannelFact):
    """Somebody changed a message of theirs. Evidence: it never changes a decision."""

    type: Literal["MessageEdited"] = "MessageEdited"
    text: str


class MessageDeleted(ChannelFact):
    """Somebody took a message of theirs back. Evidence, like an edit."""

    type: Literal["MessageDeleted"] = "MessageDeleted"


# Inbound facts: from the gateway itself and from other conversations -------------------------------------------------


class Confirm(Frozen):
    """What is asked once more before a press counts: `text` names what is decided; `yes` and `no` label the buttons."""

    title: str
    text: str
    yes: str
    no: str


class Row(Frozen):
    """
    One request of a list: its code, what it is in a line, how it stands.

    `buttons` are what can be said to it there, in a menu; without any it has ended.
    """

    request: str
    code: str
    text: str
    note: str = ""
    buttons: tuple[tuple[Decision, str], ...] = ()


class Card(Frozen):
    """
    A request as people see it, worded already; a channel only lays it out.

    `facts` are label and value; `due` is seconds since the epoch, shown after `by` in the reader's time zone; `notes`
    grow below as things happen. `buttons` are decisions with their labels, `form` labels the button that opens the
    form, whose `fields` stand here so that it opens at once; without any it is the one that says why not. `denials`
    are more ways to say no, each of which opens that one with its own reason in it. `edit` labels the button behind
    which `editable` arguments can be changed; `revision` counts how often they were, and comes back with each press.
    `confirm` is asked after a press on the button that approves. `grants` are the scopes in which it can be approved
    for longer, with their labels; once it is, `grant` tells how that stands, and `revoke` labels the button that ends
    it. `hand` labels the button behind which it is handed on. A list of several requests has `rows`, each with the menu
    that `menu` labels; its `buttons` are about all in `rows` that are open.
    """

    title: str
    body: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    why: str = ""
    asker: str = ""
    by: str = ""
    due: float | None = None
    silence: str = ""
    how: str = ""
    code: str = ""
    buttons: tuple[tuple[Decision, str], ...] = ()
    choices: tuple[tuple[str, str], ...] = ()
    form: str = ""
    fields: tuple[forms.Field, ...] = ()
    denials: tuple[Choice, ...] = ()
    edit: str = ""
    editable: tuple[forms.Field, ...] = ()
    hand: str = ""
    revision: int = 0
    confirm: Confirm | None = None
    grants: tuple[tuple[str, str], ...] = ()
    rows: tuple[Row, ...] = ()
    menu: str = ""
    notes: tuple[str, ...] = ()
    grant: str = ""
    revoke: str = ""
    again: str = ""

    @property
    def topic(self) -> str:
        """What a letter with it is about."""
        return f"{self.title} [{self.code}]" if self.code else self.title


class AskForwarded(Event):
    """
    Another conversation wants a request shown here, or anew once its call was changed. `root` is where in the place.

    `outdated` is for the card that shows it as it was; `reassign` is to whom those who are asked may hand it on. For
    `gather` seconds it waits here for others like it; `collected`, for whatever else is shown at that time. A letter
    may hold a link to a page that decides where `links` says so.
    """

    type: Literal["AskForwarded"] = "AskForwarded"
    request: str
    home: ConversationKey
    kind: Kind
    in_doubt: bool = False
    who: Who
    reassign: Who | None = None
    requester: Party | None = None
    card: Card
    patience: float
    gather: float = 0.0
    collected: bool = False
    links: bool = False
    root: str = ""
    outdated: tuple[str, ...] = ()


class ResponseForwarded(Event):
    """Somebody answered a request where it was shown; its home rules on it."""

    type: Literal["ResponseForwarded"] = "ResponseForwarded"
    response: Response


class RulingForwarded(Event):
    """Home has ruled on an answer given here, one `of` so many: what to tell the one who answered."""

    type: Literal["RulingForwarded"] = "RulingForwarded"
    request: str
    to: Identity
    reason: str
    text: str
    under: str = ""
    of: int = 1


class CardForwarded(Event):
    """
    A request shown here stands differently: `notes` for its card, `under` to say in its thread.

    `remind` is to say where the card stands, for all there; `who` may decide by now, where that has changed. `grant`
    tells how the standing grant stands that was given with it, and `revoke` labels the button that ends that.
    """

    type: Literal["CardForwarded"] = "CardForwarded"
    request: str
    settled: bool
    notes: tuple[str, ...] = ()
    under: str = ""
    remind: str = ""
    who: Who | None = None
    grant: str = ""
    revoke: str = ""


class NoteForwarded(Event):
    """Something to say here, from another conversation."""

    type: Literal["NoteForwarded"] = "NoteForwarded"
    text: str
    root: str = ""


class RequestReplaced(Event):
    """Another request, `by`, is asked in place of one of here; of the same run's, its `title` is told."""

    type: Literal["RequestReplaced"] = "RequestReplaced"
    request: str
    by: str
    title: str = ""


class HandOverWished(Event):
    """Who looks after this gateway wants `to` to have a request instead of `giver`, or beside them, `delegated`."""

    type: Literal["HandOverWished"] = "HandOverWished"
    request: str
    giver: Party
    to: Party
    delegated: bool = False
    by: str


class CopyFailed(Event):
    """A request could not be shown at a place; or it was, and whoever is there is `away` for now."""

    type: Literal["CopyFailed"] = "CopyFailed"
    request: str
    place: ConversationKey
    reason: str
    away: bool = False


class DeliveryEnded(Event):
    """A delivery of this conversation ended without reaching anybody, or nobody knows."""

    type: Literal["DeliveryEnded"] = "DeliveryEnded"
    delivery: str
    request: str | None
    kind: str = ""
    status: Literal["dead", "unknown"]
    reason: str


class OperatorActed(Event):
    """
    Somebody with the owner role said how a thread goes on.

    With `revoke` they end the standing grant that is named in `note`.
    """

    type: Literal["OperatorActed"] = "OperatorActed"
    thread: str
    choice: Literal["restart", "fork", "attach", "cancel", "go_on", "ask_again", "revoke"]
    by: str
    note: str = ""


class RequestReceived(Event):
    """
    A client outside of any channel, such as the command line, wants somebody to be asked.

    `call` is what it will do once that is approved. `patience` is seconds from the first copy sent. `state` is the
    client's own, given back as it is, and `callback` where it wants to be told how this ended. `fingerprint` is the
    digest of what it sent, `earlier` what this replaces or asks again.
    """

    type: Literal["RequestReceived"] = "RequestReceived"
    kind: Kind
    title: str
    body: str = ""
    why: str = ""
    urgency: Urgency = "normal"
    call: OutsideCall | None = None
    choices: tuple[str | Choice, ...] = ()
    answer_schema: dict[str, Any] | None = None
    state: Any = None
    callback: str = ""
    fingerprint: str = ""
    earlier: Earlier | None = None
    who: Who
    where: Where
    patience: float
    requester: Party | None = None
    requester_name: str = ""


class ClientSpoke(Event):
    """A client said something to what it had asked: the answer to a question back, or that it cannot wait."""

    type: Literal["ClientSpoke"] = "ClientSpoke"
    thread: str
    wish: Literal["answer", "escalate"]
    text: str = ""
    by: str


class TextsErased(Event):
    """What `party` said here, or what was said to them, was erased: texts, payloads, contexts. Outcomes stand."""

    type: Literal["TextsErased"] = "TextsErased"
    party: Party


# Thread events: what the owner decided -------------------------------------------------------------------------------


class ThreadEvent(Event):
    """Something that belongs to a run of a thread."""

    thread: str
    run: str


class Line(Frozen):
    """One line of what was said before this run began."""

    at: float
    name: str
    text: str


class Carry(Frozen):
    """What crosses runs, so that older runs are never read again."""

    summary: str = ""
    lines: tuple[Line, ...] = ()
    state: Any = None


class RunStarted(ThreadEvent):
    """
    A run began. `consumes` are the facts it begins with; `suppressed` where it is a fork that may not act.

    `tokens` is how many it may use before its owner is asked; 0: any number.
    """

    type: Literal["RunStarted"] = "RunStarted"
    v: int = 2
    agent: str
    version: str
    root: str = ""
    branch: str = "main"
    requester: Party | None = None
    requester_name: str = ""
    consumes: tuple[int, ...] = ()
    input: Any = None
    carry: Carry = Carry()
    suppressed: bool = False
    tokens: int = 0


class ModelAnswered(ThreadEvent):
    """
    A model answered. `seen` is the newest fact its context held, `context` the digest of its exact text.

    `tokens` is what it cost, as far as is known.
    """

    type: Literal["ModelAnswered"] = "ModelAnswered"
    v: int = 2
    key: str
    text: str
    context: str
    seen: int = 0
    model: str = ""
    tokens: int = 0


class HistorySummarised(ThreadEvent):
    """A model put older history into a few sentences; they stand for the run's first `upto` events."""

    type: Literal["HistorySummarised"] = "HistorySummarised"
    v: int = 2
    key: str
    text: str
    context: str
    upto: int
    tokens: int = 0


class ToolStarted(ThreadEvent):
    """A tool call was started, once, spending `approval` where it needed one."""

    type: Literal["ToolStarted"] = "ToolStarted"
    key: str
    tool: str
    version: str
    digest: str
    attempt: int = 1
    approval: str | None = None
    summary: str = ""


class ToolFinished(ThreadEvent):
    """An attempt ended. A large value stands in `blob`; `value` is then its head."""

    type: Literal["ToolFinished"] = "ToolFinished"
    key: str
    attempt: int = 1
    ok: bool
    value: Any = None
    kind: str = ""
    message: str = ""
    blob: str | None = None
    size: int = 0


class OperationRefused(ThreadEvent):
    """A call or a request was answered without being made: denied before, forbidden, suppressed or no_route."""

    type: Literal["OperationRefused"] = "OperationRefused"
    key: str
    digest: str
    outcome: str
    reason: str
    catch: bool = False


class RequestOpened(ThreadEvent):
    """Somebody is asked. Places in `waiting` show it later: when the quiet hours of whoever is asked there are over."""

    type: Literal["RequestOpened"] = "RequestOpened"
    key: str
    request: Request
    waiting: Mapping[ConversationKey, float] = Field(default_factory=dict)


class ResponseGiven(ThreadEvent):
    """An answer counted, in the `stead` of somebody or in their own. `fact` names it in this conversation's log."""

    type: Literal["ResponseGiven"] = "ResponseGiven"
    request: str
    fact: int
    party: Party
    name: str
    identity: Identity
    roles: tuple[str, ...] = ()
    decision: Decision
    via: ConversationKey
    stead: Party | None = None


class ResponseRefused(ThreadEvent):
    """
    An answer changed nothing: late, not theirs to give, or unreadable.

    `late` is one of somebody who could have decided, in time: the agent is told of it, as information. `text` is what
    they said besides.
    """

    type: Literal["ResponseRefused"] = "ResponseRefused"
    request: str
    fact: int
    party: Party
    name: str
    decision: Decision
    reason: str
    late: bool = False
    text: str = ""


class QuestionAsked(ThreadEvent):
    """Somebody who may decide asked something back; `passed_to` is the request that carries it on."""

    type: Literal["QuestionAsked"] = "QuestionAsked"
    request: str
    fact: int
    party: Party
    name: str
    text: str
    passed_to: str | None = None


class QuestionAnswered(ThreadEvent):
    """The question back got its answer, shown under the card."""

    type: Literal["QuestionAnswered"] = "QuestionAnswered"
    request: str
    key: str = ""
    name: str
    text: str


class RequestEscalated(ThreadEvent):
    """
    Nobody has decided so far, so others are asked too: the `rung` of its ladder, from 0, was taken.

    Without `rung` it is somebody's next account, as it did not reach them at the one before. `who` may decide from now
    on, and it is shown at `places` besides; at those in `waiting` when somebody's quiet hours are over.
    """

    type: Literal["RequestEscalated"] = "RequestEscalated"
    request: str
    rung: int | None
    cause: Literal["silence", "quiet", "undeliverable", "no_route", "wish"]
    who: Who
    places: tuple[ConversationKey, ...] = ()
    waiting: Mapping[ConversationKey, float] = Field(default_factory=dict)


class RequestClaimed(ThreadEvent):
    """Somebody who may decide says that they will; `fact` names it in this log. Nobody else is asked from now on."""

    type: Literal["RequestClaimed"] = "RequestClaimed"
    request: str
    fact: int
    party: Party
    name: str
    identity: Identity
    via: ConversationKey


class RequestChanged(ThreadEvent):
    """
    Somebody who may decide changed the call: votes before this count for nothing. `fact` names it in this log.

    `changes` is all that differs from the call as it was asked, `digest` that of the changed one. `who` may decide it
    from now on, and it is shown at `places` besides. `urgency` and to whom it may be handed on (`reassign`) are as the
    rule for the changed call says; of a change from before these were kept, the urgency stays and it goes to nobody.
    """

    type: Literal["RequestChanged"] = "RequestChanged"
    request: str
    fact: int
    party: Party
    name: str
    identity: Identity
    via: ConversationKey
    changes: dict[str, Any] = Field(default_factory=dict)
    digest: str
    who: Who
    places: tuple[ConversationKey, ...] = ()
    urgency: Urgency | None = None
    reassign: Who | None = None


class RequestReassigned(ThreadEvent):
    """
    Somebody handed a request on: `to` is asked instead of them or, `delegated`, may decide in their stead.

    `who` may decide from now on, and it is shown at `places` besides; `fact` names it in this log. `by` is who did it
    for them, if it was not they.
    """

    type: Literal["RequestReassigned"] = "RequestReassigned"
    request: str
    fact: int
    party: Party
    name: str
    identity: Identity
    via: ConversationKey
    to: Party
    to_name: str
    delegated: bool = False
    by: str = ""
    at: float
    who: Who
    places: tuple[ConversationKey, ...] = ()


class RequestReminded(ThreadEvent):
    """Those who may decide are reminded, for the `number`th time from 0."""

    type: Literal["RequestReminded"] = "RequestReminded"
    request: str
    number: int


class RequestSettled(ThreadEvent):
    """A request ended; its outcome never changes. `operation` is that of its agent by which it was withdrawn."""

    type: Literal["RequestSettled"] = "RequestSettled"
    request: str
    key: str
    operation: str = ""
    settlement: Settlement


class GrantGiven(ThreadEvent):
    """A request was approved for longer: `grant` settles later ones of its kind. `fact` names who said so."""

    type: Literal["GrantGiven"] = "GrantGiven"
    request: str
    fact: int
    grant: Grant


class GrantRevoked(ThreadEvent):
    """
    A standing grant was ended before its time; `request` is the one with which it was given.

    Without `fact` and `identity` an operator or a client did it, whose name is in `name`.
    """

    type: Literal["GrantRevoked"] = "GrantRevoked"
    request: str
    fact: int = 0
    party: Party | None = None
    name: str
    identity: Identity | None = None
    via: ConversationKey | None = None


class MessageTaken(ThreadEvent):
    """A message answered the run's `receive`."""

    type: Literal["MessageTaken"] = "MessageTaken"
    key: str
    fact: int
    party: Party
    name: str


class MessageKept(ThreadEvent):
    """A message went to the thread's inbox, for the next context."""

    type: Literal["MessageKept"] = "MessageKept"
    fact: int
    party: Party
    name: str


class Replied(ThreadEvent):
    """The run said something where it was asked. `enclosures` are the files that came with it."""

    type: Literal["Replied"] = "Replied"
    v: int = 2
    key: str
    text: str
    enclosures: tuple[Enclosure, ...] = ()


class SleepStarted(ThreadEvent):
    """The run sleeps until a time, in seconds since the epoch."""

    type: Literal["SleepStarted"] = "SleepStarted"
    key: str
    until: float


class SleepEnded(ThreadEvent):
    """The time has come."""

    type: Literal["SleepEnded"] = "SleepEnded"
    key: str


class RunParked(ThreadEvent):
    """The run halts until its owner says how it goes on. `key` is the operation it halts at, where there is one."""

    type: Literal["RunParked"] = "RunParked"
    reason: str
    detail: str = ""
    key: str | None = None


class RunResumed(ThreadEvent):
    """The owner said how a parked run goes on; gone on, the operation at `key` fails with its `outcome`."""

    type: Literal["RunResumed"] = "RunResumed"
    choice: Literal["go_on", "ask_again"]
    by: str
    key: str | None = None
    outcome: Outcome | None = None


class RunEnded(ThreadEvent):
    """The run is over. `state` is what `run.again` hands to the next one."""

    type: Literal["RunEnded"] = "RunEnded"
    outcome: Literal["done", "failed", "cancelled", "again", "restarted"]
    detail: str = ""
    state: Any = None


class ThreadForked(ThreadEvent):
    """A branch begins: the origin's events up to `upto` are its own, nothing after them and nothing unfinished is."""

    type: Literal["ThreadForked"] = "ThreadForked"
    origin: str
    upto: int
    by: str
    version: str
    branch: str


class ThreadAttached(ThreadEvent):
    """A fork may speak and act from now on."""

    type: Literal["ThreadAttached"] = "ThreadAttached"
    by: str


# The log -------------------------------------------------------------------------------------------------------------

AnyEvent = Annotated[
    MessageReceived
    | DeliveryReported
    | ActionTaken
    | FormSubmitted
    | MessageEdited
    | MessageDeleted
    | AskForwarded
    | ResponseForwarded
    | RulingForwarded
    | CardForwarded
    | NoteForwarded
    | RequestReplaced
    | HandOverWished
    | CopyFailed
    | DeliveryEnded
    | OperatorActed
    | RequestReceived
    | ClientSpoke
    | TextsErased
    | RunStarted
    | ModelAnswered
    | HistorySummarised
    | ToolStarted
    | ToolFinished
    | OperationRefused
    | RequestOpened
    | ResponseGiven
    | ResponseRefused
    | QuestionAsked
    | RequestEscalated
    | RequestClaimed
    | RequestReassigned
    | RequestChanged
    | RequestReminded
    | QuestionAnswered
    | RequestSettled
    | GrantGiven
    | GrantRevoked
    | MessageTaken
    | MessageKept
    | Replied
    | SleepStarted
    | SleepEnded
    | RunParked
    | RunResumed
    | RunEnded
    | ThreadForked
    | ThreadAttached,
    Field(discriminator="type"),
]

EVENT_TYPES: tuple[type[Event], ...] = get_args(get_args(AnyEvent)[0])

E = TypeVar("E", bound=Event)
_events: TypeAdapter[Event] = TypeAdapter(AnyEvent)

Lift = Callable[[dict[str, Any]], dict[str, Any]]
LIFTS: Mapping[tuple[str, int], Lift] = {
    ("RunStarted", 1): lambda body: body | {"v": 2},  # before tokens were counted
    ("ModelAnswered", 1): lambda body: body | {"v": 2},
    ("HistorySummarised", 1): lambda body: body | {"v": 2},
    ("Replied", 1): lambda body: body | {"v": 2},  # before there were enclosures
}
"""(type, version) → a function that makes the next version of it."""


class Record(NamedTuple):
    """An event in its place in a conversation's log; `at` is the store's clock."""

    seq: int
    at: float
    event: Event


def encode(event: Event) -> bytes:
    """Write an event as JSON, leaving out what stands at its default."""
    head: dict[str, Any] = {"type": type(event).__name__}
    if event.v != 1:
        head["v"] = event.v
    return pydantic_core.to_json(head | event.model_dump(mode="json", exclude_defaults=True, exclude={"v", "type"}))


def storable(event: E) -> E:
    """Give an event that can be encoded: the same, or one whose texts are mended."""
    try:
        encode(event)
    except pydantic_core.PydanticSerializationError:
        return type(event).model_validate(mended(event.model_dump()))
    return event


def decode(raw: bytes, lifts: Mapping[tuple[str, int], Lift] = LIFTS) -> Event:
    """
    Read a stored event, of this version or an older one.

    Raises:
        pydantic.ValidationError: It is no event of ours; nothing we wrote fails here.
    """
    body: Any = pydantic_core.from_json(raw)
    if isinstance(body, dict):
        while isinstance(v := body.get("v", 1), int) and (lift := lifts.get((str(body.get("type")), v))) is not None:
            body = lift(body)
    return _events.validate_python(body)
