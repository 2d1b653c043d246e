"""
Copies of requests: shown here, answered here, brought up to date here. Nothing is ruled on in this file.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from adapters.base import Ask, Say, Settle
from agent_core import facts, forms, replies
from agent_core.grants import Grant
from agent_core.requests import Decision, Kind
from agent_core.rulings import Response
from gateway import confirming, gathering, letters
from gateway.conversation import FORGET_TOLD, QUIET, Conversation
from gateway.store.rows import Copy, DeliveryRow


def show(here: Conversation, ask: facts.AskForwarded) -> None:
    """
    Show a request's card, with a code of this conversation.

    One that shows the call as it was before a change is replaced by another one, so that it is known by the vendor's
    clock, and by the code, which of the two somebody has seen.
    """
    known = here.copies.get(ask.request)
    if known is not None and (known.card.revision >= ask.card.revision or known.settled_at is not None):
        return
    if known is not None:
        known = gathering.release(here, known)  # the changed call is shown at once: nothing is waited for any more
        _outdate(here, known, ask.outdated)
    code = replies.code(here.key, here.state.codes)
    here.state = here.state.model_copy(update={"codes": here.state.codes + 1})
    if here.capabilities().letters:
        card = letters.worded(here, ask, code)
    else:
        elsewhere = here.say("card.how.code" if here.capabilities().direct else "card.how.code.mention", code=code)
        card = ask.card.model_copy(update={"code": code, "how": f"{ask.card.how} {elsewhere}"})
    if card.confirm is not None:
        card = confirming.offered(here, card, in_doubt=ask.in_doubt)
    copy = Copy(
        request=ask.request,
        place=here.key,
        home=ask.home,
        kind=ask.kind,
        in_doubt=ask.in_doubt,
        who=ask.who,
        reassign=ask.reassign,
        requester=ask.requester,
        card=card,
        root=ask.root,
        code=code,
        opened_at=known.opened_at if known is not None else here.now,
        patience=ask.patience,
        collected=ask.collected and known is None,
        earlier=(*known.earlier, *known.deliveries) if known is not None else (),
        earlier_codes=(*known.earlier_codes, known.code) if known is not None else (),
        told=known.told if known is not None else {},
    )
    gathering.take(here, copy, ask.gather)


def _outdate(here: Conversation, copy: Copy, notes: tuple[str, ...]) -> None:
    """Take away what can be pressed on a card that shows the call as it was."""
    here.draft.withdraw += (*copy.deliveries, *copy.reminders)
    if here.capabilities().edits and copy.deliveries:
        card = copy.card.model_copy(update=gathering.BARE | {"notes": notes})
        here.send(Settle(card, copy.request, copy.deliveries[-1]), request=copy.request)
    gathering.leave(here, copy, notes)


def change(here: Conversation, wanted: facts.CardForwarded) -> None:
    """Bring a copy up to date: settled without buttons, open with other notes, or something said under it."""
    copy = here.copies.get(wanted.request)
    if copy is None:
        return
    shown = gathering.card_of(here, copy).deliveries
    if wanted.settled:
        copy = gathering.release(here, copy)
        if copy.settled_at is None:
            here.draft.withdraw += (*copy.deliveries, *copy.reminders)
        card = copy.card.model_copy(update=gathering.BARE | {"notes": wanted.notes})
        copy = copy.model_copy(update={"card": card, "settled_at": copy.settled_at or here.now})
        here.put(copy)
        gathering.changed(here, copy)
        if copy.deliveries and here.capabilities().edits:
            here.send(Settle(card, copy.request, copy.deliveries[-1]), request=copy.request)
        elif copy.deliveries:
            _say_settled(here, copy)
    elif wanted.grant:
        card = copy.card.model_copy(update={"grant": wanted.grant, "revoke": wanted.revoke})
        copy = copy.model_copy(update={"card": card})
        here.put(copy)
        gathering.changed(here, copy)
        if copy.deliveries and here.capabilities().edits:
            here.send(Settle(card, copy.request, copy.deliveries[-1]), request=copy.request)
        elif copy.deliveries:
            here.send(Say(wanted.grant, copy.root), request=copy.request)
    elif wanted.who is not None:
        here.put(copy.model_copy(update={"who": wanted.who}))
    elif wanted.remind and copy.settled_at is None and shown:
        text = wanted.remind if not copy.code else f"{wanted.remind} {here.say('reminder.code', code=copy.code)}"
        said = [name for say in _beside(here, copy, text) for name in here.send(say, request=copy.request)]
        here.put(copy.model_copy(update={"reminders": (*copy.reminders, *said)}))
    elif wanted.notes and copy.settled_at is None:
        copy = copy.model_copy(update={"card": copy.card.model_copy(update={"notes": wanted.notes})})
        here.put(copy)
        gathering.changed(here, copy)
        if copy.deliveries and here.capabilities().edits:
            here.send(Settle(copy.card, copy.request, copy.deliveries[-1]), request=copy.request)
        elif copy.deliveries:
            for say in _beside(here, copy, "\n".join((copy.card.title, *wanted.notes))):
                here.send(say, request=copy.request)
    if wanted.under and shown:
        text = wanted.under if copy.deliveries else f"{copy.code} {wanted.under}"
        written = here.capabilities().letters
        for say in letters.under(here, copy, text) if written else [Say(text, copy.root, shown[-1])]:
            here.send(say, request=copy.request)


def _beside(here: Conversation, copy: Copy, text: str) -> list[Say]:
    """Say something where a card stands: in its thread, or, where it is a letter, in reply to it."""
    return letters.under(here, copy, text) if here.capabilities().letters else [Say(text, copy.root)]


def _say_settled(here: Conversation, copy: Copy) -> None:
    lines = (copy.card.title, *copy.card.notes, *map(gathering.said, copy.card.rows))
    for say in _beside(here, copy, "\n".join(lines)):
        here.send(say, request=copy.request)


def answer(
    here: Conversation,
    fact: facts.ChannelFact,
    copy: Copy,
    decision: Decision,
    text: str = "",
    *,
    choice: str = "",
    grant: str = "",
    values: forms.Values | None = None,
    revision: int,
    seen: bool = True,
    confirmed: bool = False,
    of: int = 1,
    under: str = "",
) -> None:
    """
    Turn what somebody said to a request shown here, as it was at a revision, into a response, and send it home.

    Args:
        text: What they said besides.
        grant: For how long they approve it.
    """
    response = Response(
        request=copy.request,
        voter=here.world.directory.voter(fact.sender, fact.sender_name, fact.assurance),
        decision=decision,
        text=text,
        choice=choice,
        grant=grant,
        values=values or {},
        revision=revision,
        sent_at=fact.sent_at,
        seen=seen,
        confirmed=confirmed,
        code=copy.code,
        of=of,
        via=here.key,
        under=under,
    )
    here.tell(copy.home, facts.ResponseForwarded(response=response))


def revoke(here: Conversation, fact: facts.MessageReceived, given: Iterable[Grant]) -> None:
    """Send home that somebody ends standing grants, wherever their cards are."""
    for grant in given:
        response = Response(
            request=grant.id,
            voter=here.world.directory.voter(fact.sender, fact.sender_name, fact.assurance),
            decision=Decision.REVOKE,
            sent_at=fact.sent_at,
            seen=True,
            via=here.key,
        )
        here.tell(grant.home, facts.ResponseForwarded(response=response))


def ruled(here: Conversation, ruling: facts.RulingForwarded) -> None:
    """Tell the one who answered why it changed nothing, once in a while."""
    copy = here.copies.get(ruling.request)
    if copy is None:
        if not here.told_lately(f"{ruling.to} {ruling.reason}"):
            here.whisper(ruling.to, ruling.text, ruling.under)
        return
    what = f"{ruling.to} {ruling.reason}"
    if here.now - copy.told.get(what, 0.0) < QUIET:
        return
    here.put(copy.model_copy(update={"told": {**copy.told, what: here.now}}))
    if copy.batch:
        gathering.refused(here, ruling, copy)
    else:
        here.whisper(ruling.to, ruling.text, ruling.under)


def delivery_ended(here: Conversation, ended: facts.DeliveryEnded) -> None:
    """
    A delivery reached nobody, or nobody knows.

    A card of unknown fate is shown again and says so: it is the same request, so a second copy decides nothing twice.
    Where a card may not be changed any more, how it ended is said instead.
    """
    if ended.kind == "webhook":
        return  # whoever looks after this gateway hears of it once for all of a client's
    copy = here.copies.get(ended.request or "")
    if copy is not None and ended.kind == "settle":
        _say_settled(here, copy)
        return
    if copy is not None and ended.delivery in copy.earlier:
        return  # another card has taken its place
    if copy is None or ended.delivery not in copy.deliveries:
        here_is_where_it_is_told = here.key in here.world.watchers()
        if not here_is_where_it_is_told and not here.told_lately(f"dead {ended.reason}", FORGET_TOLD):
            named = {"delivery": ended.delivery, "reason": ended.reason}
            here.tell_owner(lambda place: here.words(place).say("dead.owner", **named))
        return
    if copy.settled_at is not None:
        return
    if ended.status == "unknown":
        said = (here.say("card.again"), copy.card.again)
        card = copy.card.model_copy(update={"again": " ".join(filter(None, said))})
        sent = here.send(Ask(card, copy.request, copy.root), request=copy.request)
        here.put(copy.model_copy(update={"deliveries": (*copy.deliveries, *sent)}))
        return
    gathering.fail(here, copy, ended.reason)


def reported(here: Conversation, fact: facts.DeliveryReported) -> None:
    """A mail system said later that a card has not arrived, or that nobody will read it for now."""
    copy = copy_under(here, fact.message_id)
    if copy is not None and copy.settled_at is None and fact.status != "delayed":
        failed = facts.CopyFailed(request=copy.request, place=here.key, reason=fact.reason, away=fact.status == "away")
        here.tell(copy.home, failed)


# Which request a text means ------------------------------------------------------------------------------------------


def copy_under(here: Conversation, message: str | None) -> Copy | None:
    """Find the request whose card a message stands under."""
    if not message:
        return None
    for copy in here.copies.values():
        if _stands_under(here, message, (*copy.earlier, *copy.deliveries)):
            return copy
    return None


def _stands_under(here: Conversation, message: str | None, deliveries: Sequence[str]) -> bool:
    rows = (here.asks.get(name) for name in deliveries)
    return any(row is not None and row.receipt is not None and row.receipt.message_id == message for row in rows)


def copy_with(here: Conversation, code: str | None) -> Copy | None:
    """Find the request that a code names."""
    if code is None:
        return None
    return next((copy for copy in here.copies.values() if code in (copy.code, *copy.earlier_codes)), None)


def revision(here: Conversation, copy: Copy, reply_to: str, code: str | None) -> int:
    """Tell at which revision somebody was shown a request that their words name by its card, or else by a code."""
    newest = code not in copy.earlier_codes
    if reply_to and _stands_under(here, reply_to, (*copy.earlier, *copy.deliveries)):
        newest = _stands_under(here, reply_to, copy.deliveries)
    return copy.card.revision if newest else copy.card.revision - 1


def prompted_at(here: Conversation, copy: Copy) -> float | None:
    """
    Tell when the vendor had accepted all of a request's card, by the vendor's clock; None where it has not.

    A card of unknown fate is sent anew, marked "again:"; then that one is what people surely have.
    """
    parts: list[DeliveryRow] = []
    for row in (here.asks.get(name) for name in gathering.card_of(here, copy).deliveries):
        if row is not None:
            parts = [] if row.status == "unknown" else [*parts, row]
    times = [row.receipt.at for row in parts if row.receipt is not None]
    return max(times) if times and len(times) == len(parts) else None


def in_flight(here: Conversation, copy: Copy) -> bool:
    """Tell whether a card is being sent, or nobody knows yet whether it was."""
    rows = [here.asks.get(name) for name in gathering.card_of(here, copy).deliveries]
    return any(
        row is not None and (row.status == "claimed" or (row.status == "unknown" and row.due is not None))
        for row in rows
    )


def say_to(here: Conversation, fact: facts.MessageReceived, copy: Copy, *, revision: int, under: str = "") -> None:
    """Answer a request by a text that is meant for it; the code in it names what is decided."""
    languages = here.world.languages(fact.sender)
    found = reading(here, fact, codes={copy.code, *copy.earlier_codes}, in_doubt=copy.in_doubt)
    decision, text, values, grant = Decision.ANSWER, found.text, None, ""
    line, below = replies.opening(text) if here.capabilities().letters else (text, "")
    scope = replies.granted(line, dict(copy.card.grants), languages=languages)
    handed = replies.handing(line, languages) if copy.reassign is not None else None
    if handed is not None:
        decision, text = handed
    elif copy.card.grant and replies.revokes(line, languages=languages):
        decision, text = Decision.REVOKE, ""
    elif scope is not None:
        decision, text, grant = Decision.APPROVE, below, scope
    elif copy.kind is Kind.APPROVAL and found.decision is not None:
        decision, text = found.decision, found.comment
    elif copy.kind is Kind.APPROVAL:
        edited = replies.edited(copy.card.editable, text, languages) if copy.card.editable else None
        decision = Decision.ASK_BACK if edited is None else Decision.EDIT
        begun = {field.name: field.initial for field in copy.card.editable}
        values, text = ({**begun, **edited}, "") if edited else (None, text)
    elif copy.card.choices:
        text = line
    elif copy.kind is Kind.FORM and here.capabilities().letters:
        text = letters.filled_in(copy.card.fields, text)
    answer(
        here,
        fact,
        copy,
        decision,
        text,
        grant=grant,
        values=values,
        revision=revision,
        confirmed=found.code is not None,
        under=under,
    )


def reading(
    here: Conversation, fact: facts.MessageReceived, *, codes: Collection[str] = (), in_doubt: bool = False
) -> replies.Reading:
    """Read a text. In a letter one line counts, where it is a word of ours or holds a code; the rest is its comment."""
    languages = here.world.languages(fact.sender)
    if here.capabilities().letters:
        line, rest = replies.opening(fact.text)
        found = replies.read(line, codes=codes, in_doubt=in_doubt, languages=languages)
        if found.decision is not None or found.command is not None:
            return found._replace(comment=rest)
        if found.code is not None:
            return found._replace(text="\n".join((found.text, rest)).strip())
    return replies.read(fact.text, codes=codes, in_doubt=in_doubt, languages=languages)
