"""
When hours hold.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from agent_core import hours

WORK = "Mon-Fri 09:00-17:00 Europe/Berlin"
NIGHT = "22:00-07:00 Europe/Berlin"


def at(written: str, timezone: str = "Europe/Berlin") -> float:
    return datetime.fromisoformat(written).replace(tzinfo=ZoneInfo(timezone)).timestamp()


@pytest.mark.parametrize(
    ("text", "moment", "holds"),
    [
        (WORK, "2026-11-25T09:00", True),  # a Wednesday
        (WORK, "2026-11-25T08:59", False),
        (WORK, "2026-11-25T16:59", True),
        (WORK, "2026-11-25T17:00", False),
        (WORK, "2026-11-28T12:00", False),
        (NIGHT, "2026-11-25T23:00", True),
        (NIGHT, "2026-11-26T06:59", True),
        (NIGHT, "2026-11-26T07:00", False),
        ("Fri 22:00-07:00 Europe/Berlin", "2026-11-28T03:00", True),  # the night that began on Friday
        ("Fri 22:00-07:00 Europe/Berlin", "2026-11-27T03:00", False),
        ("Sat,Sun", "2026-11-29T12:00", True),
        ("Fri-Mon Europe/Berlin", "2026-11-30T00:00", True),
        ("Fri-Mon Europe/Berlin", "2026-12-01T00:00", False),
        ("09:00-17:00", "2026-11-25T17:30", True),  # 16:30 UTC
        ("02:00-03:00 Europe/Berlin", "2026-03-29T03:30", False),  # the hour that summer time leaves out
        ("mon 24:00-24:00", "2026-11-25T12:00", False),
    ],
)
def test_hours_hold(text: str, moment: str, holds: bool):
    """
    In their own time zone, from the first minute to before the last; a night belongs to the day on which it began.
    """
    assert holds == hours.parse(text).hold(at(moment))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "are no hours"),
        ("Europe/Berlin", "are no hours"),
        ("Mon-Fry 09:00-17:00", "there is no day 'fry'"),
        ("Mon 9-17", "there is no time zone '9-17'"),
        ("Mon 09:00-25:00", "25:00 is no time of day"),
        ("Mon 09:00-17:00 Mars", "there is no time zone 'Mars'"),
        ("Mon 09:00-17:00 Europe/Berlin please", "are no hours"),
    ],
)
def test_what_are_no_hours(text: str, said: str):
    """
    What cannot be read says what to write.
    """
    with pytest.raises(ValueError, match=said):
        hours.parse(text)
