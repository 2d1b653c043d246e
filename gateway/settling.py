"""
How requests end: settled with one outcome, and shown so on every copy of their cards, with what came of it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

from agent_core import events, facts
from agent_core.addresses import ConversationKey
from agent_core.catalogue import Sentence
from agent_core.effects import CancelRequest
from agent_core.requests import APPROVING, Outcome, Request, Settlement
from agent_core.rulings import Standing
from agent_core.texts import legible
from agent_core.thread import Thread
from gateway import cards, quiet
from gateway.conversation import Conversation
from gateway.store.rows import Timer


def standing_of(here: Conversation, name: str) -> Standing | None:
    """Tell how a request of this conversation stands, whichever run it belongs to."""
    opened, row = here.opened.get(name), here.requests.get(name)
    if opened is None or row is None:
        return None
    standing = here.threads[row.thread].state.requests.get(name) or Standing(
        request=opened.request, due=row.due, settlement=row.settlement
    )
    requester = here.world.directory.present(standing.request.requester)
    places = tuple(dict.fromkeys((*standing.request.places, *row.added)))
    request = standing.request.model_copy(update={"requester": requester, "places": places})
    return standing.model_copy(update={"request": request, "due": row.due})


def settle(here: Conversation, request: Request, settlement: Settlement, operation: str = "") -> None:
    """
    End a request: its questions back end with it, and every copy shows how it ended.

    Args:
        operation: The key of the agent's own operation that ends it, if one does.
    """
    thread = here.threads[request.thread]
    ended = {"thread": thread.id, "run": request.run, "request": request.id, "key": request.key}
    here.add(events.RequestSettled(**ended, operation=operation, settlement=settlement))
    row = here.requests[request.id]
    here.put_request(row.model_copy(update={"status": settlement.outcome, "settlement": settlement}))
    here.draft.stop(*(timer.id for timer in (*steps(request), quiet.wake_at(request, here.now))))
    for open_one in thread.state.open_requests():
        if open_one.request.parent == request.id:
            withdraw(here, open_one.request, Sentence(key="question_back.withdrawn"))
    show_notes(here, request, settlement)
    if settlement.outcome in APPROVING and settlement.comment and here.key not in request.places:
        _pass_on(here, thread, request, settlement)
    if request.in_doubt:
        _show_doubt_ended(here, thread, request, settlement)
    if request.parent is not None and settlement.outcome is Outcome.ANSWERED:
        _answered_back(here, thread, request, settlement)


def _pass_on(here: Conversation, thread: Thread, request: Request, settlement: Settlement) -> None:
    """Tell who asked what was said besides an approval; of a denial they hear by what the agent says."""
    words, comment = here.words(), legible(settlement.comment)
    name = words.both(list(settlement.names)) if settlement.names else cards.named(settlement, words)
    here.reply(thread, here.say("asked.comment", name=name, title=cards.title(here, request), comment=comment))


def _show_doubt_ended(here: Conversation, thread: Thread, doubt: Request, settlement: Settlement) -> None:
    """Say on the cards that approved the call what was said of its attempt."""
    told = functools.partial(cards.doubt_ended, here, doubt, settlement)
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
    show_answer(here, parent.request, settlement.name, settlement.answer)


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
        here.tell(place, facts.CardForwarded(request=request.id, settled=True, notes=tuple(notes)))


def withdraw(here: Conversation, request: Request, why: Sentence) -> None:
    """End a request that nobody needs to answer any more."""
    settlement = Settlement(outcome=Outcome.SUPERSEDED, at=here.now, comment=here.worded(why), said=why)
    settle(here, request, settlement)


def cancel(here: Conversation, thread: Thread, wish: CancelRequest) -> None:
    """Withdraw what an agent has asked and does not need any more; what has its outcome keeps it."""
    standing = thread.state.requests[wish.request]
    if standing.settlement is None:
        settlement = Settlement(
            outcome=Outcome.CANCELLED, at=here.now, name=thread.state.agent, comment=legible(wish.reason)
        )
        settle(here, standing.request, settlement, wish.key)


def replaced(here: Conversation, fact: facts.RequestReplaced) -> None:
    """Another request is asked in place of one of here; what has its outcome keeps it."""
    standing = standing_of(here, fact.request)
    if standing is not None and standing.settlement is None:
        settlement = Settlement(
            outcome=Outcome.SUPERSEDED, at=here.now, comment=legible(fact.title), replaced_by=fact.by
        )
        settle(here, standing.request, settlement)


def deadline(here: Conversation, timer: Timer) -> None:
    """The time of a request is up: expired where a copy of it was sent, undeliverable where none was."""
    standing = standing_of(here, timer.request)
    if standing is None or standing.settlement is not None or here.requests[timer.request].due > here.now:
        return
    sent = here.requests[timer.request].first_sent is not None
    outcome = Outcome.EXPIRED if sent else Outcome.UNDELIVERABLE
    settle(here, standing.request, Settlement(outcome=outcome, at=here.now))


def climb_at(request: Request, rung: int, at: float) -> Timer:
    """Say when a step of a request's ladder is due."""
    return Timer(f"{request.id}/rung/{rung}", at, key=request.id)


def remind_at(request: Request, number: int, at: float) -> Timer:
    """Say when those who may decide a request are reminded."""
    return Timer(f"{request.id}/reminder/{number}", at, key=request.id)


def steps(request: Request) -> list[Timer]:
    """Give all that happens by itself while a request is open, counted from when it was opened."""
    reminded = (remind_at(request, n, request.opened_at + after) for n, after in enumerate(request.where.reminders))
    return [*_climbs(request), *reminded]


def _climbs(request: Request) -> list[Timer]:
    return [climb_at(request, n, request.opened_at + rung.after) for n, rung in enumerate(request.where.ladder)]


def climb_anew(here: Conversation, before: Request, request: Request) -> None:
    """Have the steps of a changed call's ladder come in their time, in place of those of the call as it was."""
    here.draft.stop(*(timer.id for timer in _climbs(before)))
    here.draft.timers += _climbs(request)


def show_under(here: Conversation, request: Request, text: str) -> None:
    """Say something under every copy of an open request."""
    for place in request.places:
        here.tell(place, facts.CardForwarded(request=request.id, settled=False, under=text))


def show_answer(here: Conversation, request: Request, name: str, text: str) -> None:
    """Show what somebody answered to a question back, under every copy of the request."""
    for place in request.places:
        under = here.words(place).say("question_back.answer", name=name, text=text)
        here.tell(place, facts.CardForwarded(request=request.id, settled=False, under=under))
