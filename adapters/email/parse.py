"""
A mail's bytes as values: who, to whom, what, and what is attached.

Nothing raises, and nothing in the values can break a header that is made of them: they stand on one line, without
control characters, and have a length.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from email.utils import parsedate_tz
from functools import cached_property

from adapters.email import addresses, markup, mime
from adapters.email.addresses import Contact

ATTACHMENTS = 20  # files of a mail that are kept
ATTACHMENT = 10 * 1024 * 1024  # bytes of each; of a larger one only name, type and size
SUBJECT = 500  # characters
IDS = 50  # ids of a References header, the last ones and the first
ID = 250  # characters of an id
MARKS = 10  # brackets around brackets of a subject that are taken away
NAME = 120  # characters of a file's name
RECIPIENTS = (
    "x-original-to",
    "delivered-to",
    "envelope-to",
    "x-gm-original-to",
    "x-forwarded-to",
    "resent-to",
    "to",
    "cc",
)
"""Headers that say for whom a mail is, the surest first: what a server wrote at delivery, then what the sender did."""

_ID = re.compile(rf"<[^<>\s]{{1,{ID}}}>")
_MARKS = re.compile(
    r"^(?:(?:re|fwd?|aw|antw|antwort|wg|sv|vs|vl|vb|doorst|odp|pd|r|i|rif|ref|res|enc|rv|tr|fs|ynt|ilt|i̇lt|απ|σχετ|πρθ|na|bls|"
    r"trs|atb|hà|továbbítás|vá|továb|ответ|отв|пересл|на|回复|答复|转发|回覆|轉寄|轉|返信|転送|회신|전달|תגובה|הועבר|رد|تحويل)"
    r"\s?(?:\[\d{1,3}\]|\(\d{1,3}\)|\^\d{1,3})?\s*(?:[:：;]\s*)+)+",
    re.IGNORECASE,
)
_FORWARDED = re.compile(r"^\(fwd\)|\(fwd\)$", re.IGNORECASE)
_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069<>:\"|?*]+")
_EXTENSIONS = {"text/plain": "txt", "text/html": "html", "message/rfc822": "eml", "text/calendar": "ics",
               "application/pdf": "pdf", "image/jpeg": "jpg"}  # fmt: skip


@dataclass(frozen=True)
class Attachment:
    """A file in a mail; `content` is empty where it is larger than is kept, `size` in bytes is what it has."""

    name: str
    media_type: str
    size: int
    content: bytes


@dataclass(frozen=True)
class Mail:
    """
    A mail.

    `sender` are those of From, of whom there should be one. `recipients` are addresses it may have been delivered
    to, the surest first; `references` the ids of earlier mail, the oldest first; `sent_at` in seconds since the
    epoch, None where the date is none. `text` is empty where there is only `html`; `lost` are files beyond those kept.
    """

    sender: tuple[Contact, ...]
    reply_to: tuple[Contact, ...]
    to: tuple[Contact, ...]
    cc: tuple[Contact, ...]
    recipients: tuple[str, ...]
    subject: str
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sent_at: float | None
    text: str
    html: str
    attachments: tuple[Attachment, ...]
    lost: int

    @cached_property
    def topic(self) -> str:
        """The subject without the marks of replies and forwards, in whatever language; only to be shown."""
        topic = self.subject
        for _ in range(MARKS):
            inner = _FORWARDED.sub("", _MARKS.sub("", topic)).strip()
            if inner.startswith("[") and inner.endswith("]") and _MARKS.match(inner[1:]):
                inner = inner[1:-1].strip()
            if inner == topic:
                break
            topic = inner
        return topic

    @cached_property
    def shown(self) -> str:
        """The text as a reader sees it, out of HTML where there is no other."""
        return self.text if self.text.strip() else markup.text(self.html)


def parse(raw: bytes) -> Mail:
    """Read a mail. Never raises; takes a few times the memory of its bytes."""
    return of(mime.parse(raw))


def of(message: mime.Part) -> Mail:
    """Read a mail out of its parts."""
    texts, pages, files = _bodies(message)
    contacts = {name: tuple(_contacts(message, name)) for name in ("from", "reply-to", "to", "cc")}
    return Mail(
        sender=contacts["from"],
        reply_to=contacts["reply-to"],
        to=contacts["to"],
        cc=contacts["cc"],
        recipients=tuple(_recipients(message)),
        subject=" ".join(message.get("subject").split())[:SUBJECT],
        message_id=next(iter(_ids(message, "message-id")), ""),
        in_reply_to=tuple(_ids(message, "in-reply-to")[:IDS]),
        references=tuple(_some(_ids(message, "references"))),
        sent_at=_date(message.get("date")),
        text="\n".join(part.text() for part in texts)[: mime.TEXT],
        html="\n".join(part.text() for part in pages)[: mime.TEXT],
        attachments=tuple(_attachment(part) for part in files[:ATTACHMENTS]),
        lost=len(files[ATTACHMENTS:]),
    )


def detail(address: str, account: str) -> str | None:
    """
    Give what stands behind the plus sign in an address of an account, "" where nothing does.

    Returns:
        None where it is another's address.
    """
    local, _, domain = address.lower().rpartition("@")
    own, _, ours = account.lower().rpartition("@")
    name, _, rest = local.partition("+")
    return rest if domain == ours and name == own else None


def _contacts(message: mime.Part, name: str) -> list[Contact]:
    found = [contact for value in message.all(name)[:5] for contact in addresses.parse(value)]
    return found[: addresses.MOST]


def _recipients(message: mime.Part) -> list[str]:
    found = (contact.address for name in RECIPIENTS for contact in _contacts(message, name))
    return list(dict.fromkeys(address for address in found if address))[: addresses.MOST]


def _ids(message: mime.Part, name: str) -> list[str]:
    return list(dict.fromkeys(found for value in message.all(name)[:5] for found in _ID.findall(mime.decoded(value))))


def _some(ids: list[str]) -> list[str]:
    return ids if len(ids) <= IDS else [ids[0], *ids[1 - IDS :]]


def _date(value: str) -> float | None:
    try:
        found = parsedate_tz(value[:200])
        if found is None or not 1970 <= found[0] < 10_000:
            return None
        return float(calendar.timegm((*found[:6], 0, 1, 0)) - (found[9] or 0))
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def _bodies(message: mime.Part) -> tuple[list[mime.Part], list[mime.Part], list[mime.Part]]:
    """Returns the parts to read as text, those as HTML, and the files, each in order."""
    texts: list[mime.Part] = []
    pages: list[mime.Part] = []
    files: list[mime.Part] = []
    waiting = [(message, False)]  # with whether it belongs to a page of HTML
    while waiting:
        part, related = waiting.pop()
        kind = part.kind
        if part.inner and kind != "message/rfc822":
            within = related or kind == "multipart/related"
            waiting.extend((inner, within) for inner in reversed(part.inner))
        elif _is_file(part, kind, whole=part is message, first=not texts):
            logo = related and part.disposition != "attachment" and kind.startswith("image/") and part.all("content-id")
            if not logo:
                files.append(part)
        elif kind == "text/html":
            pages.append(part)
        else:
            texts.append(part)
    return _first_alternatives(message, texts), pages, files


def _first_alternatives(message: mime.Part, texts: list[mime.Part]) -> list[mime.Part]:
    """Of several texts that say the same, the first."""
    dropped: set[int] = set()
    for part in message.walk():
        if part.kind == "multipart/alternative":
            same = [inner for inner in part.inner if any(inner is text for text in texts)]
            dropped |= {id(inner) for inner in same[1:]}
    return [part for part in texts if id(part) not in dropped]


def _is_file(part: mime.Part, kind: str, *, whole: bool, first: bool) -> bool:
    if kind.startswith("multipart/"):  # whose parts cannot be found: then it is read as it stands
        return False
    if part.disposition == "attachment" and not whole:
        return True
    if kind in ("text/plain", "text/html"):
        return bool(_filename(part)) and not whole and not (first and kind == "text/plain")
    return kind == "text/calendar" or not (kind.startswith("text/") and whole)


def _filename(part: mime.Part) -> str:
    return part.parameter("filename", "content-disposition") or part.parameter("name")


def _attachment(part: mime.Part) -> Attachment:
    content = part.content()
    name = re.split(r"[/\\]", _filename(part))[-1]
    name = " ".join(_UNSAFE.sub(" ", name).split()).strip(". ")
    if len(name) > NAME:
        stem, dot, ending = name.rpartition(".")
        name = stem[: NAME - 10] + dot + ending[:9] if dot else name[:NAME]
    kind = part.kind[:100]
    return Attachment(
        name or f"attachment.{_EXTENSIONS.get(kind, 'bin')}",
        kind,
        len(content),
        content if len(content) <= ATTACHMENT else b"",
    )
