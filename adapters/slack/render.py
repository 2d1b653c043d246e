"""
Outbound values → Slack calls, one part each.

Text from people, models and tools stands only in `plain_text` elements, which carry no markup and no mentions, or in a
message's text, escaped and with markup off. The one markup we write is a date, in the reader's time zone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pydantic_core

from adapters.base import Ask, Form, Outbound, Part, Say, Settle, Whisper
from adapters.slack import limits
from adapters.slack.parse import (
    ACTIONS,
    DENY_ACTION,
    EDIT_ACTION,
    FILL_ACTION,
    HAND_ACTION,
    REVISED,
    ROW_ACTION,
    VIEWS,
)
from adapters.slack.text import cut, escape, size, split
from agent_core import addresses
from agent_core.addresses import ConversationKey
from agent_core.cards import Card
from agent_core.files import Enclosure
from agent_core.forms import Field
from agent_core.requests import Decision

Block = dict[str, Any]

STYLES = {Decision.APPROVE: "primary", Decision.DENY: "danger"}
ACTION_IDS = {decision: name for name, decision in ACTIONS.items()}
VIEW_IDS = {decision: name for name, decision in VIEWS.items()}
SHARE = "files.completeUploadExternal"
UNPARSED: Block = {"parse": "none", "link_names": False}
"""No links or mentions are made of plain words. chat.update makes them unless it is told not to (its `parse`)."""


def render(outbound: Outbound, conversation: ConversationKey) -> list[Part]:
    """Lay an outbound out. Buttons stand on the last part, below everything that they decide."""
    match outbound:
        case Say(text=text, root=root, under=under, enclosures=enclosures) if enclosures:
            *before, last = split(text, limits.SECTION)
            return [
                *(_say(piece, conversation, root, under) for piece in before),
                _share(last, enclosures, conversation, root, under),
            ]
        case Say(text=text, root=root, under=under):
            return [_say(piece, conversation, root, under) for piece in split(text, limits.TEXT)]
        case Ask(card=card, request=request, root=root):
            return _ask(card, request, conversation, root)
        case Settle(card=card, target=target, request=request):
            return [_settle(card, request, conversation, target)]
        case Whisper(to=to, text=text, root=root):
            who = addresses.parse(to).place
            return [_whisper(piece, conversation, who, root) for piece in split(text, limits.SECTION)]


def _say(text: str, conversation: ConversationKey, root: str, under: str | None) -> Part:
    arguments = {"text": escape(text), "mrkdwn": False} | _thread(root)
    # A reply's own ts is no thread: under a card that stands in a thread is in that thread.
    target = under if not root else None
    return Part(kind="chat.postMessage", arguments=_quiet(arguments), conversation=conversation, target=target)


def _share(
    text: str, enclosures: tuple[Enclosure, ...], conversation: ConversationKey, root: str, under: str | None
) -> Part:
    """Files in a message. Its words stand in a block: the method's own argument for them is read as markup."""
    return Part(
        kind=SHARE,
        arguments={"blocks": [_plain_section(text)]} | _thread(root),
        conversation=conversation,
        target=under if not root else None,
        enclosures=enclosures,
    )


def _whisper(text: str, conversation: ConversationKey, user: str, root: str) -> Part:
    return Part(kind="chat.postEphemeral", arguments=whisper(text, user) | _thread(root), conversation=conversation)


def whisper(text: str, user: str) -> Block:
    """What only one person sees. The method has no way to turn markup off, so the words stand in a block."""
    return {"text": escape(text), "blocks": [_plain_section(text)], "user": user} | UNPARSED


def _thread(root: str) -> Block:
    return {"thread_ts": root} if root else {}


def _quiet(arguments: Block) -> Block:
    return arguments | {"unfurl_links": False, "unfurl_media": False} | UNPARSED


def _ask(card: Card, request: str, conversation: ConversationKey, root: str) -> list[Part]:
    choices, pressed = _decide(card, request)
    pages = paginate([*_about(card), *choices], [*_notes(card), *pressed])
    parts = []
    for number, page in enumerate(pages, start=1):
        arguments = {"text": summary(card, number, len(pages)), "blocks": page} | _thread(root)
        parts.append(Part(kind="chat.postMessage", arguments=_quiet(arguments), conversation=conversation))
    return parts


def _settle(card: Card, request: str, conversation: ConversationKey, target: str) -> Part:
    """
    The card as it stands now, on the message that had the buttons.

    A card that went out in several messages keeps the others; the last one says how it ended, or how it stands.
    """
    choices, pressed = _decide(card, request)
    page = paginate([*_about(card), *choices], [*_notes(card), *pressed])[-1]
    arguments: Block = {"text": summary(card, 1, 1), "blocks": page} | UNPARSED
    return Part(kind="chat.update", arguments=arguments, conversation=conversation, target=target, idempotent=True)


def _notes(card: Card) -> list[Block]:
    """
    How a card stands.

    Where that is more text than has room, the longest of it is cut, and what would be too many blocks shares a few:
    neither what voters say has a limit, nor how many they are.
    """
    notes = (*card.notes, card.grant) if card.grant else card.notes
    left = most = limits.NOTES
    for number, length in enumerate(sorted(map(size, notes))):
        most = left // (len(notes) - number)
        left -= min(length, most)
    shown = [cut(note, most) for note in notes]
    apart = shown if len(shown) <= limits.NOTE_BLOCKS else ["\n".join(shown)]
    return [block for text in apart for block in _sections(text)]


# A card --------------------------------------------------------------------------------------------------------------


def _about(card: Card) -> list[Block]:
    """What will run, its arguments as a table, why, who asks, by when, and what happens if nobody answers."""
    blocks = [_plain_context(card.again)] if card.again else []
    if size(card.title) <= limits.HEADER:
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


def _decide(card: Card, request: str) -> tuple[list[Block], list[Block]]:
    """The choices in full, where a button or a menu does not show them so; and what is pressed, with how to answer."""
    if card.revision:
        request = f"{request}{REVISED}{card.revision}"
    open_ones = [row.request for row in card.rows if row.buttons]
    about = f"{request}/{','.join(open_ones)}" if card.rows else request
    elements = [
        _button(ACTION_IDS[d], label, about, STYLES.get(d)) | (_confirm(card) if d is Decision.APPROVE else {})
        for d, label in card.buttons
    ]
    if card.form:
        elements.append(_button(FILL_ACTION if card.fields else DENY_ACTION, card.form, request, None))
    elements += [
        _button(f"{DENY_ACTION}#{n}", denial.label, f"{request}/{denial.name}", None)
        for n, denial in enumerate(card.denials, start=1)
    ]
    if card.edit:
        elements.append(_button(EDIT_ACTION, card.edit, request, None))
    elements += [
        _button(f"{ACTION_IDS[Decision.APPROVE]}#{n}", label, f"{request}/{scope}", None)
        for n, (scope, label) in enumerate(card.grants, start=1)
    ]
    if card.revoke:
        elements.append(_button(ACTION_IDS[Decision.REVOKE], card.revoke, request, None))
    if card.hand:
        elements.append(_button(HAND_ACTION, card.hand, request, None))
    values = [f"{request}/{name}" for name, _ in card.choices]
    longest = max(map(len, values), default=0)
    room = limits.OPTION_TEXT
    if 0 < len(values) <= limits.BUTTONS - len(elements) and longest <= limits.BUTTON_VALUE:
        room = limits.BUTTON_TEXT
        elements += [
            _button(f"{ACTION_IDS[Decision.ANSWER]}#{n}", label, value, None)
            for n, ((_, label), value) in enumerate(zip(card.choices, values, strict=True), start=1)
        ]
    elif 0 < len(values) <= limits.OPTIONS and longest <= limits.OPTION_VALUE:
        elements.append(_select(card.choices, values, card.title))
    else:  # too many or too long to press: they are answered in words, by name or number
        room = 0
    full = "\n".join(f"{n}. {words}" for n, (_, words) in enumerate(card.choices, start=1))
    whole = _sections(full) if any(size(words) > room for _, words in card.choices) else []
    pressed: list[Block] = [{"type": "actions", "elements": elements}] if elements else []
    return whole, [*_rows(card), *pressed, *([_plain_context(card.how)] if card.how else [])]


def _rows(card: Card) -> list[Block]:
    """The requests of a list, each with what it is, how it stands, and a menu to decide it alone."""
    blocks = []
    for number, row in enumerate(card.rows, start=1):
        note = cut(row.note, limits.ROW_NOTE)
        block = _plain_section("\n".join(filter(None, (f"{row.code}  {row.text}", note))))
        if row.buttons:
            options = [
                {"text": _plain(cut(label, limits.OPTION_TEXT)), "value": f"{decision}/{row.request}"}
                for decision, label in row.buttons
            ]
            block["accessory"] = {
                "type": "static_select",
                "action_id": f"{ROW_ACTION}#{number}",
                "placeholder": _plain(cut(card.menu, limits.OPTION_TEXT)),
                "options": options,
            }
        blocks.append(block)
    return blocks


def _button(action: str, label: str, value: str, style: str | None) -> Block:
    button: Block = {
        "type": "button",
        "action_id": action,
        "text": _plain(cut(label, limits.BUTTON_TEXT)),
        "value": value,
    }
    return button | {"style": style} if style else button


def _confirm(card: Card) -> Block:
    """What Slack asks before a press counts; all of it stands on the card too, uncut."""
    asked = card.confirm
    if asked is None:
        return {}
    words = {
        "title": _plain(cut(asked.title, limits.CONFIRM_TITLE)),
        "text": _plain(cut(asked.text, limits.CONFIRM_TEXT)),
        "confirm": _plain(cut(asked.yes, limits.CONFIRM_BUTTON)),
        "deny": _plain(cut(asked.no, limits.CONFIRM_BUTTON)),
    }
    return {"confirm": words | {"style": "primary"}}


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
        if size(text) <= limits.FIELD:
            fields.append(_plain(text))
            continue
        blocks += [*_fields(fields), *_sections(text)]
        fields = []
    return blocks + _fields(fields)


def _fields(fields: list[Block]) -> list[Block]:
    """Spread fields over sections: at most ten in each, and not more text than a section has."""
    sections: list[list[Block]] = []
    length = limits.SECTION
    for field in fields:
        length += size(field["text"])
        if length > limits.SECTION or len(sections[-1]) == limits.FIELDS:
            sections.append([])
            length = size(field["text"])
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


def summary(card: Card, number: int, of: int) -> str:
    """What a notification and a screen reader say: the whole of it in words."""
    part = f" ({number}/{of})" if of > 1 else ""
    facts = "; ".join(f"{label}: {value}" for label, value in card.facts)
    rows = [" ".join(filter(None, (row.code, row.text, row.note))) for row in card.rows]
    said = [card.again, card.title + part, card.body, facts, card.why, card.asker, *rows, *card.notes, card.grant]
    words = [*said, card.how]
    return escape(cut("\n".join(word for word in words if word), limits.TEXT))


def form(wanted: Form, request: str, conversation: ConversationKey) -> Block:
    """The modal behind a card's form button."""
    about: Block = {"request": request, "conversation": conversation}
    about |= {"choice": wanted.choice} if wanted.choice else {}
    about |= {"revision": wanted.revision} if wanted.revision else {}
    return {
        "type": "modal",
        "callback_id": VIEW_IDS[wanted.decision],
        "private_metadata": pydantic_core.to_json(about).decode(),
        "title": _plain(cut(wanted.title, limits.MODAL_TITLE)),
        "submit": _plain(cut(wanted.submit, limits.MODAL_TITLE)),
        "close": _plain(cut(wanted.close, limits.MODAL_TITLE)),
        "blocks": [_input(field) for field in wanted.fields],
    }


def _input(field: Field) -> Block:
    block: Block = {
        "type": "input",
        "block_id": field.name,
        "label": _plain(cut(field.label, limits.INPUT_LABEL)),
        "optional": not field.required,
        "element": _element(field) | {"action_id": field.name},
    }
    return block | ({"hint": _plain(cut(field.hint, limits.INPUT_LABEL))} if field.hint else {})


def _element(field: Field) -> Block:
    options = [{"text": _plain(cut(label, limits.OPTION_TEXT)), "value": name} for name, label in field.options]
    initial = (field.initial,) if isinstance(field.initial, str) else field.initial
    chosen = [option for option in options if option["value"] in initial]
    match field.kind:
        case "boolean":
            return {"type": "radio_buttons", "options": options} | ({"initial_option": chosen[0]} if chosen else {})
        case "choice":
            return {"type": "static_select", "options": options} | ({"initial_option": chosen[0]} if chosen else {})
        case "choices":
            return {"type": "checkboxes", "options": options} | ({"initial_options": chosen} if chosen else {})
        case "date":
            return {"type": "datepicker"} | ({"initial_date": field.initial} if field.initial else {})
        case kind:
            element: Block = {"type": "plain_text_input", "multiline": kind == "long_text"}
            element["max_length"] = min(field.longest, limits.INPUT_TEXT)
            return element | ({"initial_value": field.initial} if field.initial else {})


# Messages ------------------------------------------------------------------------------------------------------------


def paginate(blocks: Sequence[Block], last: Sequence[Block]) -> list[list[Block]]:
    """
    Spread blocks over messages: at most 50 each, and no more text than Slack takes.

    Args:
        last: What the last message closes with, together: its buttons, or how it ended.
    """
    pages: list[list[Block]] = [[]]
    length = 0
    for group in (*([block] for block in blocks), last):
        more = sum(map(_length, group))
        if pages[-1] and (len(pages[-1]) + len(group) > limits.BLOCKS or length + more > limits.BLOCKS_TEXT):
            pages.append([])
            length = 0
        pages[-1] += group
        length += more
    return pages


def _length(value: Any) -> int:
    if isinstance(value, dict):
        return sum(_length(inner) for key, inner in value.items() if key != "value")
    return sum(map(_length, value)) if isinstance(value, list) else size(value) if isinstance(value, str) else 0
