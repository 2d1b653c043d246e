"""
Who is let in by the door.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from pydantic import SecretStr

from gateway.api.guard import BODY_LIMIT, LARGEST_BODY, Allowance
from gateway.sections import ClientSettings
from tests.gateway.agents import echo
from tests.gateway.door import OTHER, TOKEN, Enter, a_request, keyed
from tests.gateway.house import Make


@pytest.mark.parametrize(
    "header", [None, "", TOKEN, f"Basic {TOKEN}", "Bearer", "Bearer x", f"Bearer {TOKEN}x", "Bearer töken"]
)
async def test_without_a_token_nobody_comes_in(make: Make, enter: Enter, header: str | None):
    """
    No token, a wrong one and one shown wrongly are told what to show; nothing else of the door is seen.
    """
    async with make(echo) as house, enter(house) as door:
        del door.headers["authorization"]
        headers = {} if header is None else {"Authorization": header.encode()}
        for answer in (await door.get("/requests", headers=headers), await door.get("/nothing", headers=headers)):
            assert (401, "Bearer") == (answer.status_code, answer.headers["www-authenticate"])
            assert "application/problem+json" == answer.headers["content-type"]


async def test_two_tokens_count_while_one_is_replaced(make: Make, enter: Enter):
    """
    The token before counts as well, as long as the settings name it.
    """
    async with make(echo) as house, enter(house) as door:
        for token in (OTHER, OTHER[::-1]):
            assert 200 == (await door.get("/requests", headers={"Authorization": f"bearer {token}"})).status_code


async def test_a_token_does_what_its_scopes_say(make: Make, enter: Enter):
    """
    Who may only read asks nobody and withdraws nothing.
    """
    async with make(echo) as house, enter(house, token=OTHER) as door:
        asked = await door.post("/requests", json=a_request(), headers=keyed())
        cancelled = await door.post("/requests/x/cancel")

        assert [403, 403] == [asked.status_code, cancelled.status_code]
        assert "requests:write" in asked.json()["detail"]


async def test_who_comes_too_often_waits(make: Make, enter: Enter):
    """
    Beyond its minute's worth a client is told when there is more; others are not held up.
    """
    few = ClientSettings(name="few", token=SecretStr(TOKEN), per_minute=2)
    other = ClientSettings(name="other", token=SecretStr(OTHER))
    async with make(echo) as house, enter(house, few, other) as door:
        answers = [await door.get("/requests") for _ in range(3)]
        besides = await door.get("/requests", headers={"Authorization": f"Bearer {OTHER}"})
        await house.runtime.advance(30.0)
        later = [await door.get("/requests") for _ in range(2)]

        assert [200, 200, 429] == [answer.status_code for answer in answers]
        assert "31" == answers[-1].headers["retry-after"]
        assert [200, 200, 429] == [answer.status_code for answer in (besides, *later)]


def test_an_allowance_is_never_more_than_a_minutes_worth():
    """
    Whoever was away for a day has no more than whoever was away for a minute.
    """
    one = Allowance(60, 0.0)

    assert [0.0] * 60 == [one.take(86_400.0) for _ in range(60)]
    assert 1.0 == one.take(86_400.0)


@pytest.mark.parametrize("size", [LARGEST_BODY + 1, 10 * LARGEST_BODY])
@pytest.mark.parametrize("told", [True, False])
async def test_a_large_body_is_refused_in_words(make: Make, enter: Enter, size: int, told: bool):
    """
    Whether its length is told before or not, a body that is too large is not read to its end.
    """
    given = 0

    async def body() -> AsyncIterator[bytes]:
        nonlocal given
        for _ in range(size // 1024 + 1):
            given += 1024
            yield b"x" * 1024

    async with make(echo) as house, enter(house) as door:
        headers = keyed() | ({"Content-Length": str(size)} if told else {})
        answer = await door.post("/requests", content=body(), headers=headers)

        assert (413, "urn:ringback:problem:too-large") == (answer.status_code, answer.json()["type"])
        assert "131,072 bytes" in answer.json()["detail"]


async def test_a_body_that_does_not_come_is_not_waited_for(make: Make, enter: Enter):
    """
    After a while the client is told, and nothing is kept open for it.
    """

    async def never() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with make(echo) as house, enter(house) as door:
        asking = asyncio.create_task(door.post("/requests", content=never(), headers=keyed()))
        await house.runtime.advance(BODY_LIMIT)

        assert 408 == (await asking).status_code
