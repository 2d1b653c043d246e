"""A mail as it lies in a mailbox."""

from __future__ import annotations

from typing import NamedTuple


class Mail(NamedTuple):
    """
    A mail, and when the server got it, in seconds since the epoch.

    Of one that is too large only the head is here (`is_whole`).
    """

    raw: bytes
    size: int
    at: float
    is_whole: bool
