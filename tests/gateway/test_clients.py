"""
What clients outside of any channel want asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from agent_core.addresses import Party
from agent_core.requests import Decision, Where, Who
from gateway import clients, control
from gateway.control import Control
from gateway.directory import Directory
from gateway.errors import GatewayError
from tests.gateway.agents import echo
from tests.gateway.house import ANA, PEOPLE, RITA, House, Make

DIRECTORY = Directory(PEOPLE, ["slack:T1"])
ASKED = {
    "do": "ask",
    "client": "cli",
    "key": "k1",
    "to": "ana",
    "me": "rita",
    "request": {"kind": "approval", "title": "Deploy?", "patience": 3_600},
}


@asynccontextmanager
async def door(house: House, folder: Path) -> AsyncIterator[Control]:
    """The operator's door, open."""
    one = Control(
        house.store, house.outbox, house.world.directory, house.health, house.reloading, folder, house.runtime
    )
    running = asyncio.create_task(one.run())
    while not (folder / control.SOCKET).exists():
        await asyncio.sleep(0)
    yield one
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def verdict(house: House, asked: dict[str, Any]) -> dict[str, Any]:
    """Wait for how a request ended."""
    return [answer async for answer in clients.follow(house.store, house.world.directory, asked)][-1]


@pytest.mark.parametrize(
    ("to", "who", "targets"),
    [
        ("ana", Who(people=(Party("ana"),)), ("people",)),
        ("@me", Who(people=(Party("rita"),)), ("people",)),
        ("slack:@me", Who(people=(Party("rita"),)), ("slack:T1/URITA",)),
        ("slack:T1/UANA", Who(people=(Party("ana"),)), ("slack:T1/UANA",)),
        ("role:release", Who(roles=("release",)), ("people",)),
    ],
)
def test_whom_a_client_can_name(to: str, who: Who, targets: tuple[str, ...]):
    """
    A person, a role, an identity and oneself; an identity counts as its person.
    """
    assert (who, Where(targets=targets)) == clients.addressee(DIRECTORY, to, Party("rita"))


def test_several_can_be_named():
    """
    Somebody's account says where to ask them, an id or a role whom; a client that is nobody has no `@me`.
    """
    who, where = clients.addressees(DIRECTORY, ["slack:T1/UANA", "role:release", "ana"])

    assert Who(people=(Party("ana"),), roles=("release",)) == who
    assert Where(targets=("slack:T1/UANA", "people")) == where
    for me in ("@me", "slack:@me"):
        with pytest.raises(GatewayError, match="nobody in"):
            clients.addressees(DIRECTORY, [me])


@pytest.mark.parametrize(
    ("allowed", "to", "may"),
    [
        (["people"], ["ana", "role:owner"], True),
        (["role:release"], ["ana", "role:release"], True),  # ana releases
        (["role:release"], ["rita"], False),
        (["role:release"], ["role:release", "role:owner"], False),
        (["rita"], ["rita"], True),
        ([], ["rita"], False),
        ([], [], True),
    ],
)
def test_whom_settings_let_a_client_name(allowed: list[str], to: list[str], may: bool):
    """
    Everybody, a role with whoever has it, or one person; nobody has to be named.
    """
    assert may is clients.may_ask(DIRECTORY, allowed, clients.addressees(DIRECTORY, to)[0])


@pytest.mark.parametrize("to", ["bob", "slack:T1/UOTTO", "slack:T1/COPS", "slack", "", "discord:@me"])
def test_whom_it_cannot_name(to: str):
    """
    Strangers, channels and nobody are refused in a sentence.
    """
    with pytest.raises(GatewayError, match=r"nobody in \[\[people\]\]|no account on"):
        clients.addressee(DIRECTORY, to, Party("rita"))


async def test_a_request_is_asked_once_and_its_verdict_stands(make: Make):
    """
    Sent again with its key, before the answer and after it, it is one card and one outcome.
    """
    async with make(echo) as house:
        waiting = [asyncio.create_task(verdict(house, ASKED)) for _ in range(3)]
        await house.runtime.settle()
        cards = [message for message in house.seen(ANA) if message.kind == "ask"]
        assert 1 == len(cards)
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        told = await asyncio.gather(*waiting, verdict(house, ASKED))

        assert [("approved", "ana")] * 4 == [(one["outcome"], one["by"]) for one in told]
        assert ["RunStarted", "RequestOpened", "ResponseGiven", "RequestSettled", "RunEnded"] == await house.names(
            "api:cli/k1"
        )


async def test_other_terms_under_a_known_key_are_refused(make: Make):
    """
    A key is one request; another person, question or deadline is another one.
    """
    async with make(echo) as house:
        first = asyncio.create_task(verdict(house, ASKED))
        await house.runtime.settle()
        for other in ({"to": "ben"}, {"request": {**ASKED["request"], "title": "Delete?"}}):  # type: ignore[dict-item]
            with pytest.raises(GatewayError, match="used to ask something else"):
                await verdict(house, {**ASKED, **other})
        first.cancel()


async def test_nobody_to_ask(make: Make):
    """
    Where nobody has the role, that is the verdict, and no run is on hold.
    """
    async with make(echo) as house:
        ended = asyncio.create_task(verdict(house, {**ASKED, "to": "role:pilot"}))
        await house.runtime.settle()

        assert "no_route" == (await ended)["outcome"]
        assert [("ended", "done")] == await house.status()


async def test_restarted_by_the_owner_it_asks_anew(make: Make):
    """
    Of several runs the last one speaks.
    """
    async with make(echo) as house:
        waiting = asyncio.create_task(verdict(house, ASKED))
        await house.runtime.settle()
        await house.act("restart")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert "approved" == (await waiting)["outcome"]


async def test_a_long_answer_comes_through_the_door(make: Make, tmp_path: Path):
    """
    As much as a message can hold reaches the command line, in whatever script it is written.
    """
    question = {**ASKED, "request": {"kind": "question", "title": "Why?", "patience": 60}}
    async with make(echo) as house, door(house, tmp_path):

        async def told() -> list[dict[str, Any]]:
            return [answer async for answer in control.follow(tmp_path, question)]

        waiting = asyncio.create_task(told())
        while not house.seen(ANA):
            await house.runtime.settle()
        await house.runtime.settle()  # and its receipt is stored
        await house.write(ANA, "語" * 60_000, under=house.card(ANA).id)

        assert "語" * 60_000 == (await waiting)[-1]["answer"]


def answering() -> list[str]:
    """What is at work for clients."""
    names = [getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks()]
    return [name for name in names if name.startswith(("Control._answer", "Control._follow"))]


async def test_whoever_hangs_up_is_waited_for_no_more(make: Make, tmp_path: Path):
    """
    A client that goes away leaves its request, and nothing else, in the gateway.
    """
    async with make(echo) as house, door(house, tmp_path):
        _, writer = await asyncio.open_unix_connection(tmp_path / control.SOCKET)
        writer.write(json.dumps(ASKED).encode() + b"\n")
        while not house.seen(ANA):
            await house.runtime.settle()
        assert 2 == len(answering())
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        while answering():
            await asyncio.sleep(0)

        assert [("waiting", "Deploy?")] == await house.status()


async def test_a_question_back_reaches_the_asker(make: Make):
    """
    The person in whose name a client asks reads it and can answer it.
    """
    async with make(echo) as house:
        waiting = asyncio.create_task(verdict(house, ASKED))
        await house.runtime.settle()
        await house.write(ANA, "why today?", under=house.card(ANA).id)
        assert "why today?" in house.card(RITA).card.body  # type: ignore[union-attr]
        waiting.cancel()
