"""
Facts: what the world outside tells a conversation. Stored before anybody decides anything.

They come from channels, from clients and operators, from the gateway's own parts and from other conversations. A fact
carries no decision and belongs to no thread; what its owner makes of it are `events`, which name it by its sequence
number in the log.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from agent_core import forms
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.cards import Card
from agent_core.events import Event
from agent_core.requests import Assurance, Choice, Decision, Earlier, Frozen, Kind, Urgency, Where, Who
from agent_core.rulings import Response
from agent_core.wanted import OutsideCall

# From channels --------------------------------------------------------------------------------------------------------


class Attachment(Frozen):
    """A file somebody sent; `size` in bytes."""

    name: str
    media_type: str = ""
    size: int = 0
    url: str = ""


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


# From the gateway itself and from other conversations -----------------------------------------------------------------


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
    """
    A client said something to what it had asked: the answer to a question back, or that it cannot wait.

    `idempotency_key` is its own name for that, so that it is said once however often it comes.
    """

    type: Literal["ClientSpoke"] = "ClientSpoke"
    thread: str
    wish: Literal["answer", "escalate"]
    text: str = ""
    by: str
    idempotency_key: str = ""


class TextsErased(Event):
    """What `party` said here, or what was said to them, was erased: texts, payloads, contexts. Outcomes stand."""

    type: Literal["TextsErased"] = "TextsErased"
    party: Party
