"""
A reply's token is worth something in the hands of the one it was written for, and to nobody else.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.email import tokens
from adapters.email.tokens import Token
from agent_core import addresses

SECRET, ACCOUNT, ANA = "s" * 32, "deploybot@example.com", "ana@example.com"
THREAD = tokens.thread_of(ACCOUNT, "<1@x>")
MAIL = tokens.mail_of(addresses.derive("delivery", 1))
ALL = [Token("d", mail=MAIL), Token("t", thread=THREAD), Token("a", thread=THREAD, mail=MAIL)]


@pytest.mark.parametrize("token", ALL)
def test_what_was_written_is_read(token: Token):
    """In any case, and with the address in any case."""
    written = tokens.write(token, SECRET, ACCOUNT, ANA if token.mail else "")
    assert tokens.read(written.upper(), SECRET, ACCOUNT, "Ana@Example.com") == (token, True)
    assert len(f"{'x' * 17}+{written}") <= 64
    assert set(written) <= set(addresses.BASE32)


@pytest.mark.parametrize("token", [ALL[0], ALL[2]])
def test_in_other_hands_it_is_worth_nothing(token: Token):
    """Another sender, another account, another secret, another thread or mail."""
    written = tokens.write(token, SECRET, ACCOUNT, ANA)
    for secret, account, sender in (
        (SECRET, ACCOUNT, "eve@example.com"),
        (SECRET, "other@example.com", ANA),
        ("t" * 32, ACCOUNT, ANA),
    ):
        assert tokens.read(written, secret, account, sender) == (token, False)
    for place in range(1, len(written)):
        changed = written[:place] + ("a" if written[place] != "a" else "b") + written[place + 1 :]
        read = tokens.read(changed, SECRET, ACCOUNT, ANA)
        assert read is not None
        assert not read[1]


def test_a_thread_belongs_to_whoever_is_in_it():
    """Everybody in a thread may reply to what was said there."""
    written = tokens.write(Token("t", thread=THREAD), SECRET, ACCOUNT)
    assert tokens.read(written, SECRET, ACCOUNT, "anybody@x.test") == (Token("t", thread=THREAD), True)


@given(st.text())
def test_what_is_none_is_none(text: str):
    """Whatever stands behind the plus sign, reading it raises nothing, and it is not taken for ours."""
    read = tokens.read(text, SECRET, ACCOUNT, ANA)
    assert read is None or not read[1]
