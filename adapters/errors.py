"""
What a channel can say went wrong.

ChannelError
├── InvalidSignature      the sender: not the vendor, or not now (401)
├── Misconfigured         the operator: a token, a scope; that account stops with a sentence that says what to fix
└── DeliveryFailed
    ├── RateLimited       time: surely not sent, again after `retry_after` seconds
    ├── Unreachable       time: surely not sent, the vendor could not be reached
    ├── Rejected          surely not sent; `permanent` where trying again cannot help
    └── Unknown           nobody knows whether it was sent: never repeated blindly
"""

from __future__ import annotations


class ChannelError(Exception):
    """A channel refuses."""


class InvalidSignature(ChannelError):
    """This request does not come from the vendor. `reason` is one word for it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Misconfigured(ChannelError):
    """
    The vendor refuses our credentials or permissions; the message says what to fix.

    `missing` names the permission that is lacking; empty where the credentials themselves are refused.
    """

    def __init__(self, reason: str, *, missing: str = "") -> None:
        super().__init__(reason)
        self.missing = missing


class DeliveryFailed(ChannelError):
    """A message did not go out, as far as we know."""


class RateLimited(DeliveryFailed):
    """The vendor asks us to slow down."""

    def __init__(self, reason: str, *, retry_after: float) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Unreachable(DeliveryFailed):
    """The vendor could not be reached; nothing was sent."""


class Rejected(DeliveryFailed):
    """The vendor refused the message."""

    def __init__(self, reason: str, *, permanent: bool) -> None:
        super().__init__(reason)
        self.permanent = permanent


class Unknown(DeliveryFailed):
    """The request left and no answer came back."""
