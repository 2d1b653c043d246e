"""
The life of a request: the table, walked.
"""

from __future__ import annotations

import pytest

from agent_core import events, lifecycle
from agent_core.errors import IllegalTransition
from agent_core.lifecycle import LIFE_CYCLE, Status
from agent_core.requests import Decision, Outcome, Settlement, Who
from tests.agent_core.logs import ANA, HOME, NOON, a_request

NAMED = {"thread": "thread", "run": "r1"}
ABOUT = {**NAMED, "request": "request-k-1"}
BY = {"fact": 1, "party": ANA, "name": "Ana"}
EVENTS: dict[type[events.Event], events.Event] = {
    events.RequestOpened: events.RequestOpened(**NAMED, key="k", request=a_request()),
    events.ResponseGiven: events.ResponseGiven(
        **ABOUT, **BY, identity="slack:T1/U2", decision=Decision.APPROVE, via=HOME
    ),
    events.ResponseRefused: events.ResponseRefused(**ABOUT, **BY, decision=Decision.APPROVE, reason="late"),
    events.QuestionAsked: events.QuestionAsked(**ABOUT, **BY, text="why?"),
    events.QuestionAnswered: events.QuestionAnswered(**ABOUT, name="Rita", text="because"),
    events.RequestEscalated: events.RequestEscalated(**ABOUT, rung=0, cause="silence", who=Who(people=(ANA,))),
    events.RequestClaimed: events.RequestClaimed(**ABOUT, **BY, identity="slack:T1/U2", via=HOME),
    events.RequestChanged: events.RequestChanged(
        **ABOUT, **BY, identity="slack:T1/U2", via=HOME, changes={"tag": "v2"}, digest="d2", who=Who(people=(ANA,))
    ),
    events.RequestReassigned: events.RequestReassigned(
        **ABOUT, **BY, identity="slack:T1/U2", via=HOME, to="ben", to_name="Ben", at=NOON, who=Who(people=("ben",))
    ),
    events.RequestReminded: events.RequestReminded(**ABOUT, number=0),
    events.RequestSettled: events.RequestSettled(
        **ABOUT, key="k", settlement=Settlement(outcome=Outcome.APPROVED, at=NOON)
    ),
}


def at(status: Status | None):
    """A request in a state."""
    if status is None:
        return None
    opened = lifecycle.step(None, EVENTS[events.RequestOpened])
    return opened if status is Status.OPEN else lifecycle.step(opened, EVENTS[events.RequestSettled])


@pytest.mark.parametrize("status", [None, *Status])
@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: type(event).__name__)
def test_the_table_is_the_truth(status: Status | None, event: events.Event):
    """
    Every event does in every state what the table says, and what it does not list raises and changes nothing.
    """
    before = at(status)
    expected = LIFE_CYCLE[status].get(type(event))

    if expected is None:
        with pytest.raises(IllegalTransition):
            lifecycle.step(before, event)
        assert at(status) == before
    else:
        assert expected == lifecycle.status(lifecycle.step(before, event))


def test_every_listed_event_is_walked():
    """
    The walk above leaves no event of the table out.
    """
    assert lifecycle.REQUEST_EVENTS == set(EVENTS)


def test_settled_keeps_its_outcome():
    """
    Nothing that may follow a settlement changes it (G3).
    """
    settled = at(Status.SETTLED)
    later = lifecycle.step(settled, EVENTS[events.ResponseRefused])

    assert settled.settlement == later.settlement
