"""
For which account a payload is, and who belongs to it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from adapters.slack.accounts import Bot, account_of, pressed_here, wrote_here
from tests import vendor

PLAIN = Bot("T1", "UBOT", "BBOT")
GRID = Bot("T1", "UBOT", "BBOT", "E1")
ORG = Bot("E1", "UBOT", "BBOT", "E1")


def authorized(team: str | None, enterprise: str | None = None, *, org_wide: bool = False) -> dict[str, Any]:
    return {"team_id": team, "enterprise_id": enterprise, "is_enterprise_install": org_wide}


@pytest.mark.parametrize(
    ("payload", "account"),
    [
        ({"team_id": "T1"}, "T1"),
        ({"team_id": "T9"}, None),
        ({}, None),
        # An event of a shared channel: the team at the top is the sender's.
        ({"team_id": "T9", "authorizations": [authorized("T1")]}, "T1"),
        ({"team_id": "T1", "authorizations": [authorized("T9")]}, None),
        ({"team_id": "T3", "authorizations": [authorized(None, "E1", org_wide=True)]}, "E1"),
        ({"authorizations": [authorized("T1", "E1")]}, "T1"),
        ({"team": {"id": "T1"}}, "T1"),
        ({"team": {"id": "T9"}, "message": {"team": "T1"}}, "T1"),
        ({"team": {"id": "T9"}, "view": {"app_installed_team_id": "T1"}}, "T1"),
        ({"team": None, "enterprise": {"id": "E1"}, "is_enterprise_install": True}, "E1"),
        ({"team_id": "T3", "enterprise_id": "E1", "is_enterprise_install": "true", "command": "/x"}, "E1"),
        ({"team_id": "T1", "enterprise_id": "E1", "is_enterprise_install": "false", "command": "/x"}, "T1"),
        ({"team": ["T1"], "team_id": {"T1": 1}, "authorizations": "T1"}, None),
        ({"authorizations": [None, "T1", {"team_id": ["T1"]}]}, None),
    ],
)
def test_a_payload_is_for_whom_it_names(payload: dict[str, Any], account: str | None):
    """
    The installation that Slack names, and none where it names none of ours.
    """
    assert account == account_of(payload, ["T1", "T2", "E1"])


@pytest.mark.parametrize(
    ("bot", "team", "payload", "ours"),
    [
        (PLAIN, "T1", {}, True),
        (PLAIN, "T9", {"is_ext_shared_channel": False}, False),
        (PLAIN, "T9", {"enterprise_id": "", "is_ext_shared_channel": False}, False),
        (GRID, "E1", {"is_ext_shared_channel": True}, True),
        (GRID, "T2", {"enterprise_id": "E1", "is_ext_shared_channel": False}, True),
        (GRID, "T9", {"enterprise_id": "E1", "is_ext_shared_channel": True}, False),
        (GRID, "T9", {"enterprise_id": "E1"}, False),
        (ORG, "T2", {"enterprise_id": "E1", "team_id": "T2", "is_ext_shared_channel": True}, True),
        (ORG, "T9", {"enterprise_id": "E9", "team_id": "T9", "is_ext_shared_channel": True}, False),
    ],
)
def test_who_writes_from_elsewhere_is_told_apart(bot: Bot, team: str, payload: dict[str, Any], ours: bool):
    """
    Members of the workspace or its organisation are ours; where it cannot be told, they are not.
    """
    assert ours == wrote_here(payload, team, bot)


@pytest.mark.parametrize(
    ("bot", "team", "payload", "ours"),
    [
        (PLAIN, "T1", {"team": {"id": "T1"}}, True),
        (PLAIN, "T9", {"team": {"id": "T1"}, "enterprise": None}, False),
        (ORG, "T2", {"team": None, "enterprise": {"id": "E1"}}, True),
        (ORG, "T2", {"team_id": "T2", "enterprise_id": "E1"}, True),
        (ORG, "T9", {"team": {"id": "T2"}, "enterprise": {"id": "E1"}}, False),
        (ORG, "T9", {"team": {"id": "T9"}, "enterprise": {"id": "E9"}}, False),
    ],
)
def test_who_presses_from_elsewhere_is_told_apart(bot: Bot, team: str, payload: dict[str, Any], ours: bool):
    """
    The same for presses, forms and commands.
    """
    assert ours == pressed_here(payload, team, bot)


@pytest.mark.parametrize(
    ("sample", "accounts", "account"),
    [
        ("events_org_apps__event_payload_2", ["E111"], "E111"),
        ("events_org_apps__event_payload_2", ["T111"], None),
        ("events_shared_channels__join_event_body", ["T_INSTALLED"], "T_INSTALLED"),
        ("events_shared_channels__join_event_body", ["T_SOURCE"], None),
        ("events_say_stream__org_app_mention_event_body", ["E111"], "E111"),
        ("payload_utils__slash_command_body", ["T111"], "T111"),
        ("block_actions__body", ["T111"], "T111"),
    ],
)
def test_official_samples_find_their_account(sample: str, accounts: list[str], account: str | None):
    """
    Samples of org-wide installations and shared channels, from Slack's own library.
    """
    payload = json.loads((vendor.folder("slack") / "bolt-python" / f"{sample}.json").read_text())

    assert account == account_of(payload, accounts)
