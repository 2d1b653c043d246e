"""
Events: what has happened, past tense, frozen, appended to a conversation's log and never changed.

Here are those of a thread: what the conversation's owner decided, and what came of it. Together with the `facts` that
they name by sequence number they are all that a run is rebuilt from. Every type carries its version `v`; how one is
written and read, today's or an older one, stands in `log`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.files import Enclosure
from agent_core.grants import Grant
from agent_core.requests import Decision, Frozen, Outcome, Request, Settlement, Urgency, Where, Who


class Event(Frozen):
    """Something that happened."""

    v: int = 1


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
    """Somebody is asked. Places in `waiting` show it later: when whoever is asked there is back, or awake."""

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
    comment: str = ""
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
    """
    The question back got its answer, shown under the card.

    `idempotency_key` is the one with which a client said it, so that it is said once.
    """

    type: Literal["QuestionAnswered"] = "QuestionAnswered"
    request: str
    key: str = ""
    name: str
    text: str
    idempotency_key: str = ""


class RequestEscalated(ThreadEvent):
    """
    Nobody has decided so far, so others are asked too: the `rung` of its ladder, from 0, was taken.

    Without `rung` it is somebody's next account, as it did not reach them at the one before, or whoever's turn is next.
    `who` may decide from now on, and it is shown at `places` besides; at those in `waiting` when somebody is back,
    or awake. `idempotency_key` is the one with which a client wanted it, so that it is taken once.
    """

    type: Literal["RequestEscalated"] = "RequestEscalated"
    request: str
    rung: int | None
    cause: Literal["silence", "quiet", "away", "undeliverable", "no_route", "wish"]
    who: Who
    places: tuple[ConversationKey, ...] = ()
    waiting: Mapping[ConversationKey, float] = Field(default_factory=dict)
    idempotency_key: str = ""


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
    from now on, and it is shown at `places` besides. `urgency`, to whom it may be handed on (`reassign`) and `where` it
    is shown, with the steps of its ladder, are as the rule for the changed call says; of a change from before these
    were kept, urgency and ladder stay and it goes to nobody.
    `comment` is what was said besides by somebody who may not approve the changed call; of others it is their vote's.
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
    where: Where | None = None
    comment: str = ""


class RequestReassigned(ThreadEvent):
    """
    Somebody handed a request on: `to` is asked instead of them or, `delegated`, may decide in their stead.

    `who` may decide from now on, and it is shown at `places` besides; `fact` names it in this log. `by` is who did it
    for them, if it was not they. Where they are away `until` then, and the settings say who decides in their stead,
    nobody said so, and `fact` is 0.
    """

    type: Literal["RequestReassigned"] = "RequestReassigned"
    request: str
    fact: int = 0
    party: Party
    name: str
    identity: Identity
    via: ConversationKey
    to: Party
    to_name: str
    delegated: bool = False
    by: str = ""
    until: float | None = None
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
