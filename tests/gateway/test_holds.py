"""
An account that nothing can be sent by: told once, tried now and then, let go of.
"""

from __future__ import annotations

from agent_core.addresses import ConversationKey
from gateway.health import Health
from gateway.holds import RECHECK, Holds
from gateway.notices import Notices
from gateway.store.base import Need
from tests.gateway.agents import echo
from tests.gateway.house import House, Make
from tests.runtime import HandRuntime

ACCOUNT = "slack:T1"
THERE, ELSEWHERE = ConversationKey("slack:T1/COPS"), ConversationKey("slack:T2/COPS")


def holding(house: House) -> tuple[Holds, Health]:
    health = Health([ACCOUNT, "slack:T2"], house.runtime)
    notices = Notices(house.store, lambda: [THERE, ELSEWHERE], house.world.words)
    return Holds(health, notices, house.runtime), health


async def version(house: House, place: ConversationKey) -> int:
    return (await house.store.load(place, Need())).version


async def test_the_operator_is_told_once_and_where_it_can_be_said(make: Make, runtime: HandRuntime):
    """
    Word of an account that is held goes to other accounts only, and not again for the same reason.
    """
    async with make(echo) as house:
        holds, health = holding(house)
        for _ in range(3):
            await holds.refused(ACCOUNT, "Slack answers token_revoked")
            await runtime.advance(RECHECK)

        assert (0, 1) == (await version(house, THERE), await version(house, ELSEWHERE))
        assert ["Slack answers token_revoked", ""] == [health.report()[a]["held"] for a in (ACCOUNT, "slack:T2")]
        assert not health.ready(ACCOUNT)


async def test_one_at_a_time_tries_it(make: Make, runtime: HandRuntime):
    """
    After a minute the first who asks may try; the others wait for what becomes of that.
    """
    async with make(echo) as house:
        holds, _ = holding(house)
        await holds.refused(ACCOUNT, "token_revoked")
        assert holds.wait(ACCOUNT) is not None
        assert holds.wait("slack:T2") is None
        await runtime.advance(RECHECK)

        assert holds.wait(ACCOUNT) is None
        assert holds.wait(ACCOUNT) is not None
        holds.taken(ACCOUNT)
        assert holds.wait(ACCOUNT) is None


async def test_another_reason_is_told_anew(make: Make, runtime: HandRuntime):
    """
    A scope that turns out to be missing once the token is mended is another thing to fix.
    """
    async with make(echo) as house:
        holds, _ = holding(house)
        await holds.refused(ACCOUNT, "token_revoked")
        await holds.refused(ACCOUNT, "missing_scope")

        assert 2 == await version(house, ELSEWHERE)
