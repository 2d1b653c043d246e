"""
Requests at home: opened, answered, settled, in the log of the conversation whose run asked.

Wherever a request is shown, answers come here as a `Response` and are ruled on in log order; the places are then told
what to show. Where a place is this very conversation, all of it is one decision.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from agent_core import addresses, events, requests
from agent_core.addresses import ConversationKey, Party
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
    Response,
    Settlement,
    Standing,
    Where,
    Who,
)
from agent_core.thread import Thread
from gateway import cards
from gateway.conversation import Conversation
from gateway.store.base import RequestRow, Timer

# Opening -------------------------------------------------------------------------------------------------------------


def ask_approval(here: Conversation, thread: Thread, call: CallTool, ask: Ask) -> None:
    """Ask whether a call may start."""
    request = _of_call(here, thread, call, ask.who, ask.where).model_copy(
        update={"why": call.why or ask.reason, "patience": ask.patience, "catch": call.catch}
    )
    _open(here, thread, request)


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
        show_notes(here, first.request, first.settlement, functools.partial(cards.interrupted, here, call.tool.name))
    _open(here, thread, request)


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
    request = _request(here, thread, wish.key, wish.digest, wanted.to or Who(people=requester), wanted.where or Where())
    _open(here, thread, request.model_copy(update=common))


def _of_call(here: Conversation, thread: Thread, call: CallTool, who: Who, where: Where) -> Request:
    return _request(here, thread, call.key, call.digest, who, where).model_copy(
        update={
            "title": here.say("card.approval", tool=call.tool.name),
            "tool": call.tool.name,
            "arguments": call.tool.shown(call.encoded),
        }
    )


def _request(here: Conversation, thread: Thread, key: str, digest: str, who: Who, where: Where) -> Request:
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


def _open(here: Conversation, thread: Thread, request: Request) -> None:
    try:
        requests.check(request)
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
    request = request.model_copy(update={"places": tuple(_route(here, request))})
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
        settle(here, request, Settlement(outcome=Outcome.NO_ROUTE, at=here.now))
        return
    for place in request.places:
        here.tell(place, _forwarded(here, request, place, due))
    if here.key not in request.places:
        deadline = here.say("asked.deadline", time=here.clock(due))
        key = "asked.in_doubt" if request.in_doubt else "asked.people"
        here.reply(thread, here.say(key, who=who(here, request), deadline=deadline, tool=request.tool))


def _route(here: Conversation, request: Request) -> list[ConversationKey]:
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


# Answering -----------------------------------------------------------------------------------------------------------


def standing_of(here: Conversation, name: str) -> Standing | None:
    """Tell how a request of this conversation stands, whichever run it belongs to."""
    opened, row = here.opened.get(name), here.requests.get(name)
    if opened is None or row is None:
        return None
    standing = here.threads[row.thread].state.requests.get(name) or Standing(
        request=opened.request, due=row.due, settlement=row.settlement
    )
    requester = here.world.directory.present(standing.request.requester)
    request = standing.request.model_copy(update={"requester": requester})
    return standing.model_copy(update={"request": request, "due": row.due})


def respond(here: Conversation, seq: int, response: Response) -> None:
    """Rule on an answer. `seq` is the fact in this log that brought it."""
    standing = standing_of(here, response.request)
    if standing is None:
        _tell(here, response, "gone", here.say("refused.gone"))
        return
    request, voter = standing.request, response.voter
    match requests.decide(standing, response, here.now):
        case requests.Settles(settlement):
            _count(here, seq, request, response)
            settle(here, request, settlement)
        case requests.Counted():
            _count(here, seq, request, response)
        case requests.AskedBack(text):
            _ask_back(here, seq, request, response, text)
        case requests.Expires():
            settle(here, request, Settlement(outcome=Outcome.EXPIRED, at=here.now))
            _refuse(here, seq, request, response, "expired", here.say("refused.expired"))
        case requests.TooLate(settlement):
            _refuse(here, seq, request, response, "late", _late(here, request, settlement))
        case requests.Duplicate():
            _refuse(here, seq, request, response, "duplicate", here.say("refused.duplicate"))
        case requests.NotAllowed(reason):
            _refuse(here, seq, request, response, reason, here.say(f"refused.{reason}", who=who(here, request)))
        case requests.Unreadable(reason):
            choices = ", ".join(choice.label for choice in request.choices)
            text = here.say(f"refused.{reason}", how=cards.how(here, request), choices=choices)
            _refuse(here, seq, request, response, reason, text)
        case requests.Chatter():
            del voter  # words among people; nothing is recorded of them but the words themselves


def _count(here: Conversation, seq: int, request: Request, response: Response) -> None:
    voter = response.voter
    here.add(
        events.ResponseGiven(
            thread=request.thread,
            run=request.run,
            request=request.id,
            fact=seq,
            party=voter.party,
            name=voter.name,
            identity=voter.identity,
            roles=voter.roles,
            decision=response.decision,
            via=response.via,
        )
    )


def _refuse(here: Conversation, seq: int, request: Request, response: Response, reason: str, text: str) -> None:
    here.add(
        events.ResponseRefused(
            thread=request.thread,
            run=request.run,
            request=request.id,
            fact=seq,
            party=response.voter.party,
            name=response.voter.name,
            decision=response.decision,
            reason=reason,
        )
    )
    _tell(here, response, reason, text)


def _tell(here: Conversation, response: Response, reason: str, text: str) -> None:
    here.tell(
        response.via,
        events.RulingForwarded(
            request=response.request, to=response.voter.identity, reason=reason, text=text, under=response.under
        ),
    )


def _late(here: Conversation, request: Request, settlement: Settlement) -> str:
    outcome = here.say("outcome.in_doubt" if request.in_doubt else f"outcome.{settlement.outcome}")
    time = here.clock(settlement.at)
    if not settlement.name:
        return here.say("refused.late.nobody", outcome=outcome, time=time)
    if settlement.via is None:
        return here.say("refused.late.by", outcome=outcome, name=settlement.name, time=time)
    channel = here.say(f"channel.{addresses.parse(settlement.via).channel}")
    return here.say("refused.late", outcome=outcome, name=settlement.name, channel=channel, time=time)


# Questions back ------------------------------------------------------------------------------------------------------


def _ask_back(here: Conversation, seq: int, request: Request, response: Response, text: str) -> None:
    """Pass a question back on, to the agent that asked or to the requester; the request stays open."""
    voter, thread = response.voter, here.threads[request.thread]
    passed_to, told = None, "question_back.to_agent"
    if not request.to_agent:
        passed_to = _pass_to_requester(here, thread, request, voter.party, voter.name, text)
        told = "question_back.passed" if passed_to is not None else "question_back.unanswered"
    here.add(
        events.QuestionAsked(
            thread=thread.id,
            run=request.run,
            request=request.id,
            fact=seq,
            party=voter.party,
            name=voter.name,
            text=text,
            passed_to=passed_to,
        )
    )
    under = here.say(told, name=request.requester_name)
    here.tell(response.via, events.CardForwarded(request=request.id, settled=False, under=under))


def _pass_to_requester(
    here: Conversation, thread: Thread, request: Request, asker: Party, name: str, text: str
) -> str | None:
    if request.requester is None or request.requester == asker:
        return None
    asked = len([s for s in thread.state.requests.values() if s.request.parent == request.id])
    child = _request(here, thread, request.key, request.digest, Who(people=(request.requester,)), Where())
    child = child.model_copy(
        update={
            "id": addresses.derive("question", request.id, asked),
            "kind": Kind.QUESTION,
            "parent": request.id,
            "title": here.say("card.question_back", name=name, title=request.title),
            "body": text,
            "allowed": (Decision.ANSWER,),
            "patience": max(0.0, here.requests[request.id].due - here.now),
        }
    )
    _open(here, thread, child)
    return child.id


def answer_question(here: Conversation, thread: Thread, key: str, name: str, text: str) -> None:
    """Show an agent's answer to a question back under the card, on every copy of it."""
    standing = thread.state.requests[name]
    agent = thread.state.agent
    here.add(
        events.QuestionAnswered(thread=thread.id, run=thread.state.run, request=name, key=key, name=agent, text=text)
    )
    if standing.settlement is None:  # else it was decided meanwhile, and nobody asks any more
        _show_under(here, standing.request, here.say("question_back.answer", name=agent, text=text))


def _show_under(here: Conversation, request: Request, text: str) -> None:
    for place in request.places:
        here.tell(place, events.CardForwarded(request=request.id, settled=False, under=text))


# Settling ------------------------------------------------------------------------------------------------------------


def settle(here: Conversation, request: Request, settlement: Settlement) -> None:
    """End a request: its questions back end with it, and every copy shows how it ended."""
    thread = here.threads[request.thread]
    here.add(
        events.RequestSettled(
            thread=thread.id, run=request.run, request=request.id, key=request.key, settlement=settlement
        )
    )
    row = here.requests[request.id]
    here.put_request(row.model_copy(update={"status": settlement.outcome, "settlement": settlement}))
    for open_one in thread.state.open_requests():
        if open_one.request.parent == request.id:
            comment = here.say("question_back.withdrawn")
            settle(
                here,
                open_one.request,
                Settlement(outcome=Outcome.SUPERSEDED, at=here.now, comment=comment),
            )
    show_notes(here, request, settlement)
    if request.in_doubt:
        _show_doubt_ended(here, thread, request, settlement)
    if request.parent is not None and settlement.outcome is Outcome.ANSWERED:
        _answered_back(here, thread, request, settlement)


def _show_doubt_ended(here: Conversation, thread: Thread, doubt: Request, settlement: Settlement) -> None:
    """Say on the cards that approved the call what was said of its attempt."""
    told = functools.partial(cards.settled, here, doubt, settlement)
    for standing in thread.state.requests.values():
        first = standing.request
        if first.key == doubt.key and first.parent is None and first.id != doubt.id and standing.settlement is not None:
            show_notes(here, first, standing.settlement, told)


def _answered_back(here: Conversation, thread: Thread, child: Request, settlement: Settlement) -> None:
    parent = thread.state.requests[child.parent or ""]
    here.add(
        events.QuestionAnswered(
            thread=thread.id,
            run=child.run,
            request=parent.request.id,
            name=settlement.name,
            text=settlement.answer,
        )
    )
    text = here.say("question_back.answer", name=settlement.name, text=settlement.answer)
    _show_under(here, parent.request, text)


def show_notes(
    here: Conversation,
    request: Request,
    settlement: Settlement,
    came_of_it: Callable[[ConversationKey], str] | None = None,
) -> None:
    """Have every copy of a settled request show how it ended, and what came of it, for the readers of each place."""
    for place in request.places:
        notes = [cards.settled(here, request, settlement, place)]
        if came_of_it is not None:
            notes.append(came_of_it(place))
        here.tell(place, events.CardForwarded(request=request.id, settled=True, notes=tuple(notes)))


def withdraw(here: Conversation, request: Request, comment: str) -> None:
    """End a request that nobody needs to answer any more."""
    settle(here, request, Settlement(outcome=Outcome.SUPERSEDED, at=here.now, comment=comment))


def deadline(here: Conversation, timer: Timer) -> None:
    """The time of a request is up: expired where a copy of it was sent, undeliverable where none was."""
    standing = standing_of(here, timer.request)
    if standing is None or standing.settlement is not None or here.requests[timer.request].due > here.now:
        return
    sent = here.requests[timer.request].first_sent is not None
    outcome = Outcome.EXPIRED if sent else Outcome.UNDELIVERABLE
    settle(here, standing.request, Settlement(outcome=outcome, at=here.now))


def copy_failed(here: Conversation, failed: events.CopyFailed) -> None:
    """A place cannot show a request; when none can, it is undeliverable."""
    standing = standing_of(here, failed.request)
    if standing is None or standing.settlement is not None:
        return
    row = here.requests[failed.request]
    places = tuple(dict.fromkeys((*row.failed, failed.place)))
    here.put_request(row.model_copy(update={"failed": places}))
    if set(standing.request.places) <= set(places):
        settlement = Settlement(outcome=Outcome.UNDELIVERABLE, at=here.now, comment=failed.reason)
        settle(here, standing.request, settlement)
