"""
What mail programs, lists and lawyers put below what a person wrote.
"""

from __future__ import annotations

import re
from unicodedata import east_asian_width

from adapters.email import phrases
from adapters.email.quotes import RULE, Lines

_LINK = re.compile(r"[<(\[]?(?:https?://|mailto:)\S+")
_GOES_ON = re.compile(
    r"[,;] (?:and|but|is|so|it|we|i|und|aber|also|deshalb|et|mais|donc|y|pero|así que) |"
    r" (?:looks?|looked|seems?|seemed|works?|worked) "
)
_NUMBERED = re.compile(r"[:|·•].*\d|\d.*[:|·•]")  # as an imprint's facts are, and a sentence is not
_LEGAL_LINES = 6  # lines of a paragraph that are looked at for a lawyer's words
_WRAP = 60  # characters of a line that goes on in the next
_LEGAL_LENGTH = 120  # characters that such a paragraph has at least


def begins(lines: Lines, i: int, *, below: bool) -> bool:
    """
    Tell whether all that follows, up to the next quote, is a signature or a footer.

    Args:
        below: The person wrote something above; a device's footer is the end of that only then.
    """
    line = lines.plain[i]
    if line in ("--", "__", "- --"):  # RFC 3676, section 4.3; many programs lose the space, OpenPGP escapes it
        return True
    if line.startswith("-----BEGIN PGP SIGNATURE-----"):
        return True
    if RULE.match(line):
        following = lines.filled[i + 1]
        return any(phrases.LIST_FOOTER.search(near) for near in lines.low[following : following + 5]) or legal(
            lines, following
        )
    if not below:
        return False
    if device(lines, i):
        return True
    own = not i or not lines.plain[i - 1]
    if own and _LINK.fullmatch(line) and i + 1 < len(lines):  # an icon above what it belongs to
        return bool(phrases.NOTICE.match(lines.low[i + 1]))
    return own and (bool(phrases.LIST_FOOTER.match(lines.low[i].lstrip("*_ "))) or legal(lines, i))


def device(lines: Lines, i: int) -> bool:
    """
    Tell whether "Sent from my iPhone" stands there, and no sentence that begins so.

    It begins a paragraph, or ends one and names a device, or follows another one.
    """
    line = lines.low[i]
    if not line or len(line) > 200 or not _signs(line):
        return False
    if not i or not lines.plain[i - 1] or lines.marked[i - 1] or _signs(lines.low[i - 1]):
        return True
    return bool(phrases.DEVICES.search(line)) and (i + 1 == len(lines) or not lines.plain[i + 1])


def _signs(line: str) -> bool:
    line = _LINK.sub("", line.strip("*_ []()<>")).rstrip(" <>()")
    if len(line) > 90 or not phrases.SENT_FROM.fullmatch(line):
        return False
    if phrases.DEVICES.search(line):
        return not _GOES_ON.search(line) and len(line.split()) < 14
    return len(line.split()) <= 8 and not re.search(r"[,.;?!。]", line)


def legal(lines: Lines, i: int) -> bool:
    """Tell whether a notice begins there that says for whom the message is meant, or what a company is."""
    if i >= len(lines):
        return False
    if phrases.NOTICE.match(lines.low[i]):
        return True
    end = next((j for j in range(i, min(i + _LEGAL_LINES, len(lines))) if not lines.plain[j]), i + _LEGAL_LINES)
    paragraph = " ".join(lines.low[i:end])[:1000]
    if len(set(phrases.IMPRINT.findall(paragraph))) >= 2 and _NUMBERED.search(paragraph):
        return True
    dense = sum(2 if east_asian_width(c) == "W" else 1 for c in paragraph)  # such a letter is worth a syllable
    topics = {name for name, topic in phrases.LEGAL.items() if topic.search(paragraph)}
    return dense > _LEGAL_LENGTH and len(topics) >= 3 and not topics.isdisjoint(("message", "secret"))


def past_head(lines: Lines) -> int:
    """Returns the line after OpenPGP's head, or a warning that the mail is from outside, above all else; or 0."""
    i = lines.filled[0]
    if i < len(lines) and lines.plain[i] == "-----BEGIN PGP SIGNED MESSAGE-----":  # RFC 9580, section 7
        return next((j for j in range(i, min(i + 5, len(lines))) if not lines.plain[j]), 0)
    if i == len(lines) or not phrases.OUTSIDE.match(lines.low[i]):
        return 0
    while i + 1 < len(lines) and lines.plain[i + 1]:
        if len(lines.plain[i]) < _WRAP and not phrases.OUTSIDE.match(lines.low[i + 1]):
            break
        i += 1
    return i + 1 if lines.filled[i + 1] < len(lines) else 0
