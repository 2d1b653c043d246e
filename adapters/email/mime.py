"""
A message's bytes as headers and parts (RFC 5322, RFC 2045 to 2047, RFC 2231).

Whatever comes is read as far as it makes sense; nothing raises. The standard library's parser looks at every line once
for each level of nesting, which 10 MB of empty lines below twenty boundaries make more than a minute, and gives up on a
few hundred levels. Here all lines that may be boundaries are found in one pass, each part takes its own from those, and
what is nested deeper, or stands behind more parts than anybody sends, is left unread. The library still reads the
parameters.
"""

from __future__ import annotations

import binascii
import codecs
import email.message
import email.utils
import re
import string
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

DEPTH = 20  # levels of parts that are read
PARTS = 1_000  # parts of a message that are read
HEADERS = 1_000  # headers of a part that are read
BLOCK = 256 * 1024  # bytes of a part's headers that are read
VALUE = 16 * 1024  # characters of a header's value that are read
TEXT = 1_000_000  # characters of a part's text that are read
BOUNDARIES = 200_000  # lines that may be boundaries and are looked at

_MAYBE_BOUNDARY = re.compile(rb"(?:^|(?<=[\r\n]))--([^\r\n]{1,200})")
_NAME = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|$)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_NOT_BASE64 = bytes(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/"))
_BASE64 = re.compile(rb"(?:[A-Za-z0-9+/]*+={0,2}[ \t]*+(?:\r\n|\r|\n))*+")
_WORDS = re.compile(rb"[a-z] [A-Za-z]")
_ENCODED_WORD = re.compile(r"=\?([^?\s]{1,40})\?([bBqQ])\?([^?]*)\?=")
_ENCODED_WORDS = re.compile(r"=\?[^?\s]{1,40}\?[bBqQ]\?[^?]*\?=(?:\s*=\?[^?\s]{1,40}\?[bBqQ]\?[^?]*\?=)*")
_NO_CHARSET = frozenset(("idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined"))
"""Codecs of Python's that no mail is written in; some of them take ever longer."""
_MEANT = {
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "shift_jis": "cp932",
    "iso-2022-jp": "iso2022_jp_2",
    "iso-8859-8-i": "iso-8859-8",
    "tis-620": "cp874",
}
"""What programs mean by a charset's name, after the WHATWG's Encoding Standard."""


@dataclass
class Part:
    """
    One part of a message, or the whole.

    `headers` are names in lower case with raw values, unfolded, as they follow each other; `body` is not yet decoded.
    `inner` are the parts of a multipart, and the message in a message.
    """

    headers: list[tuple[str, str]]
    body: bytes = b""
    inner: list[Part] = field(default_factory=list)

    def all(self, name: str) -> list[str]:
        """Every value of a header as it came, the topmost first; bytes beyond ASCII are surrogates."""
        return [value for header, value in self.headers if header == name]

    def get(self, name: str) -> str:
        """The topmost value of a header for people to read: decoded, on one line; empty where there is none."""
        return decoded(next(iter(self.all(name)), ""))

    @property
    def kind(self) -> str:
        """The media type, such as text/plain."""
        return self._fields().get_content_type()

    def parameter(self, name: str, header: str = "content-type") -> str:
        """A parameter of a header, such as the charset; empty where there is none."""
        try:
            value = self._fields().get_param(name, "", header)
            return decoded(email.utils.collapse_rfc2231_value(value) if value else "").strip()
        except (LookupError, ValueError, TypeError):  # an unknown charset, a number that is none
            return ""

    @property
    def disposition(self) -> str:
        """`attachment`, `inline` or nothing."""
        return (self._fields().get_content_disposition() or "").lower()

    def content(self) -> bytes:
        """What is in it, out of its transfer encoding."""
        match self.get("content-transfer-encoding").lower().strip():
            case "base64":
                return self._from_base64()
            case "quoted-printable":
                return binascii.a2b_qp(self.body)
            case _:
                return self.body

    def text(self) -> str:
        """Its content as text, in the charset it seems to have; line ends are as they came."""
        return in_charset(self.content()[: 4 * TEXT], self.parameter("charset"))[:TEXT]

    def walk(self) -> Iterator[Part]:
        """Yields it and all parts in it, in order."""
        waiting = [self]
        while waiting:
            part = waiting.pop()
            yield part
            waiting.extend(reversed(part.inner))

    def _from_base64(self) -> bytes:
        """Out of base64. Words are none, whatever the header says: neither all of it, nor a list's footer below it."""
        if self.kind.startswith("text/"):
            end = _BASE64.match(self.body).end()  # type: ignore[union-attr]  # it matches nothing, too
            coded, below = self.body[:end].rstrip(), self.body[end:]
            size = len(coded.translate(None, b" \t\r\n"))
            if size % 4 == 0 and (coded.endswith(b"=") or size >= 20) and _WORDS.search(below[:1000]):
                return _base64(coded) + b"\n" + below
        return self.body if _WORDS.search(self.body[:200]) else _base64(self.body)

    def _fields(self) -> email.message.Message:
        message = email.message.Message()
        for name in ("content-type", "content-disposition"):
            for value in self.all(name)[:1]:
                message[name] = value[:2048].encode("ascii", "surrogateescape").decode("utf-8", "replace")
        return message


def parse(raw: bytes) -> Part:
    """Read a message. Never raises."""
    return _Reader(raw).part(0, len(raw), DEPTH)


class _Reader:
    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._parts = 0
        self._lines: dict[bytes, list[int]] = {}
        for count, match in enumerate(_MAYBE_BOUNDARY.finditer(raw)):
            if count == BOUNDARIES:
                break
            self._lines.setdefault(match[1].rstrip(), []).append(match.start())

    def part(self, start: int, end: int, depth: int, default: str = "text/plain") -> Part:
        """Read what stands between two places as a part, with what is in it."""
        self._parts += 1
        headers, body = self._headers(start, end)
        part = Part(headers)
        if not part.all("content-type") and default != "text/plain":
            part.headers.append(("content-type", default))
        kind = part.kind
        if kind.startswith("multipart/") and depth:
            digest = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            for first, last in self._between(part.parameter("boundary"), body, end):
                if self._parts < PARTS:
                    part.inner.append(self.part(first, last, depth - 1, digest))
        elif kind == "message/rfc822" and depth and self._parts < PARTS:
            encoding = part.get("content-transfer-encoding").lower().strip()
            if encoding in ("", "7bit", "8bit", "binary"):
                part.inner.append(self.part(body, end, depth - 1))
        if not part.inner or kind == "message/rfc822":
            part.body = self._raw[body:end]
        return part

    def _headers(self, start: int, end: int) -> tuple[list[tuple[str, str]], int]:
        """Returns the headers from a place on, and where the body begins."""
        headers: list[tuple[str, list[bytes]]] = []
        at = start
        while at < min(end, start + BLOCK) and len(headers) < HEADERS:
            match = _LINE.match(self._raw, at, end)
            line = match[0] if match else b""
            if not line.strip(b"\r\n"):
                at += len(line)
                break
            name = _NAME.match(line)
            if line[:1] in b" \t" and headers:
                headers[-1][1].append(line)
            elif name:
                headers.append((name[1].decode("ascii").lower(), [line[name.end() :]]))
            elif not (at == start and line.startswith((b"From ", b">From ", b" ", b"\t"))):  # an mbox; a stray line
                break  # the blank line before the body is missing
            at += len(line)
        return [(name, _unfolded(lines)) for name, lines in headers], at

    def _between(self, boundary: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yields where the parts between the lines of a boundary begin and end; an unclosed last one ends with all."""
        token = boundary.encode("utf-8", "surrogateescape").rstrip()[:200]
        if not token:
            return
        closing = self._lines.get(token + b"--", [])
        stop = closing[i] if (i := bisect_left(closing, start)) < len(closing) and closing[i] < end else end
        places = self._lines.get(token, [])
        places = places[bisect_left(places, start) : bisect_left(places, stop)]
        for place, following in pairwise([*places, stop]):
            match = _LINE.match(self._raw, place, end)
            first = match.end() if match else end
            last = following
            if last < end or stop < end:  # the line end before a boundary belongs to it
                last -= self._raw[last - 1 : last] == b"\n"
                last -= self._raw[last - 1 : last] == b"\r"
            yield first, max(first, last)


def _unfolded(lines: list[bytes]) -> str:
    return b"".join(lines)[:VALUE].decode("ascii", "surrogateescape").replace("\r", "").replace("\n", "").strip()


def decoded(value: str) -> str:
    """A raw header for people to read: encoded words decoded, without line ends and other control characters."""
    value = value[:VALUE]
    if not value.isascii():
        value = in_charset(value.encode("utf-8", "surrogateescape"), "")
    if "=?" in value:
        value = _ENCODED_WORDS.sub(_words, value)
    return _CONTROL.sub(" ", value).strip()


def _words(run: re.Match[str]) -> str:
    """Decode encoded words that follow each other; a character may begin in one and end in the next."""
    pieces: list[tuple[str, bytes]] = []
    for charset, encoding, word in _ENCODED_WORD.findall(run[0]):
        if encoding in "bB":
            content = _base64(word.encode("ascii", "replace"))
        else:
            content = binascii.a2b_qp(word.encode("utf-8", "replace"), header=True)
        if pieces and pieces[-1][0] == charset.lower():
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + content)
        else:
            pieces.append((charset.lower(), content))
    return "".join(in_charset(content, charset.partition("*")[0]) for charset, content in pieces)


def _base64(content: bytes) -> bytes:
    clean = content.translate(None, _NOT_BASE64)
    return binascii.a2b_base64(clean[: len(clean) - (len(clean) % 4 == 1)] + b"==")


def in_charset(content: bytes, charset: str) -> str:
    """
    Read bytes in a charset.

    Where none is named, or it is none, or they do not fit it, they are UTF-8, or else Windows' Latin.
    """
    name = charset.lower().strip(" \"';").removeprefix("charset=").strip(" \"'")
    spelt = (_MEANT.get(name, name), name.removeprefix("x-"), name[:40].replace("-", ""))
    named = next((codec for codec in map(_codec, spelt) if codec), "")
    for codec, errors in ((named, "strict"), ("utf-8", "strict"), (named, "replace")):
        if not codec or (codec == "cp1252" and errors == "strict"):  # which fits nearly everything
            continue
        try:
            return content.decode(codec, errors).removeprefix("\ufeff")
        except ValueError:
            continue
    return content.decode("cp1252", "replace")


def _codec(name: str) -> str:
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):  # ValueError: a NUL in it
        return ""
    readable = found._is_text_encoding and found.name not in _NO_CHARSET
    return found.name if readable else ""
