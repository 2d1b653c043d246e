"""
`ringback ask`: from a shell to a person and back.
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.process import PATIENCE, Gateway, command, gateway, until

RITA, ANA, OTTO = "U0000RITA", "U00000ANA", "U0000OTTO"


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that runs."""
    async with gateway(tmp_path) as one:
        await one.start()
        yield one


async def begin(house: Gateway, *arguments: str) -> Process:
    """Start `ringback ask`, as a shell in front of somebody would: in the background Ctrl-C may be ignored."""
    return await asyncio.create_subprocess_exec(
        *command("ask", *arguments, "--config", str(house.config)),
        cwd=house.folder,
        env=house.environment,
        stdout=PIPE,
        stderr=PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


async def end(process: Process) -> tuple[int | None, str, str]:
    """Wait until it ends: exit code, standard output, standard error."""
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    return process.returncode, out.decode(), err.decode()


def shown(house: Gateway, person: str, words: str) -> bool:
    """Tell whether a person can read something."""
    return any(words in json.dumps(m, ensure_ascii=False) for m in house.emulator.screen(person, "dm")["messages"])


async def test_an_approval_is_asked_for_and_its_verdict_printed(house: Gateway):
    """
    The person reads who asks and why; the command ends with 0 and says who approved.
    """
    process = await begin(house, "Deploy?", "--to", "rita", "--approve", "--why", "It is Friday")
    await until(lambda: shown(house, RITA, "Deploy?"))
    assert shown(house, RITA, "It is Friday")
    assert shown(house, RITA, "Asked by Ana")
    house.press(RITA, "ringback.approve")
    code, out, err = await end(process)

    assert (0, "approved by Rita\n") == (code, out)
    assert re.fullmatch(r"asked Rita, until \S+ \S+; key [0-9a-f]{12}\n", err)


async def test_who_is_away_is_said(house: Gateway):
    """
    Of several who are asked, who is away is named with when they are back; the others are asked at once.
    """
    today = datetime.now(UTC).date()
    settings = house.config.read_text().replace('/U0000RITA"]\n', '/U0000RITA"]\nroles = ["release"]\n', 1)
    house.config.write_text(settings.replace('/U00000ANA"]\n', f'/U00000ANA"]\naway = ["{today}"]\n', 1))
    await house.run("config", "reload", "--config", str(house.config))
    process = await begin(house, "Deploy?", "--to", "role:release", "--approve")
    await until(lambda: shown(house, RITA, "Deploy?"))
    house.press(RITA, "ringback.approve")
    code, _, err = await end(process)

    assert (0, False) == (code, shown(house, ANA, "Deploy?"))
    assert re.search(rf"\nAna is away, and is shown it at {today + timedelta(days=1)} 00:00:00\+00:00\n", err)


async def test_a_denial_has_a_code_of_its_own(house: Gateway):
    """
    Denied ends with 3; as JSON it says the outcome and who gave it.
    """
    del house.environment["BOT"], house.environment["APP"]  # what the gateway needs, and this command does not
    process = await begin(house, "Deploy?", "--to", "rita", "--approve", "--json")
    await until(lambda: shown(house, RITA, "Deploy?"))
    house.press(RITA, "ringback.deny")
    code, out, _ = await end(process)

    assert 3 == code
    verdict = json.loads(out)
    assert ("denied", "rita", "Rita") == (verdict["outcome"], verdict["by"], verdict["name"])


async def test_me_is_the_one_that_the_settings_name(house: Gateway):
    """
    `slack:@me` is the first owner, or whom RINGBACK_CLI_ME names; an answer in words is all that standard output has.
    """
    process = await begin(house, "Which version?", "--to", "slack:@me")
    await until(lambda: shown(house, ANA, "Which version?"))
    house.emulator.people.message(ANA, "dm", "v1.4.2")
    assert (0, "v1.4.2\n") == (await end(process))[:2]
    house.environment["RINGBACK_CLI_ME"] = "rita"
    process = await begin(house, "Which day?", "--choices", "Monday, Friday")
    await until(lambda: shown(house, RITA, "Which day?"))
    house.emulator.people.message(RITA, "dm", "friday")

    assert (0, "Friday\n") == (await end(process))[:2]


async def test_a_question_back_reaches_who_asked(house: Gateway):
    """
    The request is one like any other: words under its card go to the person in whose name the command asked.
    """
    process = await begin(house, "Deploy?", "--to", "rita", "--approve")
    await until(lambda: shown(house, RITA, "Deploy?"))
    card = house.emulator.screen(RITA, "dm")["messages"][-1]
    house.emulator.people.message(RITA, "dm", "why on a Friday?", thread_ts=card["ts"])
    await until(lambda: shown(house, ANA, "why on a Friday?"))
    assert process.returncode is None
    house.press(RITA, "ringback.approve")

    assert (0, "approved by Rita\n") == (await end(process))[:2]


async def test_killed_and_asked_again_with_its_key_it_is_the_same_request(house: Gateway):
    """
    Whoever was interrupted asks again with the key, and no second card is shown; afterwards the verdict stands.
    """
    arguments = ("Deploy?", "--to", "rita", "--approve", "--key", "release-7")
    process = await begin(house, *arguments)
    await until(lambda: shown(house, RITA, "Deploy?"))
    process.kill()
    await process.wait()
    process = await begin(house, *arguments)
    assert process.stderr is not None
    assert b"key release-7" in await asyncio.wait_for(process.stderr.readline(), PATIENCE)
    process.send_signal(signal.SIGINT)
    code, _, err = await end(process)
    assert (130, True) == (code, "Wait for it again with: --key release-7" in err)
    cards = [m for m in house.emulator.screen(RITA, "dm")["messages"] if "Deploy?" in json.dumps(m)]
    assert 1 == len(cards)
    house.press(RITA, "ringback.approve")
    await until(lambda: shown(house, RITA, "Approved by Rita"))
    assert (0, "approved by Rita\n") == (await end(await begin(house, *arguments)))[:2]
    code, _, err = await end(await begin(house, "Delete?", *arguments[1:]))

    assert (1, "ringback: the key release-7 was used to ask something else; give this one another key\n") == (code, err)


async def test_a_gateway_that_stops_keeps_the_request(house: Gateway):
    """
    Stopped while a script waits, it says how to wait on; after its next start the answer comes.
    """
    arguments = ("Deploy?", "--to", "rita", "--approve", "--key", "k")
    process = await begin(house, *arguments)
    await until(lambda: shown(house, RITA, "Deploy?"))
    assert 0 == await house.stop()
    code, _, err = await end(process)
    assert (75, True) == (code, "Wait for it again with: --key k" in err)
    code, _, err = await end(await begin(house, *arguments))
    assert (1, "ringback: no gateway is running on") == (code, err[:34])
    await house.start()
    process = await begin(house, *arguments)
    house.press(RITA, "ringback.approve")

    assert (0, "approved by Rita\n") == (await end(process))[:2]


async def test_nobody_answers_in_time(house: Gateway):
    """
    Expired ends with 4, and no run is left on hold for its owner.
    """
    code, out, _ = await end(await begin(house, "Deploy?", "--to", "rita", "--approve", "--timeout", "1s"))
    assert (4, "expired\n") == (code, out)
    threads = json.loads((await house.run("threads", "list", "--json", "--config", str(house.config)))[1])

    assert [("ringback.ask", "ended")] == [(thread["agent"], thread["status"]) for thread in threads]


async def test_withdrawn_by_the_operator(house: Gateway):
    """
    Cancelled at the command line, whoever waits is told so, with a code of its own.
    """
    process = await begin(house, "Deploy?", "--to", "rita", "--approve")
    await until(lambda: shown(house, RITA, "Deploy?"))
    (thread,) = json.loads((await house.run("threads", "list", "--json", "--config", str(house.config)))[1])
    assert 0 == (await house.run("threads", "resume", thread["id"][:6], "cancel", "--config", str(house.config)))[0]

    assert (6, "cancelled by the command line\n") == (await end(process))[:2]


async def test_a_card_that_reaches_nobody(house: Gateway):
    """
    Undeliverable ends with 5, and says why.
    """
    from adapters.slack.emulator import Fault

    house.emulator.add_fault(Fault(on="chat.postMessage", kind="refuse", error="user_disabled", channel=RITA))
    code, out, _ = await end(await begin(house, "Deploy?", "--to", "rita", "--approve"))

    assert (5, True) == (code, out.startswith("undeliverable: ") and "user_disabled" in out)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("Deploy?", "--to", "bob"), 1, "'bob' is nobody in [[people]]"),
        (("Deploy?", "--to", "discord:@me"), 1, "ana has no account on 'discord'"),
        (("Deploy?", "--to", "rita", "--timeout", "soon"), 2, "--timeout: 'soon' is no duration"),
        (("Deploy?", "--approve", "--choices", "a,b"), 2, "--approve asks for a yes or a no"),
        (("Deploy?", "--key", "two words"), 1, "'two words' is no key"),
        ((" ",), 2, "there is nothing to ask"),
        (("x" * 10_001,), 2, "nobody reads that much"),
        (("Which?", "--choices", "a, a"), 2, "one of them stands there twice"),
        (("Deploy?", "--to", "role:nobody", "--approve"), 5, ""),
    ],
)
async def test_what_cannot_be_asked(house: Gateway, arguments: tuple[str, ...], code: int, sentence: str):
    """
    One sentence says what to write instead.
    """
    ended = await end(await begin(house, *arguments))

    assert code == ended[0]
    assert sentence in ended[2]
    assert 1 >= ended[2].count("\n")
