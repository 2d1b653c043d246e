"""
A part → a mail: who it is from, where its replies go, what it follows, and its text twice, plain and as HTML.

Everything that people, models and tools wrote stands in the text, escaped where it is HTML, or in a header that the
library encodes and that no line break gets into. A mail has the same Message-ID however often it is sent.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from urllib.parse import quote

from adapters.base import Part
from adapters.email import limits, tokens
from adapters.email.config import Config
from agent_core import addresses

MARKER = "↑↑↑"
"""Begins the first line of what we ask: people write above it, and what stands below it in a reply is ours."""
_BREAKS = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")


def domain_of(config: Config) -> str:
    """Give the domain of our Message-IDs."""
    return config.account.rpartition("@")[2].lower()


def message_id(config: Config, part: Part) -> str:
    """Give the Message-ID of a part: a token of whoever reads it, so that an answer to it is one to us."""
    thread = _thread(part)
    token = tokens.Token("a" if thread else "d", thread, tokens.mail_of(part.delivery))
    return f"<{_written(config, token, str(part.arguments['reader']))}@{domain_of(config)}>"


def reply_address(config: Config, part: Part) -> str:
    """Say where replies to a part go, with a token: to decide with, where it asks somebody or is for them alone."""
    thread = _thread(part)
    local, _, domain = config.account.rpartition("@")
    if thread and part.kind != "ask":
        return f"{local}+{_written(config, tokens.Token('t', thread), '')}@{domain}"
    return f"{local}+{message_id(config, part).strip('<>').rpartition('@')[0]}@{domain}"


def _thread(part: Part) -> str:
    """Give the place of a part, where that is a thread; empty where it is a person."""
    place = addresses.parse(part.conversation).place
    return "" if "@" in place else place


def _written(config: Config, token: tokens.Token, person: str) -> str:
    return tokens.write(token, config.secret.get_secret_value(), config.account, person)


def compose(part: Part, config: Config, now: float) -> EmailMessage:
    """Write the mail."""
    said, reply_to = part.arguments, reply_address(config, part)
    mail = EmailMessage(policy=SMTP)
    mail["From"] = _address(config.account, config.name)
    mail["To"] = [_address(to) for to in said["to"]]
    if said["cc"]:
        mail["Cc"] = [_address(cc) for cc in said["cc"]]
    mail["Reply-To"] = _address(reply_to, config.name)
    follows = [*said["follows"], *([part.receipt.message_id] if part.receipt is not None else [])]
    mail["Subject"] = _subject(str(said["topic"]) or str(said["text"]), is_reply=bool(follows))
    mail["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    mail["Message-ID"] = message_id(config, part)
    if follows:
        mail["In-Reply-To"] = follows[-1]
        mail["References"] = " ".join(follows[-limits.REFERENCES :])
    mail["Auto-Submitted"] = "auto-generated"  # RFC 3834: no robot answers it
    mail["X-Auto-Response-Suppress"] = "All"  # and no Exchange server
    links = [(label, _mailto(reply_to, str(mail["Subject"]), word)) for word, label in said.get("words", [])]
    text, above = str(said["text"]), f"{MARKER} {said['above']}" if said.get("above") else ""
    mail.set_content(f"{above}\n\n{text}\n" if above else f"{text}\n", cte="quoted-printable")
    mail.add_alternative(_html(text, links, above), subtype="html", cte="quoted-printable")
    for enclosure, content in zip(part.enclosures, part.contents, strict=True):
        name = _one_line(enclosure.name)
        mail.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return mail


def _address(address: str, name: str = "") -> Address:
    local, _, domain = address.rpartition("@")
    return Address(_one_line(name), local, domain)


def _subject(topic: str, *, is_reply: bool) -> str:
    line = _one_line(topic)
    short = line if len(line) <= limits.SUBJECT else line[: limits.SUBJECT - 1] + "…"
    return f"Re: {short}" if is_reply and not short.lower().startswith("re:") else short


def _one_line(text: str) -> str:
    return " ".join(_BREAKS.sub(" ", text).split())


def _mailto(to: str, subject: str, word: str) -> str:
    """A link that opens a reply with a word in it (RFC 6068); whoever only follows it has sent nothing."""
    link = f"mailto:{quote(to)}?subject={quote(subject)}&body={quote(word)}"
    return link if len(link) <= limits.LINK else f"mailto:{quote(to)}?body={quote(word)}"


def _html(text: str, links: Sequence[tuple[str, str]], above: str) -> str:
    """The same as a page. A phone shows the beginning of a mail in its list, so there the text stands first, unseen."""
    paragraphs = [one for one in text.split("\n\n") if one.strip()]
    shown = "".join(f"<p>{escape(one).replace(chr(10), '<br>')}</p>" for one in paragraphs)
    pressed = " &nbsp; ".join(f'<a href="{escape(link)}" style="{_LINK}">{escape(label)}</a>' for label, link in links)
    below = f"<p>{pressed}</p>" if links else ""
    first = escape(" ".join(text.split())[:PREVIEW])
    marker = f'<div style="display:none">{first}</div><p style="{_FAINT}">{escape(above)}</p>' if above else ""
    return f'<!doctype html><html><body style="{_BODY}">{marker}{shown}{below}</body></html>\n'


PREVIEW = 120  # characters of a mail that lists show beside its subject
_FAINT = "color:#767676;font-size:13px"
_BODY = "font-family:sans-serif;font-size:16px;line-height:1.5;max-width:40em"
_LINK = "display:inline-block;padding:10px 16px;border:1px solid #1a56c4;border-radius:6px;color:#1a56c4"
