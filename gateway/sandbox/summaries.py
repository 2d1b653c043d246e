"""
What happened, in a few words each, for the log on the page.
"""

from __future__ import annotations

from collections.abc import Mapping

from agent_core import events

LONGEST = 160  # characters


def summary(event: events.Event, names: Mapping[str, str]) -> str:
    """
    Tell an event in a few words; the page shows its name and its content besides.

    Args:
        names: Of people, by their identity.
    """
    if isinstance(event, events.MessageReceived):
        return cut(f"{names.get(event.sender) or event.sender_name or event.sender} wrote: {event.text}")
    return cut(_words(event))


def cut(text: str) -> str:
    """Make one line of a text, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def _words(event: events.Event) -> str:
    match event:
        case events.RunStarted(agent=agent, version=version, requester_name=name):
            return f"{agent} {version} begins" + (f" for {name}" if name else "")
        case events.ModelAnswered(text=text):
            return f"the model says: {text}"
        case events.HistorySummarised(text=text):
            return f"older history in short: {text}"
        case events.ToolStarted(tool=tool, attempt=attempt, approval=approval):
            return f"{tool}, attempt {attempt}" + (", with its approval" if approval else "")
        case events.ToolFinished(ok=True):
            return "it worked"
        case events.ToolFinished(message=message):
            return f"it failed: {message}"
        case events.OperationRefused(outcome=outcome, reason=reason):
            return f"not done, {outcome}: {reason}"
        case events.RequestOpened(request=request):
            return f"asks: {request.title}"
        case events.ResponseGiven(name=name, decision=decision):
            return f"{name} says {decision}"
        case events.ResponseRefused(name=name, decision=decision, reason=reason):
            return f"{name or 'somebody'} said {decision}, which changed nothing: {reason}"
        case events.QuestionAsked(name=name, text=text):
            return f"{name} asks back: {text}"
        case events.QuestionAnswered(name=name, text=text):
            return f"{name} answers: {text}"
        case events.RequestSettled(settlement=settlement):
            return settlement.outcome + (f" by {settlement.name}" if settlement.name else "")
        case events.MessageTaken(name=name) | events.MessageKept(name=name):
            return f"{name}'s message comes in"
        case events.Replied(text=text):
            return f"says: {text}"
        case events.RunParked(reason=reason, detail=detail):
            return f"on hold, {reason}: {detail}"
        case events.RunResumed(choice=choice, by=by):
            return f"{by} says {choice}"
        case events.RunEnded(outcome=outcome, detail=detail):
            return f"{outcome} {detail}"
    return ""
