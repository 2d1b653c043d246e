"""
Outbound values → Slack calls, one part each.

Text from people, models and tools stands only in `plain_text` elements, which carry no markup and no mentions, or in a
message's text, escaped and with markup off. The one markup we write is a date, in the reader's time zone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import pydantic_core

from adapters.base import Ask, Form, Outbound, Part, Say, Settle, Whisper
from adapters.slack import limits
from adapters.slack.parse import ACTIONS, DENY_VIEW, FORM_ACTION, REASON
from agent_core import addresses, events
from agent_core.addresses import ConversationKey
from agent_core.requests import Decision

Block = dict[str, Any]

STYLES = {Decision.APPROVE: "primary", Decision.DENY: "danger"}
ACTION_IDS = {decision: name for name, decision in ACTIONS.items()}


def render(outbound: Outbound, conversation: ConversationKey) -> list[Part]:
    """Lay an outbound out. Buttons stand on the last part, below everything that they decide."""
    match outbound:
        case Say(text=text, root=root, under=under):
            return [_say(piece, conversation, root, under) for piece in split(text, limits.TEXT)]
        case Ask(card=card, request=request, root=root):
            return _ask(card, request, conversation, root)
        case Settle(card=card, target=target, request=request):
            return [_settle(card, request, conversation, target)]
        case Whisper(to=to, text=text, root=root):
            who = addresses.parse(to).place
            return [_whisper(piece, conversation, who, root) for piece in split(text, limits.TEXT)]


def _say(text: str, conversation: ConversationKey, root: str, under: str | None) -> Part:
    arguments: Block = {"text": escape(text), "mrkdwn": False}
    if root:
        arguments["thread_ts"] = root
    # A reply's own ts is no thread: under a card that stands in a thread is in that thread.
    target = under if not root else None
    return Part(kind="chat.postMessage", arguments=_quiet(arguments), conversation=conversation, target=target)


def _whisper(text: str, conversation: ConversationKey, user: str, root: str) -> Part:
    arguments: Block = {"text": escape(text), "user": user}
    if root:
        arguments["thread_ts"] = root
    return Part(kind="chat.postEphemeral", arguments=arguments, conversation=conversation)


def _quiet(arguments: Block) -> Block:
    return arguments | {"unfurl_links": False, "unfurl_media": False, "parse": "none", "link_names": False}


def _ask(card: events.Card, request: str, conversation: ConversationKey, root: str) -> list[Part]:
    pages = paginate([*_about(card), *_decide(card, request)])
    parts = []
    for number, page in enumerate(pages, start=1):
        arguments: Block = {"text": summary(card, number, len(pages)), "blocks": page}
        if root:
            arguments["thread_ts"] = root
        parts.append(Part(kind="chat.postMessage", arguments=_quiet(arguments), conversation=conversation))
    return parts


def _settle(card: events.Card, request: str, conversation: ConversationKey, target: str) -> Part:
    """
    The card as it stands now, on the message that had the buttons.

    A card that went out in several messages keeps the others; the last one says how it ended.
    """
    page = paginate([*_about(card), *map(_plain_section, card.notes)])[-1]
    arguments: Block = {"text": summary(card, 1, 1), "blocks": page}
    return Part(kind="chat.update", arguments=arguments, conversation=conversation, target=target, idempotent=True)


# A card --------------------------------------------------------------------------------------------------------------


def _about(card: events.Card) -> list[Block]:
    """What will run, its arguments as a table, why, who asks, by when, and what happens if nobody answers."""
    blocks = [_plain_context(card.again)] if card.again else []
    if len(card.title) <= limits.HEADER:
        blocks.append({"type": "header", "text": _plain(card.title)})
    else:
        blocks += _sections(card.title)
    blocks += _sections(card.body)
    blocks += _table(card.facts)
    blocks += _sections(card.why)
    if card.asker:
        blocks.append(_plain_context(card.asker))
    if card.due is not None:
        blocks.append(
            {"type": "context", "elements": [{"type": "mrkdwn", "text": f"{escape(card.by)} {_date(card.due)}"}]}
        )
    if card.silence:
        blocks.append(_plain_context(card.silence))
    return blocks


def _decide(card: events.Card, request: str) -> list[Block]:
    blocks: list[Block] = []
    elements = [_button(ACTION_IDS[d], label, request, STYLES.get(d)) for d, label in card.buttons]
    if card.form:
        elements.append(_button(FORM_ACTION, card.form, request, None))
    values = [f"{request}/{name}" for name, _ in card.choices]
    longest = max(map(len, values), default=0)
    if 0 < len(values) <= limits.BUTTONS - len(elements) and longest <= limits.BUTTON_VALUE:
        elements += [
            _button(f"{ACTION_IDS[Decision.ANSWER]}#{n}", label, value, None)
            for n, ((_, label), value) in enumerate(zip(card.choices, values, strict=True), start=1)
        ]
    elif 0 < len(values) <= limits.OPTIONS and longest <= limits.OPTION_VALUE:
        elements.append(_select(card.choices, values, card.title))
    else:  # too many or too long to press: they are answered in words, by name or number
        blocks += _sections("\n".join(f"{n}. {label}" for n, (_, label) in enumerate(card.choices, start=1)))
    if elements:
        blocks.append({"type": "actions", "elements": elements})
    if card.how:
        blocks.append(_plain_context(card.how))
    return blocks


def _button(action: str, label: str, value: str, style: str | None) -> Block:
    button: Block = {
        "type": "button",
        "action_id": action,
        "text": _plain(cut(label, limits.BUTTON_TEXT)),
        "value": value,
    }
    return button | {"style": style} if style else button


def _select(choices: Sequence[tuple[str, str]], values: Sequence[str], title: str) -> Block:
    options = [
        {"text": _plain(cut(label, limits.OPTION_TEXT)), "value": value}
        for (_, label), value in zip(choices, values, strict=True)
    ]
    return {
        "type": "static_select",
        "action_id": ACTION_IDS[Decision.ANSWER],
        "placeholder": _plain(cut(title, limits.OPTION_TEXT)),
        "options": options,
    }


def _table(facts: Sequence[tuple[str, str]]) -> list[Block]:
    """Arguments as fields; a value too long for one stands in sections of its own, whole."""
    blocks: list[Block] = []
    fields: list[Block] = []
    for label, value in facts:
        text = f"{label}\n{value}"
        if len(text) <= limits.FIELD:
            fields.append(_plain(text))
            continue
        blocks += [*_fields(fields), *_sections(text)]
        fields = []
    return blocks + _fields(fields)


def _fields(fields: list[Block]) -> list[Block]:
    """Spread fields over sections: at most ten in each, and not more text than a section has."""
    sections: list[list[Block]] = []
    size = limits.SECTION
    for field in fields:
        size += len(field["text"])
        if size > limits.SECTION or len(sections[-1]) == limits.FIELDS:
            sections.append([])
            size = len(field["text"])
        sections[-1].append(field)
    return [{"type": "section", "fields": section} for section in sections]


def _sections(text: str) -> list[Block]:
    return [_plain_section(piece) for piece in split(text, limits.SECTION)] if text else []


def _plain_section(text: str) -> Block:
    return {"type": "section", "text": _plain(cut(text, limits.SECTION))}


def _plain_context(text: str) -> Block:
    return {"type": "context", "elements": [_plain(cut(text, limits.CONTEXT))]}


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text or " ", "emoji": False}


def _date(due: float) -> str:
    """A time that Slack shows in the reader's zone (docs.slack.dev/messaging/formatting-message-text, date)."""
    fallback = datetime.fromtimestamp(due, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"<!date^{int(due)}^{{date_short_pretty}} {{time}}|{fallback}>"


def summary(card: events.Card, number: int, of: int) -> str:
    """What a notification and a screen reader say: the whole of it in words."""
    part = f" ({number}/{of})" if of > 1 else ""
    facts = "; ".join(f"{label}: {value}" for label, value in card.facts)
    words = [card.again, card.title + part, card.body, facts, card.why, card.asker, *card.notes, card.how]
    return escape(split("\n".join(word for word in words if word), limits.TEXT)[0])


def form(wanted: Form, request: str, conversation: ConversationKey) -> Block:
    """The modal behind a card's form button."""
    return {
        "type": "modal",
        "callback_id": DENY_VIEW,
        "private_metadata": pydantic_core.to_json({"request": request, "conversation": conversation}).decode(),
        "title": _plain(cut(wanted.title, limits.MODAL_TITLE)),
        "submit": _plain(cut(wanted.submit, limits.MODAL_TITLE)),
        "close": _plain(cut(wanted.close, limits.MODAL_TITLE)),
        "blocks": [
            {
                "type": "input",
                "block_id": REASON,
                "label": _plain(cut(wanted.label, limits.INPUT_LABEL)),
                "hint": _plain(cut(wanted.hint, limits.INPUT_LABEL)),
                "element": {
                    "type": "plain_text_input",
                    "action_id": REASON,
                    "multiline": True,
                    "max_length": limits.INPUT_TEXT,
                },
            }
        ],
    }


# Text ----------------------------------------------------------------------------------------------------------------


def paginate(blocks: Iterable[Block]) -> list[list[Block]]:
    """Spread blocks over messages: at most 50 each, and no more text than Slack takes."""
    pages: list[list[Block]] = [[]]
    size = 0
    for block in blocks:
        length = _length(block)
        if len(pages[-1]) == limits.BLOCKS or (pages[-1] and size + length > limits.BLOCKS_TEXT):
            pages.append([])
            size = 0
        pages[-1].append(block)
        size += length
    return pages


def _length(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_length(inner) for key, inner in value.items() if key != "value")
    return sum(map(_length, value)) if isinstance(value, list) else len(value) if isinstance(value, str) else 0


def escape(text: str) -> str:
    """Keep a text from becoming markup, a mention or a link with another name."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def cut(text: str, most: int) -> str:
    """Shorten what only labels; nothing that a decision rests on is cut."""
    return text if len(text) <= most else text[: most - 1] + "…"


def split(text: str, most: int) -> list[str]:
    """Split a text into pieces, at a paragraph, a line or a word where there is one; nothing is lost but the space."""
    pieces = []
    while len(escape(text)) > most:
        room = most - (len(escape(text[:most])) - len(text[:most]))
        room = max(room, most // 5)
        at = next((i for s in ("\n\n", "\n", " ") if (i := text.rfind(s, room // 2, room)) > 0), room)
        pieces.append(text[:at].rstrip())
        text = text[at:].lstrip()
    return [*pieces, text] if text or not pieces else pieces
