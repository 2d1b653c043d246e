"""
A request as people see it: worded here, laid out by the channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pydantic_core

from agent_core import edits, events, forms
from agent_core.addresses import ConversationKey
from agent_core.requests import DOUBT_ENDS, Decision, Kind, Outcome, Request, Settlement, Who
from agent_core.texts import exact, legible
from gateway import filling
from gateway.conversation import Conversation


def card(here: Conversation, request: Request, due: float, notes: tuple[str, ...] = ()) -> events.Card:
    """Word a request's card; `notes` say how it stands already."""
    asker, silence = _asker_and_silence(here, request)
    denies = request.kind is Kind.APPROVAL
    return events.Card(
        title=legible(request.title),
        body=legible(request.body),
        facts=(*_called(here, request), *((exact(name), _shown(value)) for name, value in request.arguments.items())),
        why=legible(request.why),
        asker=asker,
        by=here.say("card.by"),
        due=due,
        silence=silence,
        how=how(here, request),
        buttons=_buttons(here, request),
        choices=() if denies else tuple((choice.name, exact(choice.label)) for choice in request.choices),
        denials=tuple(c.model_copy(update={"label": exact(c.label)}) for c in request.choices) if denies else (),
        form=_form(here, request),
        fields=filling.worded(fields(request), here.world.catalogue),
        edit=here.say("button.edit") if request.editable else "",
        editable=filling.worded(request.editable, here.world.catalogue),
        revision=request.revision,
        notes=notes,
    )


def before(here: Conversation, request: Request, place: ConversationKey) -> str:
    """Say what a request replaces, or that it is asked again; empty where it is neither."""
    if (earlier := request.earlier) is None:
        return ""
    key = f"card.after.{earlier.outcome}"
    title = here.say("titled", title=legible(earlier.title)) if earlier.title else here.say("earlier")
    return here.say(key, title=title, time=here.clock(earlier.at, place))


def newer(here: Conversation, settlement: Settlement) -> str:
    """Name what replaced a request."""
    return here.say("titled", title=settlement.comment) if settlement.comment else here.say("newer")


def _called(here: Conversation, request: Request) -> list[tuple[str, str]]:
    """Name the tool where whoever worded the title did not."""
    if request.tool is None or request.tool in request.title:
        return []
    return [(here.say("card.calls"), exact(request.tool))]


def _asker_and_silence(here: Conversation, request: Request) -> tuple[str, str]:
    """Say who asks, and what happens if nobody answers; to a requester who is asked themselves, it is the agent."""
    agent, name = here.threads[request.thread].state.agent, request.requester_name
    if request.parent:
        return "", ""
    if request.requester is not None and request.who == Who(people=(request.requester,)):
        return here.say("card.asker.nobody", agent=agent), here.say("card.silence.you")
    asker = here.say("card.asker", name=name) if name else here.say("card.asker.nobody", agent=agent)
    key = "card.silence.go_on" if request.catch else "card.silence"
    return asker, here.say(key, name=name or agent)


def how(here: Conversation, request: Request) -> str:
    """Say how to answer a request."""
    if request.in_doubt:
        return here.say("card.how.in_doubt")
    if request.kind is Kind.APPROVAL:
        return here.say("card.how.approval")
    if request.kind is Kind.FORM:
        listed = exact(filling.how(fields(request), here.world.catalogue))
        return here.say("card.how.form", button=here.say("button.fill_in"), fields=listed)
    return here.say("card.how.choices" if request.choices else "card.how.question")


def _form(here: Conversation, request: Request) -> str:
    """Label the button behind which is a form: to deny with a reason, or to fill in what is asked for."""
    if request.kind is Kind.FORM:
        return here.say("button.fill_in")
    return here.say("button.deny_form") if request.kind is Kind.APPROVAL and not request.in_doubt else ""


def fields(request: Request) -> tuple[forms.Field, ...]:
    """Give what a form asks for; of anything else nothing."""
    return forms.fields(request.answer_schema or {}) if request.kind is Kind.FORM else ()


def unfilled(here: Conversation, asked: Sequence[forms.Field], found: Mapping[str, forms.Fault]) -> str:
    """Say what is wrong with what a form was filled in with."""
    lines = filling.lines(asked, found, here.world.catalogue)
    return here.say("refused.form.faults", faults=lines)


def _buttons(here: Conversation, request: Request) -> tuple[tuple[Decision, str], ...]:
    if request.in_doubt:
        labels = {Decision.APPROVE: "run_again", Decision.DID_RUN: "did_run", Decision.DENY: "stop"}
    else:
        labels = {Decision.APPROVE: "approve", Decision.DENY: "deny", Decision.CLAIM: "claim"}
    return tuple((d, here.say(f"button.{labels[d]}")) for d in request.allowed if d in labels)


def _shown(value: Any) -> str:
    return exact(value if isinstance(value, str) else pydantic_core.to_json(value).decode())


def settled(here: Conversation, request: Request, settlement: Settlement, place: ConversationKey) -> str:
    """Say how a request ended, for the readers of a place."""
    key = f"settled.{settlement.outcome}"
    if request.in_doubt and settlement.outcome in DOUBT_ENDS:
        key = f"settled.in_doubt.{settlement.outcome}"
    elif settlement.replaced_by is not None:
        key = "settled.replaced"
    elif settlement.outcome in (Outcome.DENIED, Outcome.CANCELLED) and settlement.comment:
        key = f"settled.{settlement.outcome}.because"
    chosen = next((c.label for c in request.choices if c.name == settlement.choice), "")
    comment = newer(here, settlement) if settlement.replaced_by is not None else settlement.comment
    if chosen:
        comment = here.say("settled.denied.chosen", choice=chosen, comment=comment)
    label = next((c.label for c in request.choices if c.name == settlement.answer), settlement.answer)
    return here.say(
        key,
        name=here.world.catalogue.both(list(settlement.names)) if settlement.names else named(here, settlement),
        time=here.clock(settlement.at, place),
        comment=comment,
        changes=edits.difference(_asked(here, request).arguments, settlement.changes),
        answer=label,
    )


def _asked(here: Conversation, request: Request) -> Request:
    """Give a request as it was asked, before its call was changed."""
    standing = here.threads[request.thread].state.requests.get(request.id)
    return request if standing is None or standing.asked is None else standing.asked


def named(here: Conversation, settlement: Settlement) -> str:
    """Name who ended a request."""
    return settlement.name or here.say("somebody")


def doubt_ended(here: Conversation, doubt: Request, settlement: Settlement, place: ConversationKey) -> str:
    """Say on the card that approved a call what was said of its attempt, of which nobody knew how it ended."""
    if settlement.outcome not in DOUBT_ENDS:
        return settled(here, doubt, settlement, place)
    name, time = named(here, settlement), here.clock(settlement.at, place)
    return here.say(f"result.in_doubt.{settlement.outcome}", tool=doubt.tool, name=name, time=time)


def interrupted(here: Conversation, tool: str, place: ConversationKey) -> str:
    """Say that nobody knows what came of what was approved."""
    return here.say("result.in_doubt", tool=tool, time=here.clock(here.now, place))


def forbidden(here: Conversation, tool: str, reason: str, place: ConversationKey) -> str:
    """Say that what was approved is not started: the policy has changed meanwhile."""
    return here.say("result.forbidden", tool=tool, time=here.clock(here.now, place), reason=reason)


def result(here: Conversation, tool: str, event: events.ToolFinished, place: ConversationKey) -> str:
    """Say what came of what was approved."""
    key = "result.ok" if event.ok else "result.failed"
    return here.say(key, tool=tool, time=here.clock(here.now, place), message=event.message.partition("\n")[0])
