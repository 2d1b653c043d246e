"""
A link is known again by whoever wrote it, and by nobody else's parts.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_core.addresses import ConversationKey
from gateway.page_links import PageLink, PageLinks

LINKS = PageLinks("https://x.test/ringback/", "s" * 32)
ANA = ConversationKey("email:agent@x.test/ana@x.test")


def parts(link: str) -> tuple[str, str, int, str]:
    place, request, revision, mac = urlsplit(link).path.rsplit("/", 4)[1:]
    return place, request, int(revision), mac


def test_what_was_written_is_read():
    """
    The place, the request and the revision come back.
    """
    link = LINKS.write(ANA, "request1", 2)
    assert link.startswith("https://x.test/ringback/answer/")
    read = LINKS.read(*parts(link))
    assert read is not None
    assert read == PageLink(ANA, "request1", 2, read.mac)


@pytest.mark.parametrize("number", range(4))
def test_one_changed_part_makes_it_nobodys(number: int):
    """
    Another place, request, revision or proof is not ours; nor is what another secret wrote.
    """
    mine, other = parts(LINKS.write(ANA, "request1", 2)), parts(LINKS.write(ConversationKey("email:a/b@x"), "r2", 3))
    changed = [*mine]
    changed[number] = other[number]
    assert LINKS.read(*changed) is None  # type: ignore[arg-type]
    assert PageLinks("https://x.test", "t" * 32).read(*mine) is None


@given(st.text(), st.text(), st.integers(), st.text())
def test_nonsense_is_nobodys(place: str, request: str, revision: int, mac: str):
    """
    Whatever stands in an address, reading it raises nothing.
    """
    assert LINKS.read(place, request, revision, mac) is None
