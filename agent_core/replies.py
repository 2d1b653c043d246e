"""
Free text from a person → a decision, an answer, a question back, a command or a plain message.

Text is read strictly: one small table of words per language, the whole text and nothing but the word, at most a code
beside it. "ok" is in no table, nor is "d'accord" or "vale": people say it to be polite. A text is read in English, in
the gateway's language and in its writer's, in which they read what to write; no word means one thing in one of them and
something else in another. Who wrote, and whether the request had reached them, is judged elsewhere; this file only says
what the words are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Literal, NamedTuple

from agent_core import forms
from agent_core.catalogue import PLAIN
from agent_core.forms import Field, Values
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
    "de": {
        "genehmigen": Decision.APPROVE,
        "genehmigt": Decision.APPROVE,
        "ja": Decision.APPROVE,
        "ablehnen": Decision.DENY,
        "abgelehnt": Decision.DENY,
        "nein": Decision.DENY,
        "ich kümmere mich": Decision.CLAIM,
        "ich kümmere mich darum": Decision.CLAIM,
    },
    "es": {
        "aprobar": Decision.APPROVE,
        "aprobado": Decision.APPROVE,
        "aprobada": Decision.APPROVE,
        "sí": Decision.APPROVE,
        "si": Decision.APPROVE,
        "rechazar": Decision.DENY,
        "rechazado": Decision.DENY,
        "rechazada": Decision.DENY,
        "no": Decision.DENY,
        "me encargo": Decision.CLAIM,
    },
    "fr": {
        "approuver": Decision.APPROVE,
        "approuvé": Decision.APPROVE,
        "approuvée": Decision.APPROVE,
        "oui": Decision.APPROVE,
        "refuser": Decision.DENY,
        "refusé": Decision.DENY,
        "refusée": Decision.DENY,
        "non": Decision.DENY,
        "je m'en occupe": Decision.CLAIM,
    },
}
EDIT_WORDS: dict[str, tuple[str, ...]] = {
    "en": ("edit", "change", "approve with"),
    "de": ("ändern", "genehmigen mit"),
    "es": ("cambiar", "aprobar con"),
    "fr": ("modifier", "approuver avec"),
}
"""What stands before the lines that change a call, on a line of its own or before the first of them."""
DOUBT_WORDS: dict[str, dict[str, Decision]] = {
    "en": {
        "run again": Decision.APPROVE,
        "it did run": Decision.DID_RUN,
        "did run": Decision.DID_RUN,
        "stop": Decision.DENY,
    },
    "de": {
        "noch einmal": Decision.APPROVE,
        "noch einmal ausführen": Decision.APPROVE,
        "ist gelaufen": Decision.DID_RUN,
        "stopp": Decision.DENY,
        "stop": Decision.DENY,
    },
    "es": {
        "repetir": Decision.APPROVE,
        "ya se ejecutó": Decision.DID_RUN,
        "ya se ejecuto": Decision.DID_RUN,
        "parar": Decision.DENY,
    },
    "fr": {
        "relancer": Decision.APPROVE,
        "déjà exécuté": Decision.DID_RUN,
        "deja execute": Decision.DID_RUN,
        "arrêter": Decision.DENY,
        "arreter": Decision.DENY,
    },
}
"""For an attempt in doubt: a bare yes would not say which of the three is meant."""

COMMANDS: dict[str, dict[str, Literal["drop"]]] = {
    "en": {"drop": "drop", "drop it": "drop", "cancel": "drop"},
    "de": {"abbrechen": "drop"},
    "es": {"cancelar": "drop"},
    "fr": {"annuler": "drop"},
}

OTHERWISE: dict[str, frozenset[str]] = {"es": frozenset({"ja"}), "fr": frozenset({"si"})}
"""Words of another language that are something else in this one ("ja" laughs): whoever reads both decides nothing."""

HANDING: dict[str, dict[str, Decision]] = {
    "en": {"reassign to": Decision.REASSIGN, "hand to": Decision.REASSIGN, "delegate to": Decision.DELEGATE},
    "de": {"übergeben an": Decision.REASSIGN, "vertreten durch": Decision.DELEGATE},
    "es": {"reasignar a": Decision.REASSIGN, "delegar en": Decision.DELEGATE},
    "fr": {
        "transmettre à": Decision.REASSIGN,
        "transmettre a": Decision.REASSIGN,
        "déléguer à": Decision.DELEGATE,
        "deleguer a": Decision.DELEGATE,
    },
}
"""What a text begins with that hands a request on; the rest of it is to whom."""

CARRIER_KEYWORDS = frozenset(
    (
        *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "optout", "revoke"),
        *("start", "unstop", "yes", "help", "info"),
    )
)
"""On SMS the carrier acts on these itself, so there they never decide."""

REVOKING: dict[str, frozenset[str]] = {
    "en": frozenset({"revoke", "revoke it"}),
    "de": frozenset({"widerrufen"}),
    "es": frozenset({"revocar"}),
    "fr": frozenset({"révoquer", "revoquer"}),
}
"""What ends a standing grant."""

# No "~": what is struck out is said to be taken back.
_EDGES = " \t\r\n\u00a0\u202f.,!¡;:\"'“”„‘’«»*_`()[]"
_SPACE = re.compile(r"\s+")
LONGEST = 200  # characters; a longer text is no word of ours, and is not searched for one


class Reading(NamedTuple):
    """
    What a text is.

    `decision` where the whole text is one of the words; `begins` where it only begins with one ("yes, but not before
    five"); `command` where it is one; `code` where one of the open codes stands at either end, and then `text` is the
    rest of it. `comment` is what stands beside a decision.
    """

    text: str
    code: str | None = None
    decision: Decision | None = None
    begins: bool = False
    command: Literal["drop"] | None = None
    comment: str = ""


def read(
    text: str,
    *,
    codes: Collection[str] = (),
    in_doubt: bool = False,
    languages: tuple[str, ...] = (PLAIN,),
    carrier: bool = False,
) -> Reading:
    """
    Read what a person wrote.

    Args:
        codes: The codes open in this conversation; nothing else is taken for a code.
        in_doubt: The request is about an attempt in doubt, which has words of its own.
        languages: Those that the writer reads here.
        carrier: The text came by SMS, where a carrier keyword decides nothing.
    """
    rest, code = _split_code(text.strip(), codes)
    words, commands = _vocabulary(in_doubt, languages)
    bare = _bare(rest)
    if carrier and bare in CARRIER_KEYWORDS:
        return Reading(rest, code)
    begins = any(bare.startswith(word) and not bare[len(word) :][:1].isalnum() for word in words)
    return Reading(rest, code, words.get(bare), begins, commands.get(bare))


@lru_cache
def _vocabulary(
    in_doubt: bool, languages: tuple[str, ...]
) -> tuple[Mapping[str, Decision], Mapping[str, Literal["drop"]]]:
    """Give the words that decide and that command in some languages together."""
    tables, unsure = DOUBT_WORDS if in_doubt else WORDS, frozenset[str]().union(*map(otherwise, languages))
    words = {word: said for one in languages for word, said in tables[one].items() if word not in unsure}
    return words, {word: said for one in languages for word, said in COMMANDS[one].items()}


def otherwise(language: str) -> frozenset[str]:
    """Give the words of other languages that are something else in this one."""
    return OTHERWISE.get(language, frozenset())


def edited(asked: Sequence[Field], text: str, languages: tuple[str, ...] = (PLAIN,)) -> Values | None:
    """
    Read a text that changes a call: a word for that, then a line for each field that is to be another one.

    Returns:
        None where it is something else; nothing where what stands under the word cannot be read.
    """
    head, _, below = text.strip().partition("\n")
    bare = _bare(head)
    for word in (word for language in languages for word in EDIT_WORDS[language]):
        rest = head.strip()[len(word) :].strip(_EDGES) if bare.startswith(word) else ""
        if bare == word:
            return forms.written(asked, below) or {}
        if rest and forms.begins(asked, rest):
            return forms.written(asked, f"{rest}\n{below}") or {}
    return None


def granted(text: str, offered: Mapping[str, str], *, languages: tuple[str, ...] = (PLAIN,)) -> str | None:
    """
    Find for how long a text approves.

    Args:
        offered: Scopes, each with the label of its button.

    Returns:
        The scope whose button the text repeats, or that it names after an approving word (“approve 1h”), else None.
    """
    bare = _bare(text)
    word, _, rest = bare.partition(" ")
    approves = _vocabulary(False, languages)[0].get(word) is Decision.APPROVE
    for name, label in offered.items():
        if bare == _bare(label) or (approves and rest.removeprefix("for ") == name.replace("_", " ")):
            return name
    return None


def revokes(text: str, *, languages: tuple[str, ...] = (PLAIN,)) -> bool:
    """Tell whether a text ends a standing grant, wherever it may do so."""
    return any(_bare(text) in REVOKING[one] for one in languages)


_GREETING = re.compile(
    r"(?:hi|hello|hey|dear|good (?:morning|day|afternoon|evening)|greetings"
    r"|hallo|guten (?:morgen|tag|abend)|moin|servus|liebe[rs]?|sehr geehrte[rs]?"
    r"|bonjour|bonsoir|salut|ch[eè]re?s?|madame|monsieur"
    r"|hola|buen(?:os|as) (?:d[ií]as|tardes|noches)|estimad[oa]s?"
    r"|ciao|salve|buongiorno|ol[aá]|bom dia|prezad[oa])\b[^\n.?]{0,40}",
    re.IGNORECASE,
)


def opening(text: str) -> tuple[str, str]:
    """
    Give the line of a letter that says what it says, and what stands below it: a greeting above it is skipped.

    A greeting is a short line that begins like one, holds no full stop or question mark, and has something below it.
    """
    first, _, rest = text.strip().partition("\n")
    if rest.strip() and _GREETING.fullmatch(first.strip()):
        first, _, rest = rest.strip().partition("\n")
    return first.strip(), rest.strip()


def handing(text: str, languages: tuple[str, ...] = (PLAIN,)) -> tuple[Decision, str] | None:
    """Read how somebody hands a request on, and to whom; None where a text does not."""
    said = _SPACE.sub(" ", unicodedata.normalize("NFC", text.strip(_EDGES)))
    for words, decision in (entry for language in languages for entry in HANDING[language].items()):
        if said[: len(words) + 1].casefold() == f"{words} " and len(said) <= LONGEST:
            return decision, said[len(words) :].strip(_EDGES)
    return None


def _bare(text: str) -> str:
    if len(text) > LONGEST:
        return text[:LONGEST].casefold() + "…"
    # Composed, and with the plain apostrophe: that is how the tables are written, whatever a keyboard makes of it.
    return _SPACE.sub(" ", unicodedata.normalize("NFC", text.strip(_EDGES)).replace("’", "'")).casefold()


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
