"""
Who is let in while more comes than can be taken; by a clock moved by hand.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from gateway.admission import LONGEST, MOST_LONGEST, MOST_UNDECIDED, MOST_WAITING, TOLD, UNDECIDED, WAITING, Admission
from tests.runtime import HandRuntime


def test_events_go_before_what_comes_only_once():
    """
    When much waits for the disk, what the vendor brings again is refused, and what it brings once is not before there
    is far more; when that is stored there is room again.
    """
    admission = Admission(lambda: 0, HandRuntime())
    with ExitStack() as storing:
        for _ in range(WAITING - 1):
            storing.enter_context(admission.storing())
        assert not admission.full(once=False)
        storing.enter_context(admission.storing())
        assert (True, False) == (admission.full(once=False), admission.full(once=True))
        for _ in range(MOST_WAITING - WAITING):
            storing.enter_context(admission.storing())
        assert admission.full(once=True)

    assert (0, False) == (admission.waiting, admission.full(once=False))


async def test_those_let_in_at_once_are_counted_before_they_begin():
    """
    Of a thousand requests that are there at the same moment only so many are let in, though none waits yet.
    """
    admission, let_in = Admission(lambda: 0, HandRuntime()), 0
    for _ in range(1_000):
        if not admission.full(once=False):
            admission.expect()
            let_in += 1
    assert (WAITING, True) == (let_in, admission.full(once=False))
    await asyncio.sleep(0)

    assert not admission.full(once=False)


async def test_a_slow_disk_stops_what_comes_before_it_is_too_late():
    """
    While the oldest of what waits has waited for a second, what is brought again is refused, and after two what is not:
    the vendor would give it up before it was stored.
    """
    runtime = HandRuntime()
    admission = Admission(lambda: 0, runtime)
    with admission.storing():
        await runtime.advance(LONGEST / 2)
        with admission.storing():
            assert not admission.full(once=False)
            await runtime.advance(LONGEST / 2)
            assert (True, False) == (admission.full(once=False), admission.full(once=True))
            await runtime.advance(MOST_LONGEST - LONGEST)
            assert admission.full(once=True)

    assert not admission.full(once=False)


@pytest.mark.parametrize(
    ("undecided", "again", "once"),
    [(UNDECIDED - 1, False, False), (UNDECIDED, True, False), (MOST_UNDECIDED, True, True)],
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
