"""
Logs are lines of JSON without secrets.
"""

from __future__ import annotations

import json
import logging
import sys

import pytest

from gateway.telemetry import HIDDEN, JsonLines


def line(message: str, *arguments: object, secrets: tuple[str, ...] = (), **extra: object) -> dict[str, object]:
    record = logging.LogRecord("ringback.owner", logging.INFO, __file__, 1, message, arguments, None)
    record.__dict__.update(extra)
    loaded: dict[str, object] = json.loads(JsonLines(secrets).format(record))
    return loaded


def test_a_line_has_what_one_searches_for():
    """
    Time, level, logger, message, and the ids that belong to it.
    """
    told = line("sent %s", "x", delivery="d1", thread_id="t1")

    assert ("info", "ringback.owner", "sent x", "d1", "t1") == (
        told["level"],
        told["logger"],
        told["message"],
        told["delivery"],
        told["thread_id"],
    )
    assert str(told["at"]).endswith("+00:00")


def test_a_message_of_several_lines_is_one_line():
    """
    Nothing that somebody writes can forge a line of the log.
    """
    record = logging.LogRecord("x", logging.INFO, __file__, 1, 'a\n{"level": "critical"}\u2028', (), None)

    assert 1 == len(JsonLines().format(record).splitlines()[:1])
    assert "\n" not in JsonLines().format(record)


@pytest.mark.parametrize(
    "text",
    [
        "my-own-secret",
        "xoxb-123456-abcdef",
        "xapp-1-A0-123-abc",
        "Authorization: Bearer abc.def",
        "sk-proj-abcdef123456",
    ],
)
def test_secrets_are_blacked_out(text: str):
    """
    Known secrets, and what looks like one, never reach a log; tracebacks included.
    """
    told = line(f"failed with {text}!", secrets=("my-own-secret",))
    assert HIDDEN in str(told["message"])
    assert text.rpartition(" ")[2] not in str(told["message"])
    try:
        raise ValueError(text)
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "oops", (), sys.exc_info())
    traceback = json.loads(JsonLines(("my-own-secret",)).format(record))["traceback"]

    assert f"ValueError: {text}" not in traceback
    assert HIDDEN in traceback


def test_short_secrets_do_not_black_out_words():
    """
    A secret of three letters would hide half the log.
    """
    assert "the cat" == line("the cat", secrets=("cat",))["message"]
