"""
What something from a channel means in its conversation: an answer, a command, a start, a word to a run, or nothing.

**Which request (G12).** A reply under a card or with a code names its request, and proves that it was seen. Text that
names none, and stands where the card does (not in the thread under something else), counts only where the vendor had
accepted the card before that text, by the vendor's own clock, and no other request was open in that conversation during
the last 24 hours. Otherwise the list of codes comes back and nothing is decided. A text that meets a card in flight
waits, with every text behind it, until the card's fate is known, and so does one under a message that may be that card;
buttons never wait. A text that came by a command has no time of the vendor's, and a mail that of another clock, so it
names its request or decides nothing.
"""

from __future__ import annotations

from adapters.base import COMMENT, HOW, TO, Say
from agent_core import events, facts, forms, replies
from agent_core.addresses import Party
from agent_core.grants import Grant
from agent_core.requests import HANDING_ON, Decision, Kind
from agent_core.thread import Thread
from gateway import gathering, letters, places, routing, runs
from gateway.agents import Listening
from gateway.conversation import FORGET_TOLD, QUIET, Conversation
from gateway.store.rows import Copy


def action(here: Conversation, fact: facts.ActionTaken | facts.FormSubmitted) -> None:
    """Somebody pressed a button, or sent in the form behind one."""
    copy = here.copies.get(fact.request)
    if copy is None:
        if not here.told_lately(f"{fact.sender} gone"):
            here.whisper(fact.sender, here.words(fact.sender).say("refused.gone"))
        return
    if isinstance(fact, facts.ActionTaken) and copy.members:
        covered = gathering.pressed(here, fact, copy)
        for one in covered:
            of = sum(other.home == one.home for other in covered)
            places.answer(here, fact, one, fact.decision, revision=fact.revision, of=of)
    elif isinstance(fact, facts.ActionTaken) and fact.decision is Decision.SHOW:
        gathering.show_by_itself(here, copy)
    elif isinstance(fact, facts.ActionTaken):
        confirmed, scope = copy.card.confirm is not None, fact.value if fact.decision is Decision.APPROVE else ""
        text = "" if scope else fact.value
        places.answer(here, fact, copy, fact.decision, text, grant=scope, revision=fact.revision, confirmed=confirmed)
    elif fact.decision in HANDING_ON:
        delegates = fact.values.get(HOW) == Decision.DELEGATE
        decision = Decision.DELEGATE if delegates else Decision.REASSIGN
        places.answer(here, fact, copy, decision, str(fact.values.get(TO, "")), revision=fact.revision)
    else:
        values = {name: value for name, value in fact.values.items() if name != COMMENT}
        places.answer(
            here,
            fact,
            copy,
            fact.decision,
            str(fact.values.get(COMMENT, "")).strip(),
            choice=fact.choice,
            values=values,
            revision=fact.revision,
            # A form in which the arguments stand is once more already.
            confirmed=fact.decision in (Decision.ANSWER, Decision.EDIT),
        )


def message(here: Conversation, seq: int, fact: facts.MessageReceived) -> bool:
    """
    Somebody wrote.

    Returns:
        False where this has to wait for the fate of a card in flight.
    """
    if fact.letter is not None and not letters.take_in(here, fact, fact.letter):
        return True
    reading, copy = read(here, fact), named(here, fact)
    if granted := revoked(here, fact):
        places.revoke(here, fact, granted)
        return True
    if copy is not None and _says_otherwise(here, copy, reading):
        letters.tell(here, fact, "letter.differs")
        return True
    if copy is not None and copy.members:
        left = [one for one in gathering.members(here, copy) if one.settled_at is None]
        copy = left[0] if len(left) == 1 else None
        if len(left) > 1 and not reading.command:
            _list_codes(here, fact, left)
            return True
    if copy is not None and not (reading.command and _is_requester(here, fact, copy)):
        under = fact.reply_to or ""
        shown = places.revision(here, copy, under, reading.code)
        places.say_to(here, fact, copy, revision=shown, under=under)
        return True
    mine = [copy for copy in _open(here) if _stands_by(copy, fact) and _may_answer(here, fact, copy)]
    sent = [*mine, *(copy for copy in _open(here) if _may_stand_under(copy, fact))]
    if here.state.deferred or any(places.in_flight(here, copy) for copy in sent):
        return False
    meant = [copy for copy in mine if not reading.command and _could_mean(here, fact, copy)]
    if not meant and len(mine) == 1 and not reading.command and _is_asked_in_thread(here, fact, mine[0]):
        meant = mine
    untimed = not fact.message_id or fact.letter is not None  # a command has no time, a mailbox a clock of its own
    reached = [
        copy for copy in meant if (at := places.prompted_at(here, copy)) is not None and (untimed or at < fact.sent_at)
    ]
    if reached and not untimed and len(reached) == len(meant) == len(here.copies_lately()) == 1:
        places.say_to(here, fact, reached[0], revision=reached[0].card.revision)
    elif reached:
        _list_codes(here, fact, [copy for copy in mine if copy.settled_at is None])
    else:
        _plain(here, seq, fact, reading)
    return True


def revoked(here: Conversation, fact: facts.MessageReceived) -> list[Grant]:
    """Find the standing grants that a bare word ends: in their one-to-one conversation, all that somebody has given."""
    word = replies.revokes(fact.text, languages=here.world.languages(fact.sender))
    if not (word and fact.direct) or named(here, fact) is not None:
        return []
    return here.world.grants.given_by(here.world.directory.party(fact.sender))


def read(here: Conversation, fact: facts.MessageReceived) -> replies.Reading:
    """Read a text; the codes of this conversation count."""
    codes = {code for copy in here.copies.values() for code in (copy.code, *copy.earlier_codes) if code}
    return places.reading(here, fact, codes=codes)


def named(here: Conversation, fact: facts.MessageReceived) -> Copy | None:
    """Find the request that a message names, by the card that it stands under or by a code; under a list by a code."""
    under = places.copy_under(here, fact.reply_to)
    if under is not None and not under.members:
        return under
    return places.copy_with(here, read(here, fact).code) or under


def _says_otherwise(here: Conversation, copy: Copy, reading: replies.Reading) -> bool:
    """A code that names another request than the one that a letter answers: which is meant is not for us to guess."""
    return reading.code is not None and places.copy_with(here, reading.code) is not copy


def _open(here: Conversation) -> list[Copy]:
    return [copy for copy in here.copies.values() if copy.settled_at is None and not copy.members]


def _stands_by(copy: Copy, fact: facts.MessageReceived) -> bool:
    """A text in the thread of a card, or beside it: what stands under something else is about that."""
    return fact.root == copy.root if copy.root else fact.reply_to is None


def _may_stand_under(copy: Copy, fact: facts.MessageReceived) -> bool:
    """A text under a message that nobody knows: it may be what a card has become; one in a run's thread heads none."""
    return fact.reply_to is not None and (fact.letter is not None or not copy.root)


def _may_answer(here: Conversation, fact: facts.MessageReceived, copy: Copy) -> bool:
    voter = here.world.directory.voter(fact.sender, fact.sender_name, fact.assurance)
    return here.world.directory.may_answer(copy.who, copy.requester, voter)


def _is_requester(here: Conversation, fact: facts.MessageReceived, copy: Copy) -> bool:
    return here.key == copy.home and _asked_for(here, fact, copy.requester)


def _asked_for(here: Conversation, fact: facts.MessageReceived, requester: Party | None) -> bool:
    """Whoever asked for it wrote this; their account may have been linked to them since."""
    directory = here.world.directory
    return directory.party(fact.sender) == directory.present(requester)


def _could_mean(here: Conversation, fact: facts.MessageReceived, copy: Copy) -> bool:
    """Any text may answer a question; for an approval it is one of its words or a change, for a form it has a field."""
    if copy.reassign is not None and replies.handing(fact.text, here.world.languages(fact.sender)):
        return True
    if copy.kind is Kind.FORM:
        return forms.begins(copy.card.fields, fact.text)
    if copy.kind is not Kind.APPROVAL:
        return True
    reading = places.reading(here, fact, in_doubt=copy.in_doubt)
    if replies.edited(copy.card.editable, fact.text, here.world.languages(fact.sender)):
        return True
    return reading.decision is not None or (reading.begins and here.capabilities().direct)


def _is_asked_in_thread(here: Conversation, fact: facts.MessageReceived, copy: Copy) -> bool:
    """In a card's thread, what somebody who may decide writes is about it; not what they asked for themselves."""
    return bool(copy.root) and not _asked_for(here, fact, copy.requester)


def _list_codes(here: Conversation, fact: facts.MessageReceived, copies: list[Copy]) -> None:
    if here.told_lately(f"{fact.sender} codes"):
        return
    words = here.words(fact.sender)
    lines = [words.say("codes.line", code=copy.code, title=gathering.titled(copy)) for copy in copies]
    here.whisper(fact.sender, words.say("codes", list="\n".join(lines)), fact.root)


# Not an answer -------------------------------------------------------------------------------------------------------


def _plain(here: Conversation, seq: int, fact: facts.MessageReceived, reading: replies.Reading) -> None:
    listening = here.world.agents.at(here.key)
    thread = _thread_at(here, fact.root)
    if thread is not None and thread.state.active:
        _to_run(here, seq, fact, thread, listening, reading)
    elif listening is not None and (fact.direct or fact.mentions_us or thread is not None):
        _start(here, seq, fact, listening)


def _thread_at(here: Conversation, root: str) -> Thread | None:
    """Find the thread that a message at a root belongs to; the one with a run under way before one without."""
    there = [t for t in here.threads.values() if t.state.root == root and t.state.branch == "main"]
    return max(there, key=lambda thread: thread.state.active, default=None)


def _to_run(
    here: Conversation,
    seq: int,
    fact: facts.MessageReceived,
    thread: Thread,
    listening: Listening | None,
    reading: replies.Reading,
) -> None:
    state, directory = thread.state, here.world.directory
    party, name = directory.party(fact.sender), directory.name(directory.party(fact.sender), fact.sender_name)
    is_requester = _asked_for(here, fact, state.requester)
    if not _may_speak(here, fact, listening, is_requester):
        if fact.direct or fact.mentions_us:
            _refuse(here, fact, "speak.refused")
        return
    if reading.command == "drop" and is_requester:
        runs.cancel(here, thread, party, name)
        return
    thread.learn(seq, fact)
    told = state.told_waiting or runs.receiving(here, thread)
    here.add(events.MessageKept(thread=thread.id, run=state.run, fact=seq, party=party, name=name))
    if not told:
        here.send(Say(_waiting_for(here, thread), state.root))


def _may_speak(
    here: Conversation, fact: facts.MessageReceived, listening: Listening | None, is_requester: bool
) -> bool:
    if is_requester:
        return True
    if listening is None:
        return False
    settings = listening.settings
    return settings.hear == "all" or here.world.directory.may_start(settings.start, fact.sender, outsider=fact.outsider)


def _waiting_for(here: Conversation, thread: Thread) -> str:
    if thread.state.parked is not None:
        return here.say("waiting.parked")
    standing = next(iter(thread.state.open_requests()), None)
    if standing is None:
        return here.say("waiting.tool")
    return here.say("waiting", who=routing.asked(here, standing.request, here.words()))


def _start(here: Conversation, seq: int, fact: facts.MessageReceived, listening: Listening) -> None:
    directory = here.world.directory
    if not directory.may_start(listening.settings.start, fact.sender, outsider=fact.outsider):
        _refuse(here, fact, "start.refused")
        return
    party = directory.party(fact.sender)
    if here.world.starts.too_many(party, here.now, here.begun_by(party)):
        _refuse(here, fact, "start.too_often", FORGET_TOLD)
        return
    runs.start(here, listening, seq, fact, party, directory.name(party, fact.sender_name))


def _refuse(here: Conversation, fact: facts.MessageReceived, key: str, quiet: float = QUIET) -> None:
    if not here.told_lately(f"{fact.sender} {key}", quiet):
        here.whisper(fact.sender, here.words(fact.sender).say(key), fact.root)
