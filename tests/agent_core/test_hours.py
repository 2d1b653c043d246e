"""
When hours hold.
"""

from __future__ import annotations

from datetime import UTC, datetime
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
    ("several", "moment", "ends"),
    [
        ((NIGHT,), "2026-11-25T12:00", "2026-11-25T12:00"),
        ((NIGHT,), "2026-11-25T23:00", "2026-11-26T07:00"),
        ((NIGHT,), "2026-11-26T06:59", "2026-11-26T07:00"),
        (("22:00-24:00 Europe/Berlin", "00:00-06:30 Europe/Berlin"), "2026-11-25T23:00", "2026-11-26T06:30"),
        ((NIGHT, "Sat,Sun Europe/Berlin"), "2026-11-27T23:00", "2026-11-30T07:00"),  # from Friday night to Monday
        ((NIGHT,), "2026-03-28T23:00", "2026-03-29T07:00"),  # summer time begins: an hour shorter
        ((NIGHT,), "2026-10-24T23:00", "2026-10-25T07:00"),  # and ends: an hour longer
        (("22:00-02:30 Europe/Berlin",), "2026-03-28T23:00", "2026-03-29T03:00"),  # there is no half past two
        (("22:00-02:30 Europe/Berlin",), "2026-10-24T23:00", "2026-10-25T02:30"),  # the first of two
        (("22:00-07:00 America/New_York", NIGHT), "2026-11-25T23:00", "2026-11-26T13:00"),
    ],
)
def test_when_hours_are_over(several: tuple[str, ...], moment: str, ends: str):
    """
    At the first minute in which none of them hold, by the clock on the wall, through nights that are shorter or longer.
    """
    assert at(ends) == hours.over([hours.parse(one) for one in several], at(moment))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"])
@pytest.mark.parametrize("written", ["22:00-07:00", "02:00-02:30", "Sat 23:00-03:15", "12:01-12:00"])
def test_the_end_is_the_first_minute_after(written: str, zone: str):
    """
    On each day of a year it is the minute that looking at every single one finds.
    """
    quiet = hours.parse(written, zone)
    for day in range(0, 365, 6):
        begin = int(at("2026-01-01T00:00", zone)) + day * 86_400 + 1
        first = next(
            begin if m == 0 else begin - begin % 60 + 60 * m
            for m in range(8 * hours.DAY)
            if not quiet.hold(begin + 60 * m)
        )
        assert first == hours.over([quiet], begin), datetime.fromtimestamp(begin, ZoneInfo(zone))


@pytest.mark.parametrize("several", [("07:00-07:00",), ("Mon-Sun",), ("20:00-08:00", "08:00-20:00")])
def test_hours_that_are_never_over(several: tuple[str, ...]):
    """
    Where one of them always holds there is no end.
    """
    assert hours.over([hours.parse(one, "Europe/Berlin") for one in several], at("2026-11-25T12:00")) is None


def test_a_time_zone_for_hours_that_name_none():
    """
    Hours hold where they say, and where whoever reads them says if they do not.
    """
    assert "Asia/Tokyo" == hours.parse("22:00-07:00", "Asia/Tokyo").timezone
    assert "Europe/Berlin" == hours.parse(NIGHT, "Asia/Tokyo").timezone


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


@pytest.mark.parametrize(
    ("now", "times", "then"),
    [
        ("2026-11-25T08:59", ("09:00", "16:00"), "2026-11-25T09:00"),
        ("2026-11-25T09:00", ("09:00", "16:00"), "2026-11-25T16:00"),
        ("2026-11-25T16:01", ("16:00", "09:00"), "2026-11-26T09:00"),
        ("2026-11-25T07:30", ("09:00 Europe/Berlin",), "2026-11-25T08:00"),
        ("2026-11-25T23:30", ("00:15 Asia/Tokyo",), "2026-11-26T15:15"),
        (
            "2026-03-28T01:35",
            ("02:30 Europe/Berlin",),
            "2026-03-29T01:30",
        ),  # it is left out that night, so an hour later
        ("2026-10-25T00:00", ("02:30 Europe/Berlin",), "2026-10-25T00:30"),  # it comes twice, and counts once
        ("2026-10-25T00:30", ("02:30 Europe/Berlin",), "2026-10-26T01:30"),
    ],
)
def test_the_next_of_some_times(now: str, times: tuple[str, ...], then: str):
    """
    The first moment after now at which the clock of its time zone says so; nights in which clocks change too.
    """
    at = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()

    found = hours.following([hours.time(one) for one in times], at)

    assert then == datetime.fromtimestamp(found, UTC).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("nine", "'nine' is no time of day; write one like 09:00"),
        ("24:00", "'24:00' is no time of day"),
        ("09:61", "09:61 is no time of day"),
        ("09:00-10:00", "is no time of day"),
        ("09:00 Mars", "there is no time zone 'Mars'; write one like Europe/Berlin"),
    ],
)
def test_what_is_no_time(text: str, sentence: str):
    """
    It is refused with what to write.
    """
    with pytest.raises(ValueError, match=sentence):
        hours.time(text)


def moment(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("now", "days", "then"),
    [
        ("2026-12-23T22:59", ("2026-12-24/2027-01-06",), None),
        ("2026-12-23T23:00", ("2026-12-24/2027-01-06",), "2027-01-06T23:00"),
        ("2027-01-06T22:59", ("2026-12-24/2027-01-06",), "2027-01-06T23:00"),
        ("2027-01-06T23:00", ("2026-12-24/2027-01-06",), None),
        ("2026-12-24T12:00", ("2026-12-24",), "2026-12-24T23:00"),
        ("2026-12-24T12:00", ("2026-12-26/2026-12-27", "2026-12-24/2026-12-25"), "2026-12-27T23:00"),
        ("2026-12-24T12:00", ("2026-12-24/2026-12-31", "2026-12-25"), "2026-12-31T23:00"),
        ("2026-12-24T12:00", ("2026-12-26", "2026-12-24"), "2026-12-24T23:00"),
        ("2026-03-29T12:00", ("2026-03-29",), "2026-03-29T22:00"),
    ],
)
def test_when_somebody_is_back(now: str, days: tuple[str, ...], then: str | None):
    """
    After the last of days that follow upon each other, by the clock of their time zone.
    """
    several = [hours.days(one, "Europe/Berlin") for one in days]

    assert (moment(then) if then else None) == hours.back(several, moment(now))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Christmas", "'Christmas' are no days; write the first and the last, like 2026-12-24/2027-01-06"),
        ("2026-12-24/2026-12-32", "are no days"),
        ("2026-12-24/", "are no days"),
        ("2026-12-24/2027-01-06/2027-02-01", "are no days"),
        ("2026-12-24/9999-12-31", "are no days"),
        ("2026-12-24/2026-12-23", "ends before it begins; write the first day, then the last"),
    ],
)
def test_what_are_no_days(text: str, sentence: str):
    """
    It is refused with what to write.
    """
    with pytest.raises(ValueError, match=sentence):
        hours.days(text, "UTC")
