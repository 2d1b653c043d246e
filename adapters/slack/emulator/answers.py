"""
What people enter: from a plain value to the object that stands in `state.values`.

https://docs.slack.dev/reference/interaction-payloads/view-interactions-payload#view_submission
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from adapters.slack.emulator import blocks, errors, state

Values = dict[str, dict[str, state.Json]]

MISSING = "Please complete this required field."


def fields(shown: list[state.Json]) -> Iterator[tuple[state.Json, state.Json]]:
    """Each block and element that keeps what is entered."""
    for block in shown:
        for element in blocks.elements(block):
            if element["type"] == "plain_text_input" or element["type"] in blocks.CHOICES:
                yield block, element


def entry(element: state.Json, value: Any) -> state.Json:
    """
    The object for a value: a text, an option's value, a list of them, or a date.

    Raises:
        Refused: It cannot be entered there.
    """
    kind = element["type"]
    match kind:
        case "plain_text_input":
            return {"type": kind, "value": str(value) if value not in (None, "") else None}
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": _option(element, value) if value not in (None, "") else None}
        case "checkboxes":
            wanted = value if isinstance(value, list) else [value] if value not in (None, "") else []
            return {"type": kind, "selected_options": [_option(element, each) for each in wanted]}
        case _:
            return {"type": kind, "selected_date": _date(value) if value not in (None, "") else None}


def values(shown: list[state.Json], entered: Values) -> Values:
    """What `state.values` holds: what was entered, and the initial value where nothing was."""
    found: Values = {}
    for block, element in fields(shown):
        known = entered.get(block["block_id"], {}).get(element["action_id"])
        found.setdefault(block["block_id"], {})[element["action_id"]] = known or _initial(element)
    return found


def read(shown: list[state.Json], given: Any) -> Values:
    """
    Values as a person entered them, by block and action.

    Raises:
        Refused: There is no such field, or it does not take that value.
    """
    known = {(block["block_id"], element["action_id"]): element for block, element in fields(shown)}
    found: Values = {}
    if not isinstance(given, dict) or not all(isinstance(each, dict) for each in given.values()):
        raise errors.Refused("Values are given by block_id and action_id.", status=400)
    for block_id, actions in given.items():
        for action_id, value in actions.items():
            element = known.get((block_id, action_id))
            if element is None:
                raise errors.Refused(f"There is no field {action_id} in a block {block_id}.")
            found.setdefault(block_id, {})[action_id] = entry(element, value)
    return found


def merged(older: Values, newer: Values) -> Values:
    """Both, the newer where they meet."""
    return {block_id: {**older.get(block_id, {}), **newer.get(block_id, {})} for block_id in {**older, **newer}}


def problems(shown: list[state.Json], entered: Values) -> dict[str, str]:
    """What Slack's client itself refuses to submit, by block."""
    found: dict[str, str] = {}
    for block, element in fields(shown):
        if block["type"] != "input":
            continue
        content = next(
            value for name, value in entered[block["block_id"]][element["action_id"]].items() if name != "type"
        )
        if not content and not block.get("optional"):
            found[block["block_id"]] = MISSING
        elif content and element["type"] == "plain_text_input":
            if len(content) < element.get("min_length", 0):
                found[block["block_id"]] = f"Please enter at least {element['min_length']} characters."
            if len(content) > element.get("max_length", 3000):
                found[block["block_id"]] = f"Please enter at most {element.get('max_length', 3000)} characters."
    return found


def _initial(element: state.Json) -> state.Json:
    kind = element["type"]
    match kind:
        case "plain_text_input":
            return {"type": kind, "value": element.get("initial_value")}
        case "static_select" | "radio_buttons":
            return {"type": kind, "selected_option": element.get("initial_option")}
        case "checkboxes":
            return {"type": kind, "selected_options": element.get("initial_options") or []}
        case _:
            return {"type": kind, "selected_date": element.get("initial_date")}


def _option(element: state.Json, value: Any) -> state.Json:
    for choice in blocks.options(element):
        if choice["value"] == value:
            return choice
    raise errors.Refused(f"There is no choice {value!r}.")


def _date(value: Any) -> str:
    try:
        return datetime.date.fromisoformat(str(value)).isoformat()
    except ValueError:
        raise errors.Refused(f"{value!r} is no date: use YYYY-MM-DD.") from None
