"""
What clients outside of any channel want asked, such as the command line.

Each request has a conversation of its own, `api:CLIENT/KEY`, and is asked by a run of the one-operation agent below. So
it is a request like any other: who may decide, its deadline, questions back and its one outcome are the same code. The
key makes it the same request however often it is sent: who was interrupted asks again with it, and gets the verdict.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from agent_core import addresses, events, facts, lifecycle, log
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.log import Record
from agent_core.policy import ROLE
from agent_core.requests import PEOPLE, Kind, Outcome, Request, Settlement, Where, Who, to_role
from agent_core.run import Run, agent, digest_of
from agent_core.thread import Thread
from agent_core.wanted import Approval, Form, Question
from gateway import ladder, settling
from gateway.agents import Listening
from gateway.asking import FORBIDDEN
from gateway.conversation import Conversation
from gateway.directory import Directory
from gateway.errors import GatewayError
from gateway.sections import AgentSettings
from gateway.store.base import Fact, Need, Store

CHANNEL = "api"
ME = "@me"
RUN, KEY = "r1", "request_human#1"  # the one run that a client's request begins, and its one operation


@agent(name="ringback.ask")
async def ask(run: Run) -> None:
    """Ask what a client wants asked; how it ends is read from the log."""
    await run.request_human(wish(facts.RequestReceived.model_validate(run.input)))


def wish(wanted: facts.RequestReceived) -> Approval | Question | Form:
    """
    Say what a client wants as an agent would.

    Raises:
        InvalidRequest: No channel could ask for such a form.
    """
    how: dict[str, Any] = {
        "why": wanted.why,
        "body": wanted.body,
        "urgency": wanted.urgency,
        "to": wanted.who if wanted.call is None or wanted.who != Who() else None,
        "where": wanted.where,
        "patience": wanted.patience,
        "earlier": wanted.earlier,
        "catch": True,
    }
    if wanted.kind is Kind.APPROVAL:
        return Approval(wanted.title, call=wanted.call, choices=wanted.choices, **how)
    if wanted.answer_schema is not None:
        return Form(wanted.title, wanted.answer_schema, **how)
    return Question(wanted.title, wanted.choices, **how)


LISTENING = Listening(AgentSettings(use=["gateway.clients:ask"], listen=[]), ask, {ask.version: ask})


def conversation(client: str, key: str) -> ConversationKey:
    """
    Name the conversation of a client's request.

    Raises:
        GatewayError: It is no key.
    """
    if not (key.isascii() and key.isprintable() and 0 < len(key) <= 100 and " " not in key):
        raise GatewayError(f"{key!r} is no key; write up to 100 letters, digits or signs, without spaces")
    return addresses.conversation(CHANNEL, client, key)


def thread(home: ConversationKey) -> str:
    """Name the thread that asks a client's request."""
    return addresses.thread_id(home, "", ask.name)


def request_id(home: ConversationKey, wanted: facts.RequestReceived) -> str:
    """Name a client's request before anybody has decided on it: every part of its id is known already."""
    return addresses.derive("request", thread(home), RUN, KEY, digest_of(wish(wanted)), 1)


def begin(here: Conversation, wanted: facts.RequestReceived) -> None:
    """Ask it, unless it was asked before."""
    name = thread(here.key)
    if name in here.threads:
        return
    here.threads[name] = Thread(name, here.key)
    here.add(
        events.RunStarted(
            thread=name,
            run=RUN,
            agent=ask.name,
            version=ask.version,
            requester=wanted.requester,
            requester_name=wanted.requester_name,
            input=wanted.model_dump(mode="json"),
        )
    )


def spoke(here: Conversation, said: facts.ClientSpoke) -> None:
    """Do as a client wishes with what it has asked, while that is open."""
    thread = here.threads.get(said.thread)
    if thread is None or not thread.state.active:
        return
    if said.wish == "escalate":
        ladder.hurry(here, thread, said.text, said.idempotency_key)
        return
    for request in [one.request for one in thread.state.open_requests() if one.request.parent is None]:
        named = {"thread": thread.id, "run": thread.state.run, "request": request.id}
        once = said.idempotency_key
        here.add(events.QuestionAnswered(**named, name=said.by, text=said.text, idempotency_key=once))
        settling.show_answer(here, request, said.by, said.text)


def is_home(place: ConversationKey) -> bool:
    """Tell whether a conversation is that of a client's request."""
    return addresses.covers(CHANNEL, place)


def addressees(directory: Directory, to: Sequence[str]) -> tuple[Who, Where]:
    """
    Say who is asked, and where, by a client that is nobody in the directory; each name is as for `addressee`.

    Raises:
        GatewayError: It says what to write.
    """
    found = [addressee(directory, one, None) for one in to]
    people = [party for who, _ in found for party in who.people]
    roles = [role for who, _ in found for role in who.roles]
    targets = [target for _, where in found for target in where.targets]
    who = Who(people=tuple(dict.fromkeys(people)), roles=tuple(dict.fromkeys(roles)))
    return who, Where(targets=tuple(dict.fromkeys(targets)))


def may_ask(directory: Directory, allowed: Sequence[str], who: Who) -> bool:
    """
    Tell whether a client may name these.

    Args:
        allowed: As in the setting `ask` of `[[clients]]`.
    """
    if PEOPLE in allowed:
        return True
    return all(f"{ROLE}{role}" in allowed for role in who.roles) and all(
        party in allowed or any(f"{ROLE}{role}" in allowed for role in (person.roles if person else ()))
        for party in who.people
        for person in (directory.of(party),)
    )


def addressee(directory: Directory, to: str, me: Party | None) -> tuple[Who, Where]:
    """
    Say who is asked, and where.

    Args:
        to: A person's id, `role:NAME`, somebody's address, `@me`, or `slack:@me` for a channel of mine.
        me: The person who asks, if it is one.

    Raises:
        GatewayError: It says what to write.
    """
    channel, _, name = to.partition(":")
    if to.startswith(ROLE):
        return to_role(to.removeprefix(ROLE)), Where(targets=(PEOPLE,))
    if to == ME and me is not None:
        return Who(people=(me,)), Where(targets=(PEOPLE,))
    if directory.of(Party(to)) is not None:
        return Who(people=(Party(to),)), Where(targets=(PEOPLE,))
    if name == ME and me is not None:
        mine = directory.of(me)
        identity = next((i for i in (mine.identities if mine else ()) if addresses.covers(channel, i)), None)
        if identity is None:
            raise GatewayError(f"{me} has no account on {channel!r}; add one to their identities in [[people]]")
        to = identity
    person = directory.person(Identity(to))
    if person is None:
        raise GatewayError(
            f"{to!r} is nobody in [[people]]; write a person's id, one of their identities, role:NAME, or slack:@me"
        )
    return Who(people=(person.id,)), Where(targets=(to,))


@dataclass
class Asked:
    """
    How a client's request stands, as its log says.

    `refused` is why it could not be asked, `forbidden` where a rule says so. `rungs` counts the steps of its ladder
    that were taken, `said` is what people answered and asked meanwhile. `keyed` are the keys with which the
    client said something since, each with the answer that it gave. Where people have changed its call, `request` is
    what stands now, `opened` what was asked, and `changes` how the two differ.
    """

    wanted: facts.RequestReceived | None = None
    received_at: float = 0.0
    request: Request | None = None
    opened: Request | None = None
    changes: Mapping[str, Any] = field(default_factory=dict)
    settlement: Settlement | None = None
    refused: str = ""
    forbidden: bool = False
    ended: bool = False
    rungs: int = 0
    said: tuple[Record, ...] = ()
    keyed: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def ruled(self) -> bool:
        """It was asked, or will not be."""
        return self.request is not None or self.ended


def read(records: Sequence[Record]) -> Asked:
    """Read how a request stands from the log of the thread that asks it; of several runs the last one speaks."""
    asked = Asked()
    for record in records:
        match record.event:
            case events.RunStarted(input=wanted):
                known = wanted is not None  # or it was erased, and only how it ended is left
                first = asked.received_at or record.at
                asked = Asked(facts.RequestReceived.model_validate(wanted) if known else None, first)
            case events.RequestOpened(request=request) if request.parent is None:
                asked.request = asked.opened = request
            case events.RequestSettled(request=request, settlement=settlement):
                if asked.request is not None and request == asked.request.id:
                    asked.settlement = settlement
            case events.RequestEscalated(who=who, rung=rung, idempotency_key=once) if asked.request is not None:
                asked.request = asked.request.model_copy(update={"who": who})
                asked.rungs = asked.rungs if rung is None else rung + 1
                asked.keyed = {**asked.keyed, ("escalate", once): ""} if once else asked.keyed
            case events.RequestReassigned(who=who) if asked.request is not None:
                asked.request = asked.request.model_copy(update={"who": who})
            case events.RequestChanged() as edit if asked.request is not None and asked.opened is not None:
                before, asked.request = asked.request, lifecycle.changed(asked.opened, asked.request, edit)
                asked.rungs = asked.rungs if asked.request.where.ladder == before.where.ladder else 0
                asked.changes = edit.changes
                asked.said += (record,)
            case events.QuestionAnswered(text=text, idempotency_key=once):
                asked.said += (record,)
                asked.keyed = {**asked.keyed, ("answer", once): text} if once else asked.keyed
            case events.ResponseGiven() | events.QuestionAsked():
                asked.said += (record,)
            case events.ResponseRefused(late=True):
                asked.said += (record,)
            case events.OperationRefused(reason=reason, outcome=why):
                asked.refused, asked.forbidden = reason, why == FORBIDDEN
            case events.RunEnded():
                asked.ended = True
    return asked


async def look(store: Store, home: ConversationKey) -> Asked:
    """Read how a client's request stands; before anything is decided, that it has come in."""
    asked = read(await store.log(thread(home)))
    if asked.received_at:
        return asked
    for record in (await store.load(home, Need())).facts:
        if isinstance(record.event, facts.RequestReceived):
            return Asked(record.event, record.at)
    return asked


async def follow(store: Store, directory: Directory, asked: Mapping[str, Any]) -> AsyncIterator[dict[str, Any]]:
    """
    Have somebody asked, and tell how that stands until it has ended.

    Args:
        asked: `client` and `key` name the request, `to` and `me` are as for `addressee`, `request` is the rest of a
            `RequestReceived`.

    Returns:
        Who is asked and until when, once; then how it ended.

    Raises:
        GatewayError: It says what to write.
    """
    home, me = conversation(asked["client"], asked["key"]), Party(asked["me"])
    who, where = addressee(directory, asked["to"], me)
    terms = {"who": who, "where": where, "requester": me, "requester_name": directory.name(me)}
    wanted = log.storable(facts.RequestReceived.model_validate({**asked["request"], **terms}))
    seen, told = 0, False
    while True:
        stands = read(await store.log(thread(home)))
        if stands.wanted not in (None, wanted):
            raise GatewayError(f"the key {asked['key']} was used to ask something else; give this one another key")
        if stands.wanted is None and not seen:
            await store.append(Fact(home, wanted, ()))
        if stands.request is not None and not told:
            told = True
            names = directory.names(stands.request.who, stands.request.requester)
            row = await store.request(stands.request.id)
            waiting = directory.waiting(row.waiting, row.away)
            yield {"request": row.id, "asked": names, "due": row.due, "waiting": waiting}
        ended = outcome(stands)
        if ended is not None:
            settled = stands.settlement.model_dump(mode="json") if stands.settlement is not None else {}
            yield {"outcome": ended, "comment": stands.refused} | settled
            return
        seen = await store.watch(home, seen)


def outcome(asked: Asked) -> Outcome | None:
    """Tell how it ended; None while it is open."""
    if asked.settlement is not None:
        return asked.settlement.outcome
    if asked.refused:
        return Outcome.NO_ROUTE
    return Outcome.CANCELLED if asked.ended else None
