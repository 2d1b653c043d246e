"""
What the page is told, as it happens.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from gateway.sandbox.feed import Feed


class Page:
    """One reader of the stream."""

    def __init__(self, feed: Feed) -> None:
        self._stream = feed.response().body_iterator

    async def told(self) -> tuple[str, Any]:
        """The next event and its data."""
        async with asyncio.timeout(5):
            event, data = str(await anext(self._stream)).splitlines()[:2]
        return event.removeprefix("event: "), json.loads(data.removeprefix("data: "))


async def test_page_learns_everything_at_first():
    """
    A new page is told to look at each channel, and how things stand.
    """

    async def look() -> dict[str, Any]:
        return {"gateway": "running"}

    feed = Feed(look, ("mail", "slack"))
    page = Page(feed)

    assert ("channel", {"name": "mail"}) == await page.told()
    assert ("channel", {"name": "slack"}) == await page.told()
    assert ("state", {"gateway": "running"}) == await page.told()
    feed.close()


async def test_state_is_told_when_it_changes():
    """
    The state comes again only when it is another one, and at once when somebody says that it is.
    """
    state = {"changes": 0}

    async def look() -> dict[str, Any]:
        return dict(state)

    feed = Feed(look, ())
    page = Page(feed)
    assert ("state", {"changes": 0}) == await page.told()

    state["changes"] = 1
    feed.look_now()
    assert ("state", {"changes": 1}) == await page.told()
    feed.look_now()
    feed.changed("slack")
    assert ("channel", {"name": "slack"}) == await page.told()
    feed.close()


async def test_stream_ends_with_the_sandbox():
    """
    A page's stream ends when the sandbox does, and one that is opened afterwards is empty.
    """

    async def look() -> dict[str, Any]:
        return {}

    feed = Feed(look, ("slack",))
    page = Page(feed)
    assert ("channel", {"name": "slack"}) == await page.told()
    assert ("state", {}) == await page.told()

    feed.close()

    assert [] == [part async for part in page._stream]
    assert [] == [part async for part in feed.response().body_iterator]
