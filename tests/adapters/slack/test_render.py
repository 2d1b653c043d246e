"""
What we say to Slack: within its limits, whole, and never as markup.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.base import Ask, Form, Part, Say, Settle, Whisper
from adapters.slack import limits
from adapters.slack.emulator import blocks as blockkit
from adapters.slack.emulator import checks, modals
from adapters.slack.render import form, render
from adapters.slack.text import escape
from agent_core import forms
from agent_core.addresses import ConversationKey, Identity
from agent_core.cards import Card, Confirm, Row
from agent_core.forms import Field
from agent_core.requests import Choice, Decision

HERE = ConversationKey("slack:T1/C1")
LONGEST, MOST = 300, 10  # characters of a request on a list, and requests on one
BUTTONS = ((Decision.APPROVE, "Approve"), (Decision.DENY, "Deny"))
REASON = forms.Field(name="reason", kind="long_text", label="Reason", hint="Who reads it")
NASTY = "<!channel> <@U1> <https://x.test|click> *bold* `code` & </message>"


def a_card(**how: Any) -> Card:
    given: dict[str, Any] = {"title": "Approve deploy?", "buttons": BUTTONS, "how": "Press a button."}
    return Card.model_validate(given | how)


def blocks(part: Part) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = part.arguments["blocks"]
    return found


def elements(parts: list[Part]) -> list[dict[str, Any]]:
    return [e for part in parts for block in blocks(part) if block["type"] == "actions" for e in block["elements"]]


def texts(value: Any) -> list[dict[str, Any]]:
    """Every text object in a message."""
    if isinstance(value, dict):
        own = [value] if value.get("type") in ("plain_text", "mrkdwn") else []
        return own + [found for inner in value.values() for found in texts(inner)]
    return [found for inner in value for found in texts(inner)] if isinstance(value, list | tuple) else []


def test_what_denies_stands_beside_what_approves():
    """
    What lasts longer than this call comes behind the ways to decide it, and what gives it away comes last.
    """
    card = a_card(form="Deny with a reason", edit="Change", grants=(("1h", "For 1 hour"),), hand="Hand on")
    (part,) = render(Ask(card, "r1"), HERE)

    labels = [element["text"]["text"] for element in elements([part])]
    assert ["Approve", "Deny", "Deny with a reason", "Change", "For 1 hour", "Hand on"] == labels


def test_a_card_shows_everything():
    """
    What will run, its arguments, why, who asks, by when, what silence means, how to answer, and the buttons.
    """
    card = a_card(
        facts=(("environment", "production"), ("tag", "v1")),
        body="Body",
        why="Because",
        asker="Asked by Rita",
        by="Answer by",
        due=1_700_000_000.0,
        silence="If nobody does, nothing happens.",
        form="Deny with a reason",
        again="Again: the same request.",
    )
    (part,) = render(Ask(card, "request1"), HERE)
    written = json.dumps(part.arguments["blocks"])

    for words in ("environment\\nproduction", "Because", "Asked by Rita", "If nobody does", "Press a button", "Again:"):
        assert words in written
    assert "Answer by <!date^1700000000^{date_short_pretty} {time}|2023-11-14 22:13 UTC>" in written
    assert ["Approve", "Deny", "Deny with a reason"] == [button["text"]["text"] for button in elements([part])]
    assert {"request1"} == {button["value"] for button in elements([part])}
    assert "environment: production" in part.arguments["text"]


def test_a_settled_card_has_no_buttons():
    """
    What is decided can no longer be pressed, and says how it ended.
    """
    card = a_card(buttons=(), how="", notes=("Approved by Ana, 14:02", "deploy done, 14:03"))
    (part,) = render(Settle(card, "request1", "d1"), HERE)

    assert [] == elements([part])
    assert ("chat.update", "d1", True) == (part.kind, part.target, part.idempotent)
    assert "deploy done, 14:03" in json.dumps(part.arguments["blocks"])
    assert "Approved by Ana, 14:02" in part.arguments["text"]


def a_list(*open_ones: bool) -> Card:
    """A list of requests with texts as long as they may be, some of them open."""
    rows = [
        Row(
            request=f"{n:026}",
            code=f"C{n}",
            text=NASTY + "x" * (LONGEST - len(NASTY)),
            note="" if is_open else "Denied by Ana",
            buttons=(*BUTTONS, (Decision.SHOW, "Show it by itself")) if is_open else (),
        )
        for n, is_open in enumerate(open_ones)
    ]
    return a_card(rows=tuple(rows), menu="Decide this one", how="Press.")


def test_a_list_has_a_menu_for_each_and_buttons_for_all():
    """
    The buttons name the requests that are open; each of these has its own menu; all of it stands in one message.
    """
    (part,) = render(Ask(a_list(*[True] * (MOST - 1), False), "thelist"), HERE)
    approve, deny = elements([part])
    menus = [block["accessory"] for block in blocks(part) if "accessory" in block]

    named = ",".join(f"{n:026}" for n in range(MOST - 1))
    assert [f"thelist/{named}"] * 2 == [approve["value"], deny["value"]]
    assert MOST - 1 == len(menus) == len({menu["action_id"] for menu in menus})
    assert [f"{each}/{0:026}" for each in ("approve", "deny", "show")] == [o["value"] for o in menus[0]["options"]]
    assert blocks(part)[MOST]["text"]["text"] == f"C{MOST - 1}  {a_list(True).rows[0].text}\nDenied by Ana"
    blockkit.for_message(blocks(part))
    (settled,) = render(Settle(a_list(*[False] * MOST).model_copy(update={"buttons": ()}), "thelist", "d1"), HERE)
    assert [] == elements([settled])


def test_what_voters_say_fits():
    """
    Where a card has more notes than there is room for, only the long ones are cut; one on a row has room of its own.
    """
    said = tuple(f"Voter {n}: {'x' * 3_000}" for n in range(9))
    for card in (a_card(), a_list(*[False] * MOST)):
        rows = tuple(row.model_copy(update={"note": "y" * 3_000}) for row in card.rows)
        card = card.model_copy(update={"notes": ("Approved so far", *said, "Still needed: one"), "rows": rows})
        *_, part = render(Ask(card, "r1"), HERE)
        shown = [text["text"] for text in texts(blocks(part))]

        assert {"Approved so far", "Still needed: one"} < set(shown)
        assert 9 == len([text for text in shown if re.fullmatch(r"Voter \d: x{600,}…", text)])
        assert sum(map(len, shown)) <= limits.BLOCKS_TEXT
        blockkit.for_message(blocks(part))


def test_however_many_have_voted_a_card_is_one_message():
    """
    What is said of it shares blocks where there would be more of them than a message has; nothing of it is left out.
    """
    said = tuple(f"Voter {n}: fine by me" for n in range(100))
    part = render(Settle(a_card(notes=("Approved so far", *said, "Still needed: one")), "r1", "d1"), HERE)[-1]
    shown = "\n".join(text["text"] for text in texts(blocks(part))).splitlines()

    assert set(said) | {"Approved so far", "Still needed: one"} <= set(shown)
    blockkit.for_message(blocks(part))


def test_the_button_that_approves_asks_once_more():
    """
    Only that button carries Slack's dialog; its words are cut to what Slack takes, and never markup.
    """
    card = a_card(confirm=Confirm(title="Exactly this?", text=NASTY * 9, yes="Approve", no="Back" * 9))
    approve, deny = elements(render(Ask(card, "r1"), HERE))
    dialog = approve["confirm"]

    assert "confirm" not in deny
    assert ("Exactly this?", "Approve", "primary") == (
        dialog["title"]["text"],
        dialog["confirm"]["text"],
        dialog["style"],
    )
    assert {"plain_text"} == {dialog[name]["type"] for name in ("title", "text", "confirm", "deny")}
    assert (NASTY, "…") == (dialog["text"]["text"][: len(NASTY)], dialog["text"]["text"][-1])
    blockkit.for_message(blocks(render(Ask(card, "r1"), HERE)[0]))


def test_an_open_card_that_changes_keeps_its_buttons():
    """
    What it takes still stands above the buttons, which stay until it is decided.
    """
    card = a_card(notes=("Approved so far by Ana.",))
    (part,) = render(Settle(card, "request1", "d1"), HERE)

    assert len(elements(render(Ask(card, "request1"), HERE))) == len(elements([part])) > 0
    kinds = [block["type"] for block in part.arguments["blocks"]]
    notes = [n for n, block in enumerate(part.arguments["blocks"]) if "so far" in json.dumps(block)]
    assert notes == [kinds.index("actions") - 1]


def test_choices_are_buttons_or_a_menu():
    """
    A few choices are buttons, many are a menu; each carries the request and its own name.
    """
    few = render(Ask(a_card(buttons=(), choices=(("eu", "Europe"), ("us", "America"))), "r"), HERE)
    many = render(Ask(a_card(buttons=(), choices=tuple((str(n), f"Choice {n}") for n in range(40))), "r"), HERE)

    assert ["r/eu", "r/us"] == [button["value"] for button in elements(few)]
    assert 2 == len({button["action_id"] for button in elements(few)})
    (menu,) = elements(many)
    assert ("static_select", 40, "r/39") == (menu["type"], len(menu["options"]), menu["options"][-1]["value"])


def test_a_long_card_is_whole_and_its_buttons_come_last():
    """
    What is decided on is never cut: it spreads over messages, and the buttons stand below all of it.
    """
    value = " ".join(f"word{n}" for n in range(6_000))
    parts = render(Ask(a_card(facts=(("diff", value),)), "r"), HERE)
    shown = " ".join(text["text"] for part in parts for text in texts(part.arguments["blocks"]))

    assert len(parts) > 2
    assert all(f"word{n} " in f"{shown} " for n in range(6_000))
    assert [] == elements(parts[:-1])
    assert 2 == len(elements(parts[-1:]))


@given(st.text(max_size=400), st.text(max_size=400), st.text(min_size=1, max_size=80))
def test_foreign_text_never_becomes_markup(title: str, value: str, label: str):
    """
    Whatever people, models and tools write stands in plain text, or escaped.
    """
    card = a_card(title=title or "x", facts=((label, value),), why=value, body=value, notes=(value,), asker=title)
    for outbound in (Ask(card, "r"), Settle(card, "r", "d"), Say(value), Whisper(Identity("slack:T1/U1"), value)):
        for part in render(outbound, HERE):
            assert not re.search(r"<[@!#]|<http", part.arguments["text"])
            marked = [text["text"] for text in texts(part.arguments.get("blocks", [])) if text["type"] == "mrkdwn"]
            assert [] == [text for text in marked if not text.startswith(" <!date^")]


def test_nasty_text_is_shown_as_written():
    """
    A mention in somebody's words mentions nobody.
    """
    (said,) = render(Say(NASTY), HERE)

    assert escape(NASTY) == said.arguments["text"]
    assert (False, "none", False) == (said.arguments["mrkdwn"], said.arguments["parse"], said.arguments["link_names"])


LABELS = st.text(min_size=1, max_size=200)
CARDS = st.builds(
    a_card,
    title=st.text(min_size=1, max_size=400),
    body=st.text(max_size=5_000),
    why=st.text(max_size=3_000),
    asker=st.text(max_size=2_500),
    how=st.text(max_size=2_500),
    again=st.text(max_size=200),
    due=st.none() | st.just(1_700_000_000.0),
    facts=st.lists(st.tuples(LABELS, st.text(max_size=4_000)), max_size=60).map(tuple),
    choices=st.lists(st.tuples(LABELS, LABELS), max_size=120).map(tuple),
    notes=(
        st.lists(st.text(min_size=1, max_size=7_000), max_size=6)
        | st.integers(1, 300).map(lambda count: [f"Voter {n}: fine" for n in range(count)])
    ).map(tuple),
    buttons=st.sampled_from([(), BUTTONS]),
    form=st.sampled_from(["", "Deny with a reason"]),
    denials=st.lists(st.builds(Choice, name=st.text(max_size=75), label=st.text(max_size=75)), max_size=10),
)


@given(CARDS)
def test_slack_takes_every_card(card: Card):
    """
    No card, however large, breaks a limit: what Slack's documents say, as the emulator wrote it down, takes each part.
    """
    for outbound in (Ask(card, "r" * 26), Settle(card, "r" * 26, "d")):
        for part in render(outbound, HERE):
            blockkit.for_message(blocks(part))
            assert 0 < len(part.arguments["text"]) <= limits.TEXT
            assert sum(len(text["text"]) for text in texts(blocks(part))) <= limits.BLOCKS_TEXT


@given(CARDS)
def test_buttons_stand_on_the_last_part(card: Card):
    """
    Whatever is pressed stands below everything that it decides, on the part that settling changes.
    """
    parts = render(Ask(card, "r" * 26), HERE)

    assert [] == elements(parts[:-1])
    assert bool(card.buttons or card.form) <= bool(elements(parts[-1:]))


@given(CARDS)
def test_a_choice_is_never_only_shown_cut(card: Card):
    """
    What a button or a menu has no room for stands on the card in full.
    """
    shown = "".join("".join(text["text"].split()) for p in render(Ask(card, "r"), HERE) for text in texts(blocks(p)))

    assert all("".join(label.split()) in shown for _, label in card.choices)


def test_a_thread_and_a_card_to_stand_under():
    """
    What is said in a thread names it; what stands under a card names the delivery that showed it.
    """
    (in_thread,) = render(Say("hi", root="1.2"), HERE)
    (under,) = render(Say("hi", under="d1"), HERE)

    assert ("1.2", None) == (in_thread.arguments["thread_ts"], in_thread.target)
    assert "d1" == under.target


def test_the_form_fits_a_modal():
    """
    The form's words are cut to what a modal takes, and it carries its request.
    """
    view = form(Form(Decision.DENY, "t" * 99, (REASON,), "s" * 99, "c" * 99, ""), "request1", HERE)

    assert {24} == {len(view[name]["text"]) for name in ("title", "submit", "close")}
    assert {"request": "request1", "conversation": HERE} == json.loads(view["private_metadata"])


def schema(label: str, hint: str, options: list[str], ticked: list[str], begun: bool) -> dict[str, Any]:
    """A form's schema with each kind of field, as an agent's author may write it."""
    return {
        "type": "object",
        "properties": {
            "line": {"title": label, "description": hint, "type": "string", "default": "x" if begun else ""},
            "lines": {"type": "string", "format": "multiline", "maxLength": 5_000},
            "count": {"type": "integer", "minimum": 1, "default": 2},
            "share": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "sure": {"type": "boolean", **({"default": True} if begun else {})},
            "one": {"enum": options, **({"default": options[0]} if begun else {})},
            "some": {"type": "array", "items": {"enum": options[:10]}, "default": ticked},
            "day": {"type": "string", "format": "date", **({"default": "2026-01-31"} if begun else {})},
        },
    }


WORDS = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=70).filter(
    lambda word: word.strip() == word
)
FIELDS = st.lists(WORDS, min_size=1, max_size=100, unique=True).flatmap(
    lambda options: st.builds(
        lambda *how: forms.fields(schema(*how)),
        st.text(min_size=5, max_size=140).map("A {}".format),
        st.text(max_size=2_500),
        st.just(options),
        st.sampled_from([[], options[:1]]),
        st.booleans(),
    )
)


@given(
    st.builds(
        Form, st.sampled_from([Decision.DENY, Decision.ANSWER]), st.text(), FIELDS, *[st.text(max_size=2_500)] * 3
    )
)
def test_slack_takes_every_form(wanted: Form):
    """
    Whatever the sentences of a form are, what Slack's documents say, as the emulator wrote it down, takes it.
    """
    view = form(wanted, "r" * 26, HERE)
    problems = checks.Problems()
    modals.VIEW(view, "/view", problems)
    blockkit.find_problems(view["blocks"], "/blocks", problems, known=blockkit.EVERYWHERE, most=100)

    assert [] == problems.found


@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_text_is_still_a_message(text: str):
    """
    Saying nothing does not fail.
    """
    assert 1 == len(render(Say(text), HERE))


@pytest.mark.parametrize(("count", "pad"), [(26, "x" * 130), (3, "x" * 2_000), (101, "")])
def test_choices_that_cannot_be_pressed_are_listed(count: int, pad: str):
    """
    Too many or too long for Slack's elements, they stand numbered on the card, all of them.
    """
    choices = tuple((f"option {n} {pad}", f"option {n} {pad}") for n in range(1, count + 1))
    parts = render(Ask(a_card(buttons=(), choices=choices), "r" * 26), HERE)

    assert [] == elements(parts)
    shown = "".join(found["text"] for part in parts for found in texts(blocks(part)))
    assert all(f"{n}. option {n}" in shown for n in range(1, count + 1))


def test_under_a_card_in_a_thread_is_in_that_thread():
    """
    A reply's own id is no thread for Slack, so the thread's root is named.
    """
    (under,) = render(Say("Passed on.", "1.1", "delivery1"), HERE)
    (below,) = render(Say("Passed on.", "", "delivery1"), HERE)

    assert ("1.1", None) == (under.arguments["thread_ts"], under.target)
    assert (False, "delivery1") == ("thread_ts" in below.arguments, below.target)


def test_nothing_is_made_a_link_or_a_mention():
    """
    Every message says that its words are words; a whisper, which cannot say so, stands in a block without markup.
    """
    outbounds = (Say("hi"), Whisper(Identity("slack:T1/U1"), "*hi*"), Ask(a_card(), "r"), Settle(a_card(), "r", "d"))
    parts = [part for outbound in outbounds for part in render(outbound, HERE)]

    assert [("none", False)] * 4 == [(part.arguments["parse"], part.arguments["link_names"]) for part in parts]
    assert [{"type": "plain_text", "text": "*hi*", "emoji": False}] == texts(blocks(parts[1]))
    unfurls = [part for part in parts if part.kind == "chat.postMessage"]
    assert all(not (p.arguments["unfurl_links"] or p.arguments["unfurl_media"]) for p in unfurls)


def test_a_long_reason_stays_on_the_card():
    """
    A denial's reason is shown whole, below the card that it ended.
    """
    reason = " ".join(f"word{n}" for n in range(400))
    (part,) = render(Settle(a_card(buttons=(), notes=(f"Denied by Ana, 14:02: {reason}",)), "r", "d"), HERE)

    shown = " ".join(text["text"] for text in texts(blocks(part)))
    assert all(f"word{n}" in shown.split() for n in range(400))


def test_a_card_that_may_be_handed_on_has_a_button_for_it():
    """
    The button opens a form of its own, and its form comes back as a hand-over.
    """
    button = elements(render(Ask(a_card(hand="Hand on"), "r1"), HERE))[-1]
    to = Field(name="to", kind="choice", label="To whom", options=(("ben", "Ben"),))
    view = form(Form(Decision.REASSIGN, "Hand it on", (to,), "Hand on", "Back", "failed"), "r1", HERE)

    assert ("ringback.hand_form", "Hand on", "r1") == (button["action_id"], button["text"]["text"], button["value"])
    assert "ringback.hand" == view["callback_id"]
    assert ["ben"] == [option["value"] for option in view["blocks"][0]["element"]["options"]]


def test_buttons_of_a_changed_call_name_its_revision():
    """
    Whatever is pressed on a card, or sent in by its form, says which revision of the call it showed.
    """
    card = a_card(edit="Change", form="Deny with a reason", denials=(Choice(name="later", label="Later"),), revision=2)
    values = [element["value"] for element in elements(render(Ask(card, "r1"), HERE))]
    wanted = Form(Decision.DENY, "Deny", (REASON,), "Deny", "Back", "failed", "later", 2)

    assert ["r1@2", "r1@2", "r1@2", "r1@2/later", "r1@2"] == values
    about = json.loads(form(wanted, "r1", HERE)["private_metadata"])
    assert {"request": "r1", "conversation": HERE, "choice": "later", "revision": 2} == about
