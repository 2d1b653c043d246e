"""
What somebody sent in, and whether an outcome says just that: read by itself, and not by the gateway's own forms.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from adapters.base import COMMENT
from agent_core import events, facts
from agent_core.requests import Decision, Outcome, Request, Settlement
from tests.simulation.agents import digest_of


class Sent(NamedTuple):
    """What stands in a form that was sent in, field by field, and the way to deny that it was opened with."""

    values: Mapping[str, str]
    choice: str


def sent(fact: events.Event) -> Sent | None:
    """Give what somebody sent in by a form, or changed in words; None where they said it otherwise."""
    match fact:
        case facts.FormSubmitted(values=values, choice=choice):
            return Sent({name: str(value) for name, value in values.items()}, choice)
        case facts.ResponseForwarded(response=response) if response.decision is not Decision.ANSWER or response.values:
            said = {COMMENT: response.text} if response.text else {}
            values = {name: str(value) for name, value in response.values.items()} | said
            return Sent(values, response.choice) if values or response.choice else None
        case facts.MessageReceived(text=text) if text.partition("\n")[0].endswith("edit"):
            lines = [line.partition(":") for line in text.splitlines()[1:]]
            return Sent({name: value.strip() for name, _, value in lines}, "")
    return None


def _filled(form: Sent) -> dict[str, str]:
    return {name: value for name, value in form.values.items() if name != COMMENT}


def changed(request: Request, before: Mapping[str, Any], event: events.RequestChanged, fact: events.Event) -> str:
    """Say what is wrong with how a call was changed, after earlier changes; empty: nothing."""
    form = sent(fact)
    if form is None:
        return "nobody has sent in a form"
    wanted = {name: str(value) for name, value in (request.arguments | dict(before)).items()} | _filled(form)
    whole = request.arguments | event.changes
    same = {name: str(value) for name, value in whole.items()} == wanted
    return "" if same and event.digest == digest_of(str(request.tool), whole) else f"{form} was sent in"


def wrong(request: Request, settlement: Settlement, fact: events.Event) -> str:
    """Say what is wrong with how a request ended, by what was sent in; empty: nothing."""
    form = sent(fact)
    match settlement.outcome:
        case Outcome.DENIED | Outcome.APPROVED | Outcome.APPROVED_WITH_EDITS if form is not None:
            added = form.values.get(COMMENT, "").strip()
            last = settlement.comment.rpartition("\n")[2]  # of several each has a line, by their name
            heard = not added or added in (last, last.removeprefix(f"{settlement.name}: "))
            return "" if settlement.choice == form.choice and heard else f"{form} was sent in"
        case Outcome.ANSWERED if request.answer_schema is not None:
            values = settlement.values or {}
            asked = request.answer_schema["properties"]
            if missing := [name for name in asked if not values.get(name)]:
                return f"{missing} are not filled in"
            filled = _filled(form) if form is not None else {}  # nothing, where it was said in words elsewhere
            return "" if not filled or filled == values else f"{form} was sent in"
    return ""
