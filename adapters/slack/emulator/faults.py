"""
Faults that a test or the sandbox asks for: what goes wrong, where, and how often.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Literal

import pydantic

KINDS: dict[str, tuple[str, ...]] = {
    "method": ("refuse", "rate_limit", "status", "drop_after_accept", "drop_before_accept", "delay"),
    "socket": ("refresh", "close", "deaf", "refuse_connect"),
    "envelope": ("duplicate", "delay", "lose_ack", "drop"),
    "token": ("revoke", "deactivate", "invalidate"),
}
"""What `on` names, to the kinds it may have. `method` stands for any Web API method and for `response_url`."""


class Fault(pydantic.BaseModel):
    """
    One fault.

    Kinds for methods: `refuse` (answer `ok: false` with `error`), `rate_limit` (429 with `retry_after`), `status` (that
    HTTP status; nothing is accepted), `drop_after_accept` (it happens, then the connection is cut without an answer),
    `drop_before_accept` (cut, and nothing happens), `delay` (`seconds`, then as usual).

    For `socket`, each use takes one connection, first those that are open now, the oldest first, then those that open
    later: `refresh` (a disconnect frame with `reason`), `close` (the connection is cut), `deaf` (stays open and answers
    pings, but nothing comes through it until it closes or the fault is removed), `refuse_connect` (the next WebSocket
    handshake fails, and its ticket is spent).

    For `envelope`, and in HTTP mode for the request in its place: `duplicate` (an event comes twice, with one event_id
    and two envelope_ids), `delay` (`seconds`), `lose_ack` (an acknowledgement is not heard), `drop` (lost on its way).

    For `token` (`token`: bot or app), as long as the fault is there: `revoke` (`token_revoked`), `deactivate`
    (`account_inactive`), `invalidate` (`invalid_auth`). Taking it away is installing the app again.
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    on: str
    kind: str
    id: str = ""
    channel: str | None = None
    times: int | None = pydantic.Field(default=1, ge=1)
    """How often it strikes; None: until it is removed."""
    error: str = "fatal_error"
    retry_after: int = pydantic.Field(default=1, ge=0)
    status: int = pydantic.Field(default=500, ge=100, le=599)
    seconds: float = pydantic.Field(default=1.0, ge=0)
    reason: Literal["warning", "refresh_requested", "link_disabled"] = "refresh_requested"
    token: Literal["bot", "app"] = "bot"  # noqa: S105 - says which, is none

    @pydantic.model_validator(mode="after")
    def _fits(self) -> Fault:
        allowed = KINDS.get(self.on, KINDS["method"])
        if self.kind not in allowed:
            raise ValueError(f"a fault on {self.on} is one of {', '.join(allowed)}, not {self.kind}")
        if self.on == "token":
            self.times = None
        return self


class Faults:
    """The faults that are in force, in the order they were asked for."""

    def __init__(self) -> None:
        self._active: dict[str, Fault] = {}

    def __iter__(self) -> Iterator[Fault]:
        return iter(list(self._active.values()))

    def add(self, fault: Fault) -> Fault:
        """Put one in force; one with the same id is replaced."""
        fault = fault.model_copy(update={"id": fault.id or f"fault-{uuid.uuid4().hex[:8]}"})
        self._active[fault.id] = fault
        return fault

    def remove(self, fault_id: str) -> bool:
        """Take one out of force, if it is."""
        return self._active.pop(fault_id, None) is not None

    def clear(self) -> None:
        """Take all out of force."""
        self._active.clear()

    def holds(self, fault_id: str) -> bool:
        """Whether that fault is in force."""
        return fault_id in self._active

    def strike(self, on: str, *kinds: str, channel: str | None = None) -> Fault | None:
        """The first that strikes there, which has one use less then."""
        for fault in self:
            concerns = fault.on == on and fault.channel in (None, channel) and (not kinds or fault.kind in kinds)
            if concerns and self.use(fault):
                return fault
        return None

    def use(self, fault: Fault) -> bool:
        """
        Take one use of a fault, and say whether there was one left.

        After the last use it is gone, except for `deaf`, which stays in force as long as the connections it took.
        """
        if fault.times is None:
            return True
        if fault.times == 0:
            return False
        fault.times -= 1
        if fault.times == 0 and fault.kind != "deaf":
            del self._active[fault.id]
        return True
