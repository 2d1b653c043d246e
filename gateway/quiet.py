"""
Quiet hours: what would reach people in their own conversations waits until these are over.

**What waits.** A card or a reminder that is to be shown in a conversation of one person alone, while that person has
quiet hours. Not what is urgent, not what is shown where others read too, and no card where its run was asked: there
somebody is ends for it. Whoever sees a card in quiet hours all the same may decide it.

**Waiting is a row and a timer.** The request's row says which places wait, and until when; the one timer of the request
is due with the first of them. Both are in the commit that would have shown it, so that a crash leaves both or neither.

**What it costs.** No patience: where everybody who was asked last is asleep, the next step of the ladder is taken at
once, as where nobody can be reached; behind the last one it is waited. The deadline counts from the first copy sent, so
while all copies wait it counts from the end of the wait. Quiet hours are over at least once a week, so that is an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agent_core.addresses import ConversationKey
from agent_core.requests import Request
from gateway.conversation import Conversation
from gateway.store.base import RequestRow, Timer

Waiting = Mapping[ConversationKey, float]
"""Places that wait, and until when (seconds since the epoch)."""
NOWHERE: Waiting = MappingProxyType({})


def waiting(
    here: Conversation, request: Request, places: Iterable[ConversationKey], *, reminded: bool = False
) -> Waiting:
    """Say which of some places have to wait now; reminders do also where the run was asked."""
    if request.urgency == "high":
        return {}
    asleep = {place: here.world.directory.quiet_until(place, here.now) for place in places}
    return {place: at for place, at in asleep.items() if at is not None and (reminded or place != here.key)}


def wait(here: Conversation, request: Request, *, cards: Waiting = NOWHERE, reminders: Waiting = NOWHERE) -> None:
    """Have places wait for a card or a reminder, besides those that do already."""
    row = here.requests[request.id]
    row = row.model_copy(update={"waiting": {**row.waiting, **cards}, "reminders": {**row.reminders, **reminders}})
    if row.waiting and row.first_sent is None:
        first = min(row.waiting.values()) if asleep(request, row) else min(here.now, row.due - request.patience)
        row = row.model_copy(update={"due": first + request.patience})
    here.put_request(row)
    ends = (*row.waiting.values(), *row.reminders.values())
    if ends:
        here.draft.timers.append(wake_at(request, min(ends)))


def wake_at(request: Request, at: float) -> Timer:
    """Say when the first of those who wait for a request is to be shown it, or reminded."""
    return Timer(f"{request.id}/quiet/0", at, key=request.id)


def awake(here: Conversation, request: Request) -> tuple[list[ConversationKey], list[ConversationKey]]:
    """
    Let those who have waited long enough wait no more.

    Returns:
        Where the card is to be shown now, and where its reminder is.
    """
    row = here.requests[request.id]
    cards = [place for place, at in row.waiting.items() if at <= here.now]
    reminders = [place for place, at in row.reminders.items() if at <= here.now]
    left = {
        "waiting": {place: at for place, at in row.waiting.items() if place not in cards},
        "reminders": {place: at for place, at in row.reminders.items() if place not in reminders},
    }
    here.put_request(row.model_copy(update=left))
    still = waiting(here, request, cards)  # it is night again: nobody was here by day, or their hours are others now
    again = waiting(here, request, reminders, reminded=True)
    wait(here, request, cards=still, reminders=again)
    return [p for p in cards if p not in still], [p for p in reminders if p not in again]


def asleep(request: Request, row: RequestRow) -> bool:
    """Tell whether no copy of a request can reach anybody now: its places wait, or could not show it."""
    return set(request.places) <= {*row.failed, *row.waiting}


def told(here: Conversation, later: Waiting) -> str:
    """Say who is asked later, and when."""
    waiting = here.world.directory.waiting(later)
    return " ".join(here.say("asked.quiet", who=name, time=here.clock(at)) for name, at in waiting)
