"""
Slack as the sandbox plays it, in both modes.
"""

from __future__ import annotations

import pathlib

import pytest

from adapters.slack.emulator import sandbox
from tests.adapters.slack.emulator.conftest import Wait
from tests.adapters.slack.emulator.receiver import App

BASE = "http://127.0.0.1:8700/slack"


@pytest.fixture
def slack(tmp_path: pathlib.Path) -> sandbox.SlackSandbox:
    return sandbox.build(tmp_path, {"ana": "Ana Lima"}, {"release": ["ana"]})


async def test_socket_mode(slack: sandbox.SlackSandbox) -> None:
    """
    Without a Request URL the table holds what Socket Mode needs, by names that the environment has.
    """
    (table,) = slack.accounts(BASE)

    assert set(table) == {"account", "api", "bot_token", "app_token", "roles"}
    assert {"S0RELEASE": "release"} == table["roles"]
    assert table["api"] == BASE + "/api/"
    named = {value.removeprefix("env:") for value in table.values() if str(value).startswith("env:")}
    assert named <= set(slack.environment())
    slack.close()


async def test_http(slack: sandbox.SlackSandbox, app: App, until: Wait) -> None:
    """
    With one, the table says so and holds the signing secret; what people do is sent there, with ways back to us.
    """
    slack.deliver_to(app.url)
    (table,) = slack.accounts(BASE)

    assert set(table) == {"account", "api", "bot_token", "mode", "signing_secret", "roles"}
    assert table["mode"] == "http"
    secret = slack.environment()[table["signing_secret"].removeprefix("env:")]
    assert secret == slack.endpoints(BASE)["signing_secret"]
    emulator = slack._emulator
    await until(lambda: emulator.state()["request_url"]["is_verified"])
    emulator.people.command("U00000ANA", "dm", "/ringback", "help")
    await until(lambda: app.seen)
    assert app.seen[0].form["response_url"].startswith(BASE + "/actions/")
    slack.close()


async def test_back_to_socket_mode(slack: sandbox.SlackSandbox, app: App) -> None:
    """
    Taken back, the Request URL is gone from the table.
    """
    slack.deliver_to(app.url)
    slack.deliver_to(None)

    assert "mode" not in slack.accounts(BASE)[0]
    slack.close()
