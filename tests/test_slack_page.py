"""
What the page on Slack and the app's manifests say is what the adapter does.
"""

from __future__ import annotations

import dataclasses
import json
import re
from typing import Any

import pytest

from adapters.base import OVERLOADED, Clock, Inbound
from adapters.slack import adapter, parse, refusals, webhook
from adapters.slack.accounts import Bot
from adapters.slack.config import Config
from agent_core.addresses import ConversationKey
from gateway.runtime import Runtime
from tests import vendor
from tests.process import ROOT

PAGE = (ROOT / "docs" / "channels" / "slack.md").read_text()
PAYLOADS = ROOT / "tests" / "adapters" / "slack" / "payloads"
SOURCE = "\n".join(file.read_text() for file in sorted((ROOT / "adapters" / "slack").glob("*.py")))
METHOD = r"(?:apps|assistant|auth|bots|chat|conversations|files|reactions|team|usergroups|users|views)(?:\.[a-zA-Z]+)+"
BOT = Bot("T0SANDBOX", "URINGBACK", "BRINGBACK")
HEARD = {
    "app_mention": "mention_as_app_mention",
    "message.channels": "message_in_thread",
    "message.groups": "message_in_thread",
    "message.im": "message_in_dm",
}
"""A payload of each event that the manifest subscribes to."""


def manifest(name: str) -> Any:
    """A manifest of the app."""
    return json.loads((ROOT / "deploy" / name).read_text())


def rows(heading: str) -> list[list[str]]:
    """The cells of the tables under a heading."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("| ") and not line.startswith("| |")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def scopes() -> dict[str, list[str]]:
    """The scopes that the page explains, each with the methods that it is for."""
    cells = {row[0]: row for row in rows("What the app may do, and why") if len(row) == 3 and row[0] != "Scope"}
    return {name.strip("`"): re.findall(METHOD, row[2]) for name, row in cells.items()}


def test_both_manifests_are_one_app():
    """
    They differ in how Slack reaches the gateway, and in nothing else; over HTTP everything goes to the one address.
    """
    socket, http = manifest("slack-app.json"), manifest("slack-app-http.json")
    urls = {
        http["features"]["slash_commands"][0].pop("url"),
        http["settings"]["event_subscriptions"].pop("request_url"),
        http["settings"]["interactivity"].pop("request_url"),
    }
    assert {f"https://ringback.example.com{webhook.PATH}"} == urls
    assert (True, False) == tuple(each["settings"].pop("socket_mode_enabled") for each in (socket, http))
    assert socket == http


def test_the_scopes_are_explained_and_no_more_are_asked_for():
    """
    The manifest's scopes are those of the page.
    """
    asked = manifest("slack-app.json")["oauth_config"]["scopes"]["bot"]
    assert sorted(asked) == asked
    assert set(asked) == set(scopes()) - {"none"}


def test_every_call_has_its_scope():
    """
    Each method that the adapter calls stands on the page under a scope by which Slack's own description allows it.
    """
    called = set(re.findall(rf'"({METHOD})"', SOURCE)) - {"conversations.info"}  # the doctor does without it
    explained = {method: scope for scope, methods in scopes().items() for method in methods}
    assert called == set(explained)

    described = json.loads((vendor.folder("slack") / "web-api" / "slack_web_openapi_v2.json").read_text())["paths"]
    known = {name.strip("/"): path for name, path in described.items()}
    for method in called & set(known):
        (security,) = [verb["security"] for name, verb in known[method].items() if name in ("get", "post")]
        allowed = {re.sub(r":(bot|user)$", "", scope) for scope in security[0]["slackAuth"]}
        assert explained[method] in allowed, method


def test_every_event_that_is_asked_for_is_heard():
    """
    The manifest subscribes to the page's events, and each of them is read.
    """
    asked = manifest("slack-app.json")["settings"]["event_subscriptions"]["bot_events"]
    told = " ".join(row[0] for row in rows("What the app may do, and why") if len(row) == 2)
    assert sorted(asked) == sorted(re.findall(r"`([\w.]+)`", told))
    for event in asked:
        payload = json.loads((PAYLOADS / f"{HEARD[event]}.json").read_text())
        assert isinstance(parse.parse(payload, BOT, 0.0), Inbound), event


def test_the_matrix_says_what_the_adapter_says():
    """
    What it can do, in direct messages and in channels, is what `capabilities` answers.
    """
    config = Config.model_validate({"account": "T1", "bot_token": "xoxb-1", "app_token": "xapp-1"})
    clock: Clock = Runtime()
    (built,) = adapter.build([config], clock)
    told = {name.strip("`"): (direct, channel) for name, direct, channel, _ in rows("What it can do")}
    direct, channel = (dataclasses.asdict(built.capabilities(ConversationKey(f"slack:T1/{p}"))) for p in ("U1", "C1"))
    assert told == {name: (worded(direct[name]), worded(channel[name])) for name in direct}


def worded(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(getattr(value, "name", value)).lower()


@pytest.mark.parametrize("name", sorted({*refusals.FIX, *refusals.HINTS}))
def test_every_refusal_that_can_be_mended_is_explained(name: str):
    """
    Slack's words for what an operator can mend stand in the page.
    """
    family = "restricted_action" if name.startswith("restricted_action") else name
    assert f"`{family}`" in PAGE


def test_every_refusal_at_the_door_is_explained():
    """
    What the webhook counts is what the page names; what is malformed or too large is nobody's to mend.
    """
    told = {
        word
        for row in rows("When something is wrong")
        if "`refused`" in row[0]
        for word in re.findall(r"`(\w+)`", row[0])
    }
    nobodys = {"malformed", "too_slow", "too_large"}
    assert set(webhook.REFUSALS) - nobodys <= told
    assert OVERLOADED in told
    for word in told - {"refused", OVERLOADED}:
        assert f'"{word}"' in SOURCE, word
