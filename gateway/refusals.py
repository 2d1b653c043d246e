"""
Refusals: answers that change nothing. Each is written down with its reason, and told to whoever gave it.

One of somebody who could have decided, but too late, informs the agent besides.
"""

from __future__ import annotations

from typing import NamedTuple

from agent_core import addresses, events, facts, forms
from agent_core.context import said
from agent_core.requests import Decision, Request, Settlement
from agent_core.rulings import Response
from agent_core.texts import legible
from agent_core.thread import Thread
from gateway import cards
from gateway.conversation import Conversation


class Refused(NamedTuple):
    """Why nothing was changed: a word for the log, and what whoever wanted it is told."""

    reason: str
    text: str


def refuse(
    here: Conversation,
    seq: int,
    request: Request,
    response: Response,
    reason: str,
    text: str,
    told: str = "",
    *,
    late: bool = False,
) -> None:
    """
    Write down that an answer changed nothing, and tell whoever gave it.

    Args:
        reason: A word for the log.
        text: What they are told.
        told: What is told once, where the reason alone would not tell it from another refusal.
        late: The agent is told of it, as information, unless it has heard the same before, or has begun another run:
            who could have decided in the end is not known of the one before.
    """
    refused = events.ResponseRefused(
        thread=request.thread,
        run=request.run,
        request=request.id,
        fact=seq,
        party=response.voter.party,
        name=response.voter.name,
        decision=response.decision,
        reason=reason,
    )
    thread = here.threads[request.thread]
    if late and request.id in thread.state.requests:
        refused = refused.model_copy(update={"late": True, "text": _words(request, response)})
        if _heard(thread, refused):
            refused = refused.model_copy(update={"late": False, "text": ""})
        elif thread.state.active and thread.state.run == request.run:
            text = f"{text} {here.words(response.voter.identity).say('refused.late.informs')}"
            _tell_of_late(here, thread, request, refused)
    here.add(refused)
    tell(here, response, told or reason, text)


def _words(request: Request, response: Response) -> str:
    """Give what somebody said, in words; what they sent in of a form as it reads."""
    asked = request.editable if response.decision is Decision.EDIT else cards.fields(request)
    filled = forms.summary(asked, forms.read(asked, response.values).values) if response.values else ""
    said = "" if filled and response.decision is Decision.ANSWER else response.text
    return legible("\n".join(filter(None, (filled, said))))


def _heard(thread: Thread, late: events.ResponseRefused) -> bool:
    """Tell whether somebody has said this very thing before."""
    same = {"request": late.request, "party": late.party, "decision": late.decision, "text": late.text, "late": True}
    known = (record.event for record in thread.records)
    return any(
        isinstance(event, events.ResponseRefused) and all(getattr(event, name) == same[name] for name in same)
        for event in known
    )


def _tell_of_late(here: Conversation, thread: Thread, request: Request, late: events.ResponseRefused) -> None:
    """Where the run halts, whoever waits for it may want to have it asked again: they hear what was said."""
    if thread.state.parked is not None:
        answer = said(here.words(), request, late.decision, late.text)
        here.reply(thread, here.say("asked.late", name=late.name, title=cards.title(here, request), said=answer))


def tell(here: Conversation, response: Response, reason: str, text: str) -> None:
    """Tell whoever answered, where they did, what became of it. What has the same `reason` is told once."""
    here.tell(
        response.via,
        facts.RulingForwarded(
            request=response.request,
            to=response.voter.identity,
            reason=reason,
            text=text,
            under=response.under,
            of=response.of,
        ),
    )


def too_late(here: Conversation, request: Request, response: Response, settlement: Settlement) -> str:
    """Word for somebody that a request had ended before they answered, and how."""
    words = here.words(response.voter.identity)
    outcome = words.say("outcome.in_doubt" if request.in_doubt else f"outcome.{settlement.outcome}")
    time = here.clock(settlement.at, response.voter.identity)
    if settlement.replaced_by is not None:
        return words.say("refused.late.replaced", title=cards.newer(settlement, words), time=time)
    if not settlement.name:
        return words.say("refused.late.nobody", outcome=outcome, time=time)
    if settlement.via is None:
        return words.say("refused.late.by", outcome=outcome, name=settlement.name, time=time)
    channel = words.say(f"channel.{addresses.parse(settlement.via).channel}")
    return words.say("refused.late", outcome=outcome, name=settlement.name, channel=channel, time=time)
