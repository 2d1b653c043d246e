"""
Accounts linked by a one-time code: an administrator hands a code to somebody, who writes it to the bot.

It counts once, within fifteen minutes, and only in a one-to-one conversation, where nobody else reads it. Whoever
writes wrong ones is not listened to for a while. The person and the owner role are told of every account that was
linked so.
"""

from __future__ import annotations

import re
from hashlib import sha256

from agent_core import facts
from agent_core.replies import ALPHABET
from agent_core.requests import Assurance
from gateway.conversation import Conversation
from gateway.store.rows import Link

CODE_LENGTH = 8
CODE_LIFE = 900.0  # seconds that a code counts
TRIES = 5  # wrong codes from one conversation ...
TRIES_WITHIN = 3_600.0  # ... within these seconds; more are not looked at
WRITTEN = re.compile(rf"link\s+([{ALPHABET}]{{4}})-?([{ALPHABET}]{{4}})", re.IGNORECASE)


def new_code(token: str) -> str:
    """Make a code of something that nobody can guess, in hexadecimal: two groups of four, to read out."""
    number, code = int(token, 16), ""
    while len(code) < CODE_LENGTH:
        number, place = divmod(number, len(ALPHABET))
        code += ALPHABET[place]
    return f"{code[:4]}-{code[4:]}"


def digest(code: str) -> str:
    """Name a code by its digest, however it is written: only that is stored."""
    return sha256(code.replace("-", "").upper().encode()).hexdigest()


def code_in(fact: facts.MessageReceived) -> str | None:
    """Give the digest of the code that a message consists of; None where it is something else."""
    written = WRITTEN.fullmatch(fact.text.strip()) if fact.direct else None
    return digest(written[1] + written[2]) if written else None


def claim(here: Conversation, fact: facts.MessageReceived, code: str) -> None:
    """Somebody wrote a code: the account is the person's that it was made for."""
    tries = tuple(at for at in here.state.link_tries if here.now - at < TRIES_WITHIN)
    if len(tries) >= TRIES or fact.assurance is Assurance.NONE:
        if not here.told_lately(f"{fact.sender} link"):
            here.whisper(fact.sender, here.say("link.too_often"))
        return
    directory, person = here.world.directory, here.link_codes.get(code)
    owner = directory.person(fact.sender)
    if person is None or directory.of(person) is None:
        here.state = here.state.model_copy(update={"link_tries": (*tries, here.now)})
        here.whisper(fact.sender, here.say("link.unknown"))
    elif owner is not None:
        key = "link.already" if owner.id == person else "link.taken"
        here.whisper(fact.sender, here.say(key, name=owner.name))
    else:
        name = directory.name(person)
        del here.link_codes[code]  # spent, also for what else this decision is about
        here.draft.links.append(Link(fact.sender, person, here.now, "a code", code))
        here.whisper(fact.sender, here.say("link.done", name=name))
        contact = directory.contact(person)
        if contact is not None:
            told = here.words(contact).say("link.person", identity=fact.sender)
            here.tell(contact, facts.NoteForwarded(text=told))
        here.tell_owner(lambda place: here.words(place).say("link.owner", name=name, identity=fact.sender))
