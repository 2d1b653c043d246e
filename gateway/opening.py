"""
What opens behind a button of a card: the form that somebody asked for, or the sentence why not.

It is answered from what stands here and now, in the seconds that a vendor gives; what is sent in later is ruled on at
home, like every answer.
"""

from __future__ import annotations

from adapters.base import COMMENT, HOW, TO, Form, FormWanted, NoForm
from agent_core import handing
from agent_core.cards import Card
from agent_core.catalogue import Catalogue
from agent_core.forms import Field
from agent_core.requests import HANDING_ON, Decision
from agent_core.rulings import Voter
from gateway import filling
from gateway.directory import Directory
from gateway.store.rows import Copy

MOST_OFFERED = 100  # people in the menu of those to whom a request may be handed on; more are named in words


def of(copy: Copy, wanted: FormWanted, directory: Directory, words: Catalogue) -> Form | NoForm:
    """Give the form that somebody asked for by a card, in their words, or what to tell them."""
    say = words.say
    if copy.settled_at is not None:
        return NoForm("; ".join(copy.card.notes))
    voter = directory.voter(wanted.sender, wanted.sender_name, wanted.assurance)
    if not directory.may_answer(copy.who, copy.requester, voter):
        names, roles = words.either(directory.names(copy.who, copy.requester)), words.both(directory.unread(copy.who))
        return NoForm(say(f"refused.{directory.not_asked(copy.who, voter)}", who=names, roles=roles))
    if wanted.revision != copy.card.revision:
        return NoForm(say("form.outdated"))
    if wanted.hand:
        return _to_hand_on(copy, voter, directory, words)
    if wanted.edit:
        return _to_approve(copy.card, words)
    if copy.card.fields:
        return _form(copy.card, Decision.ANSWER, "answer", filling.worded(copy.card.fields, words), words)
    return _to_deny(copy.card, wanted.choice, words)


def _form(
    card: Card, decision: Decision, key: str, fields: tuple[Field, ...], words: Catalogue, choice: str = ""
) -> Form:
    title, submit = words.say(f"form.{key}.title"), words.say(f"form.{key}.submit")
    close, failed = words.say("form.close"), words.say("form.failed")
    return Form(decision, title, fields, submit, close, failed, choice, card.revision)


def _to_approve(card: Card, words: Catalogue) -> Form:
    """Ask what somebody adds to their approval, and what they change where they may."""
    say, changes = words.say, filling.worded(card.editable, words)
    label, hint = say("form.comment.label"), say("form.comment.hint")
    comment = Field(name=COMMENT, kind="long_text", label=label, hint=hint, required=not changes)
    decision, key = (Decision.EDIT, "edit") if changes else (Decision.APPROVE, "approve")
    return _form(card, decision, key, (*changes, comment), words)


def _to_deny(card: Card, choice: str, words: Catalogue) -> Form:
    """Ask for a reason, which begins as the way to deny has it."""
    chosen = next((denial for denial in card.denials if denial.name == choice), None)
    label = words.say("form.deny.label") if chosen is None else chosen.label
    prefill, hint = "" if chosen is None else chosen.prefill, words.say("form.comment.hint")
    reason = Field(name=COMMENT, kind="long_text", label=label, hint=hint, initial=prefill)
    return _form(card, Decision.DENY, "deny", (reason,), words, "" if chosen is None else chosen.name)


def _to_hand_on(copy: Copy, giver: Voter, directory: Directory, words: Catalogue) -> Form | NoForm:
    """Ask to whom somebody hands a request on, and how."""
    say, requester = words.say, directory.present(copy.requester)
    may = handing.takers(copy.who, copy.reassign, requester, giver.party, directory.people())
    if not may:
        return NoForm(say("form.hand.nobody"))
    ways = tuple((str(decision), say(f"form.hand.{decision}")) for decision in HANDING_ON)
    people = tuple((str(person.id), person.name) for person in may[:MOST_OFFERED])
    to = Field(name=TO, kind="choice", label=say("form.hand.to"), options=people)
    how = Field(name=HOW, kind="choice", label=say("form.hand.how"), options=ways, initial=HANDING_ON[0])
    return _form(copy.card, Decision.REASSIGN, "hand", (to, how), words)
