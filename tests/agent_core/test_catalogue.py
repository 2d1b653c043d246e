"""
Sentences: complete, overridable, in the reader's time.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from agent_core.catalogue import LANGUAGES, PLAIN, Catalogue
from tests.agent_core.logs import NOON

SOURCES = [
    path
    for package in ("agent_core", "gateway")
    for path in Path(package).rglob("*.py")
    if path.parent.name != "catalogue" or path.name == "__init__.py"
]


def test_an_override_is_said_instead():
    """
    The owner's own wording is used, with the same names put in.
    """
    catalogue = Catalogue("en", {"settled.approved": "OK by {name}"})

    assert "OK by Ana" == catalogue.say("settled.approved", name="Ana", time="noon")


@pytest.mark.parametrize(
    ("override", "says"),
    [({"no.such": "x"}, "no sentence 'no.such'"), ({"button.deny": "{name}!"}, "has no name to put in")],
)
def test_a_wrong_override_is_refused(override: dict[str, str], says: str):
    """
    A key or a name that does not exist is an error that names it.
    """
    with pytest.raises(ValueError, match=says):
        Catalogue("en", override)


def test_names_are_joined_as_people_do():
    """
    One, two, three names, and many.
    """
    say = Catalogue().either

    assert ["nobody", "Ana", "Ana or Ben", "Ana, Ben or Cem"] == [
        say(["Ana", "Ben", "Cem"][:count]) for count in range(4)
    ]
    assert "a, b, c, d or 3 others" == say(list("abcdefg"))


def test_times_are_the_readers():
    """
    Today's hour alone, another day's with the day, in the reader's zone.
    """
    clock = Catalogue().clock

    assert "22:13 UTC" == clock(NOON, NOON, "UTC")
    assert "23:13" == clock(NOON, NOON, "Europe/Berlin")
    assert "23:13 on Wed 15 Nov" == clock(NOON + 86_400, NOON, "Europe/Berlin")


def test_every_sentence_is_said_somewhere_and_every_key_exists():
    """
    No sentence is dead, and no key is asked for that the catalogue does not have.
    """
    code = "\n".join(path.read_text() for path in SOURCES)
    prefixes = tuple(re.findall(r'f"([a-z_.]+\.)\{', code))
    said = set(re.findall(r"['\"]([a-z_.]+)['\"]", code))
    asked = set(re.findall(r'(?:say\(|tell\(|Sentence\(key=)\s*"([a-z_.]+)"', code))

    assert [] == [key for key in LANGUAGES[PLAIN] if key not in said and not key.startswith(prefixes)]
    assert set() == asked - set(LANGUAGES[PLAIN])
