"""
Requests opened, in the log of the conversation whose run asked, and shown wherever those are who may decide.
"""

from __future__ import annotations

import functools
from typing import Any

from agent_core import addresses, events, policy, requests
from agent_core.addresses import ConversationKey
from agent_core.effects import CallTool, RequestHuman
from agent_core.errors import InvalidRequest
from agent_core.policy import Ask
from agent_core.requests import (
    ORIGIN,
    PEOPLE,
    Approval,
    Decision,
    Kind,
    Outcome,
    Question,
    Request,
    Settlement,
    Where,
    Who,
)
from agent_core.thread import Thread
from gateway import cards, settling, voting
from gateway.conversation import Conversation
from gateway.store.base import RequestRow


def ask_approval(here: Conversation, thread: Thread, call: CallTool, ask: Ask) -> None:
    """Ask whether a call may start."""
    request = _of_call(here, thread, call, ask.who, ask.where).model_copy(
        update={"why": call.why or ask.reason, "patience": ask.patience, "catch": call.catch or ask.go_on}
    )
    open_request(here, thread, request)


def ask_in_doubt(here: Conversation, thread: Thread, call: CallTool, ask: Ask, why: str) -> None:
    """Ask whether a call that was started took effect: run again, it did run, or stop."""
    pending = thread.state.pending[call.key]
    first = thread.state.requests.get(pending.approval or "")
    request = _of_call(here, thread, call, ask.who, first.request.where if first else ask.where).model_copy(
        update={
            "title": here.say("card.in_doubt", tool=call.tool.name),
            "body": why,
            "in_doubt": True,
            "allowed": (Decision.APPROVE, Decision.DID_RUN, Decision.DENY),
            "patience": ask.patience,
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
    wanted, state = wish.wanted, thread.state
    requester = (state.requester,) if state.requester is not None else ()
    common: dict[str, Any] = {
        "why": wanted.why,
        "urgency": wanted.urgency,
        "patience": wanted.patience,
        "catch": wanted.catch,
        "to_agent": wish.to_agent,
    }
    match wanted:
        case Question(text=text):
            common |= {"kind": Kind.QUESTION, "title": text, "allowed": (Decision.ANSWER,)}
            common["choices"] = requests.choices_of(wanted)
        case Approval(title=title, body=body):
            common |= {"title": title, "body": body}
        case _:
            common |= {"kind": Kind.FORM, "title": wanted.title, "answer_schema": wanted.answer_schema}
    request = draft(here, thread, wish.key, wish.digest, wanted.to or Who(people=requester), wanted.where or Where())
    open_request(here, thread, request.model_copy(update=common))


def _of_call(here: Conversation, thread: Thread, call: CallTool, who: Who, where: Where) -> Request:
    return draft(here, thread, call.key, call.digest, who, where).model_copy(
        update={
            "title": here.say("card.approval", tool=call.tool.name),
            "tool": call.tool.name,
            "arguments": call.tool.shown(call.encoded),
        }
    )


def draft(here: Conversation, thread: Thread, key: str, digest: str, who: Who, where: Where) -> Request:
    state = thread.state
    attempt = 1 + sum(standing.request.key == key for standing in state.requests.values())
    return Request(
        id=addresses.derive("request", thread.id, state.run, key, digest, attempt),
        kind=Kind.APPROVAL,
        thread=thread.id,
        run=state.run,
        key=key,
        attempt=attempt,
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


def open_request(here: Conversation, thread: Thread, request: Request) -> None:
    try:
        check(here, request)
    except InvalidRequest as error:
        here.add(
            events.OperationRefused(
                thread=thread.id,
                run=request.run,
                key=request.key,
                digest=request.digest,
                outcome=Outcome.NO_ROUTE,
                reason=str(error),
                catch=request.catch,
            )
        )
        return
    request = request.model_copy(update={"places": tuple(route(here, request))})
    opened = events.RequestOpened(thread=thread.id, run=request.run, key=request.key, request=request)
    here.add(opened)
    here.opened[request.id] = opened
    due = request.opened_at + request.patience
    here.put_request(
        RequestRow(
            id=request.id, home=here.key, thread=thread.id, title=request.title, due=due, patience=request.patience
        )
    )
    if not request.places:
        settling.settle(here, request, Settlement(outcome=Outcome.NO_ROUTE, at=here.now))
        return
    for place in request.places:
        here.tell(place, _forwarded(here, request, place, due))
    if here.key not in request.places:
        deadline = here.say("asked.deadline", time=here.clock(due))
        key = "asked.in_doubt" if request.in_doubt else "asked.people"
        here.reply(thread, here.say(key, who=who(here, request), deadline=deadline, tool=request.tool))


def check(here: Conversation, request: Request) -> None:
    """
    Refuse a request that nobody could answer, or too few could.

    Raises:
        InvalidRequest: It says what to change.
    """
    requests.check(request)
    if not voting.several(request.who):
        return
    people = here.world.directory.eligible(request.who, request.requester)
    if not policy.enough(request.who, people, request.requester):
        needs = " ".join(voting.notes(here, request, ()))
        names = here.world.catalogue.both([person.name for person in people])
        raise InvalidRequest(here.say("model.too_few", needs=needs, who=names))


def route(here: Conversation, request: Request) -> list[ConversationKey]:
    """Say where a request of this conversation is shown."""
    directory = here.world.directory
    if not directory.names(request.who, request.requester):
        return []
    places: list[ConversationKey] = []
    for target in request.where.targets or (_default_target(here, request),):
        if target == ORIGIN:
            places.append(here.key)
        elif target == PEOPLE:
            places += directory.contacts(request)
        else:
            places.append(ConversationKey(target))
    return [place for place in dict.fromkeys(places) if directory.reachable(place)]


def _default_target(here: Conversation, request: Request) -> str:
    """The origin if somebody there may decide, else each person who may."""
    account = here.key.partition("/")[0]
    there = [here.key] if here.capabilities().direct else []
    contacts = here.world.directory.contacts(request)
    in_reach = any(place in there if there else place.startswith(f"{account}/") for place in contacts)
    return ORIGIN if in_reach else PEOPLE


def _forwarded(here: Conversation, request: Request, place: ConversationKey, due: float) -> events.AskForwarded:
    return events.AskForwarded(
        request=request.id,
        home=here.key,
        kind=request.kind,
        in_doubt=request.in_doubt,
        who=request.who,
        requester=request.requester,
        card=cards.card(here, request, due),
        patience=request.patience,
        root=request.root if place == here.key else "",
    )


def who(here: Conversation, request: Request) -> str:
    """Name those who may decide, in a sentence."""
    names = here.world.directory.names(request.who, request.requester, request.requester_name)
    return here.world.catalogue.either(names)
