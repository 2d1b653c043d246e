"""
What becomes of a delivery: sent, refused, looked for, dead, shown again.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.base import Part
from adapters.errors import Misconfigured, RateLimited, Rejected, Unknown, Unreachable
from agent_core.requests import Decision
from agent_core.run import Run, agent
from gateway.holds import RECHECK
from gateway.outbox import SETTLE
from tests.gateway.agents import World, echo
from tests.gateway.house import ANA, BEN, OPS, RITA, House, Make
from tests.runtime import HandRuntime

Fault = Callable[[Part], None]


def raising(error: Exception, *, times: int = 1, kind: str = "say") -> Fault:
    """A fault that happens a number of times to parts of a kind."""
    left = [times]

    def fault(part: Part) -> None:
        if part.kind == kind and left[0]:
            left[0] -= 1
            raise error

    return fault


async def started(house: House) -> None:
    await house.write(RITA, "start")


async def statuses(house: House) -> list[tuple[str, str]]:
    return [(row.kind, row.status) for row in reversed(await house.store.deliveries())]


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (RateLimited("slow down", retry_after=7), 7),
        (Unreachable("no route"), 2),
        (Rejected("not_in_channel", permanent=False), 2),
        (Misconfigured("token_revoked"), RECHECK),
    ],
)
async def test_what_was_surely_not_sent_is_tried_again(
    make: Make, runtime: HandRuntime, error: Exception, pause: float
):
    """
    A refusal is tried again after the pause that the vendor names, or a growing one.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(error)
        await house.write(RITA, "hello")
        assert [] == house.texts(RITA)
        await runtime.advance(pause - 0.5)
        assert [] == house.texts(RITA)
        await runtime.advance(1)

        assert ["Rita said: hello"] == house.texts(RITA)


async def test_what_can_never_be_sent_is_dead_at_once(make: Make):
    """
    A refusal that no waiting mends ends the delivery, with its reason, and its owner is told (G6).
    """
    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(Rejected("user_disabled", permanent=True))
        await house.write(RITA, "hello")
        (dead,) = await house.store.deliveries(status="dead")

        assert "user_disabled" == dead.reason
        assert "user_disabled" in house.texts(BEN)[-1]


async def test_trouble_with_telling_the_owner_is_not_told_to_the_owner(make: Make):
    """
    A dead note about a dead note makes no more of them.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(Rejected("user_disabled", permanent=True), times=99)
        await house.write(RITA, "hello")

        assert [("say", "dead"), ("say", "dead")] == await statuses(house)


async def test_dead_deliveries_of_one_kind_are_told_once_an_hour(make: Make, runtime: HandRuntime):
    """
    Ten messages that die for one reason in one conversation are one note to the owner; an hour later there is another.
    """
    async with make(echo) as house:
        await started(house)
        refuses = raising(Rejected("user_disabled", permanent=True), times=99)
        house.channel.fault = lambda part: refuses(part) if part.conversation.endswith(RITA) else None
        for _ in range(2):
            for number in range(5):
                await house.write(RITA, f"say {number}")
            await runtime.advance(3_700)

        assert 10 == len(await house.store.deliveries(status="dead"))
        assert 2 == len([text for text in house.texts(BEN) if "could not be delivered" in text])


async def test_a_refusal_lasts_until_its_deadline(make: Make, runtime: HandRuntime):
    """
    After a day of refusals a message is given up, visibly.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(RateLimited("slow down", retry_after=3_600), times=99)
        await house.write(RITA, "hello")
        await runtime.advance(90_000)

        assert ("say", "dead") == (await statuses(house))[0]


async def test_a_lost_answer_is_looked_for_and_found(make: Make, runtime: HandRuntime):
    """
    The vendor took it and the answer was lost: found after the settling delay, it is sent, once.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.lost.append("say")
        await house.write(RITA, "hello")
        assert [("say", "unknown")] == await statuses(house)
        await runtime.advance(3)

        assert [("say", "sent")] == await statuses(house)
        assert ["Rita said: hello"] == house.texts(RITA)


async def test_what_surely_is_not_there_is_sent(make: Make, runtime: HandRuntime):
    """
    The connection broke before the vendor took it: looked for and not found, it goes out.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(Unknown("reset"))
        await house.write(RITA, "hello")
        await runtime.advance(3)

        assert ["Rita said: hello"] == house.texts(RITA)
        assert [("say", "sent")] == await statuses(house)


async def test_unknown_for_good_is_never_repeated_by_itself(make: Make, runtime: HandRuntime):
    """
    Where nobody can tell, a message stays unknown, its owner is told, and a person may send it again.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.can_find = False
        house.channel.fault = raising(Unknown("reset"))
        await house.write(RITA, "hello")
        await runtime.advance(90_000)
        (unknown,) = await house.store.deliveries(status="unknown")
        assert [] == house.texts(RITA)
        assert "history may not be read" in house.texts(BEN)[-1]
        assert await house.store.retry(unknown.id)
        house.outbox.wake()
        await runtime.settle()

        assert ["Rita said: hello"] == house.texts(RITA)


async def test_a_card_of_unknown_fate_is_shown_again_and_says_so(make: Make, runtime: HandRuntime):
    """
    A second copy of a card is marked, carries the same request, and both settle with one decision.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        house.channel.can_find = False
        house.channel.lost.append("ask")
        await house.write(RITA, "go")
        await runtime.advance(3)
        again = [place for place in (ANA, BEN, OPS) if len(house.seen(place)) == 2]
        first, second = house.seen(again[0])
        assert second.card.again.startswith("Again:")
        assert first.request == second.request
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)

        assert 1 == len(world.deployed)
        assert () == house.card(again[0]).card.buttons


async def test_an_edit_may_be_repeated(make: Make, runtime: HandRuntime):
    """
    An edit of unknown fate is simply made again.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        house.channel.lost.append("settle")
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        await runtime.advance(5)

        assert [()] * 3 == [house.card(place).card.buttons for place in (ANA, BEN, OPS)]
        assert {"replaced by a later edit"} >= {row.reason for row in await house.store.deliveries(status="dead")}
        assert [] == await house.store.deliveries(status="unknown")


async def test_an_edit_that_may_be_on_its_way_is_not_overtaken(make: Make, runtime: HandRuntime):
    """
    What failed may arrive late, so the next edit of that message waits, and is the last one.
    """
    world, tried = World(), []

    def fault(part: Part) -> None:
        if part.kind == "settle" and part.conversation.endswith(BEN):
            tried.append((runtime.now(), len(part.arguments["card"]["notes"])))
            if len(tried) == 1:
                raise Unknown("the connection broke")

    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")
        house.channel.fault = fault
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        await runtime.advance(10)

        (failed, one), (made, two) = tried
        assert (1, 2) == (one, two)
        assert made - failed >= SETTLE


async def test_a_slow_place_does_not_hold_up_the_others(make: Make, runtime: HandRuntime):
    """
    While one place answers 429 the others settle; then it does too, with its latest edit only.
    """
    world = World()
    async with make(world.deployer(world.deploy())) as house:
        await house.write(RITA, "go")

        def limited(part: Part) -> None:
            if part.conversation == OPS and house.runtime.now() < 1_700_000_010:
                raise RateLimited("slow down", retry_after=1)

        house.channel.fault = limited
        await house.press(ANA, house.card(ANA).request, Decision.APPROVE)
        assert ((), ()) == (house.card(ANA).card.buttons, house.card(BEN).card.buttons)
        assert () != house.card(OPS).card.buttons
        await runtime.advance(15)

        assert "deploy done" in house.texts(OPS)[0]
        assert 1 == house.card(OPS).edits


async def test_after_a_crash_what_was_being_sent_is_looked_for(make: Make, runtime: HandRuntime):
    """
    Killed between the vendor's taking it and our noting it, a message is found after the restart, not sent twice.
    """
    async with make(echo) as house:
        await started(house)

        async def never(*_: object, **__: object) -> None:
            await house.outbox._wake.wait()
            raise AssertionError

        house.store.record = never  # type: ignore[method-assign]  # the process dies before it can note anything
        await house.write(RITA, "hello")
        assert ["Rita said: hello"] == house.texts(RITA)
    async with make(echo) as house:
        assert [("say", "unknown")] == await statuses(house)
        await runtime.advance(3)

        assert [("say", "sent")] == await statuses(house)
        assert ["Rita said: hello"] == house.texts(RITA)


async def test_a_receipt_is_noted_though_the_disk_refuses_for_a_while(make: Make, runtime: HandRuntime):
    """
    A fate that cannot be written is kept until it can.
    """
    from gateway.errors import Unwritable

    async with make(echo) as house:
        await started(house)
        record, refusals = house.store.record, [3]

        async def refusing(*arguments: object, **how: object) -> object:
            if refusals[0]:
                refusals[0] -= 1
                raise Unwritable("full")
            return await record(*arguments, **how)  # type: ignore[arg-type]

        house.store.record = refusing  # type: ignore[method-assign, assignment]
        await house.write(RITA, "hello")
        await runtime.advance(5)

        assert [("say", "sent")] == await statuses(house)


async def test_an_adapter_that_fails_in_its_own_way_loses_nothing(make: Make, runtime: HandRuntime):
    """
    Whatever it raises, the delivery is looked for, and those behind it go on.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(ValueError("an adapter's bug"))
        await house.write(RITA, "one")
        await runtime.advance(60)
        await house.write(RITA, "two")
        await runtime.advance(60)

        assert {"sent"} == {status for _, status in await statuses(house)}


async def test_what_was_refused_before_a_restart_is_not_taken_for_lost(make: Make, runtime: HandRuntime):
    """
    A delivery that was surely not sent is sent, even where nothing can be looked for.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.reply("the answer")

    async with make(bot) as house:
        house.channel.fault = raising(RateLimited("slow", retry_after=5.0), times=99)
        await house.write(RITA, "go")
    await runtime.advance(60)
    async with make(bot) as house:
        house.channel.fault = lambda part: None
        house.channel.can_find = False
        await runtime.advance(60)

        assert ["the answer"] == house.texts(RITA)


async def test_a_disk_that_is_full_does_not_stop_it(make: Make, runtime: HandRuntime):
    """
    What is due waits until it can be claimed again.
    """
    from gateway.errors import Unwritable

    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(RateLimited("slow", retry_after=1.0))
        due, refusals = house.store.due_deliveries, [3]

        async def refusing(now: float) -> object:
            if refusals[0]:
                refusals[0] -= 1
                raise Unwritable("full")
            return await due(now)

        house.store.due_deliveries = refusing  # type: ignore[method-assign, assignment]
        await house.write(RITA, "hello")
        await runtime.advance(10)

        assert 0 == refusals[0]
        assert [("say", "sent")] == await statuses(house)


async def test_looks_become_rarer_and_heed_the_vendor(make: Make, runtime: HandRuntime):
    """
    Where looking is refused for a while, nobody looks before that.
    """
    looked: list[float] = []
    async with make(echo) as house:
        await started(house)

        async def find(part: Part) -> None:
            looked.append(runtime.now())
            raise RateLimited("slow", retry_after=60)

        house.channel.find = find  # type: ignore[method-assign, assignment]
        house.channel.fault = raising(Unknown("broke"))
        await house.write(RITA, "hello")
        await runtime.advance(59)
        assert 1 == len(looked)
        await runtime.advance(10)

        assert 2 == len(looked)


async def test_a_clock_that_jumped_and_was_set_right_holds_up_nothing(make: Make, runtime: HandRuntime):
    """
    The store's time goes on while the machine's is behind it.
    """
    async with make(echo) as house:
        await started(house)
        runtime.jump(86_400)
        house.store.now()
        runtime.jump(-86_400)
        house.channel.fault = raising(RateLimited("slow", retry_after=1))
        await house.write(RITA, "hello")
        await runtime.advance(60)

        assert [("say", "sent")] == await statuses(house)


HOUR = 3_600.0


@pytest.mark.parametrize("error", [Unreachable("no route"), Misconfigured("token_revoked")])
async def test_an_hour_without_the_vendor_loses_and_doubles_nothing(make: Make, runtime: HandRuntime, error: Exception):
    """
    What was said while the vendor was down, or refused us, goes out after it, once and in its order.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        for number in range(5):
            await run.reply(f"answer {number}")
            await run.sleep(5 * 60)

    async with make(bot) as house:
        house.channel.fault = raising(error, times=10_000)
        await house.write(RITA, "go")
        await runtime.advance(HOUR)
        assert [] == house.texts(RITA)
        assert [] == await house.store.deliveries(status="dead")
        house.channel.fault = lambda part: None
        await runtime.advance(5 * 60)

        assert [f"answer {number}" for number in range(5)] == house.texts(RITA)
        assert {"sent"} == {status for _, status in await statuses(house)}


async def test_an_hour_of_broken_connections_loses_and_doubles_nothing(make: Make, runtime: HandRuntime):
    """
    Where every answer is lost and nothing can be looked for, it is looked for after the outage, in its order.
    """

    @agent(name="bot")
    async def bot(run: Run) -> None:
        for number in range(3):
            await run.reply(f"answer {number}")
            await run.sleep(15 * 60)

    async with make(bot) as house:
        find = house.channel.find

        async def down(part: Part) -> None:
            raise Unreachable("no route")

        house.channel.find = down  # type: ignore[method-assign, assignment]
        house.channel.lost.append("say")  # the first is taken, the others never arrive
        house.channel.fault = lambda part: None
        await house.write(RITA, "go")
        house.channel.fault = raising(Unknown("HTTP 503"), times=10_000)
        await runtime.advance(HOUR)
        house.channel.find = find  # type: ignore[method-assign]
        house.channel.fault = lambda part: None
        await runtime.advance(5 * 60)

        assert [f"answer {number}" for number in range(3)] == house.texts(RITA)
        assert {"sent"} == {status for _, status in await statuses(house)}


async def test_looking_that_is_only_limited_is_given_up(make: Make, runtime: HandRuntime):
    """
    Where history is shown too slowly to look for it, a message is unknown after ten minutes, and its owner is told.
    """
    async with make(echo) as house:
        await started(house)

        async def find(part: Part) -> None:
            raise RateLimited("history is shown once a minute", retry_after=60)

        house.channel.find = find  # type: ignore[method-assign, assignment]
        house.channel.fault = raising(Unknown("broke"))
        await house.write(RITA, "hello")
        await runtime.advance(12 * 60)

        assert [("say", "unknown")] == [s for s in await statuses(house) if s[1] != "sent"]
        assert "once a minute" in house.texts(BEN)[-1]


async def test_a_refusal_that_somebody_could_mend_is_told_at_once(make: Make, runtime: HandRuntime):
    """
    The owner hears of a channel that the app is not in, once, and the message goes out when it is.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(Rejected("not_in_channel: invite it there", permanent=False), times=5)
        await house.write(RITA, "hello")
        await runtime.advance(200)

        assert 1 == len(house.texts(BEN))
        assert "invite it there" in house.texts(BEN)[0]
        assert ["Rita said: hello"] == house.texts(RITA)


async def test_a_held_account_is_tried_by_one_message_a_minute(make: Make, runtime: HandRuntime):
    """
    While the vendor refuses our credentials, ten conversations make one call a minute; mended, all of them go on.
    """
    tried: list[float] = []

    def refuse(part: Part) -> None:
        tried.append(runtime.now())
        raise Misconfigured("Slack answers token_revoked")

    async with make(echo) as house:
        for number in range(10):
            await house.write(f"U{number}", "start", settle=False)
        await runtime.settle()
        house.channel.fault = refuse
        for number in range(10):
            await house.write(f"U{number}", "hello")
        assert "token_revoked" in house.health.report()["slack:T1"]["held"]
        await runtime.advance(10 * RECHECK)
        assert len(tried) <= 11
        house.channel.fault = lambda part: None
        await runtime.advance(2 * RECHECK + 1)

        assert {"sent"} == {status for _, status in await statuses(house)}
        assert "" == house.health.report()["slack:T1"]["held"]


async def test_a_clock_that_jumps_does_not_cut_the_settling_delay(make: Make, runtime: HandRuntime):
    """
    A slow vendor may still take what is looked for; it gets its two seconds by a clock that cannot jump.
    """
    async with make(echo) as house:
        await started(house)
        house.channel.fault = raising(Unknown("broke"))
        await house.write(RITA, "hello")
        (part,) = [delivery.part for delivery in await house.store.due_deliveries(runtime.now() + 60)]
        runtime.jump(3_600)
        house.outbox.wake()
        await runtime.advance(1.5)
        await house.channel.deliver(part)  # it was on its way all the time
        await runtime.advance(10)

        assert ["Rita said: hello"] == house.texts(RITA)
        assert [("say", "sent")] == await statuses(house)


async def test_a_disk_that_is_full_at_the_start_does_not_end_it(make: Make, runtime: HandRuntime):
    """
    What was being sent when the process died is looked up as soon as that can be written down.
    """
    from gateway.errors import Unwritable

    house = make(echo)
    recover, refusals = house.store.recover, [3]

    async def refusing() -> object:
        if refusals[0]:
            refusals[0] -= 1
            raise Unwritable("full")
        return await recover()

    house.store.recover = refusing  # type: ignore[method-assign, assignment]
    async with house:
        await runtime.advance(10)
        await started(house)
        await house.write(RITA, "hello")
        await runtime.advance(1)

        assert [("say", "sent")] == await statuses(house)


async def test_what_is_claimed_after_the_start_is_not_taken_for_lost(make: Make, runtime: HandRuntime):
    """
    However late it is looked up what was being sent at the crash, what is sent since then is not among it.
    """
    from gateway.errors import Unwritable

    async with make(echo) as house:
        await started(house)
        await house.write(RITA, "hello", settle=False)
    house = make(echo)
    recover, deliver, refusals = house.store.recover, house.channel.deliver, [3]

    async def refusing() -> object:
        if refusals[0]:
            refusals[0] -= 1
            raise Unwritable("full")
        return await recover()

    async def slowly(part: Part) -> object:
        await runtime.sleep(8)
        return await deliver(part)

    house.store.recover = refusing  # type: ignore[method-assign, assignment]
    house.channel.deliver = slowly  # type: ignore[method-assign, assignment]
    async with house:
        await runtime.advance(60)

        assert ["Rita said: hello"] == house.texts(RITA)


async def test_a_store_that_breaks_is_no_fault_of_sending(make: Make, caplog: pytest.LogCaptureFixture):
    """
    The process leaves then, and its owner says why; nothing else is logged as a fault.
    """
    from gateway.errors import Broken

    async with make(echo) as house:
        await started(house)

        async def broken(*_: object, **__: object) -> object:
            raise Broken("disk")

        house.store.record = broken  # type: ignore[method-assign, assignment]
        await house.write(RITA, "hello")

        assert ["Rita said: hello"] == house.texts(RITA)
        assert "sending failed" not in caplog.text
