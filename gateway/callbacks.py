"""
Clients that want to be told how their requests ended, and what people ask back: by webhook, decided with what it tells.
"""

from __future__ import annotations

from typing import Any

import pydantic_core

from adapters.base import Part
from agent_core import addresses
from agent_core.thread import Thread
from gateway import clients
from gateway.api.views import moment, view
from gateway.conversation import Conversation
from gateway.store.rows import DAY

LONGEST = 3 * DAY  # seconds that a webhook is tried


def run_ended(here: Conversation, thread: Thread) -> None:
    """A run has ended: where it asked for a client that wants to be told, it is."""
    _tell(here, thread)


def asked_back(here: Conversation, thread: Thread) -> None:
    """Somebody who may decide has asked something instead."""
    _tell(here, thread, "question")


def _tell(here: Conversation, thread: Thread, what: str = "") -> None:
    if thread.id != clients.thread(here.key):
        return
    asked = clients.read(thread.records)
    if asked.wanted is None or not asked.wanted.callback:
        return
    home, request = addresses.parse(here.key), asked.request
    name = clients.request_id(here.key, asked.wanted)
    names, due = list[str](), None
    if request is not None:
        row = here.requests[request.id]
        names = here.world.directory.asked(request.model_copy(update={"places": (*request.places, *row.added)}))
        due = row.due
    signs = here.world.evidence
    evidence = signs.of(home.account, home.place, asked) if signs is not None else ""
    stands = view(name, home.account, home.place, asked, names, due, evidence=evidence)
    told: dict[str, Any] = {"type": f"request.{what or stands.status}", "timestamp": moment(here.now), "data": stands}
    body = pydantic_core.to_json(told).decode()
    arguments = {"url": asked.wanted.callback, "body": body}
    part = Part(kind="webhook", arguments=arguments, conversation=here.key, idempotent=True)
    here.post(part, "webhook", request=request.id if request is not None else None, deadline=here.now + LONGEST)
