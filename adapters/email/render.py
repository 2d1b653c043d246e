"""
Outbound values → mail, one part for each recipient.

A part holds what the mail says. Its addresses and ids depend on its delivery, and are written when it is sent
(`compose.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from adapters.base import Ask, Letterhead, Outbound, Part, Say, Settle, Whisper
from adapters.email import limits
from agent_core import addresses
from agent_core.addresses import ConversationKey, Identity
from agent_core.cards import Card
from agent_core.requests import Decision

WORDS = {
    Decision.APPROVE: "approve",
    Decision.DENY: "deny",
    Decision.DID_RUN: "it did run",
}
"""What a link writes into the reply for each decision; the buttons' own labels are said in the reader's language."""
DOUBT = {Decision.APPROVE: "run again", Decision.DENY: "stop"}


def render(outbound: Outbound, conversation: ConversationKey) -> list[Part]:
    """Lay an outbound out; each recipient gets a mail of their own."""
    match outbound:
        case Say(text=text, under=under, enclosures=enclosures, head=head):
            body = {"text": text, "cc": [_address(one) for one in head.copies]}
            readers = (*head.to, *head.copies) or _place(conversation)
            return [
                Part(
                    kind="say",
                    arguments=_head(head, reader, readers) | body,
                    conversation=conversation,
                    idempotent=True,
                    target=under,
                    enclosures=enclosures,
                )
                for reader in readers
            ]
        case Ask(card=card, head=head):
            return [
                Part(
                    kind="ask",
                    arguments=_head(head, reader, (reader,)) | _card(card),
                    conversation=conversation,
                    idempotent=True,
                )
                for reader in head.to or _place(conversation)
            ]
        case Whisper(to=to, text=text, head=head):
            arguments = _head(head, to, (to,)) | {"text": text, "cc": []}
            return [Part(kind="say", arguments=arguments, conversation=conversation, idempotent=True)]
        case Settle():
            return []  # a mail cannot be changed: the gateway says how it ended


def _place(conversation: ConversationKey) -> tuple[Identity, ...]:
    """Give whoever a conversation is with, where it is with one person."""
    place = addresses.parse(conversation).place
    return (Identity(conversation),) if "@" in place else ()


def _address(who: Identity) -> str:
    return addresses.parse(who).place


def _head(head: Letterhead, reader: Identity, readers: Sequence[Identity]) -> dict[str, Any]:
    shown = [_address(one) for one in (head.to or readers)]
    return {
        "reader": _address(reader),
        "to": shown if _address(reader) in shown or len(readers) > 1 else [_address(reader)],
        "topic": head.topic,
        "follows": list(head.follows[-limits.REFERENCES :]),
        "above": head.above,
    }


def _card(card: Card) -> dict[str, Any]:
    return {
        "cc": [],
        "topic": card.topic,
        "text": "\n\n".join(_paragraphs(card)),
        "words": [list(pair) for pair in _words(card)],
    }


def _paragraphs(card: Card) -> Iterator[str]:
    """Everything that a decision rests on, what matters most first: it is what a phone shows of it."""
    if card.again:
        yield card.again
    yield card.title
    if card.facts:
        yield "\n".join(f"{label}: {value}" for label, value in card.facts)
    for text in (card.body, card.why, card.asker):
        if text:
            yield text
    if card.choices:
        yield "\n".join(f"{number}. {label}" for number, (_, label) in enumerate(card.choices, start=1))
    if card.denials:
        yield "\n".join(f"- {denial.label}" for denial in card.denials)
    yield from card.notes
    deadline = " ".join(part for part in (card.by, card.silence) if part)
    if deadline:
        yield deadline
    if card.how:
        yield card.how


def _words(card: Card) -> Iterator[tuple[str, str]]:
    """Give what a link may write into the reply, with what the link is called."""
    in_doubt = any(decision is Decision.DID_RUN for decision, _ in card.buttons)
    for decision, label in card.buttons:
        word = (DOUBT.get(decision) if in_doubt else None) or WORDS.get(decision)
        if word:
            yield word, label
    for number, (_, label) in enumerate(card.choices, start=1):
        yield str(number), label
