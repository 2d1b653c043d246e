"""
A settings file and an environment of any kind: they load, or one line says which setting to change, without secrets.
"""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import bootstrap, settings
from gateway.errors import SettingsError
from gateway.settings_example import example
from tests.fuzz import examples
from tests.fuzz.shapes import ODD, texts, values
from tests.runtime import HandRuntime

SECRET = "xoxb-very-secret, and of thirty-two characters at least"
NAMED = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "MAIL_PASSWORD",
    "MAIL_SECRET",
    "METRICS_TOKEN",
    "RINGBACK",
)
ENVIRONMENT = dict.fromkeys(NAMED, SECRET)
EXAMPLE = example()
LINES = EXAMPLE.splitlines()
NAMES = [
    f"RINGBACK_{section}_{name}".upper()
    for section in settings.SECTIONS
    for name in settings.Settings.model_fields[section].annotation.model_fields  # type: ignore[union-attr]
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the file stands."""
    return tmp_path


def outcome(folder: Path, content: bytes, environment: dict[str, str]) -> settings.Settings | None:
    """Load a file; a refusal is one line that names the file and no secret."""
    file = folder / "ringback.toml"
    file.write_bytes(content)
    try:
        return settings.load(file, environment)
    except SettingsError as refused:
        said = str(refused)
        assert str(file) in said
        assert SECRET not in said
        assert "\n" not in said
        return None


def test_the_example_is_where_it_begins(folder: Path):
    """
    As it is, the example loads.
    """
    assert outcome(folder, EXAMPLE.encode(), ENVIRONMENT) is not None


def written(value: Any) -> str:
    """Write a value as TOML does, as far as it can be written."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return f"[{', '.join(map(written, value))}]"
        case dict():
            return "{ " + ", ".join(f"{written(str(key))} = {written(inner)}" for key, inner in value.items()) + " }"
        case str():
            return json.dumps(value.encode("utf-8", "replace").decode(), ensure_ascii=True).replace("\x7f", "\\u007f")
        case None:
            return "1979-05-27T07:32:00Z"
    return str(value)


KEYS = [number for number, line in enumerate(LINES) if re.fullmatch(r"(# )?[a-z_]+ = .*", line)]


@examples(120)
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from(ODD) | values), min_size=1, max_size=3))
def test_values_of_any_kind(folder: Path, change: list[tuple[int, Any]]):
    """
    Any setting of the example may hold anything.
    """
    lines = list(LINES)
    for number, value in change:
        lines[number] = f"{lines[number].removeprefix('# ').partition(' =')[0]} = {written(value)}"
    loaded = outcome(folder, "\n".join(lines).encode(), ENVIRONMENT)
    if loaded is not None:
        can_be_built(loaded)


@examples(60)
@given(st.lists(st.tuples(st.integers(0, len(EXAMPLE)), st.integers(0, 40), st.binary(max_size=8)), max_size=4))
def test_bytes_of_any_kind(folder: Path, cuts: list[tuple[int, int, bytes]]):
    """
    A file with pieces cut out, and others put in.
    """
    content = EXAMPLE.encode()
    for at, length, put in cuts:
        content = content[:at] + put + content[at + length :]
    outcome(folder, content, ENVIRONMENT)


@pytest.mark.parametrize(
    "content",
    [
        b"slack = [1]",
        b"metrics = [1]",
        b"[" * 200_000,
        b"x = " + b"[" * 100_000,
        b"x = " + b"9" * 9_000,
        b"\x00",
        b"\xff\xfe",
    ],
)
def test_content_that_is_no_settings_file(folder: Path, content: bytes):
    """
    Nested without end, numbers without end, other encodings: one line.
    """
    assert outcome(folder, content, ENVIRONMENT) is None


@examples(60)
@given(st.dictionaries(st.sampled_from([*NAMES, *ENVIRONMENT]), texts, max_size=4))
def test_an_environment_of_any_kind(folder: Path, given: dict[str, str]):
    """
    Variables that set something may hold anything.
    """
    loaded = outcome(folder, EXAMPLE.encode(), ENVIRONMENT | given)
    if loaded is not None:
        can_be_built(loaded)


def can_be_built(loaded: settings.Settings) -> None:
    """What loads is either built, or a refusal says what cannot be imported."""
    with contextlib.suppress(SettingsError):
        bootstrap.build(loaded, "ringback.toml", runtime=HandRuntime())
