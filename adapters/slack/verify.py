"""
Whether Slack signed a request, and recently.

`v0=HMAC-SHA256(secret, "v0:{timestamp}:{raw body}")`, see "Verifying requests from Slack"
(docs.slack.dev/authentication/verifying-requests-from-slack). The headers can be judged before a byte of the body is
read, so that a flood of requests that Slack did not sign costs next to nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import re

from adapters.errors import InvalidSignature

MAX_SKEW = 300.0  # seconds between Slack's clock and ours; what is older may be somebody's recording
_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


def check_headers(stamp: str, signature: str, now: float) -> None:
    """
    Judge what stands in the headers alone.

    Args:
        stamp: X-Slack-Request-Timestamp, empty where there is none.
        signature: X-Slack-Signature, empty where there is none.
        now: Seconds since the epoch.

    Raises:
        InvalidSignature: Missing, of a shape that Slack does not write, or not of these minutes.
    """
    if not (_STAMP.fullmatch(stamp) and _SIGNATURE.fullmatch(signature)):
        raise InvalidSignature("unsigned")
    if abs(now - int(stamp)) > MAX_SKEW:
        raise InvalidSignature("stale")


def verify(body: bytes, stamp: str, signature: str, *, secret: str, now: float) -> None:
    """
    Check that Slack signed this request, and recently.

    Raises:
        InvalidSignature: Missing, stale or wrong.
    """
    check_headers(stamp, signature, now)
    signed = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    if not hmac.compare_digest("v0=" + signed.hexdigest(), signature):
        raise InvalidSignature("bad_signature")
