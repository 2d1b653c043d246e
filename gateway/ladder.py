"""
What happens by itself while a request is open: others are asked too, and people are reminded.

**Steps are timers.** Opening a request stores one timer for each rung of its ladder and each reminder, in the commit
that asks; settling it clears them, in the commit that settles. So a crash leaves both or neither, and a step that fell
due while nobody was there is taken at the next start. A step's time counts from the first copy sent, which is known
only later: a timer that comes too early for that is set anew, and where it would come too late (the first copy went out
before it was to, or the machine's clock was set back) the store has it come with that receipt. Where no copy can reach
anybody, or everybody has quiet hours or is away (`quiet.py`), the timer of the next rung is set to now, so that none of
it costs any patience. Behind the last rung who is away is asked all the same.

**Accounts before rungs.** Whom a copy does not reach at one account is shown it at the next one of theirs, in the order
of the directory; where there is none left, and people are asked in turn (`turns.py`), the next in turn is asked; and
only then the ladder goes on.

**A step is taken once, and in its order.** It is written down as `RequestEscalated` or `RequestReminded`; a timer that
belongs to another rung than the next, or to a reminder that was given, does nothing: one that is set anew while its
conversation is being decided may come twice. Each rung that is taken sets the timer of the following one anew, which
may have come too early. Once somebody has claimed the request, no further rung is taken; its deadline and its reminders
stand.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from agent_core import events, facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import PEOPLE, Outcome, Request, Rung, Settlement, Who, widened
from agent_core.rulings import Hand, Standing
from agent_core.thread import Thread
from gateway import absence, asking, cards, editing, quiet, routing, settling, voting
from gateway.conversation import FORGET_TOLD, Conversation
from gateway.store.rows import Timer


def due(here: Conversation, timer: Timer) -> None:
    """Take the step that a timer is for."""
    here.draft.clear.append(timer.id)
    standing = settling.standing_of(here, timer.key)
    if standing is None or standing.settlement is not None:
        return
    _, kind, number = timer.id.rsplit("/", 2)
    if kind == "rung":
        _climb_when_due(here, standing, int(number), timer)
    elif kind == "quiet":
        _wake(here, standing)
    else:
        _remind_when_due(here, standing, int(number))


def _climb_when_due(here: Conversation, standing: Standing, number: int, timer: Timer) -> None:
    request, row = standing.request, here.requests[standing.request.id]
    if number != standing.rung or number >= len(request.where.ladder) or standing.claimed is not None:
        return
    unreachable = quiet.unreachable(request, row)
    at = _since(here, request) + request.where.ladder[number].after
    if not unreachable and at > here.now:
        here.draft.timers.append(settling.climb_at(request, number, at))
        return
    lost = "undeliverable" if request.places else "no_route"
    lost = quiet.cause(row.waiting, row.away) if row.waiting else lost
    _climb(here, standing, number, lost if unreachable else "silence")


def hurry(here: Conversation, thread: Thread, why: str, once: str = "") -> None:
    """
    Take the next step of what a thread has open before its time, because whoever asks wants it.

    Args:
        why: What people read of it under the card; empty: nothing.
        once: The key with which it is wanted; it stands in the event.
    """
    for name in [one.request.id for one in thread.state.open_requests() if one.request.parent is None]:
        standing = settling.standing_of(here, name)
        if standing is not None and standing.rung < len(standing.request.where.ladder):
            _climb(here, standing, standing.rung, "wish", once)
            if why:
                settling.show_under(here, standing.request, why)


def _since(here: Conversation, request: Request) -> float:
    """Say from when patience counts: the first copy sent, else when that is to be sent."""
    row = here.requests[request.id]
    return row.due - row.patience if row.first_sent is None else row.first_sent


def _climb(here: Conversation, standing: Standing, number: int, cause: str, once: str = "") -> None:
    request, rung = standing.request, standing.request.where.ladder[number]
    who = widened(request.who, rung)
    added = places(here, request.model_copy(update={"who": who}), rung)
    waiting = _ask_besides(here, standing, who, added, number, cause, once)
    now_standing = settling.standing_of(here, request.id)
    if now_standing is None or now_standing.settlement is not None:
        return
    if added and here.key not in request.places:
        hands = now_standing.hands[len(standing.hands) :]
        _tell_who_is_asked(here, now_standing.request, rung, cause, hands, added, waiting)
    new = [place for place in now_standing.request.places if place not in request.places]
    gone = here.requests[request.id].away
    sleeps = set(new) <= set(waiting) and quiet.lost(request, new, gone)
    if new and sleeps and number + 1 < len(request.where.ladder):
        _climb(here, now_standing, number + 1, quiet.cause(new, gone))


def _ask_besides(
    here: Conversation,
    standing: Standing,
    who: Who,
    added: list[ConversationKey],
    number: int | None,
    cause: str,
    once: str = "",
) -> quiet.Waiting:
    """
    Have a request shown at further places, at those that are waiting when these wait no more.

    Args:
        who: Who may decide it from now on.
        number: The rung that is taken; None where it is somebody's next account, or the next in turn.
    """
    request, row = standing.request, here.requests[standing.request.id]
    wider = request.model_copy(update={"who": who, "places": (*request.places, *added)})
    waiting = quiet.waiting(here, absence.widened(here, wider, standing.hands), added)
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
                "waiting": waiting,
                "idempotency_key": once,
            }
        )
    )
    here.put_request(row.model_copy(update={"added": (*row.added, *added)}))
    following = standing.rung if number is None else number + 1
    if number is not None and following < len(request.where.ladder):
        at = _since(here, request) + request.where.ladder[following].after
        here.draft.timers.append(settling.climb_at(request, following, at))
    stands = absence.delegate(here, standing.model_copy(update={"request": wider}))
    waiting = _show_besides(here, standing, stands)
    if quiet.unreachable(stands.request, here.requests[request.id]):
        _nobody_reached(here, stands, following)
    return waiting


def _show_besides(here: Conversation, before: Standing, standing: Standing) -> quiet.Waiting:
    """Show a request where it was not before, or have that wait, and tell its other places who decides it now."""
    request = standing.request
    added = [place for place in request.places if place not in before.request.places]
    here.take_turns(request, added)
    waiting = quiet.waiting(here, request, added)
    quiet.wait(here, request, cards=waiting)
    if quiet.unreachable(request, here.requests[request.id]):
        return waiting
    for place in before.request.places:
        here.tell(place, facts.CardForwarded(request=request.id, settled=False, who=request.who))
    if standing.hands != before.hands:
        voting.show(here, standing)
    _show(here, standing, [place for place in added if place not in waiting])
    return waiting


def _show(here: Conversation, standing: Standing, places: Iterable[ConversationKey]) -> None:
    """Show a request as it stands."""
    for place in places:
        words = here.words(place)
        notes = voting.standing_notes(here, standing, place)
        outdated = (editing.outdated(standing, words, "changed.outdated"),) if standing.changes else ()
        shown = asking.forwarded(here, standing.request, place, notes)
        here.tell(place, shown.model_copy(update={"outdated": outdated}))


def _tell_who_is_asked(
    here: Conversation,
    request: Request,
    rung: Rung,
    cause: str,
    hands: Sequence[Hand],
    added: list[ConversationKey],
    waiting: quiet.Waiting,
) -> None:
    """Say where it was asked whom a step asks, whom it asks later, and who decides in whose stead."""
    title, later = cards.title(here, request), absence.told(here, hands, waiting)
    if set(added) <= set(waiting):
        text = here.say("asked.more.later", title=title, later=later)
    else:
        asked = request.model_copy(update={"places": tuple(added)})
        names = routing.named(here, asked, rung, here.words(), waiting)
        text = here.say(f"asked.more.{cause}", who=names, title=title)
        text = f"{text} {later}" if later else text
    here.reply(here.threads[request.thread], text)


def places(here: Conversation, request: Request, rung: Rung) -> list[ConversationKey]:
    """Say where a step has a request shown besides."""
    directory, found = here.world.directory, list[ConversationKey]()
    for target in rung.targets:
        if target != PEOPLE:
            found += routing.at_target(here, request, target)
        elif rung.people or rung.roles:
            added = request.who.model_copy(update={"people": rung.people, "roles": rung.roles})
            found += directory.contacts(request.model_copy(update={"who": added}), here.now)
        else:
            found += directory.next_contacts(request)
    return [p for p in dict.fromkeys(found) if p not in request.places and directory.reachable(p)]


def _nobody_reached(here: Conversation, standing: Standing, following: int, reason: str = "") -> None:
    """
    Take the next step at once.

    Without one wait for whoever is asleep, ask who is away all the same, or say that nobody can be asked.
    """
    request, row = standing.request, here.requests[standing.request.id]
    if following < len(request.where.ladder):
        here.draft.timers.append(settling.climb_at(request, following, here.now))
    elif not row.waiting:
        outcome = Outcome.UNDELIVERABLE if request.places else Outcome.NO_ROUTE
        settling.settle(here, request, Settlement(outcome=outcome, at=here.now, comment=reason))
    elif quiet.cause(row.waiting, row.away) == "away":
        _show(here, standing, quiet.recall(here, request))
        names = [name for name, _, _ in here.world.directory.waiting(row.waiting)]
        text = here.say("asked.away.only", who=here.words().both(names), title=cards.title(here, request))
        here.reply(here.threads[request.thread], text)


def copy_failed(here: Conversation, failed: facts.CopyFailed) -> None:
    """A place cannot show a request: it is shown at the next account of whoever is reached there, if there is one."""
    standing = settling.standing_of(here, failed.request)
    if standing is None or standing.settlement is not None:
        return
    row, request = here.requests[failed.request], standing.request
    if failed.away:
        _away(here, standing, failed)
        return
    here.put_request(row.model_copy(update={"failed": tuple(dict.fromkeys((*row.failed, failed.place)))}))
    following = here.world.directory.next_contact(request, failed.place)
    if following is not None:
        _ask_besides(here, standing, request.who, [following], None, "undeliverable")
        return
    if _ask_next(here, standing, failed):
        return
    quiet.wait(here, request)
    if quiet.unreachable(request, here.requests[request.id]):
        _nobody_reached(here, standing, standing.rung, failed.reason)


def _ask_next(here: Conversation, standing: Standing, failed: facts.CopyFailed) -> bool:
    """Ask whoever's turn is next in the place of somebody who is not reached; False where nobody is asked."""
    request, world = standing.request, here.world
    if not request.where.in_turn or standing.claimed is not None:
        return False
    lost = {*here.requests[request.id].failed, failed.place}
    added = [p for p in world.turns.chosen(request, world.directory, here.now, lost) if p not in request.places]
    if not added:
        return False
    waiting = _ask_besides(here, standing, request.who, added, None, "undeliverable")
    if here.key not in request.places:
        stands = settling.standing_of(here, request.id) or standing
        title, later = cards.title(here, request), absence.told(here, stands.hands[len(standing.hands) :], waiting)
        text = here.say("asked.more.later", title=title, later=later)
        if not set(added) <= set(waiting):
            name = world.directory.name(world.directory.party(Identity(failed.place)))
            names = routing.asked(here, request.model_copy(update={"places": tuple(added)}), here.words(), waiting)
            text = f"{here.say('asked.more.next', name=name, who=names, title=title)} {later}".strip()
        here.reply(here.threads[request.thread], text)
    return True


def _away(here: Conversation, standing: Standing, failed: facts.CopyFailed) -> None:
    """
    Whoever has a card answers by a robot that they are away: the next in turn is asked, where people are asked in turn,
    else the next step is taken at once; and it is said.

    They may be back before the deadline, and decide: an absence takes nothing away and decides nothing.
    """
    request = standing.request
    name = here.world.directory.name(here.world.directory.party(Identity(failed.place)))
    if here.told_lately(f"away {failed.place} {request.id}", FORGET_TOLD):
        return
    here.reply(here.threads[request.thread], here.say("asked.away", name=name, title=cards.title(here, request)))
    if _ask_next(here, standing, failed):
        return
    if standing.rung < len(request.where.ladder) and standing.claimed is None:
        _climb(here, standing, standing.rung, "silence")


def _wake(here: Conversation, standing: Standing) -> None:
    """Show a request to those whose quiet hours are over, or who are back, and remind them."""
    if here.requests[standing.request.id].due <= here.now:
        return  # it expires
    before, standing = standing, absence.delegate(here, standing)
    request = standing.request
    awake, reminders = quiet.awake(here, request)
    _show(here, standing, awake)
    _remind(here, request, reminders)
    if standing.hands != before.hands:
        waiting = _show_besides(here, before, standing)
        if here.key not in request.places:
            told = absence.told(here, standing.hands[len(before.hands) :], waiting)
            here.reply(here.threads[request.thread], told)
    if quiet.unreachable(request, here.requests[request.id]):
        _nobody_reached(here, standing, standing.rung)


def _remind_when_due(here: Conversation, standing: Standing, number: int) -> None:
    request = standing.request
    if number in standing.reminded:
        return
    at = _since(here, request) + request.where.reminders[number]
    if at > here.now:
        here.draft.timers.append(settling.remind_at(request, number, at))
        return
    here.add(events.RequestReminded(thread=request.thread, run=request.run, request=request.id, number=number))
    shown = [place for place in request.places if place not in here.requests[request.id].waiting]
    later = quiet.waiting(here, request, shown, reminded=True)
    quiet.wait(here, request, reminders=later)
    _remind(here, request, [place for place in shown if place not in later])


def _remind(here: Conversation, request: Request, places: list[ConversationKey]) -> None:
    due = here.requests[request.id].due
    for place in places:
        title, time = cards.title(here, request, place), here.clock(due, place)
        text = here.words(place).say("reminder", title=title, time=time)
        here.tell(place, facts.CardForwarded(request=request.id, settled=False, remind=text))
