"""
Forms from question to answer: asked as a schema, filled in at a card or in words, ruled on at home.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
from pydantic import BaseModel, Field, field_validator

from adapters.base import COMMENT, FormWanted, NoForm
from adapters.base import Form as Opened
from agent_core import events
from agent_core.addresses import ConversationKey, Identity
from agent_core.context import entries, render
from agent_core.requests import Assurance, Choice, Decision
from agent_core.results import Answered, Denied, Failed, Verdict
from agent_core.run import Agent, Run, agent
from agent_core.wanted import Approval, Form, Question, questions
from tests.gateway.house import OTTO, RITA, House, Make


class Region(StrEnum):
    EU = "eu"
    US = "us"


class Release(BaseModel):
    """What a release needs to know."""

    region: Region = Region.EU
    count: int = Field(ge=1, le=9, title="How many")
    day: date
    sure: bool
    note: str | None = Field(default=None, json_schema_extra={"format": "multiline"})

    @field_validator("day")
    @classmethod
    def _no_first_of_april(cls, day: date) -> date:
        if (day.month, day.day) == (4, 1):
            raise ValueError("not on the first of April")
        return day


RIGHT = {"region": "us", "count": "3", "day": "2026-07-31", "sure": "yes", "note": ""}


def asker(verdicts: list[Verdict], form: Form) -> Agent:
    @agent(name="asker")
    async def asker(run: Run) -> None:
        verdicts.append(await run.request_human(form))
        await run.reply("thank you")

    return asker


def of(verdicts: list[Verdict]) -> Agent:
    return asker(verdicts, Form("Which release?", Release))


def wanted(request: str, user: str = RITA) -> FormWanted:
    place = ConversationKey(f"slack:T1/{RITA}")
    return FormWanted(request, place, Identity(f"slack:T1/{user}"), user, Assurance.HIGH)


async def fill(house: House, user: str, values: dict[str, Any], request: str = "") -> dict[str, str]:
    """Somebody sends a form in; without a request, that of Rita's card."""
    request = request or house.card(RITA).request
    inbound = house.channel.form(f"slack:T1/{RITA}", user, request, values, house.channel.next_number())
    return await house.submit(inbound)


async def test_an_answer_is_the_model_that_was_asked_for(make: Make):
    """
    What somebody filled in comes back as the model, with types; the card says what it was, and closes.
    """
    verdicts: list[Verdict] = []
    async with make(of(verdicts)) as house:
        await house.write(RITA, "go")
        assert "Fill in" == house.card(RITA).card.form
        assert {} == await fill(house, RITA, RIGHT)

        (answer,) = verdicts
        assert isinstance(answer, Answered)
        assert Release(region=Region.US, count=3, day=date(2026, 7, 31), sure=True) == answer.value
        card = house.card(RITA).card
        assert ("", ()) == (card.form, card.fields)
        assert "How many: 3" in card.notes[0]
        assert "thank you" == house.texts(RITA)[-1]


async def test_what_is_wrong_stands_at_its_field(make: Make):
    """
    Before anything is stored, each field says in words what is wrong with it.
    """
    async with make(of([])) as house:
        await house.write(RITA, "go")
        faults = await fill(house, RITA, {"region": "mars", "count": "0", "day": "tomorrow", "sure": ""})

        assert {
            "region": "Please choose from: eu, us.",
            "count": "This has to be 1 or more.",
            "day": "Please give a day as year-month-day, such as 2026-07-31.",
            "sure": "This is needed.",
        } == faults
        assert "ResponseRefused" not in await house.names()
        assert 0 == await house.undecided()


async def test_the_form_opens_after_a_restart(make: Make):
    """
    Its fields stand with the card, so it opens for who may answer, and for nobody else, before anything is loaded.
    """
    verdicts: list[Verdict] = []
    async with make(of([])) as house:
        await house.write(RITA, "go")
    async with make(of(verdicts)) as house:
        request = house.card(RITA).request
        form, refused = [await house.gate.query(wanted(request, user)) for user in (RITA, OTTO)]

        assert isinstance(form, Opened)
        assert (Decision.ANSWER, "Your answer") == (form.decision, form.title)
        assert ["region", "count", "day", "sure", "note"] == [field.name for field in form.fields]
        assert ["eu", ""] == [field.initial for field in form.fields[:2]]
        assert (("yes", "Yes"), ("no", "No")) == form.fields[3].options
        assert isinstance(refused, NoForm)
        assert {} == await fill(house, RITA, RIGHT)
        assert isinstance(verdicts[0], Answered)


async def test_home_rules_on_what_no_channel_looked_at(make: Make):
    """
    A form that comes in wrong all the same changes nothing, is recorded, and whoever sent it in is told why.
    """
    verdicts: list[Verdict] = []
    async with make(of(verdicts)) as house:
        await house.write(RITA, "go")
        request = house.card(RITA).request
        for values in (RIGHT | {"count": "10"}, RIGHT | {"day": "2026-02-30"}):
            await house.gate.append(
                house.channel.form(f"slack:T1/{RITA}", RITA, request, values, house.channel.next_number())
            )
            await house.runtime.settle()

        refused = [event.reason for event in await house.log() if isinstance(event, events.ResponseRefused)]
        assert ["form", "form"] == refused
        assert house.texts(RITA)[-2].endswith("How many: This has to be 9 or less.")
        assert "Day: Please give a day as year-month-day" in house.texts(RITA)[-1]
        assert [] == verdicts


async def test_a_form_can_be_filled_in_by_a_message(make: Make):
    """
    A line for each field does it too, by name, title or number; what is missing is told, and other words are none.
    """
    verdicts: list[Verdict] = []
    async with make(of(verdicts)) as house:
        await house.write(RITA, "go")
        card = house.card(RITA)
        assert "1 Region, 2 How many, 3 Day, 4 Sure, 5 Note (optional)" in card.card.how
        await house.write(RITA, "whatever you like", under=card.id)
        assert "Press Fill in, or reply here with a line for each" in house.texts(RITA)[-1]
        await house.write(RITA, "how many: 2\nSURE: yes", under=card.id)
        assert "Region: This is needed.\nDay: This is needed." in house.texts(RITA)[-1]
        await house.runtime.advance(1)
        await house.write(RITA, "region: EU\nhow many: 2\n3: 2026-07-31\nSURE: yes\nnote: one\ntwo")

        (answer,) = verdicts
        assert isinstance(answer, Answered)
        note = "one\ntwo"
        assert Release(region=Region.EU, count=2, day=date(2026, 7, 31), sure=True, note=note) == answer.value


async def test_who_may_not_answer_cannot_fill_it_in(make: Make):
    """
    A form that a stranger sends in changes nothing, and they are told who may.
    """
    verdicts: list[Verdict] = []
    async with make(of(verdicts)) as house:
        await house.write(RITA, "go")
        await fill(house, OTTO, RIGHT)

        assert [] == verdicts
        assert "Only Rita can decide this" in house.texts(RITA)[-1]


async def test_what_only_the_models_validator_refuses_is_a_value(make: Make):
    """
    The person's answer stands; the agent is told that it is no such model, at replay as before, and can ask again.
    """
    verdicts: list[Verdict] = []
    async with make(of(verdicts)) as house:
        await house.write(RITA, "go")
        await fill(house, RITA, RIGHT | {"day": "2026-04-01"})

        (failed,) = verdicts
        assert isinstance(failed, Failed)
        assert ("invalid_answer", "day: Value error, not on the first of April") == (failed.kind, failed.message)


async def test_several_questions_are_one_request(make: Make):
    """
    Questions with and without choices stand in one form; the answer has one value for each.
    """
    verdicts: list[Verdict] = []
    several = questions("Before I begin", Question("Where to?", ("Europe", "Asia")), Question("Why?"))
    async with make(asker(verdicts, several)) as house:
        await house.write(RITA, "go")
        await fill(house, RITA, {"q1": "Asia", "q2": "It is\nlate"})

        (answer,) = verdicts
        assert isinstance(answer, Answered)
        assert {"q1": "Asia", "q2": "It is\nlate"} == answer.value
        assert "Where to?: Asia\nWhy?: It is\nlate" == answer.text


async def test_a_form_that_comes_twice_counts_once(make: Make):
    """
    The first one that is right stands; another is told so, and the agent sees one answer.
    """
    verdicts: list[Verdict] = []
    async with make(of(verdicts)) as house:
        await house.write(RITA, "go")
        request = house.card(RITA).request
        await fill(house, RITA, RIGHT)
        assert {} == await fill(house, RITA, RIGHT | {"count": "4"}, request)

        assert [3] == [answer.value.count for answer in verdicts if isinstance(answer, Answered)]
        assert "Already answered by Rita" in house.texts(RITA)[-1]


@pytest.mark.parametrize("values", [RIGHT, RIGHT | {"note": "n" * 3_000}])
async def test_replay_gives_the_same_model(make: Make, values: dict[str, str]):
    """
    After a restart the agent gets from its log what it got from the person.
    """
    seen: list[Verdict] = []

    @agent(name="asker")
    async def asker(run: Run) -> None:
        seen.append(await run.request_human(Form("Which release?", Release)))
        await run.sleep(60)
        await run.reply("done")

    async with make(asker) as house:
        await house.write(RITA, "go")
        await fill(house, RITA, values)
    async with make(asker) as house:
        await house.runtime.advance(61)

        assert "done" == house.texts(RITA)[-1]
        live, *replayed = seen
        assert replayed
        assert all(live == again for again in replayed)


DENIALS = (Choice(name="later", label="Later", prefill="Not before Monday."), "Too risky")


async def test_a_named_denial_opens_with_its_reason_and_comes_back_by_name(make: Make):
    """
    Pressing one opens the form with its text; what is sent is the reason, and the agent hears which one it was.
    """
    verdicts: list[Verdict] = []
    told: list[str] = []

    @agent(name="asker")
    async def asker(run: Run) -> None:
        verdicts.append(await run.request_human(Approval("Release it?", choices=DENIALS)))
        told.append(render(entries(run.drive.thread)))

    async with make(asker) as house:
        await house.write(RITA, "go")
        shown = house.card(RITA)
        assert ["Later", "Too risky"] == [denial.label for denial in shown.card.denials]
        assert () == shown.card.choices
        later, risky, plain = [
            await house.gate.query(replace(wanted(shown.request), choice=choice))
            for choice in ("later", "Too risky", "x")
        ]
        assert isinstance(later, Opened)
        assert (Decision.DENY, "later", "Later") == (later.decision, later.choice, later.fields[0].label)
        assert "Not before Monday." == later.fields[0].initial
        assert isinstance(risky, Opened)
        assert ("Too risky", "") == (risky.choice, risky.fields[0].initial)
        assert isinstance(plain, Opened)
        assert ("", "Reason") == (plain.choice, plain.fields[0].label)

        await deny(house, shown.request, "Not before Tuesday.", "later")
        (denied,) = verdicts
        assert isinstance(denied, Denied)
        assert ("later", "Not before Tuesday.") == (denied.choice, denied.reason)
        assert "Later: Not before Tuesday." in house.texts(RITA)[-1]
        assert () == house.card(RITA).card.denials
        assert "Denied by Rita. They chose “Later”. Reason: Not before Tuesday." in told[0]


async def deny(house: House, request: str, reason: str, choice: str) -> None:
    """Somebody sends in the form behind a named denial."""
    number = house.channel.next_number()
    values = {COMMENT: reason}
    await house.gate.append(
        house.channel.form(f"slack:T1/{RITA}", RITA, request, values, number, Decision.DENY, choice)
    )
    await house.runtime.settle()


async def test_a_way_to_deny_that_was_not_offered_changes_nothing(make: Make):
    """
    A form that names another one is told so, and the request stays open.
    """
    verdicts: list[Verdict] = []

    @agent(name="asker")
    async def asker(run: Run) -> None:
        verdicts.append(await run.request_human(Approval("Release it?", choices=DENIALS)))

    async with make(asker) as house:
        await house.write(RITA, "go")
        await deny(house, house.card(RITA).request, "never", "never")

        assert [] == verdicts
        assert "That is not one of the answers here." in house.texts(RITA)[-1]
