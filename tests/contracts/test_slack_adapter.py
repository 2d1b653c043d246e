"""
Slack keeps the channels' contract, through its own library over the emulator.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from adapters.base import Adapter
from adapters.slack import listen, webhook
from adapters.slack.adapter import build
from adapters.slack.config import Config
from adapters.slack.emulator import Fault, Server, Workspace, payloads, serve
from adapters.slack.emulator.state import Enterprise
from adapters.slack.webhook import PATH
from agent_core import facts
from agent_core.addresses import ConversationKey, Identity
from tests.contracts.adapter import AdapterContract, Vendor, until

ANA, CHANNEL = "U00000ANA", "C0GENERAL"
FAULTS: dict[str, dict[str, Any]] = {
    "rate_limit": {"on": "chat.postMessage", "kind": "rate_limit", "retry_after": 7},
    "lose_answer": {"on": "chat.postMessage", "kind": "drop_after_accept"},
    "drop": {"on": "chat.postMessage", "kind": "drop_before_accept"},
    "refuse_for_good": {"on": "chat.postMessage", "kind": "refuse", "error": "user_disabled"},
    "refuse_for_now": {"on": "chat.postMessage", "kind": "refuse", "error": "not_in_channel"},
    "revoke": {"on": "token", "kind": "revoke", "times": None},
    "hang_up": {"on": "socket", "kind": "close"},
}
HTTP_FAULTS: dict[str, dict[str, Any]] = {
    "socket": {},
    "http": {"hang_up": {"on": "envelope", "kind": "lose_ack"}},  # nothing is held: what breaks is a request
}


class Clock:
    """The machine's clock."""

    def now(self) -> float:
        return time.time()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class SlackVendor:
    """Slack's side, played by the emulator."""

    def __init__(self, server: Server, adapter: Adapter, mode: str = "socket") -> None:
        self.mode = mode
        self.server, self.emulator, self.adapter = server, server.emulator, adapter
        self.person = Identity(f"slack:{adapter.account}/{ANA}")
        self.direct = ConversationKey(self.person)
        self.place = ConversationKey(f"slack:{adapter.account}/{CHANNEL}")

    async def write(self, text: str, *, under: str | None = None) -> str:
        return str(self.emulator.people.message(ANA, "dm", text, thread_ts=under)["ts"])

    async def press(self, label: str) -> None:
        for message in reversed(self._screen(self.direct)):
            for element in elements(message):
                if element["text"]["text"] == label:
                    self.emulator.people.click(ANA, "dm", message["ts"], element["action_id"])
                    return
        raise AssertionError(f"no button {label}")

    async def seen(self, conversation: ConversationKey) -> list[str]:
        return [words(message) for message in self._screen(conversation)]

    async def mentioned(self, conversation: ConversationKey) -> list[str]:
        return list(self._screen(conversation)[-1]["mentions"])

    async def buttons(self, conversation: ConversationKey) -> list[str]:
        return [e["text"]["text"] for message in self._screen(conversation) for e in elements(message)]

    async def reach(self, url: str) -> None:
        if self.mode == "http":
            self.emulator.deliver_to(url + PATH)
            await until(lambda: self.emulator.state()["request_url"]["is_verified"])

    async def attach(self, name: str, content: bytes) -> facts.Attachment:
        self.emulator.people.message(ANA, "dm", "look at this", files=[(name, content)])
        shown = self._screen(self.direct)[-1]["files"][0]
        return facts.Attachment(
            name=name, media_type=shown["mimetype"], size=len(content), url=self._file(shown["id"])["url_private"]
        )

    async def files(self, conversation: ConversationKey) -> dict[str, bytes]:
        token = {"Authorization": f"Bearer {self.emulator.workspace.state.tokens.bot}"}
        found = [self._file(shown["id"]) for message in self._screen(conversation) for shown in message["files"]]
        async with httpx.AsyncClient() as reader:
            return {file["name"]: (await reader.get(file["url_private"], headers=token)).content for file in found}

    def _file(self, name: str) -> dict[str, Any]:
        workspace = self.emulator.workspace
        return dict(payloads.file(workspace, workspace.state.files[name]))

    async def doing(self, conversation: ConversationKey) -> str:
        return "".join(status["text"] for status in self.emulator.screen(ANA, CHANNEL)["statuses"])

    async def misbehave(self, how: str) -> None:
        self.emulator.add_fault(Fault(**(FAULTS | HTTP_FAULTS[self.mode])[how]))

    async def sent_again(self) -> int:
        return sum(len(delivery["attempts"]) > 1 for delivery in self.emulator.state()["deliveries"])

    async def vanish(self) -> None:
        await self.server.close()

    def _screen(self, conversation: ConversationKey) -> list[dict[str, Any]]:
        channel = "dm" if conversation == self.direct else CHANNEL
        top = self.emulator.screen(ANA, channel)["messages"]
        return [message for one in top for message in (one, *one["replies"])]


@asynccontextmanager
async def playing(workspace: Workspace, mode: str = "socket") -> AsyncIterator[SlackVendor]:
    """Play a workspace, with an adapter pointed at it; redeliveries come fast."""
    server = await serve("127.0.0.1", 0, workspace, retry_delays=(0.05, 0.05, 0.05), ack_timeout=0.3)
    state = workspace.state
    account = state.enterprise.id if state.enterprise is not None and state.enterprise.has_app else state.team_id
    settings = {"account": account, "bot_token": state.tokens.bot, "api": server.base_url, "mode": mode}
    settings |= {"app_token": state.tokens.app, "signing_secret": state.tokens.signing_secret}
    (adapter,) = build([Config.model_validate(settings)], Clock())
    try:
        yield SlackVendor(server, adapter, mode)
    finally:
        await adapter.close()
        await server.close()


def elements(message: dict[str, Any]) -> list[dict[str, Any]]:
    return [e for block in message["blocks"] if block["type"] == "actions" for e in block["elements"]]


def words(value: Any) -> str:
    """A message's words as a reader sees them: unescaped, cards included."""
    if isinstance(value, dict) and "blocks" in value and value["blocks"]:
        return " ".join(words(block) for block in value["blocks"])
    if isinstance(value, dict):
        inner = [words(v) for k, v in value.items() if k in ("text", "elements", "fields")]
        return " ".join(found for found in inner if found)
    if isinstance(value, list):
        return " ".join(words(inner) for inner in value)
    text = str(value) if isinstance(value, str) else ""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class TestSlackAdapter(AdapterContract):
    """Slack over Socket Mode. There is no signature here: the socket's ticket is the proof."""

    @pytest.fixture
    async def vendor(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
        monkeypatch.setattr(listen, "LOOK", 0.05)
        monkeypatch.setattr(listen, "PING", 0.3)
        async with playing(Workspace.create(["ana", "rita"], ["general"])) as vendor:
            yield vendor


class TestSlackAdapterOverHttp(AdapterContract):
    """Slack over HTTP: every request signed by the vendor's side, and verified by ours."""

    @pytest.fixture
    async def vendor(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
        monkeypatch.setattr(webhook, "MISSED", 0.0)
        async with playing(Workspace.create(["ana", "rita"], ["general"]), "http") as vendor:
            yield vendor


class TestSlackAdapterOfAnOrganisation(AdapterContract):
    """Slack over HTTP, for an app that is installed org-wide: its account is the organisation."""

    @pytest.fixture
    async def vendor(self, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Vendor]:
        monkeypatch.setattr(webhook, "MISSED", 0.0)
        workspace = Workspace.create(["ana", "rita"], ["general"])
        workspace.state.enterprise = Enterprise(id="E0SANDBOX", name="Sandbox Ltd.", has_app=True)
        async with playing(workspace, "http") as vendor:
            assert "E0SANDBOX" == vendor.adapter.account
            yield vendor
