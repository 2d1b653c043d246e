"""
Clicks, choices and modals, seen from the app's end of the connection and of its Request URL.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack.emulator import Emulator, Refused
from tests.adapters.slack.emulator.conftest import ANA, BEN, BUTTONS, DM_ANA, FORM, GENERAL, QUIET, Connect, Link, Wait
from tests.adapters.slack.emulator.receiver import Answer, App, saying

Advance = Callable[[float], None]
MENU: dict[str, Any] = {
    "type": "actions",
    "block_id": "menu",
    "elements": [
        {
            "type": "static_select",
            "action_id": "env",
            "options": [
                {"text": {"type": "plain_text", "text": "Staging"}, "value": "s"},
                {"text": {"type": "plain_text", "text": "Production"}, "value": "p"},
            ],
        }
    ],
}
NOTE: dict[str, Any] = {
    "type": "input",
    "block_id": "note",
    "optional": True,
    "label": {"type": "plain_text", "text": "Note"},
    "element": {"type": "plain_text_input", "action_id": "words"},
}


def statuses(emulator: Emulator) -> list[str]:
    return [delivery["status"] for delivery in emulator.state()["deliveries"]]


async def error_of(call: Any) -> str:
    with pytest.raises(SlackApiError) as refusal:
        await call
    return str(refusal.value.response["error"])


async def next_payload(link: Link) -> dict[str, Any]:
    """The payload of the next interaction, acknowledged; events before it are too."""
    while True:
        envelope = await link.frame()
        await link.ack(envelope)
        if envelope["type"] != "events_api":
            payload: dict[str, Any] = envelope["payload"]
            return payload


async def next_submission(link: Link) -> dict[str, Any]:
    while True:
        envelope = await link.frame()
        if envelope["type"] == "interactive":
            return envelope
        await link.ack(envelope)


async def open_form(emulator: Emulator, client: AsyncWebClient, link: Link, view: dict[str, Any] = FORM) -> str:
    """Ana clicks, and the app opens a modal before her."""
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    trigger_id = (await next_payload(link))["trigger_id"]
    return str((await client.views_open(trigger_id=trigger_id, view=view))["view"]["id"])


async def submit(emulator: Emulator, view_id: str, link: Link, values: Any, answer: Any = None) -> dict[str, Any]:
    """Ana submits, and the app answers."""
    submitting = asyncio.create_task(emulator.people.submit(ANA, view_id, values))
    await link.ack(await next_submission(link), answer)
    return await submitting


async def test_click_reaches_the_app(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A pressed button arrives with who pressed, where, the message and the button's value.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=GENERAL, text="ask", blocks=BUTTONS)

    emulator.people.click(BEN, GENERAL, posted["ts"], "no")
    payload = await next_payload(link)

    assert payload["user"]["id"] == BEN
    assert payload["channel"] == {"id": GENERAL, "name": "general"}
    assert payload["container"]["message_ts"] == payload["message"]["ts"] == posted["ts"]
    action = payload["actions"][0]
    assert (action["action_id"], action["block_id"], action["value"]) == ("no", "decide", "r1")


async def test_click_that_slack_asks_about_first(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A button with a confirmation dialog reaches the app once that is confirmed, with the dialog in the action.
    """
    words = {name: {"type": "plain_text", "text": name} for name in ("title", "text", "confirm", "deny")}
    button = {"type": "button", "action_id": "yes", "text": {"type": "plain_text", "text": "Go"}, "value": "r1"}
    asking = [{"type": "actions", "elements": [button | {"confirm": words}]}]
    link = await connect()
    posted = await client.chat_postMessage(channel=GENERAL, text="ask", blocks=asking)

    with pytest.raises(Refused, match="Slack asks first: title"):
        emulator.people.click(BEN, GENERAL, posted["ts"], "yes")
    emulator.people.click(BEN, GENERAL, posted["ts"], "yes", confirmed=True)
    action = (await next_payload(link))["actions"][0]

    assert ("r1", "title") == (action["value"], action["confirm"]["title"]["text"])


async def test_choice_reaches_the_app_and_stays(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A chosen option arrives whole, and stands in the state of that person's next click, with what they have typed.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=[MENU, NOTE, *BUTTONS])

    emulator.people.click(ANA, "dm", posted["ts"], "env", value="p")
    assert (await next_payload(link))["actions"][0]["selected_option"]["text"]["text"] == "Production"

    emulator.people.click(ANA, "dm", posted["ts"], "yes", values={"note": {"words": "go"}})
    values = (await next_payload(link))["state"]["values"]
    assert values["menu"]["env"]["selected_option"]["value"] == "p"
    assert values["note"]["words"] == {"type": "plain_text_input", "value": "go"}


async def test_click_on_an_ephemeral_message(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A click on an ephemeral message says so and carries no message.
    """
    link = await connect()
    posted = await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="x", blocks=BUTTONS)

    emulator.people.click(ANA, GENERAL, posted["message_ts"], "yes")
    payload = await next_payload(link)

    assert payload["container"]["is_ephemeral"]
    assert "message" not in payload


async def test_buttons_that_cannot_be_pressed(client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Nobody presses what is gone, what is not there, what others see alone, or what stands where they are not.
    """
    posted = (await client.chat_postMessage(channel=GENERAL, text="ask", blocks=BUTTONS))["ts"]
    whispered = (await client.chat_postEphemeral(channel=GENERAL, user=ANA, text="x", blocks=BUTTONS))["message_ts"]

    for who, where, ts, action, value in [
        (ANA, GENERAL, posted, "maybe", None),
        (ANA, GENERAL, posted, "yes", "r2"),
        (ANA, GENERAL, "1.000001", "yes", None),
        (BEN, GENERAL, whispered, "yes", None),
        ("U0000OLGA", QUIET, posted, "yes", None),
    ]:
        with pytest.raises(Refused) as refusal:
            emulator.people.click(who, where, ts, action, value=value)
        assert refusal.value.status == 409
    await client.chat_update(channel=GENERAL, ts=posted, text="over")
    with pytest.raises(Refused, match="any longer"):
        emulator.people.click(ANA, GENERAL, posted, "yes")


async def test_trigger_opens_one_modal(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A trigger_id opens a modal before the person who clicked, once.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    trigger_id = (await next_payload(link))["trigger_id"]

    view = (await client.views_open(trigger_id=trigger_id, view=FORM))["view"]

    modal = emulator.screen(ANA)["modal"]
    assert (modal["view_id"], modal["title"]["text"]) == (view["id"], "Deploy")
    assert emulator.screen(BEN)["modal"] is None
    assert await error_of(client.views_open(trigger_id=trigger_id, view=FORM)) == "exchanged_trigger_id"
    assert await error_of(client.views_open(trigger_id="1.2.c", view=FORM)) == "invalid_trigger_id"


async def test_trigger_lives_three_seconds(
    connect: Connect, client: AsyncWebClient, emulator: Emulator, advance: Advance
) -> None:
    """
    After three seconds a trigger_id is expired.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    trigger_id = (await next_payload(link))["trigger_id"]
    advance(3.1)

    assert await error_of(client.views_open(trigger_id=trigger_id, view=FORM)) == "expired_trigger_id"


async def test_refused_view_leaves_the_trigger(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A view that breaks a limit is `invalid_arguments`, says where, and opens nothing.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    trigger_id = (await next_payload(link))["trigger_id"]
    wrong = {**FORM, "title": {"type": "plain_text", "text": "x" * 25}}

    with pytest.raises(SlackApiError) as refusal:
        await client.views_open(trigger_id=trigger_id, view=wrong)

    assert refusal.value.response["error"] == "invalid_arguments"
    assert refusal.value.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    assert emulator.screen(ANA)["modal"] is None


async def test_submission_closes_the_modal(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A submission arrives with what was entered; a plain acknowledgement closes the modal.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link)
    submitting = asyncio.create_task(emulator.people.submit(ANA, view_id, {"why": {"text": "because"}}))
    envelope = await next_submission(link)
    await link.ack(envelope)

    assert await submitting == {}
    assert envelope["accepts_response_payload"]
    view = envelope["payload"]["view"]
    assert view["state"]["values"] == {"why": {"text": {"type": "plain_text_input", "value": "because"}}}
    assert (view["private_metadata"], view["callback_id"]) == ("r1", "form")
    assert emulator.screen(ANA)["modal"] is None


async def test_errors_keep_the_modal(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    `response_action: errors` leaves the modal open with the sentences, and what was entered.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link)
    answer = {"response_action": "errors", "errors": {"why": "Say more."}}

    assert await submit(emulator, view_id, link, {"why": {"text": "x"}}, answer) == {"errors": {"why": "Say more."}}
    modal = emulator.screen(ANA)["modal"]
    assert modal["errors"] == {"why": "Say more."}
    assert modal["values"]["why"]["text"]["value"] == "x"


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {"nowhere": "x"}},
        {"response_action": "errors"},
        {"response_action": "dance"},
        {"response_action": "update", "view": {"type": "modal"}},
    ],
)
async def test_answer_that_slack_does_not_understand(
    connect: Connect, client: AsyncWebClient, emulator: Emulator, answer: dict[str, Any]
) -> None:
    """
    An answer that makes no sense leaves the modal open, and the person sees that there was trouble.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link)

    assert "trouble" in (await submit(emulator, view_id, link, {"why": {"text": "x"}}, answer))["warning"]
    assert emulator.screen(ANA)["modal"]["view_id"] == view_id
    assert "trouble" in emulator.screen(ANA)["notices"][-1]["text"]
    assert emulator.screen(BEN)["notices"] == []


async def test_submission_without_an_answer(
    connect: Connect, client: AsyncWebClient, emulator: Emulator, advance: Advance
) -> None:
    """
    When the app does not acknowledge in three seconds, the modal stays and the person is warned.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link)
    submitting = asyncio.create_task(emulator.people.submit(ANA, view_id, {"why": {"text": "x"}}))
    await next_submission(link)
    advance(3.0)

    assert "trouble" in (await submitting)["warning"]
    assert emulator.screen(ANA)["modal"]["view_id"] == view_id


async def test_empty_field_does_not_leave_the_client(
    connect: Connect, client: AsyncWebClient, emulator: Emulator
) -> None:
    """
    A required field without content is refused before the app hears of it.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link)
    before = len(emulator.state()["deliveries"])

    assert list((await emulator.people.submit(ANA, view_id, {}))["errors"]) == ["why"]
    assert len(emulator.state()["deliveries"]) == before


async def test_update_push_and_clear(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    An answer can replace the view, lay another on it, and clear the whole modal.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link)
    renamed = {**FORM, "title": {"type": "plain_text", "text": "Again"}}

    await submit(emulator, view_id, link, {"why": {"text": "x"}}, {"response_action": "update", "view": renamed})
    assert emulator.screen(ANA)["modal"]["title"]["text"] == "Again"

    await submit(emulator, view_id, link, {"why": {"text": "x"}}, {"response_action": "push", "view": FORM})
    modal = emulator.screen(ANA)["modal"]
    assert (modal["depth"], modal["title"]["text"]) == (2, "Deploy")

    await submit(emulator, modal["view_id"], link, {"why": {"text": "x"}}, {"response_action": "clear"})
    assert emulator.screen(ANA)["modal"] is None


async def test_views_update(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    views.update replaces an open view unless its hash is outdated or it is gone.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link, {**FORM, "external_id": "e1"})
    renamed = {**FORM, "title": {"type": "plain_text", "text": "Again"}}

    answer = await client.views_update(external_id="e1", view=renamed)
    assert emulator.screen(ANA)["modal"]["title"]["text"] == "Again"
    assert await error_of(client.views_update(view_id=view_id, hash="1.old", view=FORM)) == "hash_conflict"
    assert (await client.views_update(view_id=view_id, hash=answer["view"]["hash"], view=FORM))["ok"]
    emulator.people.close(ANA, view_id)
    assert await error_of(client.views_update(view_id=view_id, view=FORM)) == "not_found"


async def test_views_push_from_a_button_in_the_modal(
    connect: Connect, client: AsyncWebClient, emulator: Emulator
) -> None:
    """
    A button in a modal gives a trigger for views.push, three views deep at most; other triggers do not push.
    """
    link = await connect()
    with_button = {**FORM, "blocks": [*FORM["blocks"], BUTTONS[1]]}
    view_id = await open_form(emulator, client, link, with_button)
    for depth in (2, 3):
        emulator.people.click_in_view(ANA, view_id, "yes")
        payload = await next_payload(link)
        assert payload["container"] == {"type": "view", "view_id": view_id}
        pushed = await client.views_push(trigger_id=payload["trigger_id"], view=with_button)
        assert (pushed["view"]["previous_view_id"], emulator.screen(ANA)["modal"]["depth"]) == (view_id, depth)
        view_id = pushed["view"]["id"]

    emulator.people.click_in_view(ANA, view_id, "yes")
    trigger_id = (await next_payload(link))["trigger_id"]
    assert await error_of(client.views_push(trigger_id=trigger_id, view=FORM)) == "push_limit_reached"
    trigger_id = emulator.people.command(ANA, "dm", "/ringback")["trigger_id"]
    assert await error_of(client.views_push(trigger_id=trigger_id, view=FORM)) == "not_found"


async def test_inputs_that_tell_at_once(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A choice in an input block goes to the app by itself only with dispatch_action.
    """
    link = await connect()
    menu = {"type": "input", "block_id": "env", "label": NOTE["label"], "element": MENU["elements"][0]}
    telling = {**menu, "block_id": "now", "element": {**menu["element"], "action_id": "now"}, "dispatch_action": True}
    view_id = await open_form(emulator, client, link, {**FORM, "blocks": [menu, telling]})

    with pytest.raises(Refused, match="whole form"):
        emulator.people.click_in_view(ANA, view_id, "env", value="s")
    emulator.people.click_in_view(ANA, view_id, "now", value="p")
    payload = await next_payload(link)
    assert payload["actions"][0]["selected_option"]["value"] == "p"
    assert payload["view"]["state"]["values"]["now"]["now"]["selected_option"]["value"] == "p"


async def test_cancel_tells_the_app_if_it_wants(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    Cancel closes the modal and sends `view_closed` only with notify_on_close; the x clears everything.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link, {**FORM, "notify_on_close": True})

    emulator.people.close(ANA, view_id, everything=True)
    payload = await next_payload(link)

    assert (payload["type"], payload["view"]["id"], payload["is_cleared"]) == ("view_closed", view_id, True)
    assert emulator.screen(ANA)["modal"] is None
    before = len(emulator.state()["deliveries"])
    silent = await open_form(emulator, client, link)
    opened = len(emulator.state()["deliveries"])
    emulator.people.close(ANA, silent)
    assert (opened > before, len(emulator.state()["deliveries"])) == (True, opened)


async def test_only_the_owner_uses_a_modal(connect: Connect, client: AsyncWebClient, emulator: Emulator) -> None:
    """
    A modal answers only the person before whom it lies, and only as long as it lies there.
    """
    link = await connect()
    view_id = await open_form(emulator, client, link)

    with pytest.raises(Refused):
        await emulator.people.submit(BEN, view_id, {})
    with pytest.raises(Refused, match="no field"):
        await emulator.people.submit(ANA, view_id, {"why": {"nothing": "x"}})
    emulator.people.close(ANA, view_id)
    with pytest.raises(Refused):
        emulator.people.close(ANA, view_id)
    unsendable = await open_form(emulator, client, link, {**FORM, "submit": None, "blocks": [{"type": "divider"}]})
    with pytest.raises(Refused, match="no button"):
        await emulator.people.submit(ANA, unsendable, {})


async def test_click_is_a_form(verified: App, emulator: Emulator, until: Wait) -> None:
    """
    An interaction comes as a form with one field, `payload`.
    """
    ts = card(emulator)
    emulator.people.click(ANA, "dm", ts, "yes")
    await until(lambda: statuses(emulator)[-1] == "acked")

    seen = verified.seen[-1]
    payload = json.loads(seen.form["payload"])
    assert seen.headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert payload["type"] == "block_actions"
    assert payload["response_url"].startswith(emulator.workspace.base_url + "/actions/")


def card(emulator: Emulator) -> str:
    place = emulator.workspace.place(DM_ANA)
    assert place is not None
    timeline = emulator.people._timeline
    return timeline.post(place, emulator.workspace.state.bot.user_id, "Deploy?", blocks=BUTTONS).ts


@pytest.mark.parametrize("status", [404, 500])
async def test_refused_click_is_not_repeated(status: int, verified: App, emulator: Emulator, until: Wait) -> None:
    """
    A click that the app refused does not come again; the person is told.
    """
    ts = card(emulator)
    await until(lambda: statuses(emulator) == ["acked"])
    verified.answer = saying(status)
    emulator.people.click(ANA, "dm", ts, "yes")
    await until(lambda: emulator.screen(ANA)["notices"])

    assert statuses(emulator)[-1] == "failed"
    assert len(verified.seen) == 2
    assert emulator.screen(ANA)["notices"][0]["text"] == "ringback did not respond."


async def test_unanswered_click_is_told_after_three_seconds(
    verified: App, emulator: Emulator, advance: Advance, until: Wait
) -> None:
    """
    A click that is not answered within 3 seconds is given up, and the person is told.
    """
    ts = card(emulator)
    await until(lambda: statuses(emulator) == ["acked"])
    verified.answer = verified.never
    emulator.people.click(ANA, "dm", ts, "yes")
    await until(lambda: len(verified.seen) == 2)
    assert emulator.screen(ANA)["notices"] == []
    advance(3.0)
    await until(lambda: emulator.screen(ANA)["notices"])


ERRORS = json.dumps({"response_action": "errors", "errors": {"why": "Say more."}})


@pytest.mark.parametrize(
    ("answer", "outcome", "is_open"),
    [
        (saying(200, ""), {}, False),
        (saying(200, ERRORS), {"errors": {"why": "Say more."}}, True),
        (saying(200, '{"response_action": "clear"}'), {}, False),
        (saying(200, json.dumps({"response_action": "update", "view": FORM})), {}, True),
        (saying(200, json.dumps({"response_action": "push", "view": FORM})), {}, True),
        (saying(200, "ok"), {"warning": "We had some trouble connecting. Try again?"}, True),
        (saying(500), {"warning": "We had some trouble connecting. Try again?"}, True),
    ],
)
async def test_submission_is_answered_in_the_body(
    answer: Answer, outcome: dict[str, Any], is_open: bool, verified: App, emulator: Emulator
) -> None:
    """
    The body of the answer says what becomes of a modal.
    """
    trigger_id = emulator.people.command(ANA, "dm", "/ringback")["trigger_id"]
    view = emulator._screen._modals.open(trigger_id, FORM)
    verified.answer = answer

    assert await emulator.people.submit(ANA, view.id, {"why": {"text": "because"}}) == outcome
    assert (emulator.screen(ANA)["modal"] is not None) == is_open
