"""
Forms as people meet them: what is asked for, and what is wrong with what they entered, in words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent_core.catalogue import Catalogue
from agent_core.forms import NO, YES, Fault, Field


def worded(asked: Sequence[Field], catalogue: Catalogue) -> tuple[Field, ...]:
    """Give fields in which yes and no are in the reader's words."""
    options = ((YES, catalogue.say("form.yes")), (NO, catalogue.say("form.no")))
    return tuple(f.model_copy(update={"options": options}) if f.kind == "boolean" else f for f in asked)


def faults(found: Mapping[str, Fault], catalogue: Catalogue) -> dict[str, str]:
    """Say what is wrong, by field."""
    return {
        name: catalogue.say(f"form.fault.{reason}", limit=_limit(catalogue, limit))
        for name, (reason, limit) in found.items()
    }


def _limit(catalogue: Catalogue, limit: object) -> object:
    return catalogue.number(limit) if isinstance(limit, float) else limit


def lines(asked: Sequence[Field], found: Mapping[str, Fault], catalogue: Catalogue) -> str:
    """Say what is wrong, a line for each field."""
    said = faults(found, catalogue)
    return "\n".join(f"{field.label}: {said[field.name]}" for field in asked if field.name in said)


def how(asked: Sequence[Field], catalogue: Catalogue) -> str:
    """Say what a reply has to have that fills in a form: its fields by number."""
    listed = []
    for number, field in enumerate(asked, start=1):
        key = "form.line" if field.required else "form.line.optional"
        listed.append(catalogue.say(key, number=number, label=field.label))
    return ", ".join(listed)
