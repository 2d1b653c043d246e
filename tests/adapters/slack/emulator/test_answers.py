"""
What people enter, as `state.values`.
"""

from __future__ import annotations

from typing import Any

import pytest

from adapters.slack.emulator import answers, errors


def option(value: str) -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": value.upper()}, "value": value}


def field(element: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    """A form of one input block."""
    return [{"type": "input", "block_id": "b", "element": {"action_id": "a", **element}, **more}]


TEXT = {"type": "plain_text_input"}
MENU = {"type": "static_select", "options": [option("x"), option("y")]}
GROUPS = {"type": "static_select", "option_groups": [{"label": {}, "options": [option("x")]}]}
RADIO = {"type": "radio_buttons", "options": [option("x"), option("y")]}
BOXES = {"type": "checkboxes", "options": [option("x"), option("y")]}
DATE = {"type": "datepicker"}


@pytest.mark.parametrize(
    ("element", "value", "kept"),
    [
        (TEXT, "hi", {"value": "hi"}),
        (TEXT, "", {"value": None}),
        (MENU, "y", {"selected_option": option("y")}),
        (GROUPS, "x", {"selected_option": option("x")}),
        (RADIO, "x", {"selected_option": option("x")}),
        (RADIO, None, {"selected_option": None}),
        (BOXES, ["x", "y"], {"selected_options": [option("x"), option("y")]}),
        (BOXES, "x", {"selected_options": [option("x")]}),
        (BOXES, None, {"selected_options": []}),
        (DATE, "2026-11-22", {"selected_date": "2026-11-22"}),
        (DATE, "", {"selected_date": None}),
    ],
)
def test_value_of_each_kind(element: dict[str, Any], value: Any, kept: dict[str, Any]) -> None:
    """
    A text, a choice, several choices and a date stand in the state as Slack writes them.
    """
    shown = field(element)
    found = answers.values(shown, answers.read(shown, {"b": {"a": value}}))
    assert found == {"b": {"a": {"type": element["type"], **kept}}}


@pytest.mark.parametrize(
    ("element", "kept"),
    [
        ({**TEXT, "initial_value": "hi"}, {"value": "hi"}),
        ({**MENU, "initial_option": option("x")}, {"selected_option": option("x")}),
        ({**BOXES, "initial_options": [option("x")]}, {"selected_options": [option("x")]}),
        (BOXES, {"selected_options": []}),
        ({**DATE, "initial_date": "2026-11-22"}, {"selected_date": "2026-11-22"}),
    ],
)
def test_what_nobody_touched(element: dict[str, Any], kept: dict[str, Any]) -> None:
    """
    Where nothing was entered the initial value stands.
    """
    assert answers.values(field(element), {}) == {"b": {"a": {"type": element["type"], **kept}}}


@pytest.mark.parametrize(
    ("element", "given"),
    [
        (MENU, {"b": {"a": "z"}}),
        (DATE, {"b": {"a": "tomorrow"}}),
        (TEXT, {"b": {"other": "x"}}),
        (TEXT, {"b": "x"}),
        (TEXT, "x"),
    ],
)
def test_what_cannot_be_entered(element: dict[str, Any], given: Any) -> None:
    """
    A choice that is not offered, a date that is none, and a field that is not there are refused.
    """
    with pytest.raises(errors.Refused):
        answers.read(field(element), given)


@pytest.mark.parametrize(
    ("element", "value", "complaint"),
    [
        ({**TEXT, "min_length": 3, "max_length": 5}, "12", "at least 3"),
        ({**TEXT, "min_length": 3, "max_length": 5}, "123", None),
        ({**TEXT, "min_length": 3, "max_length": 5}, "12345", None),
        ({**TEXT, "min_length": 3, "max_length": 5}, "123456", "at most 5"),
        (TEXT, "x" * 3000, None),
        (TEXT, "x" * 3001, "at most 3000"),
        (TEXT, "", "required"),
        (BOXES, [], "required"),
    ],
)
def test_what_the_client_refuses(element: dict[str, Any], value: Any, complaint: str | None) -> None:
    """
    Slack's own client holds back an empty required field and a text outside its lengths.
    """
    shown = field(element)
    found = answers.problems(shown, answers.values(shown, answers.read(shown, {"b": {"a": value}})))

    assert (complaint in found["b"]) if complaint else found == {}
    optional = field(element, optional=True)
    if complaint == "required":
        assert answers.problems(optional, answers.values(optional, {})) == {}


def test_later_entries_win_one_by_one() -> None:
    """
    What is entered later replaces the same field and leaves its neighbours.
    """
    older = {"b": {"a": {"value": "1"}, "c": {"value": "2"}}}
    newer = {"b": {"a": {"value": "3"}}, "d": {"e": {"value": "4"}}}
    assert answers.merged(older, newer) == {"b": {"a": {"value": "3"}, "c": {"value": "2"}}, "d": {"e": {"value": "4"}}}
