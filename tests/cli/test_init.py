"""
`ringback init`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from gateway.scaffold import FILES
from tests.process import ROOT, command

PATHS = {"PYTHONPATH": str(ROOT), "MYPYPATH": str(ROOT)}
TOKENS = {"SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}


def run(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a folder."""
    env = os.environ | PATHS | environment
    return subprocess.run(arguments, cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=50)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project as it is written."""
    ended = run(tmp_path, *command("init", "mine"))
    assert (0, "") == (ended.returncode, ended.stderr)
    return tmp_path / "mine"


def test_its_own_test_runs_green(project: Path):
    """
    Without a gateway, a channel, a key or a network.
    """
    quiet = ("-q", "-p", "no:cacheprovider", "-p", "no:asyncio")
    ended = run(project, sys.executable, "-m", "pytest", *quiet)

    assert 0 == ended.returncode, ended.stdout
    assert "4 passed" in ended.stdout


def test_its_settings_are_fine(project: Path):
    """
    They need the two tokens that `.env.example` names, and nothing else.
    """
    names = [line.partition("=")[0] for line in (project / ".env.example").read_text().splitlines() if "=" in line]
    assert list(TOKENS) == names[-2:]
    ended = run(project, *command("config", "check"), **TOKENS)

    assert (0, "ringback.toml: 1 agents, 2 people, 1 rules: fine\n") == (ended.returncode, ended.stdout)
    assert ".env" in (project / ".gitignore").read_text().split()
    assert not set(TOKENS.values()) & set(str(tomllib.loads((project / "ringback.toml").read_text())))


def test_its_code_is_as_ours(project: Path):
    """
    Formatted, linted and typed strictly: what an owner begins with is in order.
    """
    ruff = (sys.executable, "-m", "ruff")
    ours = 'lint.isort.known-first-party=["agent_core", "tools", "agent", "model", "context"]'
    checks = (
        (*ruff, "format", "--check", "--isolated", "--line-length", "120", "."),
        (
            *ruff,
            "check",
            "--isolated",
            "--select",
            "ASYNC,B,E,F,I,RET,SIM,UP,W",
            "--line-length",
            "120",
            "--config",
            ours,
            ".",
        ),
        (sys.executable, "-m", "mypy", "--strict", "--explicit-package-bases", "--cache-dir", os.devnull, "."),
    )
    for check in checks:
        ended = run(project, *check)
        assert 0 == ended.returncode, ended.stdout


def test_nothing_is_overwritten(project: Path):
    """
    Where one of its files is there already, none is written, and it says which.
    """
    (project / "agent.py").write_text("mine")
    (project / "tools.py").unlink()
    ended = run(project, *command("init"))

    assert (1, "") == (ended.returncode, ended.stdout)
    assert ended.stderr.startswith("ringback: README.md, agent.py, context.py, ")
    assert "would be overwritten in .; name a folder that has none of these" in ended.stderr
    assert "mine" == (project / "agent.py").read_text()
    assert not (project / "tools.py").exists()


def test_it_says_what_it_wrote_and_what_is_next(tmp_path: Path):
    """
    Every file, then the commands to go on with.
    """
    ended = run(tmp_path, *command("init", "a/b"))

    assert [f"a/b/{name}" for name in FILES] == ended.stdout.splitlines()[: len(FILES)]
    assert "cd a/b" in ended.stdout
    assert "ringback doctor" in ended.stdout


def test_where_nothing_can_be_written(tmp_path: Path):
    """
    One sentence, not a traceback.
    """
    (tmp_path / "file").write_text("")
    ended = run(tmp_path, *command("init", "file/inside"))

    assert (1, "ringback: cannot write in file/inside: Not a directory\n") == (ended.returncode, ended.stderr)
