"""
An adapter over the emulator.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from adapters.slack import listen
from adapters.slack.emulator import Workspace
from tests.contracts.test_slack_adapter import SlackVendor, playing


@pytest.fixture
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[SlackVendor]:
    """Slack's side and ours, with intervals short enough for a test."""
    monkeypatch.setattr(listen, "LOOK", 0.05)
    monkeypatch.setattr(listen, "PING", 0.3)
    async with playing(Workspace.create(["ana", "rita"], ["general"])) as vendor:
        yield vendor
