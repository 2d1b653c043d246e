"""
Which call needs whom.
"""

from __future__ import annotations

from typing import Any

import pytest

from agent_core import policy, requests
from agent_core.policy import Allow, Ask, Forbid, Rule, requirement
from agent_core.requests import Who
from tests.agent_core.logs import a_voter

RELEASE = Who(roles=("release",), exclude_requester=True)
PRODUCTION = Rule(tool="deploy", when={"environment": "production"}, who=RELEASE)


def needs(*rules: Rule, tool: str = "deploy", arguments: dict[str, Any] | None = None, demanded: Who | None = None):
    given = {"environment": "production"} if arguments is None else arguments
    return requirement(rules, agent="bot", tool=tool, arguments=given, demanded=demanded)


def test_no_rule_allows():
    """
    What no rule and no tool speaks of may start.
    """
    assert Allow() == needs()


def test_a_rule_asks_whom_it_names():
    """
    A rule that fits says who decides, where, and how long.
    """
    asked = needs(PRODUCTION)

    assert isinstance(asked, Ask)
    assert RELEASE == asked.who


def test_a_rule_for_some_arguments_only():
    """
    The same tool with other arguments needs nobody.
    """
    assert Allow() == needs(PRODUCTION, arguments={"environment": "staging"})
    assert isinstance(needs(Rule(tool="deploy", when={"environment": ["a", "production"]}, who=RELEASE)), Ask)


def test_an_argument_that_is_not_there_asks():
    """
    Where a rule's argument is not known, a person is asked.
    """
    assert isinstance(needs(PRODUCTION, arguments={}), Ask)
    assert isinstance(needs(Rule(tool="deploy", when={"a.b": 1}, who=RELEASE), arguments={"a": 5}), Ask)


def test_nested_arguments():
    """
    A rule reaches into objects by dots.
    """
    rule = Rule(tool="pay", when={"to.country": "de"}, who=RELEASE)

    assert isinstance(needs(rule, tool="pay", arguments={"to": {"country": "de"}}), Ask)
    assert Allow() == needs(rule, tool="pay", arguments={"to": {"country": "fr"}})


def test_the_first_rule_that_fits_speaks():
    """
    Rules are read from the top.
    """
    assert Allow() == needs(Rule(tool="*", effect="allow"), PRODUCTION)
    assert isinstance(needs(PRODUCTION, Rule(tool="*", effect="allow")), Ask)


def test_forbidding_says_why():
    """
    A forbidden call is refused with the rule's reason, whatever the tool itself demands.
    """
    rule = Rule(tool="de*", effect="forbid", reason="frozen over Christmas")

    assert Forbid("frozen over Christmas") == needs(rule, demanded=RELEASE)


def test_a_tools_own_demand_holds_where_no_rule_speaks():
    """
    A rule that allows does not take away what the tool demands.
    """
    demanded = Who(roles=("security",))

    for rules in ((), (Rule(tool="deploy", effect="allow"),)):
        asked = needs(*rules, demanded=demanded)
        assert isinstance(asked, Ask)
        assert demanded == asked.who


@pytest.mark.parametrize(
    ("roles", "may"), [(("release",), False), (("security",), False), (("release", "security"), True)]
)
def test_rule_and_tool_both_have_to_be_satisfied(roles: tuple[str, ...], may: bool):
    """
    Where both demand somebody, only who satisfies both may decide.
    """
    asked = needs(PRODUCTION, demanded=Who(roles=("security",), quorum=2))

    assert isinstance(asked, Ask)
    one, two = (requests.Vote(party=name, decision=requests.Decision.APPROVE) for name in ("ana", "ben"))
    assert [False, True] == [requests.reached(asked.who, votes, one.decision) for votes in ([one], [one, two])]
    assert may == (requests.objection(asked.who, None, a_voter(roles=roles)) is None)


@pytest.mark.parametrize(
    ("earlier", "later", "covered"),
    [
        (Rule(tool="*"), Rule(tool="deploy"), True),
        (Rule(tool="deploy"), Rule(tool="*"), False),
        (Rule(tool="deploy", agent="a"), Rule(tool="deploy"), False),
        (Rule(tool="deploy", when={"to": ["a", "b"]}), Rule(tool="deploy", when={"to": "a"}), True),
        (Rule(tool="deploy", when={"to": "a"}), Rule(tool="deploy", when={"to": ["a", "b"]}), False),
        (Rule(tool="deploy", when={"to": "a"}), Rule(tool="deploy", when={"to": "a", "tag": "v1"}), True),
        (Rule(effect="allow", tool="x", when={"to": "a"}), Rule(tool="x", when={"to": "a"}), False),
        (Rule(effect="allow", tool="x", when={"to": "a"}), Rule(effect="allow", tool="x", when={"to": "a"}), True),
    ],
)
def test_a_rule_that_never_speaks(earlier: Rule, later: Rule, covered: bool):
    """
    A rule is covered by an earlier one that fits each of its calls, those that lack the argument included.
    """
    assert covered == policy.covers(earlier, later)


def test_a_voter_without_a_person_has_no_roles():
    """
    An account that belongs to nobody in the directory stands for itself.
    """
    voter = policy.voter("slack:T1/U9", None, "Otto", requests.Assurance.HIGH)

    assert ("slack:T1/U9", (), False) == (voter.party, voter.roles, voter.known)


def test_a_rule_that_allows_needs_the_value_it_names():
    """
    A call without the argument is not allowed by a rule about it; the next rule speaks.
    """
    rules = (Rule(effect="allow", tool="*", when={"environment": "staging"}), Rule(tool="*", who=RELEASE))

    assert Allow() == needs(*rules, arguments={"environment": "staging"})
    assert isinstance(needs(*rules, arguments={"name": "production"}), Ask)
