"""
What models and people write, from the agent's call to Slack's blocks: taken by Slack, and never more than words.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from adapters.base import Ask, Outbound, Part
from adapters.slack.emulator import blocks as blockkit
from adapters.slack.emulator import markup
from adapters.slack.render import render
from agent_core import addresses
from agent_core.addresses import ConversationKey
from agent_core.requests import Choice, Decision, Who
from agent_core.run import Agent, Run, agent
from agent_core.tools import tool
from agent_core.wanted import Question
from tests.fuzz import examples
from tests.fuzz.shapes import HOSTILE, texts, values
from tests.gateway.house import ANA, BEN, RITA, House, maker
from tests.gateway.loopback import Loopback
from tests.runtime import HandRuntime

LONGEST = 40_000  # characters of a message, at which Slack cuts (docs.slack.dev/reference/methods/chat.postMessage)
DATE = "<!date^"  # the one markup that cards carry
BIDI = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
hostile = st.sampled_from(HOSTILE) | texts | st.text("<>&!@#|`*_~/:.U1 \n\u202e\u200b", max_size=60)


class Slack(Loopback):
    """A channel that notes what is laid out, and for which conversation."""

    laid: list[tuple[Outbound, ConversationKey]]

    def render(self, outbound: Outbound, conversation: ConversationKey) -> list[Part]:
        self.laid.append((outbound, conversation))
        return super().render(outbound, conversation)


def strings(value: Any, kind: str) -> Iterator[str]:
    """Give every text of a kind in a message's blocks."""
    if isinstance(value, dict):
        if value.get("type") == kind:
            yield value["text"]
        for inner in value.values():
            yield from strings(inner, kind)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner, kind)


def read(shown: str) -> str:
    """Read a text as Slack's client does: what is in brackets is markup, the entities are characters."""
    assert not markup.MARKUP.search(shown), shown
    assert "<" not in shown
    assert ">" not in shown
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def look(outbound: Outbound, conversation: ConversationKey) -> None:
    """What is said is taken by Slack as its documents say, and holds no markup of anybody's but a date."""
    for part in render(outbound, conversation):
        said = str(part.arguments["text"])
        assert 0 < len(said) <= LONGEST
        read(said)
        assert part.arguments["parse"] == "none"
        assert part.arguments["link_names"] is False
        laid = part.arguments.get("blocks", [])
        blockkit.for_message(laid) if laid else None
        assert laid or part.arguments["mrkdwn"] is False
        assert all(DATE in text for text in strings(laid, "mrkdwn"))
        assert [] == [m for text in strings(laid, "mrkdwn") for m in markup.mentions(text) + markup.links(text)]
        json.dumps(part.arguments, ensure_ascii=False, allow_nan=False).encode()
        if isinstance(outbound, Ask):
            shown = "".join(strings(laid, "plain_text"))
            assert not {unicodedata.bidirectional(character) for character in shown} & BIDI
            exact = [*outbound.card.facts, *outbound.card.choices]
            assert not any("\u200b" in words for _, words in exact)


class Odd(BaseModel):
    """What a tool takes."""

    what: dict[str, Any]


@tool(name="deploy", approval=Who(roles=("release",)))
async def change(arguments: Odd) -> str:
    """Change something."""
    return str(arguments.what)[:200]


def writer(title: str, why: str, choices: list[str], what: dict[str, Any]) -> Agent:
    """An agent that writes what a model made up, wherever an agent can."""

    @agent(name="bot")
    async def bot(run: Run) -> None:
        await run.reply(title)
        await run.request_human(
            Question(title, [Choice(name=f"c{n}", label=label) for n, label in enumerate(choices)], why=why, catch=True)
        )
        await run.call(change, Odd(what=what))
        await run.reply(why)

    return bot


@examples(8, shrink=False)
@given(
    title=hostile,
    why=hostile,
    choices=st.lists(hostile, max_size=5),
    what=st.dictionaries(hostile, values, max_size=4),
    said=st.lists(hostile, min_size=2, max_size=2),
    name=hostile,
)
async def test_what_is_written_stays_words(tmp_path_factory: pytest.TempPathFactory, name: str, **written: Any):
    """
    Titles, reasons, choices, arguments, answers and names of any kind: laid out within Slack's limits, without markup,
    without a character that hides others; what cannot be asked ends that run, and nothing gets stuck.
    """
    said = written.pop("said")
    runtime = HandRuntime()
    slack = Slack(runtime.now)
    slack.laid = []
    async with maker(tmp_path_factory.mktemp("house"), runtime, slack)(writer(**written)) as house:
        await asked(house, said, name)
        assert [] == sorted(house.owner.stuck)
    assert slack.laid
    for outbound, conversation in slack.laid:
        look(outbound, conversation)
    runtime.close()


async def asked(house: House, said: list[str], name: str) -> None:
    """Rita starts it under some name, and all that is asked is answered in words or with a reason."""
    inbound = house.channel.message(f"slack:T1/{RITA}", RITA, "go", house.channel.next_number())
    fact = inbound.fact.model_copy(update={"sender_name": name, "sender": addresses.identity("slack", "T1", "UNEW")})
    await house.gate.append(replace(inbound, conversation=ConversationKey("slack:T1/UNEW"), fact=fact))
    await house.runtime.settle()
    for words in said:
        await house.runtime.advance(1)
        await house.write("UNEW", words)
        for request in await house.store.requests(status="open"):
            await house.deny(ANA, request.id, words)
            await house.press(BEN, request.id, Decision.ANSWER, value=words)
