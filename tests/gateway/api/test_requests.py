"""
What clients may do with requests.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from adapters.base import COMMENT
from agent_core import hours, tools
from agent_core.addresses import Party
from agent_core.masking import MASK
from agent_core.policy import Rule
from agent_core.requests import THREAD, Decision, Grantable, Rung, Scope, Where, Who
from gateway.admission import WAITING
from gateway.sections import ClientSettings
from tests.gateway.agents import echo
from tests.gateway.door import CI, OTHER, TOKEN, Enter, a_request, keyed
from tests.gateway.house import ANA, BEN, GUARD, OPS, PEOPLE, RITA, House, Make

SIZE = {"type": "object", "properties": {"size": {"type": "integer"}}}
QUESTION = {"kind": "question", "tool": None, "arguments": {}, "title": "t"}
FORM = {"kind": "form", "tool": None, "arguments": {}, "title": "t", "answer_schema": SIZE}


async def create(door: httpx.AsyncClient, key: str = "k1", **how: Any) -> httpx.Response:
    """Ask about a call."""
    return await door.post("/requests", json=a_request(**how), headers=keyed(key))


def cards(house: House, person: str) -> int:
    """How many cards somebody got."""
    return sum(message.kind == "ask" for message in house.seen(person))


async def test_a_request_is_asked_decided_and_read(make: Make, enter: Enter):
    """
    What a client wants approved is a card with its arguments; the verdict, its giver and the digest come back.
    """
    async with make(echo) as house, enter(house) as door:
        created = await create(door, why="the fix is urgent", state={"ticket": 7})
        await house.runtime.settle()
        card = house.card(ANA).card
        assert card is not None
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        stands = (await door.get(created.headers["location"].removeprefix("/v1"))).json()

        assert 201 == created.status_code
        assert "open" == created.json()["status"]
        assert ["Ana", "Ben"] == created.json()["asked"]
        assert ("Approve deploy?", "the fix is urgent", "Asked by ci") == (card.title, card.why, card.asker)
        assert (("environment", "staging"), ("tag", "v1")) == card.facts
        assert created.json()["id"] == house.card(ANA).request == stands["id"]
        assert ("settled", {"ticket": 7}) == (stands["status"], stands["state"])
        ended = stands["settlement"]
        assert ("approved", True, "ana", "Ana") == tuple(ended[n] for n in ("outcome", "approved", "by", "name"))
        whole = {"tool": "deploy", "version": "1", "arguments": {"environment": "staging", "tag": "v1"}}
        assert tools.digest(whole) == stands["digest"]


async def test_who_sleeps_is_named_with_their_time(make: Make, enter: Enter):
    """
    A client reads who is shown it only after their quiet hours, and a deadline that counts from then; what is urgent
    waits for nobody.
    """
    night = [person.model_copy(update={"quiet": (hours.parse("22:00-07:00"),)}) for person in PEOPLE]
    async with make(echo, people=night) as house, enter(house) as door:
        created = (await create(door, deadline="1h")).json()
        await house.runtime.settle()
        assert [] == house.seen(ANA)
        morning = "2023-11-15T07:00:00Z"
        assert [{"name": name, "until": morning, "away": False} for name in ("Ana", "Ben")] == created["waiting"]
        assert "2023-11-15T08:00:00Z" == created["due"]
        urgent = (await create(door, "k2", deadline="1h", urgency="high")).json()
        await house.runtime.settle()
        assert ([], 1) == (urgent["waiting"], len(house.seen(ANA)))
        await house.runtime.advance(31_601)
        assert 2 == cards(house, ANA)
        assert [] == (await door.get(f"/requests/{created['id']}")).json()["waiting"]


async def test_a_standing_grant_settles_the_next_request_at_once(make: Make, enter: Enter):
    """
    What a client asks for while a grant covers it is created as approved, by whom and by which grant; nobody is asked,
    and once that is revoked somebody is. Another client's call is not covered, nor another version of the tool.
    """
    hour = Scope(name="1h", seconds=3_600.0)
    terms = Grantable(scopes=(hour, Scope(name=THREAD)), alike=("environment",))
    rule = Rule(tool="deploy", who=Who(roles=("release",)), where=Where(targets=("people",)), grantable=terms)
    other = CI.model_copy(update={"name": "other", "token": SecretStr(OTHER)})
    async with make(echo, rules=(rule,)) as house, enter(house, CI, other) as door:
        first = (await create(door, "k1")).json()
        await house.runtime.settle()
        assert (("1h", "Approve for 1 hour"),) == house.card(ANA).card.grants
        await house.press(ANA, first["id"], Decision.APPROVE, value="1h")
        second = await create(door, "k2", arguments={"environment": "staging", "tag": "v2"})
        await house.runtime.settle()

        assert 201 == second.status_code
        ended = second.json()["settlement"]
        assert ("settled", "approved", "ana", first["id"]) == (
            second.json()["status"],
            *(ended[name] for name in ("outcome", "by", "grant")),
        )
        assert 1 == cards(house, ANA)
        assert "open" == (await create(door, "k4", tool_version="2")).json()["status"]
        async with enter(house, CI, other, token=OTHER) as theirs:
            assert "open" == (await create(theirs, "k2")).json()["status"]
        await house.press(BEN, first["id"], Decision.REVOKE)
        assert "open" == (await create(door, "k3")).json()["status"]


async def test_how_urgent_a_client_says_it_is(make: Make, enter: Enter):
    """
    What a client calls urgent is confirmed like a rule's, and a bare word does not approve it.
    """
    async with make(echo) as house, enter(house) as door:
        created = (await create(door, to=["ana"], urgency="high")).json()
        await house.runtime.advance(1)
        card = house.card(ANA)
        assert card.card.confirm is not None
        await house.write(ANA, "yes", under=card.id)
        assert "open" == (await door.get(f"/requests/{created['id']}")).json()["status"]
        await house.write(ANA, f"yes {card.card.code}", under=card.id)

        assert "settled" == (await door.get(f"/requests/{created['id']}")).json()["status"]


async def test_what_can_wait_comes_in_a_digest(make: Make, enter: Enter):
    """
    Requests of low urgency of several clients come to Ana as one card at her time, and each of them has its own end.
    """
    people = [p.model_copy(update={"digest": (hours.time("09:00"),)}) if p.id == "ana" else p for p in PEOPLE]
    async with make(echo, people=people) as house, enter(house) as door:
        names = [(await create(door, key=f"k{n}", to=["ana"], urgency="low")).json()["id"] for n in (1, 2)]
        asked = {"kind": "question", "title": "Which?", "to": ["ana"], "urgency": "low"}
        names.append((await door.post("/requests", json=asked, headers=keyed("k3"))).json()["id"])
        await house.runtime.advance(38_790)
        assert 0 == cards(house, ANA)
        await house.runtime.advance(30)
        card = house.card(ANA)
        assert (1, "3 requests that could wait") == (cards(house, ANA), card.text)
        assert set(names) == {row.request for row in card.card.rows}
        await house.press(ANA, names[0], Decision.APPROVE)

        stands = [(await door.get(f"/requests/{name}")).json()["status"] for name in names]
        assert ["settled", "open", "open"] == stands


async def test_equal_requests_of_a_client_come_together(make: Make, enter: Enter):
    """
    With a rule that has them wait for each other, what a client asks one by one is one card, decided by one press.
    """
    rule = Rule(tool="deploy", who=Who(roles=("release",)), where=Where(targets=(OPS,), gather=30))
    async with make(echo, rules=(rule,)) as house, enter(house) as door:
        names = []
        for number in (1, 2):
            arguments = {"environment": "staging", "tag": f"v{number}"}
            names.append((await create(door, key=f"k{number}", arguments=arguments)).json()["id"])
            await house.runtime.advance(10)
        await house.runtime.advance(15)
        card = house.card(OPS)
        assert names == [row.request for row in card.card.rows]
        await house.press(ANA, card.request, Decision.DENY, at=OPS, value=",".join(names))

        ended = [(await door.get(f"/requests/{name}")).json()["settlement"]["outcome"] for name in names]
        assert ["denied", "denied"] == ended


async def test_a_question_with_choices_is_answered(make: Make, enter: Enter):
    """
    The answer to a question is the name of the choice that was pressed.
    """
    asked = {"kind": "question", "title": "Which?", "choices": ["blue", {"name": "g", "label": "Green"}], "to": ["ana"]}
    async with make(echo) as house, enter(house) as door:
        created = await door.post("/requests", json=asked, headers=keyed())
        await house.runtime.settle()
        await house.press(ANA, house.card(ANA).request, Decision.ANSWER, value="g")
        stands = (await door.get(f"/requests/{created.json()['id']}")).json()

        assert ("answered", "g") == (stands["settlement"]["outcome"], stands["settlement"]["answer"])
        assert [("blue", "blue"), ("g", "Green")] == [(c["name"], c["label"]) for c in stands["choices"]]


async def test_a_way_to_deny_comes_back_by_name(make: Make, enter: Enter):
    """
    An approval's choices are ways to deny it; which one it was stands beside what they wrote.
    """
    later = {"name": "later", "label": "Later", "prefill": "Not before Monday."}
    async with make(echo) as house, enter(house) as door:
        created = (await create(door, to=["ana"], choices=[later])).json()
        await house.runtime.settle()
        assert [("later", "Not before Monday.")] == [(c.name, c.prefill) for c in house.card(ANA).card.denials]
        number, values = house.channel.next_number(), {COMMENT: "Not before Tuesday."}
        await house.gate.append(
            house.channel.form("slack:T1/UANA", ANA, created["id"], values, number, Decision.DENY, "later")
        )
        await house.runtime.settle()
        stands = (await door.get(f"/requests/{created['id']}")).json()

        assert [later] == stands["choices"]
        ended = stands["settlement"]
        assert ("denied", "later", "Not before Tuesday.") == (ended["outcome"], ended["choice"], ended["comment"])


async def test_a_form_is_filled_in(make: Make, enter: Enter):
    """
    What was filled in comes back as the schema has it, not as text.
    """
    schema = {"type": "object", "properties": {"size": {"type": "integer"}, "why": {"type": "string"}}}
    asked = {"kind": "form", "title": "How large?", "answer_schema": schema, "to": ["ana"]}
    async with make(echo) as house, enter(house) as door:
        created = (await door.post("/requests", json=asked, headers=keyed())).json()
        await house.runtime.settle()
        filled = {"size": "3", "why": "growth"}
        number = house.channel.next_number()
        await house.gate.append(house.channel.form("slack:T1/UANA", ANA, created["id"], filled, number))
        await house.runtime.settle()
        stands = (await door.get(f"/requests/{created['id']}")).json()

        assert "answered" == stands["settlement"]["outcome"]
        assert {"size": 3, "why": "growth"} == stands["settlement"]["values"]


async def test_sent_again_it_is_the_same_request(make: Make, enter: Enter):
    """
    The same key is the same request, at once, later and after a restart: one id, one card.
    """
    async with make(echo) as house, enter(house) as door:
        both = await asyncio.gather(create(door), create(door))
        await house.runtime.settle()
    async with make(echo) as house, enter(house) as door:
        again = await create(door)
        await house.press(ANA, house.card(ANA).request, Decision.DENY)
        ended = await create(door)

        assert [200, 201] == sorted(answer.status_code for answer in both)
        assert [200, 200] == [again.status_code, ended.status_code]
        assert 1 == len({answer.json()["id"] for answer in (*both, again, ended)})
        assert 1 == cards(house, ANA)
        assert "denied" == ended.json()["settlement"]["outcome"]


async def test_another_body_under_a_known_key_is_refused(make: Make, enter: Enter):
    """
    A key is one request; other arguments, even masked ones, are another one. What is left out stands at its default.
    """
    secret: dict[str, Any] = {"arguments": {"card": "4711"}, "sensitive": ["card"]}
    async with make(echo) as house, enter(house) as door:
        await create(door)
        await create(door, "k2", tool="pay", **secret)
        other = await create(door, arguments={"environment": "staging", "tag": "v2"})
        masked = await create(door, "k2", tool="pay", arguments={"card": "4712"}, sensitive=["card"])
        same = await create(door, deadline="24h")

        assert [422, 422, 200] == [answer.status_code for answer in (other, masked, same)]
        assert "urn:ringback:problem:other-body" == other.json()["type"]


async def test_the_policy_judges_a_clients_call(make: Make, enter: Enter):
    """
    A rule for it says who is asked, or answers by itself: allowed calls are approved at once, forbidden ones refused.
    """
    rules = (
        Rule(tool="deploy", agent="api:ci", when={"environment": "staging"}, effect="allow"),
        Rule(tool="deploy", agent="api:*", when={"environment": "moon"}, effect="forbid", reason="There is no air."),
        GUARD,
    )
    async with make(echo, rules=rules) as house, enter(house) as door:
        allowed = await create(door)
        forbidden = await create(door, "k2", arguments={"environment": "moon"})
        asked = await create(door, "k3", arguments={"environment": "production"}, requester="ben", deadline="2h")
        named = await create(door, "k4", to=["rita"])
        await house.runtime.settle()

        assert ("settled", "approved", "the policy") == (
            allowed.json()["status"],
            *(allowed.json()["settlement"][name] for name in ("outcome", "name")),
        )
        assert (403, "There is no air.") == (forbidden.status_code, forbidden.json()["detail"])
        assert ["Ana"] == asked.json()["asked"]  # the requester is excluded by the rule
        assert 3_600 == house.channel.shown["slack:T1/UANA"][-1].card.due - house.runtime.now()  # type: ignore
        assert ["Rita"] == named.json()["asked"]  # who names somebody wants them asked
        assert [0, 1, 1] == [cards(house, person) for person in (BEN, ANA, RITA)]


async def test_a_rules_ladder_and_places_hold(make: Make, enter: Enter):
    """
    Whom a rule asks besides when nobody answers, and where, is so for a client's call too.
    """
    rule = Rule(
        tool="deploy",
        who=Who(roles=("release",)),
        where=Where(targets=("slack:T1/UANA",), ladder=(Rung(after=600, people=(Party("rita"),)),)),
    )
    async with make(echo, rules=(rule,)) as house, enter(house) as door:
        await create(door)
        await house.runtime.settle()
        before = [cards(house, person) for person in (ANA, BEN, RITA)]
        await house.runtime.advance(601)

        assert [1, 0, 0] == before
        assert 1 == cards(house, RITA)


async def test_the_next_step_is_taken_before_its_time(make: Make, enter: Enter):
    """
    A client that cannot wait has the ladder's next step taken; who may decide is wider from then on, and no further.
    """
    ladder = (Rung(after=3_600, people=(Party("rita"),)),)
    rule = Rule(tool="deploy", who=Who(people=(Party("ana"),)), where=Where(targets=("people",), ladder=ladder))
    async with make(echo, rules=(rule,)) as house, enter(house) as door:
        created = (await create(door)).json()
        await house.runtime.settle()
        path = f"/requests/{created['id']}/escalate"
        first, again = [await door.post(path, json={"why": "The shop is down."}) for _ in range(2)]
        await house.runtime.advance(3_601)
        await house.press(RITA, created["id"], Decision.APPROVE)
        late = await door.post(path, json={})

        assert [200, 409, 409] == [answer.status_code for answer in (first, again, late)]
        assert ["no-further-step", "ended"] == [a.json()["type"].rpartition(":")[2] for a in (again, late)]
        assert ["Ana", "Rita"] == first.json()["asked"]
        assert 1 == cards(house, RITA)
        assert "The shop is down." in house.texts(ANA)
        assert "approved" == late.json()["request"]["settlement"]["outcome"]


async def test_one_step_for_a_key(make: Make, enter: Enter):
    """
    A client whose connection broke asks for the step again with its key, and no second one is taken, at once or later.
    """
    ladder = tuple(Rung(after=3_600 * n, people=(Party(who),)) for n, who in ((1, "rita"), (2, "ben")))
    rule = Rule(tool="deploy", who=Who(people=(Party("ana"),)), where=Where(targets=("people",), ladder=ladder))
    async with make(echo, rules=(rule,)) as house, enter(house) as door:
        path = f"/requests/{(await create(door)).json()['id']}"
        await house.runtime.settle()

        def escalate(key: str) -> Awaitable[httpx.Response]:
            return door.post(f"{path}/escalate", json={"why": "It is down."}, headers=keyed(key))

        twice = [*await asyncio.gather(escalate("e1"), escalate("e1")), await escalate("e1")]
        second, none, again = await escalate("e2"), await escalate("e3"), await escalate("e2")
        await house.press(ANA, path.rpartition("/")[2], Decision.APPROVE)
        after = await escalate("e1")

        assert [200] * 3 == [answer.status_code for answer in twice]
        assert [["Ana", "Rita"]] * 3 == [answer.json()["asked"] for answer in twice]
        assert [200, 409, 200, 200] == [answer.status_code for answer in (second, none, again, after)]
        assert [1, 1] == [cards(house, person) for person in (RITA, BEN)]
        assert 2 == house.texts(ANA).count("It is down.")
        assert 400 == (await escalate("no key")).status_code


async def test_one_answer_for_a_key(make: Make, enter: Enter):
    """
    An answer that is sent again with its key is said once, also after the request has ended; another one is refused.
    """
    async with make(echo) as house, enter(house) as door:
        path = f"/requests/{(await create(door)).json()['id']}"
        await house.runtime.settle()
        await house.write(ANA, "why today?", under=house.card(ANA).id)

        def answer(text: str) -> Awaitable[httpx.Response]:
            return door.post(f"{path}/answer", json={"text": text}, headers=keyed("a1"))

        twice = [await answer("It is\x00 down."), await answer("It is\x00 down.")]
        other = await answer("It is up.")
        await house.press(ANA, path.rpartition("/")[2], Decision.APPROVE)
        after = await answer("It is\x00 down.")

        assert [200, 200, 422, 200] == [answer.status_code for answer in (*twice, other, after)]
        assert "urn:ringback:problem:other-body" == other.json()["type"]
        assert 1 == [said["kind"] for said in after.json()["said"]].count("answer")


async def test_where_it_is_shown_is_apart_from_who_may_decide(make: Make, enter: Enter):
    """
    In a conversation that the client may name, and nowhere else; others there see it and decide nothing.
    """
    client = CI.model_copy(update={"places": [OPS]})
    async with make(echo) as house, enter(house, client) as door:
        created = (await create(door, at=[OPS], to=["ana"])).json()
        await house.runtime.settle()
        await house.press(BEN, created["id"], Decision.DENY, at=OPS)
        await house.press(ANA, created["id"], Decision.APPROVE, at=OPS)
        stands = (await door.get(f"/requests/{created['id']}")).json()
        elsewhere = [await create(door, f"x{n}", at=[at]) for n, at in enumerate(("slack:T1/CALL", "nowhere"))]

        assert ("approved", "ana") == (stands["settlement"]["outcome"], stands["settlement"]["by"])
        assert [0, 0] == [cards(house, person) for person in (ANA, BEN)]
        assert [403, 403] == [answer.status_code for answer in elsewhere]


async def test_a_question_back_is_answered_by_the_client(make: Make, enter: Enter):
    """
    Whoever decides asks the agent outside, which answers under the card; the same request is still open.
    """
    async with make(echo) as house, enter(house) as door:
        created = (await create(door)).json()
        path = f"/requests/{created['id']}"
        await house.runtime.settle()
        early = await door.post(f"{path}/answer", json={"text": "Because."})
        await house.write(ANA, "why today?", under=house.card(ANA).id)
        answered = await door.post(f"{path}/answer", json={"text": "The shop is down."})
        await house.runtime.settle()
        await house.press(ANA, created["id"], Decision.APPROVE)
        late = await door.post(f"{path}/answer", json={"text": "Thanks."})

        assert [409, 200, 409] == [answer.status_code for answer in (early, answered, late)]
        assert ["no-question", "ended"] == [a.json()["type"].rpartition(":")[2] for a in (early, late)]
        told = [(said["kind"], said["name"], said["text"]) for said in answered.json()["said"]]
        assert [("question", "Ana", "why today?"), ("answer", "ci", "The shop is down.")] == told
        assert "open" == answered.json()["status"]
        assert {"Passed on; still open.", "ci: The shop is down."} <= set(house.texts(ANA))
        assert "approved" == late.json()["request"]["settlement"]["outcome"]


async def test_a_rule_that_excludes_a_requester_needs_one(make: Make, enter: Enter):
    """
    Where nobody is known to have asked, the rule's own sentence comes back, and that the key is used up by it.
    """
    async with make(echo) as house, enter(house) as door:
        refused = await create(door, arguments={"environment": "production"})
        again = await create(door, arguments={"environment": "production"})

        assert [422, 422] == [refused.status_code, again.status_code]
        assert "excludes the requester" in refused.json()["detail"]
        assert "ask with another one" in again.json()["detail"]


async def test_a_quorum_that_cannot_be_reached_is_refused(make: Make, enter: Enter):
    """
    Where more have to approve than there are, that is said at once, and nobody is asked; where they can, all of them.
    """
    async with make(echo) as house, enter(house) as door:
        refused = await create(door, to=["role:release"], quorum=3)
        created = await create(door, "k2", to=["role:release"], quorum=2)
        await house.runtime.settle()
        await house.press(ANA, created.json()["id"], Decision.APPROVE)
        half = (await door.get(f"/requests/{created.json()['id']}")).json()
        await house.press(BEN, created.json()["id"], Decision.APPROVE)
        whole = (await door.get(f"/requests/{created.json()['id']}")).json()

        assert (422, "urn:ringback:problem:nobody-to-ask") == (refused.status_code, refused.json()["type"])
        assert "It takes 3 approvals" in refused.json()["detail"]
        assert ("open", ["Ana"]) == (half["status"], [said["name"] for said in half["said"]])
        assert ("approved", "Ben") == (whole["settlement"]["outcome"], whole["settlement"]["name"])


async def test_secrets_are_masked_everywhere(make: Make, enter: Enter, tmp_path: Any):
    """
    What a client names as sensitive is in no answer, on no card and in no file of the store; its digest still counts.
    """
    arguments = {"user": "bob", "auth": {"token": "hunter2-hunter2"}, "cards": [{"number": "4711-4711"}]}
    async with make(echo) as house, enter(house) as door:
        created = await create(door, tool="pay", arguments=arguments, sensitive=["/auth/token", "number"])
        await house.runtime.settle()
        card = house.card(ANA).card
        assert card is not None
        kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())

        shown = {"user": "bob", "auth": {"token": MASK}, "cards": [{"number": MASK}]}
        assert shown == created.json()["arguments"]
        assert created.json()["digest"] == tools.digest({"tool": "pay", "version": "1", "arguments": arguments})
        assert "hunter2" not in str(card.facts)
        assert b"bob" in kept
        assert b"hunter2" not in kept
        assert b"4711-4711" not in kept


async def test_a_masked_value_is_unknown_to_the_policy(make: Make, enter: Enter):
    """
    A rule that allows does not see through a mask, and one that asks or forbids holds.
    """
    rules = (
        Rule(tool="pay", when={"to.iban": "DE1"}, effect="allow"),
        Rule(tool="pay", when={"to": {"iban": "DE2"}}, effect="forbid"),
    )
    call: dict[str, Any] = {"tool": "pay", "arguments": {"to": {"iban": "DE1"}}}
    async with make(echo, rules=rules) as house, enter(house) as door:
        seen = await create(door, **call)
        hidden = await create(door, "k2", **call, sensitive=["iban"])

        assert [201, 403] == [seen.status_code, hidden.status_code]


@pytest.mark.parametrize(
    ("status", "said", "how"),
    [
        (422, "nothing to ask", {"tool": None, "arguments": {}}),
        (422, "no argument '/auth/pin'", {"sensitive": ["/auth/pin"]}),
        (422, "no argument 'pin'", {"sensitive": ["pin"]}),
        (422, "bytes of JSON", {"arguments": {"x": "y" * 20_000}}),
        (422, "20 levels", {"arguments": {"x": json.loads("[" * 30 + "]" * 30)}}),
        (422, "such numbers as text", {"arguments": {"x": 2**60}}),
        (422, "bytes of JSON", {"state": "y" * 5_000}),
        (422, "is no duration", {"deadline": "soon"}),
        (422, "'otto' is nobody", {"to": ["otto"]}),
        (422, "there is no 'otto'", {"requester": "otto"}),
        (422, "a question has no tool", {"kind": "question"}),
        (422, "/colour: there is no such thing", {"colour": "blue"}),
        (422, "11 ways to deny", {"choices": [str(number) for number in range(11)]}),
        (422, "two choices have the same name", {"choices": ["a", "a"], **QUESTION}),
        (422, "a form has fields", FORM | {"choices": ["a"]}),
        (422, "a form has an `answer_schema`", {"kind": "form", "tool": None, "arguments": {}, "title": "t"}),
        (422, "answer_schema", {"kind": "form", "title": "t", "answer_schema": {"type": "array"}}),
    ],
)
async def test_what_nobody_could_answer_is_refused(
    make: Make, enter: Enter, status: int, said: str, how: dict[str, Any]
):
    """
    One clear problem says what is wrong, and nothing is stored.
    """
    async with make(echo) as house, enter(house) as door:
        refused = await create(door, **how)

        assert status == refused.status_code
        assert said in refused.json()["detail"]
        assert "application/problem+json" == refused.headers["content-type"]
        assert [] == (await door.get("/requests")).json()["requests"]


async def test_whom_a_client_may_name(make: Make, enter: Enter):
    """
    A client names whom its settings say, by id or by role; leaving it open asks as configured.
    """
    one = ClientSettings(name="ci", token=SecretStr(TOKEN), ask=["role:release", "rita"], to=["ben"])
    async with make(echo) as house, enter(house, one) as door:
        named = [await create(door, f"k{n}", to=[to]) for n, to in enumerate(("ana", "rita", "role:release"))]
        refused = await create(door, "k8", to=["role:owner"])
        nobody = await create(door, "k9")

        assert [201, 201, 201] == [answer.status_code for answer in named]
        assert (403, "urn:ringback:problem:not-yours-to-ask") == (refused.status_code, refused.json()["type"])
        assert ["Ben"] == nobody.json()["asked"]


async def test_a_slow_owner_is_not_waited_for(make: Make, enter: Enter):
    """
    After ten seconds it is 202, with the id under which it is found, then and after it was decided.
    """
    async with make(echo) as house, enter(house) as door:
        await house.stop_deciding()
        asking = asyncio.create_task(create(door))
        await house.runtime.settle()
        await house.runtime.advance(10.0)
        stored = await asking
        before = await door.get(f"/requests/{stored.json()['id']}")
    async with make(echo) as house, enter(house) as door:
        await house.runtime.settle()
        after = await door.get(f"/requests/{stored.json()['id']}")

        assert (202, "received") == (stored.status_code, stored.json()["status"])
        assert ["received", "open"] == [answer.json()["status"] for answer in (before, after)]
        assert after.json()["id"] == house.card(ANA).request


async def test_more_than_can_be_taken_is_refused(make: Make, enter: Enter):
    """
    While more waits than can be decided a new request is 503, stored nowhere; what is known is found all the same.
    """
    async with make(echo) as house, enter(house) as door:
        known = await create(door)
        with ExitStack() as storing:
            for _ in range(WAITING):
                storing.enter_context(house.admission.storing())
            again, other = await create(door), await create(door, "k2")
        listed = (await door.get("/requests")).json()["requests"]

        assert [201, 200, 503] == [answer.status_code for answer in (known, again, other)]
        assert "5" == other.headers["retry-after"]
        assert ["k1"] == [request["key"] for request in listed]


async def test_a_long_poll_ends_with_the_request(make: Make, enter: Enter):
    """
    It answers as soon as the request has ended, and after its time with how it stands.
    """
    async with make(echo) as house, enter(house) as door:
        created = (await create(door)).json()
        await house.runtime.settle()
        polls = [asyncio.create_task(door.get(f"/requests/{created['id']}?wait={n}")) for n in (5, 60)]
        await house.runtime.settle()
        await house.runtime.advance(5.0)
        short = await polls[0]
        assert not polls[1].done()
        await house.press(ANA, created["id"], Decision.APPROVE)
        long = await polls[1]

        assert ["open", "settled"] == [answer.json()["status"] for answer in (short, long)]


async def test_a_stream_tells_every_change(make: Make, enter: Enter):
    """
    Each change is an event with the whole request; questions back are among them, and the end ends the stream.
    """
    async with make(echo) as house, enter(house) as door:
        created = (await create(door, requester="rita")).json()
        await house.runtime.settle()
        following = asyncio.create_task(door.get(f"/requests/{created['id']}/events"))
        await house.runtime.settle()
        await house.runtime.advance(15.0)
        await house.write(ANA, "why today?", under=house.card(ANA).id)
        await house.press(ANA, created["id"], Decision.APPROVE)
        told = await following

        assert "text/event-stream" == told.headers["content-type"].partition(";")[0]
        states = [json.loads(line[6:]) for line in told.text.splitlines() if line.startswith("data: ")]
        assert ": waiting" in told.text
        assert ["open"] * (len(states) - 1) + ["settled"] == [state["status"] for state in states]
        assert [("question", "Ana", "why today?")] == [(s["kind"], s["name"], s["text"]) for s in states[-2]["said"]]


async def test_a_request_is_withdrawn(make: Make, enter: Enter):
    """
    Cancelled by its client, its cards say so; again, it is the same; after a click it stays as it was decided.
    """
    async with make(echo) as house, enter(house) as door:
        first, second = (await create(door)).json(), (await create(door, "k2")).json()
        await house.runtime.settle()
        done = [await door.post(f"/requests/{first['id']}/cancel") for _ in range(2)]
        await house.press(ANA, second["id"], Decision.DENY)
        late = await door.post(f"/requests/{second['id']}/cancel")
        await house.runtime.settle()

        assert [(200, "cancelled")] * 2 == [(a.status_code, a.json()["settlement"]["outcome"]) for a in done]
        assert "Cancelled by ci" in house.texts(ANA)[0]
        assert (409, "denied") == (late.status_code, late.json()["request"]["settlement"]["outcome"])
        assert "denied already" in late.json()["detail"]


async def test_what_comes_too_late_is_shown(make: Make, enter: Enter):
    """
    A client reads what somebody said who could have decided; how it ended stays as it is.
    """
    async with make(echo) as house, enter(house) as door:
        created = (await create(door)).json()
        await house.runtime.settle()
        await house.press(ANA, created["id"], Decision.APPROVE)
        await house.deny(BEN, created["id"], "not on a Friday")
        stands = (await door.get(f"/requests/{created['id']}")).json()

        assert "approved" == stands["settlement"]["outcome"]
        assert ("late", "Ben", "not on a Friday") == tuple(
            stands["said"][-1][name] for name in ("kind", "name", "text")
        )


async def test_a_click_and_a_withdrawal_at_once(make: Make, enter: Enter):
    """
    The first in the log wins, and whoever was second is told so.
    """
    async with make(echo) as house, enter(house) as door:
        created = (await create(door)).json()
        await house.runtime.settle()
        cancelled, _ = await asyncio.gather(
            door.post(f"/requests/{created['id']}/cancel"), house.press(ANA, created["id"], Decision.APPROVE)
        )
        stands = (await door.get(f"/requests/{created['id']}")).json()

        outcome = stands["settlement"]["outcome"]
        assert (outcome == "cancelled") == (cancelled.status_code == 200)
        assert outcome in ("cancelled", "approved")
        assert cancelled.status_code in (200, 409)


async def test_requests_are_listed_a_page_at_a_time(make: Make, enter: Enter):
    """
    The newest first, of the client that asks; filtered by how they stand.
    """
    async with make(echo) as house, enter(house) as door:
        made = [(await create(door, f"k{number}")).json()["id"] for number in range(5)]
        await door.post(f"/requests/{made[1]}/cancel")
        found, cursor = [], ""
        while True:
            page = (await door.get(f"/requests?limit=2{cursor}")).json()
            found += [request["id"] for request in page["requests"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        open_ones = (await door.get("/requests?status=open")).json()["requests"]
        ended = (await door.get("/requests?status=settled")).json()["requests"]

        assert made[::-1] == found
        assert [made[n] for n in (4, 3, 2, 0)] == [request["id"] for request in open_ones]
        assert [made[1]] == [request["id"] for request in ended]


async def test_others_requests_are_not_there(make: Make, enter: Enter):
    """
    A client sees its own; with requests:all it reads those of all, but not where those are told, and still withdraws
    only its own.
    """
    every = ClientSettings(
        name="audit", token=SecretStr(OTHER), scopes=["requests:read", "requests:write", "requests:all"]
    )
    mine = ClientSettings(name="mine", token=SecretStr("a-token-of-a-third"))
    told = "https://hooks.example/in?token=of-ci-alone"
    ci = CI.model_copy(update={"webhook_secret": SecretStr(f"whsec_{'A' * 32}")})
    async with make(echo) as house, enter(house, ci, every, mine) as door:
        created = (await create(door, callback=told)).json()["id"]
        third, all_seeing = ({"Authorization": f"Bearer {token}"} for token in ("a-token-of-a-third", OTHER))
        assert 404 == (await door.get(f"/requests/{created}", headers=third)).status_code
        assert [] == (await door.get("/requests", headers=third)).json()["requests"]
        assert 403 == (await door.get("/requests?client=ci", headers=third)).status_code
        assert told == (await door.get(f"/requests/{created}")).json()["callback"]
        alone = await door.get(f"/requests/{created}", headers=all_seeing)
        seen = (await door.get("/requests?client=ci", headers=all_seeing)).json()["requests"]
        assert [(created, "")] * 2 == [(one["id"], one["callback"]) for one in (alone.json(), *seen)]
        assert 404 == (await door.post(f"/requests/{created}/cancel", headers=all_seeing)).status_code


async def test_what_nobody_reaches_is_an_outcome(make: Make, enter: Enter):
    """
    Where nobody that may decide can be reached, the request ends so, and no run is on hold.
    """
    async with make(echo) as house, enter(house) as door:
        created = await create(door, to=["role:pilot"])

        assert (201, "no_route") == (created.status_code, created.json()["settlement"]["outcome"])
        assert [("ended", "done")] == await house.status()
