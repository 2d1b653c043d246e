"""
Mail that no person wrote: what came back, what is late, who is away, complaints and lists.

It is never answered and never an answer, but it means something. Reports that follow RFC 3464 and RFC 5965 say it in
fields; of the others, those of two dozen mail systems, the words are read that stand above the copy of our mail. A
mail counts as returned only if a robot sent it (a mail system, an empty return path) and its subject or its words say
so: a person who writes about "user unknown" stays a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from adapters.email import addresses, away, markup, mime

Kind = Literal["person", "bounce", "delayed", "auto_reply", "feedback", "list"]

RECIPIENTS = 50  # that are taken out of a report
WORDS = 20_000  # characters of a report that are read, and ...
LINE = 500  # ... of each line of it


@dataclass(frozen=True)
class Classified:
    """
    What a mail is.

    `recipients` are whom ours did not reach, or not yet; `status` is the enhanced code of the first of them, such as
    5.1.1 (RFC 3463). A report that says a mail was delivered is an `auto_reply` with a status of 2.
    """

    kind: Kind
    recipients: tuple[str, ...] = ()
    status: str = ""


_ADDRESS = r"[\w.!#$%&*+/=?^{|}~-][\w.!#$%&'*+/=?^`{|}~-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}"
_ADDRESSES = re.compile(rf"(?<![\w.@=+-])({_ADDRESS})(?![\w@-])")
_LEADING = re.compile(rf"^(?:[-*•·>]{{1,2}} ?)?[<\"'(\[]*(?:mailto:)?({_ADDRESS})[>\"')\]]*(?=$|[\s:;,.(])")
_NAMED = re.compile(
    rf"(?:address(?:es)?|recipients?|rcpt to|to|user|mailbox|account|adresse|empfänger|destinataire|destinatari[oa]|"
    rf"direcci[oó]n|indirizzo|адрес\w*|получател\w*|宛先)\W{{1,4}}({_ADDRESS})",
    re.IGNORECASE,
)
_SENDERS = re.compile(
    r"mail from|^\s*from\b|sender|return-path|reply-to|contact|postmaster@|mailer-daemon@", re.IGNORECASE
)
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]\d|\.\d)")
_REPLY = re.compile(r"(?<![\d.:/-])([45]\d\d)(?=[\s:-])(?! [A-Z][a-z]{2} | bytes| KB| MB)")
_BLOCK = re.compile(r"\n[ \t]*\n")
_TO = re.compile(r"^to:[ \t]*(.{1,500})$", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(r"^([\w-]{1,60})[ \t]*:[ \t]*(.*(?:\n[ \t]+.*)*)", re.MULTILINE)

_DAEMON = re.compile(
    r"mailer-?daemon|mail-?daemon|mdaemon|post[-_.]?master|mail[-_]?delivery|maildeliverysubsystem|mmdf|bounces?|"
    r"double-bounce|microsoftexchange[0-9a-f]*|delivery|dsn|ndr"
)
_DAEMON_NAME = re.compile(
    r"mail(?:er)? (?:delivery|daemon)|delivery (?:sub)?system|delivery notification|system administrator|"
    r"mail administrator|ndr administrator|microsoft (?:outlook|exchange)|content-filter|mailer-daemon|postmaster",
    re.IGNORECASE,
)
_RETURNED = re.compile(
    r"undeliver|not delivered|non-?deliver|"
    r"delivery (?:status notification|failure|failed|report|error|problem|has failed)|"
    r"deliver(?:y|ed)\b.*\b(?:fail|unsuccessful)|returned (?:mail|to sender|message)|returning message|"
    r"failure notice|mail (?:delivery failed|failure|error|system error)|"
    r"message (?:delivery has failed|undeliverable|not deliver)|could ?n[o']t be (?:delivered|sent)|bounce|"
    r"rejected mail|blocked by|user unknown|unzustellbar|nicht zustellbar|zustellung.*(?:fehl|nicht)|"
    r"unzustellbarkeit|non (?:remis|distribu|délivr)|échec (?:de la )?(?:remise|distribution|livraison)|"
    r"no se (?:ha podido|pudo) entregar|no entregado|devuelto|error de entrega|não (?:foi )?(?:entregue|possível)|"
    r"falha na entrega|mancat[ao] (?:consegna|recapito)|non recapitabile|impossibile (?:consegnare|recapitare)|"
    r"niet (?:bezorgd|afgeleverd)|onbestelbaar|k(?:an|unne) ikke leveres|kunde inte levereras|niedostarczon|"
    r"nie dostarczono|"
    r"nedoručiteln|недоставлен|не доставлен|не может быть доставлен|kézbesíthetetlen|iletilemedi|teslim edilemedi|"
    r"配信(?:不能|できません|エラー)|届けられません|未送信|退信|无法投递|無法傳遞|投递失败|未能送达|반송|전송 실패|"
    r"배달 실패|(?:전송|배달)되지 (?:못|않)|발송 실패|mail delivery status\b",
    re.IGNORECASE,
)
_FAILED = re.compile(
    r"(?:could|can|was|did|were|is|has)(?: ?n[o']t| not)(?: be(?:en)?)? (?:able to )?(?:deliver|sen[dt]|reach|"
    r"process)|"
    r"unable to deliver|delivery (?:to|of|has|failed|failure|for)|not delivered|undeliverable|"
    r"permanent(?:ly)? (?:error|fail|fatal)|failed permanently|fatal errors?|rejected|returned (?:to sender|mail)|"
    r"user(?: is)? unknown|unknown (?:user|recipient|address|local)|no such (?:user|recipient|address|person)|"
    r"not listed|does ?n[o']t exist|mailbox (?:is )?(?:full|unavailable|not found|disabled)|over quota|"
    r"quota exceeded|invalid (?:recipient|address|user)|no valid recipients|address(?:es)? (?:failed|rejected)|"
    r"transcript of session|failure reasons|blocked|delivery report|message was not|nicht (?:zugestellt|übermittelt)|"
    r"konnte nicht|n'a pas (?:été|pu)|no se pudo|não pôde|non è stato|не может быть|не удалось|エラー|できません|"
    r"存在しない|无法|無法|失败|반송|실패|못했습니다",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"\bdelay|warning: (?:could not send|message)|still (?:being )?(?:retr|try|undeliv|unsent)|"
    r"will (?:keep|continue)(?: to)? (?:try|retry)|keep(?:s)? trying|temporar(?:y|ily) (?:fail|prob|unable|error)|"
    r"not yet been delivered|has been deferred|no action is required|do not need to resend|verzögert|en retard|"
    r"différé|retardé|retras|demorad|ritard|vertraagd|försenad|fördröj|forsinket|opóźnion|задерж|отложен|遅延|延迟|延遲|지연",
    re.IGNORECASE,
)
_GAVE_UP = re.compile(
    r"permanent|giv(?:en|ing) (?:it )?up|gave up|final(?:ly)? fail|no further (?:delivery )?attempts|"
    r"cannot send message for|has failed|timed? ?out.*(?:returned|bounced)|expired|too (?:old|long)",
    re.IGNORECASE,
)
_COPY_TITLE = re.compile(r"copy of|original|returned|unsent|header|message follows|below this line|included")
_COPY = re.compile(
    r"below is a copy|here is (?:a|your) copy|message headers follow|original message(?: headers)?(?: follows)?:?$|"
    r"the original message (?:follows|headers)|the header of the original|copy of the (?:original )?message|"
    r"your original message|(?:received|return-path|message-id):"
)
_CODED = re.compile(r"(?<![\d.])[45]\d\d[ -]{1,2}#?[45]\.\d{1,3}\.\d{1,3}(?![\d.])|\(#[45]\.\d\.\d\)")
_NOBODY = re.compile(
    r"(?:no|not|donot|do-not|dont|non)[-_.]?reply.*|noreply.*|nepasrepondre|auto-?(?:reply|respond|mail).*"
)
_LIST_HEADERS = ("list-id", "list-unsubscribe", "list-post", "list-help", "mailing-list", "x-mailing-list")


def classify(raw: bytes) -> Classified:
    """Say what a mail is. Never raises."""
    message = mime.parse(raw)
    return _feedback(message) or _report(message) or _returned(message) or Classified(_by_headers(message) or "person")


def _feedback(message: mime.Part) -> Classified | None:
    """A complaint, or a report on authentication (RFC 5965, RFC 6591, RFC 7489)."""
    kinds = {part.kind for part in message.walk()}
    subject = message.get("subject").lower()
    if "message/feedback-report" in kinds or message.parameter("report-type").lower() == "feedback-report":
        return Classified("feedback")
    if subject.startswith("report domain:") or (subject.startswith("complaint about") and message.get("feedback-id")):
        return Classified("feedback")
    return None


# Reports with fields --------------------------------------------------------------------------------------------------


def _report(message: mime.Part) -> Classified | None:
    """A report on delivery (RFC 3464), also one whose parts are muddled; or that somebody read a mail (RFC 8098)."""
    kind = message.parameter("report-type").lower()
    if kind == "disposition-notification" or any(p.kind == "message/disposition-notification" for p in message.walk()):
        return Classified("auto_reply")
    fields = [
        part for part in message.walk() if part.kind in ("message/delivery-status", "message/global-delivery-status")
    ]
    if fields:
        text = "\n\n".join(part.text() for part in fields[:5])
    elif kind == "delivery-status" or _system(message):
        text = _above_copy(message)
    else:
        return None
    blocks = [_fields(block) for block in _BLOCK.split(text[:WORDS].replace("\r\n", "\n").replace("\r", "\n"))]
    about = [block for block in blocks if "final-recipient" in block or "original-recipient" in block]
    failed = [block for block in about if block.get("action", "failed").startswith(("fail", "expired"))]
    late = [block for block in about if block.get("action", "").startswith("delay")]
    if failed or late:
        affected = failed or late
        return Classified("bounce" if failed else "delayed", _unique(map(_recipient, affected)), _code(affected[0]))
    if about:
        return Classified("auto_reply", (), _code(about[0]) or "2.0.0")
    return None


def _fields(block: str) -> dict[str, str]:
    """Fields of a report by name; of several, the first. Values keep their case but for the action."""
    found: dict[str, str] = {}
    for name, value in _FIELD.findall(block):
        value = " ".join(value.split())
        found.setdefault(name.lower(), value.lower() if name.lower() == "action" else value)
    return found


def _recipient(fields: dict[str, str]) -> str:
    for name in ("final-recipient", "original-recipient", "x-actual-recipient"):
        match = _ADDRESSES.search(fields.get(name, ""))
        if match:
            return match[1].lower()
    return ""


def _code(fields: dict[str, str]) -> str:
    """The status, or the one in the diagnosis where the status says nothing."""
    stated = _STATUS.search(fields.get("status", ""))
    status = stated[1] if stated else ""
    if status and not status.endswith(".0"):
        return status
    diagnosis = fields.get("diagnostic-code", "")
    named: list[str] = [code for code in _STATUS.findall(diagnosis) if not status or code[0] == status[0]]
    exact = next((code for code in named if not code.endswith(".0")), "") or next(iter(named), "")
    if exact and not exact.endswith(".0.0"):
        return exact
    reply = _REPLY.search(f" {diagnosis}")
    return status or (f"{reply[1][0]}.0.0" if reply else "")


# Reports in words -----------------------------------------------------------------------------------------------------


def _returned(message: mime.Part) -> Classified | None:
    """What a mail system wrote in words of its own: that a mail came back, or is late."""
    words = _above_copy(message)
    subject = message.get("subject")[:LINE]
    named = [contact.address for value in message.all("x-failed-recipients")[:3] for contact in addresses.parse(value)]
    returned = bool(_RETURNED.search(subject))
    may_come = not returned or _worded(words, late=False).startswith("4")
    late = bool(_DELAYED.search(subject) or (_DELAYED.search(words) and may_come)) and not _GAVE_UP.search(
        f"{subject}\n{words}"
    )
    robot = (
        _system(message)
        or bool(named)
        or _no_way_back(message)
        or message.get("auto-submitted").lower() not in ("", "no")
    )
    told = returned or bool(_DELAYED.search(subject)) or (_no_way_back(message) and bool(_CODED.search(words)))
    failed = late or bool(named or _FAILED.search(words) or _STATUS.search(words))
    if not robot or not (told or _system(message) or named) or not (failed or told):
        return None
    if away.says(subject) and not named:
        return None
    return Classified(
        "delayed" if late else "bounce", _unique(named) or _affected(message, words), _worded(words, late=late)
    )


def _system(message: mime.Part) -> bool:
    """Tell whether a mail system is the sender."""
    for value in message.all("from")[:1]:
        for contact in addresses.parse(value)[:1]:
            local = contact.address.rpartition("@")[0]
            if _DAEMON.fullmatch(local) or _DAEMON_NAME.search(contact.name):
                return True
        return bool(_DAEMON_NAME.search(value[:200]) and "<>" in value)
    return False


def _no_way_back(message: mime.Part) -> bool:
    return any(value.replace(" ", "") == "<>" for value in message.all("return-path")[:2])


def _above_copy(message: mime.Part) -> str:
    """The words of a report above the copy of the mail that it is about."""
    texts: list[str] = []
    for part in message.walk():
        if part.kind == "message/rfc822" and part is not message:
            break
        if not part.inner and part.kind.startswith(("text/plain", "multipart/")):
            texts.append(part.text()[:WORDS])
        elif part.kind == "text/html" and not texts:
            texts.append(markup.text(part.text())[:WORDS])
    lines = [line[:LINE] for line in "\n".join(texts)[:WORDS].splitlines()]
    begun = next((i for i, line in enumerate(lines) if line.strip()), 0)
    return "\n".join(lines[: next((i for i in range(begun + 1, len(lines)) if _begins_copy(lines[i])), len(lines))])


def _begins_copy(line: str) -> bool:
    line = line.strip("> \t").lower()
    title = line.strip("-=* ")
    return bool((line.startswith(("--", "==")) and _COPY_TITLE.search(title)) or _COPY.match(title))


def _affected(message: mime.Part, words: str) -> tuple[str, ...]:
    """Whom a report in words is about: addresses that begin a line, then those named as such, then whom we wrote to."""
    ours = {contact.address for value in message.all("to")[:3] for contact in addresses.parse(value)}
    ours |= {contact.address for value in message.all("from")[:1] for contact in addresses.parse(value)}
    lines = [line.strip() for line in words.splitlines() if not _SENDERS.search(line)]
    for pattern in (_LEADING, _NAMED, _ADDRESSES):
        addressed = (match[1].lower() for line in lines for match in pattern.finditer(line))
        found = _unique(address for address in addressed if address not in ours)
        if found:
            return found
    copy = next((part for part in message.walk() if part.kind == "message/rfc822" and part.inner), None)
    to = copy.inner[0].all("to") if copy else _TO.findall(_text(message))
    return _unique(contact.address for value in to[:3] for contact in addresses.parse(value))


def _text(message: mime.Part) -> str:
    whole = next((part.text() for part in message.walk() if part.kind == "text/plain" and not part.inner), "")
    return whole[: 2 * WORDS]


def _worded(words: str, *, late: bool) -> str:
    """The enhanced code in a report's words, or the class of the reply code, or that it failed for good."""
    status = next((match[1] for match in _STATUS.finditer(words) if match[1][0] != "2"), "")
    if status:
        return status
    reply = _REPLY.search(f" {words}")
    return f"{reply[1][0]}.0.0" if reply else "4.0.0" if late else "5.0.0"


def _unique(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for address in found if address))[:RECIPIENTS]


# By headers -----------------------------------------------------------------------------------------------------------


def _by_headers(message: mime.Part) -> Kind | None:
    submitted = message.get("auto-submitted").lower().partition(";")[0].strip()
    precedence = message.get("precedence").lower().strip()
    if submitted.startswith("auto-replied") or away.marks(message) or away.says(message.get("subject")[:LINE]):
        return "auto_reply"
    if any(message.all(name) for name in _LIST_HEADERS) or precedence in ("bulk", "list", "junk"):
        return "list"
    sender = [
        contact.address.rpartition("@")[0] for value in message.all("from")[:1] for contact in addresses.parse(value)
    ]
    automatic = (
        (submitted and submitted != "no")
        or message.get("x-auto-response-suppress").lower().strip() not in ("", "none")
        or _no_way_back(message)
        or _system(message)
        or any(_NOBODY.fullmatch(local) for local in sender)
    )
    return "auto_reply" if automatic else None
