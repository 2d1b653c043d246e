"""
What holds around every test.
"""

from __future__ import annotations

from hypothesis import settings

from tests.slack_calls import every_slack_call_is_described, last_slack_calls_are_described

__all__ = ["every_slack_call_is_described", "last_slack_calls_are_described"]

settings.register_profile("tests", deadline=None)  # how long an example takes says something about the machine
settings.load_profile("tests")
