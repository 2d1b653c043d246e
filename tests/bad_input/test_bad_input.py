"""
What goes wrong around the process: wrong settings, a second gateway, a full disk, a megabyte, nonsense.
"""

from __future__ import annotations

import asyncio
import resource
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.slack.emulator import Fault, Workspace, serve
from tests.process import Gateway, gateway, until

RITA, ANA = "U0000RITA", "U00000ANA"
SMALL = 350_000  # bytes that a file may grow to on the "full" disk


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Gateway]:
    """Slack's side, and a gateway that is not started yet."""
    async with gateway(tmp_path) as one:
        yield one


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (("[server]", "[sever]"), "sever"),
        (("env:BOT", "env:NOT_SET"), "slack[0].bot_token"),
        (("env:BOT", "xoxb-in-the-file"), "slack[0].bot_token"),
        (("gateway.sandbox.deploybot:deploybot", "no.such:agent"), "agents[0].use"),
        (("gateway.sandbox.deploybot:deploybot", "gateway.sandbox.deploybot:deploy"), "agents[0].use"),
        (("gateway.sandbox.script:script", "gateway.sandbox.script:nothing"), "models[0].script"),
        (('roles = ["owner", "release"]', 'roles = ["release"]'), "people"),
        (("[[policy]]", "[[policy"), "--config"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "check"])
async def test_a_wrong_setting_is_one_line_and_exit_code_2(
    house: Gateway, change: tuple[str, str], key: str, command: str
):
    """
    Key, file, remedy, in one line; `config check` says the same as `serve`.
    """
    text = house.config.read_text()
    assert change[0] in text
    house.config.write_text(text.replace(*change))
    arguments = ("serve",) if command == "serve" else ("config", "check")
    code, out, err = await house.run(*arguments, "--config", str(house.config))

    assert (2, "") == (code, out)
    assert 1 == err.count("\n"), err
    assert err.startswith(f"ringback: {key}")
    assert "ringback.toml" in err
    assert "xoxb" not in err


async def test_right_settings_are_fine(house: Gateway):
    """
    `config check` says so in a line.
    """
    code, out, err = await house.run("config", "check", "--config", str(house.config))

    assert (0, "") == (code, err)
    assert out.endswith("1 agents, 2 people, 1 rules: fine\n")


async def test_a_second_gateway_on_the_same_data_is_refused(house: Gateway):
    """
    One process owns a data folder; another is told so in one sentence, and the first does not notice.
    """
    await house.start()
    code, _, err = await house.run("serve", "--config", str(house.config))

    assert 2 == code
    assert "ringback: Another ringback is using this data folder" in err
    assert 1 == err.count("\n")
    assert 200 == (await house.readyz())[0]


async def test_a_busy_port_is_one_sentence(house: Gateway):
    """
    The port that is taken is named, and what to do.
    """
    server = await asyncio.start_server(lambda reader, writer: None, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    code, _, err = await house.run("serve", "--config", str(house.config), "--port", str(port))
    server.close()

    assert (2, 1) == (code, err.count("\n"))
    assert f"port {port}" in err
    assert "--port" in err


async def test_data_of_a_newer_version_is_refused(house: Gateway):
    """
    What a newer version wrote is left alone.
    """
    import sqlite3

    await house.start()
    await house.stop()
    db = sqlite3.connect(house.folder / "store" / "ringback.sqlite")
    db.execute("PRAGMA user_version = 99")
    db.close()
    code, _, err = await house.run("serve", "--config", str(house.config))

    assert (2, 1) == (code, err.count("\n"))
    assert "newer version" in err


async def test_a_full_disk_loses_nothing(house: Gateway):
    """
    While the disk is full nothing is acknowledged and `/readyz` says why; with room again, all that was said is done.
    """

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (SMALL, resource.RLIM_INFINITY))

    await house.start(small_disk)
    said = 0
    while (await house.readyz())[1]["store"] == "ok":
        said += 1
        house.emulator.people.message(RITA, "dm", f"{said} " + "x" * 3_000)
        await asyncio.sleep(0.01)
        assert said < 500, "the disk never filled"
    status, report = await house.readyz()
    assert 503 == status
    assert "disk is full" in report["store"]
    house.emulator.people.message(RITA, "dm", "deploy v1.4.2 to production")
    assert house.process is not None
    unlimited = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    if sys.platform == "linux":
        resource.prlimit(house.process.pid, resource.RLIMIT_FSIZE, unlimited)
    await until(lambda: house.seen(ANA))
    house.press(ANA, "ringback.approve")
    await until(lambda: "v1.4.2 is in production now." in " ".join(house.seen(RITA)))

    assert 200 == (await house.readyz())[0]
    statuses = {delivery["status"] for delivery in house.emulator.state()["deliveries"]}
    assert {"acked"} == statuses


async def test_a_message_of_a_megabyte(house: Gateway):
    """
    A message larger than Slack itself would send is kept, answered, and breaks nothing.
    """
    await house.start()
    house.emulator.people.message(RITA, "dm", "list " + "x" * 1_000_000)
    await until(lambda: "staging: nothing yet" in " ".join(house.seen(RITA)))


async def test_payloads_that_nobody_knows(house: Gateway):
    """
    Commands, foreign buttons and other events are acknowledged, and the next message is answered.
    """
    await house.start()
    house.emulator.workspace.state.commands.append("/nonsense")
    house.emulator.people.command(RITA, "C0GENERAL", "/nonsense", "\x00\ud7ff")
    house.emulator.people.message(RITA, "C0GENERAL", "lunch?")
    house.emulator.people.message(RITA, "dm", "list")
    await until(lambda: house.seen(RITA)[1:])
    await until(lambda: all(delivery["status"] == "acked" for delivery in house.emulator.state()["deliveries"]))


async def test_a_revoked_token_stops_the_channel_with_a_sentence(house: Gateway):
    """
    The channel stops and `/readyz` says what to fix; the rest runs on.
    """
    house.emulator.add_fault(Fault(on="token", kind="revoke", times=None))
    await house.start(connected=False)
    report = {"state": "starting"}
    while report["state"] != "stopped":
        (report,) = (await house.readyz())[1]["channels"].values()

    assert "install the app again" in report["problem"]
    assert 200 == (await house.readyz())[0]
    assert 503 == (await house.readyz("?channels=all"))[0]


async def test_one_workspace_stops_and_the_other_runs_on(house: Gateway):
    """
    Of two workspaces one has a token that is revoked: it stops with a sentence that its owner is told where they are,
    and in the other an agent is asked, a person approves, and the answer comes.
    """
    other = Workspace.create(["rita", "ana"], ["general"], team_name="Other")
    async with await serve("127.0.0.1", 0, other) as server:
        (house.folder / "other.bot").write_text(other.state.tokens.bot)
        (house.folder / "other.app").write_text(other.state.tokens.app)
        table = f'''
[[slack]]
account = "{other.state.team_id}"
bot_token = "file:{house.folder}/other.bot"
app_token = "file:{house.folder}/other.app"
api = "{server.base_url}"
'''
        house.config.write_text(house.config.read_text() + table)
        server.emulator.add_fault(Fault(on="token", kind="revoke", times=None))
        await house.start()

        async def problem() -> str:
            return str((await house.readyz())[1]["channels"][f"slack:{other.state.team_id}"]["problem"])

        async with asyncio.timeout(15):
            while "install the app again" not in await problem():
                await asyncio.sleep(0.05)
        house.emulator.people.message(RITA, "dm", "deploy v1.4.2 to production")
        await until(lambda: "Approve deploy?" in " ".join(house.seen(ANA)))
        house.press(ANA, "ringback.approve")
        await until(lambda: "v1.4.2 is in production now." in " ".join(house.seen(RITA)))

        assert (await house.readyz())[1]["channels"][f"slack:{house.emulator.workspace.state.team_id}"]["ready"]
        assert "install the app again" in " ".join(house.seen(ANA))


async def test_a_token_that_is_revoked_in_mid_flight_holds_what_is_to_be_said(house: Gateway):
    """
    What people write still comes in; what is to be said waits, `/readyz` says what to fix, and after a restart with a
    token that works it goes out, once.
    """
    await house.start()
    fault = house.emulator.add_fault(Fault(on="token", kind="revoke", token="bot"))
    house.emulator.people.message(RITA, "dm", "list")

    async def held() -> str:
        return str((await house.readyz())[1]["channels"][f"slack:{house.emulator.workspace.state.team_id}"]["held"])

    async with asyncio.timeout(15):
        while "token" not in await held():
            await asyncio.sleep(0.05)
    assert "set the new token" in await held()
    assert 200 == (await house.readyz())[0]
    assert 503 == (await house.readyz("?channels=all"))[0]
    assert 0 == await house.stop()
    house.emulator.remove_fault(fault.id)
    await house.start()
    await until(lambda: any("staging: nothing yet" in text for text in house.seen(RITA)))

    assert 1 == sum("staging: nothing yet" in text for text in house.seen(RITA))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[server]", "[[server]]"),
        ('data = "{folder}/store"', 'data = "{folder}/ringback.toml"'),
        ('data = "{folder}/store"', 'data = "/dev/null/store"'),
        ("gateway.sandbox.deploybot:deploybot", ":deploybot"),
        ("gateway.sandbox.deploybot:deploybot", "broken:agent"),
        ('"env:BOT"', '"file:{folder}/token"'),
    ],
)
async def test_a_setting_that_cannot_work_is_one_line(tmp_path: Path, old: str, new: str):
    """
    A folder that is none, a module that raises, a secret that is no text: a line and exit code 2, not a traceback.
    """
    async with gateway(tmp_path) as house:
        (tmp_path / "broken.py").write_text("raise ValueError('boom')\n")
        (tmp_path / "token").write_bytes(b"\xff\xfe")
        text = house.config.read_text()
        assert old.format(folder=tmp_path) in text
        house.config.write_text(text.replace(old.format(folder=tmp_path), new.format(folder=tmp_path)))
        code, out, err = await house.run("serve", "--config", str(house.config))

        assert (2, "", 1) == (code, out, err.count("\n"))


async def test_a_damaged_store_is_one_line(tmp_path: Path):
    """
    A file that is no database is said to be none.
    """
    async with gateway(tmp_path) as house:
        (tmp_path / "store").mkdir()
        (tmp_path / "store" / "ringback.sqlite").write_bytes(b"this is no database" * 100)
        code, _, err = await house.run("serve", "--config", str(house.config))

        assert (1, 1) == (code, err.count("\n"))
        assert "file is not a database" in err


async def test_another_program_on_the_file_is_waited_for(tmp_path: Path):
    """
    While another program holds the store's file nothing is lost and nothing dies; then it goes on.
    """
    async with gateway(tmp_path) as house:
        await house.start()
        other = sqlite3.connect(tmp_path / "store" / "ringback.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        house.emulator.people.message("U0000RITA", "dm", "list")
        await until(lambda: "another program holds the file" in (tmp_path / "gateway.log").read_text())
        other.execute("ROLLBACK")
        other.close()
        await until(lambda: any("production:" in text for text in house.seen("U0000RITA")))
        assert 0 == await house.stop()


async def test_an_idle_operator_does_not_hold_up_the_end(tmp_path: Path):
    """
    Somebody holds the operator's socket open and says nothing; asked to stop, the gateway stops.
    """
    async with gateway(tmp_path) as house:
        await house.start()
        _, writer = await asyncio.open_unix_connection(tmp_path / "store" / "control.sock")
        assert 0 == await house.stop()
        writer.close()


async def test_a_gateway_that_goes_away_is_one_line(tmp_path: Path):
    """
    The command line says so when the gateway dies while it is asked.
    """

    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    async with gateway(tmp_path) as house:
        (tmp_path / "store").mkdir()
        server = await asyncio.start_unix_server(die, tmp_path / "store" / "control.sock")
        code, _, err = await house.run("people", "link", "ana", "--code", "--config", str(house.config))
        server.close()

        assert (1, 1) == (code, err.count("\n"))
        assert "went away" in err
