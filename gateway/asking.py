"""
Requests opened, in the log of the conversation whose run asked, and shown wherever those are who may decide.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from agent_core import addresses, edits, events, facts, grants, likeness, policy, requests
from agent_core.addresses import ConversationKey
from agent_core.catalogue import PLAIN, Sentence
from agent_core.effects import CallTool, RequestHuman
from agent_core.errors import InvalidRequest
from agent_core.masking import MASK
from agent_core.policy import Ask
from agent_core.requests import (
    HALTING,
    HANDING_ON,
    THREAD,
    Decision,
    Earlier,
    Grantable,
    Kind,
    Outcome,
    Request,
    Settlement,
    Where,
    Who,
)
from agent_core.rulings import Standing
from agent_core.thread import Thread
from agent_core.tools import Tool
from agent_core.wanted import Approval, OutsideCall, Question, Wanted, choices_of, schema_of
from gateway import absence, cards, granting, quiet, routing, settling, voting
from gateway.conversation import Conversation
from gateway.store.rows import RequestRow

FORBIDDEN = "forbidden"  # how a call was refused that a rule forbids


def ask_approval(here: Conversation, thread: Thread, call: CallTool, ask: Ask) -> None:
    """Ask whether a call may start."""
    request = _of_call(here, thread, call, ask.who, ask.where).model_copy(
        update={
            "why": call.why or ask.reason,
            "urgency": requests.urgency(ask.urgency, "normal"),
            "patience": ask.patience,
            "catch": call.catch or ask.go_on,
            "reassign": ask.reassign,
        }
    )
    editable = edits.fields(call)
    if editable:
        request = request.model_copy(update={"editable": editable, "allowed": (*request.allowed, Decision.EDIT)})
    request = request.model_copy(update=granted_of_call(ask, thread.state.agent, call.tool, call.encoded))
    open_request(here, thread, request)


def granted_of_call(ask: Ask, agent: str, tool: Tool, encoded: Mapping[str, Any]) -> dict[str, Any]:
    """Say of a call of ours how it may be approved for longer than once."""
    masked = {name: MASK if name in tool.sensitive else value for name, value in encoded.items()}
    return granted(ask, agent, tool.name, tool.version, masked, tool.digest(encoded))


def granted(ask: Ask, agent: str, tool: str, version: str, arguments: dict[str, Any], whole: str) -> dict[str, Any]:
    """Say how a call may be approved for longer than once, where one approval of it is enough."""
    terms = ask.grantable
    alike = likeness.likeness(agent, tool, version, terms.alike, arguments, whole) if terms.scopes else None
    return {"grantable": terms, "likeness": alike} if alike is not None and grants.alone(ask.who) else {}


def ask_in_doubt(here: Conversation, thread: Thread, call: CallTool, ask: Ask, why: Sentence) -> None:
    """Ask whether a call that was started took effect: run again, it did run, or stop."""
    pending = thread.state.pending[call.key]
    first = thread.state.requests.get(pending.approval or "")
    request = _of_call(here, thread, call, ask.who, first.request.where if first else ask.where).model_copy(
        update={
            **_titled(here, "card.in_doubt", call.tool.name),
            "body": here.worded(why),
            "explained": why,
            "in_doubt": True,
            "urgency": "high" if ask.urgency == "high" else "normal",
            "allowed": (Decision.APPROVE, Decision.DID_RUN, Decision.DENY),
            "patience": ask.patience,
            "reassign": ask.reassign,
            "catch": call.catch,
        }
    )
    if first is not None and first.settlement is not None:
        settling.show_notes(
            here, first.request, first.settlement, functools.partial(cards.interrupted, here, call.tool.name)
        )
    open_request(here, thread, request)


def ask_wanted(here: Conversation, thread: Thread, wish: RequestHuman) -> None:
    """Ask what the agent wants to be asked; by default of whoever started the run."""
    match wish.wanted:
        case Approval(call=OutsideCall() as call):
            _ask_outside(here, thread, wish, wish.wanted, call)
        case wanted:
            _open_wanted(here, thread, wish, wanted)


def judge(here: Conversation, thread: Thread, agent: str, tool: str, arguments: dict[str, Any]) -> policy.Call:
    """Say of a call of this thread what the policy's rules look at."""
    requester = here.world.directory.present(thread.state.requester)
    return policy.Call(
        agent=agent,
        tool=tool,
        arguments=arguments,
        requester=requester,
        roles=here.world.directory.roles(requester),
        accounts=here.world.directory.accounts_of(requester),
        environment=here.world.environment,
        at=here.now,
    )


def _ask_outside(here: Conversation, thread: Thread, wish: RequestHuman, wanted: Approval, call: OutsideCall) -> None:
    """Ask about a call that somebody else will make, unless the policy answers by itself."""
    match outside_requirement(here, thread, wanted, call):
        case policy.Forbid(reason):
            _refuse(here, thread, wish.key, wish.digest, FORBIDDEN, reason, catch=wanted.catch)
        case policy.Allow():
            _open_wanted(here, thread, wish, wanted, allowed=True)
        case policy.Ask() as ask:
            urgency = requests.urgency(ask.urgency, wanted.urgency)
            wanted = dataclasses.replace(wanted, to=ask.who, where=ask.where, why=wanted.why or ask.reason)
            wanted = dataclasses.replace(wanted, patience=min(ask.patience, wanted.patience), urgency=urgency)
            scopes = tuple(scope for scope in ask.grantable.scopes if scope.name != THREAD)  # it has one of its own
            ask = dataclasses.replace(ask, grantable=ask.grantable.model_copy(update={"scopes": scopes}))
            wanted = dataclasses.replace(wanted, reassign=ask.reassign)
            longer = granted(ask, call.agent, call.tool, call.version, call.arguments, call.digest)
            _open_wanted(here, thread, wish, wanted, longer)


def outside_requirement(here: Conversation, thread: Thread, wanted: Approval, call: OutsideCall) -> policy.Requirement:
    """Say what a call needs that somebody else will make: where no rule says whom to ask, or where, they do."""
    judged, rules = judge(here, thread, call.agent, call.tool, call.arguments), here.world.rules
    named = wanted.where or Where()
    if not any(policy.fits(rule, judged) for rule in rules):
        return policy.Ask(wanted.to or call.otherwise, named, wanted.patience)
    needed = policy.requirement(rules, judged, wanted.to)
    if not isinstance(needed, Ask) or needed.where.targets:
        return needed
    return dataclasses.replace(needed, where=needed.where.model_copy(update={"targets": named.targets}))


def _open_wanted(
    here: Conversation,
    thread: Thread,
    wish: RequestHuman,
    wanted: Wanted,
    granted: Mapping[str, Any] = MappingProxyType({}),
    *,
    allowed: bool = False,
) -> None:
    state = thread.state
    requester = (state.requester,) if state.requester is not None else ()
    common: dict[str, Any] = {
        "why": wanted.why,
        "urgency": wanted.urgency,
        "patience": wanted.patience,
        "reassign": wanted.reassign,
        "catch": wanted.catch,
        "to_agent": wish.to_agent,
    }
    if wanted.earlier is not None:
        common["earlier"] = wanted.earlier
    replaced = state.requests.get(wish.supersedes or "")
    if replaced is not None and replaced.settlement is None:
        common["earlier"] = earlier(replaced.request, Outcome.SUPERSEDED, here.now)
    match wanted:
        case Question(text=text, body=body):
            common |= {"kind": Kind.QUESTION, "title": text, "body": body, "allowed": (Decision.ANSWER,)}
            common["choices"] = choices_of(wanted)
        case Approval(title=title, body=body, call=call):
            common |= {"title": title, "body": body, "choices": choices_of(wanted)}
            if call is not None:
                common |= {"title": title} if title else _titled(here, "card.approval", call.tool)
                common |= {"tool": call.tool, "outside": True, "arguments": call.arguments}
            if call is not None and call.editable is not None:
                common["editable"] = edits.outside_fields(call.editable, call.arguments)
                common["allowed"] = (Decision.APPROVE, Decision.DENY, Decision.EDIT)
        case _:
            common |= {"kind": Kind.FORM, "title": wanted.title, "body": wanted.body, "allowed": (Decision.ANSWER,)}
            common["answer_schema"] = schema_of(wanted)
    request = draft(here, thread, wish.key, wish.digest, wanted.to or Who(people=requester), wanted.where or Where())
    request = request.model_copy(update=common | dict(granted))
    if allowed:
        _record(here, thread, request)
        name = here.say("model.policy")
        settling.settle(here, request, Settlement(outcome=Outcome.APPROVED, at=here.now, name=name))
    else:
        open_request(here, thread, request)


def _of_call(here: Conversation, thread: Thread, call: CallTool, who: Who, where: Where) -> Request:
    return draft(here, thread, call.key, call.digest, who, where).model_copy(
        update={
            **_titled(here, "card.approval", call.tool.name),
            "tool": call.tool.name,
            "arguments": call.tool.shown(call.encoded),
        }
    )


def _titled(here: Conversation, key: str, tool: str) -> dict[str, Any]:
    """Title a request with a sentence of ours."""
    titled = Sentence(key=key, names={"tool": tool})
    return {"title": here.worded(titled), "titled": titled}


def draft(here: Conversation, thread: Thread, key: str, digest: str, who: Who, where: Where) -> Request:
    state = thread.state
    before = [standing for standing in state.requests.values() if standing.request.key == key]
    attempt = 1 + len(before)
    return Request(
        id=addresses.derive("request", thread.id, state.run, key, digest, attempt),
        kind=Kind.APPROVAL,
        thread=thread.id,
        run=state.run,
        key=key,
        attempt=attempt,
        earlier=_ran_out(before),
        title=key,
        digest=digest,
        allowed=(Decision.APPROVE, Decision.DENY),
        requester=state.requester,
        requester_name=state.requester_name,
        who=who,
        where=where,
        opened_at=here.now,
        home=here.key,
        root=state.root,
    )


def _ran_out(before: Sequence[Standing]) -> Earlier | None:
    """Name the request of an operation that nobody decided, which is asked again."""
    own = [standing for standing in before if standing.request.parent is None]
    ended = own[-1].settlement if own else None
    return earlier(own[-1].request, ended.outcome, ended.at) if ended is not None and ended.outcome in HALTING else None


def open_request(here: Conversation, thread: Thread, request: Request) -> None:
    try:
        check(here, request)
    except InvalidRequest as error:
        _refuse(here, thread, request.key, request.digest, Outcome.NO_ROUTE, str(error), catch=request.catch)
        return
    if request.confirms:  # what is urgent is named by who approves it, each time
        request = request.model_copy(update={"grantable": Grantable(), "likeness": ""})
    grant = granting.covering(here, request)
    if grant is not None:
        _record(here, thread, request)
        granting.use(here, thread, request, grant)
        return
    allowed = (*request.allowed, Decision.CLAIM) if request.where.ladder else request.allowed
    allowed = (*allowed, *HANDING_ON) if request.reassign is not None else allowed
    request = request.model_copy(update={"places": tuple(routing.route(here, request)), "allowed": allowed})
    _record(here, thread, request, quiet.waiting(here, absence.widened(here, request), request.places))
    standing = absence.delegate(here, Standing(request=request, due=here.requests[request.id].due))
    request = standing.request
    waiting = quiet.waiting(here, request, request.places)
    here.take_turns(request, request.places)
    if not request.places and not request.where.ladder:
        settling.settle(here, request, Settlement(outcome=Outcome.NO_ROUTE, at=here.now))
        return
    here.draft.timers += settling.steps(request)
    quiet.wait(here, request, cards=waiting)
    if quiet.unreachable(request, here.requests[request.id]) and request.where.ladder:
        here.draft.timers.append(settling.climb_at(request, 0, here.now))
    if not request.places:
        return
    for place in request.places:
        if place not in waiting:
            here.tell(place, forwarded(here, request, place, voting.standing_notes(here, standing, place)))
    if here.key not in request.places:
        _tell_who_is_asked(here, thread, standing, waiting)


def _tell_who_is_asked(here: Conversation, thread: Thread, standing: Standing, waiting: quiet.Waiting) -> None:
    """Say in one line where it was asked who is asked, who is later, and until when."""
    request = standing.request
    until = here.say("asked.deadline", time=here.clock(here.requests[request.id].due))
    later = absence.told(here, standing.hands, waiting)
    if set(request.places) <= set(waiting):
        key = "asked.in_doubt.later" if request.in_doubt else "asked.people.later"
        told = here.say(key, later=later, deadline=until, tool=request.tool)
    else:
        key = "asked.in_doubt" if request.in_doubt else "asked.people"
        deadline, names = f"{until} {later}" if later else until, routing.asked(here, request, here.words(), waiting)
        told = here.say(key, who=names, deadline=deadline, tool=request.tool)
    if (thread.id, told) not in here.listing.told:
        here.listing.told.add((thread.id, told))
        here.reply(thread, told)


def check(here: Conversation, request: Request) -> None:
    """
    Refuse a request that nobody could answer, or too few could.

    Raises:
        InvalidRequest: It says what to change.
    """
    requests.check(request)
    if not voting.several(request.who):
        return
    at_last = requests.in_the_end(request.who, request.where)
    people = here.world.directory.eligible(at_last, request.requester)
    if not policy.enough(at_last, people, request.requester):
        words = here.world.catalogues.of(PLAIN)
        needs = " ".join(voting.notes(here, request, (), words))
        names = words.both([person.name for person in people])
        raise InvalidRequest(words.say("model.too_few", needs=needs, who=names))


def earlier(request: Request, outcome: Outcome, at: float) -> Earlier:
    """Name a request to the one that comes after it."""
    named = {"title": request.title, "titled": request.titled}
    return Earlier(request=request.id, home=request.home, **named, outcome=outcome, at=at)


def _record(here: Conversation, thread: Thread, request: Request, waiting: quiet.Waiting = quiet.NOWHERE) -> None:
    """Have a request stand open, in place of the one that it replaces."""
    opened = events.RequestOpened(
        thread=thread.id, run=request.run, key=request.key, request=request, waiting=dict(waiting)
    )
    here.add(opened)
    here.opened[request.id] = opened
    before = request.earlier
    if before is not None and before.outcome is Outcome.SUPERSEDED:
        title = request.title if before.title else ""
        here.tell(before.home, facts.RequestReplaced(request=before.request, by=request.id, title=title))
    due = request.opened_at + request.where.gather + request.patience
    here.put_request(
        RequestRow(
            id=request.id, home=here.key, thread=thread.id, title=request.title, due=due, patience=request.patience
        )
    )


def _refuse(
    here: Conversation, thread: Thread, key: str, digest: str, outcome: str, reason: str, *, catch: bool
) -> None:
    here.add(
        events.OperationRefused(
            thread=thread.id,
            run=thread.state.run,
            key=key,
            digest=digest,
            outcome=outcome,
            reason=reason,
            catch=catch,
        )
    )


def forwarded(
    here: Conversation, request: Request, place: ConversationKey, notes: tuple[str, ...] = ()
) -> facts.AskForwarded:
    """Say what a place is to show."""
    return facts.AskForwarded(
        request=request.id,
        home=here.key,
        kind=request.kind,
        in_doubt=request.in_doubt,
        who=request.who,
        reassign=request.reassign,
        requester=request.requester,
        card=cards.card(here, request, place, here.requests[request.id].due, notes),
        patience=request.patience,
        collected=bool(quiet.digest(here, request, place)),
        gather=request.where.gather,
        links=request.where.links,
        root=request.root if place == here.key else "",
    )
