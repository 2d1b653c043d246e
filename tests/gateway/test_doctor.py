"""
Settings that are allowed, and probably not meant.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import pytest

from adapters.base import Check
from agent_core.addresses import Identity, Party
from agent_core.catalogue import Catalogues
from agent_core.policy import Person, Rule
from agent_core.requests import Where, Who
from gateway.agents import Agents
from gateway.directory import Directory
from gateway.doctor import settings_checks
from gateway.settings import Settings
from gateway.settings_people import PersonSettings
from gateway.world import World

RELEASE = Who(roles=("release",))
PEOPLE = [("rita", ["slack:T1/U1"], []), ("ana", ["slack:T1/U2"], ["release"]), ("ben", [], ["release", "night"])]


def look(*rules: Rule, people: Sequence[Any] = PEOPLE) -> dict[str, Check]:
    """What is found, by the setting it is about."""
    written = [PersonSettings(id=name, name=name.title(), identities=ids, roles=roles) for name, ids, roles in people]
    everybody = [
        Person(id=Party(name), name=name.title(), identities=tuple(map(Identity, ids)), roles=tuple(roles))
        for name, ids, roles in people
    ]
    world = World(
        directory=Directory(everybody, ["slack:T1"]),
        rules=list(rules),
        agents=Agents([]),
        catalogues=Catalogues(),
        adapter=lambda _: None,
        ops=None,
        watch=lambda _: contextlib.nullcontext(),
    )
    return {check.what: check for check in settings_checks(Settings(people=written), world, "")}


@pytest.mark.parametrize(
    ("rule", "ok", "words"),
    [
        (Rule(tool="x", who=Who(roles=("pilot",))), False, "nobody may decide it"),
        (Rule(tool="x", who=Who(roles=("night",))), False, "nobody who may decide it can be reached"),
        (Rule(tool="x", who=Who(roles=("night",), exclude_requester=True)), False, "can be reached"),
        (Rule(tool="x", who=Who(people=(Party("ana"),), exclude_requester=True)), None, "only Ana may decide"),
        (Rule(tool="x", who=RELEASE, where=Where(targets=("people",), in_turn=True)), None, "it takes all there are"),
        (
            Rule(
                tool="x", who=RELEASE.model_copy(update={"exclude_requester": True}), where=Where(targets=("origin",))
            ),
            None,
            "shown only where the call was asked for",
        ),
    ],
)
def test_a_rule_that_leads_nowhere(rule: Rule, ok: bool | None, words: str):
    """
    Nobody to decide, nobody to reach, or nobody left when the requester is excluded.
    """
    found = look(rule)["policy[0]"]

    assert (ok, True) == (found.ok, words in found.found)
    assert found.remedy


def test_rules_that_are_meant_are_not_named():
    """
    Where there is nothing to say, nothing is said.
    """
    allowed = Rule(tool="look", effect="allow")
    elsewhere = Rule(tool="x", who=Who(roles=("night",)), where=Where(targets=("slack:T1/C1",)))

    assert {"agents and models", "people[2]"} == set(look(allowed, Rule(tool="deploy", who=RELEASE), elsewhere))


def test_people_who_cannot_be_reached():
    """
    Without an account they cannot be asked; with one that is not configured it is likely misspelt.
    """
    found = look(people=[("ana", ["slack:T2/U2", "slack:T1/U2"], ["owner"]), ("ben", [], [])])

    assert (False, None) == (found["people[0]"].ok, found["people[1]"].ok)
    assert "slack:T2/U2 belongs to no account" in found["people[0]"].found
