"""
Cards that list several requests, gathered where they are shown.

**What is listed together.** Approvals that differ in their arguments only: of one conversation's agent, or of one
client, for the same people to decide, with the same words besides. They come in at a place together, or within the time
for which their rule has them wait for each other. What has a window behind it, is confirmed, or does not fit in a line
has a card of its own. And whatever is *collected*: what a digest shows at one time (`quiet.py`), of any kind, each to
be decided alone; where all of it is equal, it is a list like any other.

**Each is a request of its own.** It has its copy here, its code, its votes, its outcome. Only the card is one: it
belongs to a copy that lists `members` and is nobody's request. Members have no deliveries of their own until somebody
has one shown by itself. One whose call is changed leaves the list for a card of its own.

**What a press on all of them covers.** The requests that it names and that its card lists. The press names those that
were open on the card that was pressed, so nothing is covered that was not shown; a card's list never grows. It is as
many answers as it names, each ruled on by itself, in the commit that takes the press in.

**Waiting** is a copy that is held, and a timer, both in the commit that takes it in. A card is made once everything
else is decided, so that what is asked together comes together; what has ended by then is not shown.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import NO_HEAD, Ask, Letterhead, Say, Settle
from agent_core import addresses
from agent_core.addresses import ConversationKey, Identity
from agent_core.cards import Card, Row
from agent_core.facts import ActionTaken, CopyFailed, RulingForwarded
from agent_core.requests import Decision, Kind
from agent_core.texts import in_short
from gateway import clients, letters
from gateway.conversation import Conversation
from gateway.store.rows import Copy, Timer

MOST = 10  # requests on one card
LONGEST = 300  # characters of a request on it
COLLECT = 10.0  # seconds in which what is due at one time comes in from other conversations
KIND = "gather"  # of the timers

BARE = {
    "buttons": (),
    "choices": (),
    "form": "",
    "fields": (),
    "denials": (),
    "edit": "",
    "editable": (),
    "confirm": None,
    "grants": (),
    "hand": "",
    "menu": "",
    "how": "",
    "silence": "",
    "due": None,
    "code": "",
}
"""What a card loses that nobody can answer any more."""


def take(here: Conversation, copy: Copy, wait: float) -> None:
    """
    Show a request here, by itself or with others; a letter goes to those who may decide it, and is about one.

    Args:
        wait: Seconds for which it waits for others like it.
    """
    if copy.collected:
        wait = max(wait, COLLECT)
    if here.capabilities().letters or not (copy.collected or _can_be_listed(copy)):
        _show(here, copy)
    elif wait:
        here.put(copy.model_copy(update={"held_until": here.now + wait}))
        here.draft.timers.append(_timer(copy, here.now + wait))
    else:
        here.put(copy)
        here.listing.unshown[copy.request] = None


def _timer(copy: Copy, at: float) -> Timer:
    return Timer(f"{copy.place}/{copy.request}/{KIND}", at, key=copy.request)


def is_due(timer: Timer) -> bool:
    """Tell whether a timer is of this file."""
    return timer.id.endswith(f"/{KIND}")


def due(here: Conversation, timer: Timer) -> None:
    """The wait of a request is over, and with it that of all others like it."""
    here.draft.clear.append(timer.id)
    first = here.copies.get(timer.key)
    if first is None or first.held_until is None:
        return
    for copy in list(here.copies.values()):
        if copy.held_until is not None and _group(here, copy) == _group(here, first):
            release(here, copy)
            here.listing.unshown[copy.request] = None


def release(here: Conversation, copy: Copy) -> Copy:
    """Have a request wait no more; returns its copy."""
    if copy.held_until is None:
        return copy
    here.draft.stop(_timer(copy, here.now).id)
    here.put(copy.model_copy(update={"held_until": None}))
    return here.copies[copy.request]


def show(here: Conversation) -> None:
    """Make the cards of what has come in, and bring those up to date on which something stands differently."""
    listing = here.listing
    groups: dict[str, list[Copy]] = {}
    for name in listing.unshown:
        copy = here.copies[name]
        if copy.settled_at is None:
            groups.setdefault(_group(here, copy), []).append(copy)
    listing.unshown.clear()
    for group in groups.values():
        for start in range(0, len(group), MOST):
            _show_together(here, group[start : start + MOST])
    for name in listing.stale:
        if name in here.copies:
            _redraw(here, here.copies[name])
    listing.stale.clear()
    for (to, under, count, *_), lines in listing.refused.items():
        key = "batch.partly" if count > 1 else "batch.nothing"
        told = here.words(to).say(key, count=count, done=count - len(lines), lines="\n".join(lines))
        here.whisper(to, told, under)
    listing.refused.clear()
    listing.told.clear()


def _show_together(here: Conversation, group: Sequence[Copy]) -> None:
    if len(group) == 1:
        _show(here, group[0])
        return
    first = group[0]
    mixed = not all(_can_be_listed(copy) and _alike(here, copy) == _alike(here, first) for copy in group)
    rows = tuple(_row(here, copy, mixed) for copy in group)
    shared = Card(title=here.say("digest.title", count=len(group)), by=first.card.by) if mixed else first.card
    card = shared.model_copy(
        update={
            "title": shared.title if mixed else here.say("batch.title", title=shared.title, count=len(group)),
            "facts": (),
            "due": min((copy.card.due for copy in group if copy.card.due is not None), default=None),
            "how": here.say("digest.how" if mixed else "batch.how", code=first.code),
            "code": "",
            "buttons": () if mixed else _buttons(here, rows),
            "form": "",
            "edit": "",
            "grants": (),
            "hand": "",
            "rows": rows,
            "menu": here.say("batch.menu"),
            "notes": (),
        }
    )
    members = tuple(copy.request for copy in group)
    list_of = {"request": addresses.derive("list", here.key, *members), "home": here.key, "card": card, "code": ""}
    batch = first.model_copy(update={**list_of, "members": members, "collected": mixed})
    for copy in group:
        here.put(copy.model_copy(update={"batch": batch.request}))
    _show(here, batch)


def _show(here: Conversation, copy: Copy) -> None:
    """Send a card."""
    until, head = here.now + copy.patience, NO_HEAD
    readers: tuple[Identity, ...] = ()
    if here.capabilities().letters:
        head = Letterhead(to=letters.deciders(here, copy.who, copy.requester))
        readers = (Identity(here.key),) if here.capabilities().direct else head.to
    sent = here.send(Ask(copy.card, copy.request, copy.root, head), request=copy.request, deadline=until)
    here.put(copy.model_copy(update={"deliveries": tuple(sent), "readers": readers}))
    if not sent:
        fail(here, copy, "its channel is not configured any more")


def fail(here: Conversation, copy: Copy, reason: str) -> None:
    """Say at home that a card reaches nobody here; of a list at the homes of all that are open on it."""
    for one in [here.copies[name] for name in copy.members if name in here.copies] or [copy]:
        if one.settled_at is None:
            failed = CopyFailed(request=one.request, place=here.key, reason=reason)
            here.tell(ConversationKey(one.home), failed)


# What is alike -------------------------------------------------------------------------------------------------------


def _can_be_listed(copy: Copy) -> bool:
    card = copy.card
    window = card.denials or card.editable or card.fields or card.choices
    line = _line(card)
    whole = "\n" not in line and len(line) <= LONGEST
    return copy.kind is Kind.APPROVAL and not copy.in_doubt and card.confirm is None and not window and whole


def _group(here: Conversation, copy: Copy) -> str:
    """Write what those share that are shown on one card."""
    return f"digest {copy.root}" if copy.collected else _alike(here, copy)


def _alike(here: Conversation, copy: Copy) -> str:
    """Write what equal requests share: everything but the values of their arguments, and what stands in each line."""
    origin = copy.home.partition("/")[0] if clients.is_home(copy.home) else copy.home
    own = {"facts": (), "due": None, "how": "", "code": "", "notes": ()}
    shared = copy.model_copy(update={"card": copy.card.model_copy(update=own)})
    calls = here.say("card.calls")
    facts = [(label, value if label == calls else "") for label, value in copy.card.facts]
    return f"{origin} {facts} {shared.model_dump_json(include={'root', 'who', 'requester', 'card'})}"


def _line(card: Card) -> str:
    return ", ".join(f"{label}: {value}" for label, value in card.facts)


# A list --------------------------------------------------------------------------------------------------------------


def _row(here: Conversation, copy: Copy, mixed: bool) -> Row:
    """Say what a request is in a line; among others of any kind it can be decided there if that is all of it."""
    card = copy.card
    text, whole = _line(card), True
    if mixed:
        text = " · ".join(filter(None, (card.title, text, card.why, card.asker)))
        whole = not card.body and "\n" not in text and len(text) <= LONGEST
    # A press on a row asks nothing once more and tells no revision, so what needs either is decided on its own card.
    decides = whole and card.confirm is None and not card.revision
    buttons = [*(card.buttons if decides else ()), (Decision.SHOW, here.say("batch.show"))]
    return Row(
        request=copy.request,
        code=copy.code,
        text=text if whole else in_short(card.title),
        note=" ".join(filter(None, (*card.notes, card.grant))),
        buttons=tuple(buttons) if copy.settled_at is None else (),
    )


def _buttons(here: Conversation, rows: Sequence[Row]) -> tuple[tuple[Decision, str], ...]:
    """Label the buttons for all of a list, while there is more than one open on it."""
    left = sum(bool(row.buttons) for row in rows)
    labels = {Decision.APPROVE: "batch.approve", Decision.DENY: "batch.deny"}
    return tuple((decision, here.say(key, count=left)) for decision, key in labels.items() if left > 1)


def _redraw(here: Conversation, batch: Copy) -> None:
    """Have a list show how each on it stands now."""
    before = {row.request: row for row in batch.card.rows}
    rows = tuple(
        _row(here, here.copies[name], batch.collected) if name in here.copies else before[name]
        for name in batch.members
        if name in here.copies or name in before  # of one that is not here nothing is left where texts were erased
    )
    card = batch.card.model_copy(update={"rows": rows, "buttons": () if batch.collected else _buttons(here, rows)})
    ended = not any(row.buttons for row in rows)
    if ended:
        card = card.model_copy(update=BARE)
    if ended and batch.settled_at is None:
        here.draft.withdraw += batch.deliveries
        batch = batch.model_copy(update={"settled_at": here.now})
    batch = batch.model_copy(update={"card": card})
    here.put(batch)
    if not batch.deliveries:
        return
    if here.capabilities().edits:
        here.send(Settle(card, batch.request, batch.deliveries[-1]), request=batch.request)
    elif said_anew := [said(row) for row in rows if row != before.get(row.request)]:
        here.send(Say("\n".join(said_anew), batch.root), request=batch.request)


def said(row: Row) -> str:
    """Say how a request on a list stands."""
    return f"{row.code} {row.text}: {row.note}"


def card_of(here: Conversation, copy: Copy) -> Copy:
    """Give the copy whose card shows a request: its own, or a list."""
    return copy if copy.deliveries or not copy.batch else here.copies.get(copy.batch, copy)


def changed(here: Conversation, copy: Copy) -> None:
    """A request stands differently: so does the list that it stands on."""
    if copy.batch:
        here.listing.stale[copy.batch] = None


def leave(here: Conversation, copy: Copy, notes: tuple[str, ...]) -> None:
    """A request was changed and gets a card of its own: the list says so, and lists it no more."""
    batch = here.copies.get(copy.batch)
    if batch is not None:
        left = tuple(name for name in batch.members if name != copy.request)
        card = batch.card.model_copy(update={"notes": (*batch.card.notes, *notes)})
        here.put(batch.model_copy(update={"members": left, "card": card}))
        changed(here, copy)


def titled(copy: Copy) -> str:
    """Name a request; one that stands on a list by its line, too."""
    return f"{copy.card.title} {_line(copy.card)}" if copy.batch else copy.card.title


def members(here: Conversation, batch: Copy) -> list[Copy]:
    """Give the requests on a list."""
    return [here.copies[name] for name in batch.members if name in here.copies]


def pressed(here: Conversation, fact: ActionTaken, batch: Copy) -> list[Copy]:
    """Give the requests that a press on a list covers: those that it names, as far as they stand there."""
    named = fact.value.split(",")
    return [copy for copy in members(here, batch) if copy.request in named]


def show_by_itself(here: Conversation, copy: Copy) -> None:
    """Show a request that stands on a list on a card of its own too, with all that belongs to it."""
    if not copy.deliveries and copy.settled_at is None:
        _show(here, copy)


def refused(here: Conversation, ruling: RulingForwarded, copy: Copy) -> None:
    """Note why an answer to a request on a list changed nothing; it is told together with the others."""
    lines = here.listing.refused.setdefault((ruling.to, ruling.under, ruling.of, copy.batch, copy.home), [])
    lines.append(f"{copy.code} {_line(copy.card)}: {ruling.text}")
