"""
Every sentence that people or models read, in one place: a file for each language.

Channels lay sentences out; they never word them. An owner overrides any of them in `ringback.toml` (`[sentences]`);
an override may use the same names in braces as the sentence it replaces, and no others.

Language is a matter of wording alone: what is stored says who decided what, and a sentence that will be read in several
places is kept as a `Sentence`, its key and what is put into it. What models read (`model.…`, `context.…`) is English.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from string import Formatter
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from agent_core.catalogue.english import ENGLISH
from agent_core.catalogue.french import FRENCH
from agent_core.catalogue.german import GERMAN
from agent_core.catalogue.spanish import SPANISH

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "de": GERMAN, "es": SPANISH, "fr": FRENCH}
PLAIN = "en"  # what models read, and operators at the command line ...
FOR_MODELS = ("model.", "context.")  # ... and how the keys begin of what only models do
MOST_NAMES = 5  # people named in a sentence


class Sentence(BaseModel):
    """A sentence before it is worded; of `names`, `time` is seconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    names: dict[str, str | float] = {}


class Catalogue:
    """
    The sentences of one language.

    Args:
        overrides: The owner's own wording, by key.

    Raises:
        ValueError: An override names a sentence that does not exist, or a name in braces that it does not have.
    """

    def __init__(self, language: str = "en", overrides: Mapping[str, str] | None = None) -> None:
        sentences = {**ENGLISH, **LANGUAGES[language]}
        for key, sentence in (overrides or {}).items():
            if key not in LANGUAGES[language]:
                for_models = " but in English: what models read" if key.startswith(FOR_MODELS) else ""
                raise ValueError(f"there is no sentence {key!r}{for_models}")
            unknown = names_in(sentence) - names_in(sentences[key])
            if unknown:
                raise ValueError(f"sentence {key!r} has no {', '.join(sorted(unknown))} to put in")
            sentences[key] = sentence
        self.language = language
        self._sentences = sentences

    def say(self, key: str, /, **names: object) -> str:
        """Word one sentence."""
        return self._sentences[key].format_map(names).strip()

    def either(self, names: list[str]) -> str:
        """Join names with commas and a last "or"."""
        return self._join("or", names)

    def both(self, names: list[str]) -> str:
        """Join names with commas and a last "and"."""
        return self._join("and", names)

    def _join(self, key: str, names: list[str]) -> str:
        if len(names) < 2:
            return names[0] if names else self.say("nobody")
        if len(names) > MOST_NAMES:
            names = [*names[: MOST_NAMES - 1], self.say("others", count=len(names) - MOST_NAMES + 1)]
        return self.say(key, first=", ".join(names[:-1]), last=names[-1])

    def number(self, number: float) -> str:
        """Write a number as the language does."""
        return f"{number:g}".replace(".", self._sentences["number.point"])

    def clock(self, at: float, now: float, timezone: str) -> str:
        """Write a time of day as a reader in a time zone would: the hour today, the day besides otherwise."""
        there = ZoneInfo(timezone)
        moment, today = datetime.fromtimestamp(at, there), datetime.fromtimestamp(now, there)
        key = "time.hour.utc" if timezone == "UTC" else "time.hour"
        hour = self.say(key, hour=f"{moment.hour:02}", minute=f"{moment.minute:02}")
        if moment.date() == today.date():
            return hour
        weekday = self._sentences["time.weekdays"].split()[moment.weekday()]
        month = self._sentences["time.months"].split()[moment.month - 1]
        return self.say("time.day", hour=hour, weekday=weekday, day=moment.day, month=month)


class Catalogues:
    """
    The sentences of every language.

    Args:
        language: The gateway's own: for whoever has none, and for places where many read.
        overrides: The owner's own wording, by language and key.

    Raises:
        ValueError: As for a `Catalogue`.
    """

    def __init__(self, language: str = "en", overrides: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._all = {name: Catalogue(name, (overrides or {}).get(name)) for name in LANGUAGES}
        self.own = self._all[language]

    def of(self, language: str) -> Catalogue:
        """Give the sentences of a language; of none, the gateway's own."""
        return self._all.get(language, self.own)


def names_in(sentence: str) -> set[str]:
    """Give the names in braces."""
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def known(language: str) -> str:
    """
    Check that there is such a language.

    Raises:
        ValueError: It says which there are.
    """
    if language not in LANGUAGES:
        raise ValueError(f"there is no language {language!r}; there are {', '.join(sorted(LANGUAGES))}")
    return language
