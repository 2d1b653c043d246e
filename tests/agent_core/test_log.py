"""
The log: events written, read, lifted.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from agent_core import events, facts
from agent_core.addresses import Identity
from agent_core.log import EVENT_TYPES, decode, encode
from agent_core.requests import Outcome, Settlement
from tests.agent_core.logs import NOON, a_request
from tests.agent_core.test_lifecycle import EVENTS

STORED = Path(__file__).parent / "stored_events.jsonl"  # as every version has written them; lines are only added
SAMPLES = [
    *EVENTS.values(),
    facts.MessageReceived(sender=Identity("slack:T1/U1"), sent_at=NOON, text="hi\u2028\x00"),
    events.RunStarted(thread="t", run="r1", agent="bot", version="1", consumes=(1, 2), input={"a": [1, None]}),
    events.ToolFinished(thread="t", run="r1", key="k", ok=True, value={"deep": [1.5, "x", None]}),
    events.RunParked(thread="t", run="r1", reason="expired"),
]


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_what_is_written_is_read(event: events.Event):
    """
    An event comes back from its encoding as it was.
    """
    assert event == decode(encode(event))


def test_defaults_are_not_written():
    """
    The log holds what was said, not what stands in the code anyway.
    """
    assert {"type", "thread", "run", "reason"} == set(json.loads(encode(SAMPLES[-1])))


def test_every_event_is_in_the_union_once():
    """
    No event class is missing from what can be decoded.
    """
    concrete = {
        kind
        for kind in (*vars(events).values(), *vars(facts).values())
        if isinstance(kind, type) and issubclass(kind, events.Event) and "type" in kind.model_fields
    }

    assert concrete == set(EVENT_TYPES)
    assert len(EVENT_TYPES) == len({kind.__name__ for kind in EVENT_TYPES})


def test_an_event_of_an_older_version_is_lifted():
    """
    A stored event of an older version goes through every lift up to today's.
    """
    lifts = {
        ("RunParked", -1): lambda body: body | {"v": 0, "why": body["cause"]},
        ("RunParked", 0): lambda body: (
            {k: v for k, v in body.items() if k not in ("cause", "why")} | {"v": 1, "reason": body["why"]}
        ),
    }
    old = json.dumps({"type": "RunParked", "v": -1, "thread": "t", "run": "r1", "cause": "expired"}).encode()

    assert events.RunParked(thread="t", run="r1", reason="expired") == decode(old, lifts)


def test_what_is_no_event_is_refused():
    """
    Nothing unknown slips through: an unknown type or field raises.
    """
    for raw in (b'{"type": "Nothing"}', b'{"type": "RunParked", "thread": "t", "run": "r", "reason": "x", "y": 1}'):
        with pytest.raises(ValidationError):
            decode(raw)


def test_a_request_survives_with_everything_in_it():
    """
    The request inside an event comes back equal, settlement too.
    """
    opened = events.RequestOpened(thread="t", run="r1", key="k", request=a_request(why="because", arguments={"n": 1}))
    settled = events.RequestSettled(
        thread="t", run="r1", request="x", key="k", settlement=Settlement(outcome=Outcome.DENIED, at=NOON, comment="no")
    )

    assert [opened, settled] == [decode(encode(opened)), decode(encode(settled))]


@pytest.mark.parametrize("line", STORED.read_text().splitlines(), ids=lambda line: line[:40])
def test_what_any_version_has_stored_is_read(line: str):
    """
    An event that was stored, by this version or one before, is read, and everything that it said is still there.
    """
    was, now = json.loads(line), json.loads(encode(decode(line.encode())))

    assert {name: now.get(name) for name in was if name != "v"} == {name: was[name] for name in was if name != "v"}


def test_every_event_has_been_stored():
    """
    Of every type in today's version a line stands in the file; a new one is added to it, and none is changed.
    """
    stored = {(line["type"], line.get("v", 1)) for line in map(json.loads, STORED.read_text().splitlines())}
    today = {(kind.__name__, kind.model_fields["v"].default) for kind in EVENT_TYPES}

    assert set() == today - stored, f"add a line of each, with every field set, to {STORED.name}"


def test_a_version_that_is_no_number_is_refused():
    """
    What is no event of ours is refused with the error that says so, whatever stands in its version.
    """
    for version in ([], {}, None, 1.5):
        with pytest.raises(ValidationError):
            decode(json.dumps({"type": "NoteForwarded", "text": "hi", "v": version}).encode())
