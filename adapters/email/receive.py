"""
A mail → a fact, or a reason why it is none.

Where it belongs is found in this order: the token in the address that it was sent to, then the ids in In-Reply-To and
References, which are tokens too where they are ours; never the subject. Mail that answers nothing of ours begins a
thread, or goes on with one that others know by its first id. Only words that can be nothing but an answer ("approve",
or a code) go to the conversation with whoever wrote them, because a mail of its own is how some people answer.

A token is worth something to the one it was written for. From anybody else it names a thread at most.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from typing import Literal, NamedTuple

from adapters.base import Inbound
from adapters.email import authentication, automatic, mime, parse, reply, tokens
from adapters.email.compose import MARKER, domain_of
from adapters.email.config import Config
from adapters.email.mailbox import Mail
from adapters.email.tokens import Token
from agent_core import addresses, facts, replies
from agent_core.addresses import Identity
from agent_core.requests import Assurance

CHANNEL = "email"
FETCHED = "mail:"  # begins the address of an attachment: the Message-ID, and which of its files it is
REASON = 200  # characters of what a mail system says
_MARKED = re.compile(rf"^[>\s|]*{MARKER}.*$", re.MULTILINE)
_CODE = re.compile(rf"[{replies.ALPHABET}]{{3,4}}", re.IGNORECASE)
_INSIDE = re.compile(rb"^message-id:\s*(<[^<>\s]{1,250}>)", re.IGNORECASE | re.MULTILINE)

REPORTS: dict[str, Literal["failed", "delayed", "away"]] = {
    "bounce": "failed",
    "delayed": "delayed",
    "auto_reply": "away",
}


class Dropped(NamedTuple):
    """A mail that is no fact: one word for why, and who is said to have sent it."""

    reason: str
    sender: str = ""


class Found(NamedTuple):
    """
    What a mail answers.

    `place` is where it belongs, empty where it answers nothing of ours; `mail` the id of ours that it answers.
    `is_theirs` tells whether its sender is the one who may answer with it.
    """

    place: str = ""
    mail: str = ""
    is_theirs: bool = True


def read(mail: Mail, config: Config) -> Inbound | Dropped:
    """Read a mail of an account's mailbox."""
    message = mime.parse(mail.raw)
    parsed = parse.of(message)
    sender = parsed.sender[0].address if len(parsed.sender) == 1 else ""
    if sender == config.account.lower() or _has_our_shape(parsed.message_id, config):
        return Dropped("echo", sender)
    kind = automatic.classify(mail.raw)
    if kind.kind in REPORTS:
        return _report(mail, parsed, kind, config)
    if kind.kind != "person":
        return Dropped(kind.kind, sender)
    if not sender:
        return Dropped("no_sender")
    is_proven = authentication.authenticated(message, config.authserv_id) == sender
    found = _found(parsed, sender, config)
    if not is_proven and not found.place:
        return Dropped("unproven", sender)
    fact = _message(mail, parsed, found, config, is_proven=is_proven)
    place = found.place or (sender if _only_answers(fact.text) else _thread(parsed, mail, config))
    others = fact.letter.readers if fact.letter is not None else ()
    alone = "@" in place or not [one for one in others if one != fact.sender]
    return _inbound(mail, fact.model_copy(update={"direct": alone}), place, config, parsed.message_id)


def _message(mail: Mail, parsed: parse.Mail, found: Found, config: Config, *, is_proven: bool) -> facts.MessageReceived:
    sender = parsed.sender[0]
    trouble: Literal["", "unproven", "not_yours", "too_large"] = ""
    if not is_proven:
        trouble = "unproven"
    elif not found.is_theirs:
        trouble = "not_yours"
    elif not mail.is_whole:
        trouble = "too_large"
    written_to = [contact.address for contact in (*parsed.to, *parsed.cc) if contact.address]
    others = [address for address in dict.fromkeys(written_to) if parse.detail(address, config.account) is None]
    return facts.MessageReceived(
        sender=_identity(sender.address, config),
        sender_name=sender.name,
        assurance=Assurance.MEDIUM if is_proven else Assurance.NONE,
        message_id=parsed.message_id or f"<{_digest(mail.raw)}@nameless.invalid>",
        sent_at=mail.at,
        text=_newly_written(parsed) if mail.is_whole else "",
        reply_to=found.mail or None,
        mentions_us=any(parse.detail(contact.address, config.account) is not None for contact in parsed.to),
        attachments=tuple(_attachments(parsed)),
        letter=facts.Letter(
            topic=parsed.topic,
            follows=parsed.references,
            readers=tuple(_identity(address, config) for address in others),
            trouble=trouble,
        ),
    )


def _report(mail: Mail, parsed: parse.Mail, kind: automatic.Classified, config: Config) -> Inbound | Dropped:
    """What a mail system says of a mail of ours, if it says of which."""
    author = parsed.sender[0].address if parsed.sender else ""
    reader = next(iter(kind.recipients), "") or author
    if kind.status.startswith("2"):
        return Dropped("delivered", author)
    inside = [name.decode("latin-1") for name in _INSIDE.findall(mail.raw)[:20]]
    for name in (*_details(parsed, config), *parsed.in_reply_to, *reversed(parsed.references), *inside):
        read = _token(name, reader, config)
        if read is not None and read[0].mail and read[1]:
            said = parsed.subject[:REASON] or "the mail came back"
            fact = facts.DeliveryReported(
                sender=_identity(reader, config),
                message_id=_our_id(read[0], reader, config),
                sent_at=mail.at,
                status=REPORTS[kind.kind],
                reason=f"{said} ({kind.status})" if kind.status else said,
            )
            return _inbound(mail, fact, read[0].thread or reader, config, parsed.message_id)
    return Dropped(kind.kind, author)


def _inbound(mail: Mail, fact: facts.ChannelFact, place: str, config: Config, message_id: str) -> Inbound:
    account = f"{CHANNEL}:{config.account}"
    keys = [f"{account}/{_digest(mail.raw)}"] + ([f"{account}/{message_id}/{fact.sender}"] if message_id else [])
    return Inbound(addresses.conversation(CHANNEL, config.account, place), fact, tuple(keys), mail.raw, lasting=True)


def _found(parsed: parse.Mail, sender: str, config: Config) -> Found:
    """Find what a mail answers."""
    strange = Found()
    for name in (*_details(parsed, config), *reversed(parsed.in_reply_to), *reversed(parsed.references)):
        read = _token(name, sender, config)
        if read is None:
            continue
        token, is_theirs = read
        if is_theirs:
            return Found(token.thread or sender, _our_id(token, sender, config) if token.mail else "")
        strange = Found(sender, is_theirs=False)
    return strange


def _details(parsed: parse.Mail, config: Config) -> Iterator[str]:
    """Give what stands behind the plus sign of the account's own address among the recipients."""
    for address in parsed.recipients:
        if detail := parse.detail(address, config.account):
            yield detail


def _has_our_shape(name: str, config: Config) -> bool:
    """Tell whether a Message-ID is like those that we write; nobody else's need to be, and so they are left alone."""
    return "@" in name and _token(name, "", config) is not None


def _token(name: str, sender: str, config: Config) -> tuple[Token, bool] | None:
    """Read a token, alone or as our Message-ID, with whether it is the sender's."""
    local, at, domain = name.strip("<>").rpartition("@")
    if at and domain.lower() != domain_of(config):
        return None
    return tokens.read(local if at else name, config.secret.get_secret_value(), config.account, sender)


def _identity(address: str, config: Config) -> Identity:
    return addresses.identity(CHANNEL, config.account, address)


def _our_id(token: Token, reader: str, config: Config) -> str:
    """Give the Message-ID of the mail of ours that a token is of."""
    whole = Token("a" if token.thread else "d", token.thread, token.mail)
    return f"<{tokens.write(whole, config.secret.get_secret_value(), config.account, reader)}@{domain_of(config)}>"


def _thread(parsed: parse.Mail, mail: Mail, config: Config) -> str:
    """Name the thread of a mail that answers nothing of ours: by its first id, however many have answered it."""
    root = next(iter((*parsed.references, *parsed.in_reply_to)), parsed.message_id) or _digest(mail.raw)
    return tokens.thread_of(config.account, root)


def _newly_written(parsed: parse.Mail) -> str:
    """Give what its sender newly wrote; what stands below our own line is ours."""
    text, html = (_MARKED.split(part, maxsplit=1)[0] if MARKER in part else part for part in (parsed.text, parsed.html))
    return reply.new_part(text, html or None).strip()


def _only_answers(text: str) -> bool:
    """Tell whether a mail says nothing but a word of ours, or a code with or without one."""
    line, _ = replies.opening(text)
    words = [word for word in line.split() if not _CODE.fullmatch(word.strip(".,:;!"))]
    has_code, rest = len(words) < len(line.split()), " ".join(words)
    says = replies.read(rest, languages=tuple(replies.WORDS)).decision is not None
    return says or (has_code and not rest)


def _attachments(parsed: parse.Mail) -> Iterator[facts.Attachment]:
    for number, file in enumerate(parsed.attachments):
        url = f"{FETCHED}{parsed.message_id}#{number}"
        yield facts.Attachment(name=file.name, media_type=file.media_type, size=file.size, url=url)


def _digest(raw: bytes) -> str:
    return sha256(raw).hexdigest()[:32]
