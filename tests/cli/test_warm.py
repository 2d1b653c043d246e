"""
The tests' commands, which are forks of a process that has imported everything, are as those that start from nothing.
"""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests import warm
from tests.process import ROOT, Gateway, command


@pytest.mark.parametrize(
    "arguments",
    [
        ("version",),
        ("--help",),
        ("serve", "--foo"),
        ("config", "example"),
        ("config", "check"),
        ("requests", "list", "--data", "nowhere"),
    ],
)
def test_a_command_says_and_ends_the_same(tmp_path: Path, arguments: tuple[str, ...]):
    """
    Exit code, standard output and standard error, in a folder with its settings and with a setting in the environment.
    """
    (tmp_path / "ringback.toml").write_text('[[slack]]\naccount = "T1"\nbot_token = "env:NOT_SET"\n')
    environment = os.environ | {"PYTHONPATH": str(ROOT), "RINGBACK_SERVER_PORT": "nine"}
    cold = subprocess.run(
        command(*arguments), cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )

    assert (cold.returncode, cold.stdout, cold.stderr) == warm.run(arguments, tmp_path, environment)


async def test_a_gateway_that_is_killed_says_by_what(house: Gateway):
    """
    It is a process of its own, and ends with the signal's number below zero.
    """
    assert isinstance(house.process, warm.Process)
    os.kill(house.process.pid, signal.SIGKILL)

    assert -signal.SIGKILL == await house.process.wait() == house.process.returncode
