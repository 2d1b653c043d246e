"""
Approvals of high urgency: asked once more, by naming what is approved.

Where a channel's buttons can ask, they do; in words it takes the code. That words alone do not count is ruled in
`agent_core/rulings.py`.
"""

from __future__ import annotations

from typing import Any

from agent_core.cards import Card, Confirm
from agent_core.catalogue import Catalogue
from agent_core.requests import Decision, Request
from agent_core.texts import exact, in_short, legible, shown
from gateway.conversation import Conversation


def asked(title: str, request: Request, words: Catalogue) -> Confirm:
    """
    Name once more what is approved: the tool with its arguments, in short; in full they stand on the card.

    Args:
        title: That of the card, which names what no tool stands for.
    """
    values = [f"{exact(name)}: {in_short(shown(value))}" for name, value in request.arguments.items()]
    named = title if request.tool is None else request.tool
    return Confirm(
        title=words.say("confirm.title"),
        text="\n".join([in_short(legible(named)), *values]),
        yes=words.say("button.run_again" if request.in_doubt else "button.approve"),
        no=words.say("confirm.no"),
    )


def offered(here: Conversation, card: Card, *, in_doubt: bool) -> Card:
    """Say on a card how to approve in words; where no button can ask once more, that is the only way."""
    told = here.say("card.how.code.in_doubt.high" if in_doubt else "card.how.code.high", code=card.code)
    update: dict[str, Any] = {"how": f"{card.how} {told}"}
    if not here.capabilities().confirms:
        update["buttons"] = tuple((d, label) for d, label in card.buttons if d is not Decision.APPROVE)
        update["confirm"] = None
    return card.model_copy(update=update)
