"""
The HTTP shape of HumanLayer's SDK. That the SDK itself works with it is seen in tests/rest.
"""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from adapters.base import COMMENT
from agent_core.addresses import Party
from agent_core.policy import Rule
from agent_core.requests import Decision, Rung, Where, Who
from tests.gateway.agents import echo
from tests.gateway.door import CI, OTHER, Enter
from tests.gateway.house import ANA, BEN, OPS, OTTO, RITA, Make

ROOT = "http://door/humanlayer/v1"
CALL = {"run_id": "agent-1", "call_id": "call-1", "spec": {"fn": "deploy", "kwargs": {"environment": "staging"}}}
CONTACT = {"run_id": "agent-1", "call_id": "call-2", "spec": {"msg": "Which one?"}}


async def post(door: httpx.AsyncClient, path: str, body: dict[str, Any], **spec: Any) -> httpx.Response:
    """Send something as the SDK does."""
    return await door.post(f"{ROOT}/{path}", json=body | {"spec": body["spec"] | spec})


async def test_a_call_that_nobody_answered_says_so(make: Make, enter: Enter):
    """
    The SDK waits until it hears yes or no, so silence is told in words that say it was no denial.
    """
    async with make(echo) as house, enter(house) as door:
        await post(door, "function_calls", CALL)
        await house.runtime.settle()
        await house.runtime.advance(86_401)
        call = (await door.get(f"{ROOT}/function_calls/call-1")).json()

        assert (False, "Nobody answered in time; that is not a denial.") == (
            *(call["status"][name] for name in ("approved", "comment")),
        )


async def test_what_is_refused_is_a_no(make: Make, enter: Enter):
    """
    A call that a rule forbids is refused when it is sent, and a no with the rule's reason for whoever looks later.
    """
    rules = (Rule(tool="deploy", effect="forbid", reason="Not on a Friday."),)
    async with make(echo, rules=rules) as house, enter(house) as door:
        sent = await post(door, "function_calls", CALL)
        call = (await door.get(f"{ROOT}/function_calls/call-1")).json()

        assert (403, "Not on a Friday.") == (sent.status_code, sent.json()["detail"])
        assert (False, "Not on a Friday.") == (call["status"]["approved"], call["status"]["comment"])


async def test_what_it_sent_comes_back(make: Make, enter: Enter):
    """
    Run, arguments, channel, options and state are the SDK's own; a token among them is kept nowhere.
    """
    slack = {"channel_or_user_id": "UANA", "bot_token": "xoxb-of-somebody", "context_about_channel_or_user": "a DM"}
    options = [{"name": "later", "title": "Later", "prompt_fill": "Not before …"}]
    async with make(echo) as house, enter(house) as door:
        sent = {"channel": {"slack": slack}, "state": {"turn": 3}, "reject_options": options}
        await post(door, "function_calls", CALL, **sent)
        await house.runtime.settle()
        call = (await door.get(f"{ROOT}/function_calls/call-1")).json()

        assert ("agent-1", "call-1") == (call["run_id"], call["call_id"])
        assert ("deploy", {"environment": "staging"}) == (call["spec"]["fn"], call["spec"]["kwargs"])
        assert ({"turn": 3}, "later") == (call["spec"]["state"], call["spec"]["reject_options"][0]["name"])
        assert "UANA" == call["spec"]["channel"]["slack"]["channel_or_user_id"]
        assert "xoxb" not in str(call)
        assert None is call["status"]["approved"]
        assert [1, 0] == [len(house.seen(person)) for person in (ANA, BEN)]


async def test_an_option_to_reject_is_named(make: Make, enter: Enter):
    """
    Options are buttons that open the form with their words; the SDK hears which one it was. What has no room is left.
    """
    options = [{"name": "later", "title": "Later", "prompt_fill": "Not before …"}, {"name": "x" * 76}, {"name": "no"}]
    async with make(echo) as house, enter(house) as door:
        await post(door, "function_calls", CALL, reject_options=options)
        await house.runtime.settle()
        card = house.card(BEN)
        assert [("later", "Later", "Not before …"), ("no", "no", "")] == [
            (denial.name, denial.label, denial.prefill) for denial in card.card.denials
        ]
        number, values = house.channel.next_number(), {COMMENT: "Not before nine"}
        await house.gate.append(
            house.channel.form("slack:T1/UBEN", BEN, card.request, values, number, Decision.DENY, "later")
        )
        await house.runtime.settle()
        status = (await door.get(f"{ROOT}/function_calls/call-1")).json()["status"]

        assert (False, "Not before nine", "later") == (
            *(status[name] for name in ("approved", "comment", "reject_option_name")),
        )


async def test_a_channel_and_who_may_answer_there(make: Make, enter: Enter):
    """
    A Slack channel is where it is shown, if the settings let this client; who may answer there is apart from it.
    """
    client = CI.model_copy(update={"places": ["slack:T1/COPS"]})
    slack = {"channel_or_user_id": "COPS", "allowed_responder_ids": ["UANA"]}
    async with make(echo) as house, enter(house, client) as door:
        await post(door, "contact_requests", CONTACT, channel={"slack": slack})
        await house.runtime.settle()
        for person in (OTTO, ANA):
            await house.write(person, "the blue one", at=OPS, under=house.card(OPS).id)
        contact = (await door.get(f"{ROOT}/contact_requests/call-2")).json()
    async with make(echo) as house, enter(house) as door:
        refused = await post(door, "contact_requests", CONTACT | {"call_id": "c3"}, channel={"slack": slack})

        assert "the blue one" == contact["status"]["response"]
        assert [] == house.seen(ANA)
        assert 403 == refused.status_code
        assert "slack:T1/COPS" in refused.json()["detail"]


async def test_the_name_of_an_option_comes_back(make: Make, enter: Enter):
    """
    Options are choices to press.
    """
    options = [{"name": "b", "title": "Blue"}, {"name": "red"}]
    async with make(echo) as house, enter(house) as door:
        await post(door, "contact_requests", CONTACT, response_options=options, subject="A colour")
        await house.runtime.settle()
        card = house.card(ANA)
        await house.press(ANA, card.request, Decision.ANSWER, value="b")
        contact = (await door.get(f"{ROOT}/contact_requests/call-2")).json()

        assert ("A colour", "Which one?") == (card.card.title, card.card.body)  # type: ignore[union-attr]
        assert "Which one?" == contact["spec"]["msg"]
        assert ("Blue", "b") == (contact["status"]["response"], contact["status"]["response_option_name"])


async def test_escalating_takes_the_next_step_of_the_ladder(make: Make, enter: Enter):
    """
    Who else is asked is what the policy says; where it says nobody, the agent hears that.
    """
    ladder = (Rung(after=3_600, people=(Party("rita"),)),)
    rule = Rule(tool="deploy", who=Who(people=(Party("ana"),)), where=Where(targets=("people",), ladder=ladder))
    why = {"escalation_msg": "The shop is down.", "additional_recipients": [{"address": "boss@example.com"}]}
    path = f"{ROOT}/agent/function_calls/call-1/escalate_email"
    async with make(echo, rules=(rule,)) as house, enter(house) as door:
        await post(door, "function_calls", CALL)
        await house.runtime.settle()
        first = await door.post(path, json=why)
        await house.runtime.settle()
        again = await door.post(path, json=why)
        await house.press(RITA, house.card(RITA).request, Decision.APPROVE)
        call = (await door.get(f"{ROOT}/function_calls/call-1")).json()

        assert [200, 409] == [first.status_code, again.status_code]
        assert "The shop is down." in house.texts(ANA)
        assert "nobody else to ask" in again.json()["detail"]
        assert True is call["status"]["approved"]


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("agent/function_calls/call-1/respond", {"approved": True}, 403, "does not answer for people"),
        ("agent/human_contacts/call-1/respond", {"response": "yes"}, 403, "does not answer for people"),
        ("agent/function_calls/unknown/escalate_email", {"escalation_msg": "x"}, 404, "no request with this key"),
        ("function_calls", CALL | {"spec": {"fn": "f"}}, 422, "/spec/kwargs: is missing"),
        ("function_calls", CALL | {"call_id": "with space"}, 400, "no key"),
        ("contact_requests", CONTACT | {"spec": {"msg": ""}}, 422, "nothing to ask"),
        ("contact_requests", CONTACT | {"spec": {"msg": "x", "channel": {"email": {}}}}, 422, "only Slack"),
    ],
)
async def test_what_is_not_done(make: Make, enter: Enter, path: str, body: dict[str, Any], status: int, said: str):
    """
    Each is a problem with a sentence: an agent never answers for a person.
    """
    async with make(echo) as house, enter(house) as door:
        await post(door, "function_calls", CALL)
        answer = await door.post(f"{ROOT}/{path}", json=body)
        unknown = await door.get(f"{ROOT}/function_calls/unknown")
        stranger = await door.get(f"{ROOT}/function_calls/call-1", headers={"Authorization": f"Bearer {OTHER}"})

        assert status == answer.status_code
        assert said in answer.json()["detail"]
        assert [404, 404] == [unknown.status_code, stranger.status_code]


async def test_what_another_way_asked_is_not_shown_as_the_sdks(make: Make, enter: Enter):
    """
    A request by REST has no run of the SDK.
    """
    async with make(echo) as house, enter(house) as door:
        await door.post("/requests", json={"title": "Go?"}, headers={"Idempotency-Key": "k"})

        assert 404 == (await door.get(f"{ROOT}/function_calls/k")).status_code
