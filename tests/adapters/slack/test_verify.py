"""
Whether Slack signed a request, and recently.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.errors import InvalidSignature
from adapters.slack.verify import MAX_SKEW, check_headers, verify
from tests import vendor

# The published example (docs.slack.dev/authentication/verifying-requests-from-slack).
SECRET, STAMP, NOW = "8f742231b10e8888abcd99yyyzzz85a5", "1531420618", 1_531_420_618.0
SIGNATURE = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name="
    b"foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks"
    b".slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.4744562912"
    b"1.803a0bc887a14d10d2c447fce8b6703c"
)


def test_the_published_example_passes():
    """
    What Slack's own page signs is what we compute.
    """
    verify(BODY, STAMP, SIGNATURE, secret=SECRET, now=NOW)


def test_every_published_vector():
    """
    The vectors of Slack's own library pass or fail as it says.
    """
    rows = [json.loads(line) for line in (vendor.folder("slack") / "signature_vectors.jsonl").read_text().splitlines()]
    verdicts: list[bool] = []
    for row in rows:
        try:
            verify(
                row["body"].encode(),
                row["timestamp"],
                row["signature"],
                secret=row["signing_secret"],
                now=row["valid_at"],
            )
            verdicts.append(True)
        except InvalidSignature:
            verdicts.append(False)

    assert [row["valid"] for row in rows] == verdicts
    assert {True, False} == set(verdicts)


@pytest.mark.parametrize("skew", [-MAX_SKEW, MAX_SKEW])
def test_five_minutes_are_recent(skew: float):
    """
    Clocks differ; up to five minutes on either side a signature holds.
    """
    verify(BODY, STAMP, SIGNATURE, secret=SECRET, now=NOW + skew)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"now": NOW + MAX_SKEW + 1}, "stale"),
        ({"now": NOW - MAX_SKEW - 1}, "stale"),
        ({"body": BODY + b"-"}, "bad_signature"),
        ({"body": b"\xff\xfe"}, "bad_signature"),
        ({"secret": "another"}, "bad_signature"),
        ({"signature": SIGNATURE[:-1] + "4"}, "bad_signature"),
        ({"stamp": str(int(STAMP) + 1)}, "bad_signature"),
        ({"stamp": ""}, "unsigned"),
        ({"stamp": "yesterday"}, "unsigned"),
        ({"stamp": "1" * 5_000}, "unsigned"),
        ({"stamp": "-1531420618"}, "unsigned"),
        ({"stamp": "1531420618.0"}, "unsigned"),
        ({"stamp": "١٥٣١٤٢٠٦١٨"}, "unsigned"),
        ({"stamp": STAMP + "\n"}, "unsigned"),
        ({"signature": ""}, "unsigned"),
        ({"signature": "v0=" + "é" * 64}, "unsigned"),
        ({"signature": SIGNATURE.upper()}, "unsigned"),
        ({"signature": SIGNATURE + "0"}, "unsigned"),
    ],
)
def test_anything_else_is_refused(change: dict[str, Any], reason: str):
    """
    Stale, changed, foreign or misshapen: refused, and one word says why.
    """
    given: dict[str, Any] = {
        "body": BODY,
        "stamp": STAMP,
        "signature": SIGNATURE,
        "secret": SECRET,
        "now": NOW,
    } | change
    body, stamp, signature = given.pop("body"), given.pop("stamp"), given.pop("signature")

    with pytest.raises(InvalidSignature) as refused:
        verify(body, stamp, signature, **given)
    assert reason == refused.value.reason


@given(st.text(), st.text(), st.floats())
def test_no_header_raises_anything_else(stamp: str, signature: str, now: float):
    """
    Whatever stands in the headers is judged, never stumbled over.
    """
    with pytest.raises(InvalidSignature):
        check_headers(stamp, signature, now)
