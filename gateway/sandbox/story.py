"""
A thread's log told as a story: one sentence for each event, beginning with who did it.

The words are the sandbox page's own and only explain what is in the log; what agents say to people stands in the
catalogue.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from agent_core import catalogue, events, facts
from agent_core.addresses import ConversationKey
from agent_core.log import Record
from agent_core.requests import APPROVING, DOUBT_ENDS, Decision, Kind, Outcome, Request, Settlement, Who
from gateway.sandbox.people import PEOPLE

LONGEST = 300  # characters of a sentence

GATEWAY, MODEL, AGENT, TOOL = "The gateway", "The model", "The agent", "The tool"

DECISIONS = {
    Decision.APPROVE: "approve",
    Decision.EDIT: "approve, with changes",
    Decision.DENY: "deny",
    Decision.DID_RUN: "it did run",
    Decision.CLAIM: "I am on it",
    Decision.REVOKE: "revoke",
    Decision.REASSIGN: "somebody else should be asked",
    Decision.DELEGATE: "somebody else may decide in my stead",
}
IN_DOUBT = {Decision.APPROVE: "run it again", Decision.DENY: "stop"}
REFUSALS = {
    "late": "it has been decided already",
    "duplicate": "they have answered already",
    "not_asked": "this is not theirs to decide",
    "group_unread": "nobody can see just now who is in the group that gives the role",
    "requester_excluded": "who asks for something may not approve it too",
    "unknown_person": "the directory does not know this account",
    "not_seen": "they wrote it before the request had reached them",
    "not_a_choice": "that was none of the choices",
    "expired": "the time was up",
    "outdated": "the call was changed since what they had seen",
}
ENDS = {
    "done": "ends the run.",
    "failed": "ends the run, which failed.",
    "cancelled": "ends the run, which was dropped.",
    "again": "ends the run, which hands over to the next one.",
    "restarted": "ends the run, to begin it anew.",
}


class Line(NamedTuple):
    """Who did something, and what, as the rest of the sentence."""

    actor: str
    told: str


class Story:
    """
    Tells events in the order of their log; what one event named, later ones are told with.

    Args:
        names: What people call a conversation, by its key; of a person's own, that is their identity.
    """

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names
        self._requests: dict[str, Request] = {}
        self._tools: dict[str, str] = {}
        self._catalogue = catalogue.Catalogue()

    def tell(self, event: events.Event) -> Line:
        """Tell the next event."""
        match event:
            case events.RequestOpened(request=request):
                self._requests[request.id] = request
            case events.ToolStarted(key=key, tool=tool):
                self._tools[key] = tool
        actor, told = self._line(event)
        return Line(actor, cut(told))

    def waiting(self, records: Sequence[Record]) -> str:
        """Whom a log that ends here waits for; empty where it waits for nobody."""
        opened: dict[str, Request] = {}
        for record in records:
            match record.event:
                case events.RequestOpened(request=request):
                    opened[request.id] = request
                case events.RequestSettled(request=name):
                    opened.pop(name, None)
                case events.RunEnded():
                    opened.clear()
        return ", and for ".join(self._asked(each) for each in opened.values())

    def _line(self, event: events.Event) -> tuple[str, str]:
        match event:
            case facts.MessageReceived(attachments=attachments):
                files = ", ".join(file.name for file in attachments)
                sent = f"wrote: “{event.text}”" + (f" and attached {files}" if files else "")
                return self._named(event.sender, event.sender_name), sent
            case events.RunStarted(agent=agent, version=version, requester_name=name):
                return GATEWAY, f"starts a run of {agent}, version {version}" + (f", for {name}." if name else ".")
            case events.ModelAnswered(text=text):
                return MODEL, _step(text)
            case events.HistorySummarised(text=text):
                return MODEL, f"put the older history in short: “{text}”"
            case events.ToolStarted(tool=tool, attempt=attempt, approval=approval):
                again = f", attempt {attempt} of the same start" if attempt > 1 else ""
                return TOOL, f"{tool} starts{again}." + (" That uses up its approval." if approval else "")
            case events.ToolFinished(key=key, ok=True, value=value):
                return TOOL, f"{self._tools.get(key, '')} is done. It gave back: {_brief(value)}"
            case events.ToolFinished(key=key, message=message):
                return TOOL, f"{self._tools.get(key, '')} failed: {message}"
            case events.OperationRefused(outcome=outcome, reason=reason):
                return GATEWAY, f"did not run it, {outcome}: {reason}"
            case events.Replied(text=text):
                return AGENT, f"says: “{text}”"
            case events.SleepStarted():
                return AGENT, "sleeps until a time."
            case events.SleepEnded():
                return GATEWAY, "wakes the run: the time has come."
            case events.MessageTaken(name=name):
                return GATEWAY, f"hands {name}’s message to the run."
            case events.MessageKept(name=name):
                return GATEWAY, f"keeps {name}’s message for the model’s next look."
            case events.RunParked(detail=detail, reason=reason):
                return GATEWAY, f"puts the run on hold, {reason}: {detail}"
            case events.RunResumed(choice=choice, by=by):
                return by, "lets it go on." if choice == "go_on" else "has it asked again."
            case events.RunEnded(outcome=outcome, detail=detail):
                return GATEWAY, f"{ENDS[outcome]} {detail}"
            case events.ThreadForked(by=by, branch=branch):
                return by, f"made a fork, {branch}."
            case events.ThreadAttached(by=by):
                return by, "lets the fork speak and act."
        return self._asking(event)

    def _asking(self, event: events.Event) -> tuple[str, str]:
        """What became of a request."""
        match event:
            case events.RequestOpened(request=request, waiting=waiting):
                return GATEWAY, self._opened(request) + self._later(waiting)
            case events.ResponseGiven(request=name, name=who, decision=decision, via=via, comment=comment):
                where = self._names.get(via, "")
                place = where if where.startswith("#") else "a direct message"
                added = f", and adds: “{comment}”" if comment else ""
                return who, f"{self._decided(name, decision)} in {place}{added}. It counts."
            case events.ResponseRefused(
                party=party, name=who, decision=decision, request=name, reason=reason, late=late
            ):
                why = REFUSALS.get(reason, reason)
                said = f"{self._decided(name, decision)}, which changes nothing: {why}."
                said += " The agent reads it as information." if late else ""
                return self._named(party, who or "Somebody"), said
            case events.QuestionAsked(name=who, text=text):
                return who, f"asks back: “{text}” The request stays open."
            case events.QuestionAnswered(name=who, text=text):
                return who, f"answers: “{text}” It stands under the card now."
            case events.RequestEscalated(places=places, rung=rung, waiting=waiting):
                where = ", ".join(self._names.get(place, place) for place in places) or "nowhere"
                later = self._later(waiting)
                if rung is None:
                    return GATEWAY, f"did not reach somebody, and asks at the next account: {where}.{later}"
                return GATEWAY, f"has no decision yet, and asks further: {where}.{later}"
            case events.RequestClaimed(name=who):
                return who, "will decide it; nobody else is asked meanwhile."
            case events.RequestChanged(name=who, changes=changes):
                return who, f"changes the call: {_brief(changes)}. Votes before that do not count any more."
            case events.RequestReassigned(name=who, to_name=to, until=float()):
                return GATEWAY, f"lets {to} decide in the stead of {who}, who is away."
            case events.RequestReassigned(name=who, to_name=to, delegated=delegated, by=by):
                return (
                    by or who,
                    f"lets {to} decide in their stead." if delegated else f"hands it on to {to}, who is asked now.",
                )
            case events.RequestReminded():
                return GATEWAY, "reminds those who were asked."
            case events.RequestSettled(settlement=Settlement(grant=given, name=who)) if given:
                return GATEWAY, f"approves it by {who}’s standing grant, so nobody is asked."
            case events.RequestSettled(request=name, settlement=settlement):
                return GATEWAY, self._settled(name, settlement)
            case events.GrantGiven(grant=grant):
                return GATEWAY, f"lets that approval count for up to {grant.uses} further calls of {grant.tool}."
            case events.GrantRevoked(name=who):
                return who, "revokes the standing grant. Each further call is asked about again."
        return GATEWAY, ""

    def _later(self, waiting: Mapping[ConversationKey, float]) -> str:
        """Say whose copies wait."""
        names = [self._names.get(place, place) for place in waiting]
        return (
            f" {self._catalogue.both(names)} will see it later: after quiet hours or an absence, or in a digest."
            if names
            else ""
        )

    def _opened(self, request: Request) -> str:
        asked = self._asked(request)
        if request.parent is not None:
            return f"passes the question on to {asked}."
        if request.in_doubt:
            return (
                f"was down or lost sight while {request.tool} was running, so nobody knows whether it took effect. "
                f"It is not run again by itself: {asked} is asked."
            )
        if request.kind is Kind.APPROVAL and not (request.places or request.where.ladder):
            return f"holds {request.tool or 'it'} back, because it has to be approved."
        if request.kind is Kind.APPROVAL:
            return (
                f"holds {request.tool} back, because a person has to approve it. It asks {asked}, and the run pauses."
            )
        return f"asks {asked}: “{request.title}” The run pauses."

    def _settled(self, name: str, settlement: Settlement) -> str:
        request = self._requests.get(name)
        by = f" by {settlement.name}" if settlement.name else ""
        if request is not None and request.in_doubt and settlement.outcome in DOUBT_ENDS:
            return "goes on as it was told, and takes the buttons off every card."
        if settlement.replaced_by is not None:
            return f"closes it, because another is asked in its place. {settlement.comment}"
        besides = "with the words" if settlement.outcome in APPROVING else "because"
        comment = f", {besides}: “{settlement.comment}”" if settlement.comment else ""
        answer = f": “{settlement.answer}”" if settlement.answer else ""
        if settlement.outcome is Outcome.ANSWERED:
            return f"settles it: answered{by}{answer}"
        return (
            f"settles it for good: {settlement.outcome.replace('_', ' ')}{by}{comment}. The cards lose their buttons."
        )

    def _decided(self, name: str, decision: Decision) -> str:
        request = self._requests.get(name)
        if request is not None and request.in_doubt and decision in IN_DOUBT:
            return f"says “{IN_DOUBT[decision]}”"
        return f"says “{DECISIONS[decision]}”" if decision in DECISIONS else "answers"

    def _asked(self, request: Request) -> str:
        who = request.who
        names = [person.name for person in PEOPLE if _may(who, person.id, person.roles, request.requester)]
        strangers = [self._named(party, party) for party in who.people if ":" in party]
        return self._catalogue.either([*names, *strangers])

    def _named(self, identity: str, otherwise: str) -> str:
        return self._names.get(identity) or otherwise or identity


def _may(who: Who, person: str, roles: Sequence[str] | None, requester: str | None) -> bool:
    if who.exclude_requester and person == requester:
        return False
    if person in who.without:
        return False
    named = person in who.people or bool(set(who.roles).intersection(roles or ()))
    return named and (who.also is None or _may(who.also, person, roles, requester))


def _step(text: str) -> str:
    """A model's answer, where it is a step as an agent takes them; else as it is."""
    try:
        step = json.loads(text)
        intent = step.pop("intent").replace("_", " ")
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"answered: {text}"
    if intent == "done":
        return "chose to finish."
    return f"chose the next step: {intent}" + (f" ({_brief(step)})." if step else ".")


def _brief(value: Any) -> str:
    """A value of JSON without its punctuation, as far as that is easier to read."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_brief(inner)}" for name, inner in value.items())
    return "nothing" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def cut(text: str) -> str:
    """Make one line of a text, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
