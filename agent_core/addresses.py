"""
Where things are said and who says them, as plain strings.

A conversation is `channel:account/place`, an identity is `channel:account/user`. In a one-to-one chat the place is the
other side's user, so there the two strings are the same: an answer finds its conversation without a look-up.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple, NewType

Identity = NewType("Identity", str)
ConversationKey = NewType("ConversationKey", str)
Party = NewType("Party", str)
"""Who counts as one human: a person's id from the directory, or the identity itself where nobody is assigned."""


class Address(NamedTuple):
    """The three parts of an identity or of a conversation's key."""

    channel: str
    account: str
    place: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.account}/{self.place}"


def parse(address: str) -> Address:
    """
    Split `channel:account/place`.

    Raises:
        ValueError: One of the three parts is missing.
    """
    channel, colon, rest = address.partition(":")
    account, slash, place = rest.partition("/")
    if not (colon and slash and channel and account and place):
        raise ValueError(f"{address!r} is no address; write channel:account/place, like slack:T024BE7LD/U0G9QF9C6")
    return Address(channel, account, place)


def conversation(channel: str, account: str, place: str) -> ConversationKey:
    """Name the conversation at a place of an account of a channel."""
    return ConversationKey(str(Address(channel, account, place)))


def identity(channel: str, account: str, user: str) -> Identity:
    """Name an account's user."""
    return Identity(str(Address(channel, account, user)))


def one_to_one(who: Identity) -> ConversationKey:
    """Name the one-to-one conversation with an identity."""
    return ConversationKey(who)


def covers(pattern: str, address: str) -> bool:
    """Tell whether a channel (`slack`), an account (`slack:T1`) or a conversation covers an address."""
    return address == pattern or address.startswith((f"{pattern}:", f"{pattern}/"))


def overlap(one: str, other: str) -> bool:
    """Tell whether two patterns have a conversation in common."""
    return covers(one, other) or covers(other, one)


def derive(*parts: object) -> str:
    """
    Derive an id from parts: the same parts give the same id, everywhere and for ever.

    Returns:
        26 characters of lower-case base32 (128 bits).
    """
    number = int.from_bytes(sha256("\x1f".join(map(str, parts)).encode()).digest()[:16], "big")
    return "".join([PAIRS[(number >> shift) & 1023] for shift in range(120, -1, -10)])


BASE32 = "abcdefghijklmnopqrstuvwxyz234567"
PAIRS = [first + second for first in BASE32 for second in BASE32]


def thread_id(conversation: str, root: str, agent: str, branch: str = "main") -> str:
    """Name the thread of an agent at a root of a conversation; a fork is another branch."""
    return derive("thread", conversation, root, agent, branch)
