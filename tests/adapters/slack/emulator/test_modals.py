"""
Which views pass.
"""

from __future__ import annotations

from typing import Any

import pytest

from adapters.slack.emulator import Workspace, errors
from adapters.slack.emulator.modals import Modals
from adapters.slack.emulator.triggers import Triggers
from tests.adapters.slack.emulator.conftest import ANA, BEN, FORM, Hand

DIVIDER = {"type": "divider"}


@pytest.fixture
def triggers(clock: Hand) -> Triggers:
    return Triggers(clock)


@pytest.fixture
def modals(workspace: Workspace, triggers: Triggers, clock: Hand) -> Modals:
    return Modals(workspace, triggers, clock=clock)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


@pytest.mark.parametrize(
    "changes",
    [
        {"title": plain("x" * 24), "submit": plain("x" * 24), "close": plain("x" * 24)},
        {"blocks": [DIVIDER] * 100, "submit": None},
        {"private_metadata": "x" * 3000, "callback_id": "x" * 255, "external_id": "x" * 255},
        {"clear_on_close": True, "notify_on_close": True},
    ],
)
def test_view_within_the_limits_passes(modals: Modals, changes: dict[str, Any]) -> None:
    """
    A view that keeps to Slack's limits is taken, right up to them.
    """
    assert modals.checked({**FORM, **changes})["type"] == "modal"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"type": "home"}, "value must be one of: modal [json-pointer:/view/type]"),
        ({"title": None}, "missing required field: title [json-pointer:/view]"),
        ({"title": plain("x" * 25)}, "must be less than 25 characters [json-pointer:/view/title/text]"),
        ({"title": {"type": "mrkdwn", "text": "x"}}, "unsupported type: mrkdwn [json-pointer:/view/title]"),
        ({"submit": plain("x" * 25)}, "must be less than 25 characters [json-pointer:/view/submit/text]"),
        ({"close": plain("x" * 25)}, "must be less than 25 characters [json-pointer:/view/close/text]"),
        ({"submit": None}, "missing required field: submit [json-pointer:/view]"),
        ({"blocks": None}, "missing required field: blocks [json-pointer:/view]"),
        ({"blocks": {}}, "must be an array [json-pointer:/view/blocks]"),
        ({"blocks": [DIVIDER] * 101}, "no more than 100 items allowed [json-pointer:/view/blocks]"),
        ({"blocks": [{"type": "markdown", "text": "x"}]}, "unsupported type: markdown [json-pointer:/view/blocks/0]"),
        ({"private_metadata": "x" * 3001}, "must be less than 3001 characters"),
        ({"callback_id": "x" * 256}, "must be less than 256 characters"),
        ({"notify_on_close": "yes"}, "must be a boolean [json-pointer:/view/notify_on_close]"),
        ({"colour": "red"}, "invalid additional property: colour [json-pointer:/view]"),
    ],
)
def test_view_beyond_a_limit_is_refused(modals: Modals, changes: dict[str, Any], problem: str) -> None:
    """
    A malformed or oversized view is `invalid_arguments`, and the answer points at the place.
    """
    with pytest.raises(errors.ApiError) as refusal:
        modals.checked({**FORM, **changes})

    assert refusal.value.name == "invalid_arguments"
    assert any(each.startswith(problem) for each in refusal.value.problems), refusal.value.problems


@pytest.mark.parametrize("given", [None, "modal", []])
def test_what_is_no_view(modals: Modals, given: Any) -> None:
    """
    What is no object is `invalid_arguments` too.
    """
    with pytest.raises(errors.ApiError) as refusal:
        modals.checked(given)
    assert refusal.value.problems == ["must provide an object [json-pointer:/view]"]


def test_view_of_a_quarter_megabyte(modals: Modals) -> None:
    """
    A view over 250 kB is too large, though each of its parts is not.
    """
    section = {"type": "section", "fields": [plain("x" * 2000)] * 2}
    with pytest.raises(errors.ApiError) as refusal:
        modals.checked({**FORM, "blocks": [section] * 70})
    assert refusal.value.name == "view_too_large"


def test_external_id_is_taken_once(modals: Modals, triggers: Triggers) -> None:
    """
    Two open views have two external_ids; when one is closed its id is free again, and a view may keep its own.
    """
    named = {**FORM, "external_id": "mine"}
    first = modals.open(triggers.new(ANA), named)
    modals.update(first, named)

    with pytest.raises(errors.ApiError) as refusal:
        modals.open(triggers.new(BEN), named)

    assert refusal.value.name == "duplicate_external_id"
    modals.close(first)
    assert modals.open(triggers.new(BEN), named).person == BEN


def test_new_modal_takes_the_place_of_the_old(modals: Modals, triggers: Triggers) -> None:
    """
    A person has one modal of the app before them.
    """
    first = modals.open(triggers.new(ANA), FORM)
    second = modals.open(triggers.new(ANA), FORM)

    assert modals.top(ANA) is second
    assert not first.is_open


def test_refused_view_does_not_use_up_the_trigger(modals: Modals, triggers: Triggers) -> None:
    """
    After a refused view the same trigger_id opens a better one.
    """
    trigger_id = triggers.new(ANA)
    with pytest.raises(errors.ApiError):
        modals.open(trigger_id, {})
    assert modals.open(trigger_id, FORM).is_open
