"""
Standing grants: given with an approval, used in the place of one, ended.

**Given.** In the commit that settles the request, with an event in its log and a row in the store. A timer of that
conversation ends one that has a time.

**Used.** A call that a grant covers opens a request like any other. It is shown to nobody and settled in the same
decision, which also counts the use: the request, its settlement, the start and the count are one commit. The store
refuses it where somebody has used or ended the grant meanwhile, and the call is judged again. So nobody's last use is
used twice, and nothing starts by a grant once its end is committed.

**Ended.** Its row goes: with the last use, at its time, or when it is revoked. What is not stored covers nothing.
"""

from __future__ import annotations

from agent_core import events, facts, grants, rulings
from agent_core.addresses import ConversationKey
from agent_core.grants import Grant
from agent_core.requests import OWNER_ROLE, THREAD, Outcome, Request, Settlement
from agent_core.rulings import Response
from agent_core.thread import Thread
from gateway import cards, settling
from gateway.conversation import Conversation
from gateway.refusals import Refused
from gateway.store.rows import Timer

END = "grant"  # the kind of the timer at which a grant is over


# Given ---------------------------------------------------------------------------------------------------------------


def objection(here: Conversation, request: Request, response: Response) -> Refused | None:
    """Say why somebody who may approve a request may not do so for longer."""
    who = here.opened[request.id].request.who
    if grants.may_give(request, who, response.grant, response.voter):
        return None
    words = here.words(response.voter.identity)
    names = words.either(here.world.directory.names(who, request.requester))
    return Refused("grant", words.say("refused.grant", who=names))


def give(here: Conversation, seq: int, request: Request, response: Response) -> None:
    """Have an approval that was just given count for longer."""
    scope = next(one for one in request.grantable.scopes if one.name == response.grant)
    grant = Grant(
        id=request.id,
        tool=request.tool or "",
        likeness=request.likeness,
        alike=request.grantable.alike,
        scope=scope,
        thread=request.thread,
        party=response.voter.party,
        identity=response.voter.identity,
        assurance=response.voter.assurance,
        at=here.now,
        until=here.now + scope.seconds if scope.seconds is not None else None,
        uses=request.grantable.uses,
        home=here.key,
        places=request.places,
    )
    here.add(events.GrantGiven(thread=request.thread, run=request.run, request=request.id, fact=seq, grant=grant))
    here.put_grant(grant.id, grant)
    if grant.until is not None:
        here.draft.timers.append(Timer(_timer_id(grant), grant.until, key=grant.id))
    _show(here, grant)


# Used ----------------------------------------------------------------------------------------------------------------


def covering(here: Conversation, request: Request) -> Grant | None:
    """Find a grant that approves a call, of which this is the request that would be opened."""
    if not request.likeness:
        return None
    directory = here.world.directory
    judged = request.model_copy(update={"requester": directory.present(request.requester)})
    for name in [grant.id for grant in here.world.grants.like(request.likeness)]:
        grant = here.grant(name)
        if grant is not None:
            granter = directory.voter(grant.identity, "", grant.assurance)
            if grants.covers(grant, judged, granter, here.now):
                return grant
    return None


def use(here: Conversation, thread: Thread, request: Request, grant: Grant) -> None:
    """Settle a request that was just opened, in the place of who gave the grant; its run is told."""
    name = here.world.directory.name(grant.party)
    settlement = Settlement(outcome=Outcome.APPROVED, at=here.now, by=grant.party, name=name, grant=grant.id)
    settling.settle(here, request, settlement)
    used = grant.model_copy(update={"used": grant.used + 1})
    if used.used < used.uses:
        here.put_grant(grant.id, used)
    else:
        _end(here, grant)
    time = here.clock(grant.at)
    here.reply(thread, here.say("grant.used", tool=request.tool, name=name, time=time, used=used.used, uses=used.uses))
    if used.used < used.uses:
        _show(here, used)
    else:
        _show_ended(here, used, "grant.spent")


# Ended ---------------------------------------------------------------------------------------------------------------


def revoke(here: Conversation, seq: int, request: Request, response: Response) -> Refused | None:
    """End a grant, where whoever wants that may: who gave it, who may decide what it was given with, the owner role."""
    voter, grant, words = response.voter, here.grant(request.id), here.words(response.voter.identity)
    if grant is None:
        return Refused("revoke.ended", words.say("refused.revoke.ended"))
    may_decide = rulings.objection(request.who, request.requester, voter) is None
    if not (may_decide or voter.party == grant.party or OWNER_ROLE in voter.roles):
        giver = here.world.directory.name(grant.party)
        names = dict.fromkeys([giver, *here.world.directory.names(request.who, request.requester)])
        return Refused("revoke", words.say("refused.revoke", who=words.either(list(names))))
    here.add(
        events.GrantRevoked(
            thread=request.thread,
            run=request.run,
            request=request.id,
            fact=seq,
            party=voter.party,
            name=voter.name,
            identity=voter.identity,
            via=response.via,
        )
    )
    _revoked(here, grant, voter.name)
    return None


def revoke_for(here: Conversation, acted: facts.OperatorActed) -> None:
    """End a grant for an operator, or for the client whose calls it covers."""
    standing, grant = settling.standing_of(here, acted.note), here.grant(acted.note)
    if standing is None or grant is None:
        return
    request = standing.request
    here.add(events.GrantRevoked(thread=request.thread, run=request.run, request=request.id, name=acted.by))
    _revoked(here, grant, acted.by)


def _revoked(here: Conversation, grant: Grant, by: str) -> None:
    _end(here, grant)
    _show_ended(here, grant, "grant.revoked", by=by)


def _end(here: Conversation, grant: Grant) -> None:
    here.put_grant(grant.id, None)
    here.draft.stop(_timer_id(grant))


def _timer_id(grant: Grant) -> str:
    return f"{grant.id}/{END}/0"


def ends(timer: Timer) -> bool:
    """Tell whether a timer is the time of a grant."""
    return timer.id.rsplit("/", 2)[1:2] == [END]


def over(here: Conversation, timer: Timer) -> None:
    """The time of a grant has come."""
    here.draft.clear.append(timer.id)
    grant = here.grant(timer.key)
    if grant is not None:
        _end(here, grant)
        _show_ended(here, grant, "grant.over")


# Shown ---------------------------------------------------------------------------------------------------------------


def _show(here: Conversation, grant: Grant) -> None:
    """Have every copy of the card with which a grant was given say how it stands."""
    for place in grant.places:
        words = here.words(place)
        text = words.say(
            "grant.stands",
            name=here.world.directory.name(grant.party),
            what=cards.covered(grant.tool, grant.alike, words),
            until=_until(here, grant, place),
            used=grant.used,
            uses=grant.uses,
        )
        _tell(here, grant, place, text, words.say("button.revoke"))


def _until(here: Conversation, grant: Grant, place: ConversationKey) -> str:
    """Say how long a grant counts, for the readers of a place."""
    words = here.words(place)
    if grant.until is not None:
        return words.say("grant.until", time=here.clock(grant.until, place))
    return words.say("grant.until.thread" if grant.scope.name == THREAD else "grant.until.revoked")


def _show_ended(here: Conversation, grant: Grant, key: str, **names: str) -> None:
    """Have every copy of that card say that the grant does not count any more."""
    name = here.world.directory.name(grant.party)
    for place in grant.places:
        common = {"name": name, "time": here.clock(here.now, place), "used": grant.used, "uses": grant.uses}
        _tell(here, grant, place, here.words(place).say(key, **common, **names), "")


def _tell(here: Conversation, grant: Grant, place: ConversationKey, text: str, revoke: str) -> None:
    event = facts.CardForwarded(request=grant.id, settled=False, grant=text, revoke=revoke)
    if place == here.key and grant.id not in here.copies:  # a card of long ago, which this turn has not loaded
        here.send_later(event)
    else:
        here.tell(place, event)
