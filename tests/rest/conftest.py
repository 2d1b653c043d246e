"""
A real gateway with a client, and that client's HTTP.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.process import Gateway, gateway

TOKEN = "a-token-of-the-test"
CLIENT = """
[[clients]]
name = "ci"
token = "env:CI_TOKEN"
to = ["role:release"]
per_minute = 1000000
webhook_secret = "env:CI_HOOK"
inside = true
"""
HOOK = f"whsec_{'A' * 43}="


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that is running, on the emulated Slack."""
    async with gateway(tmp_path) as one:
        one.environment |= {"CI_TOKEN": TOKEN, "CI_HOOK": HOOK}
        one.config.write_text(one.config.read_text() + CLIENT)
        await one.start()
        yield one


def door(house: Gateway) -> httpx.AsyncClient:
    """The client's way in, as the gateway runs now."""
    url = f"http://127.0.0.1:{house.port}/v1"
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=70)
