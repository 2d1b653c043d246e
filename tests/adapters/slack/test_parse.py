"""
What Slack's payloads say, and that none of them can surprise us.
"""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.base import Inbound
from adapters.slack.accounts import Bot
from adapters.slack.parse import Command, FormClick, Ignored, parse
from agent_core import facts
from agent_core.requests import Assurance, Decision
from tests import vendor

PAYLOADS = Path(__file__).parent / "payloads"
BOT = Bot("T0SANDBOX", "URINGBACK", "BRINGBACK")
NOW = 1_700_000_000.0
DM, CHANNEL = "slack:T0SANDBOX/U0000RITA", "slack:T0SANDBOX/CAPPROVALS"


def load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text())
    return loaded


def inbound(name: str) -> Inbound:
    parsed = parse(load(name), BOT, NOW)
    assert isinstance(parsed, Inbound), parsed
    return parsed


def test_a_message_in_a_one_to_one_chat():
    """
    Its conversation is named by the other side, never by Slack's channel, and all of it is one root.
    """
    got = inbound("message_in_dm")

    assert DM == got.conversation
    assert isinstance(got.fact, facts.MessageReceived)
    assert ("deploy & <b> v1", "", True, Assurance.HIGH) == (
        got.fact.text,
        got.fact.root,
        got.fact.direct,
        got.fact.assurance,
    )
    assert DM == got.fact.sender
    assert float(got.fact.message_id) == got.fact.sent_at


def test_a_mention_comes_twice_and_counts_once():
    """
    `message` and `app_mention` of one message share a key, so that the second is a duplicate.
    """
    one, two = inbound("mention_as_message"), inbound("mention_as_app_mention")

    assert set(one.dedupe) & set(two.dedupe)
    assert one.dedupe != two.dedupe
    assert one.fact == two.fact


def test_a_mention_names_us_and_starts_a_thread():
    """
    The mention of us goes from the text; the message is its own root; references become words.
    """
    fact = inbound("mention_as_message").fact

    assert isinstance(fact, facts.MessageReceived)
    assert "deploy it in #CAPPROVALS, see this (https://x.test)" == fact.text.replace("#approvals", "#CAPPROVALS")
    assert (True, fact.message_id, None, False) == (fact.mentions_us, fact.root, fact.reply_to, fact.direct)


def test_a_reply_in_a_thread_stands_under_its_root():
    """
    A reply names what it stands under.
    """
    got = inbound("message_in_thread")

    assert CHANNEL == got.conversation
    assert isinstance(got.fact, facts.MessageReceived)
    assert got.fact.root == got.fact.reply_to != got.fact.message_id


def test_talk_among_people_is_not_ours():
    """
    A channel's message that neither mentions us nor stands in a thread is dropped.
    """
    assert isinstance(parse(load("message_in_channel"), BOT, NOW), Ignored)


@pytest.mark.parametrize("name", ["own_message", "own_message_edited"])
def test_our_own_words_are_ignored(name: str):
    """
    What we posted or edited does not come back as somebody's.
    """
    assert isinstance(parse(load(name), BOT, NOW), Ignored)


def test_other_bots_are_ignored():
    """
    Two bots never talk in circles.
    """
    payload = load("message_in_dm")
    payload["event"] |= {"bot_id": "BOTHER"}

    assert isinstance(parse(payload, BOT, NOW), Ignored)


def test_edits_and_deletions_are_evidence():
    """
    An edit names the message and its new text, a deletion the message.
    """
    edited, deleted = inbound("message_edited").fact, inbound("message_deleted").fact

    assert isinstance(edited, facts.MessageEdited)
    assert isinstance(deleted, facts.MessageDeleted)
    assert "changed" == edited.text
    assert edited.message_id == deleted.message_id


def test_an_unfurled_link_is_no_edit():
    """
    An edit without a new text is Slack's own.
    """
    payload = load("message_edited")
    payload["event"]["previous_message"]["text"] = payload["event"]["message"]["text"]

    assert isinstance(parse(payload, BOT, NOW), Ignored)


@pytest.mark.parametrize(
    ("name", "conversation", "decision", "value"),
    [
        ("button_approve", "slack:T0SANDBOX/U00000ANA", Decision.APPROVE, ""),
        ("button_approve_in_channel", CHANNEL, Decision.APPROVE, ""),
        ("choice_selected", "slack:T0SANDBOX/U00000ANA", Decision.ANSWER, "eu"),
    ],
)
def test_a_press_names_its_request(name: str, conversation: str, decision: Decision, value: str):
    """
    A press carries the request's id and nothing else that decides, and who pressed, as Slack signed it.
    """
    got = inbound(name)

    assert conversation == got.conversation
    assert isinstance(got.fact, facts.ActionTaken)
    assert ("request1", decision, value) == (got.fact.request, got.fact.decision, got.fact.value)
    assert 2 == len(got.dedupe)


def test_a_menu_of_a_list_decides_one_request():
    """
    An option names the decision and the request; a button for all of a list names the list and those on it.
    """
    payload = load("choice_selected")
    option = {"text": {"type": "plain_text", "text": "Deny"}, "value": "deny/r7"}
    payload["actions"][0] |= {"action_id": "ringback.row#3", "selected_option": option}
    got = parse(payload, BOT, NOW)
    assert isinstance(got, Inbound)
    assert isinstance(got.fact, facts.ActionTaken)
    assert (Decision.DENY, "r7", "") == (got.fact.decision, got.fact.request, got.fact.value)

    option["value"] = "explode/r7"
    assert isinstance(parse(payload, BOT, NOW), Ignored)
    payload = load("button_approve")
    payload["actions"][0]["value"] = "thelist/r1,r2"
    got = parse(payload, BOT, NOW)
    assert isinstance(got, Inbound)
    assert isinstance(got.fact, facts.ActionTaken)
    assert (Decision.APPROVE, "thelist", "r1,r2") == (got.fact.decision, got.fact.request, got.fact.value)


def test_the_form_button_is_a_query():
    """
    A press that only opens a form is no event.
    """
    click = parse(load("button_deny_form"), BOT, NOW)

    assert isinstance(click, FormClick)
    assert ("request1", "slack:T0SANDBOX/U00000ANA") == (click.wanted.request, click.wanted.conversation)
    assert click.trigger


def test_a_form_brings_what_was_written():
    """
    The form says which request it belongs to, and what was written in it.
    """
    fact = inbound("deny_form_submitted").fact

    assert isinstance(fact, facts.FormSubmitted)
    assert ("request1", Decision.DENY, {"reason": "too early"}) == (fact.request, fact.decision, dict(fact.values))


def test_strangers_of_another_workspace_are_told_apart():
    """
    A member of another organisation in a shared channel is an outsider, under their own workspace's name.
    """
    payload = load("message_in_thread")
    payload["event"]["user_team"] = "TOTHER"
    parsed = parse(payload, BOT, NOW)

    assert isinstance(parsed, Inbound)
    assert (True, "slack:TOTHER/U00000ANA") == (parsed.fact.outsider, parsed.fact.sender)


def test_a_redelivery_parses_to_the_same():
    """
    The same payload gives the same fact and the same keys.
    """
    for path in PAYLOADS.glob("*.json"):
        payload = json.loads(path.read_text())
        assert parse(payload, BOT, NOW) == parse(copy.deepcopy(payload), BOT, NOW)


def test_every_official_sample_is_a_value():
    """
    Every payload of Slack's own libraries parses: to something of ours, or to a reason why not.
    """
    root = vendor.folder("slack")
    paths = [
        *root.glob("bolt-python/*.json"),
        *root.glob("java-slack-sdk/events/*.json"),
        *root.glob("java-slack-sdk/app-backend/*/*.json"),
        *root.glob("socket-mode/*.json"),
    ]
    kinds: dict[str, int] = {}
    for path in paths:
        sample = json.loads(path.read_text())
        payload = sample.get("payload", sample) if isinstance(sample, dict) else {}
        kind = type(parse(payload, Bot("T111", "W111", "B111"), NOW)).__name__
        kinds[kind] = kinds.get(kind, 0) + 1

    assert len(paths) > 150
    assert kinds["Inbound"] >= 5
    assert {"Inbound", "Command", "Ignored"} == set(kinds)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(PAYLOADS.glob("*.json"))), st.data())
def test_no_payload_raises(path: Path, data: st.DataObject):
    """
    A payload with any part replaced by anything is a value, never an exception.
    """
    payload = json.loads(path.read_text())
    place: Any = payload
    for _ in range(data.draw(st.integers(1, 5))):
        keys = list(place) if isinstance(place, dict) else list(range(len(place))) if isinstance(place, list) else []
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if data.draw(st.booleans()):
            place[key] = data.draw(junk)
            break
        place = place[key]

    assert isinstance(parse(payload, BOT, NOW), Inbound | FormClick | Command | Ignored)


def test_half_an_emoji_is_still_a_message():
    """
    A text that UTF-8 cannot hold is stored with its payload, and not taken for something we do not know.
    """
    payload = load("message_in_dm")
    payload["event"]["text"] = "list \ud83d"
    got = parse(payload, BOT, NOW)

    assert isinstance(got, Inbound)
    assert payload == json.loads(got.raw)


def test_a_shape_that_should_be_ours_is_told_apart():
    """
    What we expected and could not read is odd, and logged; what is none of our business is not.
    """
    broken, foreign = load("message_in_dm"), load("message_in_dm")
    del broken["event"]["ts"]
    foreign["event"]["type"] = "reaction_added"

    assert ["malformed", ""] == [parse(payload, BOT, NOW).counter for payload in (broken, foreign)]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "change", "passing"),
    [
        ("message_in_thread", {}, True),
        ("message_in_thread", {"parent_user_id": "URINGBACK"}, False),
        ("message_in_thread", {"text": "and <@URINGBACK>?"}, False),
        ("message_in_dm", {"thread_ts": "1700000000.000001"}, False),
        ("mention_as_message", {}, False),
    ],
)
def test_talk_in_a_thread_is_passing(name: str, change: dict[str, Any], passing: bool):
    """
    What people say in a thread is ours if they mention us or it is under a message of ours; else the log has to know.
    """
    payload = load(name)
    payload["event"].pop("parent_user_id", None)
    payload["event"] |= change
    parsed = parse(payload, BOT, NOW)

    assert isinstance(parsed, Inbound)
    assert passing == parsed.passing


@pytest.mark.parametrize("name", ["message_edited", "message_deleted"])
def test_changes_of_talk_among_people_are_not_ours(name: str):
    """
    An edit or a deletion in a channel is taken only of what was taken.
    """
    payload = load(name)
    payload["event"] |= {"channel": "CAPPROVALS", "channel_type": "channel"}

    assert isinstance(parse(payload, BOT, NOW), Ignored)


def test_a_deleted_root_is_a_deletion():
    """
    A root with replies stays as a tombstone of Slackbot's: it is its author who took it back.
    """
    payload = load("message_edited")
    before = payload["event"]["previous_message"]
    tomb = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "text": "This message was deleted."}
    payload["event"] |= {"message": tomb | {"ts": before["ts"], "thread_ts": before["ts"], "hidden": True}}
    parsed = parse(payload, BOT, NOW)

    assert isinstance(parsed, Inbound)
    assert isinstance(parsed.fact, facts.MessageDeleted)
    assert (before["ts"], f"slack:T0SANDBOX/{before['user']}") == (parsed.fact.message_id, parsed.fact.sender)


@pytest.mark.parametrize(
    "change",
    [
        {"subtype": "message_changed", "message": {"user": "U1", "text": "hi", "ts": "1.2", "reply_count": 1}},
        {"subtype": "message_replied", "message": {"user": "U1", "text": "hi", "ts": "1.2", "reply_count": 1}},
        {"subtype": "tombstone"},
        {"subtype": "channel_join"},
        {"subtype": "bot_message", "bot_id": "BWORKFLOW"},
        {"subtype": "ekm_access_denied"},
        {"user": "USLACKBOT"},
        {"bot_id": "BOTHER", "text": "<@URINGBACK> deploy"},
    ],
)
def test_what_nobody_said_is_not_heard(change: dict[str, Any]):
    """
    A parent that is sent again, a workflow's words, another bot's mention, Slack's own notes: none of them is somebody.
    """
    payload = load("message_in_dm")
    payload["event"] |= change

    parsed = parse(payload, BOT, NOW)
    assert isinstance(parsed, Ignored)
    assert "" == parsed.counter


@pytest.mark.parametrize("stamp", ["nan", "inf", "1e9", "1" * 5_000, "-1.0", "", "1700000000.", "١٢٣", None, 1.5e30])
def test_a_time_that_is_none_is_not_believed(stamp: Any):
    """
    Python reads more as numbers than Slack writes as times.
    """
    payload = load("message_in_dm")
    payload["event"]["ts"] = stamp
    parsed = parse(payload, BOT, NOW)

    assert isinstance(parsed, Ignored)
    assert "malformed" == parsed.counter


def test_members_of_the_organisation_are_ours():
    """
    On a workspace of an organisation everybody of it has one identity, the account's.
    """
    payload = load("message_in_thread") | {"enterprise_id": "E1"}
    payload["event"]["user_team"] = "E1"
    parsed = parse(payload, BOT._replace(enterprise="E1"), NOW)

    assert isinstance(parsed, Inbound)
    assert (False, "slack:T0SANDBOX/U00000ANA") == (parsed.fact.outsider, parsed.fact.sender)


@pytest.mark.parametrize("conversation", ["slack:TOTHER/C1", "email:T0SANDBOX/x", "slack", "", "slack:T0SANDBOX/"])
def test_a_form_speaks_only_for_its_account(conversation: str):
    """
    Its hidden part names a conversation of this account, or it is not ours.
    """
    payload = load("deny_form_submitted")
    payload["view"]["private_metadata"] = json.dumps({"request": "r", "conversation": conversation})
    parsed = parse(payload, BOT, NOW)

    assert isinstance(parsed, Ignored)
    assert "malformed" == parsed.counter


@pytest.mark.parametrize("name", ["", "U1/U2", "slack:T1/U1", "U\x00", "U\ud83d", "U" * 65, " U1"])
def test_what_is_no_id_has_no_address(name: str):
    """
    An author or a channel that is not named as Slack names them would have an address that nobody can be reached at.
    """
    for key in ("user", "channel"):
        payload = load("message_in_dm")
        payload["event"] |= {key: name, "channel_type": "im" if key == "user" else "channel", "text": "<@URINGBACK>"}
        parsed = parse(payload, BOT, NOW)

        assert isinstance(parsed, Ignored)
        assert "malformed" == parsed.counter


def test_half_an_emoji_in_what_names_an_event():
    """
    What tells one event, or one request, from the next can be stored whatever it is.
    """
    payload = load("message_in_dm") | {"event_id": "Ev\ud83d"}
    said = parse(payload, BOT, NOW)
    payload = load("button_deny_form")
    payload["actions"][0]["value"] = "\ud83d"
    click = parse(payload, BOT, NOW)

    assert isinstance(said, Inbound)
    assert "slack/T0SANDBOX/event/Ev?" in said.dedupe
    assert isinstance(click, FormClick)
    assert "?" == click.wanted.request


@pytest.mark.parametrize("size", [float("inf"), float("nan"), 10**400, -1, "12", None, [1]])
def test_a_size_that_is_none_is_not_believed(size: Any):
    """
    A file whose size is no number of bytes is a file of unknown size, and its message is heard.
    """
    payload = load("message_in_dm")
    payload["event"] |= {"subtype": "file_share", "files": [{"name": "plan.csv", "size": size}]}
    parsed = parse(payload, BOT, NOW)

    assert isinstance(parsed, Inbound)
    assert isinstance(parsed.fact, facts.MessageReceived)
    assert (facts.Attachment(name="plan.csv"),) == parsed.fact.attachments


def test_what_is_pressed_says_which_call_was_shown():
    """
    A press and a form carry the revision of the card that they belong to; without one it is the call as it was asked.
    """
    press, form = load("button_approve"), load("deny_form_submitted")
    plain = parse(press, BOT, NOW)
    press["actions"][0]["value"] = "request1@2"
    form["view"]["private_metadata"] = json.dumps({"request": "request1", "conversation": DM, "revision": 2})
    pressed, sent = parse(press, BOT, NOW), parse(form, BOT, NOW)
    press["actions"][0] |= {"action_id": "ringback.edit_form"}
    wanted = parse(press, BOT, NOW)

    for inbound, revision in ((plain, 0), (pressed, 2), (sent, 2)):
        assert isinstance(inbound, Inbound)
        assert isinstance(inbound.fact, facts.ActionTaken | facts.FormSubmitted)
        assert ("request1", revision) == (inbound.fact.request, inbound.fact.revision)
    assert isinstance(wanted, FormClick)
    assert ("request1", 2, True) == (wanted.wanted.request, wanted.wanted.revision, wanted.wanted.edit)


def test_a_hand_over_is_a_form():
    """
    Its button opens a form, and the form says to whom and how.
    """
    press, sent = load("button_approve"), load("deny_form_submitted")
    press["actions"][0] |= {"action_id": "ringback.hand_form", "value": "request1"}
    option = {"selected_option": {"value": "ben"}, "type": "static_select"}
    sent["view"] |= {"callback_id": "ringback.hand", "state": {"values": {"to": {"to": option}}}}
    wanted, handed = parse(press, BOT, NOW), parse(sent, BOT, NOW)

    assert isinstance(wanted, FormClick)
    assert ("request1", True, False) == (wanted.wanted.request, wanted.wanted.hand, wanted.wanted.edit)
    assert isinstance(handed, Inbound)
    assert isinstance(handed.fact, facts.FormSubmitted)
    assert (Decision.REASSIGN, {"to": "ben"}) == (handed.fact.decision, handed.fact.values)


def test_a_revision_that_is_none_is_not_believed():
    """
    A press that names no number as its revision is nothing of ours.
    """
    press = load("button_approve")
    press["actions"][0]["value"] = "request1@new"

    assert isinstance(parse(press, BOT, NOW), Ignored)
