"""
Who can be played in the sandbox.
"""

from __future__ import annotations

from typing import NamedTuple


class Person(NamedTuple):
    """
    Somebody to play.

    `part` is what they are there for; `roles` is what the gateway's directory says of them, and None means that they
    are not in it.
    """

    id: str
    name: str
    part: str
    roles: tuple[str, ...] | None


PEOPLE = (
    Person("rita", "Rita Ray", "requester", ()),
    Person("ana", "Ana Lima", "approver", ("release",)),
    Person("ben", "Ben Okri", "approver", ("release", "owner")),
    Person("otto", "Otto Falk", "outsider", None),
)
