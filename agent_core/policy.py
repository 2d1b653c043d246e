"""
Pure rules: which call needs whom. The gateway only loads the file they are written in.

The first rule that fits a call speaks for it. What the tool itself demands comes on top: the stricter of the two holds
(forbid over ask over allow; two asks are joined). A rule that names an argument which the call does not have fits:
where it is not known, a person is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import Field

from agent_core.addresses import Identity, Party
from agent_core.requests import (
    DEFAULT_PATIENCE,
    Assurance,
    Decision,
    Frozen,
    Vote,
    Voter,
    Where,
    Who,
    objection,
    reached,
)


class Person(Frozen):
    """A human being in the directory. `identities` are in the order in which they like to be reached."""

    id: Party
    name: str
    identities: tuple[Identity, ...] = ()
    roles: tuple[str, ...] = ()
    timezone: str = "UTC"


class Rule(Frozen):
    """
    One rule of the policy.

    `agent` and `tool` are names with `*` and `?`; `when` maps arguments to a value or a list of values.
    """

    effect: Literal["allow", "ask", "forbid"] = "ask"
    agent: str = "*"
    tool: str
    when: Mapping[str, Any] = Field(default_factory=dict)
    who: Who = Who()
    where: Where = Where()
    patience: float = DEFAULT_PATIENCE
    reason: str = ""


@dataclass(frozen=True)
class Allow:
    """The call may start."""


@dataclass(frozen=True)
class Forbid:
    """The call may not start, whoever asks."""

    reason: str


@dataclass(frozen=True)
class Ask:
    """Somebody has to approve the call."""

    who: Who
    where: Where
    patience: float
    reason: str = ""


Requirement = Allow | Forbid | Ask


def requirement(
    rules: Sequence[Rule], *, agent: str, tool: str, arguments: Mapping[str, Any], demanded: Who | None
) -> Requirement:
    """
    Say what a call needs before it may start.

    Args:
        arguments: As validated, in JSON.
        demanded: Who must approve every call of this tool, by its own declaration.
    """
    ruled = next((_speak(rule) for rule in rules if fits(rule, agent=agent, tool=tool, arguments=arguments)), Allow())
    if demanded is None or isinstance(ruled, Forbid):
        return ruled
    if isinstance(ruled, Allow):
        return Ask(demanded, Where(), DEFAULT_PATIENCE)
    return Ask(join(ruled.who, demanded), ruled.where, ruled.patience, ruled.reason)


def fits(rule: Rule, *, agent: str, tool: str, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a rule is about a call."""
    return (
        fnmatchcase(tool, rule.tool)
        and fnmatchcase(agent, rule.agent)
        and all(_holds(arguments, path, wanted, missing=rule.effect != "allow") for path, wanted in rule.when.items())
    )


def _holds(arguments: Mapping[str, Any], path: str, wanted: Any, *, missing: bool) -> bool:
    found: Any = arguments
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return missing
        found = found[name]
    return found in wanted if isinstance(wanted, list | tuple) else found == wanted


def _speak(rule: Rule) -> Requirement:
    match rule.effect:
        case "allow":
            return Allow()
        case "forbid":
            return Forbid(rule.reason or "a rule of the policy forbids it")
        case "ask":
            return Ask(rule.who, rule.where, rule.patience, rule.reason)


def covers(earlier: Rule, later: Rule) -> bool:
    """
    Tell whether a rule surely fits every call that a later one fits, which then never speaks.

    Patterns are compared as they are written, so that it may miss some; it never errs.
    """
    return (
        earlier.tool in ("*", later.tool)
        and earlier.agent in ("*", later.agent)
        and all(
            path in later.when
            and set(map(repr, _values(later.when[path]))) <= set(map(repr, _values(wanted)))
            and (earlier.effect != "allow" or later.effect == "allow")  # a call without the argument fits the later one
            for path, wanted in earlier.when.items()
        )
    )


def _values(wanted: Any) -> Sequence[Any]:
    return wanted if isinstance(wanted, list | tuple) else [wanted]


def eligible(who: Who, requester: Party | None, people: Iterable[Person]) -> list[Person]:
    """Give those of some people who may decide; what their channel is worth is judged when they do."""
    return [
        person
        for person in people
        if objection(who, requester, voter(_first(person), person, person.name, Assurance.HIGH)) is None
    ]


def _first(person: Person) -> Identity:
    return person.identities[0] if person.identities else Identity(person.id)


def enough(who: Who, people: Iterable[Person], requester: Party | None = None) -> bool:
    """Tell whether some people can approve together what a rule asks of them."""
    may = eligible(who, requester, people)
    votes = [Vote(party=person.id, decision=Decision.APPROVE, roles=person.roles) for person in may]
    return reached(who, votes, Decision.APPROVE)


def join(one: Who, other: Who) -> Who:
    """Join two demands: only who satisfies both may decide, and as many as each of the two says."""
    return one.model_copy(update={"also": other if one.also is None else join(one.also, other)})


def voter(identity: Identity, person: Person | None, name: str, assurance: Assurance) -> Voter:
    """See an identity as somebody who answers; without a person it stands for itself, in no role."""
    if person is None:
        return Voter(identity=identity, party=Party(identity), name=name, assurance=assurance)
    return Voter(
        identity=identity, party=person.id, name=person.name, roles=person.roles, known=True, assurance=assurance
    )
