"""
What waits before it is shown: for the end of quiet hours or of an absence, and what is of low urgency for a digest.

**What waits.** A card or a reminder that is to be shown in a conversation of one person alone, while that person has
quiet hours. Not what is urgent, not what is shown where others read too, and no card where its run was asked: there
somebody is ends for it. Whoever sees a card in quiet hours all the same may decide it.

**Digests.** A request of low urgency is shown at set times: those of whoever is asked in their own conversation, else
those of its rule; a time within quiet hours is left out. Where it was asked it is shown at once. What several
conversations show at one time comes together there (`gathering.py`). It takes no step of its ladder while it waits.

**Absences.** Whoever is away is not asked in their own conversation until they are back, however urgent it is, where it
can come to somebody else: who decides in their stead (`absence.py`), others who are asked, or who is asked by a later
step. Where all of these are away it is shown to them all, as if nobody were.

**Waiting is a row and a timer.** The request's row says which places wait, and until when; the one timer of the request
is due with the first of them. Both are in the commit that would have shown it, so that a crash leaves both or neither.

**What it costs.** No patience: where everybody who was asked last is asleep or away, the next step of the ladder is
taken at once, as where nobody can be reached; behind the last one it is waited for who sleeps, and who is away is shown
it all the same. The deadline counts from the first copy sent, so while all copies wait it counts from the end of the
quiet hours. These are over at least once a week, so that is an end; an absence moves no deadline.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Literal

from agent_core import hours
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Request, in_the_end
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
    places, directory = list(places), here.world.directory
    back = {place: at for place in places if (at := directory.away_until(place, here.now)) is not None}
    back = {} if back and alone(here, request) else back
    until: dict[ConversationKey, float] = {}
    for place in places:
        since = back.get(place, here.now)
        times = digest(here, request, place) if not (reminded or collected) else ()
        if request.urgency == "high":
            at = back.get(place)
        else:
            at = _next(here, place, times, since) if times else directory.quiet_until(place, since) or back.get(place)
        if at is not None and (reminded or place != here.key):
            until[place] = at
    return until


def alone(here: Conversation, request: Request) -> bool:
    """Tell whether whoever a request can come to, by steps of its ladder too, is away now."""
    directory, who = here.world.directory, in_the_end(request.who, request.where)
    contacts = directory.contacts(request.model_copy(update={"who": who}), here.now)
    return all(directory.away_until(place, here.now) is not None for place in contacts)


def digest(here: Conversation, request: Request, place: ConversationKey) -> tuple[hours.Time, ...]:
    """Say at which times of day a request is shown at a place; none: at any."""
    if request.urgency != "low" or place == here.key:
        return ()
    return here.world.directory.digest(place) or tuple(map(hours.time, request.where.digest))


def _next(here: Conversation, place: ConversationKey, times: tuple[hours.Time, ...], since: float) -> float:
    """Give the next of some times that lies in no quiet hours; where there is none within a week, the end of these."""
    at = hours.following(times, since)
    while (over := here.world.directory.quiet_until(place, at)) is not None:
        at = hours.following(times, over - 1)
        if at > since + WEEK:
            return over
    return at


def wait(here: Conversation, request: Request, *, cards: Waiting = NOWHERE, reminders: Waiting = NOWHERE) -> None:
    """Have places wait for a card or a reminder, besides those that do already."""
    row, gone = here.requests[request.id], away(here, cards)
    row = row.model_copy(update={"waiting": {**row.waiting, **cards}, "reminders": {**row.reminders, **reminders}})
    row = row.model_copy(update={"away": (*(place for place in row.away if place not in cards), *gone)})
    if row.waiting and row.first_sent is None:
        lasts = request.where.gather + request.patience
        awake = [at for place, at in row.waiting.items() if place not in row.away]
        first = min(awake) if awake and asleep(request, row) else min(here.now, row.due - lasts)
        row = row.model_copy(update={"due": first + lasts})
    here.put_request(row)
    ends = (*row.waiting.values(), *row.reminders.values())
    if ends:
        here.draft.timers.append(wake_at(request, min(ends)))


def recall(here: Conversation, request: Request) -> list[ConversationKey]:
    """Let those who are away wait no more, as there is nobody else; gives where it is to be shown now."""
    row = here.requests[request.id]
    left = {place: at for place, at in row.waiting.items() if place not in row.away}
    here.put_request(row.model_copy(update={"waiting": left, "away": ()}))
    return [place for place in row.waiting if place not in left]


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


def away(here: Conversation, waiting: Waiting) -> list[ConversationKey]:
    """Give those of some places that wait until somebody is back."""
    directory = here.world.directory
    return [p for p, at in waiting.items() if (back := directory.away_until(p, here.now)) is not None and back <= at]


def unreachable(request: Request, row: RequestRow) -> bool:
    """Tell whether the next step of a ladder is due at once: nobody is reached, and it is no matter that can wait."""
    return asleep(request, row) and lost(request, row.waiting, row.away)


def lost(request: Request, places: Collection[ConversationKey], gone: Collection[ConversationKey]) -> bool:
    """Tell of some places that wait, of which some are `gone`, whether that costs the next step of the ladder."""
    return request.urgency != "low" or set(places) <= set(gone)


def cause(waiting: Collection[ConversationKey], gone: Collection[ConversationKey]) -> Literal["quiet", "away"]:
    """Say why a step is taken since some places wait."""
    return "away" if set(waiting) <= set(gone) else "quiet"


def told(here: Conversation, later: Waiting) -> str:
    """Say who is asked later, and when."""
    directory, lines, gone = here.world.directory, [], away(here, later)
    for place, at in later.items():
        asleep = directory.quiet_until(place, here.now) is not None
        person = directory.person(Identity(place))
        who = person.name if person is not None else here.say("asked.channel")
        key = "asked.away.until" if place in gone else "asked.quiet" if asleep else "asked.digest"
        lines.append(here.say(key, who=who, time=here.clock(at)))
    return " ".join(dict.fromkeys(lines))
