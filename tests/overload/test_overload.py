"""
Ten times what a real gateway can take, for five seconds: refused early and cleanly, and nothing acknowledged is lost.

The gateway, the flood and Slack's emulator share this machine with whatever else runs, so what is held here are counts
and orders; limits on time are wide. One flood is looked at by all tests.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from gateway.admission import WAITING
from tests.overload.flood import Told, Wanted, flood, stored
from tests.process import Gateway, gateway, until
from tests.soak.load import process_in, resident

RITA, ANA, OTTO = "U0000RITA", "U00000ANA", "U0000OTTO"
TIMES, SECONDS = 10, 5.0
CONNECTIONS = 1_800  # of the 2,000 that are served some are left for the emulator and whoever asks how it is
PAUSE = 0.1  # seconds between two looks at the process
AGAIN = 1_000  # of the refused events are brought again
GROWTH = 64 * 1024 * 1024  # bytes: 1,800 connections with a request each take about 40 MB, full queues about 10 MB
RECOVERY = 10.0  # seconds; it is a tenth of one where the machine does nothing else

pytestmark = pytest.mark.timeout(180)


@dataclass
class Seen:
    """What was seen of a flood."""

    capacity: float = 0.0  # events a second, from 64 that wait for their answers
    before: int = 0  # bytes
    peak: int = 0
    ready: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    metrics: str = ""
    flood: Told = field(default_factory=Told)
    again: Told = field(default_factory=Told)
    known: Told = field(default_factory=Told)
    press: list[str] = field(default_factory=list)
    recovery: float = 0.0
    stored: Counter[int] = field(default_factory=Counter)
    log: str = ""


async def through_a_flood(folder: Path) -> Seen:
    """Flood a gateway, and see what becomes of it, of those who need it meanwhile, and of what was refused."""
    seen = Seen()
    async with gateway(folder, "http") as house:
        await house.start()
        state = house.emulator.workspace.state
        wanted = Wanted(house.port, state.tokens.signing_secret, state.team_id, state.bot.user_id, OTTO)
        warm = await flood(replace(wanted, seconds=1.0))
        seen.capacity, seen.before = len(warm.taken) / warm.wall, resident(process_in(house.folder))
        house.emulator.people.message(RITA, "dm", "deploy v1 to production")
        await card(house, "v1")

        watching = asyncio.create_task(watch(house, seen))
        load = replace(wanted, seconds=SECONDS, connections=CONNECTIONS, rate=TIMES * seen.capacity, first=10_000_000)
        flooding = asyncio.create_task(flood(load))
        await until(lambda: any(report["overloaded"] for _, report in seen.ready))
        house.press(ANA, "ringback.approve")
        house.emulator.people.message(ANA, "dm", "deploy v2 to staging")
        seen.metrics = await house.metrics()
        seen.flood = await flooding

        began = time.monotonic()
        await told(house, RITA, "v1 is in production now.")
        await told(house, ANA, "v2 is in staging now.")
        house.emulator.people.message(RITA, "dm", "deploy v3 to production")
        await approve(house, "v3")
        seen.recovery = time.monotonic() - began
        watching.cancel()

        seen.again = await flood(replace(wanted, numbers=seen.flood.refused[:AGAIN]))
        seen.known = await flood(replace(wanted, numbers=seen.flood.taken[:AGAIN]))
        deliveries = house.emulator.state()["deliveries"]
        seen.press = [str(each["attempts"][0]["outcome"]) for each in deliveries if each["type"] == "interactive"]
        assert 0 == await house.stop()
    seen.stored, seen.log = stored(folder), (folder / "gateway.log").read_text()
    seen.stored.subtract(warm.taken)
    return seen


async def watch(house: Gateway, seen: Seen) -> None:
    """Look at the process, and ask how it is, until cancelled."""
    while True:
        seen.peak = max(seen.peak, resident(process_in(house.folder)))
        seen.ready.append(await house.readyz())
        await asyncio.sleep(PAUSE)


async def told(house: Gateway, person: str, what: str) -> None:
    """Wait until a person reads something."""
    await until(lambda: any(what in text for text in house.seen(person)))


async def card(house: Gateway, version: str) -> None:
    """Wait until Ana sees a card."""
    await until(lambda: any("Approve deploy?" in text and version in text for text in house.seen(ANA)))


async def approve(house: Gateway, version: str) -> None:
    """Ana approves what Rita asked for, and it happens."""
    await card(house, version)
    house.press(ANA, "ringback.approve")
    await told(house, RITA, f"{version} is in production now")


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """A gateway that was flooded."""
    return asyncio.run(through_a_flood(tmp_path_factory.mktemp("flood")))


def test_it_was_a_flood(seen: Seen):
    """
    More was refused than was taken, and all the while something was taken: more than the queue holds.
    """
    assert len(seen.flood.refused) > len(seen.flood.taken) > WAITING


def test_what_was_acknowledged_is_stored_once(seen: Seen):
    """
    Every event that was answered 200 is in the log exactly once, also when it is brought again, and no other is.
    """
    assert Counter(seen.flood.taken) + Counter(seen.again.taken) == seen.stored


def test_refusals_are_clean(seen: Seen):
    """
    Every answer is 200 or 503, each 503 says when to come again, and no connection breaks or is left unanswered.
    """
    assert {"200", "503"} == set(seen.flood.statuses)
    assert (0, 0, 0) == (seen.flood.bare, seen.flood.broken, seen.flood.unanswered)


def test_refusals_are_quick(seen: Seen):
    """
    Slack gives up after three seconds; of a hundred refusals ninety-nine are there before.
    """
    assert 0 < seen.flood.refusing[0] <= seen.flood.refusing[1] < 3.0


def test_memory_is_bounded(seen: Seen):
    """
    What comes and cannot be taken is not kept.
    """
    assert seen.peak - seen.before < GROWTH


def test_it_says_how_it_is(seen: Seen):
    """
    `/readyz` and `/metrics` answer all the while, the one ready and overloaded, the other with what waits and what was
    refused; the log has a line and not one for each.
    """
    assert {200} == {status for status, _ in seen.ready}
    assert any(report["overloaded"] for _, report in seen.ready)
    assert all(report["waiting"]["disk"] <= 1_024 for _, report in seen.ready)
    assert 'ringback_webhooks_refused_total{channel="slack",reason="overloaded"}' in seen.metrics
    assert 'ringback_facts_waiting{for="disk"}' in seen.metrics
    assert 1 <= seen.log.count("more comes in than can be taken") <= 2


def test_a_press_is_let_in(seen: Seen):
    """
    Who approves in the middle of the flood presses once: it is let in where events are refused.
    """
    assert {"http_error"}.isdisjoint(seen.press)
    assert 2 == len(seen.press)


def test_what_was_refused_is_taken_when_it_comes_again(seen: Seen):
    """
    Afterwards it is as before, within seconds: what was asked for in the flood, a new round trip, the refused events.
    """
    assert seen.recovery < RECOVERY
    assert {"200": AGAIN} == seen.again.statuses == seen.known.statuses
