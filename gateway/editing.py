"""
Edits before approving: ruled on at home, like every answer.

Who may approve a call may change it, where its tool says which arguments, or the client that will make it. The changed
call is validated by the tool's schema and judged by the policy anew, also for who may decide it, where it is shown and
who is asked later; one that a rule forbids, or that too few could decide, is not made. What stands from then on is the
changed call, by its own digest: earlier votes were about another one and fall, and who changed it has approved it, as
far as that is theirs to say. Every copy is shown anew, and what is said to the card as it was counts for nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, NamedTuple

from agent_core import edits, events, facts, forms, handing, policy, requests, rulings
from agent_core.addresses import ConversationKey, Party
from agent_core.catalogue import Catalogue
from agent_core.effects import CallTool, Effect, RequestHuman
from agent_core.errors import InvalidArguments, InvalidRequest
from agent_core.requests import Decision, Request, Urgency, Where, Who
from agent_core.rulings import Response, Standing, Vote, Voter
from agent_core.texts import exact
from agent_core.thread import Thread
from agent_core.wanted import Approval, OutsideCall
from gateway import absence, asking, calls, cards, filling, quiet, routing, settling, voting
from gateway.conversation import Conversation
from gateway.refusals import Refused


class Change(NamedTuple):
    """
    What differs from the call as it was asked, the digest of the changed one, and what its own rule says of that.

    That is who decides it, where else it is shown, how urgent it is, to whom it may be handed on, and where its targets
    and the steps of its ladder are others, these.
    """

    changes: dict[str, Any]
    digest: str
    who: Who
    places: tuple[ConversationKey, ...]
    urgency: Urgency
    reassign: Who | None = None
    where: Where | None = None


def edit(here: Conversation, standing: Standing, response: Response) -> Change | Refused | None:
    """Say what an edit changes that its sender may make; None where it leaves the call as it stands."""
    request, words = standing.request, here.words(response.voter.identity)
    thread = here.threads[request.thread]
    drive = here.drive(thread)
    wish = drive.effect(request.key) if drive is not None else None
    arguments = _arguments(wish, standing.asked or request)
    if arguments is None:
        return Refused("edit", words.say("refused.edit.gone"))
    filled = forms.read(request.editable, response.values)
    if not response.values:
        how = filling.how(request.editable, words)
        return Refused("form", words.say("refused.edit.words", fields=exact(how)))
    if filled.faults:
        return Refused("form", cards.unfilled(request.editable, filled.faults, words))
    wanted = {**standing.changes, **filled.values}
    changes = {name: value for name, value in wanted.items() if value != arguments.get(name)}
    if changes == standing.changes:
        return None
    try:
        digest, needed = _anew(here, thread, wish, changes)
    except InvalidArguments as error:
        return Refused("form", words.say("refused.edit.invalid", reason=str(error)))
    return _judge(here, standing, response.voter, Change(changes, digest, Who(), (), request.urgency), needed)


def _arguments(wish: Effect | None, asked: Request) -> Mapping[str, Any] | None:
    """Give the arguments of the call that was asked about; None where the agent wants another one by now."""
    match wish:
        case CallTool(digest=asked.digest, encoded=arguments):
            return arguments
        case RequestHuman(wanted=Approval(call=OutsideCall(digest=asked.digest, arguments=arguments))):
            return arguments
    return None


def _anew(
    here: Conversation, thread: Thread, wish: Effect | None, changes: Mapping[str, Any]
) -> tuple[str, policy.Requirement]:
    """
    Give the digest of a changed call, and what the policy wants of it.

    Raises:
        InvalidArguments: The tool's schema refuses it; it names the field.
    """
    match wish:
        case CallTool():
            own = edits.changed(wish, changes)
            return own.digest, calls.requirement(here, thread, own)
        case RequestHuman(wanted=Approval(call=OutsideCall() as call) as wanted):
            call = edits.outside_changed(call, changes)
            return call.digest, asking.outside_requirement(here, thread, wanted, call)
    raise TypeError(f"{wish} is no call")


def _judge(
    here: Conversation, standing: Standing, voter: Voter, change: Change, needed: policy.Requirement
) -> Change | Refused:
    request, words = standing.request, here.words(voter.identity)
    match needed:
        case policy.Forbid(reason):
            return Refused("forbidden", words.say("refused.edit.forbidden", reason=reason))
        case policy.Allow():
            return change._replace(who=Who(people=(voter.party,)))
        case policy.Ask(who, where, reassign=reassign) as ask:
            kept = {name: getattr(request.where, name) for name in ("reminders", "gather", "digest")}
            where = where.model_copy(update=kept)
            taken = standing.rung if where.ladder == request.where.ladder else 0
            who = functools.reduce(requests.widened, where.ladder[:taken], who)
            who = handing.carried(who, standing.hands, reassign, request.requester, here.world.directory.people())
            urgency = requests.urgency(ask.urgency, request.urgency)
            change = change._replace(who=who, urgency=urgency, reassign=reassign)
            change = change._replace(where=where if where != request.where else None)
    vote = Vote(party=voter.party, decision=Decision.APPROVE, name=voter.name, roles=voter.roles)
    may = rulings.objection(change.who, request.requester, voter) is None
    if may and rulings.reached(change.who, [vote], Decision.APPROVE):
        return change
    return _shown(here, request, change, words)


def _shown(here: Conversation, request: Request, change: Change, words: Catalogue) -> Change | Refused:
    """Say where a changed call is shown besides, to those who may decide it."""
    changed = request.model_copy(update={"who": change.who, "where": change.where or request.where})
    try:
        asking.check(here, changed)
    except InvalidRequest as error:
        return Refused("edit", words.say("refused.edit.nobody", reason=str(error)))
    places = routing.route(here, changed)
    if not places:
        return Refused("edit", words.say("refused.edit.nobody", reason=words.say("model.no_route")))
    return change._replace(places=tuple(place for place in places if place not in request.places))


def changed(here: Conversation, before: Standing, change: Change, said: Mapping[str, Any]) -> Standing:
    """Have a request stand as somebody has changed it; `said` is what is written down of them."""
    here.add(events.RequestChanged(**said, **change._asdict()))
    row = here.requests[before.request.id]
    here.put_request(row.model_copy(update={"added": (*row.added, *change.places)}))
    standing = here.threads[before.request.thread].state.requests[before.request.id]
    request = standing.request.model_copy(update={"requester": before.request.requester})
    if request.where.ladder != before.request.where.ladder:
        settling.climb_anew(here, before.request, request)
    standing = absence.delegate(here, standing.model_copy(update={"request": request}))
    request = standing.request
    here.take_turns(request, [place for place in request.places if place not in before.request.places])
    others = [place for place in request.places if place != said["via"]]  # whoever has just changed it is awake
    if quiet.alone(here, request):
        quiet.recall(here, request)
    quiet.wait(here, request, cards=quiet.waiting(here, request, others, collected=True))
    return standing


def show(here: Conversation, before: Standing, standing: Standing, editor: Party) -> None:
    """Show every copy anew, and tell those whose votes fell."""
    request = standing.request
    names = [vote.name for vote in rulings.latest(before.votes) if vote.party != editor]
    difference = edits.difference(before.request.arguments, request.arguments)
    for place in request.places:
        if place in here.requests[request.id].waiting:
            continue
        words = here.words(place)
        fallen = (words.say("votes.fell", names=words.both(names)),) if names else ()
        notes = (*voting.standing_notes(here, standing, place), *fallen)
        outdated = (words.say("changed.outdated", name=standing.changed_by, changes=difference),)
        here.tell(place, asking.forwarded(here, request, place, notes).model_copy(update={"outdated": outdated}))
    for vote in rulings.latest(before.votes):
        if vote.via is not None and vote.party != editor:
            words, title = here.words(vote.identity), cards.title(here, request, vote.identity)
            told = words.say("votes.fell.you", name=standing.changed_by, title=title, changes=difference)
            ruling = facts.RulingForwarded(
                request=request.id, to=vote.identity, reason=f"fell {request.revision}", text=told
            )
            here.tell(vote.via, ruling)


def outdated(standing: Standing, words: Catalogue, key: str = "refused.outdated") -> str:
    """Tell somebody that they answered a card as it was before the call was changed, or that theirs is one."""
    asked = standing.asked or standing.request
    changes = edits.difference(asked.arguments, standing.changes)
    return words.say(key, name=standing.changed_by, changes=changes)
