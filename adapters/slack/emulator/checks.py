"""
A small schema language for Block Kit: each check looks at one value and notes what is wrong, in Slack's words.

Slack's own words were seen in reports of `invalid_blocks` ("must be less than 3001 characters
[json-pointer:/blocks/0/text/text]", "missing required field: element", "no more than 50 items allowed").
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


class Problems:
    """What is wrong, and where."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, pointer: str, sentence: str) -> None:
        """Note one."""
        self.found.append(f"{sentence} [json-pointer:{pointer}]")


Check = Callable[[Any, str, Problems], None]


def string(longest: int, *, shortest: int = 0) -> Check:
    """A string of so many characters."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, str):
            problems.add(pointer, "must be a string")
        elif len(value) > longest:
            problems.add(pointer, f"must be less than {longest + 1} characters")
        elif len(value) < shortest:
            problems.add(pointer, f"must be more than {shortest - 1} characters")

    return check


def boolean(value: Any, pointer: str, problems: Problems) -> None:
    """True or false."""
    if not isinstance(value, bool):
        problems.add(pointer, "must be a boolean")


def integer(lowest: int, highest: int) -> Check:
    """A whole number in that range."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            problems.add(pointer, "must be an integer")
        elif not lowest <= value <= highest:
            problems.add(pointer, f"must be between {lowest} and {highest}")

    return check


def one_of(*allowed: str) -> Check:
    """One of a few words."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if value not in allowed:
            problems.add(pointer, f"value must be one of: {', '.join(allowed)}")

    return check


def anything(value: Any, pointer: str, problems: Problems) -> None:
    """Taken as it is."""


def many(each: Check, longest: int, *, shortest: int = 1) -> Check:
    """A list."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, list):
            problems.add(pointer, "must be an array")
            return
        if len(value) > longest:
            problems.add(pointer, f"no more than {longest} items allowed")
        if len(value) < shortest:
            problems.add(pointer, f"no fewer than {shortest} items allowed")
        for index, item in enumerate(value):
            each(item, f"{pointer}/{index}", problems)

    return check


def record(fields: Mapping[str, Check], *, required: tuple[str, ...] = ()) -> Check:
    """An object with these fields and no other."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add(pointer, "must provide an object")
            return
        for name in required:
            if value.get(name) is None:
                problems.add(pointer, f"missing required field: {name}")
        for name, entry in value.items():
            if name not in fields:
                problems.add(pointer, f"invalid additional property: {name}")
            elif entry is not None:
                fields[name](entry, f"{pointer}/{name}", problems)

    return check


def kinds(known: Mapping[str, Check]) -> Check:
    """An object whose `type` says which check it must pass."""

    def check(value: Any, pointer: str, problems: Problems) -> None:
        if not isinstance(value, dict):
            problems.add(pointer, "must provide an object")
        elif not isinstance(value.get("type"), str):
            problems.add(pointer, "missing required field: type")
        elif value["type"] not in known:
            problems.add(pointer, f"unsupported type: {value['type']}")
        else:
            known[value["type"]](value, pointer, problems)

    return check
