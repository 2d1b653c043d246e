"""
Pure rules: which call needs whom. The gateway only loads the file they are written in.

The first rule that fits a call speaks for it. What the tool itself demands comes on top: the stricter of the two holds
(forbid over ask over allow; two asks are joined). A rule that names an argument which the call does not have fits:
where it is not known, a person is asked. A value that is masked is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Any, Literal

from pydantic import Field

from agent_core.addresses import Identity, Party
from agent_core.hours import Days, Hours, Time
from agent_core.masking import is_masked
from agent_core.requests import DEFAULT_PATIENCE, Assurance, Decision, Frozen, Grantable, Urgency, Where, Who
from agent_core.rulings import Vote, Voter, objection, reached

ONCE = Grantable()  # no approval counts for more than one call
ROLE = "role:"  # before a role, where people can be named too


class Person(Frozen):
    """
    A human being in the directory.

    `identities` are in the order in which they like to be reached; in `quiet` hours nothing is sent to them there.
    While they are `away` their `deputy` decides in their stead.
    Without a `language` they read the gateway's.
    """

    id: Party
    name: str
    identities: tuple[Identity, ...] = ()
    roles: tuple[str, ...] = ()
    timezone: str = "UTC"
    quiet: tuple[Hours, ...] = ()
    digest: tuple[Time, ...] = ()
    language: str = ""
    away: tuple[Days, ...] = ()
    deputy: Party | None = None


class Rule(Frozen):
    """
    One rule of the policy.

    `agent` and `tool` are names with `*` and `?`; `when` maps arguments to a value, a list of values, or comparisons.
    `requester` are people, identities and `role:NAME`s, `environment` names of gateways, `hours` parts of the week;
    without them it is about everybody, everywhere, at any time. With `go_on` the agent is told when nobody has answered
    in time, and the run does not halt. `urgency` is that of what it asks; None: as whoever asks says.
    `grantable` is how its calls may be approved for longer than once, `reassign` to whom those who are asked may hand
    them on.
    """

    effect: Literal["allow", "ask", "forbid"] = "ask"
    agent: str = "*"
    tool: str
    when: Mapping[str, Any] = Field(default_factory=dict)
    requester: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    hours: tuple[Hours, ...] = ()
    who: Who = Who()
    where: Where = Where()
    patience: float = DEFAULT_PATIENCE
    go_on: bool = False
    urgency: Urgency | None = None
    reassign: Who | None = None
    reason: str = ""
    grantable: Grantable = ONCE


@dataclass(frozen=True)
class Call:
    """
    A call to judge.

    `arguments` are as validated, in JSON; `requester` is who the run is for, with the `roles` and `accounts` that they
    have, and None where nobody is known to have asked; `at` is seconds since the epoch.
    """

    agent: str
    tool: str
    arguments: Mapping[str, Any]
    requester: Party | None = None
    roles: tuple[str, ...] = ()
    accounts: tuple[Identity, ...] = ()
    environment: str = ""
    at: float = 0.0


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
    go_on: bool = False
    urgency: Urgency | None = None
    grantable: Grantable = ONCE
    reassign: Who | None = None


Requirement = Allow | Forbid | Ask


def requirement(rules: Sequence[Rule], call: Call, demanded: Who | None) -> Requirement:
    """
    Say what a call needs before it may start.

    Args:
        demanded: Who must approve every call of this tool, by its own declaration.
    """
    ruled = next((_speak(rule) for rule in rules if fits(rule, call)), Allow())
    if demanded is None or isinstance(ruled, Forbid):
        return ruled
    if isinstance(ruled, Allow):
        return Ask(demanded, Where(), DEFAULT_PATIENCE)
    return replace(ruled, who=join(ruled.who, demanded))


def fits(rule: Rule, call: Call) -> bool:
    """Tell whether a rule is about a call. What is not known of a call fits a rule that asks or forbids."""
    unknown = rule.effect != "allow"
    return (
        fnmatchcase(call.tool, rule.tool)
        and fnmatchcase(call.agent, rule.agent)
        and (not rule.environment or call.environment in rule.environment)
        and (not rule.hours or any(hours.hold(call.at) for hours in rule.hours))
        and (not rule.requester or _asks(rule.requester, call, unknown))
        and all(_holds(call.arguments, path, wanted, unknown=unknown) for path, wanted in rule.when.items())
    )


def _asks(requesters: Sequence[str], call: Call, unknown: bool) -> bool:
    if call.requester is None:
        return unknown
    named = {call.requester, *call.accounts, *(ROLE + role for role in call.roles)}
    return not named.isdisjoint(requesters)


def _holds(arguments: Mapping[str, Any], path: str, wanted: Any, *, unknown: bool) -> bool:
    found: Any = arguments
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return unknown
        found = found[name]
    if is_masked(found):
        return unknown
    try:
        if not isinstance(wanted, Mapping):
            return _is_one_of(found, wanted)
        return all(COMPARISONS[name](found, value) for name, value in wanted.items())
    except (ArithmeticError, TypeError, ValueError):  # not to be compared, so it is not known
        return unknown


def _number(value: Any) -> Decimal:
    """Read a number; amounts of money are strings in JSON."""
    number = Decimal(str(value))
    if isinstance(value, bool) or not number.is_finite():
        raise ValueError(f"{value!r} is no number")
    return number


def _is_one_of(found: Any, wanted: Any) -> bool:
    """Compare with values; what is of another kind than all of them is none of them, nor is it another one."""
    alike = [value for value in _values(wanted) if _kind(value) is _kind(found)]
    if not alike and found is not None:
        raise TypeError(f"{found!r} is of another kind")
    return found in alike


def _kind(value: Any) -> type:
    """Tell kinds of JSON apart; Python takes true for 1."""
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _values(wanted: Any) -> Sequence[Any]:
    return wanted if isinstance(wanted, list | tuple) else [wanted]


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "above": lambda found, value: _number(found) > _number(value),
    "below": lambda found, value: _number(found) < _number(value),
    "at_least": lambda found, value: _number(found) >= _number(value),
    "at_most": lambda found, value: _number(found) <= _number(value),
    "not": lambda found, value: not _is_one_of(found, value),
    "like": lambda found, value: any(fnmatchcase(_text(found), pattern) for pattern in _values(value)),
    "unlike": lambda found, value: not any(fnmatchcase(_text(found), pattern) for pattern in _values(value)),
}
"""What an argument can be compared with: numbers, other values, and patterns with `*` and `?`."""


def _text(found: Any) -> str:
    if not isinstance(found, str):
        raise TypeError(f"{found!r} is no text")
    return found


def check_when(when: Mapping[str, Any]) -> None:
    """
    Refuse comparisons that mean nothing.

    Raises:
        ValueError: It says what to write.
    """
    for path, wanted in when.items():
        compared = wanted if isinstance(wanted, Mapping) else {"not": wanted}
        for name, value in compared.items():
            if name not in COMPARISONS:
                raise ValueError(f"{path}: there is no comparison {name!r}; write one of {', '.join(COMPARISONS)}")
            if not _values(value):
                raise ValueError(f"{path}: there is no value to compare with; write at least one")
            if not all(isinstance(one, str | int | float) for one in _values(value)):
                raise ValueError(f"{path}: {value!r} is never an argument's value; write text, a number, true or false")
            try:
                COMPARISONS[name](_values(value)[0], value)
            except (ArithmeticError, TypeError, ValueError):
                raise ValueError(f"{path}: {name} does not compare with {value!r}") from None


def _speak(rule: Rule) -> Requirement:
    match rule.effect:
        case "allow":
            return Allow()
        case "forbid":
            return Forbid(rule.reason or "a rule of the policy forbids it")
        case "ask":
            return Ask(
                rule.who,
                rule.where,
                rule.patience,
                rule.reason,
                rule.go_on,
                rule.urgency,
                rule.grantable,
                rule.reassign,
            )


def covers(earlier: Rule, later: Rule) -> bool:
    """
    Tell whether a rule surely fits every call that a later one fits, which then never speaks.

    Patterns and hours are compared as they are written, so that it may miss some; it never errs.
    """
    return (
        _within(later.tool, earlier.tool)
        and _within(later.agent, earlier.agent)
        and _narrows(later.environment, earlier.environment)
        and (_narrows(later.requester, earlier.requester) and (not earlier.requester or _knows(earlier, later)))
        and _narrows(later.hours, earlier.hours)
        and all(
            path in later.when and _narrower(later.when[path], wanted) and _knows(earlier, later)
            for path, wanted in earlier.when.items()
        )
    )


def _within(inner: str, outer: str) -> bool:
    """A pattern with wildcards of its own is surely within itself and `*` only."""
    return outer in (inner, "*") or (not set("*?[") & set(inner) and fnmatchcase(inner, outer))


def _narrows(inner: Sequence[object], outer: Sequence[object]) -> bool:
    return not outer or (bool(inner) and all(each in outer for each in inner))


def _narrower(inner: Any, outer: Any) -> bool:
    if isinstance(inner, Mapping) or isinstance(outer, Mapping):
        return bool(inner == outer)
    return all(value in _values(outer) for value in _values(inner))


def _knows(earlier: Rule, later: Rule) -> bool:
    """A call of which something is not known fits a rule that asks or forbids, and none that allows."""
    return earlier.effect != "allow" or later.effect == "allow"


def eligible(who: Who, requester: Party | None, people: Iterable[Person]) -> list[Person]:
    """Give those of some people who may decide; what their channel is worth is judged when they do."""
    return [
        person for person in people if _is_named(who, person) and objection(who, requester, first_voter(person)) is None
    ]


def _is_named(who: Who, person: Person) -> bool:
    """Look first whether somebody is asked at all: of many people few are, and this costs next to nothing."""
    named = person.id in who.people or Party(_first(person)) in who.people
    return named or not set(who.roles).isdisjoint(person.roles)


def first_voter(person: Person) -> Voter:
    """See a person as somebody who answers by their first account, on a channel that is sure of it."""
    return voter(_first(person), person, person.name, Assurance.HIGH)


def _first(person: Person) -> Identity:
    return person.identities[0] if person.identities else Identity(person.id)


def enough(who: Who, people: Iterable[Person], requester: Party | None = None) -> bool:
    """Tell whether some people can approve together what a rule asks of them."""
    may = eligible(who, requester, people)
    votes = [Vote(party=person.id, decision=Decision.APPROVE, roles=person.roles) for person in may]
    return reached(who, votes, Decision.APPROVE)


def fewest(who: Who, people: Sequence[Person]) -> list[Person]:
    """
    Give the first of those who may decide who can approve together what a rule asks, and no more than that takes.

    Where all of them are too few, all of them.
    """
    found: list[Person] = []
    for person in people:
        if enough(who, found):
            break
        found.append(person)
    for person in reversed(found):
        others = [other for other in found if other is not person]
        found = others if enough(who, others) else found
    return found


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
