"""
The Request URL: a handshake, then signed requests, and Slack's rules for those that fail.
"""

from __future__ import annotations

import asyncio
import json
import pathlib
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web
from slack_sdk.signature import Clock, SignatureVerifier

from adapters.slack.emulator import Emulator, Fault, Workspace
from adapters.slack.emulator.request_url import signature_headers
from tests.adapters.slack.emulator.conftest import ANA, Connect, Wait
from tests.adapters.slack.emulator.receiver import Answer, App, Seen, receiving, saying

Advance = Callable[[float], None]


def statuses(emulator: Emulator) -> list[str]:
    return [delivery["status"] for delivery in emulator.state()["deliveries"]]


def test_signature_is_the_published_one(samples: pathlib.Path) -> None:
    """
    A signature is the one in Slack's published example.
    """
    rows = [json.loads(line) for line in (samples / "signature_vectors.jsonl").read_text().splitlines()]
    vectors = [row for row in rows if row["valid"]]

    assert vectors
    for row in vectors:
        made = signature_headers(row["signing_secret"], int(row["timestamp"]), row["body"].encode())
        assert made["x-slack-signature"] == row["signature"]


async def test_handshake_comes_first(app: App, emulator: Emulator, workspace: Workspace, until: Wait) -> None:
    """
    A Request URL is asked to repeat a challenge, and hears of nothing before it has.
    """
    emulator.deliver_to(app.url)
    emulator.people.message(ANA, "dm", "early")
    assert emulator.state()["request_url"] == {"url": app.url, "is_verified": False, "problem": None}
    await until(lambda: app.seen)

    asked = app.handshakes[0].json
    assert set(asked) == {"token", "challenge", "type"}
    assert workspace.state.tokens.verification == asked["token"]
    assert app.seen[0].json["event"]["text"] == "early"
    assert app.seen[0].retry == ("1", "connection_failed")


@pytest.mark.parametrize("form", ["{}", "challenge={}"])
async def test_challenge_may_come_in_three_forms(form: str, emulator: Emulator, until: Wait, app: App) -> None:
    """
    The challenge may come back as plain text or as a form as well.
    """

    async def repeat(request: web.Request) -> web.StreamResponse:
        return web.Response(text=form.format((await request.json())["challenge"]))

    async with receiving(repeat) as url:
        emulator.deliver_to(url)
        await until(lambda: emulator.state()["request_url"]["is_verified"])


@pytest.mark.parametrize("answer", [saying(200, "another"), saying(500), saying(200, "[]")])
async def test_wrong_answer_fails_the_handshake(
    answer: Answer, emulator: Emulator, advance: Advance, until: Wait
) -> None:
    """
    An app that does not repeat the challenge gets nothing, and the next challenge a second later.
    """
    asked = []

    async def refuse(request: web.Request) -> web.StreamResponse:
        asked.append((await request.json())["challenge"])
        return await answer(request)

    async def again() -> None:
        while len(asked) < 2:
            advance(1.0)
            await asyncio.sleep(0.01)

    async with receiving(refuse) as url:
        emulator.deliver_to(url)
        await until(lambda: len(asked) == 1)
        emulator.people.message(ANA, "dm", "hello?")
        await asyncio.wait_for(again(), 3)

    assert len(set(asked)) == len(asked)
    assert statuses(emulator) == ["waiting"]


async def test_app_may_start_later(emulator: Emulator, advance: Advance, until: Wait) -> None:
    """
    The address may be given before anybody listens there; a command fails until then.
    """
    app = App()
    async with receiving(app.handle) as url:
        pass
    emulator.deliver_to(url)
    emulator.people.command(ANA, "dm", "/ringback", "help")
    await until(lambda: emulator.screen(ANA)["notices"])
    assert emulator.screen(ANA)["notices"][0]["text"] == '/ringback failed with the error "dispatch_failed"'

    async with receiving(app.handle, port=int(url.split(":")[2].split("/")[0])):

        def found() -> bool:
            advance(1.0)
            return bool(emulator.state()["request_url"]["is_verified"])

        await until(found)


async def test_event_is_signed_json(verified: App, emulator: Emulator, workspace: Workspace, until: Wait) -> None:
    """
    An event comes as JSON, signed with the app's secret by the emulator's clock; another library accepts it.
    """
    emulator.people.message(ANA, "dm", "hello")
    await until(lambda: statuses(emulator) == ["acked"])

    seen = verified.seen[0]
    assert seen.headers["Content-Type"] == "application/json"
    assert seen.json["type"] == "event_callback"
    assert seen.json["event"]["text"] == "hello"
    assert seen.retry == ("", "")
    assert verifier(workspace, seen).is_valid_request(seen.body, seen.headers)
    assert not verifier(workspace, seen).is_valid_request(seen.body + b" ", seen.headers)


def verifier(workspace: Workspace, seen: Seen) -> SignatureVerifier:
    class Then(Clock):
        def now(self) -> float:
            return float(seen.headers["X-Slack-Request-Timestamp"])

    return SignatureVerifier(workspace.state.tokens.signing_secret, Then())


async def test_events_keep_their_order(verified: App, emulator: Emulator, until: Wait) -> None:
    """
    Events of one moment arrive in the order in which they happened.
    """
    texts = [str(number) for number in range(10)]
    for text in texts:
        emulator.people.message(ANA, "dm", text)
    await until(lambda: statuses(emulator) == ["acked"] * 10)

    assert texts == [seen.json["event"]["text"] for seen in verified.seen]


async def test_silent_app_gets_the_event_again(
    verified: App, emulator: Emulator, advance: Advance, until: Wait
) -> None:
    """
    Unanswered for 3 seconds, an event comes again at once, after 1 and after 5 minutes, and then no more.
    """
    verified.answer = verified.never
    emulator.people.message(ANA, "dm", "hello?")
    for count, delay in enumerate((0.0, 60.0, 300.0), start=1):
        await until(lambda count=count: len(verified.seen) == count)
        advance(3.0)
        advance(delay)
    await until(lambda: len(verified.seen) == 4)
    advance(3.0)

    assert [seen.retry for seen in verified.seen] == [("", ""), *((str(n), "http_timeout") for n in (1, 2, 3))]
    assert len({seen.json["event_id"] for seen in verified.seen}) == 1
    assert statuses(emulator) == ["failed"]


async def test_refused_event_comes_again(verified: App, emulator: Emulator, until: Wait) -> None:
    """
    After a status other than 200 to 299 an event comes again, and says why; taken then, it is done.
    """
    verified.answer = saying(503)
    emulator.people.message(ANA, "dm", "hello?")
    await until(lambda: len(verified.seen) == 2)
    verified.answer = verified.fine
    assert verified.seen[1].retry == ("1", "http_error")
    assert emulator.state()["deliveries"][0]["attempts"][0]["outcome"] == "http_error"


async def test_app_may_decline_the_retry(verified: App, emulator: Emulator, until: Wait) -> None:
    """
    `X-Slack-No-Retry: 1` on a refusal ends it.
    """
    verified.answer = saying(500, x_slack_no_retry="1")
    emulator.people.message(ANA, "dm", "hello?")
    await until(lambda: statuses(emulator) == ["failed"])

    assert len(verified.seen) == 1


async def test_down_app_gets_the_event_later(verified: App, emulator: Emulator, advance: Advance, until: Wait) -> None:
    """
    Where nobody listens, the next attempts say `connection_failed`.
    """
    url = emulator._sockets.deliveries.request_url
    assert url is not None
    url.url = "http://127.0.0.1:1/"
    emulator.people.message(ANA, "dm", "hello?")
    await until(lambda: len(attempts(emulator)) == 2)
    url.url = verified.url
    await until(lambda: statuses(emulator) == ["waiting"])
    advance(60.0)
    await until(lambda: statuses(emulator) == ["acked"])

    assert verified.seen[0].retry == ("2", "connection_failed")


def attempts(emulator: Emulator) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = emulator.state()["deliveries"][0]["attempts"]
    return found


@pytest.mark.parametrize(("hops", "outcome"), [(1, "acked"), (2, "acked"), (3, "too_many_redirects")])
async def test_redirects_are_followed_twice(
    hops: int, outcome: str, verified: App, emulator: Emulator, until: Wait
) -> None:
    """
    Slack follows two redirects, and no third.
    """
    url = emulator._sockets.deliveries.request_url
    assert url is not None
    url.url = verified.url.replace("/slack", f"/hop/{hops}")
    emulator.people.message(ANA, "dm", "hello?")
    await until(lambda: attempts(emulator)[0]["outcome"] != "open")

    assert attempts(emulator)[0]["outcome"] == outcome


async def test_plain_server_behind_https(verified: App, emulator: Emulator, until: Wait) -> None:
    """
    Where TLS cannot be agreed on, the retry says `ssl_error`.
    """
    url = emulator._sockets.deliveries.request_url
    assert url is not None
    url.url = verified.url.replace("http:", "https:")
    emulator.people.message(ANA, "dm", "hello?")
    await until(lambda: attempts(emulator)[0]["outcome"] != "open")

    assert attempts(emulator)[0]["outcome"] == "ssl_error"


@pytest.mark.parametrize(("kind", "requests"), [("duplicate", 2), ("delay", 1), ("drop", 1), ("lose_ack", 2)])
async def test_faults_apply(
    kind: str, requests: int, verified: App, emulator: Emulator, advance: Advance, until: Wait
) -> None:
    """
    The faults of envelopes hold for requests as well; in the end the event has come.
    """
    emulator.add_fault(Fault(on="envelope", kind=kind, seconds=2.0))
    emulator.people.message(ANA, "dm", "hello")
    if kind in ("delay", "drop"):
        assert verified.seen == []
    if kind == "lose_ack":
        await until(lambda: attempts(emulator)[0]["outcome"] == "ack_lost")
    advance(3.0 if kind != "duplicate" else 0.0)
    await until(lambda: statuses(emulator) == ["acked"] and len(verified.seen) == requests)

    assert len({seen.json["event_id"] for seen in verified.seen}) == 1


async def test_socket_mode_ends_where_a_request_url_begins(
    connect: Connect, app: App, emulator: Emulator, until: Wait
) -> None:
    """
    With a Request URL the open connections are told `link_disabled`; without it Socket Mode is back.
    """
    link = await connect()
    emulator.deliver_to(app.url)
    assert (await link.frame())["reason"] == "link_disabled"
    await until(lambda: emulator.state()["request_url"]["is_verified"])

    emulator.deliver_to(None)
    emulator.people.message(ANA, "dm", "hello")

    assert emulator.state()["request_url"] is None
    assert (await (await connect()).event())["text"] == "hello"
    assert app.seen == []
