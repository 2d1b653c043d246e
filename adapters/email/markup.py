"""
An HTML body as text: what a reader sees, with the marks by which `reply.py` knows what is quoted.

lxml's parser is fed as a stream: no tree is built and nothing calls itself, so that neither depth nor length can hurt.
Styles are believed only where they hide something; colours are not looked at.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, cast

from lxml import etree

LARGEST = 2_000_000  # characters of HTML that are read; what stands behind them is not
DEPTH = 20  # marks before a quoted line, at most
CUT = "\ue000"  # begins a line from which on all is quoted
ATTRIBUTION = "\ue001"  # begins a line that says who wrote what follows
STRUCK = "\ue002"  # stands before and behind what is struck out on a line

_SPACED = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "blockquote"))
_BLOCKS = _SPACED | frozenset(
    (
        *("address", "article", "aside", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure", "footer"),
        *("form", "header", "hr", "li", "main", "nav", "section", "tbody", "tfoot", "thead", "tr"),
    )
)
_UNSEEN = frozenset(
    ("head", "style", "script", "title", "template", "noscript", "object", "svg", "math", "select", "textarea")
)
_VOID = frozenset(
    ("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr")
)
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|mso-hide\s*:\s*all|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$|!)|"
    r"font-size\s*:\s*0(?:\.0+)?\s*(?:px|pt|em|%)?\s*(?:;|$|!)|max-height\s*:\s*0(?:px)?\s*(?:;|$|!)",
    re.IGNORECASE,
)
_STRIKING = ("s", "strike", "del")
_STRUCK = re.compile(r"text-decoration(?:-line)?\s*:[^;]*line-through", re.IGNORECASE)
_STRIKES = re.compile(r"<(?:s|strike|del)[\s/>]|line-through", re.IGNORECASE)
_INDENTED = re.compile(r"margin\s*:\s*0(?:px)? 0(?:px)? 0(?:px)? 40px", re.IGNORECASE)  # Gmail's and Outlook's indent
_RULED = re.compile(
    r"border-top:\s*solid #(?:e1e1e1|b5c4df)|border-top-color:\s*rgb\(229", re.IGNORECASE
)  # above Outlook's header block
_SIGNATURES = re.compile(
    r"(?:^|\s)(?:gmail_signature|moz-signature|protonmail_signature_block|ms-outlook-mobile-signature|"
    r"applemailsignature|[\w-]+[-_]signature)(?:\s|$)"
)
_CUTS = re.compile(
    r"(?:^|\s)(?:divrplyfwdmsg|appendonsend|ms-outlook-mobile-reference-message|"
    r"mail-editor-reference-message-container|olk_src_body_section|replysplit|reply-intro|stopspelling|zwchr)(?:\s|$)"
)
_QUOTES = re.compile(
    r"(?:^|\s)(?:yahoo_quoted|ymail_quoted|protonmail_quote|zmail_extra|gmail_quoted|mailbird_quote|sh-quoted-content|"
    r"front-blockquote|tutanota_quote|hs_reply|cryptpad_quote|qtdseparatebr|freshdesk_quote|outlook_quote|moz-email-headers-table)(?:\s|$)"
)
_ATTRIBUTIONS = re.compile(r"(?:^|\s)(?:gmail_attr|moz-cite-prefix|zmail_extra_hr|yahoo-quoted-begin)(?:\s|$)")
_NOT_SENT = dict.fromkeys(map(ord, ("\0", CUT, ATTRIBUTION, STRUCK)))


def text(html: str) -> str:
    """Give what a reader sees, quotes marked with "> " as in plain text, and what is struck out with "~" around it."""
    return marked(html).replace(f"{CUT}\n", "").replace(CUT, "").replace(ATTRIBUTION, "").replace(STRUCK, "~")


def strikes(html: str) -> bool:
    """Tell whether anything in it may be struck out."""
    return bool(_STRIKES.search(html))


def marked(html: str) -> str:
    """
    Give what a reader sees, for `reply.new_part`.

    Returns:
        Text. Lines of a quotation begin with "> "; `CUT` begins the line of a program's own mark of where its quote
        begins, `ATTRIBUTION` each line in which it says whose that is. `STRUCK` is around what is struck out.
    """
    clean = html[:LARGEST].translate(_NOT_SENT)
    writer = _Writer()
    parser = etree.HTMLParser(target=cast(Any, writer), encoding="utf-8", remove_comments=True, remove_pis=True)
    with suppress(etree.LxmlError, ValueError):  # nothing in it that is HTML
        etree.fromstring(clean.encode("utf-8", "replace"), parser)
    return writer.close()


class _Writer:
    """Takes a parser's events and lays lines."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._words: list[str] = []
        self._open: list[tuple[str, bool, bool, bool, bool]] = []  # tag; whether it hides, quotes, attributes, strikes
        self._hidden = self._quotes = self._attributions = self._strikes = self._verbatim = 0
        self._blank = self._struck = False
        self._depth = 0  # quotes around the last line

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.lower() if isinstance(tag, str) else ""
        names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}".lower()
        style = attributes.get("style") or ""
        hides = tag in _UNSEEN or "hidden" in attributes or bool(_HIDING.search(style))
        hides = hides or bool(_SIGNATURES.search(names)) or tag == "signature" or "data-signatureblock" in attributes
        attributes_it = bool(_ATTRIBUTIONS.search(names))
        strikes = tag in _STRIKING or bool(_STRUCK.search(style))
        quotes = (tag == "blockquote" and not self._is_indent(attributes, style)) or bool(_QUOTES.search(names))
        if tag in _BLOCKS or attributes_it or quotes:
            self._break(blank=tag in _SPACED)
        if not self._hidden and (_CUTS.search(names) or _RULED.search(style)) and not quotes:
            self._break()
            self._lines.append(self._prefix() + CUT if self._quotes else CUT)
        if tag == "br":
            self._line()
        elif tag == "hr":
            self._words.append("_" * 32)
            self._line()
        elif tag == "li":
            self._words.append("- ")
        elif tag in ("td", "th"):
            self._words.append(" ")
        if tag in _VOID:
            return
        self._open.append((tag, hides, quotes, attributes_it, strikes))
        self._hidden += hides
        self._quotes += quotes
        self._attributions += attributes_it
        self._strikes += strikes
        self._verbatim += tag == "pre"

    @staticmethod
    def _is_indent(attributes: dict[str, str], style: str) -> bool:
        return not attributes.get("type") and not attributes.get("class") and bool(_INDENTED.search(style))

    def end(self, tag: str) -> None:
        if tag in _VOID or not self._open:
            return
        if tag in _BLOCKS:
            self._break(blank=tag in _SPACED)
        name, hides, quotes, attributes_it, strikes = self._open.pop()
        if (quotes or attributes_it) and name not in _BLOCKS:
            self._break()
        self._hidden -= hides
        self._quotes -= quotes
        self._attributions -= attributes_it
        self._strikes -= strikes
        self._verbatim -= name == "pre"

    def data(self, data: str) -> None:
        if self._hidden:
            return
        if not self._verbatim:
            self._say(data)
            return
        first, *rest = data.split("\n")
        self._say(first)
        for line in rest:
            self._line()
            self._say(line)

    def _say(self, words: str) -> None:
        if words.strip() and self._struck != (self._strikes > 0):
            self._words.append(STRUCK)
            self._struck = not self._struck
        self._words.append(words)

    def comment(self, data: str) -> None:
        """Comments are nothing that a reader sees."""

    def pi(self, target: str, data: str | None = None) -> None:
        """Neither are processing instructions."""

    def close(self) -> str:
        self._break()
        return "\n".join(self._lines).strip("\n")

    def _prefix(self) -> str:
        return (">" * min(self._quotes, DEPTH) + " ") if self._quotes else ATTRIBUTION if self._attributions else ""

    def _line(self) -> None:
        """End a line, be it empty; between paragraphs a blank one comes first, quoted as deep as both are."""
        words = "".join(self._words).rstrip() + (STRUCK if self._struck else "")
        self._struck = False
        words = words.rstrip() if self._verbatim else " ".join(words.split())
        self._words.clear()
        if self._blank and self._lines and self._lines[-1].strip("> "):
            self._lines.append(">" * min(self._quotes, self._depth, DEPTH))
        self._blank, self._depth = False, self._quotes
        self._lines.append((self._prefix() + words).rstrip() if words or self._quotes else "")

    def _break(self, *, blank: bool = False) -> None:
        """End a line if something stands on it; `blank` leaves one line to the next paragraph."""
        if any(word.strip() for word in self._words):
            self._line()
        self._words.clear()
        self._blank = self._blank or blank
