"""
A real `ringback serve` for the benchmarks, over Slack's side of them.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from tests.bench import agent
from tests.bench.measure import server
from tests.bench.slack_side import SECRET, TEAM, Slack

REQUEST_URL = "/slack/events"
PEOPLE = 64  # each asks for something themselves, and approves it themselves, in their own direct messages

CONFIG = """
[limits]
starts_per_hour = 0
[server]
data = "store"
port = 0
[[slack]]
account = "{team}"
mode = "{mode}"
bot_token = "env:BENCH_BOT"
app_token = "env:BENCH_APP"
signing_secret = "env:BENCH_SECRET"
api = "{api}"
[[agents]]
use = ["tests.bench.agent:worker"]
listen = ["slack"]
[[policy]]
tool = "act"
roles = ["member"]
targets = ["origin"]
"""
PERSON = """
[[people]]
id = "p{number}"
name = "Person {number}"
identities = ["slack:{team}/{user}"]
roles = ["member", "owner"]
"""


def user(number: int) -> str:
    """The id of a person."""
    return f"U{number:08d}"


@asynccontextmanager
async def running(
    folder: Path, slack: Slack, mode: Literal["socket", "http"], program: Sequence[str] = ("gateway.cli",)
) -> AsyncIterator[int]:
    """Start it in a folder, and wait until it knows who it is at Slack's; gives its port."""
    async with server([*program, "serve"], folder, settings(folder, slack, mode)) as port:
        await (slack.connected if mode == "socket" else slack.identified).wait()
        yield port


def settings(folder: Path, slack: Slack, mode: Literal["socket", "http"]) -> dict[str, str]:
    """Write its settings into a folder; gives the secrets that it takes from its environment."""
    people = [PERSON.format(number=number, team=TEAM, user=user(number)) for number in range(PEOPLE)]
    (folder / "ringback.toml").write_text(CONFIG.format(team=TEAM, api=slack.api, mode=mode) + "".join(people))
    told = os.environ.get(agent.TOLD, str(folder / "told"))
    return {"BENCH_BOT": "xoxb-1", "BENCH_APP": "xapp-1", "BENCH_SECRET": SECRET, agent.TOLD: told}
