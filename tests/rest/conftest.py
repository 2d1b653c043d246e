"""
A real gateway with a client, and that client's HTTP.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent_core.policy import Person, Rule
from agent_core.requests import Where, Who
from tests.gateway.agents import echo
from tests.gateway.house import OPS, PEOPLE, House
from tests.gateway.loopback import Loopback
from tests.process import Gateway, gateway
from tests.runtime import HandRuntime

TOKEN = "a-token-of-the-test"
CLIENT = """
[[clients]]
name = "ci"
token = "env:CI_TOKEN"
to = ["role:release"]
per_minute = 1000000
webhook_secret = "env:CI_HOOK"
inside = true
"""
HOOK = f"whsec_{'A' * 43}="


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Gateway]:
    """A gateway that is running, on the emulated Slack."""
    async with gateway(tmp_path) as one:
        one.environment |= {"CI_TOKEN": TOKEN, "CI_HOOK": HOOK}
        one.config.write_text(one.config.read_text() + CLIENT)
        await one.start()
        yield one


def door(house: Gateway) -> httpx.AsyncClient:
    """The client's way in, as the gateway runs now."""
    url = f"http://127.0.0.1:{house.port}/v1"
    return httpx.AsyncClient(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=70)


# In one process, with a clock moved by hand --------------------------------------------------------------------------

RELEASE = Who(roles=("release",))
Make = Callable[..., House]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Makes a gateway with one rule: who may decide a deployment, where it is shown, and what else it says."""
    runtime = HandRuntime()

    def made(
        who: Who = RELEASE,
        *,
        rules: Sequence[Rule] = (),
        people: Sequence[Person] = PEOPLE,
        environment: str = "",
        **how: Any,
    ) -> House:
        places = {name: how.pop(name) for name in Where.model_fields if name in how}
        where = Where(**{"targets": ("people", OPS), **places})
        rule = Rule(tool="deploy", who=who, where=where, **{"patience": 3_600.0, **how})
        channel, all_rules = Loopback(runtime.now), (*rules, rule)
        return House(tmp_path, runtime, channel, [echo], rules=all_rules, people=people, environment=environment)

    yield made
    runtime.close()
