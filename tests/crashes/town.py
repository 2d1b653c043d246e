"""
People and their Slack, while the gateway dies and comes back.

The emulator lives in the test's own process and never dies, as Slack does not when we do. People act on what they see:
they ask, press, write under cards, answer what they are asked, sometimes in the wrong place or too early; an outsider
presses what is not theirs. All choices come from one seed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.slack.emulator import Emulator, Refused, Workspace, serve
from adapters.slack.emulator.state import Message
from agent_core import addresses
from agent_core.addresses import Party
from agent_core.policy import Person

REQUESTERS, APPROVERS, OUTSIDER = ("rita", "cleo"), ("ana", "ben"), "otto"
CHANNEL = "CAPPROVALS"
GLANCE = 0.02  # seconds between two looks of everybody at their screens
PATIENCE = 2.0  # seconds after which a requester asks for the next thing anyway
COMMANDS = ("deploy", "deploy", "note", "ask", "nap")

CONFIG = """
[limits]
starts_per_hour = 0
[server]
data = "{folder}/store"
port = 0
[[slack]]
account = "{team}"
bot_token = "file:{folder}/bot"
app_token = "file:{folder}/app"
api = "{api}"
[[models]]
name = "main"
script = "tests.crashes.agent:script"
[[agents]]
use = ["tests.crashes.agent:crashbot"]
listen = ["slack"]
model = "main"
[[policy]]
tool = "deploy"
roles = ["release"]
exclude_requester = true
targets = ["people", "slack:{team}/{channel}"]
"""
PERSON = """
[[people]]
id = "{name}"
name = "{name}"
identities = {identities}
roles = {roles}
"""


class Town:
    """The people of one test."""

    def __init__(self, emulator: Emulator, api: str, folder: Path, seed: int) -> None:
        self.emulator, self.folder = emulator, folder
        self.random = random.Random(seed)
        state = emulator.workspace.state
        self.team = state.team_id
        self.ids = {person.name: person.id for person in state.people.values()}
        self.asked: dict[int, str] = {}
        self._last: dict[str, tuple[int, float]] = {}
        self._acted: dict[tuple[str, str], float] = {}
        self.asking = True
        (folder / "bot").write_text(state.tokens.bot)
        (folder / "app").write_text(state.tokens.app)
        roles = dict.fromkeys(APPROVERS, ("release",)) | {"ben": ("release", "owner")}
        self.people = [
            Person(
                id=Party(name),
                name=name,
                identities=(addresses.identity("slack", self.team, self.ids[name]),),
                roles=roles.get(name, ()),
            )
            for name in (*REQUESTERS, *APPROVERS)
        ]
        people = [
            PERSON.format(name=person.name, identities=json.dumps(person.identities), roles=json.dumps(person.roles))
            for person in self.people
        ]
        head = CONFIG.format(folder=folder, team=self.team, api=api, channel=CHANNEL)
        (folder / "ringback.toml").write_text(head + "".join(people))

    async def live(self) -> None:
        """Everybody looks at their screen and does something about it, again and again."""
        while True:
            for name in REQUESTERS:
                self._ask(name)
            for name in (*REQUESTERS, *APPROVERS):
                self._react(name)
            if self.random.random() < 0.05:
                self._intrude()
            if self.random.random() < 0.4:
                self._rush(self.random.choice(APPROVERS))
            await asyncio.sleep(GLANCE)

    def done(self) -> bool:
        """Everything that was asked for has got its answer, and no card waits for anybody."""
        answered = {n for name in REQUESTERS for n in self._answered(name)}
        open_cards = [m for name in self.ids for m in self._messages(name) if buttons(m) or is_open_question(m)]
        return set(self.asked) <= answered and not open_cards

    def effects(self) -> list[dict[str, Any]]:
        """What was done to the world."""
        file = self.folder / "effects.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    # What people do --------------------------------------------------------------------------------------------------

    def _messages(self, name: str, channel: str = "dm") -> list[Message]:
        """What stands in a conversation. The whole screen, drawn at every glance, would take half of the processor."""
        _, place = self.emulator.people.at(self.ids[name], channel)
        return [m for m in self.emulator.workspace.messages(place.id) if m.thread_ts is None or m.broadcast]

    def _answered(self, name: str) -> set[int]:
        texts = [re.fullmatch(r"done (\d+)", message.text) for message in self._messages(name)]
        return {int(found.group(1)) for found in texts if found}

    def _ask(self, name: str) -> None:
        n, at = self._last.get(name, (0, 0.0))
        now = asyncio.get_running_loop().time()
        if not self.asking or (n and n not in self._answered(name) and now - at < PATIENCE):
            return
        if any(map(is_open_question, self._messages(name))):
            return  # whatever they write now is its answer
        n = len(self.asked) + 1
        self.asked[n] = f"{self.random.choice(COMMANDS)} {n}"
        self._last[name] = (n, now)
        self.emulator.people.message(self.ids[name], "dm", self.asked[n])

    def _react(self, name: str) -> None:
        for message in self._messages(name):
            pressable = buttons(message)
            if not (pressable or is_open_question(message)) or not self._has_patience(name, message.ts):
                continue
            if not pressable:
                self.emulator.people.message(self.ids[name], "dm", "whatever", thread_ts=message.ts)
            elif "ringback.answer#1" in pressable:
                self._press(name, message, "ringback.answer#1")  # a limit was reached: go on
            elif "ringback.did_run" in pressable:
                ran = card_number(message) in {effect["n"] for effect in self.effects()}
                self._press(name, message, "ringback.did_run" if ran else "ringback.approve")
            else:
                self._decide(name, message)

    def _decide(self, name: str, message: Message) -> None:
        dice = self.random.random()
        if dice < 0.6:
            self._press(name, message, "ringback.approve")
        elif dice < 0.7:
            self._press(name, message, "ringback.deny")
        elif dice < 0.8:
            self.emulator.people.message(self.ids[name], "dm", "approve", thread_ts=message.ts)
        elif dice < 0.85:
            self.emulator.people.message(self.ids[name], "dm", "approve")

    def _press(self, name: str, message: Message, action: str) -> None:
        with contextlib.suppress(Refused):  # it was settled between the look and the press
            self.emulator.people.click(self.ids[name], "dm", message.ts, action)

    def _intrude(self) -> None:
        for message in self._messages(OUTSIDER, CHANNEL):
            if "ringback.approve" in buttons(message):
                self.emulator.people.click(self.ids[OUTSIDER], CHANNEL, message.ts, "ringback.approve")
                return

    def _rush(self, name: str) -> None:
        """Somebody agrees before they have seen what to; it may be on its way to them."""
        if self.asking and not any(map(buttons, self._messages(name))):
            self.emulator.people.message(self.ids[name], "dm", "approve")

    def _has_patience(self, name: str, ts: str) -> bool:
        """Nobody presses the same thing again within the blink of an eye."""
        now = asyncio.get_running_loop().time()
        if now - self._acted.get((name, ts), 0.0) < 0.15 + self.random.random() * 0.2:
            return False
        self._acted[(name, ts)] = now
        return True


def buttons(message: Message) -> set[str]:
    """The actions that a message offers."""
    return {e["action_id"] for block in message.blocks if block["type"] == "actions" for e in block["elements"]}


def is_open_question(message: Message) -> bool:
    """A question that waits for words."""
    return "What about" in message.text and "Reply here with your answer" in message.text


def card_number(message: Message) -> int:
    """The number on a card."""
    found = re.search(r"n: (\d+)", message.text)
    return int(found.group(1)) if found else 0


@asynccontextmanager
async def town(folder: Path, seed: int) -> AsyncIterator[Town]:
    """Open a Slack whose redeliveries come fast."""
    workspace = Workspace.create([*REQUESTERS, *APPROVERS, OUTSIDER], ["approvals"])
    async with await serve("127.0.0.1", 0, workspace, retry_delays=(0.1,) * 500, ack_timeout=1.0) as server:
        yield Town(server.emulator, server.base_url, folder, seed)
