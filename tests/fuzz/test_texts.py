"""
What people write, at its worst: it is read in linear time, and decides only where the rules say so.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import markup, text
from agent_core import facts, replies, texts
from agent_core.addresses import Identity
from agent_core.catalogue import LANGUAGES
from agent_core.requests import Decision
from gateway import linking
from tests.fuzz import examples
from tests.fuzz.shapes import texts as anything
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, OPS, OTTO, RITA, maker
from tests.gateway.loopback import Loopback
from tests.runtime import NOON, HandRuntime

# Linear time ---------------------------------------------------------------------------------------------------------

SHORT, TIMES, MARGIN = 2_000, 8, 4.0  # characters; how much longer; and how much worse than linear that may be
UNITS = (
    *("<", "<|", "<@U1|", "<#", "<!date^1^", "<@U1>", ">", "&", "&amp;", "|"),
    *("`", "```", "```\n", "``` a", "~~~", "~~~a\n", " ```", "\t", " ", "\n", "\r\n", "\n\n"),
    *("yes ", "yes, ", "K7M ", ".", "«", "(", "link ", "link BCDF-", "x", "x ", "9"),
    *("\u200d", "\u200c", "e\u0301", "\u0301", "🇩", "👨\u200d", "\u202e", "\ud83d", "\x00", "\ufe0f", "İ"),
)
CODES = frozenset({"K7M", "BCD"})


def code_in(said: str) -> object:
    """Look for a one-time code."""
    return linking.code_in(facts.MessageReceived(sender=Identity("slack:T1/U1"), sent_at=NOON, direct=True, text=said))


READERS: dict[str, Callable[[str], object]] = {
    "replies.read": lambda said: replies.read(said, codes=CODES, languages=tuple(LANGUAGES)),
    "link code": lambda said: code_in(texts.storable(said)),
    "markup.clean": lambda said: markup.clean(said, "U1"),
    "markup.mentions": markup.mentions,
    "text.split": lambda said: text.split(said, 3_000),
    "text.cut": lambda said: text.cut(said, 2_000),
    "texts.legible": texts.legible,
    "texts.exact": texts.exact,
    "texts.storable": texts.storable,
}


def seconds(read: Callable[[str], object], said: str, tries: int) -> float:
    """Measure the processor's time; what other processes do is not in it."""
    spent = []
    for _ in range(tries):
        began = time.process_time()
        read(said)
        spent.append(time.process_time() - began)
    return min(spent)


@pytest.mark.parametrize("reader", READERS)
def test_a_text_is_read_in_linear_time(reader: str):
    """
    Eight times as much of anything takes about eight times as long to read, whatever stands before and behind it.
    """
    read = READERS[reader]
    for unit in UNITS:
        for before, behind in (("", ""), ("```", "`"), ("<@U1|", "<")):
            short, long = (before + (unit * n)[:n] + behind for n in (SHORT, SHORT * TIMES))
            once = seconds(read, long, 1)
            if once > 0.02:
                floor = max(seconds(read, short, 3), 0.002)
                assert seconds(read, long, 3) < floor * TIMES * MARGIN, (unit, before, behind)


# Decisions -----------------------------------------------------------------------------------------------------------

WORDS = ("approve", "approved", "yes", "deny", "denied", "no", "reject", "ok", "run again", "did run", "stop", "drop")
AROUND = r"[\s.,!;:\"'“”‘’«»*_~`()\[\]]*"
SAYS_YES, SAYS_NO = "approve|approved|yes", "deny|denied|no|reject"
CODE = "K7M"


def oracle(said: str, code: str = CODE) -> Decision | None:
    """
    Say what a text decides, by the rules as people are told them: one word of a short list and nothing else, in any
    case, with quotes or marks around it, and with a code that is open before or behind it.
    """
    for decision, word in ((Decision.APPROVE, SAYS_YES), (Decision.DENY, SAYS_NO)):
        named = rf"{AROUND}(?:{code}{AROUND} )?{AROUND}(?:{word}){AROUND}(?: {AROUND}{code})?{AROUND}"
        if len(said) <= replies.LONGEST and re.fullmatch(named, said, re.IGNORECASE):
            return decision
    return None


PIECES = (
    *WORDS,
    *("Yes", "NO!", "“yes”", "*approve*", "> yes", "not", "never", "y", "nope", "yess", "уes", "ｙｅｓ", "y\u200bes"),
    *(
        "yes\u202e",
        "\ufeffyes",
        "да",
        "👍",
        "yes?",
        "yes, but",
        "no-one",
        "yes-man",
        "y e s",
        "ye\ns",
        "yes\x00",
        "yeſ",
    ),
    *(
        CODE,
        "k7m",
        "K7N",
        "K7",
        "K7MM",
        "K7M:",
        "K 7 M",
        "BCD",
        "К7М",
        " ",
        "\n",
        "\t",
        ".",
        ",",
        "!",
        "*",
        "(",
        ")",
        "",
    ),
)


def test_what_words_and_codes_decide():
    """
    Together, in any order, words and codes decide nothing but what the rules say; what is nearly one decides nothing.
    """
    decided = 0
    threes = itertools.product(PIECES, ("approve", "yes", "NO!", CODE, "not"), PIECES)
    for said in (gap.join(three) for three in threes for gap in (" ", "\n")):
        decision = replies.read(said, codes=[CODE]).decision
        assert decision in (None, oracle(said)), ascii(said)
        assert oracle(said) == decision or CODE in said.upper(), ascii(said)
        decided += decision is not None

    assert decided > 500


@examples(300)
@given(st.lists(st.sampled_from(PIECES) | anything, max_size=4), st.sampled_from([" ", "", "\n"]))
def test_what_any_text_decides(some: list[str], gap: str):
    """
    Whatever else is written between and around them, a text decides nothing but what the rules say.
    """
    said = gap.join(some)
    assert replies.read(said, codes=[CODE]).decision in (None, oracle(said)), ascii(said)
    assert replies.read(said).decision == oracle(said, code="(?!)"), ascii(said)


@examples(6, shrink=False)
@given(st.lists(st.tuples(st.sampled_from([RITA, ANA, BEN, OTTO]), st.sampled_from(PIECES) | anything), max_size=12))
async def test_texts_that_decide_nothing(tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str]]):
    """
    Whatever everybody writes, wherever the card stands, what is no decision of somebody who may decide leaves the
    request open, and nothing gets stuck (G12, G9).
    """
    runtime, world = HandRuntime(), World()
    make = maker(tmp_path_factory.mktemp("house"), runtime, Loopback(runtime.now))
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        code = house.card(ANA).card.code
        for user, words in said:
            may = user in (ANA, BEN)
            for place in (None, OPS):
                text = words.replace(CODE, code)
                if not (may and oracle(text, "[A-Z0-9]{3}") is not None):
                    await house.write(user, text, at=place, settle=False)
        await runtime.advance(1)
        assert [] == sorted(house.owner.stuck)
        assert [] == world.deployed
        if not any(
            user == RITA and words.strip(" .,!*()").lower() in ("drop", "drop it", "cancel") for user, words in said
        ):
            await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
            assert [("production", "v1", 1)] == world.deployed
    runtime.close()
