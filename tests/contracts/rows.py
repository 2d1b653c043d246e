"""
Rows to store, at their plainest.
"""

from __future__ import annotations

from typing import Any

from adapters.base import Part
from agent_core import events, facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.cards import Card
from agent_core.log import Record
from agent_core.requests import Kind, Who
from gateway.store.base import Change, Fact, Ownership
from gateway.store.rows import ConversationState, Copy, Delivery, DeliveryKind, RequestRow, ThreadRow
from tests.agent_core.logs import ANA, a_request
from tests.runtime import NOON

HERE = ConversationKey("slack:T1/U1")
THERE = ConversationKey("slack:T1/C1")
SENDER = Identity("slack:T1/U1")


def a_message(text: str = "hi", **how: Any) -> facts.MessageReceived:
    return facts.MessageReceived.model_validate({"sender": SENDER, "sent_at": NOON, "text": text} | how)


def a_fact(text: str = "hi", *dedupe: str, to: ConversationKey = HERE) -> Fact:
    return Fact(to, a_message(text), dedupe)


def a_start(thread: str = "t", run: str = "r1", **how: Any) -> events.RunStarted:
    given = {"thread": thread, "run": run, "agent": "bot", "version": "1"}
    return events.RunStarted.model_validate(given | how)


def a_change(owner: Ownership, version: int, *happened: events.Event, **how: Any) -> Change:
    given: dict[str, Any] = {
        "conversation": HERE,
        "ownership": owner,
        "version": version,
        "state": ConversationState(applied=version),
        "ready": False,
        "at": NOON,
        "events": [Record(0, NOON, event) for event in happened],
    }
    return Change(**(given | how))


def a_thread(name: str = "t", **how: Any) -> ThreadRow:
    row = ThreadRow(name, HERE, "", "bot", "1", "main", "waiting", "", NOON)
    return row._replace(**how)


def a_delivery(name: str, kind: DeliveryKind = "say", to: ConversationKey = HERE, **how: Any) -> Delivery:
    part = Part(kind="chat.postMessage", arguments={"text": name}, conversation=to, target=how.pop("target", None))
    given = {"id": name, "conversation": to, "kind": kind, "part": part, "due": NOON, "deadline": NOON + 86_400}
    return Delivery.model_validate(given | how)


def a_copy(request: str, **how: Any) -> Copy:
    given = {
        "request": request,
        "place": HERE,
        "home": HERE,
        "kind": Kind.APPROVAL,
        "who": Who(people=(ANA,)),
        "card": Card(title=request),
        "opened_at": NOON,
    }
    return Copy.model_validate(given | how)


def an_opening(name: str = "q") -> tuple[events.RequestOpened, RequestRow]:
    """A request being opened, with its index entry; it waits an hour."""
    request = a_request(id=name, patience=3_600, opened_at=NOON, thread="t")
    row = RequestRow(id=name, home=HERE, thread="t", title="Approve?", due=NOON + 3_600, patience=3_600)
    return events.RequestOpened(thread="t", run="r1", key="k", request=request), row
