"""
After a limit nobody is sent into it again, and not everybody comes back at once.
"""

from __future__ import annotations

import itertools

import pytest

from adapters.slack.pace import LONGEST, SHORTEST, SPACING, Pace, pause

POST, UPDATE = "chat.postMessage", "chat.update"


class Clock:
    now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


def test_a_refused_post_holds_back_its_channel():
    """
    Slack limits posts for each channel, so that the others go on.
    """
    clock = Clock()
    pace = Pace(clock)
    pace.limited(POST, "C1", 10)

    assert 10 <= pace.wait(POST, "C1") < 11
    assert (0.0, 0.0) == (pace.wait(POST, "C2"), pace.wait(UPDATE, "C1"))
    clock.now += 11
    assert 0.0 == pace.wait(POST, "C1")


def test_a_second_channels_refusal_holds_back_the_workspace():
    """
    Two channels that are refused at a time are a workspace that posts too much.
    """
    pace = Pace(Clock())
    pace.limited(POST, "C1", 10)
    pace.limited(POST, "C2", 20)

    assert pace.wait(POST, "C3") >= 20
    assert 0.0 == pace.wait(UPDATE, "C3")


def test_other_methods_are_limited_for_the_workspace():
    """
    Everything but posting has one limit, whatever channel it is about.
    """
    pace = Pace(Clock())
    pace.limited(UPDATE, "C1", 10)

    assert pace.wait(UPDATE, "C2") >= 10


def test_those_who_wait_come_back_one_after_the_other():
    """
    A hundred who were held back do not make the next hundred refusals.
    """
    pace = Pace(Clock())
    pace.limited(UPDATE, "", 10)
    times = [pace.wait(UPDATE, f"C{number}") for number in range(100)]

    assert all(later - earlier == pytest.approx(SPACING) for earlier, later in itertools.pairwise(times))


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("7", 7.0),
        ("2.5", 2.5),
        ("0", SHORTEST),
        ("-30", SHORTEST),
        ("999999999999", LONGEST),
        ("Tue, 14 Nov 2023 22:13:50 GMT", 30.0),
        ("Tue, 14 Nov 2003 22:13:50 GMT", SHORTEST),
        ("soon", SHORTEST),
        ("nan", SHORTEST),
        ("inf", SHORTEST),
        ("", SHORTEST),
        (None, SHORTEST),
    ],
)
def test_a_retry_after_is_read_with_sense(said: str | None, seconds: float):
    """
    Seconds or a date; what makes no sense is the shortest pause, and none is longer than an hour.
    """
    assert seconds == pause(said, 1_700_000_000.0)
