"""
Faults that a test or the sandbox asks for: what goes wrong, and how often.
"""

from __future__ import annotations

import itertools
from typing import Literal

import pydantic

Kind = Literal[
    "greylist", "refuse", "full", "vanish", "lose_answer", "busy", "refuse_login", "deaf", "silent", "bye", "cut", "no"
]


class Fault(pydantic.BaseModel):
    """
    One fault.

    For `smtp`: `greylist` (450 to a recipient), `refuse` (550), `full` (452), `vanish` (cut after DATA, before the mail
    is taken), `lose_answer` (the mail is taken and the connection is cut without an answer), `busy` (421 at the
    greeting), `refuse_login` (535).

    For `imap`: `refuse_login` (NO), `deaf` (the connection stays open and nothing more is heard on it), `silent`
    (nothing is pushed in IDLE), `bye` (the server says BYE and closes), `cut` (the connection ends in the middle of a
    mail), `no` (the next FETCH is answered NO).
    """

    model_config = pydantic.ConfigDict(extra="forbid")

    on: Literal["smtp", "imap"]
    kind: Kind
    address: str = ""
    """The recipient, or the account; empty: any."""
    times: int | None = pydantic.Field(default=1, ge=1)
    """How often it strikes; None: until it is removed."""
    id: str = ""


class Faults:
    """The faults that there are."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self.all: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Add one, and give it an id."""
        added = fault.model_copy(update={"id": f"F{next(self._numbers)}"})
        self.all.append(added)
        return added

    def remove(self, fault_id: str) -> bool:
        """Take one away; tells whether it was there."""
        before = len(self.all)
        self.all = [fault for fault in self.all if fault.id != fault_id]
        return len(self.all) < before

    def strikes(self, on: str, kind: Kind, address: str = "") -> bool:
        """Tell whether something goes wrong now, and count it."""
        for number, fault in enumerate(self.all):
            if (fault.on, fault.kind) == (on, kind) and fault.address.lower() in ("", address.lower()):
                if fault.times == 1:
                    del self.all[number]
                elif fault.times is not None:
                    self.all[number] = fault.model_copy(update={"times": fault.times - 1})
                return True
        return False
