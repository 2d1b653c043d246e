"""
What every language must do: say everything, with the same names put in, and take the words that it tells people.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from itertools import combinations

import pytest

from adapters.email import render
from adapters.slack import limits
from agent_core import replies
from agent_core.catalogue import FOR_MODELS, LANGUAGES, PLAIN, Catalogue, Catalogues, names_in
from agent_core.requests import Decision
from tests.agent_core.logs import NOON

DAY = 86_400.0
ENGLISH = LANGUAGES[PLAIN]
THE_SAME = ("channel.", "form.no", "time.m")  # names, and what is the same word in two languages
WINDOW = ("form.deny.title", "form.edit.title", "form.answer.title", "form.close")
CONFIRMED = ("button.approve", "button.run_again")
TOLD_TO_DROP = ("asked.people", "asked.people.later", "asked.in_doubt", "asked.in_doubt.later", "waiting")

each = pytest.mark.parametrize("language", LANGUAGES)
translated = pytest.mark.parametrize("language", sorted(set(LANGUAGES) - {PLAIN}))


@translated
def test_every_sentence_that_people_read_is_there(language: str):
    """
    None is missing, and none is left of those that are gone; what only models read is English.

    A sentence that you add or change in `english.py` is added or changed in the other files of `agent_core/catalogue/`.
    """
    file = f"agent_core/catalogue, {language}"
    read = {key for key in ENGLISH if not key.startswith(FOR_MODELS)}

    assert (file, []) == (file, sorted(read - set(LANGUAGES[language])))
    assert (file, []) == (file, sorted(set(LANGUAGES[language]) - read))


@translated
def test_the_same_names_are_put_in(language: str):
    """
    What a sentence says of whom, when and why is said in every language.
    """
    others = {key: names_in(text) for key, text in LANGUAGES[language].items()}

    assert {key: names_in(ENGLISH[key]) for key in others} == others


@translated
def test_nothing_is_left_in_english(language: str):
    """
    A sentence with words of its own is not the English one.
    """
    left = [key for key, text in LANGUAGES[language].items() if text == ENGLISH[key] and _has_words(text)]

    assert [] == [key for key in left if not key.startswith(THE_SAME)]


def _has_words(text: str) -> bool:
    return bool(re.search(r"[^\W\d_]", re.sub(r"\{\w+\}|UTC", "", text)))


@each
def test_what_a_card_says_to_hand_it_on_is_read(language: str):
    """
    Both ways that a card names are read with a name behind them, whatever the keyboard makes of an accent.
    """
    told = LANGUAGES[language]["card.how.hand"].replace("\u00a0:", ":").partition(":")[2]
    words = [re.sub(r"^(?:or|oder|o|ou) ", "", one.strip()) for one in told.split(",")[:2]]
    written = [unicodedata.normalize("NFD", f"{word.capitalize()} Ben.") for word in words]

    assert [(Decision.REASSIGN, "Ben"), (Decision.DELEGATE, "Ben")] == [
        replies.handing(one, (language,)) for one in written
    ]


@each
def test_labels_have_room(language: str):
    """
    Buttons and what stands at a window's edges are shown whole.
    """
    texts = {**ENGLISH, **LANGUAGES[language]}
    edges = [key for key in texts if key in WINDOW or (key.startswith("form.") and key.endswith(".submit"))]

    assert len(edges) > len(WINDOW)
    assert [] == [key for key in edges if len(texts[key]) > limits.MODAL_TITLE]
    assert [] == [key for key in texts if key.startswith("button.") and len(texts[key]) > limits.BUTTON_TEXT]
    assert [] == [key for key in ("confirm.no", *CONFIRMED) if len(texts[key]) > limits.CONFIRM_BUTTON]
    assert len(texts["confirm.title"]) <= limits.CONFIRM_TITLE


@each
def test_sentences_are_written_out(language: str):
    """
    None is empty or has spaces at its edges, and a list's last word stands between spaces.
    """
    catalogue = Catalogue(language)

    assert [] == [key for key, text in LANGUAGES[language].items() if not text.strip() or text != text.strip()]
    for join in (catalogue.both, catalogue.either):
        assert re.fullmatch(r"Ana, Ben \w+ Cem", join(["Ana", "Ben", "Cem"]))
        assert re.fullmatch(r"a, b, c, d \w+ .*\b2\b.*", join(list("abcdef")))  # never one: that one has a name


@each
def test_times_have_every_day_and_month(language: str):
    """
    Seven days and twelve months, each with a name of its own.
    """
    texts = LANGUAGES[language]

    assert 7 == len(set(texts["time.weekdays"].split()))
    assert 12 == len(set(texts["time.months"].split()))


@pytest.mark.parametrize(
    ("language", "written"),
    [
        *(("en", "23:13 on Wed 15 Nov"), ("de", "23:13 am Mittwoch, 15. November")),
        *(("fr", "23:13 le mercredi 15 novembre"), ("es", "23:13 del miércoles 15 de noviembre")),
    ],
)
def test_a_day_is_written_as_the_language_does(language: str, written: str):
    """
    Another day's time has the day, in the reader's language and zone.
    """
    assert written == Catalogue(language).clock(NOON + DAY, NOON, "Europe/Berlin")


@pytest.mark.parametrize(("language", "written"), [("en", "0.5"), ("de", "0,5"), ("fr", "0,5"), ("es", "0,5")])
def test_a_number_is_written_as_the_language_does(language: str, written: str):
    """
    What is not whole has the language's own point.
    """
    assert [written, "30"] == [Catalogue(language).number(number) for number in (0.5, 30.0)]


@each
def test_what_a_card_says_to_write_is_read(language: str):
    """
    The words that a card names decide what it says, also in another gateway's language; so does the word to drop it.
    """
    for key, doubt, decisions in (
        ("card.how.approval", False, {Decision.APPROVE, Decision.DENY}),
        ("card.how.letter.approval", False, {Decision.APPROVE, Decision.DENY}),
        ("card.how.in_doubt", True, {Decision.APPROVE, Decision.DID_RUN, Decision.DENY}),
        ("card.how.letter.in_doubt", True, {Decision.APPROVE, Decision.DID_RUN, Decision.DENY}),
    ):
        listed = LANGUAGES[language][key].partition(":")[2].partition(".")[0]
        words = [
            word for one in re.split(r", | (?:or|oder|o|ou) ", listed) if (word := one.strip().removeprefix("or "))
        ]
        for own in LANGUAGES:
            read = [replies.read(word, in_doubt=doubt, languages=(PLAIN, own, language)).decision for word in words]
            assert (words, decisions) == (words, set(read))
    for key, doubt, decision in (
        ("card.how.approval.high", False, Decision.DENY),
        ("card.how.code.high", False, Decision.APPROVE),
        ("refused.not_confirmed", False, Decision.APPROVE),
        ("card.how.code.in_doubt.high", True, Decision.APPROVE),
        ("refused.not_confirmed.in_doubt", True, Decision.APPROVE),
    ):
        told = LANGUAGES[language][key].replace("\u00a0:", ":")
        word = re.findall(r":\s*([^.:{]+)(?:\.|\s*\{code\}$)", told)[-1]
        assert (word, decision) == (word, replies.read(word, in_doubt=doubt, languages=(language,)).decision)
    assert replies.revokes(LANGUAGES[language]["grant.stands"].rpartition(":")[2], languages=(language,))
    for key in TOLD_TO_DROP:
        assert "drop" == replies.read(LANGUAGES[language][key].rpartition(":")[2], languages=(language,)).command


@each
def test_the_word_that_changes_a_call_is_read(language: str):
    """
    What a card says to begin a change with is one of the words for it.
    """
    for key in ("card.how.editable", "refused.edit.words"):
        quoted = re.search(r"[“„«]\s*(\w+)\s*[”“»]", LANGUAGES[language][key])
        assert quoted is not None
        assert quoted[1] in replies.EDIT_WORDS[language]


def test_what_a_link_in_a_mail_writes_is_read_from_everybody():
    """
    A mail's links write English, whatever their reader reads.
    """
    doubt = {**render.DOUBT, Decision.DID_RUN: render.WORDS[Decision.DID_RUN]}
    plain = {decision: word for decision, word in render.WORDS.items() if decision is not Decision.DID_RUN}

    for words, in_doubt in ((plain, False), (doubt, True)):
        for language in LANGUAGES:
            read = {word: replies.read(word, in_doubt=in_doubt, languages=(PLAIN, language)) for word in words.values()}
            assert words == {read[word].decision: word for word in words.values()}


def tables() -> Iterator[Mapping[str, Mapping[str, object]]]:
    yield from (replies.WORDS, replies.DOUBT_WORDS, replies.COMMANDS)


def test_every_language_has_its_words():
    """
    A language that is spoken is read, with a word for each decision, and no word is read in one that is not spoken.
    """
    for table in tables():
        assert set(LANGUAGES) == set(table)
        for words in table.values():
            assert set(table[PLAIN].values()) == set(words.values())
    assert (
        set(LANGUAGES)
        == set(replies.EDIT_WORDS)
        == set(replies.REVOKING)
        == set(replies.HANDING)
        >= set(replies.OTHERWISE)
    )


def test_no_word_means_two_things():
    """
    Whatever two languages somebody reads, a word decides the same in both, and none that decides is a command.
    """
    for table in tables():
        for one, other in combinations(table, 2):
            shared = set(table[one]) & set(table[other])
            assert [] == [word for word in shared if table[one][word] != table[other][word]]
    decide = {word for table in (replies.WORDS, replies.DOUBT_WORDS) for words in table.values() for word in words}
    assert set() == decide & {word for words in replies.COMMANDS.values() for word in words}


@pytest.mark.parametrize(("language", "word", "elsewhere"), [("es", "ja", "de"), ("fr", "si", "es")])
def test_a_word_that_is_something_else_decides_nothing(language: str, word: str, elsewhere: str):
    """
    "Ja" laughs in Spanish: who reads Spanish decides nothing with it, also where the gateway speaks German.
    """
    assert replies.read(word, languages=(elsewhere,)).decision is Decision.APPROVE
    assert replies.read(word, languages=(PLAIN, elsewhere, language)).decision is None
    assert replies.read(word, languages=(language,)).decision is None


@pytest.mark.parametrize(
    "word", ["ok", "okay", "d'accord", "vale", "klar", "passt", "gut", "bien", "claro", "👍", "+1"]
)
def test_politeness_decides_nothing(word: str):
    """
    What people say to be polite decides in no language.
    """
    assert replies.read(word, languages=tuple(LANGUAGES)).decision is None


@pytest.mark.parametrize(
    ("text", "language", "decision"),
    [
        *(("¡Sí!", "es", Decision.APPROVE), ("si\u0301", "es", Decision.APPROVE), ("„Ja“", "de", Decision.APPROVE)),
        *(
            ("oui\u202f!", "fr", Decision.APPROVE),
            ("Je m’en occupe", "fr", Decision.CLAIM),
            ("NON.", "fr", Decision.DENY),
        ),
        *(("¿sí?", "es", None), ("ja?", "de", None), ("ja, aber nicht vor fünf", "de", None), ("approve", "de", None)),
    ],
)
def test_words_however_they_are_typed(text: str, language: str, decision: Decision | None):
    """
    Accents in one character or two, any apostrophe, each language's own marks around; and nothing but the word.
    """
    assert decision == replies.read(text, languages=(language,)).decision


def test_an_unknown_language_is_the_gateways_own():
    """
    Who has none reads what the gateway speaks.
    """
    catalogues = Catalogues("de")

    assert ["Genehmigen", "Genehmigen", "Aprobar"] == [
        catalogues.of(language).say("button.approve") for language in ("", "tlh", "es")
    ]
