"""
The life of a request, as a table that the code uses, the docs draw and a test walks.

    (nothing) ── RequestOpened ──► open ── RequestSettled ──► settled
                                   │  ▲                        │  ▲
                                   └──┘ ResponseGiven          └──┘ ResponseRefused
                                        ResponseRefused             QuestionAnswered
                                        QuestionAsked
                                        QuestionAnswered
                                        RequestEscalated
                                        RequestClaimed
                                        RequestReassigned
                                        RequestChanged
                                        RequestReminded

Deliveries, votes and questions back live inside `open`; what an agent answers after the settling is kept in the log and
shown to nobody. An event that the table does not list in a state raises
IllegalTransition and changes nothing, so a settled request can never change its outcome (G3).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from agent_core import events, forms
from agent_core.errors import IllegalTransition
from agent_core.requests import HANDING_ON, Decision, Grantable, Request
from agent_core.rulings import Hand, Standing, Vote


class Status(StrEnum):
    """Where a request stands."""

    OPEN = "open"
    SETTLED = "settled"


LIFE_CYCLE: dict[Status | None, dict[type[events.Event], Status]] = {
    None: {events.RequestOpened: Status.OPEN},
    Status.OPEN: {
        events.ResponseGiven: Status.OPEN,
        events.ResponseRefused: Status.OPEN,
        events.QuestionAsked: Status.OPEN,
        events.QuestionAnswered: Status.OPEN,
        events.RequestEscalated: Status.OPEN,
        events.RequestClaimed: Status.OPEN,
        events.RequestReassigned: Status.OPEN,
        events.RequestChanged: Status.OPEN,
        events.RequestReminded: Status.OPEN,
        events.RequestSettled: Status.SETTLED,
    },
    Status.SETTLED: {events.ResponseRefused: Status.SETTLED, events.QuestionAnswered: Status.SETTLED},
}
REQUEST_EVENTS = frozenset(event for row in LIFE_CYCLE.values() for event in row)


def status(standing: Standing | None) -> Status | None:
    """Tell where a request stands; None before it is opened."""
    if standing is None:
        return None
    return Status.OPEN if standing.settlement is None else Status.SETTLED


def of(request: str, log: Iterable[events.Event]) -> Standing | None:
    """Tell how a request stands from the log of its thread; None where it was never opened."""
    standing: Standing | None = None
    for event in log:
        opened = isinstance(event, events.RequestOpened) and event.request.id == request
        if opened or (type(event) in REQUEST_EVENTS and getattr(event, "request", None) == request):
            standing = step(standing, event)
    return standing


def step(standing: Standing | None, event: events.Event) -> Standing:
    """
    Apply an event to a request.

    Raises:
        IllegalTransition: The table does not list it here.
    """
    now = status(standing)
    if type(event) not in LIFE_CYCLE[now]:
        raise IllegalTransition(f"{type(event).__name__} cannot happen to a request that is {now or 'not opened'}")
    match standing, event:
        case None, events.RequestOpened(request=request):
            return Standing(request=request, due=request.opened_at + request.patience)
        case Standing(votes=votes), events.ResponseGiven() as given:
            edited = given.decision is Decision.EDIT  # then it is an approval of what stands now
            vote = Vote(
                party=given.party,
                decision=Decision.APPROVE if edited else given.decision,
                comment=given.comment,
                name=given.name,
                identity=given.identity,
                roles=given.roles,
                via=given.via,
                stead=given.stead,
            )
            return standing.model_copy(update={"votes": (*votes, vote)})
        case Standing(questions=questions), events.QuestionAsked(text=text):
            return standing.model_copy(update={"questions": (*questions, text)})
        case Standing(request=request), events.RequestEscalated(rung=rung, who=who, places=places):
            wider = request.model_copy(update={"who": who, "places": (*request.places, *places)})
            return standing.model_copy(update={"request": wider, "rung": standing.rung if rung is None else rung + 1})
        case Standing(reminded=reminded), events.RequestReminded(number=number):
            return standing.model_copy(update={"reminded": (*reminded, number)})
        case Standing(request=request, asked=asked), events.RequestChanged() as edit:
            asked = asked or request
            now_asked = changed(asked, request, edit)
            stands: dict[str, Any] = {"request": now_asked, "asked": asked, "votes": ()}
            if now_asked.where.ladder != request.where.ladder:  # that of another rule: none of its steps was taken
                stands |= {"rung": 0, "claimed": None, "claimed_name": ""}
            by = {"changes": edit.changes, "changed_by": edit.name, "comment": edit.comment}
            return standing.model_copy(update=stands | by)
        case Standing(request=request), events.RequestReassigned() as handed:
            hand = Hand(
                giver=handed.party,
                giver_name=handed.name,
                to=handed.to,
                to_name=handed.to_name,
                delegated=handed.delegated,
                at=handed.at,
                by=handed.by,
                until=handed.until,
            )
            other = request.model_copy(update={"who": handed.who, "places": (*request.places, *handed.places)})
            kept = {"claimed": None, "claimed_name": ""} if standing.claimed == handed.party else {}
            return standing.model_copy(update={"request": other, "hands": (*standing.hands, hand)} | kept)
        case Standing(), events.RequestClaimed(party=party, name=name):
            return standing.model_copy(update={"claimed": party, "claimed_name": name})
        case Standing(), events.RequestSettled(settlement=settlement):
            return standing.model_copy(update={"settlement": settlement})
        case Standing(), _:
            return standing
    raise IllegalTransition(f"{type(event).__name__} is in the table, but has no meaning here")


def changed(asked: Request, now: Request, edit: events.RequestChanged) -> Request:
    """Give a request as an edit leaves it, of how it was asked and how it stood before."""
    arguments = asked.arguments | edit.changes
    where = edit.where or now.where
    answers = [decision for decision in now.allowed if decision not in (Decision.CLAIM, *HANDING_ON)]
    update = {
        "arguments": arguments,
        "editable": forms.begun(asked.editable, arguments),
        "digest": edit.digest,
        "revision": now.revision + 1,
        "who": edit.who,
        "places": (*now.places, *edit.places),
        "urgency": edit.urgency or now.urgency,
        "where": where,
        "reassign": edit.reassign,
        "allowed": (
            *answers,
            *((Decision.CLAIM,) if where.ladder else ()),
            *(HANDING_ON if edit.reassign is not None else ()),
        ),
        "grantable": Grantable(),  # what is approved with changes is that one call
        "likeness": "",
    }
    return now.model_copy(update=update)
