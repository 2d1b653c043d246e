"""
Slash commands: how they reach the app in both modes, and who answers them.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.slack.emulator import Emulator
from tests.adapters.slack.emulator.conftest import ANA, GENERAL, Connect, Wait
from tests.adapters.slack.emulator.receiver import Answer, App, saying

Advance = Callable[[float], None]


async def test_command_and_its_answer(connect: Connect, emulator: Emulator, until: Wait) -> None:
    """
    A slash command arrives as one, and what the acknowledgement carries is shown to the person alone.
    """
    link = await connect()
    emulator.people.command(ANA, GENERAL, "/ringback", "now")
    envelope = await link.frame()
    assert (envelope["type"], envelope["accepts_response_payload"]) == ("slash_commands", True)
    assert (envelope["payload"]["command"], envelope["payload"]["text"]) == ("/ringback", "now")

    await link.ack(envelope, {"text": "on it"})

    await until(lambda: emulator.screen(ANA, GENERAL)["messages"])
    shown = emulator.screen(ANA, GENERAL)["messages"][0]
    assert (shown["text"], shown["is_ephemeral"]) == ("on it", True)


async def test_command_without_an_answer(connect: Connect, emulator: Emulator, advance: Advance, until: Wait) -> None:
    """
    An unanswered command fails before the person's eyes, in Slack's words.
    """
    emulator.people.command(ANA, "dm", "/ringback")
    await until(lambda: "dispatch_failed" in str(emulator.screen(ANA)["notices"]))
    link = await connect()
    emulator.people.command(ANA, "dm", "/ringback")
    await link.frame()
    advance(3.0)
    await until(lambda: "operation_timeout" in str(emulator.screen(ANA)["notices"]))


@pytest.mark.parametrize("types", [True, False])
async def test_unknown_command_never_reaches_the_app(types: bool, connect: Connect, emulator: Emulator) -> None:
    """
    A command that the app does not have is answered by Slack itself, also where it is typed as a message.
    """
    if types:
        emulator.people.message(ANA, "dm", "/deploy now")
    else:
        emulator.people.command(ANA, "dm", "/deploy", "now")

    assert emulator.screen(ANA)["notices"][0]["text"].startswith(
        "/deploy is not a valid command. In Slack, all messages"
    )
    assert emulator.screen(ANA)["messages"] == []
    assert emulator.state()["deliveries"] == []


@pytest.mark.parametrize("text", ["/ringback", "/ringback  link 4711"])
async def test_command_typed_as_a_message(text: str, connect: Connect, emulator: Emulator) -> None:
    """
    What begins with the app's command is a command, whatever follows it.
    """
    link = await connect()
    emulator.people.message(ANA, "dm", text)
    payload = (await link.frame())["payload"]

    assert (payload["command"], payload["text"]) == ("/ringback", text.removeprefix("/ringback").strip())
    assert emulator.screen(ANA)["messages"] == []


async def test_no_command_in_a_thread(emulator: Emulator) -> None:
    """
    In a thread Slack refuses an app's command; with a space before it, it is a message.
    """
    root = emulator.people.message(ANA, "dm", "root")["ts"]
    emulator.people.message(ANA, "dm", "/ringback help", thread_ts=root)
    emulator.people.message(ANA, "dm", " /ringback help", thread_ts=root)

    assert emulator.screen(ANA)["notices"][0]["text"] == "/ringback is not supported in threads. Sorry!"
    assert [reply["text"] for reply in emulator.screen(ANA)["messages"][0]["replies"]] == [" /ringback help"]


async def test_command_of_a_stranger(emulator: Emulator) -> None:
    """
    Who comes in through Slack Connect has the commands of their own workspace, not ours.
    """
    emulator.workspace.state.people[ANA].team_id = "T0PARTNER"
    emulator.people.command(ANA, GENERAL, "/ringback")

    assert "is not a valid command" in emulator.screen(ANA, GENERAL)["notices"][0]["text"]


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ("It runs.", ["It runs."]),
        ('{"text": "It *runs*."}', ["It *runs*."]),
        ('{"response_type": "in_channel", "text": "It runs."}', ["It runs."]),
        ("", []),
    ],
)
async def test_command_is_a_form_and_its_answer_is_shown(
    answer: str, texts: list[str], verified: App, emulator: Emulator, until: Wait
) -> None:
    """
    A command comes as a form; plain words and an object in the answer are shown.
    """
    verified.answer = saying(200, answer)
    emulator.people.command(ANA, GENERAL, "/ringback", "status & more")
    await until(lambda: emulator.state()["deliveries"][0]["status"] == "acked")

    form = verified.seen[0].form
    shown = emulator.screen(ANA, GENERAL)["messages"]
    assert (form["command"], form["text"], form["is_enterprise_install"]) == ("/ringback", "status & more", "false")
    assert [message["text"] for message in shown] == texts
    assert all(message["is_ephemeral"] == ("in_channel" not in answer) for message in shown)


@pytest.mark.parametrize(
    ("answer", "error"), [(saying(500), "dispatch_failed"), (saying(200, '{"blocks": 7}'), "invalid_command_response")]
)
async def test_failed_command_is_told(
    answer: Answer, error: str, verified: App, emulator: Emulator, until: Wait
) -> None:
    """
    A command that the app refuses, or answers with nonsense, fails with Slackbot's words.
    """
    verified.answer = answer
    emulator.people.command(ANA, "dm", "/ringback")
    await until(lambda: emulator.screen(ANA)["notices"])

    assert emulator.screen(ANA)["notices"][0]["text"] == f'/ringback failed with the error "{error}"'
