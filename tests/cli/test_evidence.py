"""
`ringback evidence`: what it says of bad input.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PEOPLE = '[[people]]\nid = "olga"\nname = "Olga"\nidentities = ["slack:T1/U1"]\nroles = ["owner"]\n'


def ringback(folder: Path, *arguments: str, said: str = "") -> tuple[int, str, str]:
    """The command line in a folder, by itself."""
    command = [sys.executable, "-m", "gateway.cli", *arguments]
    done = subprocess.run(command, cwd=folder, input=said, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout, done.stderr


def test_bad_input_says_what_to_do(tmp_path: Path):
    """
    No key in the settings, one that is none, and a file that is no key set: one line each, that says what to do.
    """
    config = tmp_path / "ringback.toml"
    config.write_text(PEOPLE)
    (tmp_path / "keys.json").write_text('{"keys": [{}]}')
    (tmp_path / "key.pem").write_text("a key")
    none = ringback(tmp_path, "evidence", "keys")
    config.write_text(PEOPLE + '[evidence]\nkey = "file:key.pem"\n')
    bad = ringback(tmp_path, "config", "check")
    odd = ringback(tmp_path, "evidence", "verify", "x", "--keys", "keys.json")

    assert [2, 2, 2] == [code for code, _, _ in (none, bad, odd)]
    assert all(err.count("\n") == 1 and not out for _, out, err in (none, bad, odd))
    assert "make a key with: ringback evidence new" in none[2]
    assert "ringback evidence new" in bad[2]
    assert "like what `ringback evidence keys` prints" in odd[2]
