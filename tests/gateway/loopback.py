"""
A channel without a wire: what goes out is kept in a list, what comes in is said by a test.

It behaves as a vendor does (a clock of its own, receipts, refusals, answers that are lost), so that the gateway's own
parts can be tested without one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from starlette.routing import Route

from adapters.base import Ask, Capabilities, Gate, Inbound, Outbound, Part, Receipt, Say, Settle, Whisper
from adapters.errors import Rejected, Unknown
from agent_core import addresses, facts, forms
from agent_core.addresses import ConversationKey, Identity
from agent_core.cards import Card
from agent_core.requests import Assurance, Decision

CHANNEL, ACCOUNT = "slack", "T1"


@dataclass
class Shown:
    """A message as it stands in a conversation now."""

    id: str
    kind: str
    text: str
    card: Card | None = None
    request: str = ""
    under: str = ""
    to: str = ""
    root: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    edits: int = 0


@dataclass
class Loopback:
    """
    One account of a channel.

    `fault` is called before a part is taken, and may raise; `lost` holds kinds whose answer is lost after it was taken.
    """

    now: Callable[[], float]
    buttons: bool = True
    edits: bool = True
    files: bool = True
    types: bool = True
    confirms: bool = True
    channel: str = CHANNEL
    account: str = ACCOUNT
    shown: dict[str, list[Shown]] = field(default_factory=dict)
    sent: list[Part] = field(default_factory=list)
    fault: Callable[[Part], None] = lambda part: None
    lost: list[str] = field(default_factory=list)
    can_find: bool = True
    by_delivery: dict[str, Receipt] = field(default_factory=dict)
    said: int = 0
    kept: dict[str, bytes] = field(default_factory=dict)
    typed: list[tuple[str, str, str]] = field(default_factory=list)
    typing_fault: Exception | None = None
    groups: dict[str, list[str]] = field(default_factory=dict)
    group_fault: Exception | None = None

    def routes(self, gate: Gate) -> Sequence[Route]:
        return ()

    async def listen(self, gate: Gate) -> None:
        gate.seen(self.channel, self.account)
        gate.caught_up(self.channel, self.account)
        await asyncio.Event().wait()

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        direct = addresses.parse(conversation).place.startswith("U")
        return Capabilities(
            buttons=25,
            forms=True,
            edits=self.edits,
            whispers=not direct,
            direct=direct,
            assurance=Assurance.HIGH,
            files=self.files,
            typing=self.types,
            confirms=self.confirms,
        )

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        arguments: dict[str, object]
        target, enclosures = None, ()
        match outbound:
            case Say(text=text, root=root, under=under, enclosures=enclosures):
                arguments, target = {"text": text, "root": root}, under
            case Ask(card=card, request=request, root=root):
                arguments = {"card": card.model_dump(mode="json"), "request": request, "root": root}
            case Settle(card=card, request=request):
                arguments, target = {"card": card.model_dump(mode="json"), "request": request}, outbound.target
            case Whisper(to=to, text=text, root=root):
                arguments = {"text": text, "to": to, "root": root}
        kind = type(outbound).__name__.lower()
        return [
            Part(
                kind=kind,
                arguments=arguments,
                conversation=conversation,
                target=target,
                idempotent=kind == "settle",
                enclosures=enclosures,
            )
        ]

    async def deliver(self, part: Part) -> Receipt:
        self.fault(part)
        self.sent.append(part)
        receipt = self._take(part)
        self.by_delivery[part.delivery] = receipt
        if part.kind in self.lost:
            self.lost.remove(part.kind)
            raise Unknown("the connection broke")
        return receipt

    def _take(self, part: Part) -> Receipt:
        here = self.shown.setdefault(part.conversation, [])
        said = dict(part.arguments)
        card = Card.model_validate(said["card"]) if "card" in said else None
        if part.kind == "settle":
            assert part.receipt is not None
            message = next(m for m in here if m.id == part.receipt.message_id)
            message.card, message.edits = card, message.edits + 1
            return part.receipt
        message = Shown(
            id=f"{self.now():.3f}.{len(self.sent)}",
            kind=part.kind,
            text=str(said.get("text", card.title if card else "")),
            card=card,
            request=str(said.get("request", "")),
            under=part.receipt.message_id if part.receipt is not None else "",
            to=str(said.get("to", "")),
            root=str(said.get("root", "")),
            files={e.name: content for e, content in zip(part.enclosures, part.contents, strict=True)},
        )
        here.append(message)
        return Receipt(place=part.conversation, message_id=message.id, at=self.now())

    async def find(self, part: Part) -> Receipt | None:
        if not self.can_find:
            raise Unknown("history may not be read")
        return self.by_delivery.get(part.delivery)

    async def fetch(self, attachment: facts.Attachment) -> bytes:
        if attachment.url not in self.kept:
            raise Rejected(f"{attachment.name} is not there any more", permanent=True)
        return self.kept[attachment.url]

    async def members(self, group: str) -> frozenset[Identity]:
        if self.group_fault is not None:
            raise self.group_fault
        if group not in self.groups:
            raise Rejected(f"there is no group {group}", permanent=True)
        return frozenset(addresses.identity(self.channel, self.account, user) for user in self.groups[group])

    async def typing(self, conversation: ConversationKey, root: str, text: str) -> None:
        self.typed.append((conversation, root, text))
        if self.typing_fault is not None:
            raise self.typing_fault

    async def close(self) -> None:
        return

    # People ----------------------------------------------------------------------------------------------------------

    def next_number(self) -> int:
        """The vendor's own numbering; a restart of the gateway does not change it."""
        self.said += 1
        return self.said

    def message(
        self,
        conversation: str,
        user: str,
        text: str,
        number: int,
        under: str = "",
        root: str = "",
        attachments: tuple[facts.Attachment, ...] = (),
    ) -> Inbound:
        """What a person writes; `under` is a message they answer."""
        direct = addresses.parse(conversation).place == user
        fact = facts.MessageReceived(
            sender=addresses.identity(self.channel, self.account, user),
            sender_name=user,
            assurance=Assurance.HIGH,
            direct=direct,
            root="" if direct else root or under or f"m{number}",
            message_id=f"m{number}",
            sent_at=self.now(),
            text=text,
            reply_to=under or None,
            mentions_us=not direct,
            attachments=attachments,
        )
        return Inbound(ConversationKey(conversation), fact, (f"message/{number}",), b"raw")

    def press(
        self,
        conversation: str,
        user: str,
        request: str,
        decision: Decision,
        number: int,
        value: str = "",
        revision: int | None = None,
    ) -> Inbound:
        """A person presses a button, of the newest card there unless it is told at which revision."""
        fact = facts.ActionTaken(
            sender=addresses.identity(self.channel, self.account, user),
            sender_name=user,
            assurance=Assurance.HIGH,
            direct=addresses.parse(conversation).place == user,
            sent_at=self.now(),
            request=request,
            decision=decision,
            value=value,
            revision=self._revision(conversation, request) if revision is None else revision,
        )
        return Inbound(ConversationKey(conversation), fact, (f"press/{number}",))

    def form(
        self,
        conversation: str,
        user: str,
        request: str,
        values: forms.Values,
        number: int,
        decision: Decision = Decision.ANSWER,
        choice: str = "",
        revision: int | None = None,
    ) -> Inbound:
        """A person sends in the form behind a button, of the newest card there unless it is told at which revision."""
        fact = facts.FormSubmitted(
            sender=addresses.identity(self.channel, self.account, user),
            sender_name=user,
            assurance=Assurance.HIGH,
            direct=addresses.parse(conversation).place == user,
            sent_at=self.now(),
            request=request,
            decision=decision,
            choice=choice,
            values=values,
            revision=self._revision(conversation, request) if revision is None else revision,
        )
        return Inbound(ConversationKey(conversation), fact, (f"form/{number}",))

    def _revision(self, conversation: str, request: str) -> int:
        cards = [m.card for m in self.shown.get(conversation, []) if m.request == request and m.card is not None]
        return cards[-1].revision if cards else 0
