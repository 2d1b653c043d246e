"""
What FETCH gives of a mail, and which mail SEARCH finds (RFC 9051 §6.4.4, §6.4.5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from adapters.email.emulator.post import Message
from adapters.email.emulator.syntax import Malformed, Text, Token, numbers

_BODY = re.compile(rb"^BODY(\.PEEK)?\[([^\]]*)\](?:<(\d+)\.(\d+)>)?$", re.IGNORECASE)
_FIELDS = re.compile(rb"^HEADER\.FIELDS(\.NOT)? \(([^)]*)\)$", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def wanted(token: Token) -> list[bytes]:
    """
    Give the items that a FETCH names, one by one.

    Raises:
        Malformed: One is not given here.
    """
    items = [token] if isinstance(token, bytes) else token
    found: list[bytes] = []
    for item in items:
        if not isinstance(item, bytes):
            raise Malformed("items of FETCH are names")
        name = item.upper()
        if name == b"FAST":
            found += [b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE"]
        elif name in (b"UID", b"FLAGS", b"INTERNALDATE", b"RFC822.SIZE") or _BODY.match(item):
            found.append(item)
        else:
            raise Malformed(f"{item.decode('latin-1')} is not given here")
    return found


def sets_seen(item: bytes) -> bool:
    """Tell whether giving this marks the mail as read."""
    body = _BODY.match(item)
    return body is not None and not body[1]


def give(message: Message, item: bytes) -> bytes:
    """Write one item with its value."""
    name = item.upper()
    if name == b"UID":
        return b"UID %d" % message.uid
    if name == b"FLAGS":
        return b"FLAGS (%s)" % " ".join(message.flags).encode()
    if name == b"INTERNALDATE":
        return b'INTERNALDATE "%s"' % _date(message.at).encode()
    if name == b"RFC822.SIZE":
        return b"RFC822.SIZE %d" % len(message.raw)
    body = _BODY.match(item)
    if body is None:
        raise Malformed("not given here")
    content = _section(message.octets, body[2])
    label = b"BODY[%s]" % body[2]
    if body[3] is not None:
        start = int(body[3])
        content = content[start : start + int(body[4])]
        label += b"<%d>" % start
    return b"%s {%d}\r\n%s" % (label, len(content), content)


def _section(raw: bytes, section: bytes) -> bytes:
    head, blank, text = raw.partition(b"\r\n\r\n")
    name = section.upper()
    if not name:
        return raw
    if name == b"HEADER":
        return head + blank
    if name == b"TEXT":
        return text
    fields = _FIELDS.match(section)
    if fields is None:
        raise Malformed(f"the section {section.decode('latin-1')} is not given here")
    names = {field.lower() for field in fields[2].split()}
    kept = [
        line
        for line in re.split(rb"\r\n(?![ \t])", head)
        if (line.partition(b":")[0].lower() in names) != bool(fields[1])
    ]
    return b"".join(line + b"\r\n" for line in kept) + b"\r\n"


def _date(at: float) -> str:
    when = datetime.fromtimestamp(at, UTC)
    return f"{when.day:2}-{_MONTHS[when.month - 1]}-{when.year} {when:%H:%M:%S} +0000"


Test = Callable[[int, Message], bool]


def search(keys: Sequence[Token], messages: Sequence[Message]) -> list[int]:
    """
    Find mail.

    Returns:
        Places in `messages`.

    Raises:
        Malformed: A key is not known here.
    """
    rest = list(keys)
    if rest[:1] and isinstance(rest[0], bytes) and rest[0].upper() == b"CHARSET":
        rest = rest[2:]
    tests: list[Test] = []
    while rest:
        tests.append(_test(rest, messages))
    return [number for number, message in enumerate(messages) if all(test(number, message) for test in tests)]


def _test(rest: list[Token], messages: Sequence[Message]) -> Test:
    key = rest.pop(0)
    if not isinstance(key, bytes):
        inner = list(key)
        tests = []
        while inner:
            tests.append(_test(inner, messages))
        return lambda number, message: all(test(number, message) for test in tests)
    match key.upper():
        case b"ALL":
            return lambda number, message: True
        case b"NOT":
            negated = _test(rest, messages)
            return lambda number, message: not negated(number, message)
        case b"SEEN" | b"DELETED" | b"FLAGGED" | b"ANSWERED" | b"DRAFT" as flag:
            name = f"\\{flag.decode().capitalize()}"
            return lambda number, message: name in message.flags
        case b"UNSEEN" | b"UNDELETED" | b"UNFLAGGED" | b"UNANSWERED" | b"UNDRAFT" as flag:
            name = f"\\{flag[2:].decode().capitalize()}"
            return lambda number, message: name not in message.flags
        case b"UID":
            uids = numbers(_word(rest), messages[-1].uid if messages else 0)
            return lambda number, message: any(message.uid in some for some in uids)
        case b"HEADER":
            field, said = _word(rest).lower(), _word(rest).lower()
            return lambda number, message: _has(message, field, said)
        case b"FROM" | b"TO" | b"CC" | b"SUBJECT" as named:
            field, said = named.lower(), _word(rest).lower()
            return lambda number, message: _has(message, field, said)
        case b"SINCE" | b"BEFORE" as side:
            day = datetime.strptime(_word(rest).decode(), "%d-%b-%Y").replace(tzinfo=UTC).timestamp()
            return lambda number, message: (message.at >= day) == (side == b"SINCE")
        case given if not isinstance(key, Text) and given[:1] in b"0123456789*":
            some = numbers(key, len(messages))
            return lambda number, message: any(number + 1 in part for part in some)
    raise Malformed(f"SEARCH {key.decode('latin-1')} is not known here")


def _word(rest: list[Token]) -> bytes:
    word = rest.pop(0) if rest else None
    if not isinstance(word, bytes):
        raise Malformed("SEARCH is cut short")
    return word


def _has(message: Message, field: bytes, said: bytes) -> bool:
    head = message.octets.partition(b"\r\n\r\n")[0]
    lines = re.split(rb"\r\n(?![ \t])", head)
    return any(
        name.lower() == field and said in value.lower() for name, _, value in (line.partition(b":") for line in lines)
    )
