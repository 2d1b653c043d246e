"""
Parts of a week, as people write them: "Mon-Fri 09:00-17:00 Europe/Berlin".
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from agent_core.requests import Frozen

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60  # minutes

_WRITTEN = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*)(?:\s+|$))?"
    r"(?:(?P<begins>\d\d?:\d\d)-(?P<ends>\d\d?:\d\d)(?:\s+|$))?"
    r"(?P<timezone>\S+)?",
    re.IGNORECASE | re.ASCII,
)


class Hours(Frozen):
    """
    The same hours on some days of every week.

    `days` count from Monday, 0; `begins` and `ends` are minutes after midnight. Hours that end no later than they begin
    go on into the next day, and belong to the day on which they began. `written` is how their author wrote them.
    """

    days: tuple[int, ...]
    begins: int
    ends: int
    timezone: str
    written: str

    def hold(self, at: float) -> bool:
        """Tell whether a moment (seconds since the epoch) lies within."""
        local = datetime.fromtimestamp(at, ZoneInfo(self.timezone))
        day, minute = local.weekday(), local.hour * 60 + local.minute
        if self.begins < self.ends:
            return day in self.days and self.begins <= minute < self.ends
        return (day in self.days and minute >= self.begins) or ((day - 1) % 7 in self.days and minute < self.ends)


@lru_cache(maxsize=256)
def parse(text: str) -> Hours:
    """
    Read hours such as `Mon-Fri 09:00-17:00 Europe/Berlin`, `22:00-07:00` or `Sat,Sun`.

    Without days they are those of every day, without hours whole days, without a time zone UTC.

    Raises:
        ValueError: It says what to write.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or not (found["days"] or found["begins"]):
        raise ValueError(f"{text!r} are no hours; write some like Mon-Fri 09:00-17:00 Europe/Berlin")
    timezone = found["timezone"] or "UTC"
    if timezone not in available_timezones():
        raise ValueError(f"there is no time zone {timezone!r}; write one like Europe/Berlin")
    return Hours(
        days=_days(found["days"]) if found["days"] else tuple(range(7)),
        begins=_minutes(found["begins"]) if found["begins"] else 0,
        ends=_minutes(found["ends"]) if found["ends"] else DAY,
        timezone=timezone,
        written=text.strip(),
    )


def _days(text: str) -> tuple[int, ...]:
    days: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = part.partition("-")
        for name in (first, last or first):
            if name not in DAYS:
                raise ValueError(f"there is no day {name!r}; write mon, tue, wed, thu, fri, sat or sun")
        begin, end = DAYS.index(first), DAYS.index(last or first)
        days |= {day % 7 for day in range(begin, end + 1 if end >= begin else end + 8)}
    return tuple(sorted(days))


def _minutes(text: str) -> int:
    hours, minutes = map(int, text.split(":"))
    if hours > 24 or minutes > 59 or hours * 60 + minutes > DAY:
        raise ValueError(f"{text} is no time of day; write one from 00:00 to 24:00")
    return hours * 60 + minutes
