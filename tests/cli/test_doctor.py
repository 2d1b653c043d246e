"""
`ringback doctor`, on an emulated workspace.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from adapters.slack.doctor import NEEDED, USEFUL
from adapters.slack.emulator import Fault
from adapters.slack.emulator.state import Usergroup
from tests.process import ROOT, Gateway, gateway

RITA, ANA, OTTO = "U0000RITA", "U00000ANA", "U0000OTTO"
MANIFEST = json.loads((ROOT / "deploy" / "slack-app.json").read_text())
SCOPES = MANIFEST["oauth_config"]["scopes"]["bot"]
OK, WRONG, UNKNOWN = True, False, None


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A workspace with the app as its manifest makes it; the gateway is not started."""
    async with gateway(tmp_path) as one:
        one.emulator.workspace.state.scopes[:] = SCOPES
        yield one


async def examine(house: Gateway, *arguments: str) -> tuple[int, dict[tuple[str, str], dict[str, Any]]]:
    """Run the command; its findings by what they are about."""
    code, out, err = await house.run("doctor", "--json", "--config", str(house.config), *arguments)
    assert out, err
    return code, {(one["about"].partition(":")[0], one["what"]): one for one in json.loads(out)}


def also(house: Gateway, settings: str) -> None:
    """Add to the settings."""
    house.config.write_text(house.config.read_text() + settings)


async def test_a_workspace_in_order(house: Gateway):
    """
    Everything that can be known is well, people stand under their Slack names, and the test card is gone again.
    """
    await house.start()
    also(house, f'[ops]\nconversation = "slack:{house.emulator.workspace.state.team_id}/C0GENERAL"\n')
    code, found = await examine(house)

    assert 0 == code
    assert {} == {what: one for what, one in found.items() if one["ok"] is WRONG}
    for what in ("bot token", "scopes", "clock", "app token", "channel C0GENERAL", "test card", "connection"):
        assert OK is found["slack", what]["ok"], found["slack", what]
    assert "U0000RITA is Rita (@rita)" in found["slack", "person Rita"]["found"]
    assert "the bot is in it; named by ops.conversation" == found["slack", "channel C0GENERAL"]["found"]
    assert ("held by a running gateway", OK) == (found["store", "lock"]["found"], found["store", "schema"]["ok"])
    assert [] == house.emulator.screen(ANA, "dm")["messages"]
    shown = [c for c in house.emulator.state()["calls"] if c["method"] in ("chat.postMessage", "chat.delete")]
    assert ["chat.postMessage", "chat.delete"] == [call["method"] for call in shown]


async def test_lines_for_people(house: Gateway):
    """
    One line a check: how it is, what it is about, what was found, what to do.
    """
    code, out, _ = await house.run("doctor", "slack", "--config", str(house.config), "--to", "rita")
    lines = out.splitlines()

    assert 0 == code
    assert any(line.startswith("ok         slack:") and "bot token: " in line for line in lines)
    assert any(line.startswith("not known  store") and "the first start makes it" in line for line in lines)
    assert any("connection: no gateway is running" in line and "ringback serve" in line for line in lines)
    assert any(f"shown at slack:{house.emulator.workspace.state.team_id}/{RITA}" in line for line in lines)


async def test_scopes_that_are_missing_are_named_with_what_for(house: Gateway):
    """
    Without a needed one it is wrong; without a useful one it is said what does not work.
    """
    for scope in ("im:history", "users:read", "groups:history"):
        house.emulator.workspace.state.scopes.remove(scope)
    code, found = await examine(house)

    assert 1 == code
    missing = found["slack", "scope im:history"]
    assert (WRONG, True) == (missing["ok"], "to hear what is said in direct messages" in missing["found"])
    assert "install the app again" in missing["remedy"]
    assert UNKNOWN is found["slack", "scope groups:history"]["ok"]
    assert UNKNOWN is found["slack", "person Rita"]["ok"]


def test_what_the_doctor_asks_for_is_what_the_app_asks_for():
    """
    Every scope of the app's manifest is one that the doctor can say the use of, and no other.
    """
    assert set(SCOPES) == {*NEEDED, *USEFUL}


@pytest.mark.parametrize(
    ("fault", "what", "words"),
    [
        ({"on": "token", "kind": "revoke", "times": None}, "bot token", "the token was revoked"),
        ({"on": "apps.connections.open", "kind": "refuse", "error": "invalid_auth"}, "app token", "is not valid"),
        ({"on": "chat.postMessage", "kind": "refuse", "error": "messages_tab_disabled"}, "test card", "Messages tab"),
        ({"on": "chat.delete", "kind": "refuse", "error": "cant_delete_message"}, "test card", "but not taken away"),
    ],
)
async def test_what_slack_refuses_is_wrong(house: Gateway, fault: dict[str, Any], what: str, words: str):
    """
    A refusal is told with what to do; without a bot token nothing further is tried with it.
    """
    house.emulator.add_fault(Fault.model_validate(fault))
    code, found = await examine(house)

    assert (1, WRONG) == (code, found["slack", what]["ok"])
    assert words in found["slack", what]["found"]
    assert (what != "bot token") == (("slack", "test card") in found)


async def test_silence_is_no_refusal(house: Gateway):
    """
    A call that is lost on the way is not known to be wrong.
    """
    house.emulator.add_fault(Fault.model_validate({"on": "users.info", "kind": "drop_before_accept", "times": None}))
    code, found = await examine(house)

    assert (0, UNKNOWN) == (code, found["slack", "person Rita"]["ok"])


async def test_people_and_channels_that_are_not_there(house: Gateway):
    """
    Typing errors show: nobody, somebody deactivated, a channel without the bot, an archived one, none at all.
    """
    state = house.emulator.workspace.state
    team = state.team_id
    state.people[RITA].deleted = True
    state.channels["C0GENERAL"].members.remove(state.bot.user_id)
    also(
        house,
        f'[[people]]\nid = "bob"\nname = "Bob"\nidentities = ["slack:{team}/U0NOBODY1", "slack:T0OTHER00/U1"]\n'
        f'[[policy]]\ntool = "x"\nroles = ["release"]\n'
        f'targets = ["slack:{team}/C0GENERAL", "slack:{team}/C0NOWHERE"]\n',
    )
    code, found = await examine(house)

    assert 1 == code
    assert "is Rita (@rita), deactivated" in found["slack", "person Rita"]["found"]
    assert "there is no such person" in found["slack", "person Bob"]["found"]
    assert "the app is not in that channel; invite it there" in found["slack", "channel C0GENERAL"]["found"]
    assert "there is no such channel" in found["slack", "channel C0NOWHERE"]["found"]
    assert "slack:T0OTHER00/U1 belongs to no account" in found["settings", "people[2]"]["found"]
    state.scopes += ["channels:read"]
    found = (await examine(house))[1]
    assert "the bot is not in #general, named by policy[1].targets" == found["slack", "channel C0GENERAL"]["found"]
    state.channels["C0GENERAL"].is_archived = True
    assert "is archived" in (await examine(house))[1]["slack", "channel C0GENERAL"]["found"]


async def test_user_groups(house: Gateway):
    """
    Each group is read, one that is not there is wrong, and a role that nothing else names is probably a slip.
    """
    state = house.emulator.workspace.state
    state.usergroups.append(Usergroup(id="S0RELEASE", handle="release", users=[ANA]))
    given = 'roles = { S0RELEASE = "release", S0NOWHERE = "relase" }\napi = '
    house.config.write_text(house.config.read_text().replace("api = ", given))
    await house.start()
    code, found = await examine(house)

    assert 1 == code
    assert (OK, "1 accounts") == (
        found["slack", "user group S0RELEASE"]["ok"],
        found["slack", "user group S0RELEASE"]["found"][:10],
    )
    assert "there is no such user group" in found["slack", "user group S0NOWHERE"]["found"]
    assert (
        "names the role 'relase', which its group S0NOWHERE gives"
        in found["settings", f"slack:{state.team_id}"]["found"]
    )
    assert "the running gateway cannot read who is in S0NOWHERE (relase): " in found["slack", "groups"]["found"]
    warned = "its group S0NOWHERE gives the role 'relase', which nothing else in the settings names"
    assert warned in (house.folder / "gateway.log").read_text()
    code, out, _ = await house.run("people", "list", "--config", str(house.config))
    assert f"Whoever of them is in S0RELEASE of slack:{state.team_id} has the role release besides." in out.splitlines()


async def test_another_workspace(house: Gateway):
    """
    A token of another workspace than the settings name is told with both names.
    """
    team = house.emulator.workspace.state.team_id
    house.config.write_text(house.config.read_text().replace(team, "T0OTHER00"))
    code, found = await examine(house)

    assert 1 == code
    assert f"belongs to workspace {team}, but `account` says T0OTHER00" in found["slack", "bot token"]["found"]


async def test_settings_that_are_probably_not_meant(house: Gateway):
    """
    A rule that nobody else can decide, one whose people cannot be reached; agents that fail.
    """
    also(
        house,
        '[[people]]\nid = "bob"\nname = "Bob"\n'
        '[[policy]]\ntool = "deploy"\nroles = ["release"]\n'
        '[[policy]]\ntool = "page"\npeople = ["bob"]\n',
    )
    house.config.write_text(house.config.read_text().replace("gateway.sandbox.deploybot:deploybot", "nothing:agent"))
    code, found = await examine(house)

    assert 1 == code
    assert "only Ana may decide" in found["settings", "policy[0]"]["found"]
    assert ("settings", "policy[1]") not in found
    assert "can be reached" in found["settings", "policy[2]"]["found"]
    assert "Bob has no identities" in found["settings", "people[2]"]["found"]
    assert "nothing:agent cannot be imported" in found["settings", "agents and models"]["found"]


async def test_a_data_folder_that_others_may_open(house: Gateway):
    """
    Whoever can open the folder has the owner's say, so it says how to shut it; a damaged or newer store is named.
    """
    await house.start()
    await house.stop()
    folder = house.folder / "store"
    folder.chmod(0o755)
    code, found = await examine(house)
    assert (1, f"chmod 700 {folder}") == (code, found["store", "data folder"]["remedy"])
    assert "free" in found["store", "lock"]["found"]
    folder.chmod(0o700)
    assert 0 == (await examine(house))[0]
    for file in folder.glob("ringback.sqlite*"):
        file.unlink()
    (folder / "ringback.sqlite").write_text("nonsense" * 1_000)
    code, found = await examine(house)

    assert (1, True) == (code, found["store", "schema"]["found"].startswith("cannot be read"))


async def test_a_channel_that_broke(house: Gateway):
    """
    A running gateway says how its connection is.
    """
    house.emulator.add_fault(Fault.model_validate({"on": "token", "kind": "revoke", "times": None}))
    await house.start(connected=False)
    while (await house.readyz())[1]["channels"][f"slack:{house.emulator.workspace.state.team_id}"][
        "state"
    ] == "starting":
        await asyncio.sleep(0.02)
    code, found = await examine(house)

    assert (1, WRONG) == (code, found["slack", "connection"]["ok"])
    assert "stopped: " in found["slack", "connection"]["found"]
    assert "the token was revoked" in found["slack", "connection"]["found"]


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("discord",), 2, "there is no account 'discord'; there is slack:"),
        (("--to", "bob"), 1, "--to: 'bob' is nobody in [[people]]"),
    ],
)
async def test_what_it_cannot_look_at(house: Gateway, arguments: tuple[str, ...], code: int, sentence: str):
    """
    One sentence says what there is instead.
    """
    ended, out, err = await house.run("doctor", "--config", str(house.config), *arguments)

    assert (code, "", 1) == (ended, out, err.count("\n"))
    assert sentence in err
