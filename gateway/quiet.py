"""
What waits before it is shown: in quiet hours until these are over, and what is of low urgency for the next digest.

**What waits.** A card or a reminder that is to be shown in a conversation of one person alone, while that person has
quiet hours. Not what is urgent, not what is shown where others read too, and no card where its run was asked: there
somebody is ends for it. Whoever sees a card in quiet hours all the same may decide it.

**Digests.** A request of low urgency is shown at set times: those of whoever is asked in their own conversation, else
those of its rule; a time within quiet hours is left out. Where it was asked it is shown at once. What several
conversations show at one time comes together there (`gathering.py`). It takes no step of its ladder while it waits.

**Waiting is a row and a timer.** The request's row says which places wait, and until when; the one timer of the request
is due with the first of them. Both are in the commit that would have shown it, so that a crash leaves both or neither.

**What it costs.** No patience: where everybody who was asked last is asleep, the next step of the ladder is taken at
once, as where nobody can be reached; behind the last one it is waited. The deadline counts from the first copy sent, so
while all copies wait it counts from the end of the wait. Quiet hours are over at least once a week, so that is an end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from agent_core import hours
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Request
from gateway.conversation import Conversation
from gateway.store.rows import DAY, RequestRow, Timer

Waiting = Mapping[ConversationKey, float]
"""Places that wait, and until when (seconds since the epoch)."""
WEEK = 7 * DAY  # seconds
NOWHERE: Waiting = MappingProxyType({})


def waiting(
    here: Conversation,
    request: Request,
    places: Iterable[ConversationKey],
    *,
    reminded: bool = False,
    collected: bool = False,
) -> Waiting:
    """
    Say which of some places have to wait now.

    Args:
        reminded: It is about a reminder, which waits in quiet hours also where the run was asked, and for no digest.
        collected: It has waited for a digest before.
    """
    if request.urgency == "high":
        return {}
    until: dict[ConversationKey, float] = {}
    for place in places:
        times = digest(here, request, place) if not (reminded or collected) else ()
        at = _next(here, place, times) if times else here.world.directory.quiet_until(place, here.now)
        if at is not None and (reminded or place != here.key):
            until[place] = at
    return until


def digest(here: Conversation, request: Request, place: ConversationKey) -> tuple[hours.Time, ...]:
    """Say at which times of day a request is shown at a place; none: at any."""
    if request.urgency != "low" or place == here.key:
        return ()
    return here.world.directory.digest(place) or tuple(map(hours.time, request.where.digest))


def _next(here: Conversation, place: ConversationKey, times: tuple[hours.Time, ...]) -> float:
    """Give the next of some times that lies in no quiet hours; where there is none within a week, the end of these."""
    at = hours.following(times, here.now)
    while (over := here.world.directory.quiet_until(place, at)) is not None:
        at = hours.following(times, over - 1)
        if at > here.now + WEEK:
            return over
    return at


def wait(here: Conversation, request: Request, *, cards: Waiting = NOWHERE, reminders: Waiting = NOWHERE) -> None:
    """Have places wait for a card or a reminder, besides those that do already."""
    row = here.requests[request.id]
    row = row.model_copy(update={"waiting": {**row.waiting, **cards}, "reminders": {**row.reminders, **reminders}})
    if row.waiting and row.first_sent is None:
        lasts = request.where.gather + request.patience
        first = min(row.waiting.values()) if asleep(request, row) else min(here.now, row.due - lasts)
        row = row.model_copy(update={"due": first + lasts})
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
    still = waiting(
        here, request, cards, collected=True
    )  # it is night again: nobody was here by day, or their hours are others now
    again = waiting(here, request, reminders, reminded=True)
    wait(here, request, cards=still, reminders=again)
    return [p for p in cards if p not in still], [p for p in reminders if p not in again]


def asleep(request: Request, row: RequestRow) -> bool:
    """Tell whether no copy of a request can reach anybody now: its places wait, or could not show it."""
    return set(request.places) <= {*row.failed, *row.waiting}


def unreachable(request: Request, row: RequestRow) -> bool:
    """Tell whether the next step of a ladder is due at once: nobody is reached, and it is no matter that can wait."""
    return asleep(request, row) and not (request.urgency == "low" and row.waiting)


def told(here: Conversation, later: Waiting) -> str:
    """Say who is asked later, and when."""
    directory, lines = here.world.directory, []
    for place, at in later.items():
        asleep = directory.quiet_until(place, here.now) is not None
        person = directory.person(Identity(place))
        who = person.name if person is not None else here.say("asked.channel")
        lines.append(here.say("asked.quiet" if asleep else "asked.digest", who=who, time=here.clock(at)))
    return " ".join(dict.fromkeys(lines))
