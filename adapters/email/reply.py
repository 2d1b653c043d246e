"""
What a person newly wrote in a reply, apart from what their mail program put around it.

The text is read line by line, each line a bounded number of times, so that twice as much takes twice as long. Every
line is somebody's: the writer's, quoted, or the mail program's (a signature, a device's footer, a list's footer). What
begins an unmarked older message (an attribution, a block of headers, "Original Message") ends what is read; one above
lines that are marked with ">" ends nothing, and what stands between and below those is an answer too.

Where it is in doubt whose a line is, it stays the writer's: whoever reads it loses nothing. The exception is the end of
a quoted line that a program wrapped and did not mark: those words are ours, and must not be taken for an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from adapters.email import footers, markup, phrases, quotes

CLOSING = 8  # lines of a name, a title and addresses that may stand below "Best regards", and ...
CLOSING_LINE = 70  # ... characters of each
WRAP = 70  # characters after which mail programs wrap lines, at the earliest

_NAME = re.compile(r"-\s?[^\W\d_][\w.'’]+(?:\s[^\W\d_][\w.'’]*){1,3}$")
_WORD = re.compile(r"\S+")


def new_part(text: str, html: str | None = None) -> str:
    """
    Give what a person newly wrote, without quote, signature and footers.

    Args:
        text: The message's plain text.
        html: Its HTML, which counts where there is no text, or where only it shows what was quoted or struck out.

    Returns:
        The new lines, without blank ones around them; empty where nothing is new. What is struck out is between "~".
    """
    reply = _Reply(text)
    enough = bool(text.strip()) and reply.quotes
    if not html or (enough and not markup.strikes(html)):
        return reply.new()
    by_markup = _Reply(markup.marked(html))
    new = by_markup.new()
    if markup.STRUCK in new or not text.strip() or (by_markup.quotes and not enough):
        return new.replace(markup.STRUCK, "~")
    return reply.new()


class _Reply:
    """A text of which `mine` says, line by line, what the writer wrote; `quotes` is whether it quotes anything."""

    def __init__(self, text: str) -> None:
        self.lines = quotes.Lines(text)
        self.mine = [False] * len(self.lines)
        self.quotes = False
        self._read()
        self._drop_wrapped()
        for start, end in self._stretches():
            self._drop_rules(start, end)
            self._drop_closing(start, end)

    def _read(self) -> None:
        lines = self.lines
        attributions = dict(quotes.attributions(lines))
        footer = below = False
        i = footers.past_head(lines)
        while i < len(lines):
            if lines.marked[i]:
                past, ends = i + 1, quotes.encloses(lines, i)
            else:
                past = self._past_introduction(i, attributions)
                ends = bool(past) and not lines.marked_from(past)
            if past:
                self.quotes, footer = True, False
                if ends:
                    return
                i = past
                continue
            footer = footer or footers.begins(lines, i, below=below)
            if not footer and lines.plain[i] and not footers.device(lines, i):
                self.mine[i] = below = True
            i += 1

    def _past_introduction(self, i: int, attributions: dict[int, int]) -> int:
        """Returns the line after what introduces an older message at this line, or 0."""
        lines = self.lines
        if lines.raw[i].startswith(markup.CUT):
            return i + 1
        if lines.raw[i].startswith(markup.ATTRIBUTION):
            return next(
                (j for j in range(i, len(lines)) if not lines.raw[j].startswith(markup.ATTRIBUTION)), len(lines)
            )
        if not lines.plain[i]:
            return 0
        if i in attributions:
            return attributions[i] + 1
        if quotes.banner(lines, i) or (len(lines.low[i]) < 160 and phrases.ABOVE.search(lines.low[i])):
            return i + 1
        ruled = bool(quotes.RULE.match(lines.plain[i]))
        start = lines.filled[i + 1] if ruled else i
        above = next((j for j in range(start, min(start + 4, len(lines))) if not quotes.header(lines, j)), start)
        if (
            ruled and start < above and above in attributions
        ):  # Yandex: whom it was to and its subject, then "... wrote:"
            return attributions[above] + 1
        return quotes.past_headers(lines, start, ruled=ruled)

    def _drop_wrapped(self) -> None:
        """Take from the writer the ends of quoted lines that a mail program wrapped without marking them."""
        lines = self.lines
        for i in range(1, len(lines)):
            if not (self.mine[i] and lines.marked[i - 1]) or (i + 1 < len(lines) and not lines.marked[i + 1]):
                continue
            before, word = lines.plain[i - 1], _WORD.match(lines.plain[i])
            full = word and len(before) + 1 + len(word[0]) >= WRAP
            if full and lines.plain[i][0].islower() and before[-1] not in "?!:":
                self.mine[i] = False

    def _drop_rules(self, start: int, end: int) -> None:
        """Take away a rule between what was written and what was quoted."""
        for i in range(end - 1, start - 1, -1):
            if self.mine[i] and not quotes.RULE.match(self.lines.plain[i]):
                return
            self.mine[i] = False

    def _drop_closing(self, start: int, end: int) -> None:
        """Take away "Best regards" with the name below it, or a name behind a dash, that ends what was written."""
        plain = self.lines.plain
        filled = [i for i in range(start, end) if self.mine[i]]
        for i in filled[1:][-CLOSING:]:
            if phrases.CLOSING.fullmatch(self.lines.low[i].rstrip(",.!;:、， -")):
                if all(len(plain[j]) <= CLOSING_LINE for j in filled if j > i):
                    self.mine[i:end] = [False] * (end - i)
                return
        if len(filled) > 1 and not plain[filled[-1] - 1] and _NAME.match(plain[filled[-1]]):
            self.mine[filled[-1]] = not plain[filled[-1]].strip("- ").istitle()

    def _stretches(self) -> Iterator[tuple[int, int]]:
        """Yields the runs of lines that the writer wrote, with blank ones, between two that they did not."""
        start = None
        for i in range(len(self.lines) + 1):
            written = i < len(self.lines) and (self.mine[i] or not self.lines.plain[i])
            if written and start is None:
                start = i
            elif not written and start is not None:
                yield start, i
                start = None

    def new(self) -> str:
        """Put the writer's lines together; where something was taken out, the blank lines below it go too."""
        kept: list[str] = []
        gap = False
        for mine, raw, plain in zip(self.mine, self.lines.raw, self.lines.plain, strict=True):
            if mine:
                kept.append(raw.rstrip())
            elif not plain and not gap:
                kept.append("")
            gap = not mine and (gap or bool(plain))
        return "\n".join(kept).strip()
