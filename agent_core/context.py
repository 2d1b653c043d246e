"""
Helpers for an owner's `build_context(thread) -> str`.

The context belongs to the agent's author; these are the parts it is usually made of. `entries` turns a thread into
what happened, in the vendor's order, with failures compacted and summarised history left out; `render` writes entries
down; `sections` keeps each part within a budget of tokens.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple

import pydantic_core

from agent_core import edits, events
from agent_core.catalogue import Catalogue
from agent_core.files import measured
from agent_core.log import Record
from agent_core.requests import APPROVING, DOUBT_ENDS, Decision, Outcome, Request, Settlement
from agent_core.thread import Thread

CHARACTERS_PER_TOKEN = 4  # an estimate that errs on the safe side for English
LONGEST_ERROR = 300  # characters of a tool's message that reach the model
LONGEST_ENTRY = 8_000  # characters of anything else; what is longer must not push out what came before
LONGEST_COMMENT = 4_000  # characters of what somebody said as they decided; what was changed is told behind it
LINES_CARRIED = 20  # lines of earlier runs that the next one knows
LONGEST_LINE = 500  # characters of each

TEXTS = Catalogue()


@dataclass(frozen=True)
class Entry:
    """
    One thing that happened. `tag` says what, `name` who or which, `text` the rest.

    `late` marks a message sent before something that the model had already seen.
    """

    tag: str
    text: str
    name: str = ""
    at: float = 0.0
    late: bool = False
    times: int = 1


def tokens(text: str) -> int:
    """Estimate how many tokens a text costs."""
    return -(-len(text) // CHARACTERS_PER_TOKEN)


def escape(text: str) -> str:
    """Keep a text from closing or opening one of the tags around it."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def entries(thread: Thread) -> list[Entry]:
    """Tell what happened in a thread: earlier runs in short, then this one."""
    state = thread.state
    told = [Entry("summary", state.carry.summary)] if state.carry.summary else []
    told += [Entry("earlier", line.text, line.name, line.at) for line in state.carry.lines]
    started = [_message(thread, seq, state.requester_name) for seq in state.consumes]
    current: list[Entry] = [*started]
    for number, record in enumerate(thread.records, start=1):
        if isinstance(record.event, events.HistorySummarised):
            covered = record.event.upto
            told, current = [Entry("summary", record.event.text)], _between(thread, covered, number)
        else:
            current += _entry(thread, record)
    return told + compact(in_order(current))


def _between(thread: Thread, covered: int, upto: int) -> list[Entry]:
    return [entry for record in thread.records[covered:upto] for entry in _entry(thread, record)]


def _entry(thread: Thread, record: Record) -> list[Entry]:
    at = record.at
    match record.event:
        case events.MessageTaken(fact=fact, name=name) | events.MessageKept(fact=fact, name=name):
            return [_message(thread, fact, name)]
        case events.ModelAnswered(text=text):
            return [Entry("step", text, at=at)]
        case events.ToolFinished(key=key, ok=True, value=value, size=size, blob=blob):
            whole = value if isinstance(value, str) else pydantic_core.to_json(value).decode()
            return [Entry("result", f"{whole}… ({size} bytes, cut)" if blob else whole, tool_of(key), at)]
        case events.ToolFinished(key=key, message=message):
            return [Entry("error", message.partition("\n")[0][:LONGEST_ERROR], tool_of(key), at)]
        case events.OperationRefused(key=key, outcome=outcome, reason=reason):
            return [Entry("refused", _refused(outcome, reason), tool_of(key), at)]
        case events.QuestionAsked(name=name, text=text):
            return [Entry("question_back", text, name, at)]
        case events.QuestionAnswered(name=name, text=text):
            return [Entry("question_answered", text, name, at)]
        case events.ResponseRefused(run=run, late=True) as late if run == thread.state.run:
            return [Entry("late_answer", _late(thread, late), late.name, at)]
        case events.RequestSettled(request=request, settlement=settlement):
            return _settled(thread, request, settlement)
        case events.Replied(text=text, enclosures=enclosures):
            sent = [TEXTS.say("context.sent", name=e.name, size=measured(e.size)) for e in enclosures]
            return [Entry("reply", "\n".join([text, *sent]), at=at)]
    return []


def _settled(thread: Thread, name: str, settlement: Settlement) -> list[Entry]:
    standing = thread.state.requests[name]
    request = standing.asked or standing.request
    if request.parent is not None:
        return []
    if settlement.outcome is Outcome.ANSWERED and not request.tool:
        return [Entry("answer", settlement.answer, settlement.name, settlement.at)]
    tag = "approved" if settlement.outcome in APPROVING else "refused"
    outcome: str = settlement.outcome
    if request.in_doubt and settlement.outcome in DOUBT_ENDS:
        tag, outcome = "in_doubt", f"in_doubt.{outcome}"
    elif settlement.grant:
        outcome = "approved.grant"
    chosen = next((choice.label for choice in request.choices if choice.name == settlement.choice), "")
    text = _told(outcome, settlement.comment, settlement.name, chosen)
    if settlement.replaced_by is not None:
        newer = TEXTS.say("titled", title=settlement.comment) if settlement.comment else TEXTS.say("newer")
        text = TEXTS.say("model.replaced", title=newer)
    if settlement.changes:
        text += "\n" + TEXTS.say("model.changed", changes=edits.difference(request.arguments, settlement.changes))
    return [Entry(tag, text, request.tool or request.title, settlement.at)]


def _late(thread: Thread, late: events.ResponseRefused) -> str:
    request = thread.state.requests[late.request].request
    return TEXTS.say("model.late", title=request.title, said=said(TEXTS, request, late.decision, late.text))


def said(texts: Catalogue, request: Request, decision: Decision, text: str) -> str:
    """Say in words what somebody decided, and what they said besides."""
    if decision in (Decision.ANSWER, Decision.ASK_BACK):
        return text
    word = texts.say(f"said.in_doubt.{decision}" if request.in_doubt else f"said.{decision}")
    return f"{word}: {text}" if text else word


def _refused(outcome: str, reason: str) -> str:
    if outcome == "suppressed":
        return TEXTS.say("model.suppressed")
    return _told("denied.before" if outcome == "denied" else outcome, reason)


def _told(outcome: str, comment: str, name: str = "", chosen: str = "") -> str:
    """Say on one line what became of a call, and on a second one what a model should do about it."""
    lines = [TEXTS.say(f"model.{outcome}", name=name)]
    if chosen:
        lines[0] += " " + TEXTS.say("model.chosen", choice=chosen)
    if comment:
        comment = _cut(comment, LONGEST_COMMENT)
        approved = outcome.partition(".")[0] in APPROVING
        lines[0] += " " + TEXTS.say("model.besides" if approved else "model.because", comment=comment)
    if outcome.partition(".")[0] == "denied":
        lines.append(TEXTS.say("model.denied.advice"))
    return "\n".join(lines)


def _message(thread: Thread, seq: int, name: str) -> Entry:
    fact = thread.facts[seq]
    came = [
        TEXTS.say("context.attached", name=file.name, kind=file.media_type or "?", size=measured(file.size))
        for file in fact.attachments
    ]
    return Entry("message", "\n".join([fact.text, *came]).lstrip("\n"), name or fact.sender_name, fact.sent_at)


def tool_of(key: str) -> str:
    """Name the tool or function behind an operation's key."""
    return key.rpartition("/")[2].partition("#")[0]


def in_order(told: Iterable[Entry]) -> list[Entry]:
    """Put messages that came in together into the vendor's order; mark those older than what was already shown."""
    ordered: list[Entry] = []
    shown = 0.0
    for is_message, group in groupby(told, key=lambda entry: entry.tag == "message"):
        block = list(group)
        if is_message:
            block.sort(key=lambda entry: entry.at)
            block = [replace(entry, late=entry.at < shown) for entry in block]
            shown = max(shown, *(entry.at for entry in block))
        ordered += block
    return ordered


def compact(told: Sequence[Entry]) -> list[Entry]:
    """Make several failures of a tool one entry, without traces; once the tool succeeds they go."""
    kept: list[Entry] = []
    for entry in told:
        if entry.tag in ("result", "error"):
            earlier = [old for old in kept if old.tag == "error" and old.name == entry.name]
            kept = [old for old in kept if old not in earlier]
            if entry.tag == "error":
                entry = replace(entry, times=sum(old.times for old in earlier) + 1)
        kept.append(entry)
    return kept


def render(told: Iterable[Entry]) -> str:
    """Write entries down, one tag each. Text cannot close its tag."""
    return "\n".join(_render(entry) for entry in told)


def _render(entry: Entry) -> str:
    attributes = {
        "of" if entry.tag in ("result", "error", "refused", "approved", "in_doubt") else "from": escape(entry.name),
        "at": datetime.fromtimestamp(entry.at, UTC).strftime("%Y-%m-%d %H:%M UTC") if entry.at else "",
        "late": "yes" if entry.late else "",
        "times": str(entry.times) if entry.times > 1 else "",
    }
    text = _cut(entry.text, LONGEST_ENTRY)
    written = "".join(f' {name}="{value.replace(chr(34), "&quot;")}"' for name, value in attributes.items() if value)
    return f"<{entry.tag}{written}>{escape(text)}</{entry.tag}>"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… [cut: {len(text)} characters]"


class Section(NamedTuple):
    """A part of a context with its budget in tokens."""

    text: str
    budget: int


def sections(*parts: Section) -> str:
    """Join parts; one that is too long loses its oldest lines, and says so."""
    return "\n\n".join(fit(part.text, part.budget) for part in parts if part.text)


def fit(text: str, budget: int) -> str:
    """Cut a text to a budget of tokens, from its beginning, at line ends where it can."""
    if tokens(text) <= budget:
        return text
    lines = text.splitlines()
    kept: list[str] = []
    room = budget * CHARACTERS_PER_TOKEN - 40
    for line in reversed(lines):
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    if not kept:
        return "[cut] …" + lines[-1][-max(0, budget * CHARACTERS_PER_TOKEN - 8) :]
    return "\n".join([f"[{len(lines) - len(kept)} earlier lines left out]", *reversed(kept)])


def carry(thread: Thread) -> events.Carry:
    """What the next run of a thread knows of this one and of those before it."""
    state = thread.state
    if not state.run:
        return events.Carry()
    lines = [
        events.Line(at=entry.at, name=entry.name or "you", text=entry.text[:LONGEST_LINE])
        for entry in entries(thread)
        if entry.tag in ("earlier", "message", "reply", "answer")
    ]
    summary = next((entry.text for entry in entries(thread) if entry.tag == "summary"), "")
    return events.Carry(summary=summary, lines=tuple(lines[-LINES_CARRIED:]), state=_state(state.ended))


def _state(ended: events.RunEnded | None) -> Any:
    return ended.state if ended is not None else None
