"""
What mail programs write above the message that they quote: an attribution, a banner, a block of headers.

Each is known by its words, in the languages of `phrases.py`, or by its shape: an attribution has a time and an address
in any language. What a person may have written themselves ("From: Berlin", "He wrote: no") is none of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from adapters.email import phrases

WINDOW = 6  # lines over which an attribution may be wrapped, and ...
LINE = 400  # ... characters of a line, or of a whole attribution, that are looked at
HEADERS = 12  # lines of a block of headers that are looked at

RULE = re.compile(r"[*\s]{0,3}(?:[-_=*—–]\s?){4,}$")

_ENCLOSED = re.compile(r">>>\s?[^>].{0,200}\d.{0,60}\s?>>>$|>>> [^>]{1,60}\d.{1,200}@.{1,100}[:：]$")

_TABLE = re.compile(r"\|-{4,}>$")
_QUOTED = re.compile(r"\s{0,4}(?:>|＞|\|\s?>|\| )")
_CONTINUED = re.compile(r">+\s*(?:\S{1,20}\s+){0,2}\S{0,20}\s*[:：]$")
_DATE = re.compile(
    r"\d{4}\s?[-/.年년]\s?\d{1,2}|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?\d{2,4}|\d{1,2}[:：]\d{2}|\d{1,2}時\d{1,2}分"
    r"|(?<!\d)\d{1,2}(?!\d).{1,24}(?:19|20|25)\d{2}(?!\d)|[^\W\d]{3,12}\.? \d{1,2},? (?:19|20)\d{2}(?!\d)"
)
_DAY = re.compile(
    r"\d{4}\s?[-/.年년]\s?\d{1,2}|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?\d{2,4}|\d{1,2}\W.{1,24}(?:19|20|25)\d{2}(?!\d)"
)
_CLOCK = re.compile(r"\d{1,2}\s?[:：.時시点點]\s?\d{2}")
_ADDRESS = re.compile(r"(?:mailto:)?[^\s<>()\[\]@:]{1,80}@[\w.-]{1,120}")
_NAMES = re.compile(r"(?:\S+\s){1,6}[<(\[](?:mailto:)?[^\s<>()\[\]@:]{1,80}@[\w.-]{1,120}[>)\]]\s?[:：]$")
_BRACKETED = re.compile(r"[<(\[]\s?(?:mailto:)?[^\s<>()\[\]@:]{1,80}@[\w.-]{1,120}")
_COLON = re.compile(r"[:：]\s?[*_]{0,2}$")
_BANNER = re.compile(r"\*{0,2}[-_=*—–]{2,}\s*(?P<title>[^-_=*—–\s][^_=*—–]{1,60}?)\s*[-_=*—–:]{2,}(?P<rest>.*)$")
_HEADER = re.compile(r"[\s*_•]{0,6}(?P<name>[^\W\d_][^:：*<>@]{0,30}?)\s?[*_]{0,2}\s?[:：]\s?[*_]{0,2}(?P<value>.*)$")
_RUN_ON = re.compile(r"[\s>)]([^\W\d_]{1,15}(?: [^\W\d_]{1,12})?)\s?[:：]")
_SENDER = re.compile(r"[^<>]{1,80}<(?:mailto:)?[^\s<>@]{1,80}@[\w.-]{1,120}>$")


class Lines:
    """
    A text, line by line.

    `plain` are the lines as they are compared: without formatting characters, composed, and not endlessly long; `low`
    the same in lower case. `marked` says which are marked as quoted; `filled[i]` is the first line from `i` on that is
    not blank.
    """

    def __init__(self, text: str) -> None:
        self.raw = re.split(r"\r\n|\r|\n|\u2028|\u2029", text)
        self.plain = [_plain(line) for line in self.raw]
        self.low = [line.lower() for line in self.plain]
        self.marked = [self._is_marked(i) for i in range(len(self.raw))]
        self.filled = [len(self.raw)] * (len(self.raw) + 1)
        for i in range(len(self.raw) - 1, -1, -1):
            self.filled[i] = i if self.plain[i] else self.filled[i + 1]

    def __len__(self) -> int:
        return len(self.raw)

    def marked_from(self, i: int) -> bool:
        """Tell whether the next line that is not blank is marked."""
        return self.filled[i] < len(self) and self.marked[self.filled[i]]

    def _is_marked(self, i: int) -> bool:
        line = self.raw[i][:LINE]
        if not _QUOTED.match(line):
            return False
        if self.plain[i].startswith("|"):  # a table is no quote: its lines end as they begin
            return not self.plain[i].endswith("|")
        before = self.plain[i - 1] if i else ""
        return not (_CONTINUED.match(self.plain[i]) and before.rfind("<") > before.rfind(">"))


def _plain(line: str) -> str:
    """A line as it is compared. ASCII, which most lines are, takes the short way."""
    line = line[: 4 * LINE]
    if not line.isascii():
        line = "".join(c for c in unicodedata.normalize("NFC", line) if unicodedata.category(c) not in ("Cf", "Co"))
        line = line.replace("\xa0", " ")
    return line.strip()


# Attributions ---------------------------------------------------------------------------------------------------------


def attributions(lines: Lines) -> Iterator[tuple[int, int]]:
    """Yields the first and last line of each "On ... wrote:", the first in the text first."""
    taken = -1
    for last in range(len(lines)):
        if lines.marked[last] or not _may_end(lines, last):
            continue
        first = _first(lines, last, taken)
        if first is not None:
            yield first, last
            taken = last


def _may_end(lines: Lines, i: int) -> bool:
    line = lines.plain[i]
    if not line or len(line) >= LINE:
        return False
    if _COLON.search(line):
        return True
    if line.endswith(">") and "@" in line and lines.marked_from(i + 1):
        return True
    wrote = phrases.WROTE.search(lines.low[i])
    if not wrote:
        return False
    alone = wrote.end() == len(line) and (i + 1 == len(lines) or not lines.plain[i + 1])
    return alone or line.endswith("--") or lines.marked_from(i + 1)


def _first(lines: Lines, last: int, taken: int) -> int | None:
    near = " ".join(lines.low[max(0, last - WINDOW + 1) : last + 1])
    if "@" not in near and not phrases.WROTE.search(near):
        return last if _stamped(lines, last) else None
    joined = ""
    for first in range(last, max(taken, last - WINDOW), -1):
        joined = f"{lines.plain[first]} {joined}".strip()
        if not lines.plain[first] or lines.marked[first] or len(joined) > LINE:
            break
        if _attributes(joined, quoted=lines.marked_from(last + 1)):
            return _opening(lines, first, taken, dated=bool(_DATE.search(joined)))
    return last if _stamped(lines, last) else None


def _stamped(lines: Lines, i: int) -> bool:
    """Tell whether a paragraph of one line, right above marked ones, has a day, a time and a colon at its end."""
    line = lines.plain[i]
    alone = not i or not lines.plain[i - 1] or lines.marked[i - 1]
    if not alone or len(line) > 120 or not lines.marked_from(i + 1):
        return False
    return all(pattern.search(line) for pattern in (_COLON, _CLOCK, _DAY))


def _attributes(line: str, *, quoted: bool) -> bool:
    """
    Tell whether a line says who wrote what follows, and when.

    A name with an address counts above marked lines; a word for writing with a date or an address; with a time and an
    address in brackets the language need not be known. A word for writing alone counts above marked lines, and
    between dashes. Without a colon it takes all three, or a date and an address above marked lines.
    """
    date, address, bracketed = _DATE.search(line), _ADDRESS.search(line), _BRACKETED.search(line)
    wrote = phrases.WROTE.search(line.lower())
    if quoted and _NAMES.fullmatch(line):
        return True
    early = bool((date and date.start() <= 45) or (bracketed and bracketed.start() <= 60))
    if wrote and (quoted or (line.startswith("--") and line.endswith("--"))):
        return len(line) < 200 or early
    if not early:
        return False
    if not _COLON.search(line) and not line.endswith("--"):
        return bool(date and bracketed and (wrote or (quoted and date.start() <= 20)))
    return bool((date and bracketed and _CLOCK.search(line)) or (wrote and (date or address)))


def _opening(lines: Lines, first: int, taken: int, *, dated: bool) -> int:
    """Where the attribution that was found at `first` really begins: its date may stand on lines above."""
    start = first
    for above in range(first - 1, max(taken, first - 4), -1):
        line = lines.plain[above]
        if not line or lines.marked[above] or len(line) > 120:
            break
        date = _DATE.search(line)
        begins = bool(date and date.start() <= 30) or (not dated and _opens(lines.low[above]))
        begins = begins or bool(not dated and date and _ADDRESS.search(line))
        if begins and (not dated or line.endswith((",", "，"))):
            start = above
        elif dated or above != first - 1:
            break
    return start - 1 if start - 1 > taken and lines.plain[start - 1].endswith(" <") else start


def _opens(line: str) -> bool:
    return bool(phrases.OPENING.match(line)) and any(c.isdecimal() for c in line)


def encloses(lines: Lines, i: int) -> bool:
    """Tell whether GroupWise's attribution stands there, which looks marked, above a message that is not."""
    own = not i or not lines.marked[i - 1]
    return own and bool(_ENCLOSED.match(lines.plain[i])) and not lines.marked_from(i + 1)


# Banners and headers --------------------------------------------------------------------------------------------------


def banner(lines: Lines, i: int) -> bool:
    """Tell whether "-----Original Message-----" stands there, in a known language or above a header."""
    line = lines.plain[i]
    if phrases.BEGIN_FORWARDED.fullmatch(lines.low[i]):
        return True
    if _TABLE.match(line):
        return i + 1 < len(lines) and lines.low[i + 1].strip("| :") in phrases.HEADERS
    match = _BANNER.match(line) if line[:1] in tuple("-_=*—–") else None
    if match is None:
        return False
    if phrases.ORIGINAL.search(match["title"].lower()):
        return True
    following = lines.filled[i + 1]
    if match["rest"] or not line.startswith("--") or following == len(lines):
        return False
    sender = header(lines, following) == phrases.FROM and "@" in lines.plain[following]
    return sender or bool(past_headers(lines, following, ruled=False))


def header(lines: Lines, i: int) -> str | None:
    """Which header of a message a line looks like; "" for one whose name is not known, None for none."""
    match = None if lines.marked[i] else _HEADER.match(lines.plain[i])
    if match is None:
        return None
    return phrases.HEADERS.get(" ".join(match["name"].lower().split()), "")


def past_headers(lines: Lines, start: int, *, ruled: bool) -> int:
    """
    Find the end of a block of headers.

    It has a sender, with a date or a subject, and an address; or a sender and a date, with a subject, or with "Sent"
    and whom it went to. So "From: Berlin, To: Munich, Date: 5 May" stays what somebody wrote. Below a rule any three
    headers with an address will do.

    Args:
        ruled: A rule stands above it.

    Returns:
        The line after a block that starts at this line; 0 where there is none.
    """
    name = header(lines, start) if start < len(lines) else None
    if not name and not (name == "" and (ruled or _above_date(lines, start))):
        return 0
    kinds, headers, last = _block(lines, start, ruled=ruled)
    address = any("@" in line for line in lines.plain[start : last + 1])
    sent, titled = phrases.SENT in kinds, phrases.SUBJECT in kinds
    dated = sent or phrases.DATE in kinds
    if phrases.FROM in kinds and (
        (dated and titled) or (sent and phrases.TO in kinds) or (address and (dated or titled))
    ):
        return last + 1
    if address and ((dated and titled and phrases.TO in kinds) or (ruled and headers >= 3)):
        return last + 1
    return last + 1 if last == start and _sender_alone(lines, start) else 0


def _above_date(lines: Lines, i: int) -> bool:
    return i + 1 < len(lines) and header(lines, i + 1) in (phrases.SENT, phrases.DATE)


def _block(lines: Lines, start: int, *, ruled: bool) -> tuple[set[str], int, int]:
    """Returns the kinds of the headers that follow each other, how many there are, and the last line."""
    kinds: set[str] = set()
    headers = strange = 0
    i = last = start
    while i < min(start + HEADERS, len(lines)):
        if not lines.plain[i]:  # some programs leave a blank line between two headers
            i = lines.filled[i]
            if i > last + 2 or i == len(lines) or not header(lines, i):
                break
        kind = header(lines, i)
        if lines.marked[i] or (kind == "" and not ruled and headers >= 2):
            break
        if kind is None:
            strange += 1
            if strange > 2 and "@" not in lines.plain[i]:
                break
        else:
            headers += 1
            kinds |= ({kind} | _run_on(lines.low[i])) if kind else set()
        last = i
        i += 1
    return kinds, headers, last


def _run_on(line: str) -> set[str]:
    """Headers that follow on the same line, where a program ran them together."""
    if line.count(":") + line.count("：") < 2:
        return set()
    names = (name for match in _RUN_ON.findall(line) for name in (match, match.rpartition(" ")[2]))
    return {phrases.HEADERS[name] for name in names if name in phrases.HEADERS}


def _sender_alone(lines: Lines, i: int) -> bool:
    """Tell whether a line of its own is "From: Ana <ana@example.org>", and nothing else."""
    match = _HEADER.match(lines.plain[i])
    own = not i or not lines.plain[i - 1]
    return bool(own and match and header(lines, i) == phrases.FROM and _SENDER.match(match["value"].strip()))
