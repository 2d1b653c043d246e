"""
Edits before approving: the changed call is what was approved, what is judged and what runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters.base import COMMENT, Form, FormWanted, NoForm
from agent_core import events
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.context import entries, render
from agent_core.policy import Person, Rule
from agent_core.requests import Assurance, Decision, Outcome, Rung, Where, Who
from agent_core.results import Ok
from agent_core.run import Run, agent
from agent_core.tools import Tool
from tests.gateway.agents import Target, World
from tests.gateway.house import ANA, BEN, GUARD, OPS, OTTO, PEOPLE, RITA, House, Make

STAGING = Rule(tool="deploy", when={"environment": "staging"}, effect="forbid", reason="Staging is frozen.")
CANARY = Rule(tool="deploy", when={"tag": "canary"}, who=Who(roles=("owner",)), where=Where(targets=("people",)))
ALONE = CANARY.model_copy(update={"who": Who(roles=("owner",), quorum=2)})
BOTH = GUARD.model_copy(update={"who": Who(roles=("release",), quorum=2)})
CARL = Person(id=Party("carl"), name="Carl", identities=(Identity("slack:T1/UCARL"),), roles=("release",))
DORA = Person(id=Party("dora"), name="Dora", identities=(Identity("slack:T1/UDORA"),), roles=("intern",))
LATER = Rung(after=600, roles=("intern",))
INTERNS = Who(roles=("intern",))


def of_ana(**how: Any) -> Rule:
    """What Ana alone decides."""
    return GUARD.model_copy(update={"who": Who(people=(Party("ana"),)), "where": Where(targets=("people",)), **how})


def editable(world: World) -> Tool:
    return world.deploy(editable=("tag", "environment"))


async def edit(house: House, user: str, request: str, **values: str) -> dict[str, str]:
    """Somebody sends in what they have changed, as a channel brings it."""
    place = f"slack:T1/{user}"
    number = house.channel.next_number()
    inbound = house.channel.form(place, user, request, {"environment": "production"} | values, number, Decision.EDIT)
    return await house.submit(inbound)


async def settled(house: House) -> list[str]:
    return [event.settlement.outcome for event in await house.log() if isinstance(event, events.RequestSettled)]


async def test_the_changed_call_is_what_runs(make: Make):
    """
    Its digest is in the settlement and in the start, the agent gets its result, and everybody reads what was changed.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        assert "Change and approve" == house.card(ANA).card.edit
        assert {} == await edit(house, ANA, request, tag="v2")

        assert [("production", "v2", 1)] == world.deployed
        assert [Ok("v2 is out")] == world.results
        log = await house.log()
        (opened,) = [event.request for event in log if isinstance(event, events.RequestOpened)]
        (ended,) = [event.settlement for event in log if isinstance(event, events.RequestSettled)]
        (started,) = [event for event in log if isinstance(event, events.ToolStarted)]
        assert (Outcome.APPROVED_WITH_EDITS, {"tag": "v2"}, "Ana") == (ended.outcome, ended.changes, ended.name)
        assert ended.digest == started.digest != opened.digest
        assert request == started.approval
        for place in (ANA, BEN):
            assert "Approved with changes by Ana, 22:13 UTC: tag: v1 → v2" in house.card(place).card.notes[0]
            assert ("", ()) == (house.card(place).card.edit, house.card(place).card.editable)


async def test_the_form_begins_with_the_arguments_for_who_may_decide(make: Make):
    """
    Who may approve gets the arguments to change, at once and after a restart; a stranger gets a sentence.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
    async with make(world.deployer(editable(world))) as house:
        place = ConversationKey(f"slack:T1/{ANA}")
        wanted = FormWanted(house.card(ANA).request, place, Identity(place), ANA, Assurance.HIGH, edit=True)
        form = await house.gate.query(wanted)
        stranger = await house.gate.query(replace(wanted, sender=Identity(f"slack:T1/{OTTO}")))

        assert isinstance(form, Form)
        assert Decision.EDIT is form.decision
        assert [("tag", "v1"), ("environment", "production"), (COMMENT, "")] == [
            (field.name, field.initial) for field in form.fields
        ]
        assert not isinstance(stranger, Form)


async def test_without_changes_it_is_an_approval(make: Make):
    """
    Who sends the arguments in as they were has approved the call as it was.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
        await edit(house, ANA, house.card(ANA).request, tag="v1")

        assert [Outcome.APPROVED] == await settled(house)
        assert [("production", "v1", 1)] == world.deployed


async def test_who_was_asked_later_may_change_it_too(make: Make):
    """
    Once a step of the ladder is taken, those whom it asked may change the call as they may approve it.
    """
    world, rung = World(), Rung(after=600, people=(Party("ben"),))
    rule = GUARD.model_copy(update={"who": Who(people=(Party("ana"),)), "where": Where(ladder=(rung,))})
    async with make(world.deployer(editable(world)), rules=[rule]) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(601)
        await edit(house, BEN, house.card(BEN).request, tag="v2")

        assert [("production", "v2", 1)] == world.deployed


@pytest.mark.parametrize(
    ("rules", "values", "told"),
    [
        ([STAGING, GUARD], {"environment": "staging", "tag": "v1"}, "Staging is frozen."),
        ([ALONE, GUARD], {"tag": "canary"}, "there would not be people enough who could decide it"),
    ],
)
async def test_a_changed_call_is_judged_anew(make: Make, rules: Sequence[Rule], values: dict[str, str], told: str):
    """
    Where a rule forbids it, or asks more people than there are, nothing is changed, and the request stays open.
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=rules) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await edit(house, ANA, request, **values)

        assert [] == world.deployed
        assert [] == await settled(house)
        assert told in house.texts(ANA)[-1]
        await house.press(ANA, request, Decision.APPROVE)
        assert [("production", "v1", 1)] == world.deployed


async def test_others_cannot_edit_and_a_late_edit_changes_nothing(make: Make):
    """
    An edit is an answer: a stranger's is refused, and one after the decision is told that it was late.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        inbound = house.channel.form(
            f"slack:T1/{ANA}", OTTO, request, {"tag": "v9"}, house.channel.next_number(), Decision.EDIT
        )
        await house.gate.append(inbound)
        await house.runtime.settle()
        assert [] == world.deployed
        await house.press(BEN, request, Decision.APPROVE)
        await edit(house, ANA, request, tag="v2")

        assert [("production", "v1", 1)] == world.deployed
        assert "Already approved by Ben" in house.texts(ANA)[-1]


async def test_what_was_not_offered_to_change_stays(make: Make):
    """
    Where nothing may be changed there is nothing to change, and an edit counts for nothing.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        assert () == house.card(ANA).card.editable
        await edit(house, ANA, house.card(ANA).request, tag="v2")

        assert [] == world.deployed
        assert [] == await settled(house)
        assert "That is not one of the answers here." in house.texts(ANA)[-1]


async def test_what_the_tool_refuses_is_told(make: Make):
    """
    A form that comes in with something wrong all the same, or nothing at all, changes nothing.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        assert {"tag": "This is needed."} == await edit(house, ANA, request, tag="")
        inbound = house.channel.form(f"slack:T1/{ANA}", ANA, request, {}, house.channel.next_number(), Decision.EDIT)
        await house.gate.append(inbound)
        await house.runtime.settle()

        assert [] == await settled(house)
        assert "I could not read that as a change, so nothing has changed." in house.texts(ANA)[-1]


async def test_a_crash_after_the_edit_runs_the_changed_call(make: Make):
    """
    The changes are in the log: after a restart the call that runs, again where it is idempotent, is the changed one.
    """
    world = World()
    slow = world.deploy(editable=("tag", "environment"), idempotent=True, holds=True)
    async with make(world.deployer(slow)) as house:
        await house.write(RITA, "go")
        await edit(house, ANA, house.card(ANA).request, tag="v2")
        assert [("production", "v2", 1)] == world.deployed
    world.hold.set()
    async with make(world.deployer(slow)) as house:
        await house.runtime.settle()

        assert [("production", "v2", 1)] * 2 == world.deployed
        assert [Ok("v2 is out")] == world.results


async def test_the_model_is_told_what_was_changed(make: Make):
    """
    The next context says who approved, that the call was changed, and how.
    """
    world, told = World(), []
    guarded = editable(world)

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.call(guarded, Target())
        told.append(render(entries(run.drive.thread)))

    async with make(bot) as house:
        await house.write(RITA, "go")
        await edit(house, ANA, house.card(ANA).request, tag="v2")

        assert "Approved by Ana with changes; the changed call is what ran.\nChanged: tag: v1 → v2" in told[0]


def test_what_nobody_may_read_nobody_may_change():
    """
    A tool whose editable argument is sensitive, or none of its arguments, is refused where it is declared.
    """
    for how in ({"editable": ("tag",), "sensitive": ("tag",)}, {"editable": ("colour",)}):
        with pytest.raises(TypeError, match="cannot be editable"):
            World().deploy(**how)


# Where several have to approve ----------------------------------------------------------------------------------------


async def test_an_edit_voids_earlier_votes(make: Make):
    """
    The changed call is another one: votes on the first fall, who changed it has approved it, and the rest is needed.
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=[BOTH], people=(*PEOPLE, CARL)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(BEN, request, Decision.APPROVE)
        await edit(house, ANA, request, tag="v2")

        assert [] == world.deployed
        for place in (ANA, BEN, OPS):
            before, now = house.card(place, -2).card, house.card(place).card
            assert ("Changed by Ana: tag: v1 → v2. A new card below shows the call as it is now.",) == before.notes
            assert ((), "", "") == (before.buttons, before.edit, before.form)
            assert ("tag", "v2") in now.facts
            assert "v2" == next(field.initial for field in now.editable if field.name == "tag")
            assert (
                "Changed by Ana: tag: v1 → v2",
                "Approved so far by Ana.",
                "Still needed: one approval of Ana, Ben or Carl.",
                "Votes on the call as it was before do not count any more: Ben.",
            ) == now.notes
        assert "Your vote was about the call as it was before, so it does not count" in house.texts(BEN)[-1]

        await house.press(BEN, request, Decision.APPROVE)
        assert [("production", "v2", 1)] == world.deployed
        log = await house.log()
        (changed,) = [event for event in log if isinstance(event, events.RequestChanged)]
        (ended,) = [event.settlement for event in log if isinstance(event, events.RequestSettled)]
        (started,) = [event for event in log if isinstance(event, events.ToolStarted)]
        assert (Outcome.APPROVED_WITH_EDITS, {"tag": "v2"}) == (ended.outcome, ended.changes)
        assert ("Ana", "Ben") == ended.names
        assert changed.digest == ended.digest == started.digest
        assert "Approved with changes by Ana and Ben, 22:13 UTC: tag: v1 → v2" in house.card(OPS).card.notes[0]


async def test_a_press_on_the_card_as_it_was_counts_for_nothing(make: Make):
    """
    Who answers a card that shows the call before a change is told, whatever they press, and nothing is decided (G12).
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=[BOTH], people=(*PEOPLE, CARL)) as house:
        await house.write(RITA, "go")
        request, place = house.card(ANA).request, ConversationKey(f"slack:T1/{BEN}")
        await edit(house, ANA, request, tag="v2")
        for decision in (Decision.APPROVE, Decision.DENY):
            await house.press(BEN, request, decision, revision=0)
        wanted = FormWanted(request, place, Identity(place), BEN, Assurance.HIGH, edit=True)

        told = "Ana has changed this since the card that you answered: tag: v1 → v2. So your answer was not counted;"
        assert told in house.texts(BEN)[-1]
        assert "ResponseRefused" == (await house.names())[-1]
        assert NoForm("This call was changed since. Please look at the newest card, which shows it as it is now.") == (
            await house.gate.query(wanted)
        )
        form = await house.gate.query(replace(wanted, revision=1))
        assert isinstance(form, Form)
        assert (1, "v2") == (form.revision, next(field.initial for field in form.fields if field.name == "tag"))
        assert [] == await settled(house)
        await house.press(BEN, request, Decision.APPROVE)
        assert [("production", "v2", 1)] == world.deployed


async def test_an_outsider_is_not_told_again_because_of_a_change(make: Make):
    """
    Who may not decide is told so once in a while, though the call is changed between two presses (G10).
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=[BOTH], people=(*PEOPLE, CARL)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(OTTO, request, Decision.APPROVE, at=f"slack:T1/{ANA}")
        await edit(house, ANA, request, tag="v2")
        await house.press(OTTO, request, Decision.APPROVE, at=f"slack:T1/{ANA}")

        assert 1 == sum("I do not know who you are" in text for text in house.texts(ANA))


async def test_words_under_the_card_as_it_was_count_for_nothing(make: Make):
    """
    A reply under the old card, and one with its code, are about the call as it was; under the new one they count.
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=[BOTH], people=(*PEOPLE, CARL)) as house:
        await house.write(RITA, "go")
        before, code = house.card(BEN), house.card(BEN).card.code
        await edit(house, ANA, before.request, tag="v2")
        await house.write(BEN, "approve", under=before.id)
        await house.write(BEN, f"{code} approve")
        assert [] == await settled(house)
        assert 2 == (await house.names()).count("ResponseRefused")
        await house.write(BEN, "approve", under=house.card(BEN).id)

        assert code != house.card(BEN).card.code
        assert [("production", "v2", 1)] == world.deployed


async def test_a_bare_word_waits_for_the_new_card(make: Make):
    """
    "approve" by itself, written before the new card was there, is not about it.
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=[BOTH], start=("rita",)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        inbound = house.channel.message(f"slack:T1/{BEN}", BEN, "approve", house.channel.next_number())
        await house.runtime.advance(1)
        await edit(house, ANA, request, tag="v2")
        await house.gate.append(inbound)
        await house.runtime.settle()

        assert [] == await settled(house)
        await house.runtime.advance(1)
        await house.write(BEN, "approve")
        assert [("production", "v2", 1)] == world.deployed


async def test_others_may_have_to_decide_the_changed_call(make: Make):
    """
    Where the policy asks others about it, they are asked, wherever they are; who changed it does not decide it.
    """
    world = World()
    ana = GUARD.model_copy(update={"who": Who(people=(Party("ana"),)), "where": Where(targets=("people",))})
    async with make(world.deployer(editable(world)), rules=[CANARY, ana]) as house:
        await house.write(RITA, "go")
        assert [] == house.seen(BEN)
        request = house.card(ANA).request
        await edit(house, ANA, request, tag="canary")

        assert [] == world.deployed
        notes = ("Changed by Ana: tag: v1 → canary", "It takes one approval of Ben.")
        assert [notes] * 2 == [house.card(place).card.notes for place in (ANA, BEN)]
        await house.press(ANA, request, Decision.APPROVE)
        assert "Only Ben can decide this" in house.texts(ANA)[-1]
        await house.press(BEN, request, Decision.APPROVE)

        assert [("production", "canary", 1)] == world.deployed
        assert [Outcome.APPROVED_WITH_EDITS] == await settled(house)


async def test_a_changed_call_is_asked_by_its_own_ladder(make: Make):
    """
    Whom the rule of the call as it was would have asked later does not come to decide the changed one.
    """
    world = World()
    rules = [CANARY, of_ana(where=Where(targets=("people",), ladder=(LATER,)))]
    async with make(world.deployer(editable(world)), rules=rules, people=(*PEOPLE, DORA)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.CLAIM)
        await edit(house, ANA, request, tag="canary")
        await house.runtime.advance(601)

        assert [] == house.seen("UDORA")
        assert "RequestEscalated" not in await house.names()
        assert Decision.CLAIM not in [decision for decision, _ in house.card(BEN).card.buttons]
        await house.press(BEN, request, Decision.APPROVE)
        assert [("production", "canary", 1)] == world.deployed


async def test_the_ladder_of_a_changed_call_begins_with_its_first_step(make: Make):
    """
    Steps taken for the call as it was are none of the changed one's, whose own come in their time; a claim falls too.
    """
    world, first = World(), Rung(after=60, people=(Party("carl"),))
    canary = CANARY.model_copy(update={"where": Where(targets=("people",), ladder=(LATER,))})
    rules = [canary, of_ana(where=Where(targets=("people",), ladder=(first, Rung(after=3_000))))]
    async with make(world.deployer(editable(world)), rules=rules, people=(*PEOPLE, CARL, DORA)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.runtime.advance(61)
        await house.press(ANA, request, Decision.CLAIM)
        await edit(house, ANA, request, tag="canary")
        assert ([], 1) == (house.seen("UDORA"), (await house.names()).count("RequestEscalated"))
        await house.press("UCARL", request, Decision.APPROVE)
        assert [] == world.deployed
        await house.runtime.advance(600)
        assert request == house.card("UDORA").request
        await house.runtime.advance(2_500)
        assert 2 == (await house.names()).count("RequestEscalated")

        await house.press("UDORA", request, Decision.APPROVE)
        assert [("production", "canary", 1)] == world.deployed


async def test_a_changed_call_is_shown_where_its_rule_says(make: Make):
    """
    Who decides the changed call is asked at its own targets, though the call as it was stood in a channel only.
    """
    world = World()
    rules = [CANARY, of_ana(where=Where(targets=(OPS,)))]
    async with make(world.deployer(editable(world)), rules=rules) as house:
        await house.write(RITA, "go")
        values = {"environment": "production", "tag": "canary"}
        number = house.channel.next_number()
        await house.submit(house.channel.form(OPS, ANA, house.card(OPS).request, values, number, Decision.EDIT))

        assert "canary" == dict(house.card(BEN).card.facts)["tag"]


async def test_who_took_a_call_decides_no_other_one_by_that(make: Make):
    """
    A deputy of somebody who may not decide the changed call does not either, though its rule names them as takers.
    """
    world = World()
    rules = [CANARY.model_copy(update={"reassign": INTERNS}), of_ana(reassign=INTERNS)]
    async with make(world.deployer(editable(world)), rules=rules, people=(*PEOPLE, DORA)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.DELEGATE, value="dora")
        await edit(house, ANA, request, tag="canary")
        await house.press("UDORA", request, Decision.APPROVE)
        assert [] == world.deployed
        await house.press(BEN, request, Decision.APPROVE)

        assert [("production", "canary", 1)] == world.deployed


async def test_changed_and_changed_back(make: Make):
    """
    Changes add up; changed back to what was asked it is approved as such, by all who have to.
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=[BOTH]) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await edit(house, ANA, request, tag="v2")
        await edit(house, BEN, request, tag="v1")
        assert [] == world.deployed
        await house.press(ANA, request, Decision.APPROVE)

        assert [Outcome.APPROVED] == await settled(house)
        assert [("production", "v1", 1)] == world.deployed


async def test_a_changed_call_that_is_denied_is_denied_as_it_was_asked_too(make: Make):
    """
    The same call again is answered from the log, and the model reads what was changed before it was denied.
    """
    world, told = World(), []
    guarded = editable(world)

    @agent(name="bot")
    async def bot(run: Run) -> None:
        world.results.append(await run.call(guarded, Target()))
        told.append(render(entries(run.drive.thread)))
        world.results.append(await run.call(guarded, Target()))

    async with make(bot, rules=[BOTH]) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await edit(house, ANA, request, tag="v2")
        await house.press(BEN, request, Decision.DENY)

        assert ["denied", "denied"] == [result.outcome for result in world.results]
        assert 1 == (await house.names()).count("RequestOpened")
        assert "Denied by Ben." in told[0]
        assert "Changed: tag: v1 → v2" in told[0]


async def test_a_crash_between_the_edit_and_the_next_vote(make: Make):
    """
    What was changed, and by whom it is approved so far, is in the log.
    """
    world = World()
    async with make(world.deployer(editable(world)), rules=[BOTH]) as house:
        await house.write(RITA, "go")
        await edit(house, ANA, house.card(ANA).request, tag="v2")
    async with make(world.deployer(editable(world)), rules=[BOTH]) as house:
        request = house.card(BEN).request
        await house.press(BEN, request, Decision.APPROVE, revision=0)
        assert [] == world.deployed
        await house.press(BEN, request, Decision.APPROVE)

        assert [("production", "v2", 1)] == world.deployed


# In words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    ["edit\ntag: v2", "Change\n1: v2", "approve with\nTag: v2\nEnvironment: production", "approve with tag: v2"],
)
async def test_a_call_is_changed_in_words(make: Make, words: str):
    """
    A word for it and a line for each field that is to be another one; what is not named stays.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        assert "“edit” and below it a line for each change, as in “1: …” (1 Tag, 2 Environment)." in card.card.how
        await house.write(ANA, words, under=card.id)

        assert [Outcome.APPROVED_WITH_EDITS] == await settled(house)
        assert [("production", "v2", 1)] == world.deployed


@pytest.mark.parametrize("words", ["{code} edit\ntag: v2", "edit\ntag: v2"])
async def test_a_call_is_changed_in_words_by_its_code_and_beside_it(make: Make, words: str):
    """
    Elsewhere in the conversation the code names it; where it is the only one, nothing has to.
    """
    world = World()
    async with make(world.deployer(editable(world)), start=("rita",)) as house:
        await house.write(RITA, "go")
        await house.runtime.advance(1)
        await house.write(ANA, words.format(code=house.card(ANA).card.code))

        assert [("production", "v2", 1)] == world.deployed


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("edit", "I could not read that as a change"),
        ("edit\ncolour: red", "I could not read that as a change"),
        ("edit\ntag: v2\nplease", "I could not read that as a change"),
        ("edit\ntag:", "Tag: This is needed."),
        ("edit\ntag: v2\ntag: v3", "I could not read that as a change"),
    ],
)
async def test_a_change_in_words_is_never_guessed(make: Make, words: str, told: str):
    """
    Where one line is none of its fields, or names one again, nothing is changed, and how to write it is told.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
        await house.write(ANA, words, under=house.card(ANA).id)

        assert [] == await settled(house)
        assert told in house.texts(ANA)[-1]
        assert [] == world.deployed


@pytest.mark.parametrize("words", ["edit the notes first, please", "approve with pleasure", "change it"])
async def test_words_that_change_nothing_are_a_question_back(make: Make, words: str):
    """
    What only begins like a change is passed on, as any other words are.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
        await house.write(ANA, words, under=house.card(ANA).id)

        assert "QuestionAsked" in await house.names()
        assert [] == world.deployed


async def test_an_urgent_call_is_changed_by_naming_it(make: Make):
    """
    What is confirmed once more is changed by the form, which shows it, or by its code ; a mere reply does not do.
    """
    urgent = GUARD.model_copy(update={"urgency": "high"})
    world = World()
    async with make(world.deployer(editable(world)), rules=[urgent]) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)
        await house.write(ANA, "edit\ntag: v2", under=card.id)
        assert [] == await settled(house)
        await house.write(ANA, f"{card.card.code} edit\ntag: v2")
        assert [("production", "v2", 1)] == world.deployed
        await house.write(RITA, "go")
        await edit(house, ANA, house.card(ANA).request, tag="v3")

        assert [("production", "v2", 1), ("production", "v3", 1)] == world.deployed


async def test_a_changed_call_is_as_urgent_as_its_own_rule_says(make: Make):
    """
    Where the rule for the changed call says that it is urgent, nobody approves it by one press or one word.
    """
    world = World()
    ana = GUARD.model_copy(update={"who": Who(people=(Party("ana"),)), "where": Where(targets=("people",))})
    urgent = CANARY.model_copy(update={"urgency": "high"})
    async with make(world.deployer(editable(world)), rules=[urgent, ana]) as house:
        await house.write(RITA, "go")
        await edit(house, ANA, house.card(ANA).request, tag="canary")
        card = house.card(BEN)
        assert card.card.confirm is not None
        await house.write(BEN, "approve", under=card.id)

        assert [] == world.deployed
        await house.write(BEN, f"approve {card.card.code}")
        assert [("production", "canary", 1)] == world.deployed


async def test_a_change_in_words_into_an_urgent_call_is_no_approval_of_it(make: Make):
    """
    Who changes a call under its card, without the code, has named nothing: the changed one is shown, and asks again.
    """
    world = World()
    urgent = CANARY.model_copy(update={"urgency": "high"})
    async with make(world.deployer(editable(world)), rules=[urgent, GUARD]) as house:
        await house.write(RITA, "go")
        await house.write(BEN, "edit\ntag: canary", under=house.card(BEN).id)

        assert [] == world.deployed
        assert house.card(BEN).card.confirm is not None


async def test_a_changed_call_goes_on_only_to_those_whom_its_own_rule_names(make: Make):
    """
    A call may be handed on as the rule says that it was asked by; once it is changed, as the rule for the changed one.
    """
    world = World()
    ana = GUARD.model_copy(
        update={
            "who": Who(people=(Party("ana"),)),
            "where": Where(targets=("people",)),
            "reassign": Who(people=(Party("carl"),)),
        }
    )
    async with make(world.deployer(editable(world)), rules=[CANARY, ana], people=(*PEOPLE, CARL)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await edit(house, ANA, request, tag="canary")
        assert "" == house.card(BEN).card.hand
        await house.write(BEN, "reassign to Carl", under=house.card(BEN).id)
        await house.press(CARL.id, request, Decision.APPROVE, at=f"slack:T1/{BEN}")

        assert "RequestReassigned" not in await house.names()
        assert [] == world.deployed
