"""
Which delivery of a conversation goes next: one at a time, in commit order, with two exceptions.

A delivery that is refused waits and holds up those behind it, for ten minutes; then it steps aside. And a whisper,
which somebody is waiting for right now, overtakes edits that wait. What is said of a request never overtakes its card
while that is looked for: it may be on its way, and would then stand below how it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

STEP_ASIDE = 600.0  # seconds of refusals after which a delivery no longer holds up those behind it


class Place(NamedTuple):
    """A delivery in its lane. `ready` is false while the message that it changes has not been sent itself."""

    id: str
    kind: str
    status: str
    due: float
    refused_since: float | None
    request: str | None = None
    ready: bool = True


def choose(lane: Sequence[Place], now: float) -> str | None:
    """
    Choose the delivery to send now.

    Args:
        lane: The new, claimed and looked-for deliveries of one conversation, in commit order.
    """
    if any(place.status == "claimed" for place in lane):
        return None
    only_whispers = False
    looked_for = {place.request for place in lane if place.kind == "ask" and place.status == "unknown"}
    for place in lane:
        aside = place.refused_since is not None and now - place.refused_since >= STEP_ASIDE
        if place.status == "new" and place.kind != "ask" and place.request in looked_for:
            continue
        if place.status == "new" and place.ready and place.due <= now:
            if not only_whispers or place.kind == "whisper":
                return place.id
        elif aside or not place.ready:
            continue
        elif place.kind == "settle":
            only_whispers = True
        else:
            return None
    return None
