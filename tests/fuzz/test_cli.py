"""
Whatever is typed behind `ringback`: it does something, or says in one line what is wrong; there is no traceback.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import cli
from tests.fuzz import examples, payloads
from tests.fuzz.house import running
from tests.fuzz.shapes import texts
from tests.process import CONFIG, DOORS

COMMANDS = (
    ("backup", "?"),
    ("restore", "?"),
    ("ask", "?", "--to", "?"),
    ("ask", "?", "--approve", "--key", "?", "--within", "?"),
    ("config", "check", "--config", "?"),
    ("config", "?"),
    ("policy", "explain", "?", "--as", "?"),
    ("policy", "explain", "deploy", "?"),
    ("threads", "list", "--status", "?"),
    ("threads", "show", "?"),
    ("threads", "resume", "?", "?"),
    ("requests", "list", "--status", "?"),
    ("deliveries", "list", "--status", "?", "--json"),
    ("deliveries", "retry", "?"),
    ("people", "link", "?", "?"),
    ("people", "unlink", "?"),
    ("people", "forget", "?", "--yes"),
    ("version", "?"),
    ("?",),
    ("?", "?"),
)
typed = texts.filter(lambda text: "\0" not in text).map(
    lambda text: text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")[
        :300
    ]  # as a shell hands it on
)


@pytest.fixture
async def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a gateway has worked."""
    async with running(tmp_path) as house:
        for payload in payloads.saved():
            await house.bring(payloads.anew(payload))
        await house.decided()
    (tmp_path / "ringback.toml").write_text(
        CONFIG.format(folder=tmp_path, team=payloads.TEAM, api="http://127.0.0.1:1/", door=DOORS["http"])
    )
    for name in ("BOT", "SIGNING"):
        monkeypatch.setenv(name, "x")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@examples(40, shrink=False)
@given(st.sampled_from(COMMANDS), st.lists(typed, min_size=4, max_size=4))
def test_commands_of_any_kind(
    folder: Path, capfd: pytest.CaptureFixture[str], command: tuple[str, ...], words: list[str]
):
    """
    A command ends with a code; what it says of a failure is one line.
    """
    left = iter(words)
    before = list(sys.path)
    sys.argv = ["ringback", *(next(left) if word == "?" else word for word in command)]
    try:
        with pytest.raises(SystemExit) as ended:
            cli.main()
    finally:
        sys.path[:] = before
    said = capfd.readouterr().err

    assert ended.value.code in (None, 0, 1, 2, 3, 4, 5)
    assert "Traceback" not in said
    assert said.count("\n") <= 1 or not ended.value.code, said
