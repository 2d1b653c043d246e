"""
Votes as people see them: how many of whom it takes, who has voted, what is missing.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent_core import edits, facts, rulings
from agent_core.addresses import ConversationKey
from agent_core.catalogue import Catalogue
from agent_core.requests import Decision, Request, Threshold, Who
from agent_core.rulings import Standing, Vote
from agent_core.texts import legible
from gateway.conversation import Conversation

HANDED = {
    (False, False): "handed",
    (False, True): "handed.operator",
    (True, False): "delegated",
    (True, True): "delegated.operator",
}
"""How it was handed on by somebody, by whether it was delegated and whether an operator did it."""


def several(who: Who) -> bool:
    """Tell whether it takes more than one person to approve something, or to deny it."""
    most = max(max(threshold.approve, threshold.deny) for threshold in rulings.thresholds(who))
    return most > 1 or len(who.thresholds) > 1 or (who.also is not None and several(who.also))


def notes(here: Conversation, request: Request, cast: Sequence[Vote], words: Catalogue) -> tuple[str, ...]:
    """Say who has voted on a request, and what it takes still."""
    lines = []
    for decision in (Decision.APPROVE, Decision.DENY):
        said = [vote for vote in rulings.latest(cast) if vote.decision is decision]
        names = [vote.name for vote in said]
        if names:
            lines.append(words.say(f"votes.{decision}", names=words.both(names)))
            lines += [legible(rulings.quoted(vote.name, vote.comment)) for vote in said if vote.comment]
    needs = [_needed(here, request, threshold, cast, words) for threshold in rulings.thresholds(request.who)]
    joined = words.both(needs) if request.who.need == "all" else words.either(needs)
    lines.append(words.say("votes.missing" if cast else "votes.needed", needs=joined))
    return tuple(lines)


def _needed(here: Conversation, request: Request, threshold: Threshold, cast: Sequence[Vote], words: Catalogue) -> str:
    people = here.world.directory.eligible(request.who, request.requester)
    names = [person.name for person in people if rulings.matches(threshold, person.id, person.roles)]
    missing = rulings.short(threshold, rulings.latest(cast), Decision.APPROVE)
    key = "votes.need.one" if missing == 1 else "votes.need"
    return words.say(key, count=missing, who=words.either(names))


def handed(here: Conversation, standing: Standing, place: ConversationKey) -> tuple[str, ...]:
    """Say how a request was handed on, for the readers of a place."""
    words = here.words(place)
    return tuple(
        words.say(
            HANDED[hand.delegated, bool(hand.by)] if hand.until is None else "delegated.away",
            name=hand.giver_name,
            to=hand.to_name,
            time=here.clock(hand.at if hand.until is None else hand.until, place),
        )
        for hand in standing.hands
    )


def standing_notes(here: Conversation, standing: Standing, place: ConversationKey) -> tuple[str, ...]:
    """
    Say how an open request stands, for the readers of a place.

    That is who changed it, who handed it on, who has claimed it, who has voted, what it takes still.
    """
    words = here.words(place)
    claimed = (words.say("claimed", name=standing.claimed_name),) if standing.claimed is not None else ()
    if standing.asked is not None:
        changes = edits.difference(standing.asked.arguments, standing.request.arguments)
        comment = (legible(rulings.quoted(standing.changed_by, standing.comment)),) if standing.comment else ()
        claimed = (words.say("changed", name=standing.changed_by, changes=changes), *comment, *claimed)
    claimed = (*handed(here, standing, place), *claimed)
    if not several(standing.request.who) and standing.asked is None:
        return claimed
    cast = here.world.directory.standing(standing.request, standing.votes)
    return (*claimed, *notes(here, standing.request, cast, words))


def show(here: Conversation, standing: Standing) -> None:
    """Have every copy of an open request show how it stands."""
    request = standing.request
    for place in request.places:
        told = standing_notes(here, standing, place)
        here.tell(place, facts.CardForwarded(request=request.id, settled=False, notes=told))
