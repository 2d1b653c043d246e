"""
What a decision has come to so far.
"""

from __future__ import annotations

from gateway.draft import Draft
from gateway.store.rows import Timer


def test_what_is_stopped_does_not_come():
    """
    A timer that this decision has set and then stopped is not stored: a commit clears first, and sets then.
    """
    draft = Draft(timers=[Timer("a", 1.0, key="x"), Timer("b", 2.0, key="x")])
    draft.stop("a", "c")

    assert (["b"], ["a", "c"]) == ([timer.id for timer in draft.timers], draft.clear)
