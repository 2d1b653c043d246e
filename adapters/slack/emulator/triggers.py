"""
trigger_ids: permission to open a modal for the person who just did something.

"Triggers expire in three seconds." "Triggers may only be used once."
(https://docs.slack.dev/interactivity/handling-user-interaction#modal_responses). They are not kept over a restart.
"""

from __future__ import annotations

import dataclasses
import secrets

from adapters.slack.emulator import errors
from adapters.slack.emulator.schedule import Clock

LIFETIME = 3.0  # seconds


@dataclasses.dataclass
class Trigger:
    """One permission."""

    person: str
    created: float
    view_id: str | None
    is_used: bool = False


class Triggers:
    """The trigger_ids given out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[str, Trigger] = {}

    def new(self, person_id: str, *, view_id: str | None = None) -> str:
        """A trigger_id for what that person did, perhaps in a view."""
        now = self._clock()
        trigger_id = f"{int(now * 1000)}.{len(self._known) + 1}.{secrets.token_hex(16)}"
        self._known[trigger_id] = Trigger(person_id, now, view_id)
        return trigger_id

    def look(self, trigger_id: str) -> Trigger:
        """
        What stands behind a trigger_id that could be used now; it is used up only by setting `is_used`.

        Raises:
            ApiError: `invalid_trigger_id`, `exchanged_trigger_id` or `expired_trigger_id`, the names that
                https://docs.slack.dev/reference/methods/views.open lists.
        """
        trigger = self._known.get(trigger_id)
        if trigger is None:
            raise errors.ApiError("invalid_trigger_id")
        if trigger.is_used:
            raise errors.ApiError("exchanged_trigger_id")
        if self._clock() - trigger.created > LIFETIME:
            raise errors.ApiError("expired_trigger_id")
        return trigger
