"""
Whatever is posted to the gateway: a line below 500, nothing stored that Slack did not sign, nothing in the log.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz import examples
from tests.fuzz.house import FORM, RITA, House
from tests.fuzz.shapes import texts, values

MOST = 2_000  # bytes of an answer, whatever was sent
TYPES = (
    "application/json",
    "application/json; charset=utf-8",
    FORM,
    "multipart/form-data; boundary=x",
    "text/plain",
    "",
)

blobs = st.binary(max_size=200) | texts.map(lambda text: text.encode("utf-8", "surrogatepass"))
names = st.sampled_from(
    [b"x-slack-signature", b"x-slack-request-timestamp", b"content-type", b"content-length", b"transfer-encoding"]
) | st.binary(min_size=1, max_size=30)
headers = st.lists(st.tuples(names, blobs), max_size=8)
methods = st.sampled_from(["POST", "GET", "PUT", "HEAD", "OPTIONS", "PATCH", "TRACE", "post", "\x00", ""])
paths = st.sampled_from(["/slack/events", "/slack/events/", "/readyz", "/metrics", "/", "//", "/slack", "/../etc"])
fields = st.dictionaries(
    st.sampled_from(["type", "command", "user_id", "team_id", "text", "trigger_id", "payload", "ssl_check"]) | texts,
    texts,
    max_size=9,
)
objects = st.dictionaries(
    st.sampled_from(["type", "command", "user_id", "team_id", "challenge", "event", "trigger_id", "payload"]) | texts,
    st.sampled_from(["url_verification", "event_callback", "block_actions", "view_submission", "1", "T0SANDBOX"])
    | values,
    max_size=9,
)


@examples(100)
@given(methods, paths, headers, st.lists(blobs, max_size=4))
async def test_what_nobody_signed(
    house: House, method: str, path: str, headers: list[tuple[bytes, bytes]], chunks: list[bytes]
):
    """
    Any request without a signature is refused, in a few words, and leaves nothing.
    """
    before = house.stored()
    answered = await house.ask(method, path, [(name.lower(), value) for name, value in headers], chunks)

    assert answered.status < 500
    assert path in ("/readyz", "/metrics") or 400 <= answered.status or 300 <= answered.status < 400
    assert path in ("/readyz", "/metrics") or len(answered.body) < MOST
    assert ([], before) == (house.complaints, house.stored())


@examples(40)
@given(st.lists(st.binary(max_size=300) | st.just(b"POST /slack/events HTTP/1.1\r\nHost: x\r\n"), max_size=5))
async def test_what_is_no_http(house: House, pieces: list[bytes]):
    """
    Bytes of any kind on the port itself: the connection ends, or waits for more, and nothing is logged or stored.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", house.service.port)
    try:
        for piece in pieces:
            writer.write(piece)
        writer.write_eof()
        answered = await asyncio.wait_for(reader.read(), 10)
    except ConnectionError:
        answered = b""
    finally:
        writer.close()

    assert len(answered) < MOST
    assert b"HTTP/1.1 5" not in answered
    assert ([], []) == (house.complaints, house.stored())


@examples(100)
@given(blobs, st.sampled_from(TYPES))
async def test_signed_bytes(house: House, body: bytes, content_type: str):
    """
    Bytes of any kind under a right signature are answered below 500.
    """
    answered = await house.post(body, content_type)

    assert (answered.status, house.complaints) in [(200, []), (400, [])]


@examples(100)
@given(objects | values)
async def test_signed_json(house: House, value: Any):
    """
    JSON of any shape under a right signature is answered below 500, whichever way it comes.
    """
    for body, kind in (
        (json.dumps(value).encode(), "application/json"),
        (urlencode({"payload": json.dumps(value)}).encode(), FORM),
    ):
        answered = await house.post(body, kind)
        assert (answered.status, house.complaints) in [(200, []), (400, [])]
        assert len(answered.body) < MOST + len(body)
    assert [] == await house.decided()


@examples(100)
@given(fields)
async def test_signed_forms(house: House, form: dict[str, str]):
    """
    Fields of any kind under a right signature are answered below 500.
    """
    known = {"team_id": house.team, "user_id": RITA, "trigger_id": "1.2.x"}
    for sent in (form, {**known, **form}):
        answered = await house.post(urlencode(sent, errors="surrogatepass").encode(), FORM)
        assert (answered.status, house.complaints) in [(200, []), (400, [])]
    assert [] == await house.decided()
