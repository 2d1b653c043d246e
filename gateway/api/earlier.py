"""
What a client's new request replaces, or asks again.
"""

from __future__ import annotations

from agent_core.requests import HALTING, Earlier, Outcome
from gateway import clients
from gateway.api.problems import Problem
from gateway.api.values import RequestIn
from gateway.sections import ClientSettings
from gateway.store.base import Store


async def find(store: Store, client: ClientSettings, body: RequestIn) -> Earlier | None:
    """
    Look at the request of the same client that a new one names.

    Whoever decides the old one before the new one is asked is first: the old one then keeps its outcome.

    Raises:
        Problem: There is none of theirs; or it is not as it would have to be.
    """
    name = body.supersedes or body.after
    if name is None:
        return None
    row = await store.client_request(name) if ":" not in name else None
    if row is None or row.client != client.name:
        raise Problem(422, "invalid", f"you have no request {name!r} that another one could follow")
    asked = await clients.look(store, row.home)
    ended = clients.outcome(asked)
    if body.supersedes is not None:
        if ended is not None:
            detail = f"{name!r} is {_said(ended)} already, and that does not change; ask without `supersedes`"
            raise Problem(409, "ended", detail)
        return Earlier(request=row.id, home=row.home, outcome=Outcome.SUPERSEDED, at=store.now())
    if asked.settlement is None or ended not in HALTING:
        detail = f"{name!r} is {_said(ended) if ended else 'still open'}; `after` names one that ran out unanswered"
        raise Problem(409, "not-run-out", detail)
    return Earlier(request=row.id, home=row.home, outcome=ended, at=asked.settlement.at)


def _said(outcome: Outcome) -> str:
    return outcome.replace("_", " ")
