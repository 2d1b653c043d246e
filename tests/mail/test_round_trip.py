"""
An agent is reached by mail, and asks by mail; its approvals are replies.
"""

from __future__ import annotations

from tests.mail.conftest import House
from tests.mail.people import links, text


def test_mail_in_approval_by_reply_and_done(house: House):
    """Rita asks by mail, Ana replies with one word above the quote, it is done, and both are told in their threads."""
    asked = house.rita.write(house.agent, "A deployment", "deploy v1.4.2 to production")
    card = house.ana.next()
    assert "v1.4.2" in text(card)
    house.ana.reply(card, "Hi,\n\napprove\n\nAna")
    house.gateway.deployed("v1.4.2")
    told = house.rita.next(lambda mail: "v1.4.2 is in production" in text(mail))
    assert asked["Message-ID"] in str(told["References"])
    assert told["Subject"] == "Re: A deployment"
    settled = house.ana.next()
    assert settled["In-Reply-To"] == card["Message-ID"]
    assert "Approved by Ana" in text(settled)


def test_a_link_opens_a_reply_that_decides(house: House):
    """The Deny link opens a reply to the address with the token; sent as it is, it denies."""
    house.rita.write(house.agent, "A deployment", "deploy v1.4.2 to production")
    card = house.ana.next()
    house.ana.follow(links(card)["Deny"])
    told = house.rita.next(lambda mail: "denied" in text(mail).lower())
    assert "Ana" in text(told)
    assert house.gateway.changes() == []
