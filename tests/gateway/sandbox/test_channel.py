"""
What plays a channel in the sandbox.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters import registry
from gateway.errors import SettingsError
from gateway.sandbox import channel
from gateway.sandbox.people import PEOPLE

EVERY = list(registry.EMULATORS)


def test_every_channel_has_everybody(folder: Path):
    """
    Everybody has an address on each channel, and the outsider has one too.
    """
    channels = channel.build_all(folder, EVERY[1:])

    assert list(registry.EMULATORS) == list(channels)
    for played in channels.values():
        assert {person.id for person in PEOPLE} == set(played.identities)


def test_the_first_channel_is_played_others_when_asked_for(folder: Path):
    """
    Slack is always there; mail only beside it, and what nobody can play is one sentence.
    """
    assert ["slack"] == list(channel.build_all(folder))
    assert ["slack", "email"] == list(channel.build_all(folder, ["email"]))
    with pytest.raises(SettingsError, match="no such channel to play; there is email"):
        channel.build_all(folder, ["pigeon"])


def test_what_reads_mail_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch):
    """
    Without the library with which a gateway reads mailboxes it is said before anything starts, with what to install.
    """
    monkeypatch.setattr("adapters.email.emulator.sandbox.GATEWAYS", ("no_such_library",))

    with pytest.raises(SettingsError, match=r"no_such_library.*'ringback\[sandbox,email,imap\]'"):
        channel.build_all(folder, ["email"])


def test_slack_gives_what_a_client_needs(folder: Path):
    """
    Slack's endpoints are exactly the agreed ones, with the address of the API ending in a slash.
    """
    slack = channel.build_all(folder)["slack"]

    told = slack.endpoints("http://127.0.0.1:8700/slack")

    assert {"api", "bot_token", "app_token", "signing_secret", "team", "people"} == set(told)
    assert "http://127.0.0.1:8700/slack/api/" == told["api"]
    assert ["Rita Ray", "Ana Lima", "Ben Okri", "Otto Falk"] == [person["name"] for person in told["people"]]
    assert all({"id", "name"} == set(person) for person in told["people"])


def test_channel_is_as_it_was_left(folder: Path):
    """
    Built again in the same folder, a channel gives the same addresses and secrets.
    """
    first = channel.build_all(folder)["slack"]

    second = channel.build_all(folder)["slack"]

    assert first.endpoints("x") == second.endpoints("x")
    assert first.identities == second.identities


def test_watcher_hears_of_changes_until_it_leaves(folder: Path):
    """
    A watcher is told of each change, and no more after it has left.
    """
    slack = channel.build_all(folder)["slack"]
    told: list[str] = []
    unwatch = slack.watch(lambda: told.append("change"))
    workspace = slack._emulator.workspace  # type: ignore[attr-defined]

    with workspace.change():
        pass
    unwatch()
    with workspace.change():
        pass

    assert ["change"] == told


def test_unreadable_state_is_one_sentence(folder: Path):
    """
    What cannot be read is said with the folder's name, and left as it is.
    """
    (folder / "slack.json").write_text("{")

    with pytest.raises(SettingsError, match="cannot be read"):
        channel.build_all(folder)

    assert "{" == (folder / "slack.json").read_text()
