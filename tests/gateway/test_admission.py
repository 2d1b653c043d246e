"""
Who is let in while more comes than can be taken; by a clock moved by hand.
"""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from gateway.admission import MORE, TOLD, UNDECIDED, WAITING, Admission
from tests.runtime import HandRuntime


def test_events_go_before_what_comes_only_once():
    """
    When a commit's fill waits for the disk, what the vendor brings again is refused, and what it brings once is not
    before there is twice as much; when it is stored there is room again.
    """
    admission = Admission(lambda: 0, HandRuntime())
    with ExitStack() as storing:
        for _ in range(WAITING - 1):
            storing.enter_context(admission.storing())
        assert not admission.full(once=False)
        storing.enter_context(admission.storing())
        assert (True, False) == (admission.full(once=False), admission.full(once=True))
        for _ in range(WAITING * (MORE - 1)):
            storing.enter_context(admission.storing())
        assert admission.full(once=True)

    assert (0, False) == (admission.waiting, admission.full(once=False))


@pytest.mark.parametrize(
    ("undecided", "again", "once"),
    [(UNDECIDED - 1, False, False), (UNDECIDED, True, False), (UNDECIDED * MORE, True, True)],
)
def test_deciding_that_falls_behind_stops_what_comes(undecided: int, again: bool, once: bool):
    """
    What is stored and not decided is bounded too, although it was acknowledged.
    """
    admission = Admission(lambda: undecided, HandRuntime())

    assert (again, once) == (admission.full(once=False), admission.full(once=True))


async def test_the_log_hears_of_it_once_a_minute(caplog: pytest.LogCaptureFixture):
    """
    The first refusal is told at once, the next thousand in one line a minute later; a minute without one ends it.
    """
    runtime = HandRuntime()
    admission = Admission(lambda: 7, runtime)
    assert not admission.overloaded
    for _ in range(1_000):
        admission.refused()
    assert ["more comes in than can be taken: 1 refused, 0 wait for the disk, 7 to be decided"] == caplog.messages
    await runtime.advance(TOLD)
    assert not admission.overloaded
    admission.refused()

    assert admission.overloaded
    assert "1000 refused" in caplog.messages[1]
    assert 2 == len(caplog.messages)
