"""
Payloads as Slack sends them, addressed to the gateway under test: what fuzzing begins with.
"""

from __future__ import annotations

import itertools
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from adapters.slack.accounts import Bot, account_of
from adapters.slack.parse import parse
from tests import vendor
from tests.fuzz.shapes import HOWS, changed, read_by
from tests.fuzz.shapes import Path as Place

SAVED = Path(__file__).parent.parent / "adapters" / "slack" / "payloads"
TEAM = "T0SANDBOX"  # the emulator's workspace, in which the saved ones were made
BOT = Bot(TEAM, "URINGBACK", "BRINGBACK")
COMMAND = {"command": "/ringback", "text": "list", "user_id": "U0000RITA", "team_id": TEAM, "trigger_id": "1.2.x"}
FILES = [{"name": "plan.csv", "mimetype": "text/csv", "size": 3, "url_private": "https://files.invalid/x"}]
_TIMES = re.compile(r'"(\d{10}\.)\d{6}"')
_numbers = itertools.count(1)
PASSIVE = [
    {"type": "url_verification", "challenge": "3eZbrw1a"},
    {"type": "app_rate_limited", "team_id": TEAM, "minute_rate_limited": 1_700_000_000},
    {"ssl_check": "1", "token": "x"},
]


@cache
def saved() -> tuple[Any, ...]:
    """Give the payloads of every kind that the gateway handles."""
    loaded = [json.loads(path.read_text()) for path in sorted(SAVED.glob("*.json"))]
    with_files = json.loads((SAVED / "message_in_dm.json").read_text())
    with_files["event"] |= {"subtype": "file_share", "files": FILES}
    return (*loaded, with_files, COMMAND, *PASSIVE)


@cache
def published() -> tuple[Any, ...]:
    """Give the payloads that Slack's own libraries are tested with, addressed to us."""
    root = vendor.folder("slack")
    paths = [
        *root.glob("bolt-python/*.json"),
        *root.glob("java-slack-sdk/events/*.json"),
        *root.glob("java-slack-sdk/app-backend/*/*.json"),
        *root.glob("socket-mode/*.json"),
    ]
    samples = [json.loads(path.read_text()) for path in sorted(paths)]
    bodies = [sample.get("payload", sample) for sample in samples if isinstance(sample, dict)]
    return tuple(_to_us(body) for body in bodies if isinstance(body, dict))


def _to_us(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "team_id": TEAM, "team": {"id": TEAM}, "authorizations": [{"team_id": TEAM}]}


class Broken(NamedTuple):
    """A saved payload, by its number, with one of the places that are read of it changed."""

    number: int
    path: Place
    how: Any

    @property
    def payload(self) -> Any:
        """It as it is sent, with ids that have not been seen before."""
        return changed(anew(saved()[self.number]), self.path, self.how)


@cache
def broken() -> tuple[Broken, ...]:
    """Give every way in which one place of a saved payload can be broken."""

    def read(payload: Any) -> Any:
        return payload.get("challenge"), payload.get("ssl_check"), account_of(payload, [TEAM]), parse(payload, BOT, 0.0)

    numbered = enumerate(saved())
    return tuple(Broken(n, path, how) for n, payload in numbered for path in read_by(read, payload) for how in HOWS)


def anew(payload: Any) -> Any:
    """Give a payload the ids and times of one that has not been sent before."""
    number, text = next(_numbers), json.dumps(payload)
    for name in ("event_id", "trigger_id"):
        for sample in saved():
            if isinstance(sample.get(name), str):
                text = text.replace(sample[name], f"{number}.{name}")
    return json.loads(_TIMES.sub(rf'"\g<1>{number:06d}"', text))
