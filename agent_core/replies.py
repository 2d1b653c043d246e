"""
Free text from a person → a decision, an answer, a question back, a command or a plain message.

Text is read strictly: one small table of words per language, the whole text and nothing but the word, at most a code
beside it. "ok" is in no table: people say it to be polite. Who wrote, and whether the request had reached them, is
judged elsewhere; this file only says what the words are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from hashlib import sha256
from typing import Literal, NamedTuple

from agent_core.requests import Decision

ALPHABET = "BCDFGHJKMNPQRTVWXZ2346789"
"""25 characters without vowels and look-alikes; they spell no words."""

WORDS: dict[str, dict[str, Decision]] = {
    "en": {
        "approve": Decision.APPROVE,
        "approved": Decision.APPROVE,
        "yes": Decision.APPROVE,
        "deny": Decision.DENY,
        "denied": Decision.DENY,
        "no": Decision.DENY,
        "reject": Decision.DENY,
        "claim": Decision.CLAIM,
    },
}
DOUBT_WORDS: dict[str, dict[str, Decision]] = {
    "en": {
        "run again": Decision.APPROVE,
        "it did run": Decision.DID_RUN,
        "did run": Decision.DID_RUN,
        "stop": Decision.DENY,
    },
}
"""For an attempt in doubt: a bare yes would not say which of the three is meant."""

COMMANDS: dict[str, dict[str, Literal["drop"]]] = {"en": {"drop": "drop", "drop it": "drop", "cancel": "drop"}}

CARRIER_KEYWORDS = frozenset(
    (
        *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"),
        *("start", "unstop", "yes", "help", "info"),
    )
)
"""On SMS the carrier acts on these itself, so there they never decide."""

_EDGES = " \t\r\n.,!;:\"'“”‘’«»*_~`()[]"
_SPACE = re.compile(r"\s+")
LONGEST = 200  # characters; a longer text is no word of ours, and is not searched for one


class Reading(NamedTuple):
    """
    What a text is.

    `decision` where the whole text is one of the words; `begins` where it only begins with one ("yes, but not before
    five"); `command` where it is one; `code` where one of the open codes stands at either end, and then `text` is the
    rest of it.
    """

    text: str
    code: str | None = None
    decision: Decision | None = None
    begins: bool = False
    command: Literal["drop"] | None = None


def read(
    text: str, *, codes: Collection[str] = (), in_doubt: bool = False, language: str = "en", carrier: bool = False
) -> Reading:
    """
    Read what a person wrote.

    Args:
        codes: The codes open in this conversation; nothing else is taken for a code.
        in_doubt: The request is about an attempt in doubt, which has words of its own.
        carrier: The text came by SMS, where a carrier keyword decides nothing.
    """
    rest, code = _split_code(text.strip(), codes)
    words = (DOUBT_WORDS if in_doubt else WORDS).get(language, {})
    bare = _bare(rest)
    if carrier and bare in CARRIER_KEYWORDS:
        return Reading(rest, code)
    begins = any(bare.startswith(word) and not bare[len(word) :][:1].isalnum() for word in words)
    return Reading(rest, code, words.get(bare), begins, COMMANDS.get(language, {}).get(bare))


def _bare(text: str) -> str:
    if len(text) > LONGEST:
        return text[:LONGEST].casefold() + "…"
    return _SPACE.sub(" ", text.strip(_EDGES)).casefold()


def _split_code(text: str, codes: Collection[str]) -> tuple[str, str | None]:
    if not codes:
        return text, None
    head, _, tail = text.partition(" ")
    if (code := head.strip(_EDGES).upper()) in codes:
        return tail.strip(), code
    before, _, last = text.rpartition(" ")
    if (code := last.strip(_EDGES).upper()) in codes:
        return before.strip(), code
    return text, None


def code(conversation: str, number: int) -> str:
    """
    Give the code of a conversation's `number`th request.

    A permuted counter: neighbours differ in two places, so that one slip of the finger never names the next request,
    and none comes twice. After 25³ requests codes grow by a character.
    """
    width, first = 3, 0
    while number - first >= len(ALPHABET) ** width:
        first += len(ALPHABET) ** width
        width += 1
    size = len(ALPHABET) ** width
    start = int.from_bytes(sha256(conversation.encode()).digest()[:8], "big")
    return "".join(_digits((start + (number - first) * _step(width)) % size, width))


def _step(width: int) -> int:
    # 7 in every place: prime to 25, so that all codes are met; with a carry the second place moves by 8 instead of 7,
    # so that it always moves too.
    return sum(7 * len(ALPHABET) ** place for place in range(width))


def _digits(number: int, width: int) -> Iterator[str]:
    for place in reversed(range(width)):
        yield ALPHABET[number // len(ALPHABET) ** place % len(ALPHABET)]
