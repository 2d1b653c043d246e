"""
The REST door of a real process that is killed.
"""

from __future__ import annotations

import asyncio
import json

import httpx
from standardwebhooks import Webhook

from tests.gateway.receiver import OK, receiver
from tests.process import PATIENCE, Gateway, until
from tests.rest.conftest import HOOK, door

ANA = "U00000ANA"
CALL = {"tool": "migrate", "arguments": {"table": "orders"}}
KEY = {"Idempotency-Key": "nightly-1"}


async def kill(house: Gateway) -> None:
    """End the process as a power cut would."""
    assert house.process is not None
    house.process.kill()
    await house.process.wait()


async def test_asked_again_after_a_kill_it_is_the_same_request(house: Gateway):
    """
    POST, kill -9, the same key again: the same id, one card; the verdict comes to whoever asks, and after another kill.
    """
    async with door(house) as client:
        first = await client.post("/requests", json=CALL, headers=KEY)
    await kill(house)
    await house.start()
    async with door(house) as client:
        again = await client.post("/requests", json=CALL, headers=KEY)
        await until(lambda: "Approve migrate?" in "".join(house.seen(ANA)))
        waiting = asyncio.create_task(client.get(f"/requests/{again.json()['id']}?wait=60"))
        house.press(ANA, "ringback.approve")
        ended = await asyncio.wait_for(waiting, PATIENCE)
    await kill(house)
    await house.start()
    async with door(house) as client:
        later = await client.post("/requests", json=CALL, headers=KEY)
        other = await client.post("/requests", json=CALL | {"title": "Another"}, headers=KEY)

    assert [201, 200, 200, 422] == [answer.status_code for answer in (first, again, later, other)]
    assert 1 == len({answer.json()["id"] for answer in (first, again, ended, later)})
    assert ["approved"] * 2 == [answer.json()["settlement"]["outcome"] for answer in (ended, later)]
    assert 1 == sum("migrate" in text for text in house.seen(ANA))


async def test_whoever_waits_through_a_restart_waits_again(house: Gateway):
    """
    A long poll and a stream break with the process; taken up again, both tell how it ended.
    """
    async with door(house) as client:
        path = f"/requests/{(await client.post('/requests', json=CALL, headers=KEY)).json()['id']}"
        await until(lambda: "Approve migrate?" in "".join(house.seen(ANA)))
        broken = [asyncio.create_task(client.get(f"{path}{how}")) for how in ("?wait=60", "/events")]
        await asyncio.sleep(0.2)
        await kill(house)
        ends = await asyncio.gather(*broken, return_exceptions=True)
    await house.start()
    async with door(house) as client:
        again = [asyncio.create_task(client.get(f"{path}{how}")) for how in ("?wait=60", "/events")]
        house.press(ANA, "ringback.deny")
        poll, stream = await asyncio.wait_for(asyncio.gather(*again), PATIENCE)

    assert all(isinstance(end, httpx.TransportError) for end in ends)
    assert "denied" == poll.json()["settlement"]["outcome"]
    states = [json.loads(line[6:]) for line in stream.text.splitlines() if line.startswith("data: ")]
    assert poll.json() == states[-1]


async def test_a_webhook_survives_a_kill(house: Gateway):
    """
    Killed while its receiver is away, the gateway tells the client after its next start, under one id, signed.
    """
    async with receiver() as there:
        url, port = there.url, there.port
    async with door(house) as client:
        created = (await client.post("/requests", json=CALL | {"callback": url}, headers=KEY)).json()
        await until(lambda: "Approve migrate?" in "".join(house.seen(ANA)))
        house.press(ANA, "ringback.approve")
        await client.get(f"/requests/{created['id']}?wait=60")
    await kill(house)
    async with receiver(port, b"HTTP/1.1 500 Not yet\r\n\r\n", OK) as there:
        await house.start()
        await until(lambda: len(there.got) == 2)
        headers, body = there.got[-1]

    told = Webhook(HOOK).verify(body, headers)
    assert ("request.settled", created["id"]) == (told["type"], told["data"]["id"])
    assert "approved" == told["data"]["settlement"]["outcome"]
    assert 1 == len({headers["webhook-id"] for headers, _ in there.got})
    _, listed, _ = await house.run("deliveries", "list", "--json", "--config", str(house.config))
    assert ["api:ci/nightly-1"] == [row["conversation"] for row in json.loads(listed) if row["kind"] == "webhook"]
