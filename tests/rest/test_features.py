"""
What people do with a client's request, seen by the client: each feature once, from the `POST` to what is read of it.
"""

from __future__ import annotations

import asyncio

from adapters.base import Part
from adapters.errors import Rejected
from agent_core.addresses import Identity, Party
from agent_core.policy import Person
from agent_core.requests import Decision, Rung, Threshold, Who
from tests.gateway.door import Client
from tests.gateway.house import ANA, BEN, OPS, OTTO, PEOPLE
from tests.rest.conftest import Make

QUESTION = {"kind": "question", "tool": None, "arguments": {}, "title": "Which version?"}

TWICE = tuple(
    p.model_copy(update={"identities": (*p.identities, Identity("slack:T1/UANA2"))}) if p.id == "ana" else p
    for p in PEOPLE
)
"""Everybody, and Ana under two accounts."""


async def test_an_open_question_is_answered_by_any_text(make: Make):
    """What Ana writes under it is the answer that the client reads."""
    async with make() as house:
        client = Client(house)
        name = await client.ask(**QUESTION)
        await house.write(ANA, "take v2, please", under=house.card(ANA).id)
        assert "take v2, please" in str((await client.read(name))["settlement"])


async def test_an_owner_alone_or_two_others(make: Make):
    """Thresholds with filters: one of release is not enough, an owner is."""
    who = Who(roles=("release",), thresholds=(Threshold(approve=2), Threshold(roles=("owner",))))
    async with make(who) as house:
        client = Client(house)
        name = await client.ask()
        await house.press(ANA, name, Decision.APPROVE)
        assert await client.outcome(name) is None
        await house.press(BEN, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"


async def test_nobody_votes_twice(make: Make):
    """Ana's second press is told that she has answered; it takes another person."""
    async with make(Who(roles=("release",), quorum=2)) as house:
        client = Client(house)
        name = await client.ask()
        for _ in range(3):
            await house.press(ANA, name, Decision.APPROVE)
        assert await client.outcome(name) is None
        assert "You have answered this already" in " ".join(house.texts(ANA))
        await house.press(BEN, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"


async def test_ten_people_at_the_same_instant(make: Make):
    """Of ten who press at once one settles it; the client reads one outcome, and it stays."""
    crowd = tuple(
        Person(id=Party(f"p{n}"), name=f"P{n}", identities=(Identity(f"slack:T1/UP{n}"),), roles=("release", "owner"))
        for n in range(10)
    )
    async with make(people=(*PEOPLE, *crowd)) as house:
        client = Client(house)
        name = await client.ask()
        says = (Decision.APPROVE, Decision.DENY)
        await asyncio.gather(*(house.press(f"UP{n}", name, says[n % 2], at=OPS) for n in range(10)))
        first = await client.read(name)
        await house.press(ANA, name, Decision.DENY)
        assert first["settlement"] == (await client.read(name))["settlement"]
        assert first["settlement"]["outcome"] in {"approved", "denied"}


async def test_the_first_answer_wins_and_the_late_one_is_told(make: Make):
    """Every copy shows how it ended, and Ben reads who was first and when."""
    async with make() as house:
        client = Client(house)
        name = await client.ask()
        await house.press(ANA, name, Decision.APPROVE)
        await house.press(BEN, name, Decision.DENY)
        assert await client.outcome(name) == "approved"
        for place in (ANA, BEN, OPS):
            card = house.card(place).card
            assert card is not None
            assert card.buttons == ()
            assert "Approved by Ana" in " ".join(card.notes)
        assert "Already approved by Ana" in house.texts(BEN)[-1]


async def test_an_outsider_is_told_in_private_and_changes_nothing(make: Make):
    """Otto is in nobody's directory."""
    async with make() as house:
        client = Client(house)
        name = await client.ask()
        await house.press(OTTO, name, Decision.APPROVE, at=OPS)
        assert await client.outcome(name) is None
        assert [m.to for m in house.seen(OPS) if m.kind == "whisper"] == [f"slack:T1/{OTTO}"]


async def test_running_out_is_an_outcome_of_its_own(make: Make):
    """Nobody answers: it is reminded of once, and then it has expired, which is no denial."""
    async with make(reminders=(1_800.0,)) as house:
        client = Client(house)
        name = await client.ask()
        await house.runtime.advance(1_801)
        assert "still waits for an answer" in house.texts(ANA)[-1]
        await house.runtime.advance(1_900)
        assert await client.outcome(name) == "expired"


async def test_a_place_that_cannot_be_reached_costs_no_patience(make: Make):
    """Ana's and the channel's copies are refused for good: Ben, who is the next step, is asked at once."""
    who = Who(people=(Party("ana"),))
    ladder = (Rung(after=1_000.0, people=(Party("ben"),)),)
    async with make(who, targets=("people",), ladder=ladder) as house:

        def refuse(part: Part) -> None:
            if part.conversation.endswith(ANA):
                raise Rejected("there is nobody", permanent=True)

        house.channel.fault = refuse
        client = Client(house)
        name = await client.ask()
        await house.runtime.advance(1)
        await house.press(BEN, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"


async def test_several_open_requests_are_told_apart(make: Make):
    """A bare word with two cards open brings their codes; with a code it decides that one."""
    async with make(targets=("people",)) as house:
        client = Client(house)
        one, other = await client.ask("k1"), await client.ask("k2", arguments={"environment": "x", "tag": "v2"})
        await house.runtime.advance(1)
        await house.write(ANA, "approve")
        assert (await client.outcome(one), await client.outcome(other)) == (None, None)
        code = next(m.card.code for m in house.seen(ANA) if m.request == other and m.card is not None)
        assert any(code in said for said in house.texts(ANA)), house.texts(ANA)
        await house.write(ANA, f"{code} approve")
        assert (await client.outcome(one), await client.outcome(other)) == (None, "approved")


async def test_a_reader_has_their_own_language(make: Make):
    """Ana reads German and approves with ja; Ben's copy says so in English."""
    german = [p.model_copy(update={"language": "de"}) if p.id == "ana" else p for p in PEOPLE]
    async with make(people=german, targets=("people",)) as house:
        client = Client(house)
        name = await client.ask()
        card = house.card(ANA).card
        assert card is not None
        assert card.buttons[0][1] == "Genehmigen"
        await house.write(ANA, "ja", under=house.card(ANA).id)
        assert await client.outcome(name) == "approved"
        his = house.card(BEN).card
        assert his is not None
        assert "Approved by Ana" in " ".join(his.notes)


async def test_whoever_it_is_for_may_not_approve(make: Make):
    """A client asks for Ana, whom the rule excludes: her press changes nothing, under either of her accounts."""
    async with make(Who(roles=("release",), exclude_requester=True), people=TWICE) as house:
        client = Client(house)
        name = await client.ask(requester="ana")
        for account in (ANA, "UANA2"):
            await house.press(account, name, Decision.APPROVE, at=OPS)
        assert await client.outcome(name) is None
        await house.press(BEN, name, Decision.APPROVE)
        assert await client.outcome(name) == "approved"


async def test_one_human_counts_once_under_several_accounts(make: Make):
    """Two of Ana's accounts are one vote of two."""
    async with make(Who(roles=("release",), quorum=2), people=TWICE) as house:
        client = Client(house)
        name = await client.ask()
        for account in (ANA, "UANA2"):
            await house.press(account, name, Decision.APPROVE, at=OPS)
        assert await client.outcome(name) is None
        await house.press(BEN, name, Decision.APPROVE, at=OPS)
        assert await client.outcome(name) == "approved"
