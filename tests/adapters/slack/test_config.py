"""
Which of a `[[slack]]` table's keys belong together.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.errors import SettingsError
from gateway.settings import load

SECRETS = {"BOT": "xoxb-1", "APP": "xapp-1", "SIGNING": "s1", "EMPTY": " "}
BASE = """
[[people]]
id = "ben"
name = "Ben"
roles = ["owner"]
identities = ["slack:T1/U1"]
[[slack]]
account = "T1"
bot_token = "env:BOT"
"""
SOCKET, HTTP = 'app_token = "env:APP"', 'mode = "http"\nsigning_secret = "env:SIGNING"'


@pytest.mark.parametrize("lines", [SOCKET, HTTP, f"{SOCKET}\n{HTTP}"])
def test_each_mode_needs_its_own_secret(tmp_path: Path, lines: str):
    """
    A socket needs the app token, a webhook the signing secret; what the other mode needs may stand there too.
    """
    file = tmp_path / "ringback.toml"
    file.write_text(BASE + lines)
    (config,) = load(file, SECRETS).channels["slack"]

    assert config.mode == ("http" if "http" in lines else "socket")


@pytest.mark.parametrize(
    ("lines", "key", "says"),
    [
        ("", "slack[0].app_token", "Socket Mode needs the app-level token"),
        ('mode = "http"', "slack[0].signing_secret", "without it nobody can tell who posts"),
        ('mode = "http"\nsigning_secret = "env:EMPTY"', "slack[0].signing_secret", "is empty"),
        (f'{HTTP}\nprevious_signing_secret = "env:EMPTY"', "slack[0].previous_signing_secret", "is empty"),
        ('app_token = "env:EMPTY"', "slack[0].app_token", "is empty"),
        ('mode = "http"\nsigning_secret = "s1"', "slack[0].signing_secret", "secrets do not stand in the file"),
        ('mode = "webhook"', "slack[0].mode", "'socket' or 'http'"),
        (f"{SOCKET}\nroles = {{ release = 'release' }}", "slack[0].roles", "'release' is no user group's id"),
        (f"{SOCKET}\nroles = {{ S1 = 'on call' }}", "slack[0].roles", "'on call' is no role"),
        (f"{SOCKET}\nroles = {{ S1 = '' }}", "slack[0].roles", "'' is no role"),
        (f"{SOCKET}\nroles = 'S1'", "slack[0].roles", "valid dictionary"),
        (
            f'{SOCKET}\n[[slack]]\naccount = "E1"\nbot_token = "env:BOT"\n{SOCKET}\nroles = {{ S1 = "a" }}',
            "slack[1].roles",
            "write the workspace before S1",
        ),
        (
            f'{SOCKET}\n[[slack]]\naccount = "T1"\nbot_token = "env:BOT"\n{SOCKET}',
            "slack[1].account",
            "stands there twice",
        ),
    ],
)
def test_what_does_not_go_together_is_one_line(tmp_path: Path, lines: str, key: str, says: str):
    """
    A wrong combination names the key and the remedy.
    """
    file = tmp_path / "ringback.toml"
    file.write_text(BASE + lines)

    with pytest.raises(SettingsError) as refused:
        load(file, SECRETS)
    assert key in str(refused.value)
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)
