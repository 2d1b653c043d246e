"""
Which blocks pass, and what is said of those that do not.
"""

from __future__ import annotations

import copy
from typing import Any

import pytest

from adapters.slack.emulator import blocks, errors


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def option(value: str, text: str = "An option") -> dict[str, Any]:
    return {"text": plain(text), "value": value}


def section(**fields: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn("x"), **fields}


def button(**fields: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain("Press"), **fields}


def actions(*elements: Any) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def entry(element: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain("Label"), "element": element, **fields}


def select(**fields: Any) -> dict[str, Any]:
    return {"type": "static_select", "options": [option("a"), option("b")], **fields}


def radio(**fields: Any) -> dict[str, Any]:
    return {"type": "radio_buttons", "options": [option("a")], **fields}


def boxes(**fields: Any) -> dict[str, Any]:
    return {"type": "checkboxes", "options": [option("a")], **fields}


GOOD = [
    section(text=mrkdwn("x" * 3000)),
    section(fields=[mrkdwn("x" * 2000)] * 6),
    section(fields=[mrkdwn("x")] * 10),
    section(accessory=button(style="primary", value="v" * 2000, url="https://example.com")),
    {"type": "section", "fields": [plain("only fields")]},
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn("x"), {"type": "image", "image_url": "https://e.org/a", "alt_text": "a"}]},
    {"type": "context", "elements": [mrkdwn("x")] * 10},
    actions(*(button(action_id=f"a{number}") for number in range(25))),
    actions(select(placeholder=plain("x" * 150), initial_option=option("b"))),
    actions({"type": "radio_buttons", "options": [option(str(number)) for number in range(10)]}),
    actions({"type": "checkboxes", "options": [option("a")], "initial_options": [option("a")]}),
    actions({"type": "datepicker", "initial_date": "2026-11-22"}),
    actions(button(confirm={"title": plain("t"), "text": mrkdwn("x"), "confirm": plain("y"), "deny": plain("n")})),
    actions({"type": "static_select", "option_groups": [{"label": plain("g"), "options": [option("a", "x" * 75)]}]}),
    entry({"type": "plain_text_input", "multiline": True, "max_length": 3000}, hint=plain("h"), optional=True),
    entry(select()),
    {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "a", "title": plain("t")},
    {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": []}]},
    {"type": "markdown", "text": "**bold**"},
]

BAD = [
    (section(text=mrkdwn("x" * 3001)), "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    (section(text=mrkdwn("")), "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    (section(text="bare"), "must provide an object [json-pointer:/blocks/0/text]"),
    (section(text={"type": "html", "text": "x"}), "unsupported type: html [json-pointer:/blocks/0/text]"),
    ({"type": "section"}, "missing required field: text [json-pointer:/blocks/0]"),
    (section(fields=[mrkdwn("x")] * 11), "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    (section(fields=[mrkdwn("x" * 2001)]), "must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]"),
    (section(fields=[]), "no fewer than 1 items allowed [json-pointer:/blocks/0/fields]"),
    (section(colour="red"), "invalid additional property: colour [json-pointer:/blocks/0]"),
    (section(block_id="x" * 256), "must be less than 256 characters [json-pointer:/blocks/0/block_id]"),
    (section(accessory={"type": "plain_text_input"}), "unsupported type: plain_text_input"),
    ({"type": "header", "text": mrkdwn("x")}, "unsupported type: mrkdwn [json-pointer:/blocks/0/text]"),
    ({"type": "header", "text": plain("x" * 151)}, "must be less than 151 characters"),
    ({"type": "context", "elements": [mrkdwn("x")] * 11}, "no more than 10 items allowed"),
    (actions(), "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    (actions(*[button()] * 26), "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    (actions(button(action_id="a"), button(action_id="a")), "`action_id` already exists within the block"),
    (actions(button(text=plain("x" * 76))), "must be less than 76 characters"),
    (actions(button(text=mrkdwn("x"))), "unsupported type: mrkdwn"),
    (actions(button(value="x" * 2001)), "must be less than 2001 characters"),
    (actions(button(action_id="x" * 256)), "must be less than 256 characters"),
    (actions(button(url="h" * 3001)), "must be less than 3001 characters"),
    (actions(button(style="green")), "value must be one of: primary, danger"),
    (actions({"type": "button"}), "missing required field: text [json-pointer:/blocks/0/elements/0]"),
    (actions(button(confirm={"title": plain("x" * 101)})), "must be less than 101 characters"),
    (actions(button(confirm={"title": plain("t")})), "missing required field: deny"),
    (actions(button(confirm={"confirm": plain("x" * 31)})), "must be less than 31 characters"),
    (actions(button(confirm={"deny": plain("x" * 31)})), "must be less than 31 characters"),
    (actions(button(confirm={"text": mrkdwn("x" * 301)})), "must be less than 301 characters"),
    (actions(select(options=[option(str(n)) for n in range(101)])), "no more than 100 items allowed"),
    (actions(select(options=[option("x" * 151)])), "must be less than 151 characters"),
    (actions(select(options=[option("a", "x" * 76)])), "must be less than 76 characters"),
    (actions({"type": "static_select"}), "must provide either options or option_groups"),
    (actions(select(initial_option=option("c"))), "initial option must exactly match one of the provided options"),
    (actions(select(placeholder=plain("x" * 151))), "must be less than 151 characters"),
    (actions({"type": "radio_buttons", "options": [option(str(n)) for n in range(11)]}), "no more than 10 items"),
    (actions(radio(initial_option=option("c"))), "initial option must exactly match one of the provided options"),
    (actions(boxes(initial_options=[option("c")])), "initial option must exactly match one of the provided options"),
    (actions(boxes(options=[option(str(n)) for n in range(11)])), "no more than 10 items allowed"),
    (actions({"type": "overflow", "options": [option("a")]}), "unsupported type: overflow"),
    (actions({"type": "datepicker", "initial_date": "soon"}), "must be more than 9 characters"),
    (actions("button"), "must provide an object [json-pointer:/blocks/0/elements/0]"),
    (entry(button()), "unsupported type: button [json-pointer:/blocks/0/element]"),
    (entry({"type": "plain_text_input"}, label=plain("x" * 2001)), "must be less than 2001 characters"),
    (entry({"type": "plain_text_input", "max_length": 3001}), "must be between 1 and 3000"),
    (entry({"type": "plain_text_input", "multiline": "yes"}), "must be a boolean"),
    ({"type": "input", "label": plain("x")}, "missing required field: element [json-pointer:/blocks/0]"),
    ({"type": "image", "alt_text": "a"}, "must provide either image_url or slack_file"),
    ({"type": "image", "image_url": "https://example.com/a"}, "missing required field: alt_text"),
    ({"type": "image", "image_url": "https://e.org", "alt_text": "x" * 2001}, "must be less than 2001 characters"),
    ({"type": "carousel"}, "unsupported type: carousel [json-pointer:/blocks/0]"),
    ({"text": mrkdwn("x")}, "missing required field: type [json-pointer:/blocks/0]"),
    ("section", "must provide an object [json-pointer:/blocks/0]"),
    (section(accessory={"type": "image", "image_url": "https://e.org/a"}), "missing required field: alt_text"),
    (section(accessory={"type": "image", "alt_text": "a"}), "must provide either image_url or slack_file"),
    (entry({"type": "plain_text_input", "min_length": -1}), "must be between 0 and 3000"),
    (entry({"type": "plain_text_input", "min_length": 3001}), "must be between 0 and 3000"),
    (entry({"type": "plain_text_input", "max_length": 0}), "must be between 1 and 3000"),
]


@pytest.mark.parametrize("block", GOOD)
def test_block_within_the_limits_passes(block: dict[str, Any]) -> None:
    """
    A block that keeps to Slack's limits is taken, right up to them.
    """
    assert blocks.for_message([block])[0]["type"] == block["type"]


@pytest.mark.parametrize(("block", "problem"), BAD)
def test_block_beyond_a_limit_is_refused(block: Any, problem: str) -> None:
    """
    A malformed or oversized block is `invalid_blocks`, and the answer points at the place.
    """
    with pytest.raises(errors.ApiError) as refusal:
        blocks.for_message([block])

    assert refusal.value.name == "invalid_blocks"
    assert any(each.startswith(problem) for each in refusal.value.problems), refusal.value.problems
    assert refusal.value.answer()["response_metadata"]["messages"][0].startswith("[ERROR] ")


def test_message_has_fifty_blocks_at_most() -> None:
    """
    Fifty blocks make a message, fifty-one do not.
    """
    assert len(blocks.for_message([{"type": "divider"}] * 50)) == 50
    with pytest.raises(errors.ApiError) as refusal:
        blocks.for_message([{"type": "divider"}] * 51)
    assert refusal.value.problems == ["no more than 50 items allowed [json-pointer:/blocks]"]


def test_block_id_comes_once_in_a_message() -> None:
    """
    Two blocks with one block_id are refused.
    """
    with pytest.raises(errors.ApiError) as refusal:
        blocks.for_message([section(block_id="a"), section(block_id="a")])
    assert refusal.value.problems == ["`block_id` already exists [json-pointer:/blocks/1/block_id]"]


def test_blocks_that_are_no_list_are_another_error() -> None:
    """
    Blocks that are not an array are `invalid_blocks_format`.
    """
    with pytest.raises(errors.ApiError) as refusal:
        blocks.for_message({"type": "section"})
    assert refusal.value.name == "invalid_blocks_format"


@pytest.mark.parametrize(
    "given",
    [
        [{"type": "markdown", "text": "x" * 6000}, {"type": "markdown", "text": "x" * 6001}],
        [section(text=mrkdwn("x" * 3000)) for _ in range(5)],
    ],
)
def test_blocks_that_are_too_long_together(given: list[dict[str, Any]]) -> None:
    """
    Markdown blocks have 12,000 characters together, all blocks of a message 13,200.
    """
    with pytest.raises(errors.ApiError) as refusal:
        blocks.for_message(given)
    assert refusal.value.name == "msg_blocks_too_long"
    assert blocks.for_message([{"type": "markdown", "text": "x" * 12_000}])


def test_ids_are_filled_in() -> None:
    """
    Slack gives every block and element that has none an id of its own, but leaves markdown blocks without.
    """
    given = [actions(button(), button(action_id="mine")), {"type": "markdown", "text": "x", "block_id": "lost"}]
    first, second = blocks.for_message(copy.deepcopy(given))

    assert first["block_id"]
    assert first["elements"][0]["action_id"]
    assert first["elements"][1]["action_id"] == "mine"
    assert "block_id" not in second
    assert "block_id" not in given[0]


def test_texts_are_escaped_and_completed() -> None:
    """
    Text objects come back as Slack keeps them: plain text without markup, mrkdwn with its own, defaults filled in.
    """
    block = blocks.for_message([section(text=mrkdwn("<@U1> a < b"), accessory=button(text=plain("<@U1> & co")))])[0]

    assert block["text"] == {"type": "mrkdwn", "text": "<@U1> a &lt; b", "verbatim": False}
    assert block["accessory"]["text"] == {"type": "plain_text", "text": "&lt;@U1&gt; &amp; co", "emoji": True}
