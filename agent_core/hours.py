"""
Parts of a week, as people write them: "Mon-Fri 09:00-17:00 Europe/Berlin"; and days on end: "2026-12-24/2027-01-06".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

from agent_core.requests import Frozen

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60  # minutes
LONGEST = 8 * DAY  # minutes, after which every week of hours has come round
SHIFT = 3 * 60  # minutes, more than which no time zone is put forward or back

_WRITTEN = re.compile(
    r"(?:(?P<days>[a-z]{3}(?:-[a-z]{3})?(?:,[a-z]{3}(?:-[a-z]{3})?)*)(?:\s+|$))?"
    r"(?:(?P<begins>\d\d?:\d\d)-(?P<ends>\d\d?:\d\d)(?:\s+|$))?"
    r"(?P<timezone>\S+)?",
    re.IGNORECASE | re.ASCII,
)


_TIME = re.compile(r"(?P<time>\d\d?:\d\d)(?:\s+(?P<timezone>\S+))?", re.ASCII)


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
        return self.left(at) > 0

    def left(self, at: float) -> int:
        """Tell how many minutes of them are left at a moment, by the clock on the wall; 0 where they do not hold."""
        local = datetime.fromtimestamp(at, ZoneInfo(self.timezone))
        day, minute = local.weekday(), local.hour * 60 + local.minute
        if self.begins < self.ends:
            return self.ends - minute if day in self.days and self.begins <= minute < self.ends else 0
        if day in self.days and minute >= self.begins:
            return DAY - minute + self.ends
        return self.ends - minute if (day - 1) % 7 in self.days and minute < self.ends else 0


class Time(Frozen):
    """A time of every day: `minute` counts from midnight by the clock of a time zone; `written` as its author did."""

    minute: int
    timezone: str
    written: str


def following(times: Sequence[Time], at: float) -> float:
    """Give the first moment after `at` at which a clock reads one of some times; there has to be one."""
    return min(_following(time, at) for time in times)


def _following(time: Time, at: float) -> float:
    now = datetime.fromtimestamp(at, ZoneInfo(time.timezone))
    today = now.replace(hour=time.minute // 60, minute=time.minute % 60, second=0, microsecond=0, fold=0)
    days = (today + timedelta(days=day) for day in range(3))  # that of today may be over, or be left out by its clock
    return next(moment for day in days if (moment := day.timestamp()) > at)


@lru_cache(maxsize=512)
def time(text: str, otherwise: str = "UTC") -> Time:
    """
    Read a time of day such as `09:00` or `16:30 Europe/Berlin`; without a time zone in that of `otherwise`.

    Raises:
        ValueError: It says what to write.
    """
    found = _TIME.fullmatch(text.strip())
    minute = _minutes(found["time"]) if found is not None else DAY
    if found is None or minute >= DAY:
        raise ValueError(f"{text!r} is no time of day; write one like 09:00 or 16:30 Europe/Berlin")
    return Time(minute=minute, timezone=_known(found["timezone"] or otherwise), written=text.strip())


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())  # it looks through the disk for them


def _known(timezone: str) -> str:
    if timezone not in _timezones():
        raise ValueError(f"there is no time zone {timezone!r}; write one like Europe/Berlin")
    return timezone


def over(several: Sequence[Hours], at: float) -> float | None:
    """
    Give the first moment from `at` on in which none of some hours hold; None where one of them always does.

    Where summer time begins or ends it is the first minute in which the clock on the wall says so.
    """
    minute, last = int(at // 60), int(at // 60) + LONGEST
    while minute <= last:
        left = max((hours.left(minute * 60.0) for hours in several), default=0)
        if not left:
            return max(at, minute * 60.0)
        minute += max(1, left - SHIFT)  # near their end by minutes, as the clock may be put forward or back before it
    return None


@lru_cache(maxsize=256)
def parse(text: str, otherwise: str = "UTC") -> Hours:
    """
    Read hours such as `Mon-Fri 09:00-17:00 Europe/Berlin`, `22:00-07:00` or `Sat,Sun`.

    Without days they are those of every day, without hours whole days, without a time zone in that of `otherwise`.

    Raises:
        ValueError: It says what to write.
    """
    found = _WRITTEN.fullmatch(text.strip())
    if found is None or not (found["days"] or found["begins"]):
        raise ValueError(f"{text!r} are no hours; write some like Mon-Fri 09:00-17:00 Europe/Berlin")
    timezone = _known(found["timezone"] or otherwise)
    return Hours(
        days=_days(found["days"]) if found["days"] else tuple(range(7)),
        begins=_minutes(found["begins"]) if found["begins"] else 0,
        ends=_minutes(found["ends"]) if found["ends"] else DAY,
        timezone=timezone,
        written=text.strip(),
    )


class Days(Frozen):
    """Days on end: from `begins` until before `ends`, in seconds since the epoch; `written` as their author did."""

    begins: float
    ends: float
    written: str


@lru_cache(maxsize=256)
def days(text: str, timezone: str) -> Days:
    """
    Read days such as `2026-12-24/2027-01-06`, the first and the last, or one alone, by the clock of a time zone.

    Raises:
        ValueError: It says what to write.
    """
    written = text.strip()
    first, slash, last = written.partition("/")
    try:
        begins, ends = _midnight(first, 0, timezone), _midnight(last if slash else first, 1, timezone)
    except (ValueError, OverflowError):
        raise ValueError(f"{text!r} are no days; write the first and the last, like 2026-12-24/2027-01-06") from None
    if ends <= begins:
        raise ValueError(f"{text!r} ends before it begins; write the first day, then the last")
    return Days(begins=begins, ends=ends, written=written)


def _midnight(day: str, after: int, timezone: str) -> float:
    at = date.fromisoformat(day.strip()) + timedelta(days=after)
    return datetime(at.year, at.month, at.day, tzinfo=ZoneInfo(timezone)).timestamp()


def back(several: Sequence[Days], at: float) -> float | None:
    """Give the first moment from `at` on that lies in none of some days; None where `at` itself does not."""
    over = at
    for one in sorted(several, key=lambda each: each.begins):
        over = one.ends if one.begins <= over < one.ends else over
    return over if over > at else None


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
