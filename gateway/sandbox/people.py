"""
Who can be played in the sandbox.
"""

from __future__ import annotations

from typing import NamedTuple


class Person(NamedTuple):
    """
    Somebody to play.

    `part` is what they are there for; `roles` is what the gateway's directory says of them, and None means that they
    are not in it. `phrases` are examples of what they may write to the agent, `replies` of what under a card.
    """

    id: str
    name: str
    part: str
    roles: tuple[str, ...] | None
    phrases: tuple[str, ...]
    replies: tuple[str, ...]


GROUPS = {"release": ("ana",)}
"""The channels' own groups, by the role that they give: Ana has hers by one, Ben by the settings."""

ASKING = (
    "deploy v1.4.2 to production",
    "deploy v1.5.0 to staging",
    "deploy to production",
    "roll back production",
    "restart api, web and worker in production",
    "restart cache and queue in staging",
    "ask release: is Friday a good day?",
    "list",
    "export the list as a file",
)
CONFLICT = "deploy v1.6.0 to production"  # as an approver: then somebody else has to approve it
DECIDING = ("yes, but not before five", "approve", "deny")

PEOPLE = (
    Person("rita", "Rita Ray", "requester", (), (*ASKING, "help"), ("five is fine",)),
    Person("ana", "Ana Lima", "approver", ("release",), (CONFLICT, "list", "help"), DECIDING),
    Person("ben", "Ben Okri", "approver", ("release", "owner"), ("list", "help"), DECIDING),
    Person("otto", "Otto Falk", "outsider", None, ("deploy v6.6.6 to production", "help"), ("approve",)),
)
