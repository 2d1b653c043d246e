"""
Acknowledged, or sent again; an event never lost, an interaction never repeated.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adapters.slack.emulator import Emulator, Fault, Workspace
from tests.adapters.slack.emulator.conftest import ANA, BUTTONS, DM_ANA, GENERAL, Connect, Wait

Advance = Callable[[float], None]


def statuses(emulator: Emulator) -> list[str]:
    return [delivery["status"] for delivery in emulator.state()["deliveries"]]


def marks(envelope: dict[str, Any]) -> tuple[int, str]:
    return envelope["retry_attempt"], envelope["retry_reason"]


async def test_acknowledged_event_comes_once(
    connect: Connect, emulator: Emulator, advance: Advance, until: Wait
) -> None:
    """
    An event that was acknowledged in time is not sent again, however long one waits.
    """
    link = await connect()
    emulator.people.message(ANA, "dm", "once")
    envelope = await link.frame()
    await link.ack(envelope)
    await until(lambda: statuses(emulator) == ["acked"])

    advance(1000.0)
    emulator.people.message(ANA, "dm", "next")

    assert marks(envelope) == (0, "")
    assert (await link.event())["text"] == "next"


async def test_silent_app_gets_the_event_again(connect: Connect, emulator: Emulator, advance: Advance) -> None:
    """
    Unacknowledged for 3 seconds, an event comes again at once, after 1 and after 5 minutes, and then no more.
    """
    link = await connect()
    emulator.people.message(ANA, "dm", "hello?")
    seen = [await link.frame()]
    for delay in (0.0, 60.0, 300.0):
        advance(3.0)
        advance(delay)
        seen.append(await link.frame())
    advance(3.0)

    assert [marks(envelope) for envelope in seen] == [(0, ""), (1, "timeout"), (2, "timeout"), (3, "timeout")]
    assert len({envelope["payload"]["event_id"] for envelope in seen}) == 1
    assert len({envelope["envelope_id"] for envelope in seen}) == 4
    assert statuses(emulator) == ["failed"]


async def test_nothing_comes_again_too_early(connect: Connect, emulator: Emulator, advance: Advance) -> None:
    """
    The second redelivery waits its minute: a newer event comes before it.
    """
    link = await connect()
    emulator.people.message(ANA, "dm", "slow")
    await link.frame()
    advance(3.0)
    assert marks(await link.frame()) == (1, "timeout")
    advance(3.0)
    advance(59.0)
    emulator.people.message(ANA, "dm", "newer")

    assert (await link.event())["text"] == "newer"
    advance(1.0)
    assert marks(await link.frame()) == (2, "timeout")


async def test_lost_connection_sends_again(connect: Connect, emulator: Emulator) -> None:
    """
    When a connection ends before the acknowledgement, the next one gets the event at once.
    """
    first = await connect()
    emulator.people.message(ANA, "dm", "hello?")
    envelope = await first.frame()
    await first.socket.close()

    again = await (await connect()).frame()

    assert again["payload"]["event_id"] == envelope["payload"]["event_id"]
    assert marks(again) == (1, "timeout")


async def test_other_connection_takes_over(connect: Connect, emulator: Emulator) -> None:
    """
    An event that was lost with one connection goes to another that is open.
    """
    links = {1: await connect(), 2: await connect()}
    emulator.people.message(ANA, "dm", "hello?")
    taken = emulator.state()["deliveries"][0]["attempts"][0]["connection"]
    await links[taken].frame()
    await links[taken].socket.close()

    assert marks(await links[3 - taken].frame()) == (1, "timeout")


async def test_events_wait_for_a_connection(connect: Connect, emulator: Emulator) -> None:
    """
    What happens while no connection is open comes on the next one, in order, as a retry.
    """
    for text in ("one", "two"):
        emulator.people.message(ANA, "dm", text)
    link = await connect()

    envelopes = [await link.frame(), await link.frame()]

    assert [envelope["payload"]["event"]["text"] for envelope in envelopes] == ["one", "two"]
    assert [marks(envelope) for envelope in envelopes] == [(1, "timeout")] * 2


async def test_late_acknowledgement_is_not_heard(connect: Connect, emulator: Emulator, advance: Advance) -> None:
    """
    An acknowledgement after the 3 seconds does not count; the redelivery's does.
    """
    link = await connect()
    emulator.people.message(ANA, "dm", "hello?")
    first = await link.frame()
    advance(3.0)
    second = await link.frame()
    await link.ack(first)
    emulator.people.message(ANA, "dm", "marker")
    assert (await link.event())["text"] == "marker"

    assert statuses(emulator)[0] == "sent"
    await link.ack(second)


async def test_interaction_never_comes_again(
    connect: Connect, emulator: Emulator, advance: Advance, client: Any
) -> None:
    """
    An unacknowledged click is not repeated; the person who clicked sees a warning, and nobody else.
    """
    link = await connect()
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    await link.event()
    emulator.people.click(ANA, DM_ANA, posted["ts"], "yes")
    assert (await link.frame())["type"] == "interactive"

    advance(3.0)
    await link.socket.close()
    emulator.people.message(ANA, "dm", "marker")
    link = await connect()

    assert (await link.event())["text"] == "marker"
    assert [notice["text"] for notice in emulator.screen(ANA)["notices"]] == ["ringback did not respond."]
    assert emulator.screen("U00000BEN")["notices"] == emulator.screen(ANA, GENERAL)["notices"] == []


async def test_click_without_any_connection(client: Any, emulator: Emulator, until: Wait) -> None:
    """
    With no connection open the person is warned at once.
    """
    posted = await client.chat_postMessage(channel=ANA, text="ask", blocks=BUTTONS)
    emulator.people.click(ANA, "dm", posted["ts"], "yes")
    await until(lambda: emulator.screen(ANA)["notices"])
    assert statuses(emulator)[-1] == "failed"


async def test_duplicate_envelope(connect: Connect, emulator: Emulator) -> None:
    """
    The fault `duplicate` sends an event twice, with one event_id and two envelope_ids.
    """
    emulator.add_fault(Fault(on="envelope", kind="duplicate"))
    link = await connect()
    emulator.people.message(ANA, "dm", "twice")

    first, second = await link.frame(), await link.frame()

    assert first["payload"] == second["payload"]
    assert first["envelope_id"] != second["envelope_id"]
    emulator.people.message(ANA, "dm", "once")
    assert (await link.event())["text"] == "once"
    assert emulator.faults == []


async def test_lost_acknowledgement(connect: Connect, emulator: Emulator, advance: Advance, until: Wait) -> None:
    """
    The fault `lose_ack` makes Slack deaf to one acknowledgement: the event comes again.
    """
    emulator.add_fault(Fault(on="envelope", kind="lose_ack"))
    link = await connect()
    emulator.people.message(ANA, "dm", "hello")
    await link.ack(await link.frame())
    await until(lambda: emulator.state()["deliveries"][0]["attempts"][0]["outcome"] == "ack_lost")

    advance(3.0)

    assert (await link.event())["text"] == "hello"
    await until(lambda: statuses(emulator) == ["acked"])


async def test_delayed_envelope(connect: Connect, emulator: Emulator, advance: Advance) -> None:
    """
    The fault `delay` holds one envelope back, so that a later event overtakes it.
    """
    emulator.add_fault(Fault(on="envelope", kind="delay", seconds=5.0))
    link = await connect()
    emulator.people.message(ANA, "dm", "first")
    emulator.people.message(ANA, "dm", "second")

    assert (await link.event())["text"] == "second"
    advance(5.0)
    assert (await link.event())["text"] == "first"


async def test_lasting_delay_holds_each_once(connect: Connect, emulator: Emulator, advance: Advance) -> None:
    """
    A `delay` that stays in force holds every event back once, not for ever.
    """
    emulator.add_fault(Fault(on="envelope", kind="delay", seconds=5.0, times=None))
    link = await connect()
    emulator.people.message(ANA, "dm", "late")
    advance(5.0)
    assert (await link.event())["text"] == "late"


async def test_fault_for_one_conversation(connect: Connect, emulator: Emulator) -> None:
    """
    A fault with a channel leaves other conversations alone.
    """
    emulator.add_fault(Fault(on="envelope", kind="duplicate", channel=DM_ANA))
    link = await connect()
    emulator.people.message("U00000BEN", "dm", "b")
    emulator.people.message(ANA, "dm", "a")

    assert [(await link.event())["text"] for _ in range(3)] == ["b", "a", "a"]


async def test_too_many_events_in_an_hour(
    connect: Connect, emulator: Emulator, workspace: Workspace, advance: Advance, until: Wait
) -> None:
    """
    Above the limit of an hour events are lost, and `app_rate_limited` comes once a minute; an hour later all is well.
    """
    workspace.state.event_limit = 2
    link = await connect()
    for text in ("one", "two", "lost", "lost"):
        emulator.people.message(ANA, "dm", text)
    seen = [await link.event() for _ in range(2)]
    envelope = await link.frame()
    await link.ack(envelope)
    await until(lambda: statuses(emulator) == ["acked"] * 3)
    advance(60.0)
    emulator.people.message(ANA, "dm", "lost")
    again = await link.frame()
    await link.ack(again)
    await until(lambda: statuses(emulator) == ["acked"] * 4)
    advance(3600.0)
    emulator.people.message(ANA, "dm", "three")

    assert [event["text"] for event in seen] == ["one", "two"]
    assert set(envelope["payload"]) == {"token", "type", "team_id", "minute_rate_limited", "api_app_id"}
    assert envelope["payload"]["type"] == "app_rate_limited"
    minutes = [each["payload"]["minute_rate_limited"] for each in (envelope, again)]
    assert [minutes[0] % 60, minutes[1] - minutes[0]] == [0, 60]
    assert (await link.event())["text"] == "three"
