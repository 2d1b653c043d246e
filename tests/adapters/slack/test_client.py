"""
Slack's Web API, called once and understood.
"""

from __future__ import annotations

import pytest
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from adapters.base import Say
from adapters.errors import ChannelError, Misconfigured, RateLimited, Rejected, Unknown, Unreachable
from adapters.slack import client
from adapters.slack.client import EVENT_TYPE
from adapters.slack.config import Config
from adapters.slack.emulator import Fault
from adapters.slack.refusals import FIX, GONE, HINTS, OPEN_FATE, explained
from tests.contracts.adapter import prepared
from tests.contracts.test_slack_adapter import Clock, SlackVendor


def calls(slack: SlackVendor, method: str) -> list[dict]:
    return [call for call in slack.emulator.state()["calls"] if call["method"] == method]


async def test_every_message_carries_its_delivery(slack: SlackVendor):
    """
    Our id of a delivery stands in the message's metadata, by which it is found again.
    """
    await slack.adapter.deliver(prepared(slack, Say("hello"), slack.direct))
    (call,) = calls(slack, "chat.postMessage")

    assert {"event_type": EVENT_TYPE, "event_payload": {"delivery": "delivery1"}} == call["arguments"]["metadata"]
    assert (False, False) == (call["arguments"]["unfurl_links"], call["arguments"]["unfurl_media"])


async def test_a_one_to_one_chat_is_opened_once(slack: SlackVendor):
    """
    The vendor's id of a one-to-one chat is asked for once and remembered.
    """
    for _ in range(3):
        await slack.adapter.deliver(prepared(slack, Say("hello"), slack.direct))

    assert 1 == len(calls(slack, "conversations.open"))


async def test_the_library_sends_nothing_twice(slack: SlackVendor):
    """
    An answer that is lost is not made up for behind our back.
    """
    await slack.misbehave("lose_answer")
    with pytest.raises(Unknown):
        await slack.adapter.deliver(prepared(slack, Say("hello"), slack.place))

    assert 1 == len(calls(slack, "chat.postMessage"))
    assert 1 == len(await slack.seen(slack.place))


@pytest.mark.parametrize("name", sorted(FIX))
async def test_a_refusal_for_the_operator_says_what_to_fix(slack: SlackVendor, name: str):
    """
    Every refusal of our credentials or scopes becomes one sentence with a remedy.
    """
    slack.emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", error=name))

    with pytest.raises(Misconfigured) as refused:
        await slack.adapter.deliver(prepared(slack, Say("hello"), slack.place))
    assert FIX[name] in str(refused.value)
    assert slack.emulator.workspace.state.tokens.bot not in str(refused.value)


@pytest.mark.parametrize("name", sorted(GONE | {"channel_not_found", "something_new"}))
async def test_a_refusal_of_the_message(slack: SlackVendor, name: str):
    """
    What no waiting mends is refused for good; anything else, and what we do not know, may be tried again.
    """
    slack.emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", error=name))

    with pytest.raises(Rejected) as refused:
        await slack.adapter.deliver(prepared(slack, Say("hello"), slack.place))
    assert (name in GONE) == refused.value.permanent


@pytest.mark.parametrize("fault", [*({"error": name} for name in sorted(OPEN_FATE)), {"status": 500}, {"status": 503}])
async def test_where_slack_does_not_know_we_do_not_either(slack: SlackVendor, fault: dict):
    """
    A server's error leaves the fate of a message open.
    """
    kind = "status" if "status" in fault else "refuse"
    slack.emulator.add_fault(Fault(on="chat.postMessage", kind=kind, **fault))

    with pytest.raises(Unknown):
        await slack.adapter.deliver(prepared(slack, Say("hello"), slack.place))


async def test_history_that_may_not_be_read_leaves_it_unknown(slack: SlackVendor):
    """
    Without the scope to read, what is unknown stays unknown.
    """
    part = prepared(slack, Say("hello"), slack.place)
    slack.emulator.add_fault(Fault(on="conversations.history", kind="refuse", error="missing_scope"))

    with pytest.raises(Unknown, match="scope"):
        await slack.adapter.find(part)


async def test_history_that_cannot_be_read_now_is_read_later(slack: SlackVendor):
    """
    A rate limit while looking is no verdict.
    """
    slack.emulator.add_fault(Fault(on="conversations.history", kind="rate_limit", retry_after=1))

    with pytest.raises(ChannelError) as limited:
        await slack.adapter.find(prepared(slack, Say("hello"), slack.place))
    assert not isinstance(limited.value, Unknown)


async def test_a_whisper_leaves_no_trace_to_look_for(slack: SlackVendor):
    """
    Nobody can tell whether an ephemeral message arrived.
    """
    part = prepared(slack, Say("hello"), slack.place).model_copy(update={"kind": "chat.postEphemeral"})

    with pytest.raises(Unknown, match="ephemeral"):
        await slack.adapter.find(part)


async def test_it_is_found_among_many(slack: SlackVendor):
    """
    Looking goes through pages of history.
    """
    part = prepared(slack, Say("the one"), slack.place).model_copy(update={"delivery": "mine"})
    await slack.adapter.deliver(part)
    for number in range(230):
        slack.emulator.people.message("U00000ANA", "C0GENERAL", f"talk {number}")
    found = await slack.adapter.find(part)

    assert found is not None
    assert found.message_id
    assert 2 == len(calls(slack, "conversations.history"))


async def test_a_reply_in_a_thread_is_found_in_its_thread(slack: SlackVendor):
    """
    What was said under a message is looked for there.
    """
    root = await slack.adapter.deliver(prepared(slack, Say("root"), slack.place))
    under = prepared(slack, Say("under", under="d0"), slack.place, target=root).model_copy(update={"delivery": "mine"})
    await slack.adapter.deliver(under)

    assert await slack.adapter.find(under) is not None
    assert [] == calls(slack, "conversations.history")


async def test_a_passing_refusal_is_no_misconfiguration(slack: SlackVendor):
    """
    While a workspace is being moved nothing is taken, and it is worth trying again.
    """
    slack.emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", error="org_login_required"))
    with pytest.raises(Unreachable):
        await slack.adapter.deliver(prepared(slack, Say("hello"), slack.direct))


def test_an_answer_without_slacks_word_tells_nothing():
    """
    A page that something else answered with leaves open whether Slack took the call.
    """
    response = AsyncSlackResponse(
        client=None, http_verb="POST", api_url="", req_args={}, data={}, headers={}, status_code=200
    )
    assert isinstance(explained("chat.postMessage", SlackApiError("no JSON", response), 0.0), Unknown)


async def test_a_limited_method_is_left_alone_for_as_long_as_slack_asks(slack: SlackVendor):
    """
    Nothing is sent into a limit that is known: a second message to that channel is refused here, and was not sent.
    """
    slack.emulator.add_fault(Fault(on="chat.postMessage", kind="rate_limit", retry_after=30))
    part = prepared(slack, Say("hello"), slack.place)
    for _ in range(2):
        with pytest.raises(RateLimited) as limited:
            await slack.adapter.deliver(part)

    assert 29 < limited.value.retry_after < 32
    assert 1 == len(calls(slack, "chat.postMessage"))
    await slack.adapter.deliver(prepared(slack, Say("elsewhere"), slack.direct))


async def test_a_little_of_the_history_is_no_proof(slack: SlackVendor, monkeypatch: pytest.MonkeyPatch):
    """
    An app that is shown 15 messages at a time finds what is among them, and leaves unknown what is not.
    """
    monkeypatch.setattr(client, "PAGE", client.FEW)  # what Slack makes of a larger one
    part = prepared(slack, Say("the one"), slack.place).model_copy(update={"delivery": "mine"})
    await slack.adapter.deliver(part)
    for number in range(14):
        slack.emulator.people.message("U00000ANA", "C0GENERAL", f"talk {number}")
    assert await slack.adapter.find(part) is not None
    slack.emulator.people.message("U00000ANA", "C0GENERAL", "one more")

    with pytest.raises(Unknown, match="only 15 messages"):
        await slack.adapter.find(part)
    assert 2 == len(calls(slack, "conversations.history"))


@pytest.mark.parametrize("fault", [{"kind": "status", "status": 503}, {"kind": "drop_before_accept"}])
async def test_looking_is_tried_again_while_slack_is_down(slack: SlackVendor, fault: dict):
    """
    A look that Slack does not answer tells nothing about the message, and can be repeated.
    """
    slack.emulator.add_fault(Fault(on="conversations.history", **fault))

    with pytest.raises(Unreachable):
        await slack.adapter.find(prepared(slack, Say("hello"), slack.place))


async def test_a_token_that_is_revoked_while_looking_is_no_verdict(slack: SlackVendor):
    """
    It is for the operator to mend, and then the message is looked for.
    """
    await slack.misbehave("revoke")

    with pytest.raises(Misconfigured) as refused:
        await slack.adapter.find(prepared(slack, Say("hello"), slack.place))
    assert "" == refused.value.missing


async def test_a_chat_that_could_not_be_opened_was_sent_nothing(slack: SlackVendor):
    """
    When the answer about the chat itself is lost, no message is in doubt.
    """
    slack.emulator.add_fault(Fault(on="conversations.open", kind="drop_after_accept"))

    with pytest.raises(Unreachable):
        await slack.adapter.deliver(prepared(slack, Say("hello"), slack.direct))
    await slack.adapter.deliver(prepared(slack, Say("hello"), slack.direct))


@pytest.mark.parametrize("name", sorted(HINTS))
async def test_a_refusal_says_what_somebody_can_do(slack: SlackVendor, name: str):
    """
    Slack's word for it alone helps nobody.
    """
    slack.emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", error=name))

    with pytest.raises(Rejected, match=name) as refused:
        await slack.adapter.deliver(prepared(slack, Say("hello"), slack.place))
    assert HINTS[name] in str(refused.value)


@pytest.mark.parametrize("body", ["", "[]", "true", '"ok"', "{", "<html>", "9" * 5_000, "[" * 50_000])
async def test_an_answer_that_is_not_slacks_is_of_unknown_fate(slack: SlackVendor, body: str):
    """
    Where something else answers in Slack's place, or what it says is cut off, nobody knows whether it was sent.
    """

    async def odd(request: web.Request) -> web.Response:
        return web.Response(text=body, content_type="application/json")

    site = web.Application()
    site.router.add_post("/chat.postMessage", odd)
    runner = web.AppRunner(site)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    config = {"account": "T1", "bot_token": "xoxb-1", "app_token": "xapp-1"}
    there = {"api": f"http://127.0.0.1:{runner.addresses[0][1]}/"}
    one = client.Client(Config.model_validate(config | there), Clock())
    with pytest.raises(Unknown):
        await one.deliver(prepared(slack, Say("hello"), slack.place))
    await one.close()
    await runner.cleanup()


@pytest.mark.parametrize("ts", ["nan", "inf", "x", ""])
def test_a_time_that_is_none_is_no_time(ts: str):
    """
    A receipt holds a number that can be stored, whatever an answer calls the time.
    """
    assert 0.0 == client._time(ts)
