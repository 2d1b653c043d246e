"""
What happens with a payload, whichever door it came through.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from slack_bolt.request.async_request import AsyncBoltRequest
from starlette.applications import Starlette

from adapters.base import Gate as GatePort
from adapters.slack.client import Client
from adapters.slack.config import Config
from adapters.slack.emulator import Server, Workspace, serve
from adapters.slack.listen import Listener
from adapters.slack.receive import Receiver
from adapters.slack.webhook import Webhook
from agent_core import facts
from agent_core.addresses import Identity
from tests import vendor
from tests.adapters.slack.posting import SECRET, Poster
from tests.contracts.adapter import Gate
from tests.contracts.test_slack_adapter import Clock

PAYLOADS = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "payloads").glob("*.json"))
}


class Still(Clock):
    """Slack's clock and ours, stopped."""

    def now(self) -> float:
        return 1_700_000_000.0


async def receiver(server: Server) -> Receiver:
    """An account of a workspace, that knows who it is."""
    state, clock = server.emulator.workspace.state, Still()
    settings = {"account": state.team_id, "bot_token": state.tokens.bot, "api": server.base_url}
    config = Config.model_validate(settings | {"app_token": state.tokens.app, "signing_secret": SECRET})
    one = Receiver(config, Client(config, clock), clock)
    await one.identify()
    return one


@pytest.fixture
async def ours() -> AsyncIterator[Receiver]:
    """The account of our own payloads."""
    async with await serve("127.0.0.1", 0, Workspace.create(["ana", "rita"], ["general"])) as server:
        one = await receiver(server)
        yield one
        await one.close()
        await one.client.close()


@pytest.fixture
async def theirs() -> AsyncIterator[Receiver]:
    """The account that the samples of Slack's own libraries are about."""
    workspace = Workspace.create(["ana"], ["general"])
    workspace.state.team_id, workspace.state.bot.user_id, workspace.state.bot.bot_id = "T111", "W111", "B111"
    async with await serve("127.0.0.1", 0, workspace) as server:
        one = await receiver(server)
        yield one
        await one.close()
        await one.client.close()


class Doors:
    """A socket and a webhook, each with a gate of its own."""

    def __init__(self, one: Receiver) -> None:
        receivers = {one.config.account: one}
        self.socket_gate, self.http_gate = Gate(), Gate()
        listener = Listener(one, receivers, "xapp-1", Still())
        self._bolt = listener._app(self.socket_gate)
        routes = Webhook([one], self.http_gate, Still()).routes()
        self._slack = Poster(Starlette(routes=routes), Still().now())

    async def bring(self, payload: dict[str, Any]) -> tuple[int, int]:
        """The same payload through both; returns what each answered."""
        socket = await self._bolt.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))
        http = await self._slack.bring(payload)
        assert json.loads(socket.body or "null") == json.loads(http.text or "null")
        return socket.status, http.status_code


@pytest.mark.parametrize("name", PAYLOADS)
async def test_both_doors_lead_to_the_same(ours: Receiver, name: str):
    """
    One payload, brought over a socket and over a signed request, gives equal facts, questions and answers.
    """
    doors = Doors(ours)

    assert (200, 200) == await doors.bring(PAYLOADS[name])
    assert doors.socket_gate.came == doors.http_gate.came
    await asyncio.sleep(0)
    assert doors.socket_gate.asked == doors.http_gate.asked


async def test_both_doors_take_every_official_sample(theirs: Receiver):
    """
    Events, presses, forms and commands of Slack's own libraries: never an error, and the same through both doors.
    """
    root = vendor.folder("slack")
    doors, brought = Doors(theirs), 0
    folders = ("bolt-python/*.json", "java-slack-sdk/events/*.json", "java-slack-sdk/app-backend/*/*.json")
    for path in (path for folder in (*folders, "socket-mode/*.json") for path in sorted(root.glob(folder))):
        sample = json.loads(path.read_text())
        payload = sample.get("payload", sample)
        if "command" in payload or payload.get("type") not in (None, "", "hello", "disconnect"):
            assert (200, 200) == await doors.bring(payload), path
            brought += 1
            for gate in (doors.socket_gate, doors.http_gate):
                gate.seen_keys.clear()  # the samples use the same ids again and again

    assert brought > 80
    assert len(doors.socket_gate.came) >= 5
    assert doors.socket_gate.came == doors.http_gate.came
    assert doors.socket_gate.refusals == doors.http_gate.refusals


def test_the_gates_of_tests_are_gates():
    """
    What stands for the gateway here is what an adapter is given there.
    """
    gate: GatePort = Gate()

    assert gate.confirm("/x", Identity("slack:T1/U1"), empty=False)


async def test_a_full_disk_is_the_same_through_both(ours: Receiver):
    """
    Neither is acknowledged.
    """
    doors = Doors(ours)
    doors.socket_gate.refuse = doors.http_gate.refuse = 1

    assert (503, 503) == await doors.bring(PAYLOADS["message_in_dm"])


async def test_the_sockets_of_an_app_take_in_for_all_its_accounts(ours: Receiver, theirs: Receiver):
    """
    Slack gives a message to any socket of the app: it goes to the account that it names, with that one's own name.
    """
    gate = Gate()
    receivers = {one.config.account: one for one in (ours, theirs)}
    bolt = Listener(ours, receivers, "xapp-1", Still())._app(gate)
    text = json.dumps(PAYLOADS["mention_as_message"])
    payload = json.loads(text.replace("T0SANDBOX", "T111").replace("URINGBACK", "W111"))
    answer = await bolt.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=payload))

    assert 200 == answer.status
    assert ["slack:T111/CAPPROVALS"] == [inbound.conversation for inbound in gate.came]
    assert isinstance(gate.came[0].fact, facts.MessageReceived)
    assert gate.came[0].fact.mentions_us
