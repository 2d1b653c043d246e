"""
Where a request is shown, and how those are named who are asked there.

Who may decide is apart from that: it is the rule's to say, and `agent_core/rulings.py` holds every answer against it.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_core import events
from agent_core.addresses import ConversationKey
from agent_core.catalogue import Catalogue
from agent_core.requests import ORIGIN, PEOPLE, Request, Rung
from gateway import letters, quiet
from gateway.conversation import Conversation


def route(here: Conversation, request: Request) -> list[ConversationKey]:
    """Say where a request of this conversation is shown."""
    directory = here.world.directory
    if not directory.names(request.who, request.requester):
        return []
    places: list[ConversationKey] = []
    for target in request.where.targets or (_default_target(here, request),):
        places += at_target(here, request, target)
    return [place for place in dict.fromkeys(places) if directory.reachable(place)]


def at_target(here: Conversation, request: Request, target: str) -> list[ConversationKey]:
    """Say which conversations a target means."""
    if target == PEOPLE:
        if request.where.in_turn:
            return _in_turn(here, request)
        return here.world.directory.contacts(request, here.now)
    return [here.key if target == ORIGIN else ConversationKey(target)]


def _in_turn(here: Conversation, request: Request) -> list[ConversationKey]:
    """Say where those are whose turn it is; what a run asks at once, and could stand on one card, is one turn."""
    about = (request.thread, request.tool, request.who, request.where)
    for record in here.draft.events:
        match record.event:
            case events.RequestOpened(request=other) if (other.thread, other.tool, other.who, other.where) == about:
                if other.places and other.id != request.id:
                    return list(other.places)
    return here.world.turns.chosen(request, here.world.directory, here.now)


def _default_target(here: Conversation, request: Request) -> str:
    """The origin if somebody there may decide, else each person who may."""
    account = here.key.partition("/")[0]
    if here.capabilities().letters and not here.capabilities().direct:
        return ORIGIN if letters.deciders(here, request.who, request.requester) else PEOPLE
    there = [here.key] if here.capabilities().direct else []
    contacts = here.world.directory.contacts(request, here.now)
    in_reach = any(place in there if there else place.startswith(f"{account}/") for place in contacts)
    return ORIGIN if in_reach else PEOPLE


def named(
    here: Conversation, request: Request, rung: Rung, words: Catalogue, waiting: quiet.Waiting = quiet.NOWHERE
) -> str:
    """Name those whom a step of a ladder asks at the request's places, in a sentence, but for who is asked later."""
    added = bool(rung.people or rung.roles)
    of = request.who.model_copy(update={"people": rung.people, "roles": rung.roles}) if added else request.who
    return asked(here, request.model_copy(update={"who": of}), words, waiting)


def who(here: Conversation, request: Request, words: Catalogue, waiting: quiet.Waiting = quiet.NOWHERE) -> str:
    """Name those who may decide, in a sentence, but for those who are asked later."""
    names = here.world.directory.names(request.who, request.requester, request.requester_name)
    return _but_for(here, names, words, waiting)


def asked(here: Conversation, request: Request, words: Catalogue, waiting: quiet.Waiting = quiet.NOWHERE) -> str:
    """Name those who are asked, in a sentence, but for those who are asked later."""
    return _but_for(here, here.world.directory.asked(request), words, waiting)


def _but_for(here: Conversation, names: Sequence[str], words: Catalogue, waiting: quiet.Waiting) -> str:
    later = [name for name, _, _ in here.world.directory.waiting(waiting)]
    return words.either([name for name in names if name not in later])
