"""
Edits before approving: ruled on at home, like every answer.

Who may approve a call may change it, where its tool says which arguments. The changed call is validated by the tool's
schema and judged by the policy anew, also for who may decide it: where it takes others, or more of them, or a rule
forbids it, nothing is changed and the approver is told. What is approved then is the changed call, by its own digest.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from agent_core import edits, forms, policy, requests, rulings
from agent_core.drive import Drive
from agent_core.effects import CallTool
from agent_core.errors import InvalidArguments
from agent_core.requests import Decision, Outcome, Request, Settlement, Who
from agent_core.rulings import Response, Vote, Voter
from agent_core.thread import Thread
from gateway import calls, cards
from gateway.conversation import Conversation


class Refused(NamedTuple):
    """Why nothing was changed: a word for the log, and what the approver is told."""

    reason: str
    text: str


def edit(here: Conversation, request: Request, response: Response, settlement: Settlement) -> Settlement | Refused:
    """Say how an edit that its sender may make ends a request; without changes it is an approval."""
    thread = here.threads[request.thread]
    call = _call(here.drive(thread), request)
    if call is None:
        return Refused("edit", here.say("refused.edit.gone"))
    filled = forms.read(request.editable, response.values)
    if filled.faults or not response.values:
        return Refused("form", cards.unfilled(here, request.editable, filled.faults))
    changes = {name: value for name, value in filled.values.items() if value != call.encoded.get(name)}
    if not changes:
        return settlement.model_copy(update={"outcome": Outcome.APPROVED})
    try:
        call = edits.changed(call, changes)
    except InvalidArguments as error:
        return Refused("form", here.say("refused.edit.invalid", reason=str(error)))
    refused = _judge(here, thread, call, request, response.voter)
    return refused or settlement.model_copy(update={"changes": changes, "digest": call.digest})


def _call(drive: Drive | None, request: Request) -> CallTool | None:
    """Find what the agent wants; None where its code has changed meanwhile."""
    wish = drive.effect(request.key) if drive is not None else None
    return wish if isinstance(wish, CallTool) and wish.digest == request.digest else None


def _judge(here: Conversation, thread: Thread, call: CallTool, request: Request, voter: Voter) -> Refused | None:
    match calls.requirement(here, thread, call):
        case policy.Forbid(reason):
            return Refused("forbidden", here.say("refused.edit.forbidden", reason=reason))
        case policy.Ask(who, where):
            taken = where.ladder[: thread.state.requests[request.id].rung]
            who = functools.reduce(requests.widened, taken, who)
            if _may_alone(who, request, voter):
                return None
            names = here.world.catalogue.either(here.world.directory.names(who, request.requester))
            return Refused("edit", here.say("refused.edit.others", who=names))
    return None


def _may_alone(who: Who, request: Request, voter: Voter) -> bool:
    vote = Vote(party=voter.party, decision=Decision.APPROVE, name=voter.name, roles=voter.roles)
    return rulings.objection(who, request.requester, voter) is None and rulings.reached(who, [vote], vote.decision)
