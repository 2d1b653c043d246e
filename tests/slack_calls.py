"""
Every call of Slack's Web API that a test run makes is checked against Slack's own description of it.

`tests/conftest.py` puts the check around each test: a call of a method that Slack does not have, with an argument that
the method does not know, without one that it needs, or of another type, fails the test in which it was made. It sees
the calls of every emulator in the test's process; a sandbox in a process of its own leaves them in its file, which
`tests/e2e/processes.py` gives to `check_file`.

The description (Swagger 2.0, of 2021) is part of the test data; `slack_additions.jsonl` adds what is younger, each line
with the document that says so and the day on which it was read. The emulator's own tests use other clients than ours,
which misbehave on purpose: of theirs, only what the emulator accepted is judged, without the `team_id` that Bolt's
client adds to every call.
Without the test data nothing is checked, and `test_slack_calls.py` is left out by name.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from adapters.slack.emulator import state, web_api
from adapters.slack.emulator.workspace import KEPT_IN_FILE
from tests import vendor

DESCRIPTION = Path("slack", "web-api", "slack_web_openapi_v2_without_examples.json")
ADDITIONS = Path(__file__).parent / "slack_additions.jsonl"
OTHER_CLIENTS = (Path("tests", "adapters", "slack", "emulator"), Path("tests", "node"))
UNNAMED = (web_api.UPLOAD_URL, web_api.URL_PRIVATE)  # addresses with bytes behind them: they take no arguments


class Argument(NamedTuple):
    """What an argument may be."""

    type: str
    needed: bool


Description = Mapping[str, Mapping[str, Argument]]


def problems(description: Description, call: state.Call) -> list[str]:
    """What is wrong with a call, one sentence each."""
    known = description.get(call.method)
    if call.method in UNNAMED:
        return []
    if known is None:
        return [f"Slack has no method {call.method}"]
    wrong = [f"{call.method} has no argument {name}" for name in call.arguments if name not in known]
    wrong += [
        f"{call.method} needs the argument {name}"
        for name, argument in known.items()
        if argument.needed and call.arguments.get(name) in (None, "")
    ]
    return wrong + [
        f"{call.method} wants {known[name].type} as {name}, not {value!r}"
        for name, value in call.arguments.items()
        if name in known and not fits(value, known[name].type)
    ]


def fits(value: Any, kind: str) -> bool:
    """Whether a value may stand for that type: in a form everything is text, and structures are JSON in it."""
    if value is None:
        return True
    match kind:
        case "boolean":
            return str(value).lower() in ("true", "false", "1", "0")
        case "integer":
            return not isinstance(value, bool) and str(value).isdecimal()
        case "number":
            return not isinstance(value, bool) and str(value).replace(".", "", 1).isdecimal()
        case "array":
            return isinstance(structure(value), list)
        case "object":
            return isinstance(structure(value), dict)
    return isinstance(value, str)


def structure(value: Any) -> Any:
    """What a structured argument holds."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


@functools.cache
def described(data: Path) -> Description:
    """Slack's description with the additions."""
    methods: dict[str, dict[str, Argument]] = {}
    for path, verbs in json.loads((data / DESCRIPTION).read_text())["paths"].items():
        for verb in verbs.values():
            arguments = {each["name"]: argument(each) for each in verb["parameters"] if each["name"] != "token"}
            methods.setdefault(path.removeprefix("/"), {}).update(arguments)
    for line in ADDITIONS.read_text().splitlines():
        addition = json.loads(line)
        known = methods.setdefault(addition["method"], {})
        if "argument" in addition:
            known[addition["argument"]] = Argument(addition["type"], addition.get("needed", False))
    return methods


def argument(described: dict[str, Any]) -> Argument:
    """A parameter of the description. What it calls a string and explains as JSON is a structure."""
    words = described.get("description", "")
    kind = described.get("type", "string")
    if kind == "string" and "JSON-based array" in words:
        kind = "array"
    if kind == "string" and described["name"] == "view":
        kind = "object"
    return Argument(kind, described.get("required", False))


def check(calls: Iterable[state.Call]) -> None:
    """
    Raises:
        AssertionError: A call is not as Slack describes it.
    """
    data = vendor.data()
    if not (data / DESCRIPTION).is_file():
        return
    wrong = [sentence for call in calls for sentence in problems(described(data), call)]
    assert wrong == [], "\n".join(["calls that Slack's description does not know:", *dict.fromkeys(wrong)])


def check_file(file: Path) -> None:
    """Check the calls that an emulator in another process has written to its file."""
    calls = state.State.model_validate_json(file.read_bytes()).calls
    assert len(calls) < KEPT_IN_FILE, f"{file.name} may not hold every call"
    check(calls)


def without_team(call: state.Call) -> state.Call:
    """A call as it is without what Bolt adds to it."""
    return call.model_copy(update={"arguments": {k: v for k, v in call.arguments.items() if k != "team_id"}})


CALLS: list[state.Call] = []
"""What was called and has not been checked yet."""
web_api.listeners.append(CALLS.append)


@pytest.fixture(autouse=True)
def every_slack_call_is_described(request: pytest.FixtureRequest) -> Iterator[None]:
    """The check around each test."""
    yield
    calls = CALLS.copy()
    CALLS.clear()
    if any(request.path.is_relative_to(request.config.rootpath / each) for each in OTHER_CLIENTS):
        calls = [without_team(call) for call in calls if call.accepted]
    check(calls)


@pytest.fixture(autouse=True, scope="session")
def last_slack_calls_are_described() -> Iterator[None]:
    """What is called when the last tests' surroundings are taken down."""
    yield
    check(CALLS)
