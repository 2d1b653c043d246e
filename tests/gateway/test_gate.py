"""
The one way in: stored before anything else, bounded, answered in time.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from dataclasses import replace

from adapters.base import Accepted, Form, FormWanted, Inbound, NoForm, Refused
from agent_core import facts
from agent_core.addresses import ConversationKey, Identity
from agent_core.requests import Assurance, Decision
from gateway.admission import MOST_WAITING
from gateway.gate import LARGEST, LONGEST_TEXT
from gateway.store.base import Need
from tests.gateway.agents import World, echo
from tests.gateway.house import ANA, OTTO, RITA, House, Make
from tests.runtime import NOON, HandRuntime

KEY = ConversationKey(f"slack:T1/{RITA}")


def a_message(text: str, raw: bytes = b"") -> Inbound:
    fact = facts.MessageReceived(
        sender=Identity(f"slack:T1/{RITA}"), assurance=Assurance.HIGH, direct=True, sent_at=NOON, text=text
    )
    return Inbound(KEY, fact, (), raw)


async def stored(house: House, number: int = -1) -> facts.MessageReceived:
    snapshot = await house.store.load(KEY, Need())
    records = list(snapshot.facts) + [
        record for row in await house.store.threads() for record in await house.store.log(row.id)
    ]
    messages = [r.event for r in records if isinstance(r.event, facts.MessageReceived)]
    return messages[number]


async def test_a_message_of_a_megabyte(make: Make):
    """
    The log holds its beginning, the whole of it stands beside, and the run gets a bounded text that says so.
    """
    text = "é" * 1_000_000
    async with make(echo) as house:
        await house.write(RITA, "start")
        assert isinstance(await house.gate.append(a_message(text)), Accepted)
        await house.runtime.settle()
        fact = await stored(house)

        assert fact.text.startswith("é" * LONGEST_TEXT)
        assert fact.text.endswith("… [cut: 1000000 characters]")
        assert text.encode() == await house.store.blob(fact.blob)
        assert len(house.texts(RITA)[-1]) < LONGEST_TEXT + 100


async def test_the_raw_payload_is_kept_for_a_week(make: Make, runtime: HandRuntime):
    """
    What the vendor sent can be looked at, and goes after its time.
    """
    async with make(echo) as house:
        await house.gate.append(a_message("hi", b'{"type": "message"}'))
        await house.runtime.settle()
        raw = (await stored(house)).raw
        assert b'{"type": "message"}' == await house.store.blob(raw)
        await runtime.advance(8 * 86_400)
        await house.store.purge(runtime.now())

        assert await house.store.blob(raw) is None


async def test_a_payload_that_is_too_large_is_refused_for_good(make: Make):
    """
    Sending it again would not help, and the answer says so.
    """
    async with make(echo) as house:
        refused = await house.gate.append(a_message("hi", b"x" * (LARGEST + 1)))

        assert Refused("larger than 16777216 bytes", retry=False) == refused
        assert {"slack:T1": {"too_large": 1}} == house.health.refusals()


def wanted(request: str, user: str) -> FormWanted:
    key = ConversationKey(f"slack:T1/{ANA}")
    return FormWanted(request, key, Identity(f"slack:T1/{user}"), user, Assurance.HIGH)


async def test_who_may_decide_gets_the_form(make: Make):
    """
    A look at who clicked, and the form is worded; a stranger gets one sentence instead.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        form, refused = [await house.gate.query(wanted(request, user)) for user in (ANA, OTTO)]

        assert isinstance(form, Form)
        assert "Deny this request" == form.title
        assert isinstance(refused, NoForm)
        assert "Ana or Ben" in refused.text
        await house.press(ANA, request, Decision.APPROVE)
        settled = await house.gate.query(wanted(request, ANA))
        assert settled == NoForm("Approved by Ana, 22:13 UTC; deploy done, 22:13 UTC")
        gone = await house.gate.query(wanted("nothing", ANA))
        assert gone == NoForm("I do not know this request any more.")


async def test_a_query_that_takes_too_long_is_answered_anyway(make: Make, runtime: HandRuntime):
    """
    After a second and a half there is an answer, though only to press again.
    """
    async with make(echo) as house:

        async def slow(*_: object) -> None:
            await asyncio.Event().wait()

        house.store.copy = slow  # type: ignore[method-assign, assignment]
        asked = asyncio.ensure_future(house.gate.query(wanted("x", ANA)))
        await runtime.advance(1.6)

        assert NoForm(house.world.catalogues.own.say("form.failed")) == await asked


async def test_signs_of_life_reach_the_health_report(make: Make):
    """
    What a channel tells about itself is what `/readyz` says.
    """
    async with make(echo) as house:
        assert not house.health.ready("slack:T1")
        house.gate.seen("slack", "T1")

        assert house.health.ready("slack:T1")
        house.gate.refused("slack", "", "unsigned")
        house.gate.refused("slack", "T1", "malformed")
        house.gate.warned("slack", "T1", "two sockets")
        assert {"slack": {"unsigned": 1}, "slack:T1": {"malformed": 1}} == house.health.refusals()
        assert "two sockets" == house.health.report()["slack:T1"]["warning"]


async def test_what_is_stored_shows_when_something_last_came(make: Make, runtime: HandRuntime):
    """
    The last event is when something people did was stored, not when the vendor last showed a sign of life.
    """
    async with make(echo) as house:
        house.gate.seen("slack", "T1")
        assert house.health.report()["slack:T1"]["last_event"] is None
        await house.write(RITA, "hi")

        assert runtime.now() == house.health.report()["slack:T1"]["last_event"]


async def test_half_a_character_is_stored_all_the_same(make: Make):
    """
    A text that no file could hold is mended, and accepted.
    """
    async with make(echo) as house:
        assert isinstance(await house.write(RITA, "caf\ud83d"), Accepted)
        assert (await stored(house)).text.startswith("caf")


async def test_talk_among_people_is_not_kept(make: Make):
    """
    What stands in a thread of a channel is stored where an agent is at work there, and else nowhere.
    """
    async with make(echo) as house:
        await house.write(RITA, "start", at="slack:T1/CX", root="r1")
        answers = []
        for n in (1, 2):
            talk = house.channel.message("slack:T1/CX", OTTO, "lunch?", n + 500, root=f"r{n}")
            answers.append(await house.gate.append(replace(talk, passing=True)))
            await house.runtime.settle()

        assert isinstance(answers[0], Accepted)
        assert Refused("said where nothing of ours stands", retry=False) == answers[1]


async def test_what_there_is_no_room_for_is_not_acknowledged(make: Make):
    """
    While too much waits for the disk a fact is refused, to come again, and counted; when that is stored it is taken.
    """
    async with make(echo) as house:
        with ExitStack() as storing:
            for _ in range(MOST_WAITING):
                storing.enter_context(house.admission.storing())
            refused = await house.gate.append(a_message("one more"))
        again = await house.gate.append(a_message("one more"))

        assert isinstance(refused, Refused)
        assert refused.retry
        assert isinstance(again, Accepted)
        assert {"slack:T1": {"overloaded": 1}} == house.health.refusals()
