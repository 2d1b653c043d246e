"""
The settings of the gateway that the sandbox runs.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from gateway import bootstrap, settings
from gateway.sandbox import channel, settings_file
from gateway.sandbox.door import Door

DOOR = Door("127.0.0.1", 0, "a-token-of-16-letters", f"whsec_{'A' * 32}")


def written(folder: Path) -> tuple[Path, dict[str, str]]:
    """A settings file, and the environment it needs."""
    channels = channel.build_all(folder)
    file = settings_file.write(folder, channels, "http://127.0.0.1:8700", DOOR)
    return file, {name: value for one in (*channels.values(), DOOR) for name, value in one.environment().items()}


def test_settings_load(folder: Path):
    """
    The file loads with the secrets in the environment, and a gateway can be built from it.
    """
    file, environment = written(folder)

    loaded = settings.load(file, environment)

    bootstrap.build(loaded, str(file))
    assert folder / "store" == loaded.server.data
    assert 0 == loaded.server.port
    assert ["http://127.0.0.1:8700/slack/api/"] == [account.api for account in loaded.channels["slack"]]
    assert [("agent", True)] == [(client.name, client.inside) for client in loaded.clients]
    assert [["slack"]] == [agent.listen for agent in loaded.agents]
    assert [["anyone"]] == [agent.start for agent in loaded.agents]


def test_people_and_policy(folder: Path):
    """
    Ana may release by a group of Slack's, Ben by the settings, who is told of trouble too; Otto is unknown; production
    needs somebody else than who asks.
    """
    file, environment = written(folder)

    loaded = settings.load(file, environment)

    roles = {person.id: set(person.roles) for person in loaded.people}
    assert {"rita": set(), "ana": set(), "ben": {"release", "owner"}} == roles
    assert {"slack:T0SANDBOX": {"S0RELEASE": "release"}} == loaded.groups()
    *guarded, waits = loaded.policy
    assert ["deploy", "roll_back", "restart"] == [rule.tool for rule in guarded]
    assert ("restart", {"environment": "staging"}, "low") == (waits.tool, waits.when, waits.urgency)
    for rule in guarded:
        assert {"environment": "production"} == rule.when
        assert (["release"], True) == (rule.roles, rule.exclude_requester)
        assert ["people", "slack:T0SANDBOX/CAPPROVALS"] == rule.targets


async def test_with_mail_approvers_are_asked_there_too(folder: Path):
    """
    Everybody in the directory has an address besides; a guarded call is shown in the approvers' mailboxes too, and the
    gateway can be built from it.
    """
    channels = channel.build_all(folder, ["email"])
    await channels["email"].open()
    file = settings_file.write(folder, channels, "http://127.0.0.1:8700", DOOR)
    environment = {name: value for one in (*channels.values(), DOOR) for name, value in one.environment().items()}

    loaded = settings.load(file, environment)

    bootstrap.build(loaded, str(file))
    assert [["slack", "email"]] == [agent.listen for agent in loaded.agents]
    assert all("email:agent@example.com/" in person.identities[1] for person in loaded.people)
    ana, ben = (f"email:agent@example.com/{name}@example.com" for name in ("ana", "ben"))
    for rule in loaded.policy:
        assert ["people", "slack:T0SANDBOX/CAPPROVALS", ana, ben] == rule.targets
    channels["email"].close()


def test_everybody_reads_a_language_of_their_own(folder: Path):
    """
    In their direct messages people read the language that was asked for, in channels English.
    """
    channels = channel.build_all(folder)
    file = settings_file.write(folder, channels, "http://127.0.0.1:8700", DOOR, language="de")
    loaded = settings.load(file, secrets=False)

    assert {"de"} == {person.language for person in loaded.people}
    assert "en" == loaded.server.language


def test_secrets_stand_in_no_file(folder: Path):
    """
    The file names the environment variables of the secrets, and says in its first line that it is written anew.
    """
    file, environment = written(folder)

    text = file.read_text()

    assert "anew" in text.partition("\n")[0]
    assert environment
    assert not [secret for secret in environment.values() if secret in text]


def test_odd_path_is_written_as_it_is(folder: Path):
    """
    Quotes, backslashes and letters of any language in a folder's name come through.
    """
    odd = folder / 'a "b" \\ ü'
    odd.mkdir()

    file, _ = written(odd)

    assert str(odd / "store") == tomllib.loads(file.read_text())["server"]["data"]
