"""
What happens by itself while a request is open: others are asked too, and people are reminded.

**Steps are timers.** Opening a request stores one timer for each rung of its ladder and each reminder, in the commit
that asks; settling it clears them, in the commit that settles. So a crash leaves both or neither, and a step that fell
due while nobody was there is taken at the next start. A step's time counts from the first copy sent, which is known
only later: a timer that comes too early for that is set anew. Where no copy can reach anybody, the timer of the next
rung is set to now, so that a failure costs no patience.

**A step is taken once.** It is written down as `RequestEscalated` or `RequestReminded`; a rung's timer that does not
belong to the next rung finds it taken already, and does nothing. Once somebody has claimed the request, no further
rung is taken; its deadline and its reminders stand.
"""

from __future__ import annotations

from agent_core import events
from agent_core.addresses import ConversationKey
from agent_core.requests import PEOPLE, Outcome, Request, Rung, Settlement, widened
from agent_core.rulings import Standing
from agent_core.thread import Thread
from gateway import asking, settling, voting
from gateway.conversation import Conversation
from gateway.store.base import Timer


def due(here: Conversation, timer: Timer) -> None:
    """Take the step that a timer is for."""
    here.draft.clear.append(timer.id)
    standing = settling.standing_of(here, timer.key)
    if standing is None or standing.settlement is not None:
        return
    _, kind, number = timer.id.rsplit("/", 2)
    if kind == "rung":
        _climb_when_due(here, standing, int(number), timer)
    else:
        _remind_when_due(here, standing, int(number))


def _climb_when_due(here: Conversation, standing: Standing, number: int, timer: Timer) -> None:
    request, row = standing.request, here.requests[standing.request.id]
    if number != standing.rung or standing.claimed is not None:
        return
    unreachable = set(request.places) <= set(row.failed)
    at = _since(here, request) + request.where.ladder[number].after
    if not unreachable and at > here.now:
        here.draft.timers.append(settling.climb_at(request, number, at))
        return
    lost = "undeliverable" if request.places else "no_route"
    _climb(here, standing, number, lost if unreachable else "silence")


def hurry(here: Conversation, thread: Thread, why: str) -> None:
    """
    Take the next step of what a thread has open before its time, because whoever asks wants it.

    Args:
        why: What people read of it under the card; empty: nothing.
    """
    for name in [one.request.id for one in thread.state.open_requests() if one.request.parent is None]:
        standing = settling.standing_of(here, name)
        if standing is not None and standing.rung < len(standing.request.where.ladder):
            _climb(here, standing, standing.rung, "wish")
            if why:
                settling.show_under(here, standing.request, why)


def _since(here: Conversation, request: Request) -> float:
    """Say from when patience counts: the first copy sent, else the opening."""
    first = here.requests[request.id].first_sent
    return request.opened_at if first is None else first


def _climb(here: Conversation, standing: Standing, number: int, cause: str) -> None:
    request, rung = standing.request, standing.request.where.ladder[number]
    who = widened(request.who, rung)
    added = places(here, request.model_copy(update={"who": who}), rung)
    here.add(
        events.RequestEscalated.model_validate(
            {
                "thread": request.thread,
                "run": request.run,
                "request": request.id,
                "rung": number,
                "cause": cause,
                "who": who,
                "places": tuple(added),
            }
        )
    )
    row = here.requests[request.id]
    here.put_request(row.model_copy(update={"added": (*row.added, *added)}))
    wider = request.model_copy(update={"who": who, "places": (*request.places, *added)})
    if not set(wider.places) - set(row.failed):
        _nobody_reached(here, wider, number)
        return
    for place in request.places:
        here.tell(place, events.CardForwarded(request=request.id, settled=False, who=who))
    notes = voting.standing_notes(here, standing.model_copy(update={"request": wider}))
    for place in added:
        here.tell(place, asking.forwarded(here, wider, place, row.due, notes))
    if added and here.key not in request.places:
        names = asking.named(here, wider, rung)
        thread = here.threads[request.thread]
        here.reply(thread, here.say(f"asked.more.{cause}", who=names, title=request.title))


def places(here: Conversation, request: Request, rung: Rung) -> list[ConversationKey]:
    """Say where a step has a request shown besides."""
    directory, found = here.world.directory, list[ConversationKey]()
    for target in rung.targets:
        if target != PEOPLE:
            found += asking.at_target(here, request, target)
        elif rung.people or rung.roles:
            added = request.who.model_copy(update={"people": rung.people, "roles": rung.roles})
            found += directory.contacts(request.model_copy(update={"who": added}))
        else:
            found += directory.next_contacts(request)
    return [p for p in dict.fromkeys(found) if p not in request.places and directory.reachable(p)]


def _nobody_reached(here: Conversation, request: Request, number: int) -> None:
    """Take the next step at once, or say that nobody can be asked."""
    if number + 1 < len(request.where.ladder):
        here.draft.timers.append(settling.climb_at(request, number + 1, here.now))
        return
    outcome = Outcome.UNDELIVERABLE if request.places else Outcome.NO_ROUTE
    settling.settle(here, request, Settlement(outcome=outcome, at=here.now))


def _remind_when_due(here: Conversation, standing: Standing, number: int) -> None:
    request = standing.request
    at = _since(here, request) + request.where.reminders[number]
    if at > here.now:
        here.draft.timers.append(settling.remind_at(request, number, at))
        return
    here.add(events.RequestReminded(thread=request.thread, run=request.run, request=request.id, number=number))
    due_at = here.requests[request.id].due
    for place in request.places:
        text = here.say("reminder", title=request.title, time=here.clock(due_at, place))
        here.tell(place, events.CardForwarded(request=request.id, settled=False, remind=text))
