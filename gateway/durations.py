"""
How long something lasts, as people write it: 90s, 15m, 24h or 7d.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator

UNITS = {"s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
LONGEST = 366 * UNITS["d"]  # seconds that anybody is waited for


def seconds(duration: str, longest: float = LONGEST, words: str = "") -> float:
    """
    Read a duration such as 90s, 15m, 24h or 7d.

    Raises:
        ValueError: It is none, or too long.
    """
    number, unit = duration[:-1], duration[-1:]
    if unit not in UNITS or not number.isdecimal() or int(number) == 0:
        raise ValueError(f"{duration!r} is no duration; write a number and s, m, h or d, like 24h")
    if int(number) * UNITS[unit] > longest:
        limit = words or ("a year" if longest == LONGEST else "ten years")
        raise ValueError(f"{duration!r} is longer than {limit}")
    return int(number) * UNITS[unit]


def _is_one(written: str) -> str:
    seconds(written)
    return written


Duration = Annotated[str, AfterValidator(_is_one)]
"""One that stays as it is written."""
