"""
Block Kit: which blocks the emulator takes, and Slack's limits on them.

Each limit stands in the reference of its block, element or object under
https://docs.slack.dev/reference/block-kit/blocks, …/block-elements and …/composition-objects. Kinds that Slack knows
and that do not stand here are refused as `unsupported type`, so that nobody believes they were checked.
"""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterator
from typing import Any

from adapters.slack.emulator import checks, errors, markup, state

MOST_IN_MESSAGE = 50
MOST_IN_MODAL = 100
MARKDOWN_LIMIT = 12_000  # characters of all markdown blocks of a message together
TOTAL_LIMIT = 13_200
"""
Characters of all blocks together. Slack does not document it; slackapi/bolt-js#2509 met it in messages with a markdown
block among others. Here it holds for every message, because nobody has shown that the others are free of it.
"""


def text(longest: int, *types: str, shortest: int = 1) -> checks.Check:
    """A text object; of both types unless said otherwise."""
    words = checks.string(longest, shortest=shortest)
    known = {
        "plain_text": {"type": checks.anything, "text": words, "emoji": checks.boolean},
        "mrkdwn": {"type": checks.anything, "text": words, "verbatim": checks.boolean},
    }
    return checks.kinds(
        {each: checks.record(known[each], required=("text",)) for each in types or ("plain_text", "mrkdwn")}
    )


PLAIN = "plain_text"
ID = checks.string(255, shortest=1)

CONFIRM = checks.record(
    {
        "title": text(100, PLAIN),
        "text": text(300),
        "confirm": text(30, PLAIN),
        "deny": text(30, PLAIN),
        "style": checks.one_of("primary", "danger"),
    },
    required=("title", "text", "confirm", "deny"),
)


def option(*types: str) -> checks.Check:
    """An option; its text may be mrkdwn only in radio buttons and checkboxes."""
    return checks.record(
        {"text": text(75, *types), "value": checks.string(150), "description": text(75, *types)},
        required=("text", "value"),
    )


INTERACTIVE = {"type": checks.anything, "action_id": ID, "confirm": CONFIRM, "focus_on_load": checks.boolean}
PLACEHOLDER = {"placeholder": text(150, PLAIN)}

BUTTON = checks.record(
    {
        "type": checks.anything,
        "action_id": ID,
        "confirm": CONFIRM,
        "text": text(75, PLAIN),
        "url": checks.string(3000),
        "value": checks.string(2000),
        "style": checks.one_of("primary", "danger"),
        "accessibility_label": checks.string(75),
    },
    required=("text",),
)


def static_select(value: Any, pointer: str, problems: checks.Problems) -> None:
    """A menu: options, or groups of options, not both."""
    group = checks.record(
        {"label": text(75, PLAIN), "options": checks.many(option(PLAIN), 100)}, required=("label", "options")
    )
    fields = {
        "options": checks.many(option(PLAIN), 100),
        "option_groups": checks.many(group, 100),
        "initial_option": option(PLAIN),
    }
    checks.record({**INTERACTIVE, **PLACEHOLDER, **fields})(value, pointer, problems)
    if (value.get("options") is None) == (value.get("option_groups") is None):
        problems.add(pointer, "must provide either options or option_groups")
    _initial_among_options(value, pointer, problems)


def radio_buttons(value: Any, pointer: str, problems: checks.Problems) -> None:
    """Radio buttons: ten options at most."""
    fields = {"options": checks.many(option(), 10), "initial_option": option()}
    checks.record({**INTERACTIVE, **fields}, required=("options",))(value, pointer, problems)
    _initial_among_options(value, pointer, problems)


def checkboxes(value: Any, pointer: str, problems: checks.Problems) -> None:
    """Checkboxes: ten options at most."""
    fields = {"options": checks.many(option(), 10), "initial_options": checks.many(option(), 10)}
    checks.record({**INTERACTIVE, **fields}, required=("options",))(value, pointer, problems)
    _initial_among_options(value, pointer, problems)


DATEPICKER = checks.record({**INTERACTIVE, **PLACEHOLDER, "initial_date": checks.string(10, shortest=10)})

PLAIN_TEXT_INPUT = checks.record(
    {
        "type": checks.anything,
        "action_id": ID,
        "focus_on_load": checks.boolean,
        **PLACEHOLDER,
        "initial_value": checks.string(3000),
        "multiline": checks.boolean,
        "min_length": checks.integer(0, 3000),
        "max_length": checks.integer(1, 3000),
        "dispatch_action_config": checks.anything,
    }
)

IMAGE_FIELDS = {
    "type": checks.anything,
    "alt_text": checks.string(2000),
    "image_url": checks.string(3000, shortest=1),
    "slack_file": checks.anything,
}


def image_element(value: Any, pointer: str, problems: checks.Problems) -> None:
    """An image beside text."""
    checks.record(IMAGE_FIELDS, required=("alt_text",))(value, pointer, problems)
    _image_source(value, pointer, problems)


CHOICES: dict[str, checks.Check] = {
    "static_select": static_select,
    "radio_buttons": radio_buttons,
    "checkboxes": checkboxes,
    "datepicker": DATEPICKER,
}

BLOCK = {"type": checks.anything, "block_id": ID}


def section(value: Any, pointer: str, problems: checks.Problems) -> None:
    """A section: text or fields, and perhaps something beside them."""
    fields = {
        "text": text(3000),
        "fields": checks.many(text(2000), 10),
        "accessory": checks.kinds({"button": BUTTON, "image": image_element, **CHOICES}),
        "expand": checks.boolean,
    }
    checks.record({**BLOCK, **fields})(value, pointer, problems)
    if value.get("text") is None and value.get("fields") is None:
        problems.add(pointer, "missing required field: text")


def image(value: Any, pointer: str, problems: checks.Problems) -> None:
    """An image of its own."""
    checks.record({**BLOCK, **IMAGE_FIELDS, "title": text(2000, PLAIN)}, required=("alt_text",))(
        value, pointer, problems
    )
    _image_source(value, pointer, problems)


EVERYWHERE: dict[str, checks.Check] = {
    "section": section,
    "header": checks.record({**BLOCK, "text": text(150, PLAIN)}, required=("text",)),
    "divider": checks.record(BLOCK),
    "context": checks.record(
        {
            **BLOCK,
            "elements": checks.many(
                checks.kinds({"image": image_element, "plain_text": text(3000), "mrkdwn": text(3000)}), 10
            ),
        },
        required=("elements",),
    ),
    "actions": checks.record(
        {**BLOCK, "elements": checks.many(checks.kinds({"button": BUTTON, **CHOICES}), 25)}, required=("elements",)
    ),
    "input": checks.record(
        {
            **BLOCK,
            "label": text(2000, PLAIN),
            "element": checks.kinds({"plain_text_input": PLAIN_TEXT_INPUT, **CHOICES}),
            "hint": text(2000, PLAIN),
            "optional": checks.boolean,
            "dispatch_action": checks.boolean,
        },
        required=("label", "element"),
    ),
    "rich_text": checks.record({**BLOCK, "elements": checks.many(checks.anything, 1000, shortest=0)}),
    "image": image,
}

IN_MESSAGES = {
    **EVERYWHERE,
    # The length is judged for all markdown blocks of the message together, by `for_message`.
    "markdown": checks.record({**BLOCK, "text": checks.string(1_000_000, shortest=1)}, required=("text",)),
}


def for_message(value: Any) -> list[state.Json]:
    """
    Check the blocks of a message.

    Returns:
        The blocks as Slack keeps them: with every id filled in and the texts escaped.

    Raises:
        ApiError: `invalid_blocks`, `invalid_blocks_format` or `msg_blocks_too_long`.
    """
    if not isinstance(value, list):
        raise errors.ApiError("invalid_blocks_format")
    problems = checks.Problems()
    find_problems(value, "/blocks", problems, known=IN_MESSAGES, most=MOST_IN_MESSAGE)
    if problems.found:
        raise errors.ApiError("invalid_blocks", problems=problems.found)
    markdown = sum(len(block["text"]) for block in value if block["type"] == "markdown")
    if markdown > MARKDOWN_LIMIT or _length(value) > TOTAL_LIMIT:
        raise errors.ApiError("msg_blocks_too_long")
    return complete(value)


def find_problems(
    value: list[Any], pointer: str, problems: checks.Problems, *, known: dict[str, checks.Check], most: int
) -> None:
    """Check a list of blocks against Slack's limits, and that no id comes twice where it must not."""
    checks.many(checks.kinds(known), most, shortest=0)(value, pointer, problems)
    blocks = [(index, block) for index, block in enumerate(value) if isinstance(block, dict)]
    seen: set[Any] = set()
    for index, block in blocks:
        if block.get("block_id") is not None and block["block_id"] in seen:
            problems.add(f"{pointer}/{index}/block_id", "`block_id` already exists")
        seen.add(block.get("block_id"))
        actions = [element["action_id"] for element in elements(block) if element.get("action_id") is not None]
        if len(actions) > len(set(map(str, actions))):
            problems.add(f"{pointer}/{index}", "`action_id` already exists within the block")


def elements(block: state.Json) -> Iterator[state.Json]:
    """What stands inside a block and could be pressed or filled in."""
    inside = block.get("elements") if block.get("type") == "actions" else [block.get("accessory"), block.get("element")]
    for element in inside if isinstance(inside, list) else []:
        if isinstance(element, dict):
            yield element


def complete(blocks: list[state.Json]) -> list[state.Json]:
    """Fill in what Slack fills in: ids that were left out, defaults of text objects, escapes."""
    filled: list[state.Json] = markup.escape_blocks(copy.deepcopy(blocks))
    for block in filled:
        if block["type"] == "markdown":
            # "block_id is ignored in markdown blocks and will not be retained"
            # https://docs.slack.dev/reference/block-kit/blocks/markdown-block
            block.pop("block_id", None)
            continue
        block.setdefault("block_id", new_id())
        for element in elements(block):
            if element["type"] != "image":
                element.setdefault("action_id", new_id())
    return filled


def options(element: state.Json) -> list[state.Json]:
    """What can be chosen in an element."""
    grouped = [choice for group in element.get("option_groups") or [] for choice in group["options"]]
    return [*(element.get("options") or []), *grouped]


def _initial_among_options(value: state.Json, pointer: str, problems: checks.Problems) -> None:
    chosen = value.get("initial_options") or ([value["initial_option"]] if value.get("initial_option") else [])
    if problems.found or not isinstance(chosen, list):
        return
    for each in chosen:
        if each not in options(value):
            problems.add(pointer, "initial option must exactly match one of the provided options")


def _image_source(value: state.Json, pointer: str, problems: checks.Problems) -> None:
    if (value.get("image_url") is None) == (value.get("slack_file") is None):
        problems.add(pointer, "must provide either image_url or slack_file")


def _length(value: Any) -> int:
    if isinstance(value, list):
        return sum(_length(item) for item in value)
    if isinstance(value, dict):
        return sum(
            len(item) if name == "text" and isinstance(item, str) else _length(item) for name, item in value.items()
        )
    return 0


def new_id() -> str:
    """An id as Slack gives to blocks and elements that came without one."""
    return secrets.token_urlsafe(4)[:5]
