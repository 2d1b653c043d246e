"""
The client for Python.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from agent_core.addresses import Party
from agent_core.policy import Rule
from agent_core.requests import Decision, Rung, Where, Who
from gateway import client
from gateway.client import Asked, AsyncClient, Client, Problem
from tests.gateway.agents import echo
from tests.gateway.door import TOKEN, Enter
from tests.gateway.house import ANA, House, Make
from tests.gateway.receiver import receiver

CALL: dict[str, Any] = {"tool": "deploy", "arguments": {"environment": "staging"}}


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other at once."""
    monkeypatch.setattr(client, "PAUSES", (0.01,))


def at(house: House, enter: Enter) -> AsyncClient:
    """A client of a house, through its door."""
    return AsyncClient("http://door", TOKEN, http=enter(house))


def answer(status: int, body: object, *headers: str) -> bytes:
    """What a web server says."""
    content = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(content)}", "Connection: close", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


async def test_somebody_is_asked_and_waited_for(make: Make, enter: Enter):
    """
    The verdict comes back with who gave it; with the same key it is there at once.
    """
    async with make(echo) as house, at(house, enter) as ringback:
        asking = asyncio.create_task(ringback.ask("k1", **CALL))
        await house.runtime.settle()
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        verdict = await asking
        again = await ringback.ask("k1", **CALL)

        assert ("settled", "approved", True, "ana", "Ana") == (
            *(verdict.status, verdict.outcome, verdict.approved, verdict.by, verdict.name),
        )
        assert verdict == again


async def test_a_wait_has_an_end(make: Make, enter: Enter):
    """
    After its time the request is returned as it stands, and can be waited for again.
    """
    async with make(echo) as house, at(house, enter) as ringback:
        asking = asyncio.create_task(ringback.ask("k1", timeout=5, **CALL))
        await house.runtime.settle()
        await house.runtime.advance(5)
        asked = await asking
        waiting = asyncio.create_task(ringback.wait(asked))
        await house.runtime.settle()
        await house.press(ANA, asked.id, Decision.DENY)

        assert ("open", None, False, False) == (asked.status, asked.outcome, asked.approved, asked.ended)
        assert ("denied", False, True) == ((ended := await waiting).outcome, ended.approved, ended.ended)


async def test_a_long_poll_is_over_before_a_proxy_cuts_it():
    """
    Many give up on a connection on which nothing comes for 30 seconds: waiting is made of shorter polls.
    """
    asked = {"id": "r1", "status": "open"}
    async with (
        receiver(0, answer(200, asked), answer(200, asked), answer(200, ENDED)) as there,
        AsyncClient(f"http://127.0.0.1:{there.port}", TOKEN) as ringback,
    ):
        assert (await ringback.ask("k1", title="t")).ended

    lines = [headers[":request"] for headers, _ in there.got]
    assert ["/v1/requests", *["/v1/requests/r1?wait=25"] * 2] == [line.split()[1] for line in lines]


async def test_requests_are_listed_and_withdrawn(make: Make, enter: Enter):
    """
    A list has all of its pages; who is withdrawn too late is returned as it was decided.
    """
    async with make(echo) as house, at(house, enter) as ringback:
        made = [await ringback.create(f"k{number}", **CALL) for number in range(3)]
        await house.runtime.settle()
        await house.press(ANA, made[0].id, Decision.APPROVE)
        ended = [await ringback.cancel(one.id) for one in made[:2]]

        assert [one.id for one in made[::-1]] == [one.id for one in await ringback.list(limit=1)]
        assert ["approved", "cancelled"] == [one.outcome for one in ended]
        assert made[2].id == (await ringback.get(made[2].id)).id


async def test_what_is_asked_back_is_answered_and_others_are_asked(make: Make, enter: Enter):
    """
    The answer stands under the card, whoever the ladder names is asked at once, and the request is still open.
    """
    ladder = (Rung(after=3_600, people=(Party("rita"),)),)
    rule = Rule(tool="deploy", who=Who(people=(Party("ana"),)), where=Where(targets=("people",), ladder=ladder))
    async with make(echo, rules=(rule,)) as house, at(house, enter) as ringback:
        asked = await ringback.create("k1", **CALL)
        await house.runtime.settle()
        with pytest.raises(Problem, match="asked anything back") as early:
            await ringback.answer(asked.id, "Because.")
        await house.write(ANA, "why today?", under=house.card(ANA).id)
        answered = await ringback.answer(asked.id, "The shop is down.")
        further = await ringback.escalate(asked.id, "Nobody is there.")
        await house.runtime.settle()

        assert "no-question" == early.value.type
        assert ["why today?", "The shop is down."] == [said["text"] for said in answered.body["said"]]
        assert {"ci: The shop is down.", "Nobody is there."} <= set(house.texts(ANA))
        assert ("open", ["Ana", "Rita"]) == (further.status, further.body["asked"])


async def test_what_is_said_twice_has_one_key():
    """
    A connection that breaks in an escalation or an answer is tried again, with the key that it had.
    """
    busy = answer(503, {"detail": "later"}, "Retry-After: 0")
    async with receiver(0, b"", answer(200, ENDED), busy, answer(200, ENDED)) as there:
        url = f"http://127.0.0.1:{there.port}"
        async with AsyncClient(url, TOKEN) as ringback:
            await ringback.escalate("r1")
        with Client(url, TOKEN) as ringback_too:
            await asyncio.to_thread(ringback_too.answer, "r1", "Because.", key="mine")

        keys = [headers["idempotency-key"] for headers, _ in there.got]
        assert (keys[0], "mine", "mine") == (keys[1], *keys[2:])
        assert 32 == len(keys[0])


async def test_a_refusal_says_what_to_do(make: Make, enter: Enter):
    """
    What cannot be asked raises the problem, with its kind and its sentence.
    """
    async with make(echo) as house, at(house, enter) as ringback:
        with pytest.raises(Problem, match="422: 'otto' is nobody") as refused:
            await ringback.ask("k1", to=["otto"], **CALL)

        assert (422, "invalid") == (refused.value.status, refused.value.type)


ENDED = {"id": "r1", "status": "refused", "refused": "nobody"}
BUSY = answer(503, {"detail": "later"}, "Retry-After: 0")


@pytest.mark.parametrize("answers", [[b"", answer(200, ENDED)], [BUSY, answer(502, "bad"), answer(200, ENDED)]])
async def test_what_breaks_is_tried_again(answers: list[bytes]):
    """
    A connection that breaks and a gateway that is busy are waited for, sync or not; the key makes it one request.
    """
    async with receiver(0, *answers, *answers) as there:
        url = there.url.rpartition("/")[0]
        asked = await AsyncClient(url, TOKEN).ask("k1", **CALL)
        there.answers[:] = answers
        with Client(url, TOKEN) as ringback:
            same = await asyncio.to_thread(ringback.ask, "k1", **CALL)

        assert (
            asked
            == same
            == Asked("r1", "refused", None, False, None, "", "", "", "", None, {}, {}, "", "", "nobody", ENDED)
        )
        assert 2 * len(answers) == len(there.got)
        assert {"k1"} == {headers["idempotency-key"] for headers, _ in there.got}
        assert {f"Bearer {TOKEN}"} == {headers["authorization"] for headers, _ in there.got}


@pytest.mark.parametrize(
    ("answers", "error"),
    [([b""], httpx.TransportError), ([BUSY], Problem), ([answer(500, {"detail": "x"})], Problem)],
)
async def test_patience_has_an_end(monkeypatch: pytest.MonkeyPatch, answers: list[bytes], error: type[Exception]):
    """
    What does not get better is raised; a fault of the gateway's at once.
    """
    monkeypatch.setattr(client, "PATIENCE", 0.05)
    async with receiver(0, *answers) as there:
        with pytest.raises(error):
            await AsyncClient(there.url.rpartition("/")[0], TOKEN).create("k1", **CALL)
        assert len(there.got) == (1 if answers[0].startswith(b"HTTP/1.1 500") else 6)
