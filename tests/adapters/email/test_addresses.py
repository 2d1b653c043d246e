"""
Addresses in headers.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email import addresses
from adapters.email.addresses import Contact
from tests.fuzz import examples


@pytest.mark.parametrize(
    ("header", "contacts"),
    [
        ("Ana Lima <Ana@Example.org>", [Contact("Ana Lima", "ana@example.org")]),
        ('"Lima, Ana" <ana@example.org>, ben@example.org', [("Lima, Ana", "ana@example.org"), ("", "ben@example.org")]),
        ("=?utf-8?q?J=C3=B6rg?= <j@example.org>", [("Jörg", "j@example.org")]),
        ("=?utf-8?q?Ben_=3Cben=40example=2Eorg=3E?= <ana@example.org>", [("Ben <ben@example.org>", "ana@example.org")]),
        ("Team: ana@example.org, Ben <ben@example.org>;, c@example.org",
         [("", "ana@example.org"), ("Ben", "ben@example.org"), ("", "c@example.org")]),
        ("ana@example.org (Ana (the boss) Lima)", [("", "ana@example.org")]),
        ("undisclosed-recipients:;", []),
        ("Ana Lima", [("Ana Lima", "")]),
        ("<ana@@example.org>", [("", "")]),
        ("jörg@exämple.org", [("", "jörg@exämple.org")]),
        ("", []),
    ],
)  # fmt: skip
def test_contacts(header: str, contacts: list[tuple[str, str]]):
    """
    Names come out of quotes and encoded words, addresses in lower case; what is no address has none.
    """
    assert contacts == addresses.parse(header)


def test_one_plain_address_is_the_only_one():
    """
    The address of a header with exactly one name and address, quoted, encoded or bare.
    """
    headers = ("ana@example.org", "<ana@example.org>", "Ana <ANA@example.org>", '"Ben <b@x.org>" <ana@example.org>')

    assert ["ana@example.org"] * 4 == [addresses.only(header) for header in headers]


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Ana Lima",
        "ana@example.org, ben@example.org",
        "ana@example.org ben@example.org",
        "Ana <ana@example.org> <ben@example.org>",
        "<ana@example.org>ben@example.org",
        "Team: ana@example.org;",
        "ana@example.org;",
        "<@evil.example:ana@example.org>",
        "ana@example.org (ben@example.org)",
        "(ana@example.org) ben@example.org",
        "ana@example.org<ben@example.org",
        "ana@example.org\x00ben@example.org",
        "<ana@example.org",
        "ana@example.org@evil.example",
        "ana@evil.example\u202egro.elpmaxe",
        "<<ana@example.org>>",
        '"ana@example.org" ben@example.org',
        "ana@example.org\r\nFrom: ben@example.org",
        "=?utf-8?q?ana=40example=2Eorg?=",
    ],
)
def test_what_programs_read_differently_is_nobody(header: str):
    """
    Several addresses, groups, routes, comments, and anything beside one name and one address: nobody is named.
    """
    assert addresses.only(header) == ""


@examples(500)
@given(st.one_of(st.text(max_size=200), st.text('<>()"\\,;:@ab. =?', max_size=60)))
def test_any_header(header: str):
    """
    Nothing raises, and what is an address is one, in lower case, without anything that could end a header.
    """
    for contact in [*addresses.parse(header), Contact("", addresses.only(header))]:
        assert contact.address == addresses.valid(contact.address)
        assert not set("\r\n\0 ,;<>()") & set(contact.address)
        assert not set("\r\n\0") & set(contact.name)
