"""
The check of Slack's calls itself: what it refuses, and that it really stands around the tests.
"""

from __future__ import annotations

import datetime
import json
import re
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.emulator import state
from tests import slack_calls, vendor
from tests.e2e.processes import running

ROOT = Path(__file__).parent.parent
POST = """
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Workspace, serve


async def test_post():
    workspace = Workspace.create()
    async with await serve("127.0.0.1", 0, workspace) as server:
        client = AsyncWebClient(token=workspace.state.tokens.bot, base_url=server.base_url)
        await client.api_call("chat.postMessage", json={"channel": "C0GENERAL", "text": "x", "%s": False})
"""


@pytest.fixture
def description() -> slack_calls.Description:
    return slack_calls.described(vendor.folder("slack").parent)


def call(method: str, **arguments: Any) -> state.Call:
    return state.Call(at=0, method=method, arguments=arguments, token="bot", accepted=True)


@pytest.mark.parametrize(
    ("method", "arguments", "sentence"),
    [
        ("chat.postMessages", {}, "Slack has no method chat.postMessages"),
        ("chat.postMessage", {"channel": "C1", "unfurl_link": False}, "chat.postMessage has no argument unfurl_link"),
        ("chat.postMessage", {"text": "x"}, "chat.postMessage needs the argument channel"),
        ("chat.update", {"channel": "C1", "ts": ""}, "chat.update needs the argument ts"),
        ("conversations.replies", {"channel": "C1"}, "conversations.replies needs the argument ts"),
        (
            "conversations.history",
            {"channel": "C1", "limit": "x"},
            "conversations.history wants integer as limit, not 'x'",
        ),
        ("chat.postMessage", {"channel": "C1", "mrkdwn": "no"}, "chat.postMessage wants boolean as mrkdwn, not 'no'"),
        ("chat.postMessage", {"channel": ["C1"]}, "chat.postMessage wants string as channel, not ['C1']"),
        ("chat.postMessage", {"channel": "C1", "blocks": {}}, "chat.postMessage wants array as blocks, not {}"),
        ("views.open", {"trigger_id": "1", "view": "[]"}, "views.open wants object as view, not '[]'"),
        ("response_url", {"replace": True}, "response_url has no argument replace"),
    ],
)
def test_wrong_calls(method: str, arguments: dict[str, Any], sentence: str, description: slack_calls.Description):
    """
    A call that Slack does not describe is named with what is wrong.
    """
    assert [sentence] == slack_calls.problems(description, call(method, **arguments))


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("chat.postMessage", {"channel": "C1", "blocks": "[]", "unfurl_links": "false", "metadata": {}}),
        ("conversations.replies", {"channel": "C1", "ts": "1.5", "oldest": "1763812800.000100", "limit": 15}),
        ("apps.connections.open", {}),
        ("upload_url", {}),
    ],
)
def test_right_calls(method: str, arguments: dict[str, Any], description: slack_calls.Description):
    """
    What Slack describes passes, as JSON and as a form.
    """
    assert [] == slack_calls.problems(description, call(method, **arguments))


@pytest.mark.parametrize(("argument", "code"), [("unfurl_links", 0), ("unfurl_link", 1)])
def test_misspelt_argument_fails_the_run(argument: str, code: int, tmp_path: Path):
    """
    A test in which a call has a misspelt argument fails, and with it the run.
    """
    vendor.folder("slack")
    file = tmp_path / "test_post.py"
    file.write_text(POST % argument)
    command = (sys.executable, "-m", "pytest", "-q", "-c", "pyproject.toml", "-p", "tests.slack_calls", str(file))
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert code == ended.returncode, ended.stdout + ended.stderr
    assert bool(code) == ("chat.postMessage has no argument unfurl_link\n" in ended.stdout)


@pytest.mark.parametrize("argument", ["unfurl_links", "unfurl_link"])
def test_sandbox_is_checked_as_well(argument: str):
    """
    A misspelt argument in a call of a sandbox's process is found when that ends.
    """
    vendor.folder("slack")
    expected = (
        nullcontext() if argument == "unfurl_links" else pytest.raises(AssertionError, match="no argument unfurl_link")
    )
    with expected, running("calls", "--emulators-only") as sandbox:
        sandbox.call("chat.postMessage", {"channel": "C0APPROVALS", "text": "x", argument: False})


def test_every_sandbox_of_the_tests_is_such_a_one():
    """
    Nothing else in the tests starts a sandbox in another process, whose calls would go unseen.
    """
    starters = [
        file.relative_to(ROOT).as_posix()
        for file in (ROOT / "tests").rglob("*.py")
        if re.search(r"""["']sandbox["'],\s*["']--""", file.read_text())
    ]

    assert ["tests/e2e/processes.py"] == starters


def test_additions_say_where_they_come_from(description: slack_calls.Description):
    """
    Each addition names one of Slack's documents and the day it was read, and adds to the description of 2021.
    """
    lines = slack_calls.ADDITIONS.read_text().splitlines()
    known = json.loads((vendor.folder("slack").parent / slack_calls.DESCRIPTION).read_text())["paths"]

    assert lines == sorted(lines)
    assert len(lines) == len(set(lines))
    for line in lines:
        addition = json.loads(line)
        assert addition["document"].startswith("https://docs.slack.dev/")
        assert datetime.date.fromisoformat(addition["read"]) > datetime.date(2025, 1, 1)
        verbs = known.get("/" + addition["method"], {})
        stated = {each["name"]: slack_calls.argument(each) for verb in verbs.values() for each in verb["parameters"]}
        assert "argument" in addition or not verbs
        new = slack_calls.Argument(addition.get("type", ""), addition.get("needed", False))
        assert stated.get(addition.get("argument", "")) != new
