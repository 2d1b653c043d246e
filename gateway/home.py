"""
Answers at home: ruled on, in log order, in the log of the conversation whose run asked.

Wherever a request is shown, what is said to it comes here as a `Response`; the places are then told what to show. Where
a place is this very conversation, all of it is one decision.
"""

from __future__ import annotations

from typing import Any

from agent_core import addresses, events, facts, rulings
from agent_core.addresses import Party
from agent_core.requests import Decision, Kind, Outcome, Request, Settlement, Where, Who
from agent_core.rulings import Response, Standing, Voter
from agent_core.thread import Thread
from gateway import asking, callbacks, cards, clients, editing, granting, handing, refusals, routing, settling, voting
from gateway.conversation import Conversation

# Answering -----------------------------------------------------------------------------------------------------------


def _as_of_now(here: Conversation, voter: Voter) -> Voter:
    """See whoever answers as the directory has them now: people may have changed since the answer was sent here."""
    return here.world.directory.voter(voter.identity, voter.name, voter.assurance)


def respond(here: Conversation, seq: int, response: Response) -> None:
    """Rule on an answer. `seq` is the fact in this log that brought it."""
    response = response.model_copy(update={"voter": _as_of_now(here, response.voter)})
    standing, words = settling.standing_of(here, response.request), here.words(response.voter.identity)
    if standing is None:
        refusals.tell(here, response, "gone", words.say("refused.gone"))
        return
    request = standing.request
    if response.decision is Decision.REVOKE:
        _revoke(here, seq, request, response)
        return
    votes = here.world.directory.standing(request, standing.votes)
    match rulings.decide(standing.model_copy(update={"votes": votes}), response, here.now):
        case rulings.Edits():
            _edit(here, seq, standing, response)
        case rulings.Outdated():
            told = f"outdated {request.revision}"
            refusals.refuse(here, seq, request, response, "outdated", editing.outdated(standing, words), told)
        case rulings.Settles(settlement) if response.grant:
            _grant(here, seq, request, response, settlement)
        case rulings.Settles(settlement):
            _count(here, seq, request, response)
            settling.settle(here, request, settlement)
        case rulings.Counted():
            _count(here, seq, request, response)
            voting.show(here, _standing(here, request))
        case rulings.Claims():
            _claim(here, seq, request, response)
        case rulings.HandsOn():
            refused = handing.hand_on(here, standing, response, _said(seq, request, response))
            if refused is not None:
                told = f"{refused.reason} {response.text}"
                refusals.refuse(here, seq, request, response, refused.reason, refused.text, told)
        case rulings.Claimed(party, name):
            mine = party == response.voter.party
            text = words.say("refused.claimed.you" if mine else "refused.claimed", name=name)
            refusals.refuse(here, seq, request, response, "claimed", text)
        case rulings.AskedBack(text):
            _ask_back(here, seq, request, response, text)
        case rulings.Expires(informs):
            settling.settle(here, request, Settlement(outcome=Outcome.EXPIRED, at=here.now))
            refusals.refuse(here, seq, request, response, "expired", words.say("refused.expired"), late=informs)
        case rulings.TooLate(settlement, informs):
            text = refusals.too_late(here, request, response, settlement)
            refusals.refuse(here, seq, request, response, "late", text, late=informs)
        case rulings.Duplicate():
            refusals.refuse(here, seq, request, response, "duplicate", words.say("refused.duplicate"))
        case rulings.NotAllowed(reason):
            if reason == "not_asked":
                reason = here.world.directory.not_asked(request.who, response.voter)
            roles = words.both(here.world.directory.unread(request.who))
            text = words.say(f"refused.{reason}", who=routing.who(here, request, words), roles=roles)
            refusals.refuse(here, seq, request, response, reason, text)
        case rulings.Unreadable(reason, faults) if faults:
            # Told anew for other faults, so that somebody who tries again learns what is still wrong.
            told = f"{reason} {' '.join(fault.reason for fault in faults.values())}"
            text = cards.unfilled(cards.fields(request), faults, words)
            refusals.refuse(here, seq, request, response, reason, text, told)
        case rulings.Unreadable(reason):
            choices = ", ".join(choice.label for choice in request.choices)
            names = {"how": cards.how(request, words), "choices": choices, "code": response.code}
            doubt = reason == "not_confirmed" and request.in_doubt
            text = words.say(f"refused.{reason}.in_doubt" if doubt else f"refused.{reason}", **names)
            refusals.refuse(here, seq, request, response, reason, text)
        case rulings.Chatter():
            pass  # words among people; nothing is recorded of them but the words themselves


def _count(here: Conversation, seq: int, request: Request, response: Response) -> None:
    said = _said(seq, request, response)
    stead = rulings.stead(_standing(here, request), response.voter.party)
    cast = {"roles": response.voter.roles, "decision": response.decision, "comment": response.text}
    here.add(events.ResponseGiven(**said, stead=stead, **cast))


def _said(seq: int, request: Request, response: Response) -> dict[str, Any]:
    """Give what is written down of whoever said something that counts."""
    voter = response.voter
    return {
        "thread": request.thread,
        "run": request.run,
        "request": request.id,
        "fact": seq,
        "party": voter.party,
        "name": voter.name,
        "identity": voter.identity,
        "via": response.via,
    }


def _claim(here: Conversation, seq: int, request: Request, response: Response) -> None:
    here.add(events.RequestClaimed(**_said(seq, request, response)))
    voting.show(here, _standing(here, request))


def _edit(here: Conversation, seq: int, before: Standing, response: Response) -> None:
    """Change the call, and count that as an approval of the changed one where its sender may give it."""
    match editing.edit(here, before, response):
        case None:
            respond(here, seq, response.model_copy(update={"decision": Decision.APPROVE}))
        case refusals.Refused(reason, text):
            refusals.refuse(here, seq, before.request, response, reason, text, f"{reason} {seq}")
        case editing.Change() as change:
            approves = rulings.objection(change.who, before.request.requester, response.voter) is None
            said = _said(seq, before.request, response) | {"comment": "" if approves else response.text}
            standing = editing.changed(here, before, change, said)
            request = standing.request
            shown = response.model_copy(update={"decision": Decision.APPROVE, "revision": request.revision})
            ruling = rulings.decide(standing, shown, here.now)
            if isinstance(ruling, rulings.Settles | rulings.Counted):
                _count(here, seq, request, response)
            if isinstance(ruling, rulings.Settles):
                settling.settle(here, request, ruling.settlement)
            else:
                editing.show(here, before, _standing(here, request), response.voter.party)


def _standing(here: Conversation, request: Request) -> Standing:
    return here.threads[request.thread].state.requests[request.id]


def _grant(here: Conversation, seq: int, request: Request, response: Response, settlement: Settlement) -> None:
    refused = granting.objection(here, request, response)
    if refused is not None:
        refusals.refuse(here, seq, request, response, *refused)
        return
    _count(here, seq, request, response)
    settling.settle(here, request, settlement)
    granting.give(here, seq, request, response)


def _revoke(here: Conversation, seq: int, request: Request, response: Response) -> None:
    refused = granting.revoke(here, seq, request, response)
    if refused is not None:
        refusals.refuse(here, seq, request, response, *refused)
        return
    refusals.tell(
        here, response, f"revoked {request.id}", here.words(response.voter.identity).say("revoked", tool=request.tool)
    )


# Questions back ------------------------------------------------------------------------------------------------------


def _ask_back(here: Conversation, seq: int, request: Request, response: Response, text: str) -> None:
    """Pass a question back on, to the agent that asked or to the requester; the request stays open."""
    voter, thread = response.voter, here.threads[request.thread]
    passed_to, told = None, "question_back.to_agent"
    if not request.to_agent:
        passed_to = _pass_to_requester(here, thread, request, voter.party, voter.name, text)
        told = "question_back.passed" if passed_to is not None else "question_back.unanswered"
        if passed_to is None and clients.is_home(here.key):
            told = "question_back.to_agent"
    here.add(
        events.QuestionAsked(
            thread=thread.id,
            run=request.run,
            request=request.id,
            fact=seq,
            party=voter.party,
            name=voter.name,
            text=text,
            passed_to=passed_to,
        )
    )
    callbacks.asked_back(here, thread)
    under = here.words(response.via).say(told, name=request.requester_name)
    here.tell(response.via, facts.CardForwarded(request=request.id, settled=False, under=under))


def _pass_to_requester(
    here: Conversation, thread: Thread, request: Request, asker: Party, name: str, text: str
) -> str | None:
    if request.requester is None or request.requester == asker:
        return None
    asked = len([s for s in thread.state.requests.values() if s.request.parent == request.id])
    child = asking.draft(here, thread, request.key, request.digest, Who(people=(request.requester,)), Where())
    shown = next(iter(routing.route(here, child)), here.key)
    words = here.words(shown)
    child = child.model_copy(
        update={
            "id": addresses.derive("question", request.id, asked),
            "kind": Kind.QUESTION,
            "parent": request.id,
            "title": words.say("card.question_back", name=name, title=cards.title(here, request, shown)),
            "body": text,
            "allowed": (Decision.ANSWER,),
            "patience": max(0.0, here.requests[request.id].due - here.now),
        }
    )
    asking.open_request(here, thread, child)
    return child.id


def answer_question(here: Conversation, thread: Thread, key: str, name: str, text: str) -> None:
    """Show an agent's answer to a question back under the card, on every copy of it."""
    standing = thread.state.requests[name]
    agent = thread.state.agent
    here.add(
        events.QuestionAnswered(thread=thread.id, run=thread.state.run, request=name, key=key, name=agent, text=text)
    )
    if standing.settlement is None:  # else it was decided meanwhile, and nobody asks any more
        settling.show_answer(here, standing.request, agent, text)
