"""
The sandbox's server.
"""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from adapters import registry
from gateway.sandbox import channel
from gateway.sandbox.server import Site


@pytest.fixture
async def client(folder: Path):
    site = Site(folder, channel.build_all(folder, list(registry.EMULATORS)[1:]), None)
    transport = httpx.ASGITransport(site.app(), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:8700") as asking:
        yield asking
    site.close()


async def test_page_keeps_to_itself(client: httpx.AsyncClient):
    """
    The page is served with a policy that lets no script or style in but its own.
    """
    page = await client.get("/")

    assert "text/html; charset=utf-8" == page.headers["content-type"]
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert "unsafe" not in page.headers["content-security-policy"]
    assert "no-store" == page.headers["cache-control"]


async def test_about_tells_people_and_panes(client: httpx.AsyncClient):
    """
    The page learns whom one can be, what one can say, and where each channel is.
    """
    about = (await client.get("/about")).json()

    assert ["rita", "ana", "ben", "otto"] == [person["id"] for person in about["people"]]
    assert "deploy v1.4.2 to production" in about["people"][0]["phrases"]
    assert set(registry.EMULATORS) == set(about["panes"])


async def test_emulator_is_mounted_by_its_name(client: httpx.AsyncClient):
    """
    The emulated API answers below the channel's name.
    """
    answer = await client.post("/slack/api/auth.test")

    assert "not_authed" == answer.json()["error"]


@pytest.mark.parametrize("path", ["/threads/t", "/contexts/d", "/panes/slack/adapter.py", "/static/../main.py"])
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, path: str):
    """
    An unknown thread, context or file is a plain 404.
    """
    assert 404 == (await client.get(path)).status_code


async def test_without_a_gateway_there_is_nothing_to_kill(client: httpx.AsyncClient):
    """
    With `--emulators-only` the buttons' addresses answer 404.
    """
    assert 404 == (await client.post("/gateway/kill")).status_code
    assert 404 == (await client.post("/gateway/nonsense")).status_code


@pytest.mark.parametrize(
    ("host", "origin"), [("example.org", None), ("localhost:8700", "http://example.org"), ("example.org", "null")]
)
async def test_foreign_pages_are_refused(client: httpx.AsyncClient, host: str, origin: str | None):
    """
    Neither a foreign name nor a foreign page reaches the page, the emulator or the gateway.
    """
    headers = {"host": host} | ({"origin": origin} if origin else {})

    for path in ("/gateway/kill", "/slack/human/message", "/slack/api/chat.postMessage"):
        answer = await client.post(path, headers=headers, json={})
        assert 403 == answer.status_code
