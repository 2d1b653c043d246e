"""
What the doctor sees in a workspace that no command can show: clocks, and another door.
"""

from __future__ import annotations

import time

import pytest

from adapters.base import Check, Named
from adapters.slack.adapter import build
from adapters.slack.config import Config
from adapters.slack.emulator import Workspace, serve
from agent_core.cards import Card
from tests.contracts.test_slack_adapter import Clock


async def examine(off: float, **how: str) -> dict[str, Check]:
    """Look at an account whose vendor's clock is `off` seconds behind ours."""
    workspace = Workspace.create(["ana"], ["general"])
    async with await serve("127.0.0.1", 0, workspace, clock=lambda: time.time() - off) as server:
        tokens = workspace.state.tokens
        given = {"account": workspace.state.team_id, "bot_token": tokens.bot, "app_token": tokens.app} | how
        (adapter,) = build([Config.model_validate(given | {"api": server.base_url})], Clock())
        try:
            return {check.what: check for check in await adapter.check(Named({}, {}, Card(title="test")))}
        finally:
            await adapter.close()


@pytest.mark.parametrize(
    ("off", "ok", "words"),
    [
        (0, True, "within 60 seconds"),
        (-400, False, "seconds behind Slack's"),
        (400, False, "seconds ahead of Slack's"),
    ],
)
async def test_the_clock_is_compared_with_slacks(off: float, ok: bool, words: str):
    """
    A clock that is off by more than a minute is wrong, and told which way.
    """
    clock = (await examine(off))["clock"]

    assert ok is clock.ok
    assert words in clock.found


async def test_over_http_only_slack_knows_whether_it_reaches_us():
    """
    In mode http no socket is asked for, and the request URL is said not to be known.
    """
    checks = await examine(0, mode="http", signing_secret="s" * 32)

    assert "app token" not in checks
    assert checks["request URL"].ok is None
    assert "Verified" in checks["request URL"].remedy


async def test_nobody_to_show_the_card_to():
    """
    Without a person there the card is not shown, which is said.
    """
    card = (await examine(0))["test card"]

    assert (None, "name somebody with --to") == (card.ok, card.remedy)
