"""
Cards that list several requests.
"""

from __future__ import annotations

import asyncio

import pytest

from adapters.errors import Rejected
from agent_core import hours
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.events import RequestSettled, ResponseGiven, ResponseRefused
from agent_core.policy import Person, Rule
from agent_core.requests import Decision, Rung, Where, Who
from agent_core.results import Ok
from agent_core.run import Agent, Run, agent
from agent_core.tools import Tool
from agent_core.wanted import Question
from gateway.gathering import LONGEST, MOST
from tests.gateway.agents import Target, World
from tests.gateway.house import ANA, BEN, GUARD, OPS, OTTO, PEOPLE, RITA, House, Make
from tests.gateway.loopback import Loopback, Shown
from tests.gateway.test_editing import edit
from tests.runtime import HandRuntime


def fleet(tool: Tool, *tags: str) -> Agent:
    """An agent that wants several deployments at once, and says what came of each."""

    @agent(name="bot")
    async def bot(run: Run) -> None:
        results = await run.all(*(run.call(tool, Target(tag=tag)) for tag in tags))
        await run.reply(" ".join("done" if isinstance(one, Ok) else getattr(one, "outcome", "?") for one in results))

    return bot


def listed(message: Shown) -> list[tuple[str, str, list[Decision]]]:
    """What each row of a list says, and what can be said to it."""
    assert message.card is not None
    return [(row.text, row.note, [decision for decision, _ in row.buttons]) for row in message.card.rows]


async def press_all(
    house: House, user: str, decision: Decision, *, at: str | None = None, card: Shown | None = None
) -> None:
    """Somebody presses a button for all that are open on a list, as it stands before them."""
    message = card or house.card(at or user)
    assert message.card is not None
    value = ",".join(row.request for row in message.card.rows if row.buttons)
    await house.press(user, message.request, decision, at=at, value=value)


async def test_equal_requests_are_one_card(make: Make):
    """
    Three deployments wanted at once are one card at each place, with a line for each, and buttons for all.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2", "v3")) as house:
        await house.write(RITA, "go")

        for place in (ANA, BEN, OPS):
            assert 1 == len([message for message in house.seen(place) if message.kind == "ask"])
            card = house.card(place).card
            assert card is not None
            assert "Approve deploy? (3 requests)" == card.title
            assert [(Decision.APPROVE, "Approve all 3"), (Decision.DENY, "Deny all 3")] == list(card.buttons)
            one = [Decision.APPROVE, Decision.DENY, Decision.SHOW]
            assert [(f"environment: production, tag: v{n}", "", one) for n in (1, 2, 3)] == listed(house.card(place))
            assert 3 == len({row.code for row in card.rows})
        assert ["I have asked Ana or Ben. They have until 23:13 UTC. To drop it, write: drop"] == house.texts(RITA)


async def test_one_press_approves_exactly_what_is_listed(make: Make):
    """
    Each listed request gets a vote, an outcome and an entry of its own; each call runs; every copy shows each outcome.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2", "v3")) as house:
        await house.write(RITA, "go")
        await press_all(house, ANA, Decision.APPROVE)

        assert [("production", f"v{n}", 1) for n in (1, 2, 3)] == sorted(world.deployed)
        log = await house.log()
        assert [3, 3] == [len([e for e in log if isinstance(e, kind)]) for kind in (ResponseGiven, RequestSettled)]
        for place in (ANA, BEN, OPS):
            card = house.card(place).card
            assert card is not None
            assert ((), "") == (card.buttons, card.how)
            assert [("Approved by Ana, 22:13 UTC deploy done, 22:13 UTC", [])] * 3 == [
                (note, buttons) for _, note, buttons in listed(house.card(place))
            ]
        assert "done done done" == house.texts(RITA)[-1]


async def test_a_press_covers_what_its_card_listed(make: Make):
    """
    A card pressed as it stood before names what was open then: what has ended since is told, with who ended it and
    when, the others count. What its card does not list is not covered, whatever the press names.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2", "v3"), rules=(GUARD,)) as house:
        await house.write(RITA, "go")
        before = house.card(ANA)
        names = [row.request for row in before.card.rows]
        await house.press(BEN, names[2], Decision.DENY)
        assert [(Decision.APPROVE, "Approve all 2"), (Decision.DENY, "Deny all 2")] == list(
            house.card(OPS).card.buttons
        )

        await house.press(ANA, before.request, Decision.APPROVE, value=",".join([*names, "nonsense"]))

        assert ["v1", "v2"] == sorted(tag for _, tag, _ in world.deployed)
        code = before.card.rows[2].code
        told = (
            "2 of 3 counted. For these your answer changed nothing:\n"
            f"{code} environment: production, tag: v3: Already denied by Ben on Slack at 22:13 UTC. "
            "Your answer changed nothing."
        )
        assert told == house.texts(ANA)[-1]
        assert "done done denied" == house.texts(RITA)[-1]

    async with make(fleet(world.deploy(), "v4", "v5"), rules=(GUARD,)) as house:
        await house.write(RITA, "go")
        other = house.card(ANA).card.rows[0].request
        await house.press(ANA, before.request, Decision.APPROVE, value=other)
        assert ["v1", "v2"] == sorted(tag for _, tag, _ in world.deployed)


async def test_two_approve_all_at_the_same_instant(make: Make):
    """
    Of two presses at once the first in the log counts for all; the other is told in one message. Pressed again it
    changes nothing either.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2")) as house:
        await house.write(RITA, "go")
        card = house.card(OPS)
        value = ",".join(row.request for row in card.card.rows)
        presses = [
            house.channel.press(OPS, user, card.request, Decision.APPROVE, house.channel.next_number(), value)
            for user in (ANA, BEN)
        ]
        await asyncio.gather(*map(house.gate.append, [*presses, presses[0]]))
        await house.runtime.settle()

        assert ["v1", "v2"] == sorted(tag for _, tag, _ in world.deployed)
        (told,) = [message for message in house.seen(OPS) if message.kind == "whisper"]
        assert (Identity("slack:T1/UBEN"), 3) == (told.to, len(told.text.splitlines()))
        assert told.text.startswith("0 of 2 counted. For these your answer changed nothing:")
        assert 2 == len([e for e in await house.log() if isinstance(e, ResponseGiven)])


async def test_one_is_decided_alone(make: Make):
    """
    Each is decided by its own menu, by its code in words, or on a card of its own with all that belongs to it.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2", "v3")) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        first, second, third = card.card.rows
        await house.press(ANA, first.request, Decision.APPROVE)
        await house.write(ANA, f"{second.code} no", under=card.id)
        assert ["Approved by Ana, 22:13 UTC deploy done, 22:13 UTC", "Denied by Ana, 22:13 UTC", ""] == [
            note for _, note, _ in listed(house.card(BEN))
        ]
        assert () == house.card(BEN).card.buttons

        await house.press(ANA, third.request, Decision.SHOW)
        await house.press(ANA, third.request, Decision.SHOW)
        own = house.card(ANA)
        assert ("Approve deploy?", "Deny with a reason", third.code) == (own.text, own.card.form, own.card.code)
        assert 2 == len([message for message in house.seen(ANA) if message.kind == "ask"])
        await house.deny(ANA, third.request, "not today")

        denied = "Denied by Ana, 22:13 UTC: not today"
        assert (denied,) == house.card(ANA).card.notes
        assert [denied] * 3 == [listed(house.card(place, 0))[2][1] for place in (ANA, BEN, OPS)]
        assert [("production", "v1", 1)] == world.deployed


async def test_words_under_a_list_need_a_code(make: Make, runtime: HandRuntime):
    """
    A word that names none of them decides nothing and brings the codes; a question to one is answered under the card.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2")) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        await runtime.advance(1)
        await house.write(ANA, "approve", under=card.id)
        lines = house.texts(ANA)[-1].splitlines()[1:]
        assert [f"{row.code}  Approve deploy? {row.text}" for row in card.card.rows] == lines
        await runtime.advance(61)
        await house.write(ANA, "approve")
        assert lines == house.texts(ANA)[-1].splitlines()[1:]
        assert [] == world.deployed

        await house.write(ANA, f"{card.card.rows[1].code} is it tested?", under=card.id)
        await runtime.advance(1)
        await house.write(RITA, "yes, twice")
        assert f"{card.card.rows[1].code} Rita: yes, twice" == house.texts(ANA)[-1]
        assert card.id == house.seen(ANA)[-1].under


async def test_an_outsider_is_told_once(make: Make):
    """
    A press on all by somebody who may not decide changes nothing, and brings one message.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2")) as house:
        await house.write(RITA, "go")
        await press_all(house, OTTO, Decision.APPROVE, at=OPS)

        (told,) = [message for message in house.seen(OPS) if message.kind == "whisper"]
        assert told.text.startswith("0 of 2 counted.")
        assert ["unknown_person"] * 2 == [e.reason for e in await house.log() if isinstance(e, ResponseRefused)]
        assert [] == world.deployed


async def test_one_expires_and_the_others_stand(make: Make, runtime: HandRuntime):
    """
    Each has a deadline of its own, from the card's receipt on; one that is decided before it is not lost by it.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2")) as house:
        await house.write(RITA, "go")
        await house.press(ANA, house.card(ANA).card.rows[0].request, Decision.APPROVE)
        await runtime.advance(3_601)

        assert ["Approved by Ana, 22:13 UTC deploy done, 22:13 UTC", "Expired, 23:13 UTC: nobody answered"] == [
            note for _, note, _ in listed(house.card(ANA))
        ]
        assert "" == house.card(ANA).card.how


async def test_a_quorum_counts_for_each(make: Make):
    """
    Where it takes two, a press on all is a vote on each, and each line says what is missing.
    """
    two = GUARD.model_copy(update={"who": Who(roles=("release",), quorum=2)})
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2"), rules=(two,)) as house:
        await house.write(RITA, "go")
        assert ["It takes 2 approvals of Ana or Ben."] * 2 == [note for _, note, _ in listed(house.card(BEN))]
        await press_all(house, ANA, Decision.APPROVE)
        still = "Approved so far by Ana. Still needed: one approval of Ana or Ben."
        assert [still] * 2 == [note for _, note, _ in listed(house.card(BEN))]
        assert [] == world.deployed
        await press_all(house, BEN, Decision.APPROVE)

    assert ["v1", "v2"] == sorted(tag for _, tag, _ in world.deployed)


async def test_more_than_a_card_holds(make: Make):
    """
    More of them are several cards, each with buttons for its own.
    """
    world = World()
    async with make(fleet(world.deploy(), *(f"v{n}" for n in range(MOST + 2)))) as house:
        await house.write(RITA, "go")
        asked = [message for message in house.seen(ANA) if message.kind == "ask"]
        assert [MOST, 2] == [len(message.card.rows) for message in asked]
        await press_all(house, ANA, Decision.APPROVE)

    assert [f"v{MOST}", f"v{MOST + 1}"] == sorted(tag for _, tag, _ in world.deployed)


@pytest.mark.parametrize("why", ["urgent", "editable", "long", "lines"])
async def test_what_has_a_card_of_its_own(make: Make, why: str):
    """
    What is confirmed, may be changed, or does not fit in a line is not listed.
    """
    world = World()
    rule = GUARD.model_copy(update={"urgency": "high" if why == "urgent" else None})
    tool = world.deploy(editable=("tag",) if why == "editable" else ())
    tag = {"long": "v" * LONGEST, "lines": "v\n1"}.get(why, "v1")
    async with make(fleet(tool, tag, tag + "2"), rules=(rule,)) as house:
        await house.write(RITA, "go")

        assert [()] * 2 == [message.card.rows for message in house.seen(ANA) if message.kind == "ask"]


GATHER = Rule(tool="deploy", who=Who(roles=("release",)), where=Where(targets=("people", OPS), gather=30), patience=600)


async def test_those_of_other_runs_are_waited_for(make: Make, runtime: HandRuntime):
    """
    With a time to gather, requests of several runs in one conversation come together; patience counts from then on.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(GATHER,)) as house:
        await house.write(RITA, "go", at="slack:T1/CX", root="r1")
        await runtime.advance(20)
        await house.write(RITA, "go", at="slack:T1/CX", root="r2")
        assert [] == house.seen(ANA)
        await runtime.advance(10)

        assert "Approve deploy? (2 requests)" == house.card(ANA).text
        await runtime.advance(599)
        assert 2 == len([row for row in house.card(OPS).card.rows if row.buttons])
        await press_all(house, ANA, Decision.APPROVE)
        assert 2 == len(world.deployed)
        await runtime.advance(60)
        assert 1 == len([message for message in house.seen(ANA) if message.kind == "ask"])


async def test_waiting_survives_a_kill_and_ends_with_the_request(make: Make, runtime: HandRuntime):
    """
    A request that waits is shown after a restart; one that is dropped meanwhile is never shown.
    """
    world = World()
    async with make(world.deployer(world.deploy()), rules=(GATHER,)) as house:
        await house.write(RITA, "go", at="slack:T1/CX", root="r1")
        await house.write(RITA, "go")
        await house.write(RITA, "drop")
    runtime.jump(31)
    async with make(world.deployer(world.deploy()), rules=(GATHER,)) as house:
        await runtime.settle()
        for place in (ANA, OPS):
            assert ["Approve deploy?"] == house.texts(place)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

    assert 1 == len(world.deployed)


async def test_a_list_that_reaches_nobody(make: Make, channel: Loopback):
    """
    Where a list cannot be sent, each that stands on it ends as undeliverable.
    """
    world = World()

    def refuse(part: object) -> None:
        raise Rejected("channel_not_found", permanent=True)

    channel.fault = refuse
    only = GUARD.model_copy(update={"where": Where(targets=(OPS,))})
    async with make(fleet(world.deploy(), "v1", "v2"), rules=(only,)) as house:
        await house.write(RITA, "go")
        outcomes = [str(e.settlement.outcome) for e in await house.log() if isinstance(e, RequestSettled)]
        assert ["undeliverable"] * 2 == outcomes


async def test_an_unknown_list_is_shown_again(make: Make, channel: Loopback, runtime: HandRuntime):
    """
    A list of which nobody knows whether it was sent is shown once more, and says so; either copy decides.
    """
    world = World()
    channel.lost, channel.can_find = ["ask"], False
    only = GUARD.model_copy(update={"where": Where(targets=(OPS,))})
    async with make(fleet(world.deploy(), "v1", "v2"), rules=(only,)) as house:
        await house.write(RITA, "go")
        await runtime.advance(5)
        first, again = [message for message in house.seen(OPS) if message.kind == "ask"]
        assert again.card.again.startswith("Again:")
        await press_all(house, ANA, Decision.APPROVE, at=OPS, card=first)

        assert ["v1", "v2"] == sorted(tag for _, tag, _ in world.deployed)


async def test_without_edits_each_outcome_is_said(make: Make, channel: Loopback):
    """
    A channel that cannot change messages says how each on a list ended.
    """
    channel.edits = False
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2")) as house:
        await house.write(RITA, "go")
        row = house.card(BEN).card.rows[0]
        await house.press(ANA, row.request, Decision.DENY)

        assert f"{row.code} environment: production, tag: v1: Denied by Ana, 22:13 UTC" == house.texts(BEN)[-1]


LOW = Rule(
    tool="deploy", who=Who(people=(Party("ana"),)), where=Where(targets=("people",)), patience=600, urgency="low"
)
MORNING = 38_800  # seconds until 09:00 UTC


def reading_at(*times: str, quiet: tuple[str, ...] = ()) -> list[Person]:
    """The people of the house; Ana reads digests."""
    ana = {"digest": tuple(map(hours.time, times)), "quiet": tuple(map(hours.parse, quiet))}
    return [person.model_copy(update=ana) if person.id == "ana" else person for person in PEOPLE]


def curious(tool: Tool) -> Agent:
    """An agent that wants to deploy, and a colour, neither of them soon."""

    @agent(name="bot")
    async def bot(run: Run) -> None:
        ana, people = Who(people=(Party("ana"),)), Where(targets=("people",))
        asked = Question("Which colour?", to=ana, where=people, urgency="low")
        _, colour = await run.all(run.call(tool, Target()), run.request_human(asked))
        await run.reply(f"colour: {getattr(colour, 'text', '?')}")

    return bot


async def test_what_can_wait_comes_in_a_digest(make: Make, runtime: HandRuntime):
    """
    Requests of low urgency, of any kind and from several conversations, come on one card at the next of the set times,
    through a restart; each is decided alone, with its whole patience from then on.
    """
    world = World()
    how = {"rules": (LOW,), "people": reading_at("09:00", "16:00")}
    async with make(curious(world.deploy()), **how) as house:
        await house.write(RITA, "go")
        assert "This can wait, so Ana is asked at 09:00 UTC on Wed 15 Nov." in house.texts(RITA)[-1]
        await house.write(RITA, "go", at="slack:T1/CX", root="r1")
        await runtime.advance(MORNING - 60)
        assert [] == house.seen(ANA)
    runtime.jump(61)
    async with make(curious(world.deploy()), **how) as house:
        await runtime.advance(20)
        (digest,) = house.seen(ANA)
        assert ("4 requests that could wait", ()) == (digest.text, digest.card.buttons)
        deploys = "Approve deploy? · environment: production, tag: v1 · Asked by Rita"
        questions = "Which colour? · Asked by Rita"
        can = [Decision.APPROVE, Decision.DENY, Decision.SHOW]
        assert [(deploys, can)] * 2 == [(text, said) for text, _, said in listed(digest) if text.startswith("Approve")]
        assert [(questions, [Decision.SHOW])] * 2 == [
            (text, said) for text, _, said in listed(digest) if not text.startswith("Approve")
        ]

        await runtime.advance(590)
        rows = {row.text: row for row in digest.card.rows}
        await house.press(ANA, rows[deploys].request, Decision.APPROVE)
        await house.write(ANA, f"{rows[questions].code} blue")
        assert 1 == len(world.deployed)
        assert ["Answered by Ana, 09:10 UTC: blue"] == [
            note for _, note, _ in listed(house.card(ANA)) if "blue" in note
        ]
        await runtime.advance(20)
        assert 1 == sum("Expired" in note for _, note, _ in listed(house.card(ANA)))


async def test_equal_ones_of_a_digest_are_approved_together(make: Make, runtime: HandRuntime):
    """
    A digest of equal requests only has buttons for all of them.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2"), rules=(LOW,), people=reading_at("09:00")) as house:
        await house.write(RITA, "go")
        await runtime.advance(MORNING + 15)
        await press_all(house, ANA, Decision.APPROVE)

    assert ["v1", "v2"] == sorted(tag for _, tag, _ in world.deployed)


async def test_what_a_digest_does_not_hold_up(make: Make, runtime: HandRuntime):
    """
    What is of normal urgency, and what is asked where it was wanted, is shown at once.
    """
    world = World()
    normal = LOW.model_copy(update={"urgency": "normal"})
    async with make(world.deployer(world.deploy()), rules=(normal,), people=reading_at("09:00")) as house:
        await house.write(RITA, "go")
        assert "Approve deploy?" == house.card(ANA).text
        await house.press(ANA, house.card(ANA).request, Decision.DENY)
    async with make(world.deployer(world.deploy()), rules=(LOW,), people=reading_at("09:00")) as house:
        await house.write(ANA, "go")
        assert 2 == len([message for message in house.seen(ANA) if message.kind == "ask"])


async def test_a_time_within_quiet_hours_is_left_out(make: Make, runtime: HandRuntime):
    """
    Of the set times the first counts in which nobody sleeps; where all lie in quiet hours, it is their end.
    """
    world = World()
    for times, waits in ((("06:00", "09:00"), MORNING), (("06:00",), MORNING - 7_200)):
        people = reading_at(*times, quiet=("22:00-07:00",))
        async with make(world.deployer(world.deploy()), rules=(LOW,), people=people) as house:
            began = runtime.now()
            await house.write(RITA, "go")
            await runtime.advance(waits - 5)
            assert [] == [message for message in house.seen(ANA) if message.card and message.card.buttons]
            await runtime.advance(20)
            await house.press(ANA, house.card(ANA).request, Decision.DENY)
            await runtime.advance(86_400 - (runtime.now() - began))


async def test_the_ladder_waits_for_the_digest(make: Make, runtime: HandRuntime):
    """
    What waits for a digest takes no step of its ladder; patience begins with it.
    """
    world = World()
    ladder = (Rung(after=300, people=(Party("ben"),)),)
    rule = LOW.model_copy(update={"where": Where(targets=("people",), ladder=ladder)})
    async with make(world.deployer(world.deploy()), rules=(rule,), people=reading_at("09:00")) as house:
        await house.write(RITA, "go")
        await runtime.advance(MORNING + 15)
        assert ("Approve deploy?", []) == (house.card(ANA).text, house.seen(BEN))
        await runtime.advance(310)
        assert "Approve deploy?" == house.card(BEN).text


async def test_a_rule_has_times_of_its_own(make: Make, runtime: HandRuntime):
    """
    Where nobody has times of their own, in a channel for one, those of the rule count.
    """
    world = World()
    rule = LOW.model_copy(update={"where": Where(targets=("people", OPS), digest=("08:00 Europe/Berlin",))})
    async with make(world.deployer(world.deploy()), rules=(rule,)) as house:
        await house.write(RITA, "go")
        assert "This can wait, so the channel is asked at 07:00 UTC on Wed 15 Nov." in house.texts(RITA)[-1]
        await runtime.advance(MORNING - 7_200 - 5)
        assert ([], []) == (house.seen(ANA), house.seen(OPS))
        await runtime.advance(20)
        assert ("Approve deploy?", "Approve deploy?") == (house.card(ANA).text, house.card(OPS).text)


async def test_a_press_that_no_card_makes_covers_nothing(make: Make):
    """
    All are decided by the list's own buttons only: one that names nothing, the list itself, or the others from the row
    of one, or that says what lists have no button for, changes nothing.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2")) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        assert card.card is not None
        rows = [row.request for row in card.card.rows]
        for request, value in ((card.request, ""), (card.request, card.request), (rows[0], ",".join(rows))):
            await house.press(ANA, request, Decision.APPROVE, value=value)
        for decision in set(Decision) - {Decision.APPROVE, Decision.DENY}:
            await house.press(ANA, card.request, decision, value=",".join(rows))

        assert [] == world.deployed
        assert not {"ResponseGiven", "RequestSettled"} & set(await house.names())


async def test_who_asked_decides_nothing_on_a_list(make: Make):
    """
    The excluded requester gets nothing approved by the button for all, wherever the list stands.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2")) as house:
        await house.write(ANA, "go")
        await press_all(house, ANA, Decision.APPROVE, at=OPS)
        assert [] == world.deployed
        await press_all(house, BEN, Decision.APPROVE, at=OPS)

        assert 2 == len(world.deployed)


PAIR = LOW.model_copy(
    update={
        "who": Who(roles=("release",), quorum=2),
        "where": Where(targets=("people", OPS)),
        "patience": 86_400,
    }
)


async def test_what_is_changed_leaves_its_digest(make: Make, runtime: HandRuntime):
    """
    A call that somebody changes gets a card of its own at once; the digest lists it no more, says why, and how it
    stood there decides nothing.
    """
    world = World()
    tool = world.deploy(editable=("tag",))
    async with make(fleet(tool, "v1", "v2"), rules=(PAIR,), people=reading_at("09:00")) as house:
        await house.write(RITA, "go")
        await runtime.advance(MORNING + 15)
        (digest,) = house.seen(ANA)
        one, other = digest.card.rows
        await edit(house, BEN, one.request, tag="v9")

        first, card = house.seen(ANA)
        assert [other.request] == [row.request for row in first.card.rows]
        assert "tag: v1 → v9" in first.card.notes[0]
        assert (1, "tag", "v9") == (card.card.revision, *card.card.facts[-1])
        await house.press(ANA, one.request, Decision.APPROVE, revision=0)
        assert [] == world.deployed
        await house.write(ANA, "approve", under=card.id)
        assert [("production", "v9", 1)] == world.deployed
        await edit(house, BEN, other.request, tag="v8")
        assert ((), ()) == (house.seen(ANA)[0].card.rows, house.seen(ANA)[0].card.buttons)
        await house.write(ANA, "approve", under=digest.id)
        assert 1 == len(world.deployed)


async def test_what_was_changed_before_its_digest_is_decided_on_a_card_of_its_own(make: Make, runtime: HandRuntime):
    """
    A row tells no revision: a changed call is listed as it stands, and shown whole before it is decided.
    """
    world = World()
    tool = world.deploy(editable=("tag",))
    async with make(fleet(tool, "v1", "v2"), rules=(PAIR,), people=reading_at("09:00")) as house:
        await house.write(RITA, "go")
        await edit(house, BEN, house.card(BEN).request, tag="v9")
        await runtime.advance(MORNING + 15)
        (changed,) = [row for row in house.card(ANA).card.rows if "tag: v9" in row.text]
        assert [Decision.SHOW] == [decision for decision, _ in changed.buttons]
        await house.press(ANA, changed.request, Decision.SHOW)
        await house.press(ANA, changed.request, Decision.APPROVE)

        assert [("production", "v9", 1)] == world.deployed


async def test_what_is_changed_as_its_digest_gathers_waits_for_nothing_more(make: Make, runtime: HandRuntime):
    """
    A call that is changed in the moment in which its digest comes together has a card of its own at once, and no timer
    of that wait is left.
    """
    world = World()
    tool = world.deploy(editable=("tag",))
    async with make(fleet(tool, "v1", "v2"), rules=(PAIR,), people=reading_at("09:00")) as house:
        await house.write(RITA, "go")
        await runtime.advance(MORNING)
        request = house.card(BEN).request
        waiting = await house.store.copy(ConversationKey(f"slack:T1/{ANA}"), request)
        assert waiting is not None
        assert waiting.held_until is not None
        await edit(house, BEN, request, tag="v9")
        waiting = await house.store.copy(ConversationKey(f"slack:T1/{ANA}"), request)
        assert waiting is not None
        assert (None, 1) == (waiting.held_until, waiting.card.revision)
        left = house.store._reader.execute("SELECT id FROM timers WHERE id LIKE ?", (f"%{ANA}/{request}/gather",))
        assert [] == left.fetchall()
