"""
Which call needs whom.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from agent_core import hours, policy, requests, rulings
from agent_core.addresses import Party
from agent_core.policy import Allow, Ask, Call, Forbid, Person, Rule, requirement
from agent_core.requests import Threshold, Who
from tests.agent_core.logs import a_voter

RELEASE = Who(roles=("release",), exclude_requester=True)
PRODUCTION = Rule(tool="deploy", when={"environment": "production"}, who=RELEASE)


def needs(*rules: Rule, tool: str = "deploy", arguments: dict[str, Any] | None = None, demanded: Who | None = None):
    given = {"environment": "production"} if arguments is None else arguments
    return requirement(rules, Call(agent="bot", tool=tool, arguments=given), demanded)


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
    one, two = (rulings.Vote(party=name, decision=requests.Decision.APPROVE) for name in ("ana", "ben"))
    assert [False, True] == [rulings.reached(asked.who, votes, one.decision) for votes in ([one], [one, two])]
    assert may == (rulings.objection(asked.who, None, a_voter(roles=roles)) is None)


@pytest.mark.parametrize(
    ("when", "value", "about"),
    [
        ({"above": 100}, 100.01, True),
        ({"above": 100}, 100, False),
        ({"above": 100}, "100.01", True),  # an amount of money is a string in JSON
        ({"at_least": "0.1"}, 0.1, True),
        ({"below": 5, "above": 1}, 3, True),
        ({"below": 5, "above": 1}, 7, False),
        ({"at_most": 5}, 5, True),
        ({"above": 100}, "many", None),
        ({"above": 100}, True, None),
        ({"above": 100}, "NaN", None),
        ({"above": 100}, None, None),
        ({"not": "staging"}, "production", True),
        ({"not": ["staging", "test"]}, "test", False),
        ({"like": "*@example.com"}, "rita@example.com", True),
        ({"like": ["*.com", "*.org"]}, "x.net", False),
        ({"unlike": "*@example.com"}, "eve@example.org", True),
        ({"like": "*"}, 5, None),
        ("production", ["production", "staging"], None),  # several values are no value
        (["production", "staging"], ["staging"], None),
        ({"not": "production"}, ["production"], None),
        ({"not": "production"}, {"name": "production"}, None),
        (22, 22.0, True),
        (22, 80, False),
        (22, "22", None),  # of another kind
        ("22", 22, None),
        (1, True, None),
        (["production", 1], 2, False),
        ({"not": ["staging", "test"]}, 5, None),
        (True, False, False),
        ("production", None, False),  # nothing is no production
        ({"not": "production"}, None, True),
    ],
)
def test_comparing_arguments(when: Any, value: Any, about: bool | None):
    """
    Numbers, other values and patterns; what cannot be compared (None) is asked about, and never allowed.
    """
    call = Call(agent="bot", tool="pay", arguments={"x": value})

    assert (about is not False) == policy.fits(Rule(tool="pay", when={"x": when}), call)
    assert (about is True) == policy.fits(Rule(tool="pay", effect="allow", when={"x": when}), call)


def test_comparisons_that_mean_nothing():
    """
    A comparison that does not exist, or not with that, says what to write.
    """
    with pytest.raises(ValueError, match="there is no comparison 'over'; write one of above"):
        policy.check_when({"x": {"over": 5}})
    with pytest.raises(ValueError, match="above does not compare with 'much'"):
        policy.check_when({"x": {"above": "much"}})
    for never in (date(2026, 11, 26), [["a"]], {"not": date(2026, 11, 26)}, [{"a": 1}]):
        with pytest.raises(ValueError, match=r"x: .* is never an argument's value; write text"):
            policy.check_when({"x": never})
    for none in ([], {"like": []}):
        with pytest.raises(ValueError, match="x: there is no value to compare with"):
            policy.check_when({"x": none})
    policy.check_when({"x": {"above": 5, "not": ["a", 1]}, "y": "z", "a.b": [1, True]})


@pytest.mark.parametrize(
    ("how", "call", "about"),
    [
        ({"requester": ("role:intern",)}, {"requester": "rita", "roles": ("intern",)}, True),
        ({"requester": ("role:intern", "ana")}, {"requester": "ana"}, True),
        ({"requester": ("role:intern",)}, {"requester": "ana", "roles": ("release",)}, False),
        ({"requester": ("role:intern",)}, {}, True),  # nobody is known to have asked
        ({"requester": ("slack:T1/U1",)}, {"requester": "slack:T1/U1"}, True),
        ({"requester": ("slack:T1/U1",)}, {"requester": "rita", "accounts": ("slack:T1/U2", "slack:T1/U1")}, True),
        ({"requester": ("slack:T1/U1",)}, {"requester": "rita", "accounts": ("slack:T1/U2",)}, False),
        ({"environment": ("production",)}, {"environment": "production"}, True),
        ({"environment": ("production",)}, {"environment": "staging"}, False),
        ({"hours": (hours.parse("Mon-Fri 09:00-17:00"),)}, {"at": 1_795_600_800.0}, True),  # a Wednesday, 10:00
        ({"hours": (hours.parse("Mon-Fri 09:00-17:00"),)}, {"at": 1_795_636_800.0}, False),  # 20:00
    ],
)
def test_who_asked_where_and_when(how: dict[str, Any], call: dict[str, Any], about: bool):
    """
    A rule can be about some requesters, environments and hours only.
    """
    rule = Rule(tool="deploy", who=RELEASE, **how)

    assert about == policy.fits(rule, Call(agent="bot", tool="deploy", arguments={}, **call))


def test_going_on_without_an_answer():
    """
    A rule may say that the agent is told when nobody answered, also where the tool demands somebody besides.
    """
    rule = PRODUCTION.model_copy(update={"go_on": True})

    for demanded in (None, Who(roles=("security",))):
        asked = needs(rule, demanded=demanded)
        assert isinstance(asked, Ask)
        assert asked.go_on


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
        (Rule(tool="x", when={"n": {"above": 1}}), Rule(tool="x", when={"n": {"above": 1}}), True),
        (Rule(tool="x", when={"n": {"above": 1}}), Rule(tool="x", when={"n": {"above": 2}}), False),
        (Rule(tool="dep*"), Rule(tool="deploy"), True),
        (Rule(tool="dep*"), Rule(tool="d*"), False),
        (Rule(tool="x", requester=("ana",)), Rule(tool="x"), False),
        (Rule(tool="x", requester=("ana", "ben")), Rule(tool="x", requester=("ana",)), True),
        (Rule(tool="x", effect="allow", requester=("ana",)), Rule(tool="x", requester=("ana",)), False),
        (Rule(tool="x", environment=("a",)), Rule(tool="x", environment=("a", "b")), False),
        (Rule(tool="x", hours=(hours.parse("Mon"),)), Rule(tool="x", hours=(hours.parse("Mon"),)), True),
    ],
)
def test_a_rule_that_never_speaks(earlier: Rule, later: Rule, covered: bool):
    """
    A rule is covered by an earlier one that fits each of its calls, those that lack the argument included.
    """
    assert covered == policy.covers(earlier, later)


BOSS_AND_TWO = (Threshold(roles=("release",), approve=2), Threshold(roles=("boss",)))


@pytest.mark.parametrize(
    ("who", "fewest"),
    [
        (Who(roles=("release",)), "a"),
        (Who(roles=("release",), quorum=2), "ab"),
        (Who(roles=("release",), quorum=4), "abd"),
        (Who(roles=("release",), exclude_requester=True), "b"),
        (Who(roles=("release", "boss"), thresholds=BOSS_AND_TWO), "ab"),
        (Who(roles=("release", "boss"), thresholds=BOSS_AND_TWO, need="all"), "abc"),
        (Who(roles=("release", "boss"), thresholds=BOSS_AND_TWO[1:]), "c"),
    ],
)
def test_the_first_who_are_enough(who: Who, fewest: str):
    """
    Of those who may decide the first are chosen who can approve together, and nobody whom it does not take.
    """
    roles = {"a": "release", "b": "release", "c": "boss", "d": "release"}
    people = [Person(id=Party(name), name=name, roles=(role,)) for name, role in roles.items()]

    assert fewest == "".join(person.id for person in policy.fewest(who, policy.eligible(who, Party("a"), people)))


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
