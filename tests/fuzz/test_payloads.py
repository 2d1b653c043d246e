"""
Payloads of Slack's, broken in any way, through the whole gateway: what is stored can be read, and nothing gets stuck.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from adapters.base import FormWanted, Inbound
from adapters.slack.parse import Command, FormClick, Ignored, parse
from agent_core import addresses, log
from tests.fuzz import examples, payloads
from tests.fuzz.house import House
from tests.fuzz.payloads import BOT, Broken
from tests.fuzz.shapes import changed, paths, values


def test_every_place_that_is_read():
    """
    Whatever stands in any one place that is read of a payload, what is made of it has an address and can be stored.
    """
    for broken in payloads.broken():
        match parse(broken.payload, BOT, 0.0):
            case Inbound(conversation, fact, dedupe) | Command(said=Inbound(conversation, fact, dedupe)):
                assert all(addresses.parse(conversation)[1:])
                assert "T0SANDBOX" == addresses.parse(conversation).account, broken
                assert addresses.parse(fact.sender)
                "".join((conversation, fact.sender, *dedupe)).encode()
                stored = log.encode(log.storable(fact))
                assert log.encode(log.decode(stored)) == stored
            case FormClick(FormWanted(request, conversation, sender)):
                assert addresses.parse(conversation)
                assert addresses.parse(sender)
                (request + conversation + sender).encode()
            case Ignored(counter=counter):
                assert counter in ("", "malformed", "app_rate_limited")


async def take(house: House, brought: list[Any]) -> None:
    """Bring payloads: each is answered, all are decided, and what is stored of them can be read and has a place."""
    known = len(house.stored())
    for payload in brought:
        assert (await house.bring(payload)).status in (200, 400), payload
    assert ([], []) == (await house.decided(), house.complaints)
    for _, conversation, body in house.stored()[known:]:
        assert log.encode(log.decode(body)) == body
        assert addresses.parse(conversation)


@examples(30, shrink=False)
@given(st.lists(st.sampled_from(payloads.broken()), min_size=10, max_size=30))
async def test_payloads_of_every_kind_that_is_handled(house: House, broken: list[Broken]):
    """
    Messages, edits, deletions, presses, choices, forms, files and commands, broken at what is read of them.
    """
    await take(house, [each.payload for each in broken])


@examples(12, shrink=False)
@given(st.data())
async def test_payloads_that_slack_has_published(house: House, data: st.DataObject):
    """
    The samples of Slack's own libraries, addressed to us and broken anywhere.
    """
    samples = [(payload, path) for payload in payloads.published() for path in paths(payload)]
    drawn = data.draw(st.lists(st.tuples(st.sampled_from(samples), values), min_size=5, max_size=15))
    await take(house, [changed(*sample, value) for sample, value in drawn])
