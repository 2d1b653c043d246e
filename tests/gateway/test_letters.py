"""
Mail: each reader has a letter of their own, and hears by it how a request ended.
"""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from adapters.base import Capabilities, Part, Receipt
from agent_core.addresses import ConversationKey
from agent_core.requests import Decision
from gateway.store.sqlite_reader import FILE
from tests.gateway.agents import World
from tests.gateway.house import ANA, BEN, RITA, House
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime

HERS = f"slack:T1/{ANA}"


class Post(Loopback):
    """Ana's conversation is one of letters, which stay on their way until they may arrive."""

    may_arrive: asyncio.Event

    def capabilities(self, conversation: ConversationKey) -> Capabilities:
        found = super().capabilities(conversation)
        written = {"letters": True, "edits": False, "forms": False, "buttons": 0}
        return replace(found, **written) if conversation == HERS else found

    async def deliver(self, part: Part) -> Receipt:
        if part.kind == "ask" and part.conversation == HERS:
            await self.may_arrive.wait()
        return await super().deliver(part)


async def test_who_is_written_to_as_it_ends_hears_of_it(tmp_path: Path, runtime: HandRuntime):
    """
    Ben decides while Ana's letter is on its way: the letter arrives, and another one in reply to it says how it ended.
    """
    world, post = World(), Post(runtime.now)
    post.may_arrive = asyncio.Event()
    async with House(tmp_path, runtime, post, [world.deployer(world.deploy())]) as house:
        await house.write(RITA, "go")
        assert [] == house.seen(ANA)
        await house.press(BEN, house.card(BEN).request, Decision.APPROVE)
        post.may_arrive.set()
        await runtime.settle()
        await runtime.advance(5)

        card, *others = house.seen(ANA)
        assert "ask" == card.kind
        assert any("Approved by Ben" in said.text and said.under == card.id for said in others)


async def test_letters_from_before_readers_were_stored(tmp_path: Path, runtime: HandRuntime):
    """
    A letter that an earlier gateway sent, which did not store to whom, is followed by how it ended as well.
    """
    world, post = World(), Post(runtime.now)
    post.may_arrive = asyncio.Event()
    post.may_arrive.set()
    agents = [world.deployer(world.deploy())]
    async with House(tmp_path, runtime, post, agents) as house:
        await house.write(RITA, "go")
    with closing(sqlite3.connect(tmp_path / FILE)) as db, db:
        changed = db.execute("UPDATE copies SET body = json_remove(body, '$.readers') WHERE body ->> '$.readers' != ''")
        assert changed.rowcount
    async with House(tmp_path, runtime, post, agents) as house:
        await house.press(BEN, house.card(BEN).request, Decision.APPROVE)

        card, *others = house.seen(ANA)
        assert any("Approved by Ben" in said.text and said.under == card.id for said in others)
