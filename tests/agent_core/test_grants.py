"""
What a standing grant covers: pure.
"""

from __future__ import annotations

from typing import Any

import pytest

from agent_core.addresses import Party
from agent_core.grants import Grant, alone, covers, may_give
from agent_core.requests import THREAD, Assurance, Grantable, Scope, Threshold, Who
from tests.agent_core.logs import HOME, NOON, a_request, a_voter

HOUR = Scope(name="1h", seconds=3_600.0)
RELEASE = Who(roles=("release",), exclude_requester=True)
ANA = a_voter(roles=("release",))


def a_grant(**how: Any) -> Grant:
    given: dict[str, Any] = {
        "id": "g",
        "tool": "deploy",
        "likeness": "alike",
        "scope": HOUR,
        "thread": "thread",
        "party": "ana",
        "identity": ANA.identity,
        "assurance": Assurance.HIGH,
        "at": NOON,
        "until": NOON + 3_600,
        "uses": 3,
        "home": HOME,
    }
    return Grant.model_validate(given | how)


def a_call(**how: Any) -> Any:
    """The request that would be opened for a call, as the policy has it."""
    terms = Grantable(scopes=(HOUR, Scope(name=THREAD)))
    return a_request(**{"who": RELEASE, "grantable": terms, "likeness": "alike"} | how)


def test_it_covers_what_the_rule_permits_and_its_giver_may_approve():
    """
    At its plainest it covers a call up to the moment of its end.
    """
    assert covers(a_grant(), a_call(), ANA, NOON + 3_599.9)
    assert covers(a_grant(until=None), a_call(), ANA, NOON + 10 * 86_400)
    assert covers(a_grant(used=2), a_call(), ANA, NOON)


@pytest.mark.parametrize(
    ("grant", "call", "granter", "now"),
    [
        ({}, {}, ANA, NOON + 3_600),
        ({"used": 3}, {}, ANA, NOON),
        ({}, {"likeness": "another"}, ANA, NOON),
        ({}, {"grantable": Grantable()}, ANA, NOON),
        ({"scope": Scope(name="1h", seconds=7_200)}, {}, ANA, NOON),
        ({"scope": Scope(name=THREAD), "until": None}, {"thread": "another"}, ANA, NOON),
        ({}, {"requester": "ana"}, ANA, NOON),
        ({}, {"who": Who(roles=("owner",))}, ANA, NOON),
        ({}, {"who": Who(roles=("release",), quorum=2)}, ANA, NOON),
        ({}, {"who": RELEASE.model_copy(update={"also": Who(roles=("owner",))})}, ANA, NOON),
        (
            {},
            {"who": Who(roles=("release",), assurance=Assurance.HIGH)},
            a_voter(roles=("release",), assurance="low"),
            NOON,
        ),
        ({}, {}, a_voter(), NOON),
        ({}, {}, a_voter("ben", roles=("release",)), NOON),
        ({}, {"who": Who(people=(Party("ana"),))}, a_voter(known=False), NOON),
    ],
    ids=[
        "its time is over",
        "used up",
        "another kind of call",
        "the rule permits none",
        "another scope of that name",
        "another thread",
        "who gave it asks",
        "others decide",
        "more decide",
        "the tool demands others besides",
        "its channel was not sure enough",
        "the role is gone",
        "the account is another's now",
        "nobody of the directory",
    ],
)
def test_it_covers_nothing_else(grant: dict[str, Any], call: dict[str, Any], granter: Any, now: float):
    """
    Whatever of it does not hold, the call is asked about.
    """
    assert not covers(a_grant(**grant), a_call(**call), granter, now)


@pytest.mark.parametrize(
    ("who", "one"),
    [
        (Who(roles=("release",)), True),
        (Who(roles=("release",), denials=2), True),
        (Who(roles=("a", "b"), thresholds=(Threshold(roles=("a",)), Threshold(roles=("b",)))), True),
        (Who(roles=("release",), quorum=2), False),
        (Who(roles=("a", "b"), thresholds=(Threshold(roles=("a",), approve=2), Threshold(roles=("b",)))), False),
        (Who(roles=("a", "b"), need="all", thresholds=(Threshold(roles=("a",)), Threshold(roles=("b",)))), False),
        (Who(roles=("release",), also=Who(roles=("owner",), quorum=2)), False),
    ],
)
def test_where_one_approval_is_enough(who: Who, one: bool):
    """
    Only where anybody who may decide approves alone can an approval count for longer.
    """
    assert one is alone(who)


def test_who_may_give_it():
    """
    Whoever the rule itself asks and the directory knows, for a length that is offered.
    """
    call = a_call(requester="rita")

    assert may_give(call, RELEASE, "1h", ANA)
    assert not may_give(call, RELEASE, "2h", ANA)
    assert not may_give(call, RELEASE, "1h", a_voter())
    assert not may_give(call, Who(people=(Party("ana"),)), "1h", a_voter(known=False))
    assert not may_give(a_call(requester="ana"), RELEASE, "1h", ANA)
    assert not may_give(call, Who(people=(Party("ben"),)), "1h", ANA)
