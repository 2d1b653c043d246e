"""
HumanLayer's own SDK against a real gateway: an agent written for it asks people here, with only addresses changed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from humanlayer import AsyncHumanLayer, FunctionCallSpec, HumanLayer, ResponseOption
from humanlayer.core.models import ContactChannel, SlackContactChannel

from tests.process import PATIENCE, Gateway, until
from tests.rest.conftest import TOKEN

ANA = "U00000ANA"


@pytest.fixture
def sdk(house: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[HumanLayer]:
    """The SDK, configured by its own environment variables; it looks every tenth of a second, not every three."""
    monkeypatch.setenv("HUMANLAYER_API_BASE", f"http://127.0.0.1:{house.port}/humanlayer/v1")
    monkeypatch.setenv("HUMANLAYER_API_KEY", TOKEN)
    return HumanLayer(agent_name="shop keeper", sleep=lambda _: time.sleep(0.1))


def shown(house: Gateway, text: str) -> Any:
    """Ana sees this."""
    return lambda: text in "".join(house.seen(ANA))


async def test_a_function_is_called_once_it_is_approved(house: Gateway, sdk: HumanLayer):
    """
    `require_approval` calls the function that Ana approved, with the arguments that she saw.
    """
    called: list[tuple[int, str]] = []

    @sdk.require_approval().wrap
    def refund(amount: int, to: str) -> str:
        called.append((amount, to))
        return "refunded"

    calling = asyncio.create_task(asyncio.to_thread(refund, amount=12, to="bob"))
    await until(shown(house, "Approve refund?"))
    assert [] == called
    house.press(ANA, "ringback.approve")

    assert "refunded" == await asyncio.wait_for(calling, PATIENCE)
    assert [(12, "bob")] == called


async def test_a_function_that_is_denied_is_not_called(house: Gateway, sdk: HumanLayer):
    """
    What a model reads then is that it was denied, in Ana's name; the way there was named by the SDK's channel.
    """
    channel = ContactChannel(
        slack=SlackContactChannel(channel_or_user_id=ANA, context_about_channel_or_user="a chat with the boss")
    )

    @sdk.require_approval(channel).wrap
    def delete(table: str) -> str:
        raise AssertionError(table)

    calling = asyncio.create_task(asyncio.to_thread(delete, table="orders"))
    await until(shown(house, "Approve delete?"))
    house.press(ANA, "ringback.deny")

    told = await asyncio.wait_for(calling, PATIENCE)
    assert told.startswith("User in a chat with the boss denied delete with message: Denied by ")


async def test_a_human_is_a_tool(house: Gateway, sdk: HumanLayer):
    """
    `human_as_tool` gives the answer that Ana pressed.
    """
    ask = sdk.human_as_tool(response_options=[ResponseOption(name="b", title="Blue"), ResponseOption(name="red")])
    asking = asyncio.create_task(asyncio.to_thread(ask, message="Which colour?"))
    await until(shown(house, "Which colour?"))
    house.press(ANA, "ringback.answer#1")

    assert "Blue" == await asyncio.wait_for(asking, PATIENCE)


async def test_the_sdk_that_awaits(house: Gateway, sdk: HumanLayer):
    """
    The other half of the package speaks the same.
    """

    async def soon(_: int) -> None:
        await asyncio.sleep(0.1)

    other = AsyncHumanLayer(agent_name="night shift", sleep=soon)
    asking = asyncio.create_task(other.fetch_approval(FunctionCallSpec(fn="restock", kwargs={"item": "tea"})))
    await until(shown(house, "Approve restock?"))
    house.press(ANA, "ringback.approve")

    assert True is (await asyncio.wait_for(asking, PATIENCE)).as_completed().approved
