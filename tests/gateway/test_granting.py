"""
Standing grants: given with an approval, used in its place, ended.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from agent_core import events
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.context import entries, render
from agent_core.policy import Person, Rule
from agent_core.requests import THREAD, UNTIL_REVOKED, Decision, Grantable, Outcome, Rung, Scope, Where, Who
from agent_core.run import Agent, Run, agent
from agent_core.wanted import Question
from gateway.store.sqlite_backup import back_up, restore
from tests.gateway.agents import Target, World
from tests.gateway.house import ANA, BEN, GUARD, OPS, OTTO, PEOPLE, RITA, House, Make
from tests.gateway.loopback import Loopback
from tests.gateway.test_editing import CANARY, edit
from tests.runtime import HandRuntime

HOUR = Scope(name="1h", seconds=3_600.0)
SCOPES = (HOUR, Scope(name=THREAD), Scope(name=UNTIL_REVOKED))


def granted(*scopes: Scope, **how: Any) -> Rule:
    """The guard of `deploy`, whose approvals may count for longer, for calls to the same environment."""
    terms = Grantable(**{"scopes": scopes or SCOPES, "alike": ("environment",), "uses": 3} | how)
    return GUARD.model_copy(update={"grantable": terms, "patience": 86_400.0})


def deployer(world: World, **how: Any) -> Agent:
    """An agent that deploys the versions that it is told, each to production unless it says where: `v1 v2@staging`."""
    tool = world.deploy(**how)

    @agent(name="bot", version="1")
    async def bot(run: Run) -> None:
        for word in run.asked.split():
            tag, _, environment = word.partition("@")
            world.results.append(await run.call(tool, Target(tag=tag, environment=environment or "production")))
        await run.reply("done")

    return bot


async def approve(house: House, scope: str = "1h", *, tag: str = "v1", by: str = ANA) -> str:
    """Rita has a version deployed, and somebody approves it for longer. Gives the id of the request."""
    await house.write(RITA, tag)
    request = house.card(by).request
    await house.press(by, request, Decision.APPROVE, value=scope)
    return request


def tags(world: World) -> list[str]:
    return [tag for _, tag, _ in world.deployed]


def asked(house: House, place: str = ANA) -> int:
    """How many cards somebody has got."""
    return sum(message.kind == "ask" for message in house.seen(place))


async def test_the_next_call_starts_without_asking(make: Make):
    """
    It has a request of its own, over its own arguments, that is shown to nobody and settled by the grant; the run is
    told, and the card with which the grant was given counts.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await house.write(RITA, "v1")
        card = house.card(ANA).card
        assert (("1h", "Approve for 1 hour"), ("thread", "Approve in this conversation")) == card.grants[:2]
        assert ("until_revoked", "Approve until revoked") == card.grants[2]
        assert "also covers calls of deploy with the same environment, up to 3 times" in card.how
        first = house.card(ANA).request
        await house.press(ANA, first, Decision.APPROVE, value="1h")
        await house.runtime.advance(60)
        before = await house.store.audit()
        await house.write(RITA, "v2")

        assert ["v1", "v2"] == tags(world)
        assert (1, 1, 1) == (asked(house, ANA), asked(house, BEN), asked(house, OPS))
        log = await house.log()
        first_opened, opened = [event.request for event in log if isinstance(event, events.RequestOpened)]
        _, settled = [event for event in log if isinstance(event, events.RequestSettled)]
        _, started = [event for event in log if isinstance(event, events.ToolStarted)]
        assert (first, "ana", "Ana", Outcome.APPROVED) == (
            settled.settlement.grant,
            settled.settlement.by,
            settled.settlement.name,
            settled.settlement.outcome,
        )
        assert opened.id == settled.request == started.approval != first
        assert opened.digest == started.digest != first_opened.digest
        assert () == opened.places
        assert "deploy: approved by Ana's standing grant of 22:13 UTC, 1 of 3." in house.texts(RITA)
        for place in (ANA, BEN, OPS):
            shown = house.card(place).card
            assert "Standing grant by Ana: calls of deploy with the same environment" in shown.grant
            assert "until 23:13 UTC. Used 1 of 3 times." in shown.grant
            assert "Revoke the grant" == shown.revoke
            assert ((), (), "Approved by Ana, 22:13 UTC") == (shown.grants, shown.buttons, shown.notes[0])
        kinds = [type(event).__name__ for event in log]
        at = kinds.index("GrantGiven")
        assert "RequestSettled" in kinds[:at]
        assert len(await house.store.audit()) == len(before) + 4  # asked, settled, started, finished


async def test_it_is_one_commit(make: Make, monkeypatch: pytest.MonkeyPatch):
    """
    The request, its settlement by a grant, the start of the tool and the count of the use are true together.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        changes: list[Any] = []
        commit = house.store.commit

        async def kept(change: Any) -> Any:
            changes.append(change)
            return await commit(change)

        monkeypatch.setattr(house.store, "commit", kept)
        await house.write(RITA, "v2")

        (change,) = [one for one in changes if any(isinstance(r.event, events.RequestOpened) for r in one.events)]
        kinds = [type(record.event) for record in change.events]
        assert {events.RequestOpened, events.RequestSettled, events.ToolStarted} <= set(kinds)
        assert [(0, 1)] == [(one.before.used, one.after.used) for one in change.grants]


async def test_the_model_is_told_by_what_it_was_approved(make: Make):
    """
    A context says that it was a standing grant, and whose.
    """
    world, told = World(), list[str]()
    tool = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.call(tool, Target())
        await run.call(tool, Target(tag="v2"))
        told.append(render(entries(run.drive.thread)))

    async with make(bot, rules=(granted(),)) as house:
        await approve(house)

        assert "Approved by a standing grant of Ana." in told[-1]


@pytest.mark.parametrize(
    ("again", "covered"), [("v2", True), ("v2@canary", False)], ids=["alike", "another environment"]
)
async def test_what_has_to_be_equal(make: Make, again: str, covered: bool):
    """
    It covers calls in which the arguments that the rule names are equal, and no others.
    """
    world = World()
    anywhere = granted().model_copy(update={"when": {}})
    async with make(deployer(world), rules=(anywhere,)) as house:
        await approve(house)
        await house.write(RITA, again)

        assert covered == (1 == asked(house))


async def test_without_names_all_arguments_have_to_be_equal(make: Make):
    """
    A rule that names no argument grants the very same call only.
    """
    world = World()
    async with make(deployer(world), rules=(granted(alike=()),)) as house:
        await approve(house)
        assert "the same call of deploy will not be asked about" in house.card(ANA).card.grant
        await house.write(RITA, "v1")
        assert 1 == asked(house)
        await house.write(RITA, "v2")

        assert (["v1", "v1"], 2) == (tags(world), asked(house))


@pytest.mark.parametrize("alike", ["nowhere", "tag"], ids=["no such argument", "a secret"])
async def test_what_cannot_be_compared_is_not_granted(make: Make, alike: str):
    """
    A rule that names an argument which the call does not have, or that nobody may read, offers no grant.
    """
    world = World()
    async with make(deployer(world, sensitive=("tag",)), rules=(granted(alike=(alike,)),)) as house:
        await house.write(RITA, "v1")

        assert () == house.card(ANA).card.grants


async def test_a_rule_that_permits_none_offers_none(make: Make):
    """
    Without a word of the rule an approval counts once; whoever sends another one in changes nothing.
    """
    world = World()
    async with make(deployer(world)) as house:
        await house.write(RITA, "v1")
        assert () == house.card(ANA).card.grants
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE, value="1h")

        assert [] == world.deployed
        assert "That is not one of the answers here" in house.texts(ANA)[-1]
        assert [] == await house.store.grants()


async def test_where_several_approve_nobody_grants(make: Make):
    """
    A rule that takes two approvals offers no grant, though it names some.
    """
    world = World()
    two = granted().model_copy(update={"who": Who(roles=("release",), quorum=2)})
    async with make(deployer(world), rules=(two,)) as house:
        await house.write(RITA, "v1")

        assert () == house.card(ANA).card.grants


# Where and how long --------------------------------------------------------------------------------------------------


async def test_an_hour_is_for_all_conversations(make: Make):
    """
    A grant with a time covers calls that others ask for elsewhere, and its card counts them.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        await house.write(OTTO, "v2")
        await house.write(RITA, "v3", at="slack:T1/CDEV")

        assert ["v1", "v2", "v3"] == tags(world)
        assert "Used 2 of 3 times." in house.card(ANA).card.grant
        assert "deploy: approved by Ana's standing grant of 22:13 UTC, 1 of 3." in house.texts(OTTO)


async def test_a_thread_is_for_its_thread(make: Make):
    """
    A grant for the conversation covers later runs there, and no other conversation.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house, "thread")
        await house.write(RITA, "v2")
        assert (["v1", "v2"], 1) == (tags(world), asked(house))
        assert "in the conversation where it was asked" in house.card(ANA).card.grant
        await house.write(OTTO, "v3")

        assert (["v1", "v2"], 2) == (tags(world), asked(house))


async def test_a_fork_has_no_grant(make: Make):
    """
    A branch that is made of a thread and then let act asks for itself: the grant is its origin's.
    """
    world = World()
    tool = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.request_human(Question("Shall I?"))
        await run.call(tool, Target())
        await run.call(tool, Target(tag="v2"))

    async with make(bot, rules=(granted(),)) as house:
        await house.write(RITA, "go")
        origin = (await house.store.threads())[0].id
        await house.act("fork", "try", thread=origin)
        await house.write(RITA, "yes", under=house.card(RITA).id)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE, value="thread")
        assert (["v1", "v2"], 1) == (tags(world), asked(house))
        fork = next(row.id for row in await house.store.threads() if row.branch == "try")
        await house.act("attach", thread=fork)
        await house.write(RITA, "yes", under=house.card(RITA).id)

        assert (["v1", "v2"], 2) == (tags(world), asked(house))


async def test_its_time_is_over_in_that_very_second(make: Make):
    """
    At the second of its end it covers nothing; its card says so, without a button, and nothing of it is stored.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        await house.runtime.advance(3_599)
        await house.write(RITA, "v2")
        assert ["v1", "v2"] == tags(world)
        await house.runtime.advance(1)
        await house.write(RITA, "v3")

        assert (["v1", "v2"], 2) == (tags(world), asked(house))
        first = house.card(ANA, 0).card
        assert ("Standing grant by Ana: over, 23:13 UTC. Used 1 of 3 times.", "") == (first.grant, first.revoke)
        assert [] == await house.store.grants()


async def test_the_last_use_ends_it(make: Make):
    """
    After as many calls as it covers it is used up, its card says so, and the next call is asked about.
    """
    world = World()
    async with make(deployer(world), rules=(granted(uses=2),)) as house:
        await approve(house, "until_revoked")
        for tag in ("v2", "v3", "v4"):
            await house.write(RITA, tag)

        assert (["v1", "v2", "v3"], 2) == (tags(world), asked(house))
        first = house.card(ANA, 0).card
        assert ("Standing grant by Ana: used up, 2 of 2 times, 22:13 UTC", "") == (first.grant, first.revoke)
        assert [] == await house.store.grants()


@pytest.mark.parametrize("how", ["used up", "revoked"])
async def test_what_has_ended_is_waited_for_no_more(make: Make, how: str):
    """
    A grant that ends before its time leaves no timer behind.
    """
    world = World()
    async with make(deployer(world), rules=(granted(uses=1),)) as house:
        request = await approve(house)
        timers = "SELECT id FROM timers WHERE id LIKE '%/grant/0'"
        assert 1 == len(house.store._reader.execute(timers).fetchall())
        if how == "revoked":
            await house.press(ANA, request, Decision.REVOKE)
        else:
            await house.write(RITA, "v2")

        assert [] == await house.store.grants()
        assert [] == house.store._reader.execute(timers).fetchall()


async def test_two_cannot_have_the_last_use(make: Make):
    """
    Of calls in several conversations at the same instant as many start as are left; the others are asked about.
    """
    world = World()
    async with make(deployer(world), rules=(granted(uses=2),)) as house:
        await approve(house)
        places = [f"slack:T1/CDEV{number}" for number in range(5)]
        await asyncio.gather(*(house.write(RITA, f"v{n}", at=place, settle=False) for n, place in enumerate(places)))
        await house.runtime.settle()

        assert 3 == len(world.deployed)
        assert 4 == asked(house)
        settled = [
            event.settlement.grant
            for row in await house.store.threads()
            for _, _, event in await house.store.log(row.id)
            if isinstance(event, events.RequestSettled)
        ]
        assert 2 == sum(map(bool, settled))


async def test_two_calls_of_one_decision_count_twice(make: Make):
    """
    Calls that a run makes side by side each count.
    """
    world = World()
    tool = world.deploy()

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.all(*(run.call(tool, Target(tag=tag)) for tag in run.asked.split()))

    async with make(bot, rules=(granted(uses=2),)) as house:
        await approve(house)
        await house.write(RITA, "v2 v3 v4")

        assert {"v1", "v2", "v3"} == set(tags(world))
        assert 2 == asked(house)


# Whom it does not get past -------------------------------------------------------------------------------------------


async def test_who_gave_it_asks_for_nothing_by_it(make: Make):
    """
    Where the requester may not approve, a grant does not approve what its giver asks for.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        await house.write(ANA, "v2")

        assert (["v1"], 2) == (tags(world), asked(house, BEN))


def without(*names: str, people: Sequence[Person] = PEOPLE) -> list[Person]:
    return [person for person in people if person.id not in names]


async def test_whoever_was_removed_grants_nothing(make: Make):
    """
    The grant of somebody who is gone from the directory, or has lost the role, covers nothing.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        house.world.directory.replace(without("ana"))
        await house.write(RITA, "v2")
        assert (["v1"], 2) == (tags(world), asked(house, BEN))
        plain = PEOPLE[1].model_copy(update={"roles": ()})
        house.world.directory.replace([*without("ana"), plain])
        await house.write(OTTO, "v3")

        assert (["v1"], 3) == (tags(world), asked(house, BEN))


async def test_an_account_that_was_unlinked_grants_nothing(make: Make):
    """
    What was granted from an account counts while that account is still theirs.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        house.world.directory.unlink(Identity(f"slack:T1/{ANA}"))
        await house.write(RITA, "v2")

        assert ["v1"] == tags(world)


@pytest.mark.parametrize(
    "rule",
    [
        granted(Scope(name=UNTIL_REVOKED)),
        granted(alike=("tag",)),
        granted(alike=("environment", "tag")),
        granted().model_copy(update={"who": Who(roles=("owner",))}),
        granted().model_copy(update={"who": Who(roles=("release",), quorum=2)}),
        GUARD,
    ],
    ids=["another scope", "another likeness", "a narrower one", "other people", "more people", "no grants"],
)
async def test_the_rule_of_now_holds(make: Make, rule: Rule):
    """
    A rule that was changed to permit no such grant, or to ask others or more of them, is not got past by an old one.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        house.world.rules[:] = [rule]
        await house.write(RITA, "v2")

        assert ["v1"] == tags(world)
        assert 2 == asked(house, BEN)


async def test_what_is_forbidden_stays_forbidden(make: Make):
    """
    A rule that forbids a call speaks before any grant.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        house.world.rules[:] = [Rule(tool="deploy", effect="forbid", reason="Frozen.")]
        await house.write(RITA, "v2")

        assert (["v1"], 1) == (tags(world), asked(house))


async def test_a_tool_that_demands_others_is_asked_about(make: Make):
    """
    What the tool itself demands comes on top of the rule: who gave the grant has to satisfy both.
    """
    world = World()
    async with make(deployer(world, approval="owner"), rules=(granted(),)) as house:
        await approve(house, by=BEN)
        house.world.directory.replace([*without("ben"), PEOPLE[2].model_copy(update={"roles": ("release",)})])
        await house.write(RITA, "v2")

        assert ["v1"] == tags(world)


async def test_whom_the_ladder_brought_in_approves_once(make: Make):
    """
    Somebody who may decide only because nobody else did cannot approve for longer; they are told, and it stays open.
    """
    world = World()
    rung = Rung(after=60, people=(Party("rita"),))
    rule = granted().model_copy(
        update={"who": Who(roles=("release",)), "where": Where(targets=("people",), ladder=(rung,))}
    )
    async with make(deployer(world), rules=(rule,)) as house:
        await house.write(OTTO, "v1")
        await house.runtime.advance(61)
        request = house.card(RITA).request
        await house.press(RITA, request, Decision.APPROVE, value="1h")
        assert "You can approve this once, but not for longer; only Ana or Ben can." in house.texts(RITA)[-1]
        assert [] == tags(world)
        await house.press(RITA, request, Decision.APPROVE)

        assert ["v1"] == tags(world)
        assert [] == await house.store.grants()


async def test_what_is_urgent_is_approved_one_by_one(make: Make):
    """
    A call that has become urgent by the rule of now is asked about, whatever was granted before, and offers no grant.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        house.world.rules[:] = [granted().model_copy(update={"urgency": "high"})]
        await house.write(RITA, "v2")

        assert (["v1"], 2, ()) == (tags(world), asked(house), house.card(ANA).card.grants)


async def test_what_was_changed_is_approved_once(make: Make):
    """
    An approval with changes is for that call, and so is one of a call that somebody has changed.
    """
    world = World()
    async with make(deployer(world, editable=("tag", "environment")), rules=(CANARY, granted())) as house:
        await house.write(RITA, "v1")
        request = house.card(ANA).request
        await edit(house, ANA, request, tag="canary")
        assert (1, ()) == (house.card(BEN).card.revision, house.card(BEN).card.grants)
        await house.write(OTTO, "v2")
        await edit(house, ANA, house.card(ANA).request, tag="v3")

        assert ["v3"] == tags(world)
        assert [] == await house.store.grants()


async def test_an_attempt_in_doubt_is_for_people(make: Make):
    """
    Whether a call that was interrupted is run again, no grant says.
    """
    world = World()
    async with make(deployer(world, holds=True), rules=(granted(),)) as house:
        await approve(house)
        world.hold.set()
        await house.runtime.settle()
        world.hold = asyncio.Event()
        await house.write(RITA, "v2")
        assert ["v1", "v2"] == tags(world)
    async with make(deployer(world, holds=True), rules=(granted(),)) as house:
        assert "Did deploy run?" == house.card(ANA).text
        assert () == house.card(ANA).card.grants


# Said in words -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["approve 1h", "Approve for 1h.", "approve for 1 hour", "yes 1h"])
async def test_it_is_given_in_words(make: Make, words: str):
    """
    A reply under the card approves for as long as it names, or repeats the words of a button.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await house.write(RITA, "v1")
        await house.write(ANA, words, under=house.card(ANA).id)
        await house.write(RITA, "v2")

        assert (["v1", "v2"], 1) == (tags(world), asked(house))


async def test_a_length_that_is_not_offered_is_a_question(make: Make):
    """
    “approve 2h” where two hours are not offered approves nothing; it is passed on as a question.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await house.write(RITA, "v1")
        await house.write(ANA, "approve 2h", under=house.card(ANA).id)

        assert [] == tags(world)
        assert "Passed to Rita; still open." in house.texts(ANA)


# Ended ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["button", "reply", "code", "word"])
async def test_who_gave_it_revokes_it(make: Make, how: str):
    """
    By the button, by a reply under the card, with its code, or by that one word to the bot; the next call is asked.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        request = await approve(house, "until_revoked")
        await house.runtime.advance(60)
        copy = await house.store.copy(ConversationKey(f"slack:T1/{ANA}"), request)
        assert copy is not None
        match how:
            case "button":
                await house.press(ANA, request, Decision.REVOKE)
            case "reply":
                await house.write(ANA, "revoke", under=house.card(ANA).id)
            case "code":
                await house.write(ANA, f"{copy.code} revoke")
            case "word":
                await house.write(ANA, "Revoke")

        assert "The standing grant for deploy is revoked" in house.texts(ANA)[-1]
        for place in (ANA, BEN, OPS):
            card = house.card(place).card
            assert "Standing grant by Ana: revoked by Ana, 22:14 UTC. Used 0 of 3 times." == card.grant
            assert "" == card.revoke
        await house.write(RITA, "v2")
        assert (["v1"], 2) == (tags(world), asked(house))
        (revoked,) = [event for event in await house.log() if isinstance(event, events.GrantRevoked)]
        assert (request, "ana", f"slack:T1/{ANA}") == (revoked.request, revoked.party, revoked.identity)


async def test_others_who_may_decide_revoke_it_and_nobody_else(make: Make):
    """
    Ben, who might have been asked, ends it; Rita and Otto are told that they cannot.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        request = await approve(house)
        for user in (RITA, OTTO):
            await house.press(user, request, Decision.REVOKE, at=OPS)
            assert "Only Ana or Ben can revoke this grant" in house.texts(OPS)[-1]
        await house.press(BEN, request, Decision.REVOKE, at=OPS)

        assert [] == await house.store.grants()
        refused = [event for event in await house.log() if isinstance(event, events.ResponseRefused)]
        assert [("rita", "revoke"), (f"slack:T1/{OTTO}", "revoke")] == [(one.party, one.reason) for one in refused]


async def test_one_word_ends_all_that_somebody_has_given(make: Make):
    """
    The bare word to the bot ends every grant of whoever says it, in whatever conversations they were given.
    """
    world = World()
    async with make(deployer(world), rules=(granted().model_copy(update={"when": {}}),)) as house:
        await approve(house)
        await house.write(OTTO, "v2@canary")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE, value="1h")
        assert 2 == len(await house.store.grants())
        await house.write(ANA, "revoke")

        assert [] == await house.store.grants()
        assert 2 == len([text for text in house.texts(ANA) if "is revoked" in text])


async def test_the_word_is_a_message_like_any_other_where_nothing_is_granted(make: Make):
    """
    Somebody who has given no grant and writes “revoke” speaks to the agent.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await house.write(RITA, "revoke")

        assert "Approve deploy?" == house.card(ANA).text


async def test_what_has_ended_is_told_so(make: Make):
    """
    Whoever revokes a grant that is over reads that, and nothing changes.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        request = await approve(house)
        await house.press(BEN, request, Decision.REVOKE)
        await house.press(ANA, request, Decision.REVOKE)

        assert "This standing grant has ended already." == house.texts(ANA)[-1]


async def test_what_is_revoked_in_the_same_instant_starts_nothing(make: Make):
    """
    A call that is decided beside the revocation runs by the grant or is asked about, and whatever the store has after
    the revocation is asked about.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        request = await approve(house)
        number = house.channel.next_number()
        press = house.channel.press(f"slack:T1/{ANA}", ANA, request, Decision.REVOKE, number)
        await asyncio.gather(
            house.gate.append(press), *(house.write(RITA, "v2", at=f"slack:T1/C{n}", settle=False) for n in range(4))
        )
        await house.runtime.settle()

        assert len(world.deployed) + asked(house) - 1 == 5
        assert [] == await house.store.grants()
        await house.write(OTTO, "v9")
        assert "v9" not in tags(world)


async def test_an_operator_revokes_it(make: Make):
    """
    What comes from the command line ends it as well, and the card says so.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        request = await approve(house)
        await house.act("revoke", request)

        assert [] == await house.store.grants()
        assert "revoked by ben" in house.card(ANA).card.grant
        await house.write(RITA, "v2")
        assert ["v1"] == tags(world)


# What a crash leaves -------------------------------------------------------------------------------------------------


async def test_it_outlives_the_process(make: Make):
    """
    After a restart the grant counts, its uses are remembered, its card is brought up to date, and its time ends it.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        await house.write(RITA, "v2")
    async with make(deployer(world), rules=(granted(),)) as house:
        await house.write(RITA, "v3")
        assert ["v1", "v2", "v3"] == tags(world)
        assert "Used 2 of 3 times." in house.card(ANA).card.grant
        await house.runtime.advance(3_600)

        assert "over, 23:13 UTC. Used 2 of 3 times." in house.card(ANA).card.grant
        assert [] == await house.store.grants()


async def test_a_restored_store_has_no_grants(make: Make, tmp_path: Path, runtime: HandRuntime):
    """
    What was granted before a backup may have been revoked after it: put back, every call is asked about, and whoever
    revokes such a grant reads that it has ended.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        request = await approve(house, "until_revoked")
        back_up(tmp_path, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path, runtime.now())
    async with make(deployer(world), rules=(granted(),)) as house:
        assert [] == await house.store.grants()
        await house.runtime.advance(1)
        await house.write(RITA, "v2")
        await house.runtime.advance(60)
        assert (["v1"], 2) == (tags(world), asked(house))
        await house.press(ANA, request, Decision.REVOKE)

        assert "This standing grant has ended already." == house.texts(ANA)[-1]


async def test_erasing_what_somebody_said_leaves_what_they_granted(make: Make):
    """
    Once the words of who asked, and of who granted, are erased, the grant still covers calls and can be revoked; no
    name is kept with it.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house, "until_revoked")
        for party, user in (("rita", RITA), ("ana", ANA)):
            await house.store.forget(Party(party), [Identity(f"slack:T1/{user}")])
        await house.runtime.settle()
        await house.write(OTTO, "v2")
        assert (["v1", "v2"], 1) == (tags(world), asked(house))
        await house.write(ANA, "revoke", under=house.card(ANA).id)

        assert "is revoked" in house.texts(ANA)[-1]
        assert [] == await house.store.grants()


async def test_a_card_of_long_ago_still_counts(make: Make):
    """
    In the very conversation that shows its card, two days later, a use is counted on it.
    """
    world = World()
    here = granted().model_copy(update={"where": Where(targets=("origin",))})
    async with make(deployer(world), rules=(here,)) as house:
        await house.write(RITA, "v1", at=OPS)
        await house.press(ANA, house.card(OPS).request, Decision.APPROVE, at=OPS, value="until_revoked")
    await house.runtime.advance(2 * 86_400)
    async with make(deployer(world), rules=(here,)) as house:
        await house.write(RITA, "v2", at=OPS)

        assert ["v1", "v2"] == tags(world)
        assert "Used 1 of 3 times." in house.card(OPS).card.grant


async def test_a_channel_that_cannot_edit_says_it(make: Make, channel: Loopback):
    """
    Where a card cannot be changed, how the grant stands is said beside it, and the word ends it there too.
    """
    world = World()
    channel.edits = False
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        await house.write(RITA, "v2")
        assert any("Used 1 of 3 times." in text for text in house.texts(ANA))
        await house.write(ANA, "revoke")

        assert any("revoked by Ana" in text for text in house.texts(ANA))


async def test_in_somebodys_stead_nobody_grants(make: Make):
    """
    Who decides in somebody's stead, and is not of the rule's own approvers, approves the one call and no later ones.
    """
    world = World()
    rule = granted().model_copy(update={"who": Who(people=(Party("ana"),)), "reassign": Who(roles=("owner",))})
    async with make(deployer(world), rules=(rule,)) as house:
        await house.write(RITA, "v1")
        await house.write(ANA, "delegate to Ben", under=house.card(ANA).id)
        card = house.card(BEN)
        await house.press(BEN, card.request, Decision.APPROVE, value="1h")
        await house.write(BEN, "approve 1h", under=card.id)
        assert [] == tags(world)
        await house.press(BEN, card.request, Decision.APPROVE)
        await house.write(RITA, "v2")

        assert ["v1"] == tags(world)


async def test_whose_account_the_requester_was_asks_for_nothing_by_their_own_grant(make: Make):
    """
    A stranger's calls are covered until the account turns out to be the account of who gave the grant.
    """
    world = World()
    async with make(deployer(world), rules=(granted(),)) as house:
        await approve(house)
        await house.write(OTTO, "v2")
        assert ["v1", "v2"] == tags(world)
        house.world.directory.link(Identity(f"slack:T1/{OTTO}"), Party("ana"))
        await house.write(OTTO, "v3")

        assert ["v1", "v2"] == tags(world)
