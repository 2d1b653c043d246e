"""
What happened, in a few words.
"""

from __future__ import annotations

import pytest

from agent_core import events
from gateway.sandbox.summaries import LONGEST, summary

IN = {"thread": "t", "run": "r"}
RITA = "slack:T1/U1"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (events.MessageReceived(sender=RITA, sent_at=0.0, text="hello\n there"), "Rita Ray wrote: hello there"),
        (events.MessageReceived(sender="slack:T1/U9", sent_at=0.0, text="hi"), "slack:T1/U9 wrote: hi"),
        (events.RunStarted(**IN, agent="bot", version="2", requester_name="Rita"), "bot 2 begins for Rita"),
        (events.ToolStarted(**IN, key="k", tool="deploy", version="1", digest="d"), "deploy, attempt 1"),
        (events.ToolFinished(**IN, key="k", ok=True), "it worked"),
        (events.ToolFinished(**IN, key="k", ok=False, message="no"), "it failed: no"),
        (events.RunEnded(**IN, outcome="done"), "done"),
        (events.SleepEnded(**IN, key="k"), ""),
    ],
)
def test_event_is_told(event: events.Event, words: str):
    """
    An event is told in one line, people by their names.
    """
    assert words == summary(event, {RITA: "Rita Ray"})


def test_long_text_is_cut():
    """
    A long text is cut, and shows that it is.
    """
    told = summary(events.Replied(**IN, key="k", text="word " * 1000), {})

    assert LONGEST == len(told)
    assert told.endswith("…")
