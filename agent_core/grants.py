"""
Standing grants: an approval that counts for later calls of the same kind too, for a time and a number of them.

A grant starts nothing by itself. Each call that it covers has a request of its own, over exactly its name and
arguments, which the grant settles in the place of a person. Whether it does is judged by what the policy asks for that
very call: the rule has to permit a grant of this scope still, and who gave it has to be enough to approve the call now.
"""

from __future__ import annotations

from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.requests import THREAD, Assurance, Decision, Frozen, Request, Scope, Who
from agent_core.rulings import Vote, Voter, objection, reached, thresholds


class Grant(Frozen):
    """
    A standing grant. `id` is that of the request with whose approval it was given.

    It covers calls of the same `likeness`: of that agent and tool, with equal arguments at `alike`. `party` gave it, by
    `identity`, of which the channel was as sure as `assurance` says. It counts `until` a time (seconds since the epoch)
    or for good, for `uses` calls, of which `used` were made. `home` is where it was given, `places` show its card.
    """

    id: str
    tool: str
    likeness: str
    alike: tuple[str, ...] = ()
    scope: Scope
    thread: str
    party: Party
    identity: Identity
    assurance: Assurance
    at: float
    until: float | None = None
    uses: int
    used: int = 0
    home: ConversationKey
    places: tuple[ConversationKey, ...] = ()


def alone(who: Who) -> bool:
    """Tell whether one approval is enough, whoever of them gives it; only then can it be given for longer."""
    single = all(threshold.approve == 1 for threshold in thresholds(who))
    return single and (len(who.thresholds) < 2 or who.need == "any") and (who.also is None or alone(who.also))


def may_give(request: Request, who: Who, scope: str, voter: Voter) -> bool:
    """
    Tell whether somebody who may approve a request may do so for longer.

    Args:
        who: Who may decide by the rule itself: whom only a step of the ladder brought in decides this one request.
    """
    offered = any(one.name == scope for one in request.grantable.scopes)
    return offered and voter.known and objection(who, request.requester, voter) is None


def covers(grant: Grant, request: Request, granter: Voter, now: float) -> bool:
    """
    Tell whether a grant approves a call that a request would be opened for.

    Args:
        request: As the policy has it now: who may approve the call, and how it may be granted.
        granter: Who gave the grant, as the directory knows them now.
        now: The store's clock.
    """
    permitted = grant.scope in request.grantable.scopes and grant.likeness == request.likeness
    counts = (grant.until is None or now < grant.until) and grant.used < grant.uses
    there = grant.scope.name != THREAD or grant.thread == request.thread
    if not (permitted and counts and there and granter.party == grant.party and granter.known):
        return False
    vote = Vote(party=granter.party, decision=Decision.APPROVE, roles=granter.roles)
    return objection(request.who, request.requester, granter) is None and reached(request.who, [vote], vote.decision)
