"""
Everything that a conversation's owner decides, in one pass over what has come in: pure, and only here.

Facts are decided in log order, then timers, then what the world did; then every thread moves on as far as it goes.
What comes out is the conversation's draft, true once it is committed.
"""

from __future__ import annotations

from adapters.base import Say
from agent_core import events, facts
from agent_core.requests import Decision
from gateway import (
    clients,
    gathering,
    granting,
    handing,
    home,
    inbound,
    ladder,
    linking,
    operator,
    places,
    runs,
    settling,
)
from gateway.conversation import Conversation
from gateway.draft import Listing
from gateway.store.base import Need


def decide(here: Conversation, now: float) -> None:
    """
    Decide on everything that is loaded and undecided.

    Args:
        now: The store's clock.
    """
    here.now = now
    deferred: list[int] = []
    if here.state.deferred:
        here.state = here.state.model_copy(update={"deferred": ()})
    for seq, _, fact in here.facts:
        if not _apply(here, seq, fact):
            deferred.append(seq)
            here.state = here.state.model_copy(update={"deferred": tuple(deferred)})
        _settle_local(here, seq)
    applied = max((record.seq for record in here.facts), default=0)
    if applied > here.state.applied:
        here.state = here.state.model_copy(update={"applied": applied})
    here.facts = [record for record in here.facts if record.seq in deferred]
    for timer in here.timers:
        if timer.request:
            settling.deadline(here, timer)
        elif timer.thread:
            runs.slept(here, timer)
        elif granting.ends(timer):
            granting.over(here, timer)
        elif gathering.is_due(timer):
            gathering.due(here, timer)
        else:
            ladder.due(here, timer)
    here.timers = []
    for result in list(here.ongoing.results.values()):
        runs.finished(here, result)
    while here.touched or here.local or here.listing != Listing():
        _settle_local(here, here.state.applied)
        runs.advance(here)
        if not here.local:
            gathering.show(here)


def _settle_local(here: Conversation, seq: int) -> None:
    """Apply what this conversation told itself."""
    while here.local:
        _apply(here, seq, here.local.pop(0))


def _apply(here: Conversation, seq: int, fact: events.Event) -> bool:
    match fact:
        case facts.MessageReceived() if (code := linking.code_in(fact)) is not None:
            linking.claim(here, fact, code)
        case facts.MessageReceived():
            return inbound.message(here, seq, fact)
        case facts.ActionTaken() | facts.FormSubmitted():
            inbound.action(here, fact)
        case facts.DeliveryReported():
            places.reported(here, fact)
        case facts.AskForwarded():
            places.show(here, fact)
        case facts.CardForwarded():
            places.change(here, fact)
        case facts.RulingForwarded():
            places.ruled(here, fact)
        case facts.ResponseForwarded(response=response):
            home.respond(here, seq, response)
        case facts.RequestReplaced():
            settling.replaced(here, fact)
        case facts.HandOverWished():
            handing.wished(here, seq, fact)
        case facts.CopyFailed():
            ladder.copy_failed(here, fact)
        case facts.NoteForwarded(text=text, root=root):
            here.send(Say(text, root))
        case facts.DeliveryEnded():
            places.delivery_ended(here, fact)
        case facts.OperatorActed():
            operator.act(here, seq, fact)
        case facts.RequestReceived():
            clients.begin(here, fact)
        case facts.ClientSpoke():
            clients.spoke(here, fact)
        case facts.MessageEdited() | facts.MessageDeleted():
            pass  # kept in the log; what was read stays as it was read
        case facts.TextsErased():
            pass  # the owner has loaded everything anew
    return True


def needs(here: Conversation, now: float) -> Need:
    """Say which rows deciding on what has come in will look at."""
    here.now = now
    roots: list[str] = []
    threads = [timer.thread for timer in here.timers if timer.thread]
    requests: list[str] = []
    fresh = [timer.request or timer.key for timer in here.timers if not timer.thread]
    messages: list[str] = []
    codes: list[str] = []
    threads += [operation.thread for operation in here.ongoing.results]
    requests += [name for op in here.ongoing.results if (name := here.ongoing.approvals.get(op)) is not None]
    for _, _, fact in here.facts:
        match fact:
            case facts.MessageReceived() if (code := linking.code_in(fact)) is not None:
                codes.append(code)
            case facts.MessageReceived(root=root, reply_to=reply_to):
                roots.append(root)
                messages += [reply_to] if reply_to else []
                named = inbound.named(here, fact)
                meant = [c for c in here.copies.values() if c.settled_at is None or c is named]
                requests += [copy.request for copy in meant if copy.home == here.key]
                requests += [grant.id for grant in inbound.revoked(here, fact) if grant.home == here.key]
            case facts.DeliveryReported(message_id=message):
                messages.append(message)
            case facts.ActionTaken(request=request, decision=Decision.APPROVE | Decision.DENY, value=value):
                requests += [request, *filter(None, value.split(","))]
            case facts.ActionTaken(request=request) | facts.FormSubmitted(request=request):
                requests.append(request)
            case facts.CardForwarded(request=request) | facts.CopyFailed(request=request):
                requests.append(request)
            case facts.RequestReplaced(request=request) | facts.HandOverWished(request=request):
                requests.append(request)
            case facts.RulingForwarded(request=request):
                requests.append(request)
            case facts.DeliveryEnded(request=str(request)):
                requests += [request, *(here.copies[request].members if request in here.copies else ())]
            case facts.ResponseForwarded(response=response):
                requests.append(response.request)
            case facts.OperatorActed(choice="revoke", note=request):
                requests.append(request)
            case facts.OperatorActed(thread=thread) | facts.ClientSpoke(thread=thread):
                threads.append(thread)
            case facts.RequestReceived():
                threads.append(clients.thread(here.key))
    need = Need(
        roots=tuple(root for root in roots if root not in here.known_roots),
        threads=tuple(thread for thread in threads if thread not in here.threads),
        requests=tuple(dict.fromkeys(fresh + [name for name in requests if _is_unknown(here, name)])),
        codes=tuple(codes),
        messages=tuple(m for m in messages if m not in here.known_messages and places.copy_under(here, m) is None),
    )
    here.known_roots.update(roots)
    here.known_messages.update(messages)
    nothing_was_ever_decided = here.stored.applied == 0  # so there are no rows to read but the facts themselves
    return Need(codes=need.codes) if nothing_was_ever_decided else need


def _is_unknown(here: Conversation, request: str) -> bool:
    """A request has to be read: nothing of it is here, or its deadline may have been moved by its first receipt."""
    row, copy = here.requests.get(request), here.copies.get(request)
    if row is not None:
        return row.due <= here.now
    return copy is None or copy.home == here.key
