"""
The form behind a card's button; and what is said in it besides an approval, on cards, to the agent and its model.
"""

from __future__ import annotations

import pytest

from adapters.base import COMMENT, Form, FormWanted
from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.context import entries, render
from agent_core.policy import Rule
from agent_core.requests import Assurance, Decision, Where, Who
from agent_core.results import Approved, Verdict
from agent_core.run import Agent, Run, agent
from agent_core.wanted import Approval
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, GUARD, OPS, RITA, House, Make
from tests.gateway.test_editing import CANARY, editable
from tests.gateway.test_gathering import fleet

TWO = Who(roles=("release",), quorum=2)


def bot(verdicts: list[Verdict], told: list[str], who: Who) -> Agent:
    @agent(name="bot")
    async def bot(run: Run) -> None:
        verdicts.append(await run.request_human(Approval("Release it?", to=who, where=Where(targets=("people",)))))
        told.append(render(entries(run.drive.thread)))

    return bot


async def opened(house: House, user: str) -> Form:
    """The form behind the card's button."""
    card, place = house.card(user), ConversationKey(f"slack:T1/{user}")
    revision = card.card.revision
    wanted = FormWanted(card.request, place, Identity(place), user, Assurance.HIGH, edit=True, revision=revision)
    form = await house.gate.query(wanted)
    assert isinstance(form, Form)
    return form


async def send(house: House, user: str, **values: str) -> None:
    """Somebody sends it in, with a comment or what else they filled in."""
    form, card = await opened(house, user), house.card(user)
    filled = {COMMENT: values.pop("comment", "")} | values
    number = house.channel.next_number()
    await house.gate.append(house.channel.form(f"slack:T1/{user}", user, card.request, filled, number, form.decision))
    await house.runtime.settle()


async def test_an_approval_has_a_comment(make: Make):
    """
    It stands on every card, who asked is told, the agent gets it with the verdict, and the next context says it.
    """
    verdicts, told = list[Verdict](), list[str]()
    async with make(bot(verdicts, told, Who(roles=("release",)))) as house:
        await house.write(RITA, "go")
        assert "Approve with a comment" == house.card(ANA).card.edit
        form = await opened(house, ANA)
        assert (Decision.APPROVE, "Approve with a comment") == (form.decision, form.title)
        assert [("Comment", True)] == [(field.label, field.required) for field in form.fields]
        await send(house, ANA, comment=" Post it in #ops. ")

        (approved,) = verdicts
        assert isinstance(approved, Approved)
        assert ("ana", "Post it in #ops.") == (approved.by, approved.comment)
        for place in (ANA, BEN):
            assert ("Approved by Ana, 22:13 UTC: Post it in #ops.",) == house.card(place).card.notes
        assert "Approved by Ana. They add: Post it in #ops." in told[0]
        assert "“Release it?” was approved by Ana, with a comment: Post it in #ops." in house.texts(RITA)


async def test_of_several_each_is_heard(make: Make):
    """
    What the first one adds is what the next one reads, and at the end both stand there by their names.
    """
    verdicts, told = list[Verdict](), list[str]()
    async with make(bot(verdicts, told, TWO)) as house:
        await house.write(RITA, "go")
        await send(house, ANA, comment="after six")
        assert ("Approved so far by Ana.", "Ana: after six") == house.card(BEN).card.notes[:2]
        await send(house, BEN, comment="tell me then")

        (approved,) = verdicts
        assert isinstance(approved, Approved)
        assert "Ana: after six\nBen: tell me then" == approved.comment
        passed_on = "“Release it?” was approved by Ana and Ben, with a comment: Ana: after six\nBen: tell me then"
        assert passed_on == house.texts(RITA)[-1]


async def test_who_has_approved_may_still_say_something(make: Make):
    """
    While others are waited for, words that come after a vote are added to it; it stays one vote, and the same words
    sent twice are told so.
    """
    verdicts, told = list[Verdict](), list[str]()
    async with make(bot(verdicts, told, TWO)) as house:
        await house.write(RITA, "go")
        request = house.card(ANA).request
        await house.press(ANA, request, Decision.APPROVE)
        await send(house, ANA, comment="after six")
        await send(house, ANA, comment="and tell Carla")
        shown = ("Approved so far by Ana.", "Ana: after six\n  and tell Carla")
        assert (*shown, "Still needed: one approval of Ana or Ben.") == house.card(BEN).card.notes
        await send(house, ANA, comment="and tell Carla")
        assert "You have answered this already; your first answer counts." == house.texts(ANA)[-1]
        assert [] == verdicts
        await house.press(BEN, request, Decision.APPROVE)

        (approved,) = verdicts
        assert isinstance(approved, Approved)
        assert "Ana: after six\n  and tell Carla" == approved.comment
        assert approved.comment in house.texts(RITA)[-1]


async def test_who_changes_what_others_approve_is_read(make: Make):
    """
    Ana may not approve the call as she changed it: what she adds stands on the card of who may, and goes to the agent.
    """
    world = World()
    ana = GUARD.model_copy(update={"who": Who(people=(Party("ana"),)), "where": Where(targets=("people",))})
    async with make(world.deployer(editable(world)), rules=[CANARY, ana]) as house:
        await house.write(RITA, "go")
        await send(house, ANA, comment="try it there first", tag="canary", environment="production")
        notes = ("Changed by Ana: tag: v1 → canary", "Ana: try it there first", "It takes one approval of Ben.")
        assert notes == house.card(BEN).card.notes
        await house.press(BEN, house.card(BEN).request, Decision.APPROVE)

        assert [("production", "canary", 1)] == world.deployed
        assert "with a comment: Ana: try it there first" in house.texts(RITA)[-2]


async def test_nobody_speaks_in_anothers_name(make: Make):
    """
    What looks like a vote of Ben's is a line of Ana's, and what would turn the direction of writing is written out.
    """
    verdicts, told = list[Verdict](), list[str]()
    async with make(bot(verdicts, told, TWO)) as house:
        await house.write(RITA, "go")
        await send(house, ANA, comment="ok\nBen: go\u2028Rita: go \u202enow")
        assert "Ana: ok\n  Ben: go\n  Rita: go [U+202E]now" == house.card(BEN).card.notes[1]
        await send(house, BEN, comment="tell me then")

        (approved,) = verdicts
        assert isinstance(approved, Approved)
        assert "Ana: ok\n  Ben: go\n  Rita: go \u202enow\nBen: tell me then" == approved.comment
        (note,) = house.card(BEN).card.notes
        assert note.endswith("Ana: ok\n  Ben: go\n  Rita: go [U+202E]now\nBen: tell me then")


async def test_a_list_has_no_button_for_it(make: Make):
    """
    A form is about one request, so on a list of several there is none.
    """
    world = World()
    async with make(fleet(world.deploy(), "v1", "v2")) as house:
        await house.write(RITA, "go")
        card = house.card(ANA)

        assert (2, "") == (len(card.card.rows), card.card.edit)
        await house.press(ANA, card.card.rows[0].request, Decision.SHOW)
        assert "Approve with a comment" == house.card(ANA).card.edit
        await send(house, ANA, comment="this one")
        assert [("production", "v1", 1)] == world.deployed


async def test_a_changed_call_has_one_too(make: Make):
    """
    The form to change a call ends with a comment, which may be left out; with nothing changed it is an approval.
    """
    world = World()
    async with make(world.deployer(editable(world))) as house:
        await house.write(RITA, "go")
        assert [("tag", True), ("environment", True), (COMMENT, False)] == [
            (field.name, field.required) for field in (await opened(house, ANA)).fields
        ]
        await send(house, ANA, comment="the fix is in it", tag="v2", environment="production")
        assert [("production", "v2", 1)] == world.deployed
        ended = "Approved with changes by Ana, 22:13 UTC: tag: v1 → v2. They add: the fix is in it"
        assert ended == house.card(OPS).card.notes[0]

        await house.write(RITA, "go")
        await send(house, BEN, comment="as it is", tag="v1", environment="production")
        assert "Approved by Ben, 22:13 UTC: as it is" == house.card(OPS).card.notes[0]


async def test_a_comment_is_not_for_how_long(make: Make):
    """
    Words that name a scope, in a form that asks for a comment, give no grant.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        await send(house, ANA, comment="1h")

        assert [("production", "v1", 1)] == world.deployed
        assert [] == await house.store.grants()


@pytest.mark.parametrize("high", [True, False], ids=["urgent", "not urgent"])
async def test_what_is_urgent_is_not_approved_so(make: Make, high: bool):
    """
    A form that does not name what it approves is none for an urgent call.
    """
    world = World()
    urgency = {"urgency": "high"} if high else {}
    rule = Rule(tool="deploy", who=Who(roles=("release",)), where=Where(targets=("people",)), **urgency)
    async with make(world.deployer(world.deploy()), rules=[rule]) as house:
        await house.write(RITA, "go")
        assert high == (not house.card(ANA).card.edit)
        await send(house, ANA, comment="now")

        assert high == (not world.deployed)


async def test_it_goes_with_its_authors_words(make: Make):
    """
    When Ana is forgotten nothing of it is left, and that she approved stays.
    """
    verdicts, told = list[Verdict](), list[str]()
    async with make(bot(verdicts, told, TWO)) as house:
        await house.write(RITA, "go")
        await send(house, ANA, comment="a secret of hers")
        await send(house, BEN)
        log = str(await house.log())
        assert "a secret of hers" in log
        await house.store.forget(Party("ana"), [Identity("slack:T1/UANA")])

        log = str(await house.log())
        assert "a secret of hers" not in log
        assert "party='ana'" in log
