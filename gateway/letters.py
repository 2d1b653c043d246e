"""
Mail: what a letter says besides its words, to whom the next one goes, and what may not be acted on.

A place where letters are written does not say who reads there. So a conversation keeps the head of its next letter: to
whoever wrote last, with those besides who were written to and are in the directory, under the same topic, after
everything before. Only who is known there already, or is in the directory, becomes one of its readers: what a stranger
in Cc writes changes nothing.

Whose mail nobody vouches for gets no answer, because it would go to whoever was named as the sender. The owner hears
of it, once in a while.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.base import Letterhead, Say
from agent_core import addresses, facts, forms, replies
from agent_core.addresses import Identity, Party
from agent_core.cards import Card
from agent_core.forms import Field
from agent_core.requests import Kind, Who
from agent_core.texts import exact, legible
from gateway import filling
from gateway.conversation import FORGET_TOLD, QUIET, Conversation
from gateway.store.rows import Copy

MOST_READERS = 20  # of one letter
MOST_FOLLOWED = 20  # ids that a letter names of what it follows
SHOWN = 80  # characters of the topic of a letter that an owner is told of


def take_in(here: Conversation, fact: facts.MessageReceived, letter: facts.Letter) -> bool:
    """
    Note who writes to whom about what.

    Returns:
        False where nothing in it may be acted on; whoever has to know was told.
    """
    if letter.trouble == "unproven":
        _tell_owner(here, fact, letter)
        return False
    if letter.trouble:
        tell(here, fact, f"letter.{letter.trouble}")
        return False
    if _belongs(here, fact):
        here.state = here.state.model_copy(update={"head": _head(here, fact, letter)})
    if not fact.text.strip() and not fact.attachments:
        tell(here, fact, "letter.empty")
        return False
    return True


def tell(here: Conversation, fact: facts.ChannelFact, key: str) -> None:
    """Tell whoever wrote something, once in a while."""
    if not here.told_lately(f"{fact.sender} {key}", QUIET):
        here.whisper(fact.sender, here.words(fact.sender).say(key))


def _tell_owner(here: Conversation, fact: facts.MessageReceived, letter: facts.Letter) -> None:
    if here.told_lately(f"{fact.sender} unproven", FORGET_TOLD):
        return
    topic = legible(letter.topic)[:SHOWN]
    sender = addresses.parse(fact.sender).place
    here.tell_owner(lambda place: here.words(place).say("letter.unproven.owner", sender=sender, topic=topic))


def _belongs(here: Conversation, fact: facts.MessageReceived) -> bool:
    known = here.state.head
    if known is None or fact.sender in (*known.to, *known.copies):
        return True
    return here.world.directory.person(fact.sender) is not None


def _head(here: Conversation, fact: facts.MessageReceived, letter: facts.Letter) -> Letterhead:
    directory = here.world.directory
    others = [one for one in letter.readers if one != fact.sender and directory.person(one) is not None]
    return Letterhead(
        to=(fact.sender,),
        copies=tuple(dict.fromkeys(others))[:MOST_READERS],
        topic=letter.topic,
        follows=(*letter.follows, fact.message_id)[-MOST_FOLLOWED:],
    )


def readers(here: Conversation) -> tuple[Identity, ...]:
    """Give those who read here, whoever wrote last first."""
    head = here.state.head
    return (*head.to, *head.copies) if head is not None else ()


def deciders(here: Conversation, who: Who, requester: Party | None) -> tuple[Identity, ...]:
    """Give those of the readers here who may decide a request: each is asked in a mail of their own."""
    directory, assurance = here.world.directory, here.capabilities().assurance
    voters = ((one, directory.voter(one, "", assurance)) for one in readers(here))
    return tuple(one for one, voter in voters if directory.may_answer(who, requester, voter))


def worded(here: Conversation, ask: facts.AskForwarded, code: str) -> Card:
    """Word a card for a letter: by when in words, and how to answer without anything to press."""
    card, words = ask.card, here.words()
    if ask.kind is Kind.FORM:
        how = words.say("card.how.letter.form", fields=exact(filling.how(card.fields, words)))
    elif ask.kind is Kind.APPROVAL:
        kind = "in_doubt" if ask.in_doubt else "approval.high" if card.confirm is not None else "approval"
        how = words.say(f"card.how.letter.{kind}")
    else:
        how = words.say("card.how.letter.choices" if card.choices else "card.how.letter.question")
    by = f"{card.by} {here.clock(card.due)}." if card.due is not None else card.by
    elsewhere = words.say("card.how.letter.code", code=code)
    how = f"{how} {elsewhere}"
    if ask.links and here.world.links is not None and here.capabilities().direct and _can_be_pressed(card):
        link = here.world.links.write(here.key, ask.request, card.revision)
        how = f"{how}\n\n{words.say('card.how.letter.link')}\n{link}"
    return card.model_copy(update={"by": by, "due": None, "code": code, "how": how})


def _can_be_pressed(card: Card) -> bool:
    """Tell whether there is anything to press on a page; what urgently has to be approved takes its code."""
    return bool(card.choices or card.fields or (card.buttons and card.confirm is None))


def filled_in(asked: Sequence[Field], text: str) -> str:
    """Give the lines of a letter that fill in a form: without a greeting, and without what stands apart below them."""
    said = "\n".join(replies.opening(text))
    return said if forms.written(asked, said) is not None else said.partition("\n\n")[0]


def under(here: Conversation, copy: Copy, text: str) -> list[Say]:
    """Say something in reply to each mail that a request went out in, or is on its way in; it waits for that one."""
    channel, account, _ = addresses.parse(here.key)
    readers = dict(zip(copy.deliveries, copy.readers, strict=False))
    said = []
    for name in copy.deliveries:
        row, reader = here.asks.get(name), readers.get(name)
        if row is not None and row.receipt is not None and reader is None:  # stored before readers were
            reader = addresses.identity(channel, account, row.receipt.place)
        if row is not None and reader is not None and (row.receipt is not None or row.status == "claimed"):
            said.append(Say(text, copy.root, name, head=Letterhead(to=(reader,), topic=copy.card.topic)))
    return said
