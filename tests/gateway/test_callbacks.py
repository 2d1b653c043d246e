"""
Clients that are told how their requests ended.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from agent_core.policy import Rule
from agent_core.requests import Decision
from gateway.sections import ClientSettings
from gateway.store.rows import DAY
from tests.gateway.agents import echo
from tests.gateway.door import TOKEN, Enter, a_request, keyed
from tests.gateway.house import ANA, BEN, House, Make
from tests.gateway.receiver import Receiver, receiver
from tests.gateway.test_webhooks import a_client


def told_at(url: str | None) -> ClientSettings:
    """The client of these tests, with a webhook."""
    known: ClientSettings = a_client().model_copy(update={"webhook": url, "to": ["role:release"]})
    return known.model_copy(update={"token": known.token.__class__(TOKEN)})


async def arrived(there: Receiver, times: int = 1) -> list[Any]:
    """What a receiver has got, once it is so many."""
    async with asyncio.timeout(10):
        while len(there.got) < times:
            await asyncio.sleep(0.01)
    return [json.loads(body) for _, body in there.got]


async def noted(house: House, status: str) -> list[Any]:
    """The webhooks' rows, once one has this status."""
    async with asyncio.timeout(10):
        while True:
            await house.runtime.advance(0.1)
            rows = [row for row in await house.store.deliveries() if row.kind == "webhook"]
            if any(row.status == status for row in rows):
                return rows
            await asyncio.sleep(0.01)


async def tried(house: House, times: int) -> Any:
    """The row of a webhook that waits for its next try, once it was tried so often."""
    async with asyncio.timeout(10):
        while True:
            (row,) = await noted(house, "new")
            if row.attempts >= times:
                return row


async def test_a_client_is_told_how_it_ended(make: Make, enter: Enter):
    """
    What comes is the request as the API shows it; an edit of nothing, once, by its own id; a refused one says why.
    """
    rules = (Rule(tool="drop", effect="forbid", reason="Never."),)
    async with receiver() as there:
        client = told_at(there.url)
        async with make(echo, clients=[client], rules=rules) as house, enter(house, client) as door:
            created = (await door.post("/requests", json=a_request(state=[1]), headers=keyed())).json()
            await house.runtime.settle()
            assert [] == there.got
            await house.press(ANA, created["id"], Decision.APPROVE)
            await arrived(there)
            await door.post("/requests", json=a_request(tool="drop"), headers=keyed("k2"))
            settled, refused = await arrived(there, 2)
            stands = (await door.get(f"/requests/{created['id']}")).json()
            rows = await noted(house, "sent")

            assert ("request.settled", "request.refused") == (settled["type"], refused["type"])
            assert stands == settled["data"]
            assert ("Never.", "k2") == (refused["data"]["refused"], refused["data"]["key"])
            assert {"api:ci/k1", "api:ci/k2"} == {row.conversation for row in rows}
            assert 2 == len({headers["webhook-id"] for headers, _ in there.got})


async def test_a_client_is_told_what_people_ask_back(make: Make, enter: Enter):
    """
    A question comes as it stands, with the request still open, so that the client can answer it.
    """
    async with receiver() as there:
        client = told_at(there.url)
        async with make(echo, clients=[client]) as house, enter(house, client) as door:
            await door.post("/requests", json=a_request(), headers=keyed())
            await house.runtime.settle()
            await house.write(ANA, "why today?", under=house.card(ANA).id)
            (told,) = await arrived(there)

            assert ("request.question", "open") == (told["type"], told["data"]["status"])
            assert "why today?" == told["data"]["said"][-1]["text"]
            assert None is not told["data"]["due"]


async def test_a_request_names_another_place(make: Make, enter: Enter):
    """
    Its own callback goes before the settings'; one that leads inside, or could not be signed, is refused at once.
    """
    outside = told_at(None).model_copy(update={"inside": False})
    unsigned = outside.model_copy(update={"webhook_secret": None})
    async with receiver() as there, receiver() as other:
        client = told_at(other.url)
        async with make(echo, clients=[client]) as house, enter(house, client) as door:
            created = (await door.post("/requests", json=a_request(callback=there.url), headers=keyed())).json()
            await door.post(f"/requests/{created['id']}/cancel")
            assert "cancelled" == (await arrived(there))[0]["data"]["settlement"]["outcome"]
            assert [] == other.got
        async with make(echo) as house, enter(house, outside) as door:
            inside = await door.post("/requests", json=a_request(callback=there.url), headers=keyed("k2"))
        async with make(echo) as house, enter(house, unsigned) as door:
            how = a_request(callback="https://ci.example/")
            without = await door.post("/requests", json=how, headers=keyed("k3"))

        assert [422, 422] == [inside.status_code, without.status_code]
        assert "callback: it has to be an https" in inside.json()["detail"]
        assert "webhook_secret" in without.json()["detail"]


async def test_a_receiver_that_is_down_for_a_day(make: Make, enter: Enter):
    """
    It is tried again, ever more rarely, over a restart too, and comes under the same id whenever it does.
    """
    async with receiver() as there:
        url, port = there.url, there.port
    client = told_at(url)
    async with make(echo, clients=[client]) as house, enter(house, client) as door:
        created = (await door.post("/requests", json=a_request(), headers=keyed())).json()
        await house.runtime.settle()
        await house.press(ANA, created["id"], Decision.DENY)
        for hour in range(1, 13):
            await house.runtime.advance(3_600)
            row = await tried(house, hour)
    async with make(echo, clients=[client]) as house:
        await house.runtime.advance(DAY / 2)
        async with receiver(port) as there:
            async with asyncio.timeout(10):
                while not there.got:  # the clock may run ahead of what the network has done
                    await house.runtime.advance(3_600)
                    await asyncio.sleep(0.05)
            told, *_ = await arrived(there)
            (sent,) = await noted(house, "sent")

            assert "denied" == told["data"]["settlement"]["outcome"]
            assert {row.id, sent.id} == {headers["webhook-id"] for headers, _ in there.got}
            assert row.reason  # could not be reached, or no answer in time where the clock was moved meanwhile
            assert row.attempts < 40
            assert sent.attempts < 80


async def test_after_three_days_it_is_given_up(make: Make, enter: Enter):
    """
    Then it is dead, the owner hears of it once for all of a client's, and by hand it goes out again.
    """
    async with receiver(0, b"HTTP/1.1 503 Down\r\n\r\n") as there:
        client = told_at(there.url)
        async with make(echo, clients=[client]) as house, enter(house, client) as door:
            for key in ("k1", "k2"):
                created = (await door.post("/requests", json=a_request(), headers=keyed(key))).json()
                await door.post(f"/requests/{created['id']}/cancel")
            await arrived(there, 2)
            for _ in range(75):
                await house.runtime.advance(3_600)
                await asyncio.sleep(0.01)
            rows = await noted(house, "dead")
            told = [text for text in house.texts(BEN) if "webhook" in text]
            there.answers[:] = [b"HTTP/1.1 200 OK\r\n\r\n"]
            assert await house.store.retry(rows[0].id)
            house.outbox.wake()
            again = await noted(house, "sent")

            assert ["dead", "dead"] == [row.status for row in rows]
            assert len(told) <= 2 * 4  # a reason, and that it is given up, each day
            assert rows[0].id in {row.id for row in again if row.status == "sent"}
            assert rows[0].id == there.got[-1][0]["webhook-id"]


async def test_what_a_receiver_took_when_we_died_comes_again_under_its_id(make: Make, enter: Enter):
    """
    A webhook may be repeated: whoever keeps its id takes it once.
    """
    async with receiver(0, b"HTTP/1.1 200 OK\r\n") as there:  # and never the end of its head
        client = told_at(there.url)
        async with make(echo, clients=[client]) as house, enter(house, client) as door:
            created = (await door.post("/requests", json=a_request(), headers=keyed())).json()
            await door.post(f"/requests/{created['id']}/cancel")
            await arrived(there)
        there.answers[:] = [b"HTTP/1.1 200 OK\r\n\r\n"]
        async with make(echo, clients=[client]) as house:
            await house.runtime.advance(5)
            await arrived(there, 2)
            await noted(house, "sent")

            assert 1 == len({headers["webhook-id"] for headers, _ in there.got})
            assert there.got[0][1] == there.got[1][1]
