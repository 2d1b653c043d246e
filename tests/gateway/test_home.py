"""
Requests asked here, answered there: shown, ruled on, settled on every copy.
"""

from __future__ import annotations

from typing import Any

from adapters.base import Part
from adapters.errors import Rejected
from agent_core.policy import Rule
from agent_core.requests import Choice, Decision, Where, Who
from agent_core.run import Run, agent
from agent_core.wanted import Question
from tests.gateway.agents import World, asker
from tests.gateway.house import ANA, BEN, GUARD, OPS, OTTO, RITA, House, Make
from tests.runtime import HandRuntime

TEAM = Who(roles=("release",))


async def test_the_round_trip(make: Make):
    """
    A guarded call asks the people of the policy, one of them approves, it runs once, every copy and the requester know.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        assert [("Approve deploy?", 2)] * 3 == [
            (house.card(place).text, len(house.card(place).card.buttons)) for place in (ANA, BEN, OPS)
        ]
        assert ["I have asked Ana or Ben. They have until 23:13 UTC. To drop it, write: drop"] == house.texts(RITA)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert [("production", "v1", 1)] == world.deployed
        settled = "Approve deploy?; Approved by Ana, 22:13 UTC; deploy done, 22:13 UTC"
        assert [[settled], [settled], [settled]] == [house.texts(place) for place in (ANA, BEN, OPS)]
        assert () == house.card(OPS).card.buttons
        assert "it is out" == house.texts(RITA)[-1]
        assert [("ended", "done")] == await house.status()


async def test_five_commits_and_one_start(make: Make):
    """
    In its own conversation an approval takes five commits: inbound, pause and ask, answer, start, result and end.
    """
    world = World()
    rule = Rule(tool="deploy", who=Who(people=("rita",)), where=Where(targets=("origin",)))
    async with make(world.deployer(world.deploy()), rules=(rule,)) as house:
        commits = count_commits(house)
        await house.write(RITA, "go")
        await house.press(RITA, house.card(RITA).request, Decision.APPROVE)

        assert [("ended", "done")] == await house.status()
        assert 5 == commits[0]


def count_commits(house: House) -> list[int]:
    """Count durable commits on the run's path: appends and decisions, not receipts."""
    commits = [0]
    for name in ("append", "commit"):
        inner = getattr(house.store, name)

        async def counted(argument: Any, inner: Any = inner) -> Any:
            result = await inner(argument)
            commits[0] += 1
            return result

        setattr(house.store, name, counted)
    return commits


async def test_the_first_valid_answer_wins_and_the_late_one_is_told(make: Make):
    """
    A second answer changes nothing, and its author reads who was first, where and when (G3, G10).
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.APPROVE)
        await house.press(BEN, request, Decision.DENY)

        late = "Already approved by Ana on Slack at 22:13 UTC. Your answer changed nothing."
        assert late == house.texts(BEN)[-1]
        assert 1 == len(world.deployed)
        await house.press(BEN, request, Decision.DENY)
        assert 1 == house.texts(BEN).count(late)


async def test_an_outsider_is_told_in_private_and_nothing_changes(make: Make):
    """
    Somebody who may not decide gets a whisper; the request stays open (G9).
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.press(OTTO, house.card(OPS).request, Decision.APPROVE, at=OPS)

        whisper = house.seen(OPS)[-1]
        assert ("whisper", "slack:T1/UOTTO") == (whisper.kind, whisper.to)
        assert "Ana or Ben" in whisper.text
        assert [] == world.deployed
        assert 2 == len(house.card(OPS).card.buttons)


async def test_the_requester_may_not_approve(make: Make):
    """
    Who asked is excluded, whatever their role, on every channel (G9).
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(ANA, "go")
        assert [] == [message for message in house.seen(ANA) if message.kind == "ask"]
        await house.press(ANA, house.card(BEN).request, Decision.APPROVE, at=OPS)

        assert house.seen(OPS)[-1].text.startswith("You asked for this yourself")
        assert [] == world.deployed


async def test_nobody_but_the_requester_could_decide(make: Make):
    """
    Where the rule leaves nobody, the run halts at once, with no route, and its owner is told.
    """
    world = World()
    rule = GUARD.model_copy(update={"who": Who(people=("rita",), exclude_requester=True)})
    async with make(world.deployer(world.deploy()), rules=(rule,)) as house:
        await house.write(RITA, "go")

        assert [("parked", "no_route")] == await house.status()
        assert house.texts(RITA)[-1].startswith("This is on hold: there is nobody to ask about")
        assert "ringback threads resume" in house.texts(BEN)[-1]


async def test_a_denial_with_its_reason(make: Make):
    """
    A denial answers the call, its reason is on the cards and with the agent, and the same call is not asked again.
    """
    world = World()
    deploy = world.deploy()

    async def twice(run: Run) -> None:
        for _ in range(2):
            world.results.append(await run.call(deploy, {"environment": "production"}))

    async with make(agent(name="bot")(twice)) as house:
        await house.write(RITA, "go")
        await house.deny(ANA, house.card(ANA).request, "not on a Friday")

        assert ["not on a Friday"] * 2 == [denied.reason for denied in world.results]
        assert "Denied by Ana, 22:13 UTC: not on a Friday" in house.texts(OPS)[0]
        assert 1 == len([m for m in house.seen(OPS) if m.kind == "ask"])
        assert [] == world.deployed


async def test_a_question_back_goes_to_the_requester_and_its_answer_under_the_card(make: Make):
    """
    "Yes, but…" decides nothing: the requester is asked, the answer appears under every copy, the request stays open.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        await house.runtime.advance(60)
        await house.write(ANA, "yes but not before five", under=card.id)
        assert "Passed to Rita; still open." == house.seen(ANA)[-1].text
        assert card.id == house.seen(ANA)[-1].under
        assert "Ana asks about: Approve deploy?" == house.card(RITA).text
        await house.runtime.advance(60)
        await house.write(RITA, "at six then")

        for place in (ANA, BEN, OPS):
            assert ("Rita: at six then", house.card(place).id) == (
                house.seen(place)[-1].text,
                house.seen(place)[-1].under,
            )
        assert [] == world.deployed
        assert 2 == len(house.card(ANA).card.buttons)
        await house.press(BEN, card.request, Decision.APPROVE)
        assert 1 == len(world.deployed)


async def test_settling_withdraws_the_question_back(make: Make):
    """
    Once decided, nobody has to answer what was asked about it.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.write(ANA, "why now?", under=house.card(ANA).id)
        await house.press(BEN, house.card(BEN).request, Decision.DENY)

        assert "No longer needed, 22:13 UTC: decided meanwhile" in house.texts(RITA)[1]
        assert ["denied", "superseded"] == sorted(row.status for row in await house.store.requests())


async def test_an_expired_request_halts_until_the_owner_says(make: Make, runtime: HandRuntime):
    """
    A timeout is no denial: the run is parked, both are told, and the owner may ask again.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await runtime.advance(3_601)

        assert [("parked", "expired")] == await house.status()
        assert "Approve deploy?; Expired, 23:13 UTC: nobody answered" == house.texts(ANA)[0]
        assert [] == world.results
        await house.act("ask_again")
        assert house.card(ANA).request != house.card(ANA, 0).request
        asked_again = "Asked again: the first ran out at 23:13 UTC, and nobody had answered."
        assert ["", asked_again] == [house.card(ANA, number).card.again for number in (0, -1)]
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert [("ended", "done")] == await house.status()
        assert 1 == len(world.deployed)


async def test_going_on_after_an_expiry_is_a_failure_for_the_agent(make: Make, runtime: HandRuntime):
    """
    Let go on, the call has failed, and nothing was started.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await runtime.advance(3_601)
        await house.act("go_on")

        assert ["expired"] == [failed.kind for failed in world.results]
        assert [] == world.deployed


async def test_an_agent_that_catches_is_not_parked(make: Make, runtime: HandRuntime):
    """
    With `catch`, expiry is a value.
    """
    world = World()
    async with make(world.deployer(world.deploy(), catch=True)) as house:
        await house.write(RITA, "go")
        await runtime.advance(3_601)

        assert [("ended", "done")] == await house.status()
        assert "failed: expired" == house.texts(RITA)[-1]


async def test_an_answer_given_in_time_while_we_were_away_counts(make: Make, runtime: HandRuntime):
    """
    Timers wait at start until channels have brought what was missed; who answered in time, answered in time.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await runtime.advance(1_800)
        sent = house.channel.press(f"slack:T1/{ANA}", ANA, request, Decision.APPROVE, 903)
    await runtime.advance(3_600)
    async with make(world.deployer(world.deploy()), caught_up=False) as house:
        await house.gate.append(sent)
        await runtime.settle()

        assert 1 == len(world.deployed)


async def test_timers_do_not_wait_for_ever_for_a_channel(make: Make, runtime: HandRuntime):
    """
    A channel that never catches up holds deadlines up for a minute, not longer.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
    await runtime.advance(7_200)
    async with make(world.deployer(world.deploy()), caught_up=False) as house:
        assert [("waiting", "Approve deploy?")] == await house.status()
        await runtime.advance(61)

        assert [("parked", "expired")] == await house.status()


async def test_undeliverable_when_no_copy_can_be_shown(make: Make):
    """
    When no copy of a card can be delivered, the run halts as undeliverable, not as denied.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:

        def refuse(part: Part) -> None:
            if part.kind == "ask":
                raise Rejected("channel_not_found", permanent=True)

        house.channel.fault = refuse
        await house.write(RITA, "go")

        assert [("parked", "undeliverable")] == await house.status()
        assert [] == world.results


async def test_one_dead_copy_stops_nobody(make: Make):
    """
    One place that cannot show the card does not keep the others from deciding.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:

        def refuse(part: Part) -> None:
            if part.conversation == OPS:
                raise Rejected("is_archived", permanent=True)

        house.channel.fault = refuse
        await house.write(RITA, "go")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert 1 == len(world.deployed)


async def test_dropping_cancels_and_tells(make: Make):
    """
    The requester takes it back in a word: cards are cancelled, the run ends, nothing runs.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await house.write(RITA, "drop")

        assert "Approve deploy?; Cancelled by Rita, 22:13 UTC" == house.texts(ANA)[0]
        assert "Dropped. Nothing more will happen here." == house.texts(RITA)[-1]
        assert [("ended", "cancelled")] == await house.status()
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert "Already cancelled by Rita" in house.texts(ANA)[-1]
        assert [] == world.deployed


async def test_a_question_is_answered_by_any_text(make: Make, runtime: HandRuntime):
    """
    In a one-to-one chat the next text answers the only question.
    """
    async with make(asker(Question("Which tag?"))) as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(RITA, "v2, please")

        assert "heard: v2, please" == house.texts(RITA)[-1]
        assert "Which tag?; Answered by Rita, 22:13 UTC: v2, please" == house.texts(RITA)[0]


async def test_a_choice_is_pressed_or_written(make: Make, runtime: HandRuntime):
    """
    Choices are buttons; a text that is none of them is told what there is.
    """
    choices = (Choice(name="eu", label="Europe"), Choice(name="us", label="America"))
    async with make(asker(Question("Where?", choices), Question("And then?", choices))) as house:
        await house.write(RITA, "go")
        await runtime.advance(1)
        await house.write(RITA, "Asia", under=house.card(RITA).id)
        assert "That is not one of the choices: Europe, America." == house.texts(RITA)[-1]
        await house.write(RITA, "europe", under=house.card(RITA).id)
        await house.press(RITA, house.card(RITA).request, Decision.ANSWER, value="us")

        assert ["heard: eu", "heard: us"] == [t for t in house.texts(RITA) if t.startswith("heard")]


async def test_a_question_to_a_role_goes_to_its_people(make: Make):
    """
    A question may be put to others than the requester.
    """
    async with make(asker(Question("Friday?", to=Who(roles=("release",))))) as house:
        await house.write(RITA, "go")
        await house.write(BEN, "no", under=house.card(BEN).id)

        assert "heard: no" == house.texts(RITA)[-1]
        assert "Friday?; Answered by Ben, 22:13 UTC: no" == house.texts(ANA)[0]
