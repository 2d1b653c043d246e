"""
What holds around every test.
"""

from __future__ import annotations

from tests.slack_calls import every_slack_call_is_described, last_slack_calls_are_described

__all__ = ["every_slack_call_is_described", "last_slack_calls_are_described"]
