"""
Events: what has happened stays as it was.
"""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from agent_core import events


def test_an_event_does_not_change():
    """
    Nothing of an event can be set once it has happened.
    """
    parked = events.RunParked(thread="t", run="r1", reason="expired")

    with pytest.raises(ValidationError):
        parked.reason = "cancelled"
