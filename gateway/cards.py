"""
A request as people see it: worded here, laid out by the channel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from agent_core import edits, events, forms
from agent_core.addresses import ConversationKey
from agent_core.cards import Card
from agent_core.catalogue import Catalogue
from agent_core.requests import APPROVING, DOUBT_ENDS, Decision, Kind, Outcome, Request, Scope, Settlement, Who
from agent_core.texts import exact, legible, shown
from gateway import confirming, filling
from gateway.conversation import Conversation
from gateway.world import Reader

UNITS = {"d": 86_400.0, "h": 3_600.0, "m": 60.0, "s": 1.0}  # seconds


def card(here: Conversation, request: Request, place: ConversationKey, due: float, notes: tuple[str, ...] = ()) -> Card:
    """Word a request's card for the readers of a place; `notes` say how it stands already."""
    words = here.words(place)
    asker, silence = _asker_and_silence(here, request, words)
    denies = request.kind is Kind.APPROVAL
    return Card(
        title=legible(title(here, request, place)),
        body=legible(here.worded(request.explained, place) if request.explained is not None else request.body),
        facts=(*_called(request, words), *((exact(name), shown(value)) for name, value in request.arguments.items())),
        why=legible(request.why),
        asker=asker,
        by=words.say("card.by"),
        due=due,
        silence=silence,
        how=f"{how(request, words)} {_how_longer(request, words)}".strip(),
        buttons=_buttons(request, words),
        choices=() if denies else tuple((choice.name, exact(choice.label)) for choice in request.choices),
        denials=tuple(c.model_copy(update={"label": exact(c.label)}) for c in request.choices) if denies else (),
        form=_form(request, words),
        fields=filling.worded(fields(request), words),
        edit=_edit(request, words),
        editable=filling.worded(request.editable, words),
        hand=words.say("button.hand") if request.reassign is not None else "",
        revision=request.revision,
        confirm=confirming.asked(title(here, request, place), request, words) if request.confirms else None,
        grants=_offers(request, words),
        notes=notes,
        again=before(here, request, place),
    )


def before(here: Conversation, request: Request, place: ConversationKey) -> str:
    """Say what a request replaces, or that it is asked again; empty where it is neither."""
    if (earlier := request.earlier) is None:
        return ""
    words, called = here.words(place), earlier.title
    if earlier.titled is not None:
        called = here.worded(earlier.titled, place)
    title = words.say("titled", title=legible(called)) if called else words.say("earlier")
    return words.say(f"card.after.{earlier.outcome}", title=title, time=here.clock(earlier.at, place))


def newer(settlement: Settlement, words: Catalogue) -> str:
    """Name what replaced a request."""
    return words.say("titled", title=settlement.comment) if settlement.comment else words.say("newer")


def title(here: Conversation, request: Request, reader: Reader | None = None) -> str:
    """Say what a request is called, in a reader's language where the gateway has worded it."""
    return here.worded(request.titled, reader) if request.titled is not None else request.title


def _called(request: Request, words: Catalogue) -> list[tuple[str, str]]:
    """Name the tool where whoever worded the title did not."""
    if request.tool is None or request.tool in request.title:
        return []
    return [(words.say("card.calls"), exact(request.tool))]


def _asker_and_silence(here: Conversation, request: Request, words: Catalogue) -> tuple[str, str]:
    """Say who asks, and what happens if nobody answers; to a requester who is asked themselves, it is the agent."""
    agent, name = here.threads[request.thread].state.agent, request.requester_name
    if request.parent:
        return "", ""
    if request.requester is not None and request.who == Who(people=(request.requester,)):
        return words.say("card.asker.nobody", agent=agent), words.say("card.silence.you")
    asker = words.say("card.asker", name=name) if name else words.say("card.asker.nobody", agent=agent)
    key = "card.silence.go_on" if request.catch else "card.silence"
    return asker, words.say(key, name=name or agent)


def how(request: Request, words: Catalogue) -> str:
    """Say how to answer a request, or to hand it on."""
    handing = words.say("card.how.hand") if request.reassign is not None else ""
    return f"{_how(request, words)} {handing}".rstrip()


def _how(request: Request, words: Catalogue) -> str:
    if request.in_doubt:
        return words.say("card.how.in_doubt")
    if request.kind is Kind.APPROVAL and request.editable and not request.confirms:
        listed = exact(filling.how(request.editable, words))
        return words.say("card.how.editable", fields=listed)
    if request.kind is Kind.APPROVAL:
        return words.say("card.how.approval.high" if request.confirms else "card.how.approval")
    if request.kind is Kind.FORM:
        listed = exact(filling.how(fields(request), words))
        return words.say("card.how.form", button=words.say("button.fill_in"), fields=listed)
    return words.say("card.how.choices" if request.choices else "card.how.question")


def _how_longer(request: Request, words: Catalogue) -> str:
    terms = request.grantable
    if not terms.scopes:
        return ""
    what = covered(request.tool or "", terms.alike, words)
    return words.say("card.how.grants", what=what, uses=terms.uses)


def _form(request: Request, words: Catalogue) -> str:
    """Label the button behind which is a form: to deny with a reason, or to fill in what is asked for."""
    if request.kind is Kind.FORM:
        return words.say("button.fill_in")
    return words.say("button.deny_form") if request.kind is Kind.APPROVAL and not request.in_doubt else ""


def _edit(request: Request, words: Catalogue) -> str:
    """Label the button behind which is a form to approve with a comment, and with changes where some may be made."""
    if request.editable:
        return words.say("button.edit")
    plain = request.kind is Kind.APPROVAL and not request.in_doubt and not request.confirms
    return words.say("button.approve_form") if plain else ""


def fields(request: Request) -> tuple[forms.Field, ...]:
    """Give what a form asks for; of anything else nothing, nor of one whose words were erased."""
    return forms.fields(request.answer_schema) if request.kind is Kind.FORM and request.answer_schema else ()


def unfilled(asked: Sequence[forms.Field], found: Mapping[str, forms.Fault], words: Catalogue) -> str:
    """Say what is wrong with what a form was filled in with."""
    lines = filling.lines(asked, found, words)
    return words.say("refused.form.faults", faults=lines)


def _buttons(request: Request, words: Catalogue) -> tuple[tuple[Decision, str], ...]:
    if request.in_doubt:
        labels = {Decision.APPROVE: "run_again", Decision.DID_RUN: "did_run", Decision.DENY: "stop"}
    else:
        labels = {Decision.APPROVE: "approve", Decision.DENY: "deny", Decision.CLAIM: "claim"}
    return tuple((d, words.say(f"button.{labels[d]}")) for d in request.allowed if d in labels)


def _offers(request: Request, words: Catalogue) -> tuple[tuple[str, str], ...]:
    """Give the scopes in which a request can be approved for longer, with the labels of their buttons."""
    return tuple((scope.name, _offer(scope, words)) for scope in request.grantable.scopes)


def _offer(scope: Scope, words: Catalogue) -> str:
    if scope.seconds is None:
        return words.say(f"button.grant.{scope.name}")
    return words.say("button.grant", time=_duration(scope.seconds, words))


def _duration(seconds: float, words: Catalogue) -> str:
    """Write a length of time in the largest unit that measures it whole."""
    unit, size = next((unit, size) for unit, size in UNITS.items() if seconds % size == 0)
    count = round(seconds / size)
    return words.say(f"time.{unit}.one" if count == 1 else f"time.{unit}", count=count)


def covered(tool: str, alike: Sequence[str], words: Catalogue) -> str:
    """Say which calls a standing grant covers."""
    if not alike:
        return words.say("grant.covers.same", tool=exact(tool))
    return words.say("grant.covers.alike", tool=exact(tool), arguments=words.both([*map(exact, alike)]))


def settled(here: Conversation, request: Request, settlement: Settlement, place: ConversationKey) -> str:
    """Say how a request ended, for the readers of a place."""
    key = f"settled.{settlement.outcome}"
    if request.in_doubt and settlement.outcome in DOUBT_ENDS:
        key = f"settled.in_doubt.{settlement.outcome}"
    elif settlement.replaced_by is not None:
        key = "settled.replaced"
    elif settlement.outcome in (*APPROVING, Outcome.DENIED, Outcome.CANCELLED) and settlement.comment:
        key = f"settled.{settlement.outcome}.because"
    chosen = next((c.label for c in request.choices if c.name == settlement.choice), "")
    words = here.words(place)
    comment = here.worded(settlement.said, place) if settlement.said is not None else settlement.comment
    if settlement.replaced_by is not None:
        comment = newer(settlement, words)
    if chosen:
        comment = words.say("settled.denied.chosen", choice=chosen, comment=comment)
    label = next((c.label for c in request.choices if c.name == settlement.answer), settlement.answer)
    if settlement.values is not None:
        label = forms.summary(fields(request), settlement.values, words.say("form.yes"), words.say("form.no"))
    return words.say(
        key,
        name=words.both(list(settlement.names)) if settlement.names else named(settlement, words),
        time=here.clock(settlement.at, place),
        comment=legible(comment),
        changes=edits.difference(_asked(here, request).arguments, settlement.changes),
        answer=legible(label),
    )


def _asked(here: Conversation, request: Request) -> Request:
    """Give a request as it was asked, before its call was changed."""
    standing = here.threads[request.thread].state.requests.get(request.id)
    return request if standing is None or standing.asked is None else standing.asked


def named(settlement: Settlement, words: Catalogue) -> str:
    """Name who ended a request."""
    return settlement.name or words.say("somebody")


def doubt_ended(here: Conversation, doubt: Request, settlement: Settlement, place: ConversationKey) -> str:
    """Say on the card that approved a call what was said of its attempt, of which nobody knew how it ended."""
    if settlement.outcome not in DOUBT_ENDS:
        return settled(here, doubt, settlement, place)
    words = here.words(place)
    name, time = named(settlement, words), here.clock(settlement.at, place)
    return words.say(f"result.in_doubt.{settlement.outcome}", tool=doubt.tool, name=name, time=time)


def interrupted(here: Conversation, tool: str, place: ConversationKey) -> str:
    """Say that nobody knows what came of what was approved."""
    return here.words(place).say("result.in_doubt", tool=tool, time=here.clock(here.now, place))


def forbidden(here: Conversation, tool: str, reason: str, place: ConversationKey) -> str:
    """Say that what was approved is not started: the policy has changed meanwhile."""
    return here.words(place).say("result.forbidden", tool=tool, time=here.clock(here.now, place), reason=reason)


def result(here: Conversation, tool: str, event: events.ToolFinished, place: ConversationKey) -> str:
    """Say what came of what was approved."""
    key = "result.ok" if event.ok else "result.failed"
    said = {"tool": tool, "time": here.clock(here.now, place), "message": event.message.partition("\n")[0]}
    return here.words(place).say(key, **said)
