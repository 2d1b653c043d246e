"""
Health is the last sign of life, not an open socket.
"""

from __future__ import annotations

from gateway.health import QUIET, Health
from tests.runtime import HandRuntime


async def test_a_channel_that_was_never_seen_is_not_ready(runtime: HandRuntime):
    """
    Starting is not being up.
    """
    health = Health(["slack:T1"], runtime)

    assert not health.ready("slack:T1")
    assert "starting" == health.report()["slack:T1"]["state"]


async def test_a_deaf_channel_is_not_ready(runtime: HandRuntime):
    """
    Open and silent for two minutes is deaf.
    """
    health = Health(["slack:T1"], runtime)
    health.seen("slack:T1")
    assert health.ready("slack:T1")
    await runtime.advance(QUIET + 1)

    assert not health.ready("slack:T1")


async def test_all_have_to_catch_up(runtime: HandRuntime):
    """
    What was missed is in when every account says so.
    """
    health = Health(["slack:T1", "slack:T2"], runtime)
    health.arrived("slack:T1")
    assert not health.caught_up.is_set()
    health.arrived("slack:T2")

    assert health.caught_up.is_set()


async def test_without_channels_nothing_is_waited_for(runtime: HandRuntime):
    """
    A gateway without channels has caught up.
    """
    assert Health([], runtime).caught_up.is_set()


async def test_what_is_refused_is_counted(runtime: HandRuntime):
    """
    By account, or by channel where it does not show for which, and by reason.
    """
    health = Health(["slack:T1"], runtime)
    for account, reason in (("slack", "unsigned"), ("slack", "unsigned"), ("slack:T1", "malformed")):
        health.refuse(account, reason)

    assert {"slack": {"unsigned": 2}, "slack:T1": {"malformed": 1}} == health.refusals()


async def test_a_warning_stays_until_it_is_taken_back(runtime: HandRuntime):
    """
    A sign of life mends a problem; what an operator should look at stays, and does not make a channel unready.
    """
    health = Health(["slack:T1"], runtime)
    health.warn("slack:T1", "somebody else listens too")
    health.seen("slack:T1")
    assert "somebody else listens too" == health.report()["slack:T1"]["warning"]
    assert health.ready("slack:T1")
    health.warn("slack:T1", "")

    assert "" == health.report()["slack:T1"]["warning"]
