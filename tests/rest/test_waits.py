"""
Those who wait at a real gateway's door.
"""

from __future__ import annotations

import asyncio

from gateway.api.waits import MOST
from tests.process import PATIENCE, Gateway
from tests.rest.conftest import TOKEN, door

CALL = {"tool": "migrate", "arguments": {"table": "orders"}}


async def test_who_has_left_takes_no_place(house: Gateway):
    """
    With as many long polls open as a client may have, one more is told so, and so is a stream, by the status of its
    answer; once those who waited have hung up their places are free, long before the polls would have ended.
    """
    async with door(house) as client, asyncio.timeout(3 * PATIENCE):
        answer = await client.post("/requests", json=CALL, headers={"Idempotency-Key": "k1"})
        path = f"/requests/{answer.json()['id']}"
        asked = f"GET /v1{path}?wait=60 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n\r\n".encode()
        lines = [await asyncio.open_connection("127.0.0.1", house.port) for _ in range(MOST + 1)]
        for _, line in lines:
            line.write(asked)
        heads = [asyncio.create_task(answers.readline()) for answers, _ in lines]
        (refused,), others = await asyncio.wait(heads, return_when=asyncio.FIRST_COMPLETED)
        streamed = await client.get(f"{path}/events")
        for _, line in lines:
            line.close()
        await asyncio.wait(others)
        while (free := await client.get(f"{path}?wait=1")).status_code == 429:
            pass

    assert refused.result().startswith(b"HTTP/1.1 429")
    assert all(other.result() == b"" for other in others)
    assert (429, "urn:ringback:problem:too-many") == (streamed.status_code, streamed.json()["type"])
    assert 200 == free.status_code
    assert "Traceback" not in (house.folder / "gateway.log").read_text()
