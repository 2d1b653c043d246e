"""
Durations, as people write them.
"""

from __future__ import annotations

import pytest

from gateway import durations


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("15m", 900), ("24h", 86_400), ("7d", 604_800)])
def test_durations(text: str, seconds: float):
    """
    A number and a unit.
    """
    assert seconds == durations.seconds(text)


@pytest.mark.parametrize("text", ["", "5", "h", "1.5h", "-1h", "0s", "1w", "1.h"])
def test_no_durations(text: str):
    """
    Anything else is refused.
    """
    with pytest.raises(ValueError, match="like 24h"):
        durations.seconds(text)
