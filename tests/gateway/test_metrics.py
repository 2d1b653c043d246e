"""
What is measured: the numbers are those of what happened, and nobody reads them who may not.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from agent_core.requests import Decision
from gateway import web
from gateway.metrics import Metrics
from tests.gateway.agents import World
from tests.gateway.house import RITA, House, Make
from tests.process import ROOT


def measured(house: House) -> Metrics:
    """Join a house and what measures it, as the service is joined."""
    metrics = Metrics(house.health, house.admission, lambda: house.owner.stuck)
    house.store.committed, house.outbox.tried, house.owner.decided = metrics.committed, metrics.tried, metrics.decided
    return metrics


async def samples(house: House, metrics: Metrics) -> dict[Any, float]:
    text = metrics.exposition(await house.store.counts()).decode()
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels)))
        if sample.labels
        else sample.name: sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@asynccontextmanager
async def reader(house: House, token: str | None, client: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who reads over HTTP, from an address."""
    app = web.app(house.store, house.owner, house.health, house.admission, measured(house), token, [])
    transport = httpx.ASGITransport(app=app, client=(client, 1234))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as one:
        yield one


async def test_an_approval_from_its_message_to_its_end(make: Make):
    """
    One message, one approval after five minutes and one tool call leave exactly these numbers.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        metrics = measured(house)
        await house.write(RITA, "go")
        await house.runtime.advance(1)
        waiting = await samples(house, metrics)
        await house.runtime.advance(299)
        (row,) = await house.store.requests(status="open")
        await house.press("UANA", row.id, Decision.APPROVE)
        await house.runtime.advance(1)
        ended = await samples(house, metrics)

    assert (1, 1) == (waiting["ringback_threads", "waiting"], waiting["ringback_requests_open"])
    assert 2 == ended["ringback_events_appended_total", "slack"]
    assert 1 == ended["ringback_requests_settled_total", "approved"]
    assert (1, 300) == (ended["ringback_request_answer_seconds_count"], ended["ringback_request_answer_seconds_sum"])
    assert 1 == ended["ringback_tool_calls_total", "ok", "deploy"]
    assert 1 == ended["ringback_runs_ended_total", "bot", "done"]
    assert 3 == ended["ringback_deliveries_total", "slack", "ask", "sent"]
    assert 0 == ended["ringback_requests_open"]
    assert ("ringback_threads", "waiting") not in ended
    assert ended["ringback_commit_batch_size_sum"] >= ended["ringback_commit_duration_seconds_count"] > 5


async def test_what_was_refused_and_what_is_stored_twice(make: Make):
    """
    A repetition is no second event, and refusals of all accounts of a channel count together.
    """
    async with make(World().deployer(World().deploy())) as house:
        metrics = measured(house)
        inbound = house.channel.message(f"slack:T1/{RITA}", RITA, "go", 1)
        for _ in range(2):
            await house.gate.append(inbound)
        for account in ("T1", ""):
            house.gate.refused("slack", account, "stale")
        told = await samples(house, metrics)

    assert 1 == told["ringback_events_appended_total", "slack"]
    assert 2 == told["ringback_webhooks_refused_total", "slack", "stale"]
    assert house.runtime.now() == told["ringback_channel_last_event_timestamp_seconds", "slack:T1"]


async def test_no_label_names_anybody(make: Make):
    """
    No person, conversation, request, thread or delivery is a label: what can be counted is bounded.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        metrics = measured(house)
        await house.write(RITA, "go")
        await house.runtime.advance(1)
        told = await samples(house, metrics)
        (row,) = await house.store.requests()

    labels = {label for key in told if isinstance(key, tuple) for label in key[1:]}
    assert labels
    assert not {label for label in labels if "U" in label.removeprefix("slack:T1") or row.id in label}


async def test_without_a_token_only_this_machine_reads(make: Make):
    """
    Whoever comes from elsewhere, or through a proxy on this machine, is refused in one sentence.
    """
    async with make(World().deployer(World().deploy())) as house:
        async with reader(house, None, "127.0.0.1") as near:
            assert 200 == (await near.get("/metrics")).status_code
            proxied = await near.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
            assert (403, "only this machine may read these; set token in [metrics] for others\n") == (
                proxied.status_code,
                proxied.text,
            )
        async with reader(house, None, "203.0.113.9") as far:
            assert 403 == (await far.get("/metrics")).status_code


@pytest.mark.parametrize(
    "shown", [None, "Bearer wrong", "secret", "Bearer \udcff"], ids=["none", "wrong", "bare", "odd"]
)
async def test_with_a_token_everybody_shows_it(make: Make, shown: str | None):
    """
    With a token set, being on this machine is not enough, and the token is enough from anywhere.
    """
    headers = {"Authorization": shown.encode("utf-8", "surrogateescape")} if shown else {}
    async with make(World().deployer(World().deploy())) as house:
        async with reader(house, "secret", "127.0.0.1") as near:
            assert 401 == (await near.get("/metrics", headers=headers)).status_code  # type: ignore[arg-type]
        async with reader(house, "secret", "203.0.113.9") as far:
            assert 200 == (await far.get("/metrics", headers={"Authorization": "Bearer secret"})).status_code


async def test_every_metric_is_described(make: Make):
    """
    The page for operators lists what is exported, with its labels, and nothing else.
    """
    async with make(World().deployer(World().deploy())) as house:
        metrics = measured(house)
        named = {family.name: family for family in metrics.registry.collect()}
        for one in vars(metrics).values():
            if hasattr(one, "_labelnames"):
                named[one._name]._labelnames = one._labelnames
        exported = {
            name + ("_total" if family.type == "counter" else ""): tuple(getattr(family, "_labelnames", ()))
            for name, family in named.items()
        }
    page = (ROOT / "docs" / "operating.md").read_text()
    listed = re.findall(r"^\| `(ringback_\w+)(?:\{([\w,]+)\})?` \|", page, re.MULTILINE)
    assert exported == {name: tuple(filter(None, labels.split(","))) for name, labels in listed}
