"""
What one decision has come to so far: what it adds, and what cards it will make of that.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from agent_core.addresses import ConversationKey, Identity, Party
from agent_core.log import Record
from gateway.ongoing import Operation, Starting
from gateway.store.base import GrantChange, Message
from gateway.store.rows import Blob, Copy, Delivery, Link, RequestRow, Timer


@dataclass
class Draft:
    """What the current decision adds. `starts` are tools to start once it is true."""

    events: list[Record] = field(default_factory=list)
    threads: dict[str, None] = field(default_factory=dict)
    requests: dict[str, RequestRow] = field(default_factory=dict)
    copies: dict[str, Copy] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    withdraw: list[str] = field(default_factory=list)
    timers: list[Timer] = field(default_factory=list)
    clear: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    blobs: list[Blob] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    grants: dict[str, GrantChange] = field(default_factory=dict)
    turns: dict[Party, int] = field(default_factory=dict)
    starts: dict[Operation, Starting] = field(default_factory=dict)

    def stop(self, *timers: str) -> None:
        """Have timers come no more, also those that this very decision has set: a commit clears before it sets."""
        self.clear += timers
        self.timers = [timer for timer in self.timers if timer.id not in timers]


@dataclass
class Listing:
    """
    What cards there are to make and to change, once everything else is decided (`gathering.py`).

    `unshown` are requests to show, `stale` lists on which something has changed. `refused` is why answers to some on a
    list changed nothing, by who gave them, where that is told, how many they were, the list, and their home. `told` is
    who is asked, by thread: of what is asked together that is said once.
    """

    told: set[tuple[str, str]] = field(default_factory=set)
    unshown: dict[str, None] = field(default_factory=dict)
    stale: dict[str, None] = field(default_factory=dict)
    refused: dict[tuple[Identity, str, int, str, ConversationKey], list[str]] = field(default_factory=dict)
