"""
What the policy says to a call, before anybody makes it: `ringback policy explain`.

It asks the very functions that judge a call, so it cannot say anything else than what would happen.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Literal

from agent_core import addresses, handing, policy, requests, rulings
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.catalogue import PLAIN, Catalogue
from agent_core.errors import InvalidArguments, InvalidRequest
from agent_core.grants import alone
from agent_core.policy import Person
from agent_core.requests import ORIGIN, Assurance, Decision, Kind, Request, Urgency, Who
from agent_core.run import Agent
from agent_core.tools import Tool, digest
from gateway import absence, asking, cards, clients, granting, ladder, quiet, routing, voting
from gateway.agents import Listening
from gateway.conversation import Conversation
from gateway.errors import GatewayError
from gateway.ongoing import Ongoing
from gateway.world import World

NOT_IN_STEAD = {
    "hand.not_offered": "the rule lets nobody hand it on",
    "hand.not_to": "the rule does not let it be handed on to them",
    "hand.can_already": "they may decide it anyway",
    "hand.requester": "they asked for it",
    "hand.may_not": "the tool itself demands somebody else",
    "hand.counts_for_nothing": "it takes the votes of others",
    "hand.too_few": "too few would be left",
    "hand.too_often": "it goes on no further",
    "hand.unreachable": "they have no account that is configured",
}
"""Why somebody's deputy may not decide in their stead, by what a hand-over is refused with."""
VERSION = "1"  # of a client's tool, where it names none
NOWHERE = ConversationKey("api:cli/policy")  # where a call is made of which nobody knows who asked


@dataclass(frozen=True)
class Call:
    """
    A call to judge. Without `agent` it is that of the only one there is.

    `requester` is a person's id or an identity; `at` is seconds since the epoch.
    """

    tool: str
    agent: str
    arguments: Mapping[str, Any]
    requester: str | None
    at: float


@dataclass(frozen=True)
class Explanation:
    """
    What holds for a call.

    `rule` is the place of the rule that fits, from 0, and `about` the calls that it is about; `demanded` what the tool
    itself asks for, None where its code was not looked at. `votes` is how many of whom it takes, where that is more
    than one, `steps` what happens by itself and when; `excluded` are people that the rule names and who may not decide
    this call, with the reason; `by_group` are roles that others may have by a group, which only a gateway that runs
    knows; `go_on` says that silence does not halt the run; `urgency` is that of the rule; `editable` are the arguments
    that they may change before they approve; `problem` is why nobody can be asked. `grants` says for how long an
    approval may count, and for which calls, `covered` which standing grant approves this one. `takers` are
    those to whom it may be handed on. `turns` are those who are asked in turn, in their order: as many of them as it
    takes, the first at first. `away` are who may decide and is away, with who decides in their stead.
    """

    effect: Literal["allow", "ask", "forbid"]
    rule: int | None
    about: str
    reason: str
    demanded: str | None
    arguments: Mapping[str, Any]
    deciders: tuple[str, ...] = ()
    votes: str = ""
    by_group: tuple[str, ...] = ()
    excluded: tuple[tuple[str, str], ...] = ()
    places: tuple[str, ...] = ()
    steps: tuple[tuple[float, str], ...] = ()
    until: float | None = None
    go_on: bool = False
    urgency: Urgency = "normal"
    editable: tuple[str, ...] = ()
    takers: tuple[str, ...] = ()
    turns: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    problem: str = ""
    grants: str = ""
    covered: str = ""
    client: bool = False


def explain(world: World, call: Call, otherwise: Who | None = None) -> Explanation:
    """
    Say what holds for a call.

    Args:
        otherwise: For a client's call: who is asked where no rule speaks.

    Raises:
        GatewayError: There is no such person, or the tool takes no such arguments.
    """
    listening = _agent(world, call.agent)
    tool = _tool(listening.current, call.tool) if listening is not None else None
    arguments = _validated(tool, call.arguments) if tool is not None else dict(call.arguments)
    agent = listening.current.name if listening is not None else call.agent
    requester, _ = _requester(world, call.requester)
    judged = policy.Call(
        agent=agent,
        tool=call.tool,
        arguments=arguments,
        requester=requester,
        roles=world.directory.roles(requester),
        accounts=world.directory.accounts_of(requester),
        environment=world.environment,
        at=call.at,
    )
    number = next((number for number, rule in enumerate(world.rules) if policy.fits(rule, judged)), None)
    demanded = tool.approval if tool is not None else otherwise if number is None else None
    needed = policy.requirement(world.rules, judged, demanded)
    shown = tool.shown(arguments) if tool is not None else arguments
    common: dict[str, Any] = {"rule": number, "about": "", "arguments": shown}
    if number is not None:
        common["about"] = _about(world.rules[number])
    common["demanded"] = None if tool is None else _demand(demanded)
    common["editable"] = tool.editable if tool is not None else ()
    common["client"] = addresses.covers(clients.CHANNEL, call.agent)
    match needed:
        case policy.Allow():
            return Explanation("allow", reason="", **common)
        case policy.Forbid(reason):
            return Explanation("forbid", reason=reason, **common)
        case policy.Ask() as ask:
            granted: dict[str, Any] = {}
            if tool is not None:
                granted = asking.granted_of_call(ask, agent, tool, arguments)
            elif common["client"]:
                whole = digest({"tool": call.tool, "version": VERSION, "arguments": arguments})
                granted = asking.granted(ask, agent, call.tool, VERSION, arguments, whole)
            return _asked(world, call, ask, common, granted)


def _asked(
    world: World, call: Call, ask: policy.Ask, common: dict[str, Any], granted: Mapping[str, Any]
) -> Explanation:
    requester, origin = _requester(world, call.requester)
    request = Request(
        id="",
        kind=Kind.APPROVAL,
        thread="",
        run="",
        key=call.tool,
        title=call.tool,
        allowed=(Decision.APPROVE, Decision.DENY),
        requester=requester,
        who=ask.who,
        where=ask.where,
        urgency=requests.urgency(ask.urgency, "normal"),
        opened_at=call.at,
        home=origin,
        reassign=ask.reassign,
    )
    if requests.urgency(ask.urgency, "normal") != "high":
        request = request.model_copy(update=dict(granted))
    problem, here = "", Conversation(origin, world, Ongoing())
    here.now = call.at
    try:
        asking.check(here, request)
    except InvalidRequest as refused:
        problem = str(refused)
    asked = request.model_copy(update={"places": tuple(routing.route(here, request)) if not problem else ()})
    away, asked = tuple(_away(here, asked)), absence.widened(here, asked)
    places, waiting = asked.places if not problem else (), quiet.waiting(here, asked, asked.places)
    shown = [
        f"{_named(world)(place)}, later: {_why(here, asked, place, waiting[place])}"
        if place in waiting
        else _named(world)(place)
        for place in places
    ]
    if requester is None and ORIGIN in ask.where.targets and not problem:
        shown.insert(0, "where it is asked for")
    deciders, words = world.directory.eligible(asked.who, requester), world.catalogues.of(PLAIN)
    by_group = world.directory.unread(ask.who)
    if by_group:
        problem = ""
    elif not problem and not (deciders and shown):
        problem = "nobody may decide it" if not deciders else "none of them has an account that is configured"
    turns = world.turns.order(request, world.directory, call.at) if ask.where.in_turn else []
    steps, first = _steps(here, asked, places)
    return Explanation(
        "ask",
        reason=ask.reason,
        **common,
        deciders=tuple(person.name for person in deciders),
        votes=" ".join(voting.notes(here, request, (), words)) if voting.several(request.who) and deciders else "",
        by_group=tuple(by_group),
        excluded=tuple(_excluded(world, ask.who, requester)),
        places=tuple(shown),
        steps=tuple(steps),
        until=first + ask.where.gather + ask.patience,
        go_on=ask.go_on,
        urgency=request.urgency,
        takers=tuple(
            p.name for p in handing.takers(ask.who, ask.reassign, requester, Party(""), world.directory.people())
        ),
        turns=tuple(person.name for person in turns),
        away=away if not problem else (),
        problem=problem,
        grants=_grants(ask, request, words),
        covered="" if problem else _covered(here, request),
    )


def _away(here: Conversation, request: Request) -> Iterator[str]:
    """Say who may decide and is away, who decides in their stead, or why their deputy does not."""
    time = here.world.catalogues.of(PLAIN).clock
    for person, until, deputy, why in absence.away(here, request):
        told = f"{person.name}, until {time(until, here.now, person.timezone)}"
        if deputy is None:
            yield f"{told}; nobody decides in their stead"
        elif why is None:
            yield f"{told}; {deputy.name} decides in their stead"
        else:
            yield f"{told}; {deputy.name}, their deputy, does not: {NOT_IN_STEAD.get(why, why)}"


def _grants(ask: policy.Ask, request: Request, words: Catalogue) -> str:
    """Say for how long an approval may count, and for which calls; or why it counts once, though a rule permits it."""
    scopes = [scope.name for scope in ask.grantable.scopes]
    if not scopes:  # the rule permits none
        return ""
    if request.likeness:
        what = cards.covered(request.key, request.grantable.alike, words)
        return f"{words.either(scopes)}, for {what}, {ask.grantable.uses} times at most"
    if not alone(ask.who):
        return "none: it takes several people"
    if requests.urgency(ask.urgency, "normal") == "high":
        return "none: it is urgent"
    return f"none: it is not known that the call has {words.both([*ask.grantable.alike])}, for everybody to read"


def _covered(here: Conversation, request: Request) -> str:
    """Say which standing grant approves the call, wherever it is made; one for a thread counts there only."""
    grant = granting.covering(here, request)
    if grant is None:
        return ""
    name, left = here.world.directory.name(grant.party), grant.uses - grant.used
    time = here.world.catalogues.of(PLAIN).clock
    given, until = time(grant.at, here.now, "UTC"), time(grant.until, here.now, "UTC") if grant.until else "revoked"
    return f"by {name}'s standing grant of {given} until {until}, {left} left, so nobody is asked"


def _steps(
    here: Conversation, request: Request, places: Sequence[ConversationKey]
) -> tuple[list[tuple[float, str]], float]:
    """
    Say what happens by itself while nobody answers, by time, and when the first copy is sent.

    Args:
        places: Where it is shown first.
    """
    name, told, words = _named(here.world), list[tuple[float, str]](), here.world.catalogues.of(PLAIN)
    asleep = dict(quiet.waiting(here, request, places))
    gone, low = set(quiet.away(here, asleep)), request.urgency == "low"
    told += [(at, _gets(here, request, place, at)) for place, at in asleep.items()]
    if request.where.gather:
        told.append((here.now, f"it waits {request.where.gather:g} seconds for others like it, to come as one card"))
    first = here.now if set(places) - set(asleep) else None
    if first is None and low and set(asleep) - gone:
        first = min(at for place, at in asleep.items() if place not in gone)
    who, asked, at_once = request.who, list(places), first is None
    for rung in request.where.ladder:
        here.now = here.now if at_once or first is None else max(here.now, first + rung.after)
        who = requests.widened(who, rung)
        wider = request.model_copy(update={"who": who, "places": tuple(asked)})
        before, added = len(asked), ladder.places(here, wider, rung)
        wider = absence.widened(here, wider.model_copy(update={"places": (*asked, *added)}))
        who, asked, added = wider.who, list(wider.places), list(wider.places[before:])
        waiting = quiet.waiting(here, wider, added)
        asleep.update(waiting)
        gone.update(quiet.away(here, waiting))
        at = ", ".join(map(name, (place for place in added if place not in waiting)))
        later = ", ".join(f"{name(place)}, later: {_why(here, request, place, end)}" for place, end in waiting.items())
        none = "" if added else "nowhere, so the next step is taken at once"
        wider = wider.model_copy(update={"places": tuple(added)})
        told.append((here.now, f"{routing.named(here, wider, rung, words)} at {at or later or none}"))
        told += [(end, _gets(here, request, place, end)) for place, end in waiting.items()]
        at_once = bool(added) and set(added) <= set(waiting) and quiet.lost(request, added, gone)
        first = here.now if first is None and at else first
    ends = [end for place, end in asleep.items() if place not in gone]
    first = min(ends, default=request.opened_at) if first is None else first
    told += [(first + after, "they are reminded") for after in request.where.reminders]
    return sorted(told), first


def _why(here: Conversation, request: Request, place: ConversationKey, until: float) -> str:
    """Say why somebody is shown a request later."""
    if quiet.away(here, {place: until}):
        return "they are away"
    return "a digest" if quiet.digest(here, request, place) else "quiet hours"


def _gets(here: Conversation, request: Request, place: ConversationKey, until: float) -> str:
    """Say what somebody gets who has waited."""
    if quiet.away(here, {place: until}):
        return f"{_named(here.world)(place)} gets the card: they are back"
    digest = quiet.digest(here, request, place)
    return f"{_named(here.world)(place)} gets {'it in a digest' if digest else 'the card: quiet hours are over'}"


def _about(rule: policy.Rule) -> str:
    """Say which calls a rule is about, as its file does."""
    conditions = [f"{path} = {json.dumps(value, ensure_ascii=False)}" for path, value in rule.when.items()]
    conditions += [f"{name} is {' or '.join(values)}" for name, values in _narrowed(rule) if values]
    of = f"{rule.tool} of {rule.agent}" if rule.agent != "*" else rule.tool
    return f"{of} where {', '.join(conditions)}" if conditions else of


def _narrowed(rule: policy.Rule) -> Iterator[tuple[str, Sequence[str]]]:
    yield "the requester", rule.requester
    yield "this gateway", rule.environment
    yield "the time", [hours.written for hours in rule.hours]


def _agent(world: World, name: str) -> Listening | None:
    """Find an agent; None where there is no code to look at."""
    known = [one.current.name for one in world.agents.all]
    if not name and len(known) == 1:
        return world.agents.all[0]
    if addresses.covers(clients.CHANNEL, name):
        return None
    if known and name not in known:
        raise GatewayError(f"there is no agent {name!r}; write --agent with one of {', '.join(known)}")
    return world.agents.named(name)


def _named(world: World) -> Callable[[ConversationKey], str]:
    """Name a conversation, and whose it is where it is somebody's own."""

    def name(place: ConversationKey) -> str:
        person = world.directory.person(Identity(place))
        return f"{place} ({person.name})" if person is not None else place

    return name


def _requester(world: World, name: str | None) -> tuple[Party | None, ConversationKey]:
    """Give who asks, and the conversation in which they would: their own with the bot."""
    if name is None:
        return None, NOWHERE
    party = world.directory.party(Identity(name))
    if ":" not in party and world.directory.of(party) is None:
        raise GatewayError(f"there is no {name!r} in [[people]]; write a person's id, or an identity")
    return party, world.directory.contact(party) or NOWHERE


def _excluded(world: World, who: Who, requester: Party | None) -> Iterator[tuple[str, str]]:
    for person in world.directory.people():
        why = _objection(who, requester, person)
        if why is not None and (person.id in who.people or set(person.roles) & set(who.roles)):
            yield person.name, why


def _objection(who: Who, requester: Party | None, person: Person) -> str | None:
    identity = person.identities[0] if person.identities else Identity(person.id)
    voter = policy.voter(identity, person, person.name, Assurance.HIGH)
    reason = rulings.objection(who, requester, voter)
    return {"requester_excluded": "asked for it", "not_asked": "is not among those whom the tool itself demands"}.get(
        reason or "", reason
    )


def _tool(agent: Agent, name: str) -> Tool | None:
    """Find a tool by its name among what an agent's module can see."""
    module = sys.modules.get(agent.function.__module__)
    return next((tool for tool in _tools(module) if tool.name == name), None) if module is not None else None


def _tools(module: ModuleType) -> Iterator[Tool]:
    for value in vars(module).values():
        if isinstance(value, Tool):
            yield value
        elif isinstance(value, ModuleType):
            yield from (inner for inner in vars(value).values() if isinstance(inner, Tool))


def _validated(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return tool.encode(tool.validate(arguments))
    except InvalidArguments as error:
        raise GatewayError(f"--args: {error}") from None


def _demand(demanded: Who | None) -> str:
    if demanded is None:
        return ""
    names = [*(f"the role {role}" for role in demanded.roles), *demanded.people]
    return " or ".join(names)
