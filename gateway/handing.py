"""
Requests that are handed on, at home: ruled on in log order, shown to whoever takes one, and said on every copy.

What was sent to the one who gives it away, for them alone, loses its buttons; where others read too the card says who
is asked now. Whoever takes it is shown the card at their first account.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agent_core import addresses, events, facts, handing, policy, rulings
from agent_core.addresses import ConversationKey
from agent_core.handing import Wish
from agent_core.policy import Person
from agent_core.requests import Decision
from agent_core.rulings import Response, Standing, Voter
from gateway import absence, asking, cards, quiet, settling, voting
from gateway.conversation import Conversation
from gateway.refusals import Refused


def hand_on(here: Conversation, standing: Standing, response: Response, said: Mapping[str, Any]) -> Refused | None:
    """
    Hand a request on as somebody wishes who may decide it.

    Args:
        said: What is written down of them.
    """
    said = dict(said)
    request, voter, directory = standing.request, response.voter, here.world.directory
    to = directory.called(response.text, voter.identity)
    place = directory.contact(to.id) if to is not None else None
    why: str | None = "hand.unknown"
    delegated = response.decision is Decision.DELEGATE
    if to is not None:
        wish = Wish(voter.party, to, delegated)
        why = handing.refusal(request, standing.hands, wish, directory.people())
    if why is None and place is None:
        why = "hand.unreachable"
    if to is None or place is None or why is not None:
        return _refused(here, standing, response, str(why), to)
    _hand_on(here, standing, voter, to, place, said | {"delegated": delegated})
    return None


def wished(here: Conversation, seq: int, fact: facts.HandOverWished) -> None:
    """Hand a request on in somebody's place, where it stands so that they could; who wished it has looked before."""
    standing, directory = settling.standing_of(here, fact.request), here.world.directory
    giver, to = directory.of(fact.giver), directory.of(fact.to)
    place = directory.contact(fact.to)
    if standing is None or standing.settlement is not None or giver is None or to is None or place is None:
        return
    request, wish, voter = standing.request, Wish(giver.id, to, fact.delegated), policy.first_voter(giver)
    may = rulings.objection(request.who, request.requester, voter) is None
    if may and handing.refusal(request, standing.hands, wish, directory.people()) is None:
        said = {"thread": request.thread, "run": request.run, "request": request.id, "fact": seq, "via": here.key}
        said |= {"party": giver.id, "name": giver.name, "identity": voter.identity}
        _hand_on(here, standing, voter, to, place, said | {"delegated": fact.delegated, "by": fact.by})


def _hand_on(
    here: Conversation,
    standing: Standing,
    giver: Voter,
    to: Person,
    place: ConversationKey,
    said: Mapping[str, Any],
) -> None:
    request = standing.request
    who = handing.handed(request.who, giver.party, to.id, delegated=said["delegated"])
    added = [place] if place not in request.places else []
    here.add(events.RequestReassigned(**said, to=to.id, to_name=to.name, at=here.now, who=who, places=tuple(added)))
    row = here.requests[request.id]
    here.put_request(row.model_copy(update={"added": (*row.added, *added)}))
    _show(here, standing, giver)


def _refused(here: Conversation, standing: Standing, response: Response, why: str, to: Person | None) -> Refused:
    request, words = standing.request, here.words(response.voter.identity)
    people = here.world.directory.people()
    may = handing.takers(request.who, request.reassign, request.requester, response.voter.party, people)
    names = words.either([person.name for person in may])
    name = to.name if to is not None else response.text
    return Refused(why, words.say(f"refused.{why}", name=name, who=names, count=handing.MOST))


def _show(here: Conversation, before: Standing, giver: Voter) -> None:
    """Say on every copy who has it now, and show it where it has come to, or whoever decides in that one's stead."""
    standing = settling.standing_of(here, before.request.id)
    if standing is None:
        return
    hand = standing.hands[-1]
    own = _own_places(here, giver) if not hand.delegated else set()
    standing = absence.delegate(here, standing)
    request, row = standing.request, here.requests[before.request.id]
    added = [place for place in request.places if place not in before.request.places]
    left = {place: at for place, at in row.waiting.items() if place not in own}
    here.put_request(row.model_copy(update={"waiting": left}))
    here.take_turns(request, added)
    added += quiet.recall(here, request) if quiet.alone(here, request) else []
    waiting = quiet.waiting(here, request, added)
    quiet.wait(here, request, cards=waiting)
    for place in before.request.places:
        if place in own:
            notes = voting.handed(here, standing, place)[len(before.hands) :]
            here.tell(place, facts.CardForwarded(request=request.id, settled=True, notes=notes))
        else:
            here.tell(place, facts.CardForwarded(request=request.id, settled=False, who=request.who))
    voting.show(here, standing)
    for place in added:
        if place not in waiting:
            notes = voting.standing_notes(here, standing, place)
            here.tell(place, asking.forwarded(here, request, place, notes))
    if before.claimed is not None and standing.claimed is None and standing.rung < len(request.where.ladder):
        here.draft.timers.append(settling.climb_at(request, standing.rung, here.now))
    if here.key not in request.places:
        thread, title = here.threads[request.thread], cards.title(here, request)
        text = here.say(
            "asked.delegated" if hand.delegated else "asked.handed",
            name=hand.giver_name,
            to=hand.to_name,
            title=title,
        )
        in_stead = absence.told(here, standing.hands[len(before.hands) + 1 :], {})
        here.reply(thread, f"{text} {in_stead}" if in_stead else text)


def _own_places(here: Conversation, giver: Voter) -> set[ConversationKey]:
    """Give the conversations in which nobody but somebody reads."""
    person = here.world.directory.of(giver.party)
    identities = person.identities if person is not None else ()
    return {addresses.one_to_one(identity) for identity in (*identities, giver.identity)}
